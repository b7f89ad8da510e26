//! Where the newest JPEG hangs: one writer, any number of readers, each at its own pace.

use parking_lot::{Condvar, Mutex, MutexGuard};
use std::sync::Arc;
use std::time::Duration;

/// A JPEG file and its number; numbers begin with 1.
pub type Posted = (u64, Arc<Vec<u8>>);

/// See the module.
#[derive(Debug, Default)]
pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    newest: Option<Posted>,
    closed: bool,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
    /// Replaces the picture.
    pub fn post(&self, jpeg: Arc<Vec<u8>>) {
        let mut state = self.lock();
        let number = state.newest.as_ref().map_or(1, |(number, _)| number + 1);
        state.newest = Some((number, jpeg));
        self.changed.notify_all();
    }
    /// Nothing more will come.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }
    /// The number of what hangs there, which may be from long ago; 0 for nothing.
    pub fn newest(&self) -> u64 {
        self.lock().newest.as_ref().map_or(0, |(number, _)| *number)
    }
    /// The newest picture after number `seen`, waited for at most so long.
    pub fn after(&self, seen: u64, timeout: Duration) -> Option<Posted> {
        let nothing_new = |s: &mut State| !s.closed && s.newest.as_ref().is_none_or(|(number, _)| *number <= seen);
        let mut state = self.lock();
        self.changed.wait_while_for(&mut state, nothing_new, timeout);
        state.newest.clone().filter(|(number, _)| *number > seen && !state.closed)
    }
}
