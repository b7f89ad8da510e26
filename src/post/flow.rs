//! Which way the edges run: the smoothed structure tensor of the photo's luma and colour, on the cell grid (half the
//! drawing).

use super::run::cells;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, PhotoPlanes, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the passes and of what reads their result.
pub(super) const SOURCE: &str = include_str!("../../shaders/flow.wgsl");
/// Where passes bind the tensor, and what is seen of the photo.
pub(super) const BINDING: u32 = 22;
pub(super) const SEEN: u32 = 44;

/// What the passes fill.
pub(super) struct Flow {
    /// Per cell the structure tensor's deviatoric part, its trace and the square of the mean gradient (`rgba16float`).
    pub tensor: wgpu::TextureView,
    /// Per pixel of the drawing the photo's luma, nearness to grey and likeness to skin (`rgba8unorm`).
    pub seen: wgpu::TextureView,
}

/// Builds the passes, of which `small` is the drawing with the photo's luma.
pub(super) fn passes(
    context: &Context,
    shader: &Shader,
    photo: &PhotoPlanes,
    small: &wgpu::TextureView,
    drawing: Size,
) -> Result<(Vec<Pass>, Flow)> {
    let grid = cells(drawing);
    let (floats, halves, bytes) = (TextureFormat::Rgba32Float, TextureFormat::Rgba16Float, TextureFormat::Rgba8Unorm);
    let seen = view(&texture(context, "flow_seen", drawing, bytes, Use::Stored));
    let sums = view(&texture(context, "flow_tensor", grid, floats, Use::Stored));
    let tensor = view(&texture(context, "flow", grid, halves, Use::Stored));
    let mut first = vec![(4, Resource::Texture(small)), (43, Resource::Store(&seen, bytes))];
    first.extend(photo.resources());
    let second = [(SEEN, Resource::Texture(&seen)), (5, Resource::Store(&sums, floats))];
    let third = [(23, Resource::Floats(&sums)), (6, Resource::Store(&tensor, halves))];
    let passes = vec![
        Pass::dispatch(context, "flow_see", shader, &first, drawing)?,
        Pass::dispatch(context, "flow_tensor", shader, &second, grid)?,
        Pass::dispatch(context, "flow_smooth", shader, &third, grid)?,
    ];
    Ok((passes, Flow { tensor, seen }))
}
