//! Who does how much: frames and busy time per stage, readable while the run goes on.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The four threads of a run, in flow order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Decoder or camera.
    Source,
    /// Generator network.
    Stylizer,
    /// Shaders.
    Post,
    /// Encoder and files.
    Sink,
}

impl Stage {
    /// All of them, in flow order.
    pub const ALL: [Self; 4] = [Self::Source, Self::Stylizer, Self::Post, Self::Sink];
    /// What a user calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Source => "decode",
            Self::Stylizer => "network",
            Self::Post => "shaders",
            Self::Sink => "encode",
        }
    }
}

/// One stage's count.
#[derive(Debug, Default)]
pub struct Meter {
    frames: AtomicU64,
    busy: AtomicU64,
}

impl Meter {
    /// Runs `work` and counts the time it takes.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = work();
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.busy.fetch_add(nanos, Relaxed);
        out
    }
    /// Counts one finished frame.
    pub fn count(&self) {
        self.frames.fetch_add(1, Relaxed);
    }
    /// Finished frames.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }
    /// Time spent working, waiting left out.
    #[must_use]
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy.load(Relaxed))
    }
}

/// All stages' counts.
#[derive(Debug, Default)]
pub struct Meters([Meter; 4]);

impl Meters {
    /// That of one stage.
    #[must_use]
    pub fn of(&self, stage: Stage) -> &Meter {
        &self.0[stage as usize]
    }
    /// The stage that worked longest: the one that sets the pace.
    #[must_use]
    pub fn bottleneck(&self) -> Stage {
        Stage::ALL.into_iter().max_by_key(|s| self.of(*s).busy()).unwrap_or(Stage::Source)
    }
}
