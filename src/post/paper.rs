//! Paper colour and grain: see [`Paper`].

use crate::config::Paper;
use bytemuck::{Pod, Zeroable};

pub(super) const WGSL: &str = include_str!("../../shaders/paper.wgsl");

/// `Paper` in the shader.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Uniform {
    color: [f32; 3],
    grain: f32,
    size: f32,
    unused: [f32; 3],
}

impl Uniform {
    /// `scale`: pixels of the frame per pixel at 1080 lines.
    pub(super) fn new(paper: &Paper, scale: f32) -> Self {
        let size = (paper.size * scale).max(1.0);
        Self { color: paper.color.to_f32(), grain: paper.grain, size, unused: [0.0; 3] }
    }
}
