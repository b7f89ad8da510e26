//! Paper: what white becomes, and a grain fixed to the page.

use super::fragment::Fragment;
use crate::config;

/// The WGSL of `paper_apply`; needs `common/hash.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/paper.wgsl");

/// `PaperUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct PaperUniform {
    pub color: [f32; 4],
    pub frequency: f32,
    pub grain: f32,
    pub padding: [u32; 2],
}

impl PaperUniform {
    /// `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(paper: &config::Paper, unit: f32) -> Self {
        let [r, g, b] = paper.color.to_f32();
        let frequency = 1.0 / (paper.size * unit).max(1.0);
        Self { color: [r, g, b, 1.0], frequency, grain: paper.grain, padding: [0; 2] }
    }
}

/// The effect's part of the last pass.
pub(super) fn fragment(paper: &config::Paper, unit: f32) -> Fragment {
    let uniform = bytemuck::bytes_of(&PaperUniform::new(paper, unit)).to_vec();
    Fragment { source: SOURCE, call: "paper_apply(color, pixel)", page: true, binding: 18, uniform }
}
