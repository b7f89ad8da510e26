//! Sources that run in real time and may come and go. Used on the capture thread of a live run.
//!
//! A live source is no [`FrameSource`](crate::stage::FrameSource): a camera can be away for a while, which is neither a
//! frame, nor an end, nor a failure of the run. Frames are stamped with the moment of their capture on the run's
//! [`Clock`]; `Stamp::index` counts what the source produced, so a gap means frames that never got here.

pub mod camera;
mod playback;

pub use playback::Playback;

use crate::error::Result;
use crate::frame::{CpuImage, Frame, StreamInfo};
use std::time::Duration;

/// What a live source has to say.
#[derive(Clone, Debug)]
pub enum Event {
    /// It works, and frames look like this until it says otherwise.
    Opened(Opened),
    /// A frame.
    Frame(Frame<CpuImage>),
    /// Nothing within the time given.
    Quiet,
    /// It is gone, for this reason; it is looked for from now on.
    Lost(String),
}

/// A source that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What frames look like; ticks are those of [`Clock::UNIT`](crate::frame::Clock::UNIT).
    pub info: StreamInfo,
    /// The camera's name, or what stands in for one.
    pub name: String,
    /// What it delivers, for people: `1280x720 MJPEG at 30 fps`.
    pub mode: String,
}

/// A camera, or what stands in for one.
pub trait LiveSource: Send {
    /// What happens next, within `timeout`. May be asked again after every answer.
    ///
    /// # Errors
    /// What no waiting mends: a file that cannot be read any more.
    fn next(&mut self, timeout: Duration) -> Result<Event>;
    /// Gives the device up, for nobody watches; the next [`LiveSource::next`] opens it again.
    fn rest(&mut self);
}
