//! How the widgets look: dark, so that the picture is what one sees, with one colour for what is on.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Visuals, vec2};

/// What is on, chosen or moved.
pub(super) const ACCENT: Color32 = Color32::from_rgb(0xff, 0xcf, 0x33);
/// Text on [`ACCENT`].
pub(super) const ON_ACCENT: Color32 = Color32::from_rgb(0x1a, 0x16, 0x04);
/// Text.
pub(super) const TEXT: Color32 = Color32::from_rgb(0xee, 0xee, 0xf0);
/// Text beside the point.
pub(super) const QUIET: Color32 = Color32::from_rgb(0xa9, 0xac, 0xb8);
/// The panel.
pub(super) const PANEL: Color32 = Color32::from_rgb(0x19, 0x1a, 0x21);
/// Something is being recorded.
pub(super) const RECORDING: Color32 = Color32::from_rgb(0xff, 0x4d, 0x4d);

const RAISED: Color32 = Color32::from_rgb(0x2a, 0x2c, 0x36);
/// Around what can be clicked, so that it is seen also where it is empty.
const EDGE: Color32 = Color32::from_rgb(0x4a, 0x4e, 0x5e);
const HOVERED: Color32 = Color32::from_rgb(0x38, 0x3b, 0x48);

/// Boxes that lie on the picture.
pub(super) fn card() -> egui::Frame {
    egui::Frame::new()
        .fill(Color32::from_rgba_unmultiplied(0x12, 0x13, 0x18, 0xe0))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(12, 8))
}

/// Sets colours, sizes and distances.
pub(super) fn apply(context: &egui::Context) {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = PANEL;
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(QUIET);
    visuals.extreme_bg_color = Color32::from_rgb(0x10, 0x11, 0x15);
    visuals.selection.bg_fill = ACCENT;
    visuals.selection.stroke = Stroke::new(1.0, ON_ACCENT);
    let widgets = &mut visuals.widgets;
    for (state, fill, text) in [
        (&mut widgets.noninteractive, PANEL, TEXT),
        (&mut widgets.inactive, RAISED, TEXT),
        (&mut widgets.hovered, HOVERED, Color32::WHITE),
        (&mut widgets.active, HOVERED, Color32::WHITE),
        (&mut widgets.open, RAISED, TEXT),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.fg_stroke = Stroke::new(1.0, text);
        state.bg_stroke = Stroke::new(1.0, EDGE);
        state.corner_radius = CornerRadius::same(5);
        state.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, RAISED);
    context.set_theme(egui::Theme::Dark);
    context.set_visuals_of(egui::Theme::Dark, visuals);
    context.all_styles_mut(|style| {
        let proportional = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles.insert(TextStyle::Small, proportional(12.0));
        style.text_styles.insert(TextStyle::Body, proportional(14.5));
        style.text_styles.insert(TextStyle::Button, proportional(14.5));
        style.text_styles.insert(TextStyle::Heading, proportional(20.0));
        style.text_styles.insert(TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace));
        style.spacing.item_spacing = vec2(8.0, 4.0);
        style.spacing.button_padding = vec2(8.0, 3.0);
        style.spacing.slider_rail_height = 5.0;
        // Text of labels is no text to copy: a drag over it must not mark it.
        style.interaction.selectable_labels = false;
    });
}
