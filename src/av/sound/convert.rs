//! Decoded sound into what an encoder takes: `abuffer`, `aresample`, `aformat` and `abuffersink` of libavfilter. Whoever sends
//! frames knows their times; here they follow one another without a gap.

use super::layout::Shape;
use crate::av::AvError;
use crate::av::picture::AvFrame;
use ffmpeg_next::ffi;
use ffmpeg_next::filter::{self, Graph};
use std::mem::ManuallyDrop;

const IN: &str = "in";
const OUT: &str = "out";

/// The filters, set up for frames of one shape.
pub(super) struct Converter {
    graph: Graph,
    from: Shape,
    sent: i64,
}

impl Converter {
    /// Turns `from` into `to`.
    ///
    /// # Errors
    /// FFmpeg does not know how these channels become those; this one is built without the filters.
    pub(super) fn new(from: Shape, to: &Shape) -> Result<Self, AvError> {
        let (format, layout, rate) = (from.format_name(), from.layout.name(), from.rate);
        let facts = format!("time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:channel_layout={layout}");
        let mut graph = Graph::new();
        // SAFETY: a fresh graph, exclusively owned; the number is read when it is configured.
        unsafe { (*graph.as_mut_ptr()).nb_threads = 1 };
        let find = |name| filter::find(name).ok_or(AvError::FilterNotFound);
        graph.add(&find("abuffer")?, IN, &facts)?;
        graph.add(&find("abuffersink")?, OUT, "")?;
        let (format, layout, rate) = (to.format_name(), to.layout.name(), to.rate);
        let filters =
            format!("aresample={rate},aformat=sample_fmts={format}:sample_rates={rate}:channel_layouts={layout}");
        graph.output(IN, 0)?.input(OUT, 0)?.parse(&filters)?;
        graph.validate()?;
        Ok(Self { graph, from, sent: 0 })
    }

    /// Whether it takes frames of that shape.
    pub(super) fn fits(&self, shape: &Shape) -> bool {
        self.from.is(shape)
    }

    /// Takes the next frame, or the end.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn send(&mut self, frame: Option<AvFrame>) -> Result<(), AvError> {
        let mut input = self.graph.get(IN).ok_or(AvError::Bug)?;
        let Some(mut frame) = frame else { return input.source().flush() };
        frame.set_pts(self.sent);
        // SAFETY: a plain field of a live frame.
        self.sent += i64::from(unsafe { (*frame.raw()).nb_samples });
        // The wrapper must not free what it wraps; the filter takes what is in it.
        // SAFETY: a live frame that outlives the wrapper and is exclusively owned.
        let wrapped = ManuallyDrop::new(unsafe { ffmpeg_next::Frame::wrap(frame.raw_mut()) });
        input.source().add(&wrapped)
    }

    /// What is ready.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn receive(&mut self) -> Result<Option<AvFrame>, AvError> {
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
