//! Decoder planes on their way up.

use super::{Context, Layout};
use crate::error::{Error, Result};
use crate::frame::CpuImage;

/// The photo's planes in one storage buffer, as the decoder coded them.
#[derive(Debug)]
pub struct PhotoBuffer {
    layout: Layout,
    planes: usize,
    buffer: wgpu::Buffer,
}

impl PhotoBuffer {
    /// Room for a picture of `layout`. With `luma_only` the chroma planes are not sent.
    #[must_use]
    pub fn new(context: &Context, layout: Layout, luma_only: bool) -> Self {
        let planes = if luma_only { 1 } else { layout.format.plane_count() };
        let buffer = super::storage_buffer(context, "photo", layout.bytes);
        Self { layout, planes, buffer }
    }

    /// The buffer, for shaders.
    #[must_use]
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    /// Sends the planes of `image`; commands submitted later see them.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the picture has another size or format than was announced, or memory runs out.
    pub fn write(&self, context: &Context, image: &CpuImage) -> Result<()> {
        if (image.size, image.format) != (self.layout.size, self.layout.format) {
            return Err(Error::gpu(format!(
                "the picture changed from {} {:?} to {} {:?}",
                self.layout.size, self.layout.format, image.size, image.format
            )));
        }
        let end = self.layout.planes[..self.planes].iter().map(|p| p.offset + p.pitch * p.rows).max().unwrap_or(0);
        let Some(bytes) = wgpu::BufferSize::new(u64::from(end)) else { return Ok(()) };
        let mut view = context
            .queue
            .write_buffer_with(&self.buffer, 0, bytes)
            .ok_or_else(|| Error::gpu("no memory to send a picture"))?;
        for (index, plane) in self.layout.planes[..self.planes].iter().enumerate() {
            for row in 0..plane.rows {
                let from = image.row(index, row);
                let start = (plane.offset + row * plane.pitch) as usize;
                view.slice(start..start + from.len()).copy_from_slice(from);
            }
        }
        Ok(())
    }
}
