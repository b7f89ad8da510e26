//! Which frames start shots: told on the network thread, asked for on the sink's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Frames from which on the film does not depend on what came before. Clones share what is told.
#[derive(Clone, Debug, Default)]
pub struct ShotStarts(Arc<Mutex<VecDeque<u64>>>);

impl ShotStarts {
    /// Tells that frame `index` starts a shot. In order, and before the frame is passed on.
    pub(super) fn tell(&self, index: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(index);
    }

    /// Whether frame `index` starts a shot. To be asked in order: what lies before is forgotten.
    #[must_use]
    pub fn has(&self, index: u64) -> bool {
        let mut starts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while starts.front().is_some_and(|start| *start < index) {
            starts.pop_front();
        }
        starts.front() == Some(&index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_found_in_order_and_forgotten() {
        let starts = ShotStarts::default();
        [0, 4, 9].iter().for_each(|index| starts.tell(*index));
        let found: Vec<u64> = (0..12).filter(|index| starts.has(*index)).collect();
        assert_eq!(found, [0, 4, 9]);
        assert!(starts.0.lock().unwrap().is_empty());
    }
}
