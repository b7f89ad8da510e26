//! What lies on the picture: the comparison's line, the readout, messages, the help card.

use super::action::{Action, KEYS, key_of};
use super::styles::Styles;
use super::theme::{ACCENT, ON_ACCENT, QUIET, RECORDING, TEXT, card};
use super::ui::{Facts, State};
use crate::live::{CameraState, Latency, Status, View};
use egui::{Align2, Color32, FontId, Id, Order, Rect, RichText, Shape, Stroke, pos2, vec2};
use std::time::Duration;

/// Distance from the edges.
const MARGIN: f32 = 14.0;

/// Readout, messages, hint and help, within `free`.
pub(super) fn show(
    ui: &egui::Ui,
    free: Rect,
    state: &mut State,
    facts: &Facts<'_>,
    styles: &Styles,
    actions: &mut Vec<Action>,
) {
    if state.readout {
        place(ui, "readout", Align2::LEFT_TOP, free)
            .show(ui.ctx(), |ui| card().show(ui, |ui| readout(ui, facts, styles)));
    } else if facts.status.recording.is_some() {
        place(ui, "readout", Align2::LEFT_TOP, free)
            .show(ui.ctx(), |ui| card().show(ui, |ui| recording(ui, facts.status)));
    }
    let any = state.hint.is_some() || state.messages().next().is_some();
    if any {
        let width = (free.width() - 2.0 * MARGIN).clamp(160.0, 620.0);
        place(ui, "messages", Align2::CENTER_BOTTOM, free).show(ui.ctx(), |ui| {
            ui.set_max_width(width);
            messages(ui, state);
        });
    }
    if state.help {
        place(ui, "help", Align2::CENTER_CENTER, free).order(Order::Foreground).show(ui.ctx(), |ui| {
            let shown = card().inner_margin(egui::Margin::same(20)).show(ui, help);
            if shown.response.interact(egui::Sense::click()).clicked() {
                actions.push(Action::Help);
            }
        });
    }
}

fn place(ui: &egui::Ui, name: &'static str, align: Align2, free: Rect) -> egui::Area {
    let inner = free.shrink(MARGIN);
    let interactable = name != "readout";
    egui::Area::new(Id::unique(name))
        .pivot(align)
        .fixed_pos(align.pos_in_rect(&inner))
        .constrain_to(free)
        .interactable(interactable)
        .order(if ui.is_enabled() { Order::Middle } else { Order::Background })
}

/// The line between photo and drawing, with a handle and a word on each side.
pub(super) fn split(ui: &egui::Ui, picture: Rect, at: f32, style: &str) {
    let painter = ui.painter();
    let x = picture.left() + picture.width() * at;
    let shade = Color32::from_black_alpha(120);
    painter.line_segment([pos2(x, picture.top()), pos2(x, picture.bottom())], Stroke::new(4.0, shade));
    painter.line_segment([pos2(x, picture.top()), pos2(x, picture.bottom())], Stroke::new(2.0, Color32::WHITE));
    let middle = pos2(x, picture.center().y);
    painter.circle_filled(middle, 17.0, shade);
    painter.circle_filled(middle, 15.0, Color32::WHITE);
    for side in [-1.0, 1.0] {
        let tip = middle + vec2(10.0 * side, 0.0);
        let back = [middle + vec2(4.0 * side, -5.0), middle + vec2(4.0 * side, 5.0)];
        painter.add(Shape::convex_polygon(vec![tip, back[0], back[1]], ON_ACCENT, Stroke::NONE));
    }
    let font = FontId::proportional(14.5);
    let sides = [(Align2::RIGHT_BOTTOM, -12.0, "camera"), (Align2::LEFT_BOTTOM, 12.0, style)];
    for (align, shift, text) in sides {
        let galley = painter.layout_no_wrap(text.to_owned(), font.clone(), TEXT);
        let rect = align.anchor_size(pos2(x + shift, picture.bottom() - 12.0), galley.size() + vec2(16.0, 8.0));
        // No word where its side has no room.
        if picture.contains_rect(rect) {
            painter.rect_filled(rect, 6.0, Color32::from_black_alpha(170));
            painter.galley(rect.min + vec2(8.0, 4.0), galley, TEXT);
        }
    }
}

fn readout(ui: &mut egui::Ui, facts: &Facts<'_>, styles: &Styles) {
    ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
    ui.spacing_mut().item_spacing.y = 3.0;
    ui.horizontal(|ui| {
        ui.label(RichText::new(styles.name()).strong().color(ACCENT));
        for tag in tags(facts.view) {
            ui.label(RichText::new(tag).small().color(TEXT));
        }
    });
    for line in lines(facts.status, facts.presented) {
        ui.label(RichText::new(line).small().color(TEXT));
    }
    for device in devices(facts.status) {
        ui.label(RichText::new(device).small().color(QUIET));
    }
    if facts.status.recording.is_some() {
        recording(ui, facts.status);
    }
}

