//! A polite request to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Shared by Ctrl-C and the source thread. Only that thread acts on it: every later stage ends because its input ended.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks; answers whether somebody had asked before.
    pub fn request(&self) -> bool {
        self.0.swap(true, Relaxed)
    }
    /// The flag itself, for a stage that must know at its end whether it was cut short.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
    /// Whether somebody asked.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Relaxed)
    }
}
