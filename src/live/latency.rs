//! How late pictures are: the recent ones for a display, all of them for a report.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Distance of two counts of the histogram.
const STEP: Duration = Duration::from_micros(500);
/// Counts; what is later than all of them is counted in the last.
const STEPS: usize = 8000;
/// What counts as recent.
const WINDOW: Duration = Duration::from_secs(2);

/// From capture to delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Half of the pictures are faster.
    pub median: Duration,
    /// 99 in 100 are faster.
    pub p99: Duration,
}

/// Collects latencies.
#[derive(Debug)]
pub struct Latencies {
    counts: Vec<u32>,
    total: u64,
    recent: VecDeque<(Instant, Duration)>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; STEPS], total: 0, recent: VecDeque::new() }
    }
}

impl Latencies {
    /// Counts a picture that was delivered at `now`.
    pub fn add(&mut self, now: Instant, latency: Duration) {
        let step = (latency.as_micros() / STEP.as_micros()) as usize;
        self.counts[step.min(STEPS - 1)] += 1;
        self.total += 1;
        self.recent.push_back((now, latency));
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        while self.recent.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > WINDOW) {
            self.recent.pop_front();
        }
    }

    /// Of all pictures, to half a millisecond.
    #[must_use]
    pub fn overall(&self) -> Latency {
        let at = |part: f64| {
            let wanted = (self.total as f64 * part).ceil().max(1.0) as u64;
            let mut seen = 0;
            let step = self.counts.iter().position(|count| {
                seen += u64::from(*count);
                seen >= wanted
            });
            STEP * step.map_or(0, |s| s as u32)
        };
        Latency { median: at(0.5), p99: at(0.99) }
    }

    /// Of the last two seconds, with pictures a second.
    pub fn recent(&mut self, now: Instant) -> (Latency, f64) {
        self.forget(now);
        let mut sorted: Vec<Duration> = self.recent.iter().map(|(_, latency)| *latency).collect();
        sorted.sort_unstable();
        let at = |part: f64| {
            let rank = (sorted.len() as f64 * part).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        // Over the time between the first and now, or the beginning would look slow.
        let span = self.recent.front().map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(*at));
        let fps = if span.is_zero() { 0.0 } else { sorted.len() as f64 / span.as_secs_f64() };
        (Latency { median: at(0.5), p99: at(0.99) }, fps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_rates() {
        let (mut latencies, start) = (Latencies::default(), Instant::now());
        let ms = Duration::from_millis;
        for i in 0..100 {
            latencies.add(start + ms(100 * i), ms(if i < 98 { 20 + i % 5 } else { 300 }));
        }
        let all = latencies.overall();
        assert_eq!((all.median, all.p99), (ms(22), ms(300)));
        // The last two seconds: from 7.9 s to 9.9 s.
        let (recent, fps) = latencies.recent(start + ms(9900));
        assert_eq!((recent.median, recent.p99), (ms(22), ms(300)));
        assert!((fps - 10.5).abs() < 0.6, "{fps}");
    }

    #[test]
    fn nothing_yet_is_zero() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.overall(), Latency::default());
        assert_eq!(latencies.recent(Instant::now()), (Latency::default(), 0.0));
        latencies.add(Instant::now(), Duration::from_secs(100));
        assert_eq!(latencies.overall().median, STEP * 7999);
    }
}
