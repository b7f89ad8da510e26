//! What waits beside a filter until the picture that it belongs to comes back.

use crate::error::{Error, Result};
use std::collections::VecDeque;

/// A value for each picture that is under way, in order.
pub(super) struct Beside<T>(VecDeque<(u64, T)>);

impl<T> Default for Beside<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Beside<T> {
    /// Keeps `value` for picture `index`, which comes after all that were kept before.
    pub fn keep(&mut self, index: u64, value: T) {
        self.0.push_back((index, value));
    }

    /// What was kept for picture `index`; what was kept for those before it is gone.
    ///
    /// # Errors
    /// Nothing was.
    pub fn take(&mut self, index: u64) -> Result<T> {
        while let Some((number, value)) = self.0.pop_front() {
            if number == index {
                return Ok(value);
            }
        }
        Err(Error::gpu(format!("picture {index} came back without having been sent")))
    }
}
