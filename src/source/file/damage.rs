//! What could not be read of a file.

use crate::av::AvError;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;

/// Counts of what was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Packets that are incomplete or that the decoder refused.
    pub packets: u64,
    /// Frames that were delivered, but with errors in them.
    pub frames: u64,
    /// Frames that the file's index promises and that are not there.
    pub missing: u64,
    /// What FFmpeg said first.
    pub first: Option<String>,
}

impl Damage {
    /// Whether anything was lost.
    #[must_use]
    pub fn any(&self) -> bool {
        self.packets + self.frames + self.missing > 0
    }
}

/// One line: what was lost.
impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.packets, "packets unreadable"),
            (self.frames, "frames decoded with errors"),
            (self.missing, "frames missing"),
        ];
        let parts: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        f.write_str(&parts.join(", "))?;
        match &self.first {
            Some(first) => write!(f, " ({first})"),
            None => Ok(()),
        }
    }
}

/// The damage of a run, shared between the source thread and whoever reports it.
#[derive(Clone, Debug, Default)]
pub struct DamageReport(Arc<Mutex<Damage>>);

impl DamageReport {
    /// What was lost so far.
    #[must_use]
    pub fn get(&self) -> Damage {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Damage> {
        self.0.lock()
    }

    pub(super) fn packet(&self, error: AvError) {
        let mut damage = self.lock();
        damage.packets += 1;
        damage.first.get_or_insert_with(|| error.to_string());
    }

    pub(super) fn frame(&self) {
        self.lock().frames += 1;
    }

    pub(super) fn missing(&self, frames: u64) {
        self.lock().missing += frames;
    }

    /// Places that the demuxer stepped over.
    pub(super) fn skipped(&self, places: u64) {
        self.lock().packets += places;
    }

    pub(super) fn clear(&self) {
        *self.lock() = Damage::default();
    }
}
