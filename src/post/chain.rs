//! All passes of a style, in order.

use super::convert::{self, Pack, Unpack};
use super::{FRAME_WGSL, FrameUniform, halftone, outline, paper, tone, upsample};
use crate::config::Settings;
use crate::error::Result;
use crate::frame::{ChromaSiting, ColorInfo, CpuImage, Drawn, Frame, PixelFormat, Size, Stamp, StreamInfo};
use crate::gpu::{Context, Download, Layout, Offsets, Pass, Storage, Texture, Uniform, Upload};
use crate::stage::FrameFilter;
use wgpu::{AddressMode, BindingResource, CommandEncoderDescriptor, FilterMode, SamplerDescriptor, TextureFormat};

const GUIDE_WGSL: &str = include_str!("../../shaders/guide.wgsl");
const COMPOSE_WGSL: &str = include_str!("../../shaders/compose.wgsl");

/// Pictures at full size are kept at eight bits, or as half floats where the stream has more.
const EIGHT_BITS: (TextureFormat, &str) =
    (TextureFormat::Rgba8Unorm, "alias PhotoOut = texture_storage_2d<rgba8unorm, write>;\n");
const DEEP: (TextureFormat, &str) =
    (TextureFormat::Rgba16Float, "alias PhotoOut = texture_storage_2d<rgba16float, write>;\n");

/// The shaders of one style for frames of one kind.
pub struct PostChain {
    context: Context,
    upload: Upload,
    offsets: Uniform<Offsets>,
    /// Before the drawing is needed.
    unpack: Pass,
    guide: Pass,
    fit: upsample::Fit,
    lines: Option<outline::Lines>,
    compose: Pass,
    pack: Pass,
    download: Download<Stamp>,
}