/// What is switched on that changes the picture.
fn tags(view: View) -> impl Iterator<Item = &'static str> {
    let all = [(view.freeze, "frozen"), (view.bypass, "bypass"), (view.mirror, "mirror")];
    all.into_iter().filter(|(on, _)| *on).map(|(_, tag)| tag)
}

/// Camera and pace.
fn lines(status: &Status, (latency, fps): (Latency, f64)) -> Vec<String> {
    let Latency { median, p99 } = latency;
    let milliseconds = |time: Duration| (time.as_secs_f64() * 1000.0).round();
    match &status.camera {
        CameraState::Running { mode, .. } => vec![
            format!("{fps:.1} fps, {} ms (99%: {} ms)", milliseconds(median), milliseconds(p99)),
            format!("{} dropped of {}", status.dropped, status.captured),
            format!("camera {mode}"),
        ],
        CameraState::Starting => vec!["opening the camera".to_owned()],
        CameraState::Lost { .. } => vec!["no camera".to_owned()],
        CameraState::Resting => vec!["resting".to_owned()],
    }
}

fn devices(status: &Status) -> impl Iterator<Item = String> {
    let names = status.runs_on.iter().zip(["generator", "shaders"]);
    names.filter_map(|(device, what)| device.as_ref().map(|device| format!("{what}: {}", brief(device))))
}

/// A device's name without what its driver adds in brackets.
fn brief(device: &str) -> &str {
    device.split(" (").next().unwrap_or(device)
}

fn recording(ui: &mut egui::Ui, status: &Status) {
    let Some(path) = &status.recording else { return };
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    ui.horizontal(|ui| {
        let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::hover());
        ui.painter().circle_filled(dot.center(), 5.0, RECORDING);
        ui.label(RichText::new(name).small().color(TEXT));
    });
}

fn messages(ui: &mut egui::Ui, state: &mut State) {
    ui.vertical_centered(|ui| {
        for text in state.messages() {
            card().show(ui, |ui| ui.label(RichText::new(text).color(TEXT)));
        }
        let mut close = false;
        if let Some(hint) = &state.hint {
            card().fill(ACCENT).show(ui, |ui| {
                ui.label(RichText::new(hint).color(ON_ACCENT));
                let button = egui::Button::new(RichText::new("Got it").color(TEXT)).fill(ON_ACCENT);
                close = ui.add(button).clicked();
            });
        }
        if close {
            state.hint = None;
        }
    });
}

fn help(ui: &mut egui::Ui) {
    ui.label(RichText::new("Keys").heading().color(TEXT));
    ui.add_space(6.0);
    egui::Grid::new("keys").num_columns(2).spacing(vec2(18.0, 7.0)).show(ui, |ui| {
        for binding in KEYS {
            ui.label(RichText::new(binding.name).strong().color(ACCENT));
            ui.label(RichText::new(binding.help).color(TEXT));
            ui.end_row();
        }
    });
    ui.add_space(6.0);
    let close = format!("Double-click: full screen. {} closes this card.", key_of(Action::Help));
    ui.label(RichText::new(close).small().color(QUIET));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readout_has_numbers_while_there_is_a_camera() {
        let mut status = Status {
            camera: CameraState::Running { name: "C920".into(), mode: "1280x720 at 30 fps".into() },
            elapsed: Duration::from_secs(10),
            captured: 300,
            missed: 0,
            drawn: 280,
            dropped: 20,
            fps: 28.0,
            recent: Latency::default(),
            overall: Latency::default(),
            runs_on: [Some("CPU".into()), Some("llvmpipe (LLVM 15.0.6, 256 bits) (Vulkan)".into())],
            outputs: Vec::new(),
            recording: None,
        };
        let latency = Latency { median: Duration::from_micros(96_400), p99: Duration::from_micros(143_500) };
        let text = lines(&status, (latency, 24.96));
        assert_eq!(text, ["25.0 fps, 96 ms (99%: 144 ms)", "20 dropped of 300", "camera 1280x720 at 30 fps"]);
        assert_eq!(devices(&status).collect::<Vec<_>>(), ["generator: CPU", "shaders: llvmpipe"]);
        status.camera = CameraState::Lost { reason: "unplugged".into() };
        assert_eq!(lines(&status, (latency, 0.0)), ["no camera"]);
    }

    #[test]
    fn tags_say_what_is_on() {
        let view = View { freeze: true, bypass: false, mirror: true };
        assert_eq!(tags(view).collect::<Vec<_>>(), ["frozen", "mirror"]);
    }
}
