//! Ctrl-C: once finishes the file so that it plays, twice stops at once.

use super::progress::line;
use crate::pipeline::Stop;
use std::path::PathBuf;

/// From now on Ctrl-C (SIGINT, SIGTERM, SIGHUP) requests `stop`; the second time it removes `unfinished`, if any, and ends the
/// process with exit code 130.
pub fn on_interrupt(stop: &Stop, unfinished: Option<PathBuf>) {
    let stop = stop.clone();
    let installed = ctrlc::set_handler(move || {
        if stop.request() {
            // Nothing is lost that could be kept: the file has no index yet.
            if let Some(unfinished) = &unfinished {
                let _ = std::fs::remove_file(unfinished);
            }
            leave();
        }
        line("finishing; press Ctrl-C again to stop at once");
    });
    if let Err(error) = installed {
        tracing::warn!("Ctrl-C will stop at once: {error}");
    }
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
