//! All passes of a run, in order, behind [`FrameFilter`].

use super::anchor::Anchor;
use super::boil::Boil;
use super::fragment::Ink;
use super::history::History;
use super::plan::{Ends, Plan, anchors, flows, forms, hatches, keep, keeps, lines, paints};
use super::run::{strength, unit};
use super::{flow, form, halftone, hatch, outline, paint, speed, upsample};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Drawing, Drawn, Frame, Motion, PixelFormat, Size, StreamInfo};
use crate::gpu::{
    Context, Layout, Pass, PassTime, PhotoPlanes, Readback, Resource, Shader, Timer, Use, storage_buffer, texture,
    uniform_buffer, view, write_texture, write_uniform,
};
use crate::stage::FrameFilter;

/// Turns photo and drawing into the finished picture, on the GPU.
///
/// Holds up to two pictures back, however often each is shown. The same input gives the same output on the same adapter.
#[derive(Debug)]
pub struct PostChain {
    context: Context,
    photo: PhotoPlanes,
    drawing: wgpu::Texture,
    drawing_size: Size,
    passes: Vec<Pass>,
    history: Option<History>,
    anchor: Option<Anchor>,
    boil: Option<Boil>,
    /// The number in its shot of the drawing before.
    number: Option<u32>,
    /// Whether the next picture is a second one: see [`Pass::alternate`].
    second: bool,
    packed: wgpu::Buffer,
    readback: Readback,
    ends: Ends,
    shader: Shader,
    uniforms: Uniforms,
}

/// Where the numbers of a [`Plan`] lie on the device.
#[derive(Debug)]
struct Uniforms {
    strength: wgpu::Buffer,
    upsample: wgpu::Buffer,
    paint: wgpu::Buffer,
    /// One a fragment.
    fragments: Vec<wgpu::Buffer>,
}

impl Uniforms {
    fn new(context: &Context, plan: &Plan) -> Self {
        Self {
            strength: uniform_buffer(context, "strength", bytemuck::bytes_of(&plan.strength)),
            upsample: uniform_buffer(context, "upsample", bytemuck::bytes_of(&plan.upsample)),
            paint: uniform_buffer(context, "paint", bytemuck::bytes_of(&plan.paint)),
            fragments: plan.fragments.iter().map(|f| uniform_buffer(context, f.call, &f.uniform)).collect(),
        }
    }

    /// For a plan with the same shader.
    fn write(&self, context: &Context, plan: &Plan) {
        write_uniform(context, &self.strength, bytemuck::bytes_of(&plan.strength));
        write_uniform(context, &self.upsample, bytemuck::bytes_of(&plan.upsample));
        write_uniform(context, &self.paint, bytemuck::bytes_of(&plan.paint));
        for (buffer, fragment) in self.fragments.iter().zip(&plan.fragments) {
            write_uniform(context, buffer, &fragment.uniform);
        }
    }
}

/// Invocations of the packing pass: a block of `pack.wgsl` each, eight in a block of two by four.
fn pack_grid(out: &Layout) -> Size {
    let [_, bytes, shift_x, shift_y] = out.constants().map(|c| c as u32);
    let width = out.size.width.div_ceil((4 / bytes) << shift_x);
    let height = out.size.height.div_ceil(1 << shift_y);
    Size::new(width.div_ceil(2) * 8, height.div_ceil(4))
}

