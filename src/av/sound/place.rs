//! Where decoded sound belongs. Samples that follow one another are not moved by what their container rounds; where packets
//! are missing, or twice there, the next one's time counts; and a clock that runs a little wrong is followed a sample at a
//! time, which nobody hears.

use crate::frame::Rational;

/// Seconds that sound may be off its time before anything is done: what containers round to.
const TOLERANCE: Rational = Rational::new(1, 500);
/// Seconds from which on it is a gap or an overlap, whatever a frame's length is.
const BREAK: Rational = Rational::new(1, 25);
/// Seconds that sound may begin behind the end of its file: later ones are errors of a time stamp.
const BEYOND: i64 = 10;
/// Seconds from which on it is one if so many frames in a row say the same: a splice, not a clock.
const STEADY: (Rational, u32) = (Rational::new(1, 200), 4);
const SECOND: Rational = Rational::new(1, 1);

/// What is to be done before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: it follows what was before.
    On,
    /// It belongs to this sample of the output: silence comes before it, or some of it is left out.
    To(i64),
    /// So many samples are repeated, or left out where negative.
    Slip(i64),
}

/// Places frames in the output, whose time is counted in its samples.
pub(super) struct Timeline {
    /// Of the stream's times, in seconds.
    unit: Rational,
    /// A sample of the output, in seconds.
    sample: Rational,
    /// Subtracted from every time, in samples of the output.
    shift: i64,
    /// The last sample of the output that is believed to be meant.
    latest: Option<i64>,
    run: Option<Run>,
}

/// Frames without a break between them.
struct Run {
    /// Sample of the output that it begins with.
    start: i64,
    /// Samples of the input so far, and how many there are in a second.
    taken: i64,
    rate: i32,
    /// Samples of the output that were repeated, less those that were left out.
    slips: i64,
    /// How far off the last frames were, and how many of them.
    seen: (i64, u32),
}

impl Timeline {
    /// For times in `unit`, less `shift` samples of the output, of which there are `rate` a second. The file ends at `end`,
    /// in microseconds, if that is known.
    pub(super) fn new(unit: Rational, rate: i32, shift: i64, end: Option<i64>) -> Self {
        let sample = Rational::new(1, rate);
        let last = |end| Rational::new(1, 1_000_000).rescale(end, sample) - shift + SECOND.rescale(BEYOND, sample);
        Self { unit, sample, shift, latest: end.map(last), run: None }
    }

    /// The output's sample at `pts`.
    pub(super) fn sample_at(&self, pts: i64) -> i64 {
        self.unit.rescale(pts, self.sample).saturating_sub(self.shift)
    }

    /// Everything is so many samples of the output later. Before the first frame.
    pub(super) fn delay(&mut self, by: i64) {
        self.shift -= by;
        self.latest = self.latest.map(|latest| latest.saturating_add(by));
    }

    /// Whether `pts` lies within the file.
    pub(super) fn believes(&self, pts: i64) -> bool {
        let at = self.sample_at(pts);
        self.latest.is_none_or(|latest| at <= latest)
    }

    /// Where a frame of `count` samples belongs, of which there are `rate` a second. `lost`: what came before it could not be
    /// decoded. `next` is the sample that follows what is there.
    pub(super) fn place(&mut self, pts: Option<i64>, (count, rate): (i32, i32), lost: bool, next: Option<i64>) -> Step {
        let wanted = pts.filter(|pts| self.believes(*pts)).map(|pts| self.sample_at(pts));
        let tolerance = self.tolerance();
        let step = match (&mut self.run, wanted) {
            (Some(run), Some(wanted)) if run.rate == rate => {
                let off = wanted - run.end(self.sample);
                let lost = lost || run.sees(off, tolerance) && off.abs() >= STEADY.0.rescale(1, self.sample);
                let step = step(wanted, off, run.length(count.into(), self.sample), tolerance, self.sample, lost);
                match step {
                    Step::Slip(by) => run.slips += by,
                    Step::To(_) => self.run = None,
                    Step::On => {}
                }
                step
            }
            (Some(run), None) if run.rate == rate => Step::On,
            // Of another rate, but where it is expected: what is there goes on.
            (Some(run), wanted) => {
                let end = run.end(self.sample);
                let near = wanted.filter(|at| (at - end).abs() > tolerance);
                self.run = None;
                Step::To(near.unwrap_or(end))
            }
            (None, wanted) => Step::To(wanted.or(next).unwrap_or(0)),
        };
        let start = match step {
            Step::To(start) => start,
            _ => 0,
        };
        self.run.get_or_insert(Run { start, taken: 0, rate, slips: 0, seen: (0, 0) }).taken += i64::from(count);
        step
    }

    /// What comes next does not follow what was before.
    pub(super) fn interrupt(&mut self) {
        self.run = None;
    }

    /// Samples: what the stream's unit rounds, twice, and not less than what containers do.
    fn tolerance(&self) -> i64 {
        self.unit.rescale(2, self.sample).max(TOLERANCE.rescale(1, self.sample))
    }
}

impl Run {
    /// In samples of the output.
    fn length(&self, count: i64, sample: Rational) -> i64 {
        Rational::new(1, self.rate).rescale(count, sample)
    }

