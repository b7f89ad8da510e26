//! Decoder planes on their way up.

use super::pass::{Use, texture, view, write_texture};
use super::{Context, Resource};
use crate::error::{Error, Result};
use crate::frame::{CpuImage, PixelFormat, Size};
use wgpu::TextureFormat;

/// The photo's planes as unsigned textures, coded as the decoder coded them.
#[derive(Debug)]
pub struct PhotoPlanes {
    size: Size,
    format: PixelFormat,
    /// How many planes are sent; those above are one texel that nothing reads.
    sent: usize,
    planes: [wgpu::Texture; 3],
    views: [wgpu::TextureView; 3],
}

impl PhotoPlanes {
    /// Room for pictures of `size` and `format`. With `luma_only` the chroma planes are not sent.
    #[must_use]
    pub fn new(context: &Context, size: Size, format: PixelFormat, luma_only: bool) -> Self {
        let sent = if luma_only { 1 } else { format.plane_count() };
        let planes: [wgpu::Texture; 3] = std::array::from_fn(|plane| {
            if plane >= sent {
                return texture(context, "no plane", Size::new(1, 1), TextureFormat::R8Uint, Use::Sent);
            }
            let (columns, rows, bytes) = format.plane_layout(plane, size);
            // Channels times bytes a channel: packed RGBA is four times one, a pair of 16-bit samples two times two.
            let texel = match (bytes, format.bits() > 8) {
                (1, _) => TextureFormat::R8Uint,
                (2, false) => TextureFormat::Rg8Uint,
                (2, true) => TextureFormat::R16Uint,
                (_, true) => TextureFormat::Rg16Uint,
                (_, false) => TextureFormat::Rgba8Uint,
            };
            texture(context, "plane", Size::new(columns, rows), texel, Use::Sent)
        });
        let views = std::array::from_fn(|plane| view(&planes[plane]));
        Self { size, format, sent, planes, views }
    }

    /// The bindings of `common/photo.wgsl`; the first is luma.
    #[must_use]
    pub fn resources(&self) -> [(u32, Resource<'_>); 3] {
        [1, 20, 21].map(|binding| (binding, Resource::Codes(&self.views[(binding as usize).saturating_sub(19)])))
    }

    /// Sends the planes of `image`; commands submitted later see them.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the picture has another size or format than was announced.
    pub fn write(&self, context: &Context, image: &CpuImage) -> Result<()> {
        if (image.size, image.format) != (self.size, self.format) {
            return Err(Error::gpu(format!(
                "the picture changed from {} {:?} to {} {:?}",
                self.size, self.format, image.size, image.format
            )));
        }
        for (plane, texture) in self.planes.iter().enumerate().take(self.sent) {
            let (_, _, bytes) = self.format.plane_layout(plane, self.size);
            let stride = image.strides[plane];
            let texels = image.planes.plane(plane);
            if stride.is_multiple_of(bytes) {
                write_texture(context, texture, texels, stride as u32);
            } else {
                // A stride that cuts a sample in two cannot be described: pack the rows.
                let packed: Vec<u8> =
                    (0..texture.height()).flat_map(|row| image.row(plane, row).iter().copied()).collect();
                write_texture(context, texture, &packed, texture.width() * bytes as u32);
            }
        }
        Ok(())
    }
}
