//! Dots, lines or [pen strokes](super::hatch) in the shadows, fixed to the page or to what is drawn.

use super::fragment::Fragment;
use crate::config::{self, Pattern};

/// The WGSL of `halftone_apply`; needs `common/hash.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/halftone.wgsl");

/// `HalftoneUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct HalftoneUniform {
    pub color: [f32; 4],
    pub axis: [f32; 2],
    pub period: f32,
    pub highlight: f32,
    pub clean: f32,
    pub pattern: u32,
    pub tint: f32,
    pub padding: u32,
}

impl HalftoneUniform {
    /// `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(halftone: &config::Halftone, unit: f32) -> Self {
        let [r, g, b] = halftone.color.to_f32();
        // Below three pixels a screen is a moiré.
        let period = (halftone.size * unit).max(3.0);
        // Rows count downwards: anticlockwise on the page is a negative angle in pixels.
        let (sin, cos) = (-halftone.angle).to_radians().sin_cos();
        Self {
            color: [r, g, b, halftone.amount],
            axis: [cos / period, sin / period],
            period,
            highlight: halftone.highlight.max(0.05),
            clean: halftone.clean,
            pattern: match halftone.pattern {
                Pattern::Dots => 0,
                Pattern::Lines | Pattern::Hatch => 1,
            },
            tint: halftone.tint,
            padding: 0,
        }
    }
}

/// The effect's part of the last pass. With `anchored`, which needs `anchor.wgsl`, the screen goes along with the motion.
pub(super) fn fragment(halftone: &config::Halftone, unit: f32, anchored: bool) -> Fragment {
    let call = match (halftone.pattern, anchored) {
        (Pattern::Hatch, _) => "halftone_apply(color, hatch_ink(pixel, halftone_darkness(color)))",
        (_, true) => "halftone_apply(color, halftone_ink(anchored(pixel).xy, halftone_darkness(color)))",
        (_, false) => "halftone_apply(color, halftone_ink(vec2<f32>(pixel) + 0.5, halftone_darkness(color)))",
    };
    let uniform = bytemuck::bytes_of(&HalftoneUniform::new(halftone, unit)).to_vec();
    Fragment { source: SOURCE, call, page: true, binding: 17, uniform }
}
