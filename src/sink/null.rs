//! Nowhere: counts frames, for benchmarks.

use crate::error::Result;
use crate::frame::{CpuImage, Frame};
use crate::stage::FrameSink;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Takes frames and forgets them.
#[derive(Clone, Debug, Default)]
pub struct NullSink {
    frames: Arc<AtomicU64>,
}

impl NullSink {
    /// How many frames came; clones share the count.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }
}

impl FrameSink for NullSink {
    fn write(&mut self, _: Frame<CpuImage>) -> Result<()> {
        self.frames.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
