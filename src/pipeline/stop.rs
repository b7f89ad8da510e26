//! A polite request to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Shared by Ctrl-C and the source thread. Only that thread reads it: every later stage ends because its input ended.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks; answers whether somebody had asked before.
    pub fn request(&self) -> bool {
        self.0.swap(true, Relaxed)
    }
    /// Whether somebody asked.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Relaxed)
    }
}
