//! What a window shows: a swap chain that is kept at the window's size.

use super::Context;
use super::context::instance;
use crate::error::{Error, Result};
use crate::frame::Size;

/// A window's pictures. Presented with vertical synchronisation; at most one waits for it, for low latency.
pub struct Surface {
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    /// The size has changed, or the window system wants another swap chain.
    stale: bool,
}

impl Surface {
    /// For `window`, whose inside is `size` pixels, with a device that can show pictures there.
    ///
    /// # Errors
    /// [`Error::Gpu`] where no adapter can draw on this window.
    pub fn new(window: impl Into<wgpu::SurfaceTarget<'static>>, size: Size) -> Result<(Self, Context)> {
        let instance = instance();
        let surface = instance.create_surface(window).map_err(|e| Error::gpu(format!("no surface: {e}")))?;
        let (context, adapter) = pollster::block_on(Context::open(&instance, Some(&surface)))?;
        let formats = surface.get_capabilities(&adapter).formats;
        // Codes are written as they are: a format that encodes would do so twice.
        let format = formats.iter().copied().find(|f| !f.is_srgb()).or_else(|| formats.first().copied());
        let format = format.ok_or_else(|| Error::gpu(format!("{} shows nothing on a window", context.describe())))?;
        let config = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format,
            color_space: wgpu::SurfaceColorSpace::default(),
            width: size.width.max(1),
            height: size.height.max(1),
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 1,
            alpha_mode: wgpu::CompositeAlphaMode::Auto,
            view_formats: Vec::new(),
        };
        Ok((Self { surface, config, stale: true }, context))
    }

    /// What is drawn on.
    #[must_use]
    pub fn format(&self) -> wgpu::TextureFormat {
        self.config.format
    }

    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        Size::new(self.config.width, self.config.height)
    }

    /// From now on the window is of `size`; without pixels (minimised) nothing changes.
    pub fn resize(&mut self, size: Size) {
        if size.pixels() > 0 && size != self.size() {
            (self.config.width, self.config.height) = (size.width, size.height);
            self.stale = true;
        }
    }

    /// The next texture to draw on, waited for where the display is slower; `None` where this one is better skipped.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device is lost.
    pub fn acquire(&mut self, context: &Context) -> Result<Option<wgpu::SurfaceTexture>> {
        use wgpu::CurrentSurfaceTexture as Current;
        // Twice: a swap chain that does not fit any more is made anew.
        for _ in 0..2 {
            if std::mem::take(&mut self.stale) {
                self.surface.configure(&context.device, &self.config);
            }
            match self.surface.get_current_texture() {
                Current::Success(texture) => return context.check().map(|()| Some(texture)),
                Current::Suboptimal(texture) => {
                    self.stale = true;
                    return context.check().map(|()| Some(texture));
                }
                Current::Outdated | Current::Lost => self.stale = true,
                Current::Timeout | Current::Occluded | Current::Validation => break,
            }
        }
        context.check().map(|()| None)
    }
}
