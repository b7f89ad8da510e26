//! The drawing at full size along the photo's edges: see [`Upsample`].

use super::FRAME_WGSL;
use crate::config::Upsample;
use crate::error::Result;
use crate::frame::{Drawing, Size};
use crate::gpu::{Context, Pass, Storage, Texture};
use bytemuck::{Pod, Zeroable};
use wgpu::{BindingResource, CommandEncoder, TextureFormat};

pub(super) const WGSL: &str = include_str!("../../shaders/upsample.wgsl");

/// `Upsample` in the shader.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Uniform {
    radius: i32,
    epsilon: f32,
    unused: [f32; 2],
}

/// The fit, at the drawing's size.
pub(super) struct Fit {
    drawing: Texture,
    size: Size,
    slope: Texture,
    offset: Texture,
    rows: Pass,
    columns: Pass,
}

impl Fit {
    pub(super) fn new(
        context: &Context,
        settings: &Upsample,
        small: Size,
        frame: &BindingResource<'_>,
        guide: &BindingResource<'_>,
    ) -> Result<Self> {
        let uniform = crate::gpu::Uniform::new(
            context,
            &Uniform {
                radius: settings.radius.cast_signed(),
                epsilon: settings.epsilon * settings.epsilon,
                unused: [0.0; 2],
            },
        );
        let drawing = Texture::new(context, "drawing", small, TextureFormat::Rgba8Unorm);
        let slope = Texture::new(context, "slope", small, TextureFormat::Rgba16Float);
        let offset = Texture::new(context, "offset", small, TextureFormat::Rgba16Float);
        let sums = Storage::new(context, "window sums", small.pixels() * 32);
        let source = [FRAME_WGSL, WGSL];
        let rows = Pass::new(
            context,
            "upsample: rows",
            &source,
            "fit_rows",
            &[],
            &[
                (0, frame.clone()),
                (1, uniform.resource()),
                (20, guide.clone()),
                (21, drawing.resource()),
                (22, sums.resource()),
            ],
            small,
        )?;
        let columns = Pass::new(
            context,
            "upsample: columns",
            &source,
            "fit_columns",
            &[],
            &[
                (0, frame.clone()),
                (1, uniform.resource()),
                (23, sums.resource()),
                (24, slope.resource()),
                (25, offset.resource()),
            ],
            small,
        )?;
        Ok(Self { drawing, size: small, slope, offset, rows, columns })
    }

    /// Takes the drawing of the frame at hand.
    pub(super) fn write(&self, context: &Context, drawing: &Drawing) -> Result<()> {
        if drawing.size != self.size {
            let reason = format!("a drawing of {} came where {} was expected", drawing.size, self.size);
            return Err(crate::error::Error::gpu(reason));
        }
        self.drawing.write(context, &drawing.rgba);
        Ok(())
    }

    pub(super) fn record(&self, encoder: &mut CommandEncoder) {
        self.rows.record(encoder);
        self.columns.record(encoder);
    }

    /// What the compose pass reads, with its bindings.
    pub(super) fn resources(&self) -> [(u32, BindingResource<'_>); 2] {
        [(26, self.slope.resource()), (27, self.offset.resource())]
    }
}
