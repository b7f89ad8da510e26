//! Interlaced frames, whose two fields were taken one after the other, into pictures of one moment each: the filter `bwdif`
//! of libavfilter (Weston's three-field interpolation, guarded by yadif's motion check).
//!
//! A picture needs the frame before and the one after, so each answer is a frame late. Frames that are not interlaced may
//! come between: they go through as they are, or are split like the others, as asked.

use super::AvError;
use super::filter::Filters;
use super::picture::AvFrame;
use super::pixel::AvFormat;
use crate::frame::{Rational, Size};

/// What becomes of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Frames that do not say that they are interlaced are taken for such, too.
    pub all: bool,
    /// Both fields become a picture, not the first alone.
    pub both: bool,
}

/// The filter, set up for frames of one kind.
pub struct Deinterlacer {
    filters: Filters,
    size: Size,
    format: AvFormat,
    sent: i64,
}

impl Deinterlacer {
    /// For frames like `frame`, on `threads` threads.
    ///
    /// # Errors
    /// This FFmpeg is built without the filter, or it does not take such frames.
    pub fn new(frame: &AvFrame, manner: Manner, threads: usize) -> Result<Self, AvError> {
        let (size, format) = (frame.size(), frame.format());
        let aspect = frame.sample_aspect().unwrap_or(Rational::new(1, 1));
        // Only the order of frames counts here; whoever sends them knows their times.
        let facts = format!(
            "video_size={}x{}:pix_fmt={}:time_base=1/1:pixel_aspect={}/{}",
            size.width, size.height, format.0, aspect.num, aspect.den
        );
        let mode = if manner.both { "send_field" } else { "send_frame" };
        let which = if manner.all { "all" } else { "interlaced" };
        let filter = format!("bwdif=mode={mode}:parity=auto:deint={which}");
        let filters = Filters::new(["buffer", "buffersink"], &facts, &filter, threads)?;
        Ok(Self { filters, size, format, sent: 0 })
    }

    /// Whether it takes `frame`: not one of another size or format than the first.
    #[must_use]
    pub fn fits(&self, frame: &AvFrame) -> bool {
        (frame.size(), frame.format()) == (self.size, self.format)
    }

    /// Takes the next frame, or the end.
    ///
    /// # Errors
    /// Out of memory.
    pub fn send(&mut self, frame: Option<AvFrame>) -> Result<(), AvError> {
        let pts = self.sent;
        self.sent += 1;
        self.filters.send(frame, pts)
    }

    /// The next picture, where one is ready: of every frame one, or two for both fields. Their times and durations mean
    /// nothing.
    ///
    /// # Errors
    /// Out of memory.
    pub fn receive(&mut self) -> Result<Option<AvFrame>, AvError> {
        self.filters.receive()
    }
}
