//! Pictures at one distance, for codecs and containers that only count them: Theora, AVI, MXF, Y4M. Each is shown from the
//! place that is nearest to its time, up to that of the next one: pictures are encoded again, or left out, as needed, and none
//! is off by more than half a frame. A film of constant rate stays as it is.

use crate::frame::{Rational, Stamp};

/// The places that pictures have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Of the film's times, in seconds.
    pub unit: Rational,
    /// From place to place, in seconds.
    pub step: Rational,
    /// The first picture has the first place, whatever its time.
    pub from_zero: bool,
}

impl Grid {
    /// The place of a film's first picture.
    pub(super) fn first(&self, pts: i64) -> i64 {
        if self.from_zero { 0 } else { self.unit.rescale(pts, self.step) }
    }

    /// The place of another one. Distances from the `first` are what counts: all places may lie beside the pictures' times, but
    /// no picture between two of them.
    fn place(&self, first: i64, pts: i64) -> i64 {
        self.first(first) + self.unit.rescale(pts - first, self.step)
    }

    /// How much later the film is than its times say, in its own ticks.
    pub(super) fn delay(&self, first: i64) -> i64 {
        self.step.rescale(self.first(first), self.unit) - first
    }
}

/// Counts pictures in the order of their times.
#[derive(Debug)]
pub(super) struct Steady {
    grid: Grid,
    /// When the film's first picture is shown.
    first: Option<i64>,
    /// The next place that is free.
    free: Option<i64>,
    /// When the last picture is shown, and ends.
    last: Option<Stamp>,
}

impl Steady {
    pub(super) fn new(grid: Grid) -> Self {
        Self { grid, first: None, free: None, last: None }
    }

    pub(super) fn grid(&self) -> Grid {
        self.grid
    }

    /// What comes is a part of a film whose first picture is shown at `pts`. Before the first picture.
    pub(super) fn continues(&mut self, pts: i64) {
        self.first = Some(pts);
    }

    /// The next picture is shown at `stamp`: the places of the one before it.
    pub(super) fn next(&mut self, stamp: Stamp) -> std::ops::Range<i64> {
        let first = *self.first.get_or_insert(stamp.pts);
        let place = self.grid.place(first, stamp.pts);
        let free = *self.free.get_or_insert(place);
        self.last = Some(stamp);
        self.free = Some(free.max(place));
        free..place
    }

    /// There is no other: the places of the last one, up to `until`, or to its own end.
    pub(super) fn end(&mut self, until: Option<i64>) -> std::ops::Range<i64> {
        let (Some(first), Some(free), Some(last)) = (self.first, self.free, self.last.take()) else { return 0..0 };
        match until {
            Some(until) => free..self.grid.place(first, until),
            None => free..self.grid.place(first, last.pts + last.duration).max(free + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Rational = Rational::new(1, 1000);

    /// Which picture is in each place from the first on.
    fn places(grid: Grid, stamps: &[(i64, i64)], cuts: &[usize]) -> Vec<(i64, usize)> {
        let mut out = Vec::new();
        let mut steady = Steady::new(grid);
        for (index, (pts, duration)) in stamps.iter().enumerate() {
            if cuts.contains(&index) {
                // A segment ends, and another run makes the next one.
                out.extend(steady.end(Some(*pts)).map(|place| (place, index - 1)));
                steady = Steady::new(grid);
                steady.continues(stamps[0].0);
            }
            let stamp = Stamp { index: index as u64, pts: *pts, duration: *duration };
            out.extend(steady.next(stamp).map(|place| (place, index.saturating_sub(1))));
        }
        out.extend(steady.end(None).map(|place| (place, stamps.len() - 1)));
        out
    }

    fn grid(num: i32, den: i32) -> Grid {
        Grid { unit: MILLI, step: Rational::new(num, den), from_zero: false }
    }

    #[test]
    fn a_constant_rate_stays_as_it_is() {
        for start in [0, 7, 20, 21, 1_417] {
            let step = Rational::new(1001, 24_000);
            let stamps: Vec<_> = (0..5000).map(|i| (start + step.rescale(i, MILLI), 42)).collect();
            let out = places(grid(1001, 24_000), &stamps, &[48, 49, 1000]);
            let first = MILLI.rescale(start, step);
            let wanted: Vec<_> = (0..5000).map(|i| (first + i as i64, i)).collect();
            assert_eq!(out, wanted, "from {start} ms on");
        }
    }

    #[test]
    fn a_variable_rate_is_repeated_and_thinned_out() {
        let stamps = [(0, 40), (40, 160), (200, 10), (210, 10), (220, 20), (240, 90), (330, 10)];
        let wanted = [0, 1, 1, 1, 1, 3, 5, 5, 6];
        let wanted: Vec<_> = (0..).zip(wanted).collect();
        assert_eq!(places(grid(1, 25), &stamps, &[]), wanted);
        // Wherever it is divided.
        for cut in 1..stamps.len() {
            assert_eq!(places(grid(1, 25), &stamps, &[cut]), wanted, "at {cut}");
        }
        for (place, index) in wanted {
            let at = place * 40;
            let end = stamps.get(index + 1).map_or(i64::MAX, |next| next.0 + 20);
            assert!(at >= stamps[index].0 - 20 && at < end, "{index} at {at} ms");
        }
    }

    #[test]
    fn one_picture_is_one_and_the_first_has_the_first_place() {
        let grid = Grid { from_zero: true, ..grid(1, 25) };
        assert_eq!(places(grid, &[(1400, 0)], &[]), [(0, 0)]);
        assert_eq!(grid.delay(1400), -1400);
        assert_eq!(Grid { from_zero: false, ..grid }.delay(1417), -17);
        assert!(places(grid, &[], &[]).is_empty());
    }
}
