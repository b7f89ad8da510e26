//! Exact time: ticks of a rational unit, never floating seconds.

use std::cmp::Ordering;
use std::time::Duration;

/// A fraction. The denominator is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rational {
    /// Numerator.
    pub num: i32,
    /// Denominator, > 0.
    pub den: i32,
}

impl Rational {
    /// `num / den`.
    #[must_use]
    pub const fn new(num: i32, den: i32) -> Self {
        Self { num, den }
    }
    /// From `30000/1001`, `25` or `29.97` (which is 2997/100, exactly); `None` for anything else. In lowest terms.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (num, den) = match text.split_once('/') {
            Some((num, den)) => (digits(num)?, digits(den)?),
            None => decimal(text)?,
        };
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let reduced = |v: u128| i32::try_from(v / a.max(1)).ok();
        (den != 0).then_some(Self { num: reduced(num)?, den: reduced(den)? })
    }
    /// `den / num`: a frame rate's frame time and the reverse.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self { num: self.den, den: self.num }
    }
    /// Nearest `f64`.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
    /// `ticks` of unit `self` in ticks of unit `to`, rounded to nearest, halves away from zero; exact for every
    /// `i64` whose result fits one (saturating otherwise).
    #[must_use]
    pub fn rescale(self, ticks: i64, to: Self) -> i64 {
        let num = i128::from(ticks) * i128::from(self.num) * i128::from(to.den);
        let den = i128::from(self.den) * i128::from(to.num);
        let half = if num < 0 { -den / 2 } else { den / 2 };
        i64::try_from((num + half) / den).unwrap_or(if num < 0 { i64::MIN } else { i64::MAX })
    }
    /// Compares `a` ticks of unit `self` with `b` ticks of unit `other`, exactly.
    #[must_use]
    pub fn compare(self, a: i64, other: Self, b: i64) -> Ordering {
        let a = i128::from(a) * i128::from(self.num) * i128::from(other.den);
        let b = i128::from(b) * i128::from(other.num) * i128::from(self.den);
        a.cmp(&b)
    }
}

/// Time from `90`, `1.5`, `1.5s`, `250ms`, `2:03` or `1:02:03.5`, to the nanosecond; `None` for anything else. Minutes and
/// seconds behind a colon stay below 60.
#[must_use]
pub fn parse_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let nanos = |text: &str, unit: u128| {
        let (num, den) = decimal(text)?;
        Some(num.checked_mul(unit)? / den)
    };
    let total = if let Some(milliseconds) = text.strip_suffix("ms") {
        nanos(milliseconds, 1_000_000)?
    } else if let Some((front, seconds)) = text.rsplit_once(':') {
        let minutes = match front.split_once(':') {
            Some((hours, minutes)) => digits(hours)?.checked_mul(60)? + digits(minutes).filter(|m| *m < 60)?,
            None => digits(front)?,
        };
        let seconds = nanos(seconds, 1_000_000_000).filter(|s| *s < 60_000_000_000)?;
        minutes.checked_mul(60_000_000_000)?.checked_add(seconds)?
    } else {
        nanos(text.strip_suffix('s').unwrap_or(text), 1_000_000_000)?
    };
    u64::try_from(total).ok().map(Duration::from_nanos)
}

/// A number of decimal digits alone, of at most 18.
fn digits(text: &str) -> Option<u128> {
    let plain = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// `12.5` as `(125, 10)`.
fn decimal(text: &str) -> Option<(u128, u128)> {
    match text.split_once('.') {
        None => Some((digits(text)?, 1)),
        Some((whole, part)) => {
            let den = 10u128.pow(u32::try_from(part.len()).ok().filter(|n| *n <= 9)?);
            Some((digits(whole)? * den + digits(part)?, den))
        }
    }
}

/// Facts about a frame that no stage may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// 0-based position in the source; a gap means frames were dropped.
    pub index: u64,
    /// Presentation time in ticks of the stream's time base. May be negative.
    pub pts: i64,
    /// How long it is shown, in the same ticks; 0 where unknown.
    pub duration: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescale_rounds_to_nearest_and_is_exact_for_large_values() {
        let ms = Rational::new(1, 1000);
        let ntsc = Rational::new(1001, 30000);
        assert_eq!(ntsc.rescale(1, ms), 33);
        assert_eq!(ntsc.rescale(-1, ms), -33);
        assert_eq!(ms.rescale(i64::MAX, ms), i64::MAX);
        assert_eq!(Rational::new(1, 90000).rescale(1 << 55, Rational::new(1, 90000)), 1 << 55);
    }

    #[test]
    fn rates_are_read_exactly() {
        for (text, num, den) in [("30000/1001", 30000, 1001), ("29.97", 2997, 100), ("25", 25, 1), ("50/2", 25, 1)] {
            assert_eq!(Rational::parse(text), Some(Rational::new(num, den)), "{text}");
        }
        for text in ["", "-5", "1/0", "1/", "a", "1.2.3", "1e3", "99999999999", "1.0/2"] {
            assert_eq!(Rational::parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_read_exactly() {
        for (text, milliseconds) in [
            ("90", 90_000),
            ("1.5", 1_500),
            ("1.5s", 1_500),
            ("250ms", 250),
            ("2:03", 123_000),
            ("1:02:03.5", 3_723_500),
            ("90:00", 5_400_000),
        ] {
            assert_eq!(parse_time(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(parse_time("0.000000001"), Some(Duration::from_nanos(1)));
        for text in ["", "-1", "1:60", "1:60:00", "abc", "1:2:3:4", ":5", "5:", "1.", "1h"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn compare_is_exact_across_units() {
        let a = Rational::new(1, 30000);
        let b = Rational::new(1, 1000);
        assert_eq!(a.compare(30, b, 1), Ordering::Equal);
        assert_eq!(a.compare(31, b, 1), Ordering::Greater);
    }
}
