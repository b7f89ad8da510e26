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
/// Where passes write what is seen, and in which format.
pub(super) const SEEN_OUT: u32 = 43;
pub(super) const SEEN_FORMAT: TextureFormat = TextureFormat::Rgba8Unorm;

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
    let seen = view(&texture(context, "flow_seen", drawing, SEEN_FORMAT, Use::Stored));
    let mut resources = vec![(4, Resource::Texture(small)), (SEEN_OUT, Resource::Store(&seen, SEEN_FORMAT))];
    resources.extend(photo.resources());
    let see = Pass::dispatch(context, "flow_see", shader, &resources, drawing)?;
    let (mut passes, flow) = find(context, shader, seen, drawing)?;
    passes.insert(0, see);
    Ok((passes, flow))
}

/// Builds the passes that find the way of the edges in what is `seen`.
pub(super) fn find(
    context: &Context,
    shader: &Shader,
    seen: wgpu::TextureView,
    drawing: Size,
) -> Result<(Vec<Pass>, Flow)> {
    let grid = cells(drawing);
    let (floats, halves) = (TextureFormat::Rgba32Float, TextureFormat::Rgba16Float);
    let sums = view(&texture(context, "flow_tensor", grid, floats, Use::Stored));
    let tensor = view(&texture(context, "flow", grid, halves, Use::Stored));
    let sum = [(SEEN, Resource::Texture(&seen)), (5, Resource::Store(&sums, floats))];
    let smooth = [(23, Resource::Floats(&sums)), (6, Resource::Store(&tensor, halves))];
    let passes = vec![
        Pass::dispatch(context, "flow_tensor", shader, &sum, grid)?,
        Pass::dispatch(context, "flow_smooth", shader, &smooth, grid)?,
    ];
    Ok((passes, Flow { tensor, seen }))
}
