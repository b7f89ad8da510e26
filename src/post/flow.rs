//! Which way the edges run: the smoothed structure tensor of the photo's luma, on the cell grid (half the drawing).

use super::frame_uniform::cells;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, storage_buffer, texture};

/// The WGSL of both passes.
pub(super) const SOURCE: &str = include_str!("../../shaders/flow.wgsl");
/// `FLOW_SCALE` of the shader: the tensor is stored times this.
pub(super) const SCALE: f32 = 64.0;

/// Builds the passes; gives them with the texture they fill: tensor (xx, xy, yy) in `rgba16float`.
pub(super) fn passes(
    context: &Context,
    shader: &Shader,
    frame: &wgpu::Buffer,
    small: &wgpu::TextureView,
    drawing: Size,
) -> Result<(Vec<Pass>, wgpu::TextureView)> {
    let grid = cells(drawing);
    let raw = storage_buffer(context, "flow_raw", grid.width * grid.height * 16);
    let format = wgpu::TextureFormat::Rgba16Float;
    let flow = texture(context, "flow", grid, format).create_view(&wgpu::TextureViewDescriptor::default());
    let uniform = (0, Resource::Uniform(frame));
    let tensor = [uniform, (4, Resource::Texture(small)), (5, Resource::Write(&raw))];
    let smooth = [uniform, (5, Resource::Write(&raw)), (6, Resource::Store(&flow, format))];
    let passes = vec![
        Pass::new(context, "flow_tensor", shader, &tensor, grid)?,
        Pass::new(context, "flow_smooth", shader, &smooth, grid)?,
    ];
    Ok((passes, flow))
}