    /// Whether the last frames were off just as much.
    fn sees(&mut self, off: i64, tolerance: i64) -> bool {
        let same = (off - self.seen.0).abs() <= tolerance;
        self.seen = (off, if same { self.seen.1 + 1 } else { 1 });
        self.seen.1 >= STEADY.1
    }

    fn end(&self, sample: Rational) -> i64 {
        self.start + self.length(self.taken, sample) + self.slips
    }
}

/// What to do where a frame of `length` samples is `off` so many from where it is `wanted`.
fn step(wanted: i64, off: i64, length: i64, tolerance: i64, sample: Rational, lost: bool) -> Step {
    if off.abs() <= tolerance {
        return Step::On;
    }
    // A packet that is missing leaves a gap of its own length.
    let whole = length > 4 * tolerance && {
        let beside = off.abs() % length;
        off.abs() >= length - tolerance && beside.min(length - beside) <= tolerance
    };
    match lost || whole || off.abs() >= BREAK.rescale(1, sample) {
        true => Step::To(wanted),
        false => Step::Slip(off.signum()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: i32 = 48_000;
    const MILLI: Rational = Rational::new(1, 1000);

    fn exact() -> Timeline {
        Timeline::new(Rational::new(1, RATE), RATE, 0, None)
    }

    #[test]
    fn what_containers_round_moves_nothing() {
        let mut timeline = Timeline::new(MILLI, RATE, 0, None);
        let at = |frame: i64| Rational::new(1, 44_100).rescale(frame * 1024, MILLI);
        assert_eq!(timeline.place(Some(at(50)), (1024, 44_100), false, None), Step::To(1161 * 48));
        for frame in 51..100_000 {
            assert_eq!(timeline.place(Some(at(frame)), (1024, 44_100), false, None), Step::On, "frame {frame}");
        }
    }

    #[test]
    fn a_missing_packet_is_a_gap_and_one_too_many_an_overlap() {
        let mut timeline = exact();
        assert_eq!(timeline.place(Some(0), (1024, RATE), false, None), Step::To(0));
        assert_eq!(timeline.place(Some(1024), (1024, RATE), false, None), Step::On);
        assert_eq!(timeline.place(Some(3072), (1024, RATE), false, None), Step::To(3072));
        assert_eq!(timeline.place(Some(4096), (1024, RATE), false, None), Step::On);
        assert_eq!(timeline.place(Some(4096), (1024, RATE), false, None), Step::To(4096));
        assert_eq!(timeline.place(None, (1024, RATE), false, None), Step::On);
        // A second of silence, between frames of any length.
        assert_eq!(timeline.place(Some(6144 + 48_000), (1024, RATE), false, None), Step::To(54_144));
    }

    #[test]
    fn after_damage_time_counts() {
        let mut timeline = exact();
        timeline.place(Some(0), (1024, RATE), false, None);
        assert_eq!(timeline.place(Some(1024 + 300), (1024, RATE), true, None), Step::To(1324));
    }

    #[test]
    fn a_splice_is_found_and_disorder_is_not() {
        let mut timeline = exact();
        let step = |timeline: &mut Timeline, frame: i64, off: i64| {
            timeline.place(Some(frame * 1152 + off), (1152, RATE), false, None)
        };
        assert_eq!(step(&mut timeline, 0, 0), Step::To(0));
        let steps: Vec<Step> = (1..8).map(|frame| step(&mut timeline, frame, -768)).collect();
        let slip = Step::Slip(-1);
        assert_eq!(steps, [slip, slip, slip, Step::To(4 * 1152 - 768), Step::On, Step::On, Step::On]);
        for frame in 8..200 {
            let off = [-768, 0, -1500, -300][frame as usize % 4];
            assert!(!matches!(step(&mut timeline, frame, off), Step::To(_)), "frame {frame}");
        }
    }

    #[test]
    fn a_clock_that_runs_wrong_is_followed() {
        let mut timeline = exact();
        // A thousandth too slow: each frame is about a sample longer than it says.
        let mut slips = 0;
        for frame in 0..10_000 {
            match timeline.place(Some(frame * 1025), (1024, RATE), false, None) {
                Step::Slip(by) => slips += by,
                Step::To(at) => assert_eq!((frame, at), (0, 0)),
                Step::On => {}
            }
        }
        assert!((9_800..10_000).contains(&slips), "{slips}");
    }

    #[test]
    fn another_rate_goes_on_where_the_first_ends() {
        let mut timeline = Timeline::new(MILLI, RATE, 48, None);
        assert_eq!(timeline.place(Some(1), (480, RATE), false, None), Step::To(0));
        assert_eq!(timeline.place(Some(11), (240, 24_000), false, None), Step::To(480));
        assert_eq!(timeline.place(Some(21), (240, 24_000), false, None), Step::On);
        assert_eq!(timeline.place(Some(131), (480, RATE), false, None), Step::To(6240));
    }

    #[test]
    fn times_that_cannot_be_are_not_believed() {
        let mut timeline = Timeline::new(MILLI, RATE, 0, Some(2_000_000));
        timeline.place(Some(0), (480, RATE), false, None);
        assert_eq!(timeline.place(Some(1 << 50), (480, RATE), false, None), Step::On);
        timeline.interrupt();
        assert_eq!(timeline.place(Some(1 << 50), (480, RATE), false, Some(960)), Step::To(960));
    }
}
