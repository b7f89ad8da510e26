//! The panel: styles with pictures of them, sliders, switches.

use super::action::{Action, key_of};
use super::controls::{CONTROLS, Control, Effect, Value, field};
use super::styles::Styles;
use super::theme::{ACCENT, ON_ACCENT, PANEL, QUIET, TEXT};
use super::thumbnails;
use super::ui::{Facts, State};
use crate::config::Settings;
use egui::{Align2, Color32, CornerRadius, FontId, Rect, RichText, Sense, Stroke, StrokeKind, pos2, vec2};

/// Its width in points.
const WIDTH: f32 = 316.0;
const MARGIN: i8 = 16;
/// Height of a style's picture to its width; of the thumbnail, which is 3:4, the middle is shown.
const SHAPE: f32 = 0.64;
/// Of labels beside sliders.
const LABEL: f32 = 70.0;

/// Lays the panel out on the right.
pub(super) fn show(
    ui: &mut egui::Ui,
    styles: &mut Styles,
    facts: &Facts<'_>,
    state: &State,
    actions: &mut Vec<Action>,
) {
    let frame = egui::Frame::new().fill(PANEL).inner_margin(egui::Margin::same(MARGIN));
    // Never more than half the window: the picture comes first.
    let width = WIDTH.min(ui.available_width() * 0.5);
    egui::Panel::right("panel").exact_size(width).resizable(false).show_separator_line(false).frame(frame).show(
        ui,
        |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                pictures(ui, styles);
                ui.add_space(6.0);
                sliders(ui, styles);
                ui.add_space(8.0);
                switches(ui, facts, state, styles, actions);
                ui.add_space(6.0);
                let keys =
                    format!("{} hides this panel, {} shows all keys", key_of(Action::Panel), key_of(Action::Help));
                ui.label(RichText::new(keys).small().color(QUIET));
            });
        },
    );
}

/// The styles as a grid of pictures, four in a row.
fn pictures(ui: &mut egui::Ui, styles: &mut Styles) {
    const COLUMNS: usize = 4;
    const GAP: f32 = 6.0;
    let width = ((ui.available_width() - GAP * (COLUMNS - 1) as f32) / COLUMNS as f32).max(40.0);
    let size = vec2(width, width * SHAPE + 22.0);
    let mut wanted = None;
    egui::Grid::new("styles").spacing(vec2(GAP, GAP)).show(ui, |ui| {
        for (index, entry) in styles.entries().iter().enumerate() {
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let chosen = index == styles.chosen();
            tile(ui, rect, &entry.name, chosen, response.hovered());
            if response.clicked() {
                wanted = Some(index);
            }
            response.on_hover_text(&entry.settings.description);
            if (index + 1).is_multiple_of(COLUMNS) {
                ui.end_row();
            }
        }
    });
    if let Some(index) = wanted {
        styles.choose_at(index);
    }
}

fn tile(ui: &egui::Ui, rect: Rect, name: &str, chosen: bool, hovered: bool) {
    let painter = ui.painter();
    let (fill, text) = match (chosen, hovered) {
        (true, _) => (ACCENT, ON_ACCENT),
        (false, true) => (ui.visuals().widgets.hovered.bg_fill, Color32::WHITE),
        (false, false) => (ui.visuals().widgets.inactive.bg_fill, TEXT),
    };
    painter.rect_filled(rect, CornerRadius::same(6), fill);
    let picture = Rect::from_min_max(rect.min + vec2(3.0, 3.0), pos2(rect.right() - 3.0, rect.bottom() - 21.0));
    match thumbnails::of(ui.ctx(), name) {
        Some(texture) => {
            let cut = (1.0 - picture.height() / picture.width() / 0.75).max(0.0) / 2.0;
            let middle = Rect::from_min_max(pos2(0.0, cut), pos2(1.0, 1.0 - cut));
            painter.image(texture, picture, middle, Color32::WHITE);
        }
        None => {
            painter.rect_filled(picture, CornerRadius::same(4), Color32::from_rgb(0x45, 0x49, 0x59));
            let initial: String = name.chars().take(1).collect::<String>().to_uppercase();
            painter.text(picture.center(), Align2::CENTER_CENTER, initial, FontId::proportional(26.0), TEXT);
        }
    }
    let font = FontId::proportional(11.5);
    painter.text(pos2(rect.center().x, rect.bottom() - 11.0), Align2::CENTER_CENTER, name, font, text);
    if chosen {
        painter.rect_stroke(rect, CornerRadius::same(6), Stroke::new(2.0, ACCENT), StrokeKind::Inside);
    }
}

