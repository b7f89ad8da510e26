//! Where a film is divided into segments that can be drawn apart: decided on the network thread, which sees the cuts, and
//! asked for on the sink's.
//!
//! A segment ends at the first cut after so many frames, since nothing before a cut reaches into what follows. In a shot
//! that goes on for as many frames again there is none: it is divided in its midst. What follows begins as if a shot did,
//! a few frames earlier: those are drawn a second time, to warm up what remembers, and not written. A run that is not
//! disturbed does so, too, and so every run draws the same.

use crate::frame::{CpuImage, Frame};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Frames that what remembers is warmed up with. Of what was before them, calm remembers less than a fifth where nothing
/// moves, which is the mean of a noise, and nothing where something does.
pub const WARM_UP: u64 = 24;

/// The start of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Its first frame.
    pub first: u64,
    /// Frames before it that must be drawn, too: 0 where it starts with a shot.
    pub warm_up: u64,
}

/// Where segments begin. Clones share what is told.
#[derive(Clone, Debug, Default)]
pub struct Divisions(Arc<Mutex<VecDeque<Division>>>);

impl Divisions {
    /// In order, and before the frame is passed on.
    fn tell(&self, division: Division) {
        self.0.lock().push_back(division);
    }

    /// The segment that begins with frame `index`, if any. To be asked in order: what lies before is forgotten.
    #[must_use]
    pub fn at(&self, index: u64) -> Option<Division> {
        let mut told = self.0.lock();
        while told.front().is_some_and(|division| division.first < index) {
            told.pop_front();
        }
        told.front().copied().filter(|division| division.first == index)
    }
}

/// Divides a film, frame after frame.
#[derive(Debug)]
pub(super) struct Divide {
    /// Frames after which a segment ends with the next cut.
    limit: u64,
    /// The first frame of the first segment; those before it only warm up.
    first: u64,
    /// Frames of the segment so far.
    frames: u64,
    /// The last frames of the shot, where a division may come before the next [`WARM_UP`] are there.
    recent: VecDeque<Frame<CpuImage>>,
    told: Divisions,
}

impl Divide {
    pub(super) fn new(limit: u64, first: u64, told: Divisions) -> Self {
        Self { limit: limit.max(1), first, frames: 0, recent: VecDeque::new(), told }
    }

    /// Takes note of the next frame, and whether it starts a shot. Where the shot is to be divided before it, answers with
    /// the frames that must be drawn again, and then this one as the first of a shot.
    pub(super) fn pass(&mut self, frame: &Frame<CpuImage>, starts_shot: bool) -> Option<VecDeque<Frame<CpuImage>>> {
        let index = frame.stamp.index;
        if starts_shot {
            self.recent.clear();
        }
        let over = self.frames >= 2 * self.limit && index >= self.first;
        let again = (over && !starts_shot).then(|| self.recent.clone());
        if starts_shot && self.frames >= self.limit || over {
            let warm_up = again.as_ref().map_or(0, |again| again.len() as u64);
            self.told.tell(Division { first: index, warm_up });
            self.frames = 0;
        }
        self.frames += u64::from(index >= self.first);
        if self.frames + WARM_UP > 2 * self.limit || index < self.first {
            self.recent.push_back(frame.clone());
            if self.recent.len() as u64 > WARM_UP {
                self.recent.pop_front();
            }
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorInfo, PixelFormat, Size, Stamp};

    fn frame(index: u64) -> Frame<CpuImage> {
        let image = CpuImage::from_planes(Size::new(1, 1), PixelFormat::Rgba8, ColorInfo::SRGB, vec![vec![0; 4]]);
        Frame { stamp: Stamp { index, pts: index as i64, duration: 1 }, image }
    }

    /// Where frames `from..until` with these cuts are divided, and the first frame that is drawn again each time.
    fn divide(limit: u64, first: u64, frames: std::ops::Range<u64>, cuts: &[u64]) -> (Vec<Division>, Vec<u64>) {
        let told = Divisions::default();
        let mut divide = Divide::new(limit, first, told.clone());
        let (mut found, mut again) = (Vec::new(), Vec::new());
        for index in frames {
            let frames = divide.pass(&frame(index), cuts.contains(&index));
            again.extend(frames.and_then(|frames| frames.front().map(|frame| frame.stamp.index)));
            found.extend(told.at(index));
        }
        assert!(told.0.lock().len() <= 1);
        (found, again)
    }

    fn division(first: u64, warm_up: u64) -> Division {
        Division { first, warm_up }
    }

    #[test]
    fn segments_end_at_the_first_cut_after_the_limit() {
        let (found, again) = divide(10, 0, 0..60, &[0, 4, 9, 15, 20, 32, 41, 42, 55]);
        let firsts: Vec<u64> = found.iter().map(|division| division.first).collect();
        assert_eq!((firsts, again), (vec![15, 32, 42, 55], vec![]));
        assert!(found.iter().all(|division| division.warm_up == 0));
    }

    #[test]
    fn a_shot_without_an_end_is_divided_and_warmed_up() {
        let (found, again) = divide(50, 0, 0..270, &[0]);
        assert_eq!(found, [division(100, WARM_UP), division(200, WARM_UP)]);
        assert_eq!(again, [100 - WARM_UP, 200 - WARM_UP]);
        // Nothing from before a cut; a cut where the limit is.
        let (found, again) = divide(50, 0, 0..230, &[0, 40, 90, 190]);
        assert_eq!((found, again), (vec![division(90, 0), division(190, 0)], vec![]));
        let (found, again) = divide(5, 0, 0..30, &[0, 14]);
        assert_eq!(found, [division(10, 10), division(14 + 6, 6)]);
        assert_eq!(again, [0, 14]);
    }

    #[test]
    fn a_run_that_goes_on_divides_as_one_that_was_not_disturbed() {
        let cuts = [0, 90, 120, 400];
        let (whole, _) = divide(40, 0, 0..500, &cuts);
        for (i, division) in whole.iter().enumerate() {
            let from = division.first - division.warm_up;
            let cuts: Vec<u64> = cuts.iter().copied().filter(|cut| *cut > from).chain([from]).collect();
            assert_eq!(divide(40, division.first, from..500, &cuts).0, whole[i + 1..]);
        }
    }
}