impl PostChain {
    /// Compiles the passes that `settings` asks for.
    ///
    /// `input` describes the photos (any [`PixelFormat`]), `output` the finished pictures of the same size (any
    /// format, too; chroma is the mean of its luma samples); `drawing` is the size of the drawings.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the adapter cannot do it.
    pub fn new(
        context: Context,
        settings: &Settings,
        input: &StreamInfo,
        output: (PixelFormat, ColorInfo),
        drawing: Size,
    ) -> Result<Self> {
        let StreamInfo { size, format, color, .. } = *input;
        let context = &context;
        let (photo, out) = ((Layout::new(size, format), color), (Layout::new(size, output.0), output.1));
        let ends = Ends { photo, out, ceiling: input.light.ceiling(output.1), drawing };
        let plan = Plan::new(settings, &ends);
        let Plan { fragments, shader, .. } = &plan;
        let uniforms = Uniforms::new(context, &plan);
        let strength = strength(settings);

        let keeps_color = settings.tone.as_ref().is_some_and(|t| t.keep_color > 0.0);
        // Colour is for a part of it, and for where lines are.
        let plain = strength >= 1.0 && !keeps_color && !flows(settings);
        let photo = PhotoPlanes::new(context, size, format, plain);
        let rgba8 = wgpu::TextureFormat::Rgba8Unorm;
        let drawing_texture = texture(context, "drawing", drawing, rgba8, Use::Sent);
        let drawing_view = view(&drawing_texture);
        let mut small = view(&texture(context, "small", drawing, rgba8, Use::Stored));
        let packed = storage_buffer(context, "packed", ends.out.0.bytes);

        let mut passes = Vec::new();
        if strength > 0.0 || flows(settings) {
            let resources =
                [photo.resources()[0], (2, Resource::Texture(&drawing_view)), (3, Resource::Store(&small, rgba8))];
            passes.push(Pass::dispatch(context, "reduce", shader, &resources, drawing)?);
        }
        let mut way = if flows(settings) {
            let (found, way) = flow::passes(context, shader, &photo, &small, drawing)?;
            passes.extend(found);
            Some(way)
        } else {
            None
        };
        let numbers: Vec<_> = fragments.iter().zip(&uniforms.fragments).collect();
        let mut bound =
            vec![(0, Resource::Uniform(&uniforms.strength)), (12, Resource::Linear), (19, Resource::Write(&packed))];
        bound.extend(photo.resources());
        bound.extend(numbers.iter().map(|(f, buffer)| (f.binding, Resource::Uniform(buffer))));
        let (edges, modelled);
        if strength > 0.0 {
            if let Some(before) = way.as_ref().filter(|_| paints(settings)) {
                let from = (&small, before);
                let painted = paint::passes(context, &uniforms.paint, shader, &drawing_view, from, drawing)?;
                passes.extend(painted.passes);
                let (found, again) = flow::find(context, shader, painted.seen, drawing)?;
                passes.extend(found);
                (small, edges, way) = (painted.small, painted.shift, Some(again));
                bound.push((paint::SHIFT, Resource::Texture(&edges)));
            } else {
                let upsample = upsample::passes(context, &uniforms.upsample, shader, &small, drawing)?;
                passes.extend(upsample.passes);
                edges = upsample.slope;
                bound.push((upsample::SLOPE, Resource::Texture(&edges)));
            }
            if forms(settings) {
                let (form, drawn) = form::passes(context, shader, &drawing_view, &small, drawing)?;
                passes.extend(form);
                modelled = drawn;
                bound.push((form::DRAWN, Resource::Texture(&modelled)));
            }
            bound.push((4, Resource::Texture(&small)));
        }
        let ink;
        let drawn = numbers.iter().find(|(f, _)| f.source == outline::SOURCE);
        if let (Some(way), Some((_, values))) = (&way, drawn) {
            let lines;
            (lines, ink) = outline::passes(context, values, shader, &photo, way, (size, drawing))?;
            passes.extend(lines);
            bound.push((outline::INK, Resource::Texture(&ink)));
        }
        let boil = (lines(settings) == Ink::Boiling).then(|| Boil::new(context, settings.motion.boil, unit(size)));
        bound.extend(boil.as_ref().map(Boil::resource));
        let grid = Motion::grid(drawing);
        let anchor = anchors(settings).then(|| Anchor::new(context, keep(settings), size, grid));
        bound.extend(anchor.as_ref().map(Anchor::resource));
        let history = keeps(settings).then(|| History::new(context, settings.motion.calm, size, grid));
        let strokes;
        let shade = numbers.iter().find(|(f, _)| f.source == halftone::SOURCE).filter(|_| hatches(settings));
        if let (Some(way), Some((_, values))) = (&way, shade) {
            let (hatch, drawn) = hatch::passes(
                context,
                values,
                shader,
                &drawing_view,
                way,
                (history.as_ref(), anchor.as_ref()),
                drawing,
            )?;
            passes.extend(hatch);
            strokes = drawn;
            bound.push((hatch::DRAWN, Resource::Texture(&strokes)));
        }
        let streaks;
        let fast = numbers.iter().find(|(f, _)| f.source == speed::SOURCE);
        if let (Some(history), Some((_, values))) = (&history, fast) {
            let (pass, drawn) = speed::pass(context, values, shader, history, size)?;
            passes.push(pass);
            streaks = drawn;
            bound.push((speed::DRAWN, Resource::Texture(&streaks)));
        }
        let pack = |bound: &[_]| Pass::dispatch(context, "pack", shader, bound, pack_grid(&ends.out.0));
        passes.push(match &history {
            Some(history) => {
                let [first, second] = history.resources().map(|turn| [&bound[..], &turn[..]].concat());
                pack(&first)?.alternate(context, &second)
            }
            None => pack(&bound)?,
        });
        context.check()?;
        let readback = Readback::new(context, ends.out.0.clone(), output.1);
        drop((bound, numbers));
        Ok(Self {
            context: context.clone(),
            photo,
            drawing: drawing_texture,
            drawing_size: drawing,
            passes,
            history,
            anchor,
            boil,
            number: None,
            second: false,
            packed,
            readback,
            ends,
            shader: plan.shader,
            uniforms,
        })
    }

