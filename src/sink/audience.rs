//! Who watches a live output: what `--on-demand` goes by, and why a picture that nobody sees is not encoded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A count of watchers; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Audience(Arc<AtomicUsize>);

/// One watcher, until it is dropped.
#[derive(Debug)]
pub struct Seat(Audience);

impl Audience {
    /// How many watch.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
    /// Counts one more.
    #[must_use]
    pub fn enter(&self) -> Seat {
        self.0.fetch_add(1, SeqCst);
        Seat(self.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}
