//! Washes of watercolour: pigment that gathers at rims, in pools and in the paper's tooth.

use super::fragment::Fragment;
use crate::config;

/// The WGSL of `wash_apply`; needs `common/hash.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/wash.wgsl");

/// `WashUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct WashUniform {
    pub pool: f32,
    pub tooth: f32,
    pub rim: f32,
    pub flow: f32,
    pub grain: f32,
    pub padding: [u32; 3],
}

/// Sizes in pixels of a picture 1080 lines high: of a pool of water, and of the tooth of cold-pressed paper.
const POOL: f32 = 220.0;
const TOOTH: f32 = 6.0;

impl WashUniform {
    /// `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(wash: &config::Wash, unit: f32) -> Self {
        Self {
            pool: 1.0 / (POOL * unit),
            tooth: 1.0 / (TOOTH * unit).max(1.5),
            rim: wash.rim,
            flow: wash.flow,
            grain: wash.grain,
            padding: [0; 3],
        }
    }
}

/// The effect's part of the last pass. `formed`: there is a `form_here`; without, there are no rims.
pub(super) fn fragment(wash: &config::Wash, unit: f32, formed: bool) -> Fragment {
    let call = if formed { "wash_apply(color, form_here.x, pixel)" } else { "wash_apply(color, 0.0, pixel)" };
    let uniform = bytemuck::bytes_of(&WashUniform::new(wash, unit)).to_vec();
    Fragment { source: SOURCE, call, page: true, binding: 51, uniform }
}
