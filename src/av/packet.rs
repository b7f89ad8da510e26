//! Compressed data on its way between files and codecs.

use super::{AvError, NO_PTS, allocated, check};
use ffmpeg_next::ffi::{self, AVPacket};

/// Compressed data of one moment of one stream.
pub struct Packet(*mut AVPacket);

// SAFETY: the packet owns its references, which are counted atomically and belong to no thread.
unsafe impl Send for Packet {}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: allocated by `av_packet_alloc` in `new`, freed here alone.
        unsafe { ffi::av_packet_free(&mut self.0) }
    }
}

impl Packet {
    /// An empty packet.
    ///
    /// # Errors
    /// Out of memory.
    pub fn new() -> Result<Self, AvError> {
        // SAFETY: no preconditions.
        allocated(unsafe { ffi::av_packet_alloc() }).map(Self)
    }

    pub(crate) fn raw(&self) -> *const AVPacket {
        self.0
    }

    pub(crate) fn raw_mut(&mut self) -> *mut AVPacket {
        self.0
    }

    /// Gives the data up.
    pub fn clear(&mut self) {
        // SAFETY: a live packet, exclusively borrowed.
        unsafe { ffi::av_packet_unref(self.0) }
    }

    /// Puts a copy of `data` into it.
    ///
    /// # Errors
    /// Out of memory.
    pub fn fill(&mut self, data: &[u8]) -> Result<(), AvError> {
        self.clear();
        let size = i32::try_from(data.len()).map_err(|_| AvError::InvalidData)?;
        // SAFETY: an empty packet, which gets a buffer of `size` bytes and FFmpeg's padding.
        check(unsafe { ffi::av_new_packet(self.0, size) })?;
        // SAFETY: as much as was just allocated; nobody else has the packet.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), (*self.0).data, data.len()) };
        Ok(())
    }

    /// What is in it.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        // SAFETY: plain fields of a live packet.
        let (data, size) = unsafe { ((*self.0).data, usize::try_from((*self.0).size).unwrap_or(0)) };
        if data.is_null() {
            return &[];
        }
        // SAFETY: the packet's buffer has `size` bytes from `data` on, and is not written to while it is borrowed.
        unsafe { std::slice::from_raw_parts(data, size) }
    }

    /// Whether decoding can begin with it.
    #[must_use]
    pub fn is_key(&self) -> bool {
        // SAFETY: a plain field of a live packet.
        unsafe { (*self.0).flags & ffi::AV_PKT_FLAG_KEY as i32 != 0 }
    }

    /// The stream it belongs to.
    #[must_use]
    pub fn stream(&self) -> usize {
        // SAFETY: plain field of a live packet.
        usize::try_from(unsafe { (*self.0).stream_index }).unwrap_or(0)
    }

    /// Moves it to another stream.
    pub fn set_stream(&mut self, stream: usize) {
        // SAFETY: exclusively borrowed.
        unsafe { (*self.0).stream_index = stream as i32 }
    }

    /// Presentation time in the stream's ticks.
    #[must_use]
    pub fn pts(&self) -> Option<i64> {
        // SAFETY: plain field of a live packet.
        Some(unsafe { (*self.0).pts }).filter(|t| *t != NO_PTS)
    }

    /// Decoding time in the stream's ticks.
    #[must_use]
    pub fn dts(&self) -> Option<i64> {
        // SAFETY: plain field of a live packet.
        Some(unsafe { (*self.0).dts }).filter(|t| *t != NO_PTS)
    }

    /// In the stream's ticks, where known.
    #[must_use]
    pub fn duration(&self) -> Option<i64> {
        // SAFETY: plain field of a live packet.
        Some(unsafe { (*self.0).duration }).filter(|t| *t > 0)
    }

    /// Sets presentation time, decoding time and duration (0: unknown).
    pub fn set_times(&mut self, pts: Option<i64>, dts: Option<i64>, duration: i64) {
        // SAFETY: exclusively borrowed.
        unsafe {
            (*self.0).pts = pts.unwrap_or(NO_PTS);
            (*self.0).dts = dts.unwrap_or(NO_PTS);
            (*self.0).duration = duration;
        }
    }

    /// Bytes of data.
    #[must_use]
    pub fn size(&self) -> usize {
        // SAFETY: plain field of a live packet.
        usize::try_from(unsafe { (*self.0).size }).unwrap_or(0)
    }

    /// Part of it is missing in the file.
    #[must_use]
    pub fn damaged(&self) -> bool {
        // SAFETY: plain field of a live packet.
        unsafe { (*self.0).flags & ffi::AV_PKT_FLAG_CORRUPT as i32 != 0 }
    }
}
