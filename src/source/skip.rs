//! A source without its first frames, which were drawn by a run before, or are by another; and, where that is asked for,
//! without its last ones.
//!
//! They are decoded and forgotten, so every later frame is, with its stamp, the one it was then, whatever the file's index
//! or its damage; and decoding is by far the lightest stage. Where many begin in the midst of one film that adds up: then
//! they are leapt over, if the first frame that is wanted turns out to be the one that was expected.

use crate::error::Result;
use crate::frame::{CpuImage, Frame, Mark, StreamInfo};
use crate::stage::{CutShort, FrameSource};

/// See the module.
pub struct Skip {
    source: Box<dyn FrameSource>,
    left: u64,
    /// The first frame, where it was leapt to.
    ahead: Option<Frame<CpuImage>>,
    /// Frames that are still wanted.
    wanted: u64,
    cut_short: CutShort,
}

impl Skip {
    /// `source` without its first `frames`; ends early where it is `cut_short` meanwhile, and says so where `source` fails.
    #[must_use]
    pub fn new(source: Box<dyn FrameSource>, frames: u64, cut_short: CutShort) -> Self {
        Self { source, left: frames, ahead: None, wanted: u64::MAX, cut_short }
    }

    /// `source` from the frame of `mark` on, which is leapt to; nothing where that cannot be done, or another frame is
    /// found: then the frames before it have to be decoded, from a source that is opened anew.
    ///
    /// # Errors
    /// As [`FrameSource::next_frame`].
    pub fn leap(mut source: Box<dyn FrameSource>, mark: &Mark, cut_short: CutShort) -> Result<Option<Self>> {
        if !source.seek(mark.index, mark.pts)? {
            return Ok(None);
        }
        let ahead = source.next_frame()?.filter(|frame| Mark::of(frame) == *mark);
        Ok(ahead.is_some().then(|| Self { ahead, ..Self::new(source, 0, cut_short) }))
    }

    /// Ends after `frames`, too.
    #[must_use]
    pub fn only(self, frames: u64) -> Self {
        Self { wanted: frames, ..self }
    }
}

impl FrameSource for Skip {
    fn info(&self) -> &StreamInfo {
        self.source.info()
    }

    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        while self.left > 0 {
            self.left -= 1;
            if self.cut_short.is() || self.read()?.is_none() {
                return Ok(None);
            }
        }
        if self.wanted == 0 {
            return Ok(None);
        }
        self.wanted -= 1;
        match self.ahead.take() {
            Some(frame) => Ok(Some(frame)),
            None => self.read(),
        }
    }
}

impl Skip {
    /// What cannot be read is not the end: `cut_short` says so to whoever would take what came before for the whole.
    fn read(&mut self) -> Result<Option<Frame<CpuImage>>> {
        self.source.next_frame().inspect_err(|_| self.cut_short.fail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::frame::{Rational, Size};
    use crate::source::Pattern;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn skipped(skip: u64, stop: bool) -> Vec<u64> {
        let pattern = Pattern::new(Size::new(16, 16), Rational::new(25, 1), 5);
        let mut source = Skip::new(Box::new(pattern), skip, CutShort::by(Arc::new(AtomicBool::new(stop))));
        std::iter::from_fn(|| source.next_frame().unwrap()).map(|frame| frame.stamp.index).collect()
    }

    #[test]
    fn frames_keep_their_numbers() {
        assert_eq!(skipped(3, false), [3, 4]);
        assert_eq!(skipped(0, false).len(), 5);
        assert!(skipped(9, false).is_empty());
        assert!(skipped(3, true).is_empty());
        let pattern = Pattern::new(Size::new(16, 16), Rational::new(25, 1), 9);
        let mut part = Skip::new(Box::new(pattern), 3, CutShort::default()).only(2);
        let part: Vec<u64> = std::iter::from_fn(|| part.next_frame().unwrap()).map(|frame| frame.stamp.index).collect();
        assert_eq!(part, [3, 4]);
    }

    #[test]
    fn a_failure_is_not_taken_for_the_end() {
        struct Broken(Pattern);
        impl FrameSource for Broken {
            fn info(&self) -> &StreamInfo {
                self.0.info()
            }
            fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
                Err(Error::Read { path: "film".into(), frames: 3, source: "no disk".into() })
            }
        }
        for skip in [0, 2] {
            let stopped = Arc::new(AtomicBool::new(false));
            let (film, other) = (CutShort::by(Arc::clone(&stopped)), CutShort::by(Arc::clone(&stopped)));
            let pattern = Pattern::new(Size::new(16, 16), Rational::new(25, 1), 5);
            let mut source = Skip::new(Box::new(Broken(pattern)), skip, film.clone());
            assert!(source.next_frame().is_err());
            assert!(film.is() && !other.is() && !stopped.load(Ordering::Relaxed));
            stopped.store(true, Ordering::Relaxed);
            assert!(other.is());
        }
    }
}
