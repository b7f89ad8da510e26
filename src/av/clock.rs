//! The clock of a broadcast: it starts anywhere and may jump where recordings were cut or joined. Jumps are taken out, for
//! all streams at once, so that sound and picture stay together.

use crate::frame::Rational;

const MICRO: Rational = Rational::new(1, 1_000_000);
/// Microseconds ahead that are a jump, not a pause.
const AHEAD: i64 = 10_000_000;
/// Microseconds back that are a jump, not disorder.
const BACK: i64 = 100_000;

/// Takes jumps out of the times of packets in file order.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Added to every time, in microseconds.
    offset: i64,
    /// When each stream's next packet is due, in microseconds after correction.
    due: Vec<Option<i64>>,
}

impl Clock {
    /// What must be added to the times of a packet, in ticks of `unit`. `at` is its decoding time.
    pub(super) fn correction(&mut self, stream: usize, at: i64, duration: i64, unit: Rational) -> i64 {
        if self.due.len() <= stream {
            self.due.resize(stream + 1, None);
        }
        let read = unit.rescale(at, MICRO);
        if let Some(due) = self.due[stream] {
            let ahead = read.saturating_add(self.offset).saturating_sub(due);
            if !(-BACK..=AHEAD).contains(&ahead) {
                self.offset -= ahead;
            }
        }
        self.due[stream] = Some(read.saturating_add(self.offset).saturating_add(unit.rescale(duration, MICRO)));
        MICRO.rescale(self.offset, unit)
    }

    /// After a seek nothing is due.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Rational = Rational::new(1, 90_000);

    #[test]
    fn a_steady_clock_is_left_alone() {
        let mut clock = Clock::default();
        for i in 0..100 {
            assert_eq!(clock.correction(0, 7_000_000 + i * 3600, 3600, TICK), 0);
            assert_eq!(clock.correction(1, 6_990_000 + i * 2880, 2880, TICK), 0);
        }
        // A pause of five seconds, and a little disorder.
        assert_eq!(clock.correction(0, 7_000_000 + 100 * 3600 + 450_000, 3600, TICK), 0);
        assert_eq!(clock.correction(0, 7_000_000 + 100 * 3600 + 450_000 - 3600, 3600, TICK), 0);
    }

    #[test]
    fn a_jump_is_taken_out_of_all_streams() {
        let mut clock = Clock::default();
        clock.correction(0, 900_000, 3600, TICK);
        clock.correction(1, 900_000, 2880, TICK);
        // Back to the beginning: the first stream that shows it corrects the others.
        assert_eq!(clock.correction(0, 100_000, 3600, TICK), 803_600);
        assert_eq!(clock.correction(1, 99_280, 2880, TICK), 803_600);
        assert_eq!(clock.correction(0, 103_600, 3600, TICK), 803_600);
        // And a day ahead.
        assert_eq!(clock.correction(0, 103_600 + 3600 + 7_776_000_000, 3600, TICK), 803_600 - 7_776_000_000);
    }
}
