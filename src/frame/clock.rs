//! The clock of a live run: microseconds since it began, monotonic. Live frames carry the moment of their capture on it.

use super::Rational;
use std::time::{Duration, Instant};

/// Copies tell the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(Instant);

impl Clock {
    /// Unit of its ticks, in seconds.
    pub const UNIT: Rational = Rational::new(1, 1_000_000);

    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
    /// `moment` in ticks; negative before the beginning.
    #[must_use]
    pub fn at(self, moment: Instant) -> i64 {
        let ticks = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
        match moment.checked_duration_since(self.0) {
            Some(after) => ticks(after),
            None => -ticks(self.0.duration_since(moment)),
        }
    }
    /// This moment in ticks.
    #[must_use]
    pub fn now(self) -> i64 {
        self.at(Instant::now())
    }
    /// How long ago `ticks` was; zero for what is yet to come.
    #[must_use]
    pub fn since(self, ticks: i64) -> Duration {
        Duration::from_micros(u64::try_from(self.now().saturating_sub(ticks)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_and_after_the_beginning() {
        let begin = Instant::now() + Duration::from_secs(100);
        let clock = Clock(begin);
        assert_eq!(clock.at(begin + Duration::from_millis(1500)), 1_500_000);
        assert_eq!(clock.at(begin - Duration::from_millis(2)), -2000);
        assert_eq!(clock.since(clock.now() + 1_000_000), Duration::ZERO);
        assert!(clock.since(clock.now() - 5000) >= Duration::from_millis(5));
    }
}