    /// Sends a picture and its drawing up.
    fn upload(&mut self, drawn: &Drawn, drawing: &Drawing) -> Result<()> {
        let Drawn { photo, motion, number, .. } = drawn;
        if drawing.size != self.drawing_size || drawing.rgba.len() != drawing.size.pixels() * 4 {
            let wanted = self.drawing_size;
            return Err(Error::gpu(format!("a drawing of {} came where {wanted} was announced", drawing.size)));
        }
        self.photo.write(&self.context, photo)?;
        write_texture(&self.context, &self.drawing, &drawing.rgba, drawing.size.width * 4);
        // Where a drawing in between was lost on the way, the motion leads to one that was never here.
        let follows = self.number.replace(*number).is_some_and(|before| before.checked_add(1) == Some(*number));
        let motion = motion.as_ref().filter(|_| follows);
        if let Some(history) = &self.history {
            history.write(&self.context, motion)?;
        }
        if let Some(anchor) = &mut self.anchor {
            anchor.write(&self.context, motion, *number);
        }
        if let Some(boil) = &mut self.boil {
            boil.write(&self.context, *number);
        }
        Ok(())
    }

    fn record(&mut self, mut timer: Option<&mut Timer>) -> wgpu::CommandEncoder {
        let mut encoder = self.context.encoder();
        for pass in &self.passes {
            pass.record(&mut encoder, timer.as_deref_mut(), self.second);
        }
        self.second = !self.second;
        encoder
    }

    /// Runs all passes once on `drawn` and says how long each took; empty where the device cannot tell.
    ///
    /// # Errors
    /// As [`FrameFilter::push`].
    pub fn measure(&mut self, drawn: &Drawn) -> Result<Vec<PassTime>> {
        let Some(drawing) = &drawn.drawing else { return Ok(Vec::new()) };
        self.upload(drawn, drawing)?;
        let Some(mut timer) = Timer::new(&self.context) else { return Ok(Vec::new()) };
        let mut encoder = self.record(Some(&mut timer));
        timer.resolve(&mut encoder);
        self.context.submit(encoder);
        timer.times(&self.context)
    }

    fn take(&mut self) -> Result<Option<Frame<CpuImage>>> {
        Ok(self.readback.take(&self.context)?.map(|(stamp, image)| Frame { stamp, image }))
    }
}

impl FrameFilter for PostChain {
    type In = Drawn;
    type Out = CpuImage;

    fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
        let Frame { stamp, image } = &frame;
        match &image.drawing {
            Some(drawing) => {
                self.upload(image, drawing)?;
                let encoder = self.record(None);
                self.readback.push(&self.context, encoder, &self.packed, *stamp)?;
                self.context.check()?;
            }
            None => self.readback.push_again(*stamp)?,
        }
        if self.readback.is_ready() { self.take() } else { Ok(None) }
    }

    fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
        self.take()
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        let plan = Plan::new(settings, &self.ends);
        let fits = plan.shader == self.shader;
        if fits {
            self.uniforms.write(&self.context, &plan);
            if let Some(history) = &mut self.history {
                history.set_calm(settings.motion.calm);
            }
            if let Some(boil) = &mut self.boil {
                boil.set_amount(settings.motion.boil, unit(self.ends.photo.0.size));
            }
        }
        Ok(fits)
    }
}
