//! Ctrl-C: once finishes the file so that it plays, twice stops at once.

use super::progress::line;
use crate::pipeline::Stop;
use parking_lot::{Mutex, MutexGuard};
use std::path::PathBuf;
use std::sync::Arc;

/// The files that are being written: worthless until they are whole.
#[derive(Clone, Default)]
pub struct Unfinished(Arc<Mutex<Vec<PathBuf>>>);

/// A file is being written as long as this lives.
pub struct Writing {
    unfinished: Unfinished,
    path: Option<PathBuf>,
}

impl Unfinished {
    /// From now on this one is written, too.
    pub fn begin(&self, path: Option<PathBuf>) -> Writing {
        self.paths().extend(path.clone());
        Writing { unfinished: self.clone(), path }
    }

    fn remove(&self) {
        for path in &*self.paths() {
            // Nothing is lost that could be kept: the file has no index yet.
            let _ = std::fs::remove_file(path);
        }
    }

    fn paths(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.0.lock()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.unfinished.paths().retain(|path| Some(path) != self.path.as_ref());
    }
}

/// From now on Ctrl-C (SIGINT, SIGTERM, SIGHUP) requests `stop`; the second time it removes what is unfinished and ends the
/// process with exit code 130. For once a process.
pub fn on_interrupt(stop: &Stop) -> Unfinished {
    let unfinished = Unfinished::default();
    let (stop, theirs) = (stop.clone(), unfinished.clone());
    let installed = ctrlc::set_handler(move || {
        if stop.request() {
            theirs.remove();
            leave();
        }
        line("finishing; press Ctrl-C again to stop at once");
    });
    if let Err(error) = installed {
        tracing::warn!("Ctrl-C will stop at once: {error}");
    }
    unfinished
}

/// Ends the process without the destructors of libraries whose threads are still at work, which would crash.
#[cfg(unix)]
fn leave() -> ! {
    // SAFETY: `_exit` ends the process; nothing runs after it.
    unsafe { libc::_exit(130) }
}

#[cfg(not(unix))]
fn leave() -> ! {
    std::process::exit(130)
}
