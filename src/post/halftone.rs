//! A printing screen or pen strokes: see [`Halftone`].

use crate::config::{Halftone, Pattern};
use bytemuck::{Pod, Zeroable};

pub(super) const WGSL: &str = include_str!("../../shaders/halftone.wgsl");

/// `Halftone` in the shader.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Uniform {
    color: [f32; 3],
    amount: f32,
    cosine: f32,
    sine: f32,
    size: f32,
    highlight: f32,
}

impl Uniform {
    /// `scale`: pixels of the frame per pixel at 1080 lines.
    pub(super) fn new(halftone: &Halftone, scale: f32) -> Self {
        let (sine, cosine) = halftone.angle.to_radians().sin_cos();
        Self {
            color: halftone.color.to_f32(),
            amount: halftone.amount,
            cosine,
            sine,
            // Below three pixels a screen is a grey mush with moiré.
            size: (halftone.size * scale).max(3.0),
            highlight: halftone.highlight,
        }
    }
}

/// The shader's number for a pattern.
pub(super) const fn code(pattern: Pattern) -> f64 {
    match pattern {
        Pattern::Dots => 0.0,
        Pattern::Lines => 1.0,
        Pattern::Hatch => 2.0,
    }
}
