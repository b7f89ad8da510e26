//! A constant frame rate, in exact time (`--fps`).
//!
//! Output frame `k` is shown from `start + k / rate`, where `start` is the time of the first frame, and shows the newest
//! source frame that has appeared by then. Frames are repeated and left out as needed. The last frame keeps its end, to
//! the nearest output tick, so the film is as long as before.

use crate::error::Result;
use crate::frame::{CpuImage, Frame, Rational, Stamp, StreamInfo};
use crate::stage::FrameSource;
use std::cmp::Ordering;

/// A source at a constant rate.
pub struct Retime {
    source: Box<dyn FrameSource>,
    info: StreamInfo,
    /// Unit of the source's timestamps.
    from: Rational,
    /// One output frame in seconds.
    step: Rational,
    current: Option<Frame<CpuImage>>,
    next: Option<Frame<CpuImage>>,
    begun: bool,
    /// Time of the first source frame, in its ticks.
    origin: i64,
    made: i64,
}

impl Retime {
    /// Shows `source` at `rate` frames a second.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) where the rate is not positive.
    pub fn new(source: Box<dyn FrameSource>, rate: Rational) -> Result<Self> {
        if rate.num <= 0 || rate.den <= 0 {
            return Err(crate::error::Error::setting("fps", format!("{}/{} is not a rate", rate.num, rate.den)));
        }
        let step = rate.inverse();
        let mut info = source.info().clone();
        let from = info.time_base;
        let frames =
            |count: u64, old: Rational| u64::try_from(old.inverse().rescale(i64::try_from(count).ok()?, step)).ok();
        info.frame_count = info.frame_count.zip(info.frame_rate).and_then(|(count, old)| frames(count, old));
        info.time_base = step;
        info.frame_rate = Some(rate);
        Ok(Self { source, info, from, step, current: None, next: None, begun: false, origin: 0, made: 0 })
    }

    /// Whether the source's time `pts` has come when output frame `k` is shown.
    fn shown_by(&self, pts: i64, k: i64) -> bool {
        self.from.compare(pts - self.origin, self.step, k) != Ordering::Greater
    }
}

impl FrameSource for Retime {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        if !self.begun {
            self.begun = true;
            self.current = self.source.next_frame()?;
            self.next = self.source.next_frame()?;
            self.origin = self.current.as_ref().map_or(0, |f| f.stamp.pts);
        }
        while self.next.as_ref().is_some_and(|next| self.shown_by(next.stamp.pts, self.made)) {
            self.current = self.next.take();
            self.next = self.source.next_frame()?;
        }
        let Some(current) = &self.current else { return Ok(None) };
        if self.next.is_none() {
            // The last frame: until its end, but at least once for a film of one frame.
            let end = current.stamp.pts + current.stamp.duration - self.origin;
            let count = self.from.rescale(end, self.step).max(1);
            if self.made >= count {
                self.current = None;
                return Ok(None);
            }
        }
        let first = self.from.rescale(self.origin, self.step);
        let index = u64::try_from(self.made).unwrap_or(0);
        let stamp = Stamp { index, pts: first + self.made, duration: 1 };
        self.made += 1;
        Ok(Some(Frame { stamp, image: current.image.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorInfo, PixelFormat, Size};

    struct List(Vec<Stamp>, StreamInfo);

    impl FrameSource for List {
        fn info(&self) -> &StreamInfo {
            &self.1
        }
        fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
            if self.0.is_empty() {
                return Ok(None);
            }
            let stamp = self.0.remove(0);
            let (size, format) = (self.1.size, self.1.format);
            let image = CpuImage::from_planes(size, format, ColorInfo::BT709, vec![vec![stamp.index as u8]]);
            Ok(Some(Frame { stamp, image }))
        }
    }

    fn retime(stamps: &[(i64, i64)], unit: Rational, rate: Rational) -> Vec<(i64, u8)> {
        let info = StreamInfo {
            time_base: unit,
            ..StreamInfo::new(Size::new(1, 1), PixelFormat::Gray { bits: 8 }, ColorInfo::BT709)
        };
        let stamps = stamps.iter().enumerate();
        let stamps = stamps.map(|(i, (pts, duration))| Stamp { index: i as u64, pts: *pts, duration: *duration });
        let mut source = Retime::new(Box::new(List(stamps.collect(), info)), rate).expect("a rate");
        let mut out = Vec::new();
        while let Some(frame) = source.next_frame().expect("a frame") {
            assert_eq!((frame.stamp.index, frame.stamp.duration), (out.len() as u64, 1));
            out.push((frame.stamp.pts, frame.image.row(0, 0)[0]));
        }
        out
    }

    #[test]
    fn half_the_rate_takes_every_second_frame() {
        let stamps: Vec<_> = (0..6).map(|i| (i * 1001, 1001)).collect();
        let out = retime(&stamps, Rational::new(1, 30000), Rational::new(15000, 1001));
        assert_eq!(out, [(0, 0), (1, 2), (2, 4)]);
    }

    #[test]
    fn a_gap_is_filled_with_the_frame_before_it() {
        let out = retime(&[(100, 40), (140, 40), (300, 40)], Rational::new(1, 1000), Rational::new(25, 1));
        let shown: Vec<_> = out.iter().map(|(_, frame)| *frame).collect();
        assert_eq!(shown, [0, 1, 1, 1, 1, 2]);
        assert_eq!(out[0].0, 3, "100 ms are 2.5 frames");
    }

    #[test]
    fn no_drift_over_an_hour() {
        let count = 3600 * 24;
        let stamps: Vec<_> = (0..count).map(|i| (i * 1001, 1001)).collect();
        let out = retime(&stamps, Rational::new(1, 24000), Rational::new(25, 1));
        // 86400 frames of 1001/24000 s are 3603.6 s, which are 90090 frames of 1/25 s.
        assert_eq!(out.len(), 90_090);
    }

    #[test]
    fn one_frame_stays_one_frame() {
        assert_eq!(retime(&[(0, 0)], Rational::new(1, 25), Rational::new(30, 1)), [(0, 0)]);
    }
}
