//! Finished planes back to host memory, a few frames late, so that neither side waits for the other.

use super::Context;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, PixelFormat, Planes, Size};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use wgpu::{
    BindingResource, Buffer, BufferDescriptor, BufferUsages, CommandEncoder, MapMode, PollType, SubmissionIndex,
};

/// Frames on their way. Two keep the device busy while the host copies one out; more only add memory and latency.
const RING: usize = 2;

/// Where the planes of a packed picture lie: rows padded to whole words of eight samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Memory layout of a pixel.
    pub format: PixelFormat,
    /// Pixels.
    pub size: Size,
    /// First byte of each plane.
    pub start: [usize; 3],
    /// Bytes from row to row of each plane.
    pub strides: [usize; 3],
    /// All planes.
    pub bytes: usize,
}

impl Layout {
    /// For pictures of `size` and `format`.
    #[must_use]
    pub fn new(size: Size, format: PixelFormat) -> Self {
        let mut layout = Self { format, size, start: [0; 3], strides: [0; 3], bytes: 0 };
        // Padded so that a block of 8 x 2 pixels can be written whole, by one invocation, anywhere.
        let padded = Size::new(size.width.next_multiple_of(8), size.height.next_multiple_of(2));
        for plane in 0..format.plane_count() {
            let (columns, rows, bytes) = format.plane_layout(plane, padded);
            layout.start[plane] = layout.bytes;
            layout.strides[plane] = (columns as usize * bytes).next_multiple_of(4);
            layout.bytes += layout.strides[plane] * rows as usize;
        }
        layout
    }
}

struct Flight<T> {
    tag: T,
    slot: usize,
    submission: SubmissionIndex,
    mapped: Receiver<Result<(), wgpu::BufferAsyncError>>,
}

/// A ring of buffers between device and host.
pub struct Download<T> {
    layout: Layout,
    color: ColorInfo,
    packed: Buffer,
    slots: Vec<Buffer>,
    flights: VecDeque<Flight<T>>,
    next: usize,
}

impl<T> Download<T> {
    /// For pictures of one layout and colour.
    #[must_use]
    pub fn new(context: &Context, layout: Layout, color: ColorInfo) -> Self {
        let buffer = |label, usage| {
            context.device.create_buffer(&BufferDescriptor {
                label: Some(label),
                size: layout.bytes as u64,
                usage,
                mapped_at_creation: false,
            })
        };
        let packed = buffer("packed planes", BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let slots = (0..RING).map(|_| buffer("download", BufferUsages::COPY_DST | BufferUsages::MAP_READ)).collect();
        Self { layout, color, packed, slots, flights: VecDeque::new(), next: 0 }
    }

    /// The buffer that the last pass fills.
    #[must_use]
    pub fn resource(&self) -> BindingResource<'_> {
        self.packed.as_entire_binding()
    }

    /// Submits `encoder`, whose last pass filled [`resource`](Self::resource), and starts the way back. Answers with the
    /// oldest picture once the ring is full.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device is lost.
    pub fn submit(&mut self, context: &Context, mut encoder: CommandEncoder, tag: T) -> Result<Option<(T, CpuImage)>> {
        let done = if self.flights.len() == RING { self.land(context)? } else { None };
        let slot = self.next;
        self.next = (self.next + 1) % RING;
        encoder.copy_buffer_to_buffer(&self.packed, 0, &self.slots[slot], 0, self.layout.bytes as u64);
        let submission = context.queue.submit([encoder.finish()]);
        let (tell, mapped) = sync_channel(1);
        self.slots[slot].map_async(MapMode::Read, .., move |result| {
            // The receiver is gone where the run was given up.
            let _ = tell.send(result);
        });
        self.flights.push_back(Flight { tag, slot, submission, mapped });
        Ok(done)
    }

    /// The oldest picture on its way; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device is lost.
    pub fn land(&mut self, context: &Context) -> Result<Option<(T, CpuImage)>> {
        let Some(flight) = self.flights.pop_front() else { return Ok(None) };
        let wait = PollType::Wait { submission_index: Some(flight.submission), timeout: None };
        context.device.poll(wait).map_err(Error::gpu)?;
        flight.mapped.recv().map_err(Error::gpu)?.map_err(Error::gpu)?;
        let slot = &self.slots[flight.slot];
        let bytes = slot.get_mapped_range(..).map_err(Error::gpu)?.to_vec();
        slot.unmap();
        let Layout { format, size, strides, start, .. } = self.layout;
        let planes = Arc::new(Packed { bytes, start });
        Ok(Some((flight.tag, CpuImage { size, format, color: self.color, strides, planes })))
    }
}

/// All planes in one vector.
struct Packed {
    bytes: Vec<u8>,
    start: [usize; 3],
}

impl Planes for Packed {
    fn plane(&self, plane: usize) -> &[u8] {
        &self.bytes[self.start[plane]..]
    }
}
