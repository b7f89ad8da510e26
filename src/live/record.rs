//! Recording: the pipeline's file encoder as an output.

use super::output::Output;
use crate::error::{Error, Result};
use crate::frame::{Clock, CpuImage, Frame, Rational, Stamp, StreamInfo};
use crate::sink::{self, SinkOptions};
use crate::stage::FrameSink;
use std::path::{Path, PathBuf};

/// Unit of a recording's timestamps: MPEG's.
const UNIT: Rational = Rational::new(1, 90_000);

/// Why there is no recording.
pub const NO_PICTURE: &str = "it was over before there was a picture";

/// How many pictures may wait for the encoder, which is fast enough on the whole.
pub(super) const DEPTH: usize = 16;

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// Pictures in it.
    pub frames: u64,
    /// Pictures the encoder was too slow for.
    pub dropped: u64,
}

/// An output that writes a video file. Nothing is written before the first picture, nothing twice.
pub(super) fn output(path: &Path, options: SinkOptions) -> Output {
    let file = path.to_owned();
    Output {
        name: path.display().to_string(),
        audience: None,
        open: Box::new(move |info| {
            let info = StreamInfo { time_base: UNIT, live: false, ..info.clone() };
            let output = sink::create(&file, &info, &options)?;
            let (sink, times) = (Some(output.sink), Times::default());
            Ok(Box::new(Recorder { path: file, sink, times, waiting: None }))
        }),
    }
}

struct Recorder {
    path: PathBuf,
    sink: Option<Box<dyn FrameSink>>,
    times: Times,
    /// A picture is written when its end is known, which is the next one's beginning.
    waiting: Option<Frame<CpuImage>>,
}

/// Capture times as a recording's: from zero, and always onwards.
#[derive(Default)]
struct Times {
    /// The first picture's, in the clock's ticks.
    first: Option<i64>,
    last: i64,
}

impl Times {
    /// In the recording's ticks; `None` for a picture that is shown again.
    fn place(&mut self, captured: i64) -> Option<i64> {
        let Some(first) = self.first else {
            self.first = Some(captured);
            return Some(0);
        };
        let at = Clock::UNIT.rescale(captured - first, UNIT);
        let later = at > self.last;
        self.last = self.last.max(at);
        later.then_some(at)
    }
}

impl Recorder {
    fn pass_on(&mut self, end: Option<i64>) -> Result<()> {
        let (Some(mut frame), Some(sink)) = (self.waiting.take(), &mut self.sink) else { return Ok(()) };
        if let Some(end) = end {
            frame.stamp.duration = end - frame.stamp.pts;
        }
        sink.write(frame)
    }
}

impl FrameSink for Recorder {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        let Some(pts) = self.times.place(frame.stamp.pts) else { return Ok(()) };
        self.pass_on(Some(pts))?;
        let usual = Clock::UNIT.rescale(frame.stamp.duration, UNIT).max(1);
        let stamp = Stamp { index: frame.stamp.index, pts, duration: usual };
        self.waiting = Some(Frame { stamp, image: frame.image });
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if self.waiting.is_none() {
            // Dropped unfinished, the sink leaves no file.
            return Err(Error::Recording { path: self.path, reason: NO_PICTURE });
        }
        self.pass_on(None)?;
        self.sink.take().map_or(Ok(()), |sink| sink.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorInfo, PixelFormat};

    #[test]
    fn without_a_picture_there_is_no_recording() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.mp4");
        let info = StreamInfo::new(crate::frame::Size::new(64, 48), PixelFormat::I420, ColorInfo::BT709);
        let sink = (output(&path, SinkOptions::default()).open)(&info).unwrap();
        let error = sink.finish().unwrap_err();
        assert!(matches!(error, Error::Recording { .. }) && error.hint().is_some(), "{error}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_recording_begins_at_zero_and_never_goes_back() {
        let mut times = Times::default();
        let places: Vec<_> =
            [5_000_000, 5_000_000, 5_033_333, 5_020_000, 5_066_667, 6_000_000].map(|t| times.place(t)).into();
        assert_eq!(places, [Some(0), None, Some(3000), None, Some(6000), Some(90_000)]);
    }
}
