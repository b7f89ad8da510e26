//! Exact time: ticks of a rational unit, never floating seconds.

use std::cmp::Ordering;

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
    fn compare_is_exact_across_units() {
        let a = Rational::new(1, 30000);
        let b = Rational::new(1, 1000);
        assert_eq!(a.compare(30, b, 1), Ordering::Equal);
        assert_eq!(a.compare(31, b, 1), Ordering::Greater);
    }
}