fn sliders(ui: &mut egui::Ui, styles: &mut Styles) {
    let mut settings = styles.settings().clone();
    for control in CONTROLS.iter().filter(|c| c.effect.is_none()) {
        slider(ui, control, &mut settings);
    }
    let original = styles.entries()[styles.chosen()].original.clone();
    for effect in Effect::ALL {
        ui.add_space(2.0);
        let mut on = effect.is_on(&settings);
        let title = RichText::new(effect.title()).strong().color(if on { TEXT } else { QUIET });
        if ui.checkbox(&mut on, title).changed() {
            effect.switch(&mut settings, on, &original);
        }
        for control in CONTROLS.iter().filter(|c| c.effect == Some(effect)) {
            slider(ui, control, &mut settings);
        }
    }
    styles.set(settings);
}

/// A label, a slider and its number; nothing while its effect is off.
fn slider(ui: &mut egui::Ui, control: &Control, settings: &mut Settings) {
    let (Some(value), Some((low, high, meaning))) = ((control.value)(settings), field(control.key)) else { return };
    ui.horizontal(|ui| {
        let (label, _) = ui.allocate_exact_size(vec2(LABEL, 20.0), Sense::hover());
        let font = egui::TextStyle::Body.resolve(ui.style());
        ui.painter().text(label.left_center(), Align2::LEFT_CENTER, control.label, font, TEXT);
        ui.spacing_mut().slider_width = (ui.available_width() - 64.0).max(40.0);
        let slider = match value {
            Value::Real(value) => {
                let decimals = if high - low < 0.5 { 3 } else { 2 };
                egui::Slider::new(value, low as f32..=high as f32).fixed_decimals(decimals)
            }
            Value::Whole(value) => egui::Slider::new(value, low as u32..=high as u32),
        };
        ui.add(slider.trailing_fill(true)).on_hover_text(meaning);
    });
}

/// What the keys do too, for the mouse.
fn switches(ui: &mut egui::Ui, facts: &Facts<'_>, state: &State, styles: &mut Styles, actions: &mut Vec<Action>) {
    let record = if facts.status.recording.is_some() { "Stop recording" } else { "Record" };
    let buttons = [
        ("Compare", Action::Compare, state.compare),
        ("Bypass", Action::Bypass, facts.view.bypass),
        ("Freeze", Action::Freeze, facts.view.freeze),
        ("Mirror", Action::Mirror, facts.view.mirror),
        ("Full screen", Action::Fullscreen, facts.fullscreen),
        ("Readout", Action::Readout, state.readout),
        ("Snapshot", Action::Snapshot, false),
        (record, Action::Record, facts.status.recording.is_some()),
    ];
    ui.horizontal_wrapped(|ui| {
        for (text, action, on) in buttons {
            let text = RichText::new(text).color(if on { ON_ACCENT } else { TEXT });
            let button = egui::Button::new(text);
            let button = if on { button.fill(ACCENT) } else { button };
            if ui.add(button).on_hover_text(format!("key {}", key_of(action))).clicked() {
                actions.push(action);
            }
        }
        let reset = ui.add_enabled(styles.is_changed(), egui::Button::new("Reset style"));
        if reset.on_hover_text("forget the changes to this style").clicked() {
            styles.reset();
        }
    });
}
