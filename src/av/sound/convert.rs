//! Decoded sound into what an encoder takes: `abuffer`, `aresample`, `aformat` and `abuffersink` of libavfilter. Whoever sends
//! frames knows their times; here they follow one another without a gap.

use super::layout::Shape;
use crate::av::AvError;
use crate::av::filter::Filters;
use crate::av::picture::AvFrame;

/// The filters, set up for frames of one shape.
pub(super) struct Converter {
    filters: Filters,
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
        let (format, layout, rate) = (to.format_name(), to.layout.name(), to.rate);
        let filters =
            format!("aresample={rate},aformat=sample_fmts={format}:sample_rates={rate}:channel_layouts={layout}");
        let filters = Filters::new(["abuffer", "abuffersink"], &facts, &filters, 1)?;
        Ok(Self { filters, from, sent: 0 })
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
        let pts = self.sent;
        // SAFETY: a plain field of a live frame.
        self.sent += frame.as_ref().map_or(0, |frame| i64::from(unsafe { (*frame.raw()).nb_samples }));
        self.filters.send(frame, pts)
    }

    /// What is ready.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn receive(&mut self) -> Result<Option<AvFrame>, AvError> {
        self.filters.receive()
    }
}
