//! Which part of a file is wanted.

use super::{MICRO, OpenOptions};
use crate::av::copy::Cut;
use crate::av::demux::Demuxer;
use crate::frame::Rational;

/// The part of the file that the options ask for, on the video stream's clock.
pub(super) fn cut(demuxer: &Demuxer, unit: Rational, options: &OpenOptions) -> Cut {
    const NANO: Rational = Rational::new(1, 1_000_000_000);
    /// A film may begin late, and then its silence belongs to it; a broadcast's clock merely runs.
    const LATEST_START: i64 = 10_000_000;
    let begin = demuxer.start_time();
    let tick = |at: i128| -> i64 {
        // The first tick at or after `at` nanoseconds.
        let (num, den) = (at * i128::from(unit.den), i128::from(unit.num) * i128::from(NANO.den));
        i64::try_from(num.div_euclid(den) + i128::from(num.rem_euclid(den) != 0)).unwrap_or(i64::MAX)
    };
    let nanos = |d: std::time::Duration| i128::try_from(d.as_nanos()).unwrap_or(i128::MAX / 2);
    let origin = i128::from(begin) * 1000 + options.start.map_or(0, nanos);
    let start = options.start.filter(|s| !s.is_zero()).map(|_| tick(origin));
    let end = options.length.map(|length| tick(origin.saturating_add(nanos(length).min(i128::from(i64::MAX)))));
    let loose = demuxer.has_loose_clock() && begin.abs() > LATEST_START;
    let shift = start.unwrap_or(if loose { MICRO.rescale(begin, unit) } else { 0 });
    Cut { unit, start, end, shift }
}
