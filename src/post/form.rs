//! Where light and shade model a form, for steps of [tone](super::tone) that follow it.

use super::run::cells;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the pass and of `form_look`.
pub(super) const SOURCE: &str = include_str!("../../shaders/form.wgsl");

/// Binding of what the pass draws.
pub(super) const DRAWN: u32 = 40;

/// Builds the pass, which reads `means` of the [upsampling](super::upsample), and gives it with the texture that it fills.
pub(super) fn pass(
    context: &Context,
    shader: &Shader,
    means: &wgpu::TextureView,
    drawing: Size,
) -> Result<(Pass, wgpu::TextureView)> {
    let (grid, halves) = (cells(drawing), TextureFormat::Rgba16Float);
    let form = view(&texture(context, "form", grid, halves, Use::Stored));
    let resources = [(24, Resource::Floats(means)), (39, Resource::Store(&form, halves))];
    Ok((Pass::dispatch(context, "form_find", shader, &resources, grid)?, form))
}
