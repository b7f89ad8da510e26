//! Interlaced frames, whose two fields were taken one after the other, into pictures of one moment each: the filter `bwdif`
//! of libavfilter (Weston's three-field interpolation, guarded by yadif's motion check).
//!
//! A picture needs the frame before and the one after, so each answer is a frame late. Frames that are not interlaced may
//! come between: they go through as they are, or are split like the others, as asked.

use super::AvError;
use super::picture::AvFrame;
use super::pixel::AvFormat;
use crate::frame::{Rational, Size};
use ffmpeg_next::ffi;
use ffmpeg_next::filter::{self, Graph};
use std::mem::ManuallyDrop;

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
    graph: Graph,
    size: Size,
    format: AvFormat,
    sent: i64,
}

const IN: &str = "in";
const OUT: &str = "out";

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
        let mut graph = Graph::new();
        // SAFETY: a fresh graph, exclusively owned; the number is read when it is configured.
        unsafe { (*graph.as_mut_ptr()).nb_threads = i32::try_from(threads).unwrap_or(1) };
        let find = |name| filter::find(name).ok_or(AvError::FilterNotFound);
        graph.add(&find("buffer")?, IN, &facts)?;
        graph.add(&find("buffersink")?, OUT, "")?;
        let mode = if manner.both { "send_field" } else { "send_frame" };
        let which = if manner.all { "all" } else { "interlaced" };
        let filter = format!("bwdif=mode={mode}:parity=auto:deint={which}");
        graph.output(IN, 0)?.input(OUT, 0)?.parse(&filter)?;
        graph.validate()?;
        Ok(Self { graph, size, format, sent: 0 })
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
        let mut input = self.graph.get(IN).ok_or(AvError::Bug)?;
        let Some(mut frame) = frame else { return input.source().flush() };
        frame.set_pts(self.sent);
        self.sent += 1;
        // The wrapper must not free what it wraps; the filter takes what is in it.
        // SAFETY: a live frame that outlives the wrapper and is exclusively owned.
        let wrapped = ManuallyDrop::new(unsafe { ffmpeg_next::Frame::wrap(frame.raw_mut()) });
        input.source().add(&wrapped)
    }

    /// The next picture, where one is ready: of every frame one, or two for both fields. Their times and durations mean
    /// nothing.
    ///
    /// # Errors
    /// Out of memory.
    pub fn receive(&mut self) -> Result<Option<AvFrame>, AvError> {
        let mut output = self.graph.get(OUT).ok_or(AvError::Bug)?;
        let mut frame = AvFrame::new()?;
        // SAFETY: as in `send`; it is empty.
        let mut wrapped = ManuallyDrop::new(unsafe { ffmpeg_next::Frame::wrap(frame.raw_mut()) });
        match output.sink().frame(&mut wrapped) {
            Ok(()) => Ok(Some(frame)),
            Err(AvError::Eof | AvError::Other { errno: ffi::EAGAIN }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
