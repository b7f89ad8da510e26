//! Colour steps and grading: see [`Tone`].

use crate::config::Tone;
use bytemuck::{Pod, Zeroable};

pub(super) const WGSL: &str = include_str!("../../shaders/tone.wgsl");

/// `Tone` in the shader.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Uniform {
    steps: f32,
    softness: f32,
    saturation: f32,
    contrast: f32,
    brightness: f32,
    keep_color: f32,
    unused: [f32; 2],
}

impl Uniform {
    pub(super) fn new(tone: &Tone) -> Self {
        let Tone { steps, softness, saturation, contrast, brightness, keep_color } = *tone;
        Self { steps: steps as f32, softness, saturation, contrast, brightness, keep_color, unused: [0.0; 2] }
    }
}
