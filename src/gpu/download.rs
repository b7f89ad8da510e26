//! Encoder planes on their way down: a ring of buffers, so that one is read while the next is drawn.

use super::{Context, Layout};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Planes, Stamp};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// Pictures that may be on the GPU at once. Two hide the latency of drawing behind that of the network.
const DEPTH: usize = 2;

struct Pending {
    stamp: Stamp,
    buffer: wgpu::Buffer,
    submission: wgpu::SubmissionIndex,
    mapped: Receiver<Result<(), wgpu::BufferAsyncError>>,
}

/// Copies finished pictures to host memory without making the next one wait.
pub struct Readback {
    layout: Layout,
    color: ColorInfo,
    free: Vec<wgpu::Buffer>,
    pending: VecDeque<Pending>,
}

struct Packed {
    bytes: Vec<u8>,
    starts: [usize; 3],
}

impl Planes for Packed {
    fn plane(&self, plane: usize) -> &[u8] {
        &self.bytes[self.starts[plane]..]
    }
}

impl Readback {
    /// For pictures of `layout`, whose colour is `color`.
    #[must_use]
    pub fn new(context: &Context, layout: Layout, color: ColorInfo) -> Self {
        let buffer = || {
            context.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("readback"),
                size: layout.bytes.into(),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let free = std::iter::repeat_with(buffer).take(DEPTH).collect();
        Self { layout, color, free, pending: VecDeque::with_capacity(DEPTH) }
    }

    /// Whether a picture must be taken before the next is pushed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    /// Submits `encoder` followed by a copy of `from`. The ring must not be full.
    ///
    /// # Errors
    /// [`Error::Gpu`] where it is.
    pub fn push(
        &mut self,
        context: &Context,
        mut encoder: wgpu::CommandEncoder,
        from: &wgpu::Buffer,
        stamp: Stamp,
    ) -> Result<()> {
        let buffer = self.free.pop().ok_or_else(|| Error::gpu("no readback buffer is free"))?;
        encoder.copy_buffer_to_buffer(from, 0, &buffer, 0, u64::from(self.layout.bytes));
        let submission = context.submit(encoder);
        let (sender, mapped) = channel();
        // The receiver may be gone at shutdown: then nobody wants the answer.
        buffer.map_async(wgpu::MapMode::Read, .., move |result| drop(sender.send(result)));
        self.pending.push_back(Pending { stamp, buffer, submission, mapped });
        Ok(())
    }

    /// The oldest picture, once it is done; `None` where none is under way.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device failed.
    pub fn take(&mut self, context: &Context) -> Result<Option<(Stamp, CpuImage)>> {
        let Some(Pending { stamp, buffer, submission, mapped }) = self.pending.pop_front() else {
            return Ok(None);
        };
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: None };
        context.device.poll(wait).map_err(|e| Error::gpu(format!("waiting for a picture: {e}")))?;
        context.check()?;
        match mapped.recv() {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(Error::gpu(format!("reading a picture back: {e}"))),
            Err(e) => return Err(Error::gpu(format!("reading a picture back: {e}"))),
        }
        let bytes = {
            let view = buffer.get_mapped_range(..).map_err(|e| Error::gpu(format!("reading a picture back: {e}")))?;
            view.to_vec()
        };
        buffer.unmap();
        self.free.push(buffer);
        let Layout { size, format, planes, .. } = self.layout;
        let image = CpuImage {
            size,
            format,
            color: self.color,
            strides: planes.map(|p| p.pitch as usize),
            planes: Arc::new(Packed { bytes, starts: planes.map(|p| p.offset as usize) }),
        };
        Ok(Some((stamp, image)))
    }
}

impl std::fmt::Debug for Readback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readback({} under way)", self.pending.len())
    }
}
