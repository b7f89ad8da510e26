//! Ink lines: see [`Outline`].

use super::FRAME_WGSL;
use crate::config::Outline;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Storage, Texture};
use bytemuck::{Pod, Zeroable};
use wgpu::{BindingResource, CommandEncoder, Sampler, TextureFormat};

pub(super) const WGSL: &str = include_str!("../../shaders/outline.wgsl");

/// `Outline` in the shader.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Uniform {
    color: [f32; 3],
    opacity: f32,
    sigma: f32,
    threshold: f32,
    softness: f32,
    unused: f32,
}

impl Uniform {
    /// `scale`: pixels of the frame per pixel at 1080 lines.
    pub(super) fn new(outline: &Outline, scale: f32) -> Self {
        Self {
            color: outline.color.to_f32(),
            opacity: outline.opacity,
            // The dark lobe of the difference is about two sigma wide. Below half a pixel it would fall between samples.
            sigma: (outline.width * scale / 2.0).max(0.5),
            threshold: outline.threshold,
            softness: outline.softness,
            unused: 0.0,
        }
    }
}

/// Direction of edges at the drawing's size, and the response at full size.
pub(super) struct Lines {
    flow: Texture,
    lines: Texture,
    passes: [Pass; 4],
}

/// What the passes read.
pub(super) struct Inputs<'a> {
    pub frame: &'a BindingResource<'a>,
    pub settings: &'a BindingResource<'a>,
    pub guide: &'a BindingResource<'a>,
    pub photo: &'a BindingResource<'a>,
    pub sampler: &'a Sampler,
}

impl Lines {
    pub(super) fn new(context: &Context, size: Size, small: Size, from: &Inputs<'_>) -> Result<Self> {
        let tensor = Storage::new(context, "structure tensor", small.pixels() * 16);
        let smoothed = Storage::new(context, "smoothed tensor", small.pixels() * 16);
        let flow = Texture::new(context, "edge flow", small, TextureFormat::Rgba16Float);
        let lines = Texture::new(context, "line response", size, TextureFormat::Rgba8Unorm);
        let source = [FRAME_WGSL, WGSL];
        let frame = (0, from.frame.clone());
        let pass = |label, entry, resources: &[(u32, BindingResource<'_>)], size| {
            Pass::new(context, label, &source, entry, &[], resources, size)
        };
        let passes = [
            pass(
                "outline: tensor",
                "tensor",
                &[frame.clone(), (30, from.guide.clone()), (31, tensor.resource())],
                small,
            )?,
            pass(
                "outline: rows",
                "flow_rows",
                &[frame.clone(), (32, tensor.resource()), (31, smoothed.resource())],
                small,
            )?,
            pass(
                "outline: columns",
                "flow_columns",
                &[frame.clone(), (32, smoothed.resource()), (33, flow.resource())],
                small,
            )?,
            pass(
                "outline: edges",
                "edges",
                &[
                    frame,
                    (3, from.settings.clone()),
                    (34, flow.resource()),
                    (35, from.photo.clone()),
                    (36, lines.resource()),
                    (38, BindingResource::Sampler(from.sampler)),
                ],
                size,
            )?,
        ];
        Ok(Self { flow, lines, passes })
    }

    pub(super) fn record(&self, encoder: &mut CommandEncoder) {
        self.passes.iter().for_each(|pass| pass.record(encoder));
    }

    /// What the compose pass reads, with its bindings.
    pub(super) fn resources(&self) -> [(u32, BindingResource<'_>); 2] {
        [(34, self.flow.resource()), (37, self.lines.resource())]
    }
}
