//! Edge-following enlargement of the drawing: a local linear model of the photo's luma, as in the fast guided filter
//! (He and Sun 2015, arXiv:1505.00996), fitted at half the drawing's size and applied at full size.

use super::frame_uniform::cells;
use crate::config;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, storage_buffer, texture, uniform_buffer};

/// The WGSL of the two passes and of `upsample_color`.
pub(super) const SOURCE: &str = include_str!("../../shaders/upsample.wgsl");

/// `UpsampleUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct UpsampleUniform {
    pub epsilon: f32,
    pub radius: i32,
}

impl From<&config::Upsample> for UpsampleUniform {
    fn from(settings: &config::Upsample) -> Self {
        // A window of `radius` drawing pixels in cells of two; the cell itself reaches half a pixel further.
        let radius = settings.radius.div_ceil(2).clamp(1, 3) as i32;
        Self { epsilon: settings.epsilon * settings.epsilon, radius }
    }
}

/// Builds the passes; gives them with the texture of slopes per channel that they fill (`rgba16float`).
pub(super) fn passes(
    context: &Context,
    settings: &config::Upsample,
    shader: &Shader,
    frame: &wgpu::Buffer,
    small: &wgpu::TextureView,
    drawing: Size,
) -> Result<(Vec<Pass>, wgpu::TextureView)> {
    let grid = cells(drawing);
    let bytes = grid.width * grid.height * 16;
    let means = storage_buffer(context, "upsample_means", bytes);
    let products = storage_buffer(context, "upsample_products", bytes);
    let format = wgpu::TextureFormat::Rgba16Float;
    let slope = texture(context, "upsample_slope", grid, format).create_view(&wgpu::TextureViewDescriptor::default());
    let values = uniform_buffer(context, "upsample", bytemuck::bytes_of(&UpsampleUniform::from(settings)));
    let moments = [
        (0, Resource::Uniform(frame)),
        (4, Resource::Texture(small)),
        (8, Resource::Write(&means)),
        (9, Resource::Write(&products)),
    ];
    let fit = [
        (0, Resource::Uniform(frame)),
        (7, Resource::Uniform(&values)),
        (8, Resource::Write(&means)),
        (9, Resource::Write(&products)),
        (10, Resource::Store(&slope, format)),
    ];
    let passes = vec![
        Pass::new(context, "upsample_moments", shader, &moments, grid)?,
        Pass::new(context, "upsample_fit", shader, &fit, grid)?,
    ];
    Ok((passes, slope))
}
