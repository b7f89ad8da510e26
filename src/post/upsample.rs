//! Edge-following enlargement of the drawing: a local linear model of the photo's luma, as in the fast guided filter
//! (He and Sun 2015, arXiv:1505.00996), fitted at half the drawing's size and applied at full size.

use super::run::cells;
use crate::config;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the two passes and of `upsample_color`.
pub(super) const SOURCE: &str = include_str!("../../shaders/upsample.wgsl");

/// Where the last pass binds the slopes.
pub(super) const SLOPE: u32 = 11;

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

/// The passes and what they fill, per cell.
pub(super) struct Passes {
    pub passes: Vec<Pass>,
    /// Slopes per channel (`rgba16float`).
    pub slope: wgpu::TextureView,
}

/// Builds the passes, of which `values` is the uniform.
pub(super) fn passes(
    context: &Context,
    values: &wgpu::Buffer,
    shader: &Shader,
    small: &wgpu::TextureView,
    drawing: Size,
) -> Result<Passes> {
    let grid = cells(drawing);
    let (floats, halves) = (TextureFormat::Rgba32Float, TextureFormat::Rgba16Float);
    // Half floats would lose the covariance in the difference of two means.
    let means = view(&texture(context, "upsample_means", grid, floats, Use::Stored));
    let products = view(&texture(context, "upsample_products", grid, floats, Use::Stored));
    let slope = view(&texture(context, "upsample_slope", grid, halves, Use::Stored));
    let moments =
        [(4, Resource::Texture(small)), (8, Resource::Store(&means, floats)), (9, Resource::Store(&products, floats))];
    let fit = [
        (7, Resource::Uniform(values)),
        (10, Resource::Store(&slope, halves)),
        (24, Resource::Floats(&means)),
        (25, Resource::Floats(&products)),
    ];
    let passes = vec![
        Pass::dispatch(context, "upsample_moments", shader, &moments, grid)?,
        Pass::dispatch(context, "upsample_fit", shader, &fit, grid)?,
    ];
    Ok(Passes { passes, slope })
}
