//! Decoder planes into a storage buffer, as they are: no repacking, whatever the stride.

use super::Context;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, PixelFormat, Size};
use bytemuck::{Pod, Zeroable};
use wgpu::{BindingResource, Buffer, BufferDescriptor, BufferUsages};

/// Where the planes of the picture at hand lie in the buffer; `Planes` in `shaders/common/planes.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Offsets {
    /// First byte of each plane.
    pub start: [u32; 4],
    /// Bytes from row to row of each plane.
    pub stride: [u32; 4],
}

/// A buffer for pictures of one size and format.
pub struct Upload {
    buffer: Buffer,
    size: Size,
    format: PixelFormat,
}

impl Upload {
    /// A buffer large enough for rows padded by up to 512 bytes; longer rows enlarge nothing but are copied row by row.
    #[must_use]
    pub fn new(context: &Context, size: Size, format: PixelFormat) -> Self {
        let bytes: u64 = (0..format.plane_count())
            .map(|plane| {
                let (columns, rows, bytes) = format.plane_layout(plane, size);
                (u64::from(columns) * bytes as u64 + PADDING as u64) * u64::from(rows) + 4
            })
            .sum();
        let buffer = context.device.create_buffer(&BufferDescriptor {
            label: Some("photo planes"),
            size: bytes.next_multiple_of(4),
            usage: BufferUsages::STORAGE | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { buffer, size, format }
    }

    /// Copies the planes up; answers where they lie.
    ///
    /// # Errors
    /// [`Error::Gpu`] for a picture of another size or format.
    pub fn write(&self, context: &Context, image: &CpuImage) -> Result<Offsets> {
        if (image.size, image.format) != (self.size, self.format) {
            return Err(Error::gpu(format!("{image:?} came where {} {:?} was expected", self.size, self.format)));
        }
        let mut offsets = Offsets::default();
        let mut start = 0_usize;
        for plane in 0..image.format.plane_count() {
            let (columns, rows, bytes) = image.format.plane_layout(plane, image.size);
            let row = columns as usize * bytes;
            let stride = image.strides[plane];
            let whole = stride <= row + PADDING;
            let length = if whole { stride * (rows as usize - 1) + row } else { row * rows as usize };
            offsets.start[plane] = start as u32;
            offsets.stride[plane] = if whole { stride } else { row } as u32;
            if whole {
                self.write_bytes(context, start, &image.planes.plane(plane)[..length]);
            } else {
                let packed: Vec<u8> = (0..rows).flat_map(|r| image.row(plane, r).iter().copied()).collect();
                self.write_bytes(context, start, &packed);
            }
            start += length.next_multiple_of(4);
        }
        Ok(offsets)
    }

    /// Buffer writes come in words.
    fn write_bytes(&self, context: &Context, start: usize, bytes: &[u8]) {
        let (words, tail) = bytes.split_at(bytes.len() / 4 * 4);
        context.queue.write_buffer(&self.buffer, start as u64, words);
        if !tail.is_empty() {
            let mut word = [0; 4];
            word[..tail.len()].copy_from_slice(tail);
            context.queue.write_buffer(&self.buffer, (start + words.len()) as u64, &word);
        }
    }

    /// For a [`Pass`](super::Pass).
    #[must_use]
    pub fn resource(&self) -> BindingResource<'_> {
        self.buffer.as_entire_binding()
    }
}

/// Padding at the end of a row that is copied along rather than cut off.
const PADDING: usize = 512;
