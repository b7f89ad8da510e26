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
    /// When the picture is shown: more than one where it is shown again.
    stamps: Vec<Stamp>,
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
    /// Pictures that were read and not taken yet.
    ready: VecDeque<(Stamp, CpuImage)>,
    /// The picture last read.
    last: Option<CpuImage>,
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
        Self { layout, color, free, pending: VecDeque::with_capacity(DEPTH), ready: VecDeque::new(), last: None }
    }

    /// Whether [`push`](Self::push) must wait for the oldest picture first.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    /// Whether a picture can be taken without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Submits `encoder` followed by a copy of `from`. Where the ring is full, waits for the oldest picture and keeps it
    /// until it is taken.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device failed.
    pub fn push(
        &mut self,
        context: &Context,
        mut encoder: wgpu::CommandEncoder,
        from: &wgpu::Buffer,
        stamp: Stamp,
    ) -> Result<()> {
        if self.is_full() {
            self.fetch(context)?;
        }
        let buffer = self.free.pop().ok_or_else(|| Error::gpu("no readback buffer is free"))?;
        encoder.copy_buffer_to_buffer(from, 0, &buffer, 0, u64::from(self.layout.bytes));
        let submission = context.submit(encoder);
        let (sender, mapped) = channel();
        // The receiver may be gone at shutdown: then nobody wants the answer.
        buffer.map_async(wgpu::MapMode::Read, .., move |result| drop(sender.send(result)));
        self.pending.push_back(Pending { stamps: vec![stamp], buffer, submission, mapped });
        Ok(())
    }

    /// Shows the picture pushed last once more.
    ///
    /// # Errors
    /// [`Error::Gpu`] where none was pushed.
    pub fn push_again(&mut self, stamp: Stamp) -> Result<()> {
        match (self.pending.back_mut(), &self.last) {
            (Some(pending), _) => pending.stamps.push(stamp),
            (None, Some(last)) => self.ready.push_back((stamp, last.clone())),
            (None, None) => return Err(Error::gpu("there is no picture to show again")),
        }
        Ok(())
    }

    /// The oldest picture, once it is done; `None` where none is under way.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device failed.
    pub fn take(&mut self, context: &Context) -> Result<Option<(Stamp, CpuImage)>> {
        if self.ready.is_empty() {
            self.fetch(context)?;
        }
        Ok(self.ready.pop_front())
    }

    /// Waits for the oldest picture on its way, if any, and keeps it.
    fn fetch(&mut self, context: &Context) -> Result<()> {
        let Some(Pending { stamps, buffer, submission, mapped }) = self.pending.pop_front() else {
            return Ok(());
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
            alpha: None,
        };
        self.ready.extend(stamps.into_iter().map(|stamp| (stamp, image.clone())));
        self.last = Some(image);
        Ok(())
    }
}

impl std::fmt::Debug for Readback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readback({} under way)", self.pending.len())
    }
}
