//! Samples that wait for enough of them to fill an encoder's frame.

use super::layout::Shape;
use crate::av::picture::AvFrame;
use crate::av::{AvError, allocated, check};
use ffmpeg_next::ffi::{self, AVAudioFifo};
use std::ffi::c_void;

/// Samples of silence that are written at once.
const SILENCE: i32 = 4096;

/// First in, first out; numbered from whatever the first one is.
pub(super) struct Queue {
    fifo: *mut AVAudioFifo,
    /// Number of the next sample to come out, once there was one.
    next: i64,
    silence: AvFrame,
}

// SAFETY: the buffer is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for Queue {}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: allocated in `new`, freed here alone.
        unsafe { ffi::av_audio_fifo_free(self.fifo) }
    }
}

impl Queue {
    /// An empty one for samples of that shape.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn new(shape: &Shape) -> Result<Self, AvError> {
        let channels = shape.layout.channels();
        let mut silence = shape.frame(SILENCE)?;
        // SAFETY: a format of FFmpeg's; a frame with room for as many samples of it.
        unsafe {
            let fifo = allocated(ffi::av_audio_fifo_alloc(shape.format, channels, SILENCE))?;
            let queue = |silence| Self { fifo, next: 0, silence };
            let data = (*silence.raw_mut()).extended_data;
            let set = check(ffi::av_samples_set_silence(data, 0, SILENCE, channels, shape.format));
            let queue = queue(silence);
            set.map(|_| queue)
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> i32 {
        // SAFETY: a live buffer.
        unsafe { ffi::av_audio_fifo_size(self.fifo) }
    }

    /// Number of the sample after the last.
    pub(super) fn end(&self) -> i64 {
        self.next + i64::from(self.len())
    }

    /// What comes in next has this number. Only while it is empty.
    pub(super) fn begin(&mut self, number: i64) {
        self.next = number - i64::from(self.len());
    }

    /// Takes `count` samples of `frame` from number `first` of it on. The frame has that many.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn push(&mut self, frame: &AvFrame, first: usize, count: i32, shape: &Shape) -> Result<(), AvError> {
        let (planes, bytes) = shape.planes();
        // SAFETY: a live frame of that shape has as many planes, each with room for its samples; only reads.
        unsafe {
            let raw = frame.raw();
            debug_assert!(first as i64 + i64::from(count) <= i64::from((*raw).nb_samples));
            let at = |plane| (*(*raw).extended_data.add(plane)).add(first * bytes).cast::<c_void>();
            let mut data: Vec<*mut c_void> = (0..planes).map(at).collect();
            self.write(data.as_mut_ptr(), count)
        }
    }

    /// Takes at most `count` samples of silence; answers how many they were.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn push_silence(&mut self, count: i64) -> Result<i64, AvError> {
        let count = i32::try_from(count).unwrap_or(SILENCE).clamp(0, SILENCE);
        // SAFETY: a frame with room for that many, of the buffer's shape.
        unsafe { self.write((*self.silence.raw()).extended_data.cast(), count)? };
        Ok(count.into())
    }

    /// # Safety
    /// `data` lists the buffer's number of planes, with `count` samples each.
    unsafe fn write(&mut self, data: *mut *mut c_void, count: i32) -> Result<(), AvError> {
        // SAFETY: by the contract.
        check(unsafe { ffi::av_audio_fifo_write(self.fifo, data, count) }).map(drop)
    }

    /// A frame of `count` samples, of which there are as many, with the number of the first as its time.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn pop(&mut self, count: i32, shape: &Shape) -> Result<AvFrame, AvError> {
        let mut frame = shape.frame(count)?;
        // SAFETY: a frame with room for that many, of the buffer's shape.
        unsafe {
            check(ffi::av_audio_fifo_read(self.fifo, (*frame.raw_mut()).extended_data.cast(), count))?;
        }
        frame.set_pts(self.next);
        self.next += i64::from(count);
        Ok(frame)
    }
}
