//! Speed lines and smear along the motion. Needs the picture before and its motion, so calm must be above 0.

use super::fragment::Fragment;
use crate::config;

/// The WGSL of `speed_apply`; needs `history.wgsl` and `common/hash.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/speed.wgsl");

/// `SpeedUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct SpeedUniform {
    pub color: [f32; 4],
    pub low: f32,
    pub high: f32,
    pub smear: f32,
    pub frequency: f32,
}

impl SpeedUniform {
    /// `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(speed: &config::Speed, unit: f32) -> Self {
        let [r, g, b] = speed.color.to_f32();
        let low = speed.threshold / 1080.0;
        Self {
            color: [r, g, b, speed.lines],
            low,
            high: 2.5 * low,
            smear: speed.smear,
            frequency: 1.0 / (speed.width * unit).max(1.0),
        }
    }
}

/// The effect's part of the last pass.
pub(super) fn fragment(speed: &config::Speed, unit: f32) -> Fragment {
    let uniform = bytemuck::bytes_of(&SpeedUniform::new(speed, unit)).to_vec();
    Fragment { source: SOURCE, call: "speed_apply(color, pixel)", page: true, binding: 33, uniform }
}