impl PostChain {
    /// Compiles the passes that `settings` ask for. Frames come as `input` says with drawings of `small` pixels, and leave
    /// in the format and colour of `output`, at the same size.
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::error::Error::Gpu) where the device rejects a pass, or cannot hold frames of this size.
    pub fn new(
        context: Context,
        settings: &Settings,
        input: &StreamInfo,
        output: (PixelFormat, ColorInfo),
        small: Size,
    ) -> Result<Self> {
        let size = input.size;
        // The short side of a landscape frame is its height.
        let scale = size.width.min(size.height) as f32 / 1080.0;
        let deep = input.format.bits() > 8 || output.0.bits() > 8;
        let (texture_format, alias) = if deep { DEEP } else { EIGHT_BITS };

        let frame = Uniform::new(
            &context,
            &FrameUniform {
                size: [size.width, size.height],
                small: [small.width, small.height],
                scale,
                strength: settings.generator.strength,
                unused: [0.0; 2],
            },
        );
        let frame_resource = frame.resource();
        let photo = Texture::new(&context, "photo", size, texture_format);
        let result = Texture::new(&context, "result", size, texture_format);
        let guide_luma = Storage::new(&context, "small luma", small.pixels() * 4);
        let sampler = context.device.create_sampler(&SamplerDescriptor {
            address_mode_u: AddressMode::ClampToEdge,
            address_mode_v: AddressMode::ClampToEdge,
            mag_filter: FilterMode::Linear,
            min_filter: FilterMode::Linear,
            ..SamplerDescriptor::default()
        });

        let upload = Upload::new(&context, size, input.format);
        let offsets = Uniform::new(&context, &Offsets::default());
        let unpack_uniform = Uniform::new(&context, &Unpack::new(input.format, input.color, size));
        let unpack = Pass::new(
            &context,
            "unpack",
            &[alias, FRAME_WGSL, convert::UNPACK_WGSL],
            "main",
            &convert::constants(input.format),
            &[
                (0, frame_resource.clone()),
                (10, upload.resource()),
                (11, offsets.resource()),
                (12, unpack_uniform.resource()),
                (13, photo.resource()),
            ],
            size,
        )?;
        let guide = Pass::new(
            &context,
            "guide",
            &[FRAME_WGSL, GUIDE_WGSL],
            "main",
            &[],
            &[(0, frame_resource.clone()), (14, photo.resource()), (15, guide_luma.resource())],
            small,
        )?;
        let fit = upsample::Fit::new(&context, &settings.upsample, small, &frame_resource, &guide_luma.resource())?;

        let outline_uniform = Uniform::new(
            &context,
            &settings.outline.as_ref().map(|o| outline::Uniform::new(o, scale)).unwrap_or_default(),
        );
        let lines = match &settings.outline {
            None => None,
            Some(_) => Some(outline::Lines::new(
                &context,
                size,
                small,
                &outline::Inputs {
                    frame: &frame_resource,
                    settings: &outline_uniform.resource(),
                    guide: &guide_luma.resource(),
                    photo: &photo.resource(),
                    sampler: &sampler,
                },
            )?),
        };

        let tone_uniform = Uniform::new(&context, &settings.tone.as_ref().map(tone::Uniform::new).unwrap_or_default());
        let halftone_uniform = Uniform::new(
            &context,
            &settings.halftone.as_ref().map(|h| halftone::Uniform::new(h, scale)).unwrap_or_default(),
        );
        let paper_uniform =
            Uniform::new(&context, &settings.paper.as_ref().map(|p| paper::Uniform::new(p, scale)).unwrap_or_default());
        // Bindings of an effect that is off must be there, but nothing reads them.
        let blank = Texture::new(&context, "nothing", Size::new(1, 1), TextureFormat::Rgba8Unorm);
        let line_resources =
            lines.as_ref().map_or_else(|| [(34, blank.resource()), (37, blank.resource())], outline::Lines::resources);
        let mut resources = vec![
            (0, frame_resource.clone()),
            (2, tone_uniform.resource()),
            (3, outline_uniform.resource()),
            (4, halftone_uniform.resource()),
            (5, paper_uniform.resource()),
            (6, BindingResource::Sampler(&sampler)),
            (14, photo.resource()),
            (16, result.resource()),
            (38, BindingResource::Sampler(&sampler)),
        ];
        resources.extend(fit.resources());
        resources.extend(line_resources);
        let on = |effect: bool| f64::from(u8::from(effect));
        let compose = Pass::new(
            &context,
            "compose",
            &[alias, FRAME_WGSL, upsample::WGSL, tone::WGSL, halftone::WGSL, outline::WGSL, paper::WGSL, COMPOSE_WGSL],
            "main",
            &[
                ("with_tone", on(settings.tone.is_some())),
                ("with_outline", on(settings.outline.is_some())),
                ("with_halftone", on(settings.halftone.is_some())),
                ("with_paper", on(settings.paper.is_some())),
                ("pattern", settings.halftone.as_ref().map_or(0.0, |h| halftone::code(h.pattern))),
            ],
            &resources,
            size,
        )?;

        let layout = Layout::new(size, output.0);
        let download = Download::new(&context, layout, output.1);
        let pack_uniform = Uniform::new(&context, &Pack::new(&layout, output.1));
        let mut constants = convert::constants(output.0);
        if matches!(output.0, PixelFormat::Yuv { .. }) {
            constants.push(("sited_left", on(output.1.siting != ChromaSiting::Center)));
        }
        let pack = Pass::new(
            &context,
            "pack",
            &[FRAME_WGSL, convert::PACK_WGSL],
            "main",
            &constants,
            &[
                (0, frame_resource.clone()),
                (17, result.resource()),
                (18, pack_uniform.resource()),
                (19, download.resource()),
            ],
            // One invocation writes 8 x 2 pixels.
            Size::new(size.width.div_ceil(8), size.height.div_ceil(2)),
        )?;
        Ok(Self { context, upload, offsets, unpack, guide, fit, lines, compose, pack, download })
    }
}

impl FrameFilter for PostChain {
    type In = Drawn;
    type Out = CpuImage;

    fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
        let Frame { stamp, image: Drawn { photo, drawing } } = frame;
        self.offsets.set(&self.context, &self.upload.write(&self.context, &photo)?);
        self.fit.write(&self.context, &drawing)?;
        let mut encoder =
            self.context.device.create_command_encoder(&CommandEncoderDescriptor { label: Some("frame") });
        self.unpack.record(&mut encoder);
        self.guide.record(&mut encoder);
        self.fit.record(&mut encoder);
        if let Some(lines) = &self.lines {
            lines.record(&mut encoder);
        }
        self.compose.record(&mut encoder);
        self.pack.record(&mut encoder);
        let done = self.download.submit(&self.context, encoder, stamp)?;
        Ok(done.map(|(stamp, image)| Frame { stamp, image }))
    }

    fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
        Ok(self.download.land(&self.context)?.map(|(stamp, image)| Frame { stamp, image }))
    }
}
