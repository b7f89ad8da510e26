//! Puts a frame of the window on the screen: the picture, the photo beside it where they are compared, the widgets.

use super::geometry::Area;
use crate::av::scale::Converter;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, PixelFormat, Size};
use crate::gpu::{Context, Part, Show, Surface};
use crate::live::Shown;
use egui::{ClippedPrimitive, TexturesDelta};

/// Around the picture.
const BACKGROUND: wgpu::Color = wgpu::Color { r: 0.045, g: 0.047, b: 0.058, a: 1.0 };

/// What to put on the screen.
pub(super) struct Scene<'a> {
    /// The picture.
    pub shown: Option<&'a Shown>,
    /// Where it goes, in pixels.
    pub area: Area,
    /// How far along the picture the photo ends, 0..=1; `None` shows no photo.
    pub split: Option<f32>,
    /// Widgets.
    pub widgets: &'a [ClippedPrimitive],
    /// Pixels a point.
    pub scale: f32,
}

/// A picture on the GPU.
struct Sent {
    part: Part,
    image: CpuImage,
    /// Number of the picture.
    number: u64,
}

/// Owner of the window's surface and device.
pub(super) struct Painter {
    surface: Surface,
    context: Context,
    show: Show,
    widgets: egui_wgpu::Renderer,
    converter: Converter,
    picture: Option<Sent>,
    photo: Option<Sent>,
}

impl Painter {
    /// For `window`, whose inside is `size` pixels.
    ///
    /// # Errors
    /// [`Error::Gpu`] where nothing can draw on the window.
    pub fn new(window: impl Into<wgpu::SurfaceTarget<'static>>, size: Size) -> Result<Self> {
        let (surface, context) = Surface::new(window, size)?;
        let show = Show::new(&context, surface.format())?;
        let options = egui_wgpu::RendererOptions { dithering: false, ..Default::default() };
        let widgets = egui_wgpu::Renderer::new(context.device(), surface.format(), options);
        Ok(Self { surface, context, show, widgets, converter: Converter::default(), picture: None, photo: None })
    }

    /// Follows the window's size.
    pub fn resize(&mut self, size: Size) {
        self.surface.resize(size);
    }

    /// Longest side of a texture.
    pub fn max_texture_side(&self) -> usize {
        self.context.device().limits().max_texture_dimension_2d as usize
    }

    /// Sends the widgets' new textures. Must be done with every change, also where nothing is painted.
    pub fn update_textures(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                self.widgets.update_texture(self.context.device(), self.context.queue(), id, &change);
            }
        }
    }

    /// Forgets textures that the widgets need no more.
    pub fn free_textures(&mut self, delta: &mut TexturesDelta) {
        delta.free.drain().for_each(|id| self.widgets.free_texture(&id));
    }

    /// Paints; false where the window system had no room for this frame.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device is lost.
    pub fn paint(&mut self, scene: &Scene<'_>) -> Result<bool> {
        let Some(texture) = self.surface.acquire(&self.context)? else { return Ok(false) };
        self.send(scene)?;
        let size = self.surface.size();
        let screen =
            egui_wgpu::ScreenDescriptor { size_in_pixels: [size.width, size.height], pixels_per_point: scene.scale };
        let mut encoder = self.context.encoder();
        let (device, queue) = (self.context.device(), self.context.queue());
        // Nothing here hands paint callbacks to the widgets, so there are no buffers of theirs to submit.
        self.widgets.update_buffers(device, queue, &mut encoder, scene.widgets, &screen);
        {
            let view = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
            let mut pass = encoder
                .begin_render_pass(&wgpu::RenderPassDescriptor {
                    label: Some("window"),
                    color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                        view: &view,
                        depth_slice: None,
                        resolve_target: None,
                        ops: wgpu::Operations { load: wgpu::LoadOp::Clear(BACKGROUND), store: wgpu::StoreOp::Store },
                    })],
                    ..Default::default()
                })
                .forget_lifetime();
            let halves = scene.area.halves(scene.split.unwrap_or(0.0), size);
            for (sent, (x, y, width, height)) in [&self.photo, &self.picture].into_iter().zip(halves) {
                let wanted = scene.shown.is_some() && width > 0 && height > 0;
                if let Some(sent) = sent.as_ref().filter(|_| wanted) {
                    pass.set_scissor_rect(x, y, width, height);
                    self.show.record(&mut pass, &sent.part);
                }
            }
            pass.set_scissor_rect(0, 0, size.width, size.height);
            self.widgets.render(&mut pass, scene.widgets, &screen);
        }
        self.context.submit(encoder);
        self.context.queue().present(texture);
        Ok(true)
    }

    /// Brings pictures and their places up to date on the GPU.
    fn send(&mut self, scene: &Scene<'_>) -> Result<()> {
        let Some(shown) = scene.shown else { return Ok(()) };
        if self.picture.as_ref().is_none_or(|sent| sent.number != shown.number) {
            let old = self.picture.take();
            self.picture = Some(self.sent(old, shown.picture.clone(), shown.number)?);
        }
        if scene.split.is_some() && self.photo.as_ref().is_none_or(|sent| sent.number != shown.number) {
            let photo = shown.photo.clone();
            let size = photo.size;
            let photo = self
                .converter
                .convert(photo, size, PixelFormat::I420, ColorInfo::BT709)
                .map_err(|e| Error::Encoder { encoder: "libswscale".into(), source: e.into() })?;
            let old = self.photo.take();
            self.photo = Some(self.sent(old, photo, shown.number)?);
        }
        let size = self.surface.size();
        let corners = scene.area.clip_space(size.width as f32, size.height as f32);
        for sent in self.picture.iter().chain(&self.photo) {
            sent.part.place(&self.context, &sent.image, corners);
        }
        Ok(())
    }

    fn sent(&self, old: Option<Sent>, image: CpuImage, number: u64) -> Result<Sent> {
        let part = match old.map(|sent| sent.part).filter(|part| part.size() == image.size) {
            Some(part) => part,
            None => self.show.part(&self.context, image.size),
        };
        part.write(&self.context, &image)?;
        Ok(Sent { part, image, number })
    }
}
