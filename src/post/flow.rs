//! Which way the edges run: the smoothed structure tensor of the photo's luma and the drawing's colour, on the cell grid
//! (half the drawing).

use super::run::cells;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of both passes and of what reads their result.
pub(super) const SOURCE: &str = include_str!("../../shaders/flow.wgsl");
/// Where passes bind the result.
pub(super) const BINDING: u32 = 22;

/// Builds the passes; gives them with the texture they fill: per cell the structure
/// tensor's deviatoric part, its trace and the square of the mean gradient (`rgba16float`).
pub(super) fn passes(
    context: &Context,
    shader: &Shader,
    small: &wgpu::TextureView,
    drawing: Size,
) -> Result<(Vec<Pass>, wgpu::TextureView)> {
    let grid = cells(drawing);
    let (floats, halves) = (TextureFormat::Rgba32Float, TextureFormat::Rgba16Float);
    let tensor = view(&texture(context, "flow_tensor", grid, floats, Use::Stored));
    let flow = view(&texture(context, "flow", grid, halves, Use::Stored));
    let first = [(4, Resource::Texture(small)), (5, Resource::Store(&tensor, floats))];
    let second = [(23, Resource::Floats(&tensor)), (6, Resource::Store(&flow, halves))];
    let passes = vec![
        Pass::dispatch(context, "flow_tensor", shader, &first, grid)?,
        Pass::dispatch(context, "flow_smooth", shader, &second, grid)?,
    ];
    Ok((passes, flow))
}
