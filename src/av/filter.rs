//! Filters of libavfilter in a row, with frames going in at one end and coming out at the other.

use super::AvError;
use super::picture::AvFrame;
use ffmpeg_next::ffi;
use ffmpeg_next::filter::{self, Graph};
use std::mem::ManuallyDrop;

const IN: &str = "in";
const OUT: &str = "out";

/// See the module.
pub(super) struct Filters(Graph);

impl Filters {
    /// `ends` are the filters that frames go in by, of which `facts` says what they are, and come out of; `between` is what
    /// lies between, as FFmpeg's command line has it. On `threads` threads.
    ///
    /// # Errors
    /// This FFmpeg is built without one of them, or they do not take such frames.
    pub(super) fn new(ends: [&str; 2], facts: &str, between: &str, threads: usize) -> Result<Self, AvError> {
        let mut graph = Graph::new();
        // SAFETY: a fresh graph, exclusively owned; the number is read when it is configured.
        unsafe { (*graph.as_mut_ptr()).nb_threads = i32::try_from(threads).unwrap_or(1) };
        let [input, output] = ends.map(|name| filter::find(name).ok_or(AvError::FilterNotFound));
        graph.add(&input?, IN, facts)?;
        graph.add(&output?, OUT, "")?;
        graph.output(IN, 0)?.input(OUT, 0)?.parse(between)?;
        graph.validate()?;
        Ok(Self(graph))
    }

    /// Takes the next frame, whose time is `pts` in the unit that the facts say, or the end.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn send(&mut self, frame: Option<AvFrame>, pts: i64) -> Result<(), AvError> {
        let mut input = self.0.get(IN).ok_or(AvError::Bug)?;
        let Some(mut frame) = frame else { return input.source().flush() };
        frame.set_pts(pts);
        // The wrapper must not free what it wraps; the filter takes what is in it.
        // SAFETY: a live frame that outlives the wrapper and is exclusively owned.
        let wrapped = ManuallyDrop::new(unsafe { ffmpeg_next::Frame::wrap(frame.raw_mut()) });
        input.source().add(&wrapped)
    }

    /// The next frame that is ready, if any.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn receive(&mut self) -> Result<Option<AvFrame>, AvError> {
        let mut output = self.0.get(OUT).ok_or(AvError::Bug)?;
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
