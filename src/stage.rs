//! The contract between the threads of a run: three traits and their rules; and [`Draw`], the heart of the second thread.
//!
//! 1. Frames are pushed in presentation order and leave in presentation order.
//! 2. A filter answers a push with at most one frame, usually an older one; what is done besides is asked for with `more`,
//!    after every push and before the next or `drain`.
//!    A filter may pass frames on that have passed before, to warm up what remembers behind it: they are not written again.
//! 3. The end of the stream is a value (`Ok(None)`), never an error.
//! 4. After the last push, `drain` is called until it answers `None`. A live run drains the shaders after every push, since
//!    a picture that is held back is late.
//! 5. An error ends the run. It is returned once and logged nowhere else.
//! 6. No stage changes a [`Stamp`](crate::frame::Stamp), except one whose job is time (`--fps`).
//! 7. All that can fail for a reason known in advance fails at construction.

use crate::config::Settings;
use crate::error::Result;
use crate::frame::{CpuImage, Drawing, Frame, SmallRgb, StreamInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether a film ends before its source does: what a sink must know before it takes what it has for the whole. Either the
/// run was stopped, or this film's source failed; other films of the run have their own.
#[derive(Clone, Debug, Default)]
pub struct CutShort {
    stopped: Arc<AtomicBool>,
    failed: Arc<AtomicBool>,
}

impl CutShort {
    /// Of a film in a run that `stopped` ends.
    #[must_use]
    pub fn by(stopped: Arc<AtomicBool>) -> Self {
        Self { stopped, failed: Arc::default() }
    }

    /// The film's source failed.
    pub fn fail(&self) {
        self.failed.store(true, Relaxed);
    }

    /// Whether the film was cut short by now.
    #[must_use]
    pub fn is(&self) -> bool {
        self.stopped.load(Relaxed) || self.failed.load(Relaxed)
    }
}

/// Where frames come from. `Ok(None)` is the end, and stays the end.
pub trait FrameSource: Send {
    /// What is known before the first frame.
    fn info(&self) -> &StreamInfo;
    /// The next frame in presentation order.
    ///
    /// # Errors
    /// [`Error::Read`](crate::error::Error::Read) where the input is damaged beyond this point.
    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>>;
    /// Goes to the frame that is shown at `pts`, which comes next and has number `index`, without decoding all that is
    /// before it. `false` where that cannot be done, or there is none; the source is of no more use then. What comes may
    /// still differ from what decoding from the beginning gives, in a damaged file, say: compare it.
    ///
    /// # Errors
    /// As `next_frame`.
    fn seek(&mut self, index: u64, pts: i64) -> Result<bool> {
        let _ = (index, pts);
        Ok(false)
    }
}

/// Turns frames into frames: may hold some back, must give them up when drained.
pub trait FrameFilter: Send {
    /// Payload that comes in.
    type In: Send;
    /// Payload that goes out.
    type Out: Send;
    /// Takes one frame; answers with one that is done, if any.
    ///
    /// # Errors
    /// Whatever makes going on impossible.
    fn push(&mut self, frame: Frame<Self::In>) -> Result<Option<Frame<Self::Out>>>;
    /// Called after each push until it answers `None`; what it then has not answered with comes of later pushes or of
    /// `drain`. A filter around another one asks that one.
    ///
    /// # Errors
    /// As `push`.
    fn more(&mut self) -> Result<Option<Frame<Self::Out>>> {
        Ok(None)
    }
    /// Called until it answers `None`, after the last `push`.
    ///
    /// # Errors
    /// As `push`.
    fn drain(&mut self) -> Result<Option<Frame<Self::Out>>>;
    /// Takes other settings, from the next push on. `false` where that needs a filter built anew; this one then goes on
    /// with the settings it has.
    ///
    /// # Errors
    /// As `push`.
    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        let _ = settings;
        Ok(false)
    }
}

/// Redraws small photos: the generator, or what stands in for it. Knows one picture at a time, so that the same photo
/// gives the same drawing wherever in a film it stands.
pub trait Draw: Send {
    /// A drawing of the size of `photo`, whose sides are multiples of 8.
    ///
    /// # Errors
    /// [`Error::Network`](crate::error::Error::Network).
    fn draw(&mut self, photo: &SmallRgb) -> Result<Drawing>;
    /// As [`FrameFilter::retune`].
    ///
    /// # Errors
    /// As `draw`.
    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        let _ = settings;
        Ok(false)
    }
}

/// Where frames go. Takes itself at the end, so that a trailer is written once or its failure reported.
pub trait FrameSink: Send {
    /// Takes one frame.
    ///
    /// # Errors
    /// [`Error::Write`](crate::error::Error::Write) where the disk is full, the encoder fails, …
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()>;
    /// Flushes everything and closes.
    ///
    /// # Errors
    /// As `write`.
    fn finish(self: Box<Self>) -> Result<()>;
}
