//! Strokes of a brush: the drawing, averaged along its edges and drawn apart across them (coherence-enhancing filtering,
//! Kyprianidis and Kang 2011).

use super::flow::{self, Flow};
use crate::config;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the passes.
pub(super) const SOURCE: &str = include_str!("../../shaders/paint.wgsl");

/// `PAINT_SAMPLES` of the shader.
const SAMPLES: f32 = 3.0;

/// `PaintUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct PaintUniform {
    pub stride: f32,
    pub pull: f32,
}

impl PaintUniform {
    /// `unit`: drawing pixels per pixel of a picture 1080 lines high.
    pub fn new(paint: &config::Paint, unit: f32) -> Self {
        Self { stride: paint.length * unit / SAMPLES, pull: paint.crispness }
    }
}

/// The passes and what they fill, per pixel of the drawing.
pub(super) struct Painted {
    pub passes: Vec<Pass>,
    /// Drawing and photo's luma in strokes (`rgba8unorm`).
    pub small: wgpu::TextureView,
    /// What is [seen](Flow::seen) of the photo, shifted already.
    pub seen: wgpu::TextureView,
    /// From where each pixel is to be taken (`rgba16float`, two parts of it).
    pub shift: wgpu::TextureView,
}

/// Where the last pass binds the shift.
pub(super) const SHIFT: u32 = 50;

/// Builds the passes, of which `values` is the uniform, from `small`, the `drawing` with the photo's luma.
pub(super) fn passes(
    context: &Context,
    values: &wgpu::Buffer,
    shader: &Shader,
    drawing: &wgpu::TextureView,
    (small, flow): (&wgpu::TextureView, &Flow),
    size: Size,
) -> Result<Painted> {
    let (bytes, halves) = (TextureFormat::Rgba8Unorm, TextureFormat::Rgba16Float);
    let painted = view(&texture(context, "painted", size, bytes, Use::Stored));
    let seen = view(&texture(context, "paint_seen", size, flow::SEEN_FORMAT, Use::Stored));
    let shift = view(&texture(context, "paint_shift", size, halves, Use::Stored));
    let shared =
        [(47, Resource::Uniform(values)), (12, Resource::Linear), (flow::BINDING, Resource::Texture(&flow.tensor))];
    let first = [
        (flow::SEEN, Resource::Texture(&flow.seen)),
        (4, Resource::Texture(small)),
        (2, Resource::Texture(drawing)),
        (48, Resource::Store(&painted, bytes)),
    ];
    let second = [
        (4, Resource::Texture(&painted)),
        (flow::SEEN, Resource::Texture(&flow.seen)),
        (flow::SEEN_OUT, Resource::Store(&seen, flow::SEEN_FORMAT)),
        (49, Resource::Store(&shift, halves)),
    ];
    let passes = vec![
        Pass::dispatch(context, "paint_along", shader, &[&shared[..], &first].concat(), size)?,
        Pass::dispatch(context, "paint_across", shader, &[&shared[..], &second].concat(), size)?,
    ];
    Ok(Painted { passes, small: painted, seen, shift })
}
