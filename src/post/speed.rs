//! Speed lines and smear along the motion. Needs the picture before and its motion, so calm must be above 0.

use super::fragment::Fragment;
use super::history::History;
use crate::config;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the effect; needs `history.wgsl` and `common/hash.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/speed.wgsl");

/// Of the uniform.
const BINDING: u32 = 33;

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
            // Drawn at half the size, finer ones would break into dots.
            frequency: 1.0 / (speed.width * unit).max(3.0),
        }
    }
}

/// The effect's part of the last pass.
pub(super) fn fragment(speed: &config::Speed, unit: f32) -> Fragment {
    let uniform = bytemuck::bytes_of(&SpeedUniform::new(speed, unit)).to_vec();
    Fragment { source: SOURCE, call: "speed_apply(color, pixel)", page: true, binding: BINDING, uniform }
}

/// Where the last pass binds what [`pass`] draws.
pub(super) const DRAWN: u32 = 37;

/// The pass that draws streaks and smear at half the `size` of the photo, with the effect's numbers in `values`; and where.
///
/// # Errors
/// [`Error::Gpu`](crate::error::Error::Gpu) where the driver refuses the shader.
pub(super) fn pass(
    context: &Context,
    values: &wgpu::Buffer,
    shader: &Shader,
    history: &History,
    size: Size,
) -> Result<(Pass, wgpu::TextureView)> {
    let half = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
    let format = TextureFormat::Rgba16Float;
    let drawn = view(&texture(context, "speed", half, format, Use::Stored));
    let own = [(12, Resource::Linear), (BINDING, Resource::Uniform(values)), (36, Resource::Store(&drawn, format))];
    let [first, second] = history.before().map(|turn| [&own[..], &turn[..]].concat());
    let pass = Pass::dispatch(context, "speed_draw", shader, &first, half)?.alternate(context, &second);
    Ok((pass, drawn))
}
