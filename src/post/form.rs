//! Where light and shade model a form, for steps of [tone](super::tone) that follow it; and what luma is around, for
//! [washes](super::wash) and [lines](super::outline) left white.

use super::run::cells;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the passes and of `form_look`.
pub(super) const SOURCE: &str = include_str!("../../shaders/form.wgsl");

/// Binding of what the passes draw.
pub(super) const DRAWN: u32 = 40;

/// Builds the passes, which read the drawing as it came and `small`, as it is shown, and gives them with the texture that
/// they fill.
pub(super) fn passes(
    context: &Context,
    shader: &Shader,
    drawing: &wgpu::TextureView,
    small: &wgpu::TextureView,
    size: Size,
) -> Result<(Vec<Pass>, wgpu::TextureView)> {
    let (grid, halves) = (cells(size), TextureFormat::Rgba16Float);
    let [smooth, form] = ["form_smooth", "form"].map(|label| view(&texture(context, label, grid, halves, Use::Stored)));
    let smoothing = [
        (2, Resource::Texture(drawing)),
        (4, Resource::Texture(small)),
        (12, Resource::Linear),
        (39, Resource::Store(&smooth, halves)),
    ];
    let finding = [(41, Resource::Texture(&smooth)), (42, Resource::Store(&form, halves))];
    let passes = vec![
        Pass::dispatch(context, "form_smooth", shader, &smoothing, grid)?,
        Pass::dispatch(context, "form_find", shader, &finding, grid)?,
    ];
    Ok((passes, form))
}
