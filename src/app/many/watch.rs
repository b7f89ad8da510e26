//! A drop folder: what comes into it is drawn as soon as it is whole.
//!
//! The folder is looked through every second, which sees everything everywhere, on network drives too. A file is whole when
//! nobody has it open for writing, as far as the system can tell, and neither its size nor its time has changed for a
//! while. What has an output already is left alone; what failed is tried again when it changes.

use super::super::Outcome;
use super::super::convert::Conversion;
use super::super::progress::Voice;
use super::batch::{Batch, End, Task};
use super::{inner, inputs, name_is_taken, pattern};
use crate::cli;
use crate::error::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// From one look to the next.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a file must not have changed.
const SETTLED: Duration = Duration::from_secs(3);

/// Tells one state of a file from another.
type State = (u64, Option<SystemTime>);

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It has been like this since.
    Waits(State, Instant),
    /// Whatever was to be done was done when it was like this.
    Done(State),
}

/// Which files there are, and which are next.
#[derive(Default)]
struct Folder {
    files: HashMap<PathBuf, Seen>,
}

impl Folder {
    /// Whether `path`, which is like `state` at `now`, is to be drawn now: once for each state that it settles in.
    fn is_due(&mut self, path: &Path, state: State, now: Instant, free: impl FnOnce() -> bool) -> bool {
        let seen = self.files.get(path).copied();
        let due = match seen {
            Some(Seen::Done(done)) if done == state => return false,
            Some(Seen::Waits(was, since)) if was == state => now.duration_since(since) >= SETTLED && free(),
            _ => {
                self.files.insert(path.into(), Seen::Waits(state, now));
                return false;
            }
        };
        if due {
            self.files.insert(path.into(), Seen::Done(state));
        }
        due
    }

    /// Forgets what is there no more.
    fn keep(&mut self, there: &HashSet<PathBuf>) {
        self.files.retain(|path, _| there.contains(path));
    }
}

/// Draws what is in `watched` and what comes, into `folder`, until Ctrl-C.
///
/// # Errors
/// [`Error::Open`]: there is no such folder; what concerns all files.
pub fn run(watched: &Path, folder: &Path, args: &cli::Convert, voice: Voice) -> Result<Outcome> {
    let pattern = pattern(args)?;
    if pattern.counts() {
        return Err(Error::setting("name", "with {number} nobody knows later which input an output is of"));
    }
    std::fs::read_dir(watched).map_err(|e| Error::open(watched, e))?;
    std::fs::create_dir_all(folder).map_err(|e| Error::create(folder, e))?;
    if watched.canonicalize().ok() == folder.canonicalize().ok() {
        return Err(Error::create(folder, "outputs need a folder of their own"));
    }
    let conversion = Conversion::new(args, inner(voice, args))?;
    let batch = Batch { conversion: &conversion, args, voice, of: None };
    ignore_leases();
    voice.say(&format!("watching {}; Ctrl-C ends it", watched.display()));
    let (mut seen, mut number, mut failed) = (Folder::default(), 0, false);
    // Which input an output is of.
    let mut taken: HashMap<PathBuf, PathBuf> = HashMap::new();
    while !conversion.interrupted() {
        let there: Vec<_> = inputs::search_all(watched, folder);
        let now = Instant::now();
        let mut tasks = Vec::new();
        for input in &there {
            let path = &input.path;
            let Some(state) = state(path) else { continue };
            if !seen.is_due(path, state, now, || is_free(path)) {
                continue;
            }
            let output = folder.join(pattern.fill(input, number));
            let fault = (taken.get(&output).is_some_and(|owner| owner != path)).then(|| name_is_taken(&output));
            if fault.is_none() && !args.overwrite && output.exists() {
                // Drawn before, perhaps by another run.
                continue;
            }
            number += 1;
            taken.entry(output.clone()).or_insert_with(|| path.clone());
            tasks.push(Task { number, input: path.clone(), output, fault });
        }
        let there = there.into_iter().map(|input| input.path).collect();
        seen.keep(&there);
        taken.retain(|_, owner| there.contains(owner));
        for row in batch.run(tasks) {
            failed |= row.failed();
            if let End::Drawn(drawn) = &row.end
                && drawn.outcome == Outcome::Interrupted
            {
                // The beginning of a film would pass for the film in the next run, which draws it anew.
                let _ = std::fs::remove_file(&row.output);
            }
        }
        let looked = Instant::now();
        while looked.elapsed() < PERIOD && !conversion.interrupted() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    // It has no other end.
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

fn state(path: &Path) -> Option<State> {
    let found = std::fs::metadata(path).ok().filter(|found| found.len() > 0)?;
    Some((found.len(), found.modified().ok()))
}

/// Whether nobody writes to the file, as far as that can be known: Linux gives no read lease of a file that is open for
/// writing. Where there are no leases (others' files, network drives), time alone must tell.
#[cfg(target_os = "linux")]
fn is_free(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    lease(&file).err().is_none_or(|error| error.raw_os_error() != Some(libc::EAGAIN))
}

/// Takes a read lease and gives it back.
#[cfg(target_os = "linux")]
fn lease(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: plain calls on an open file.
    unsafe {
        if libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_RDLCK) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK);
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn is_free(path: &Path) -> bool {
    std::fs::File::open(path).is_ok()
}

/// Whoever wants to write to a file while it is leased makes the system send SIGIO, which would end the process; the lease
/// is over at once anyway.
fn ignore_leases() {
    #[cfg(target_os = "linux")]
    // SAFETY: sets what becomes of a signal that nobody here uses.
    unsafe {
        libc::signal(libc::SIGIO, libc::SIG_IGN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_due_once_it_has_settled_and_again_once_it_has_changed() {
        let (mut folder, path, start) = (Folder::default(), Path::new("a.mp4"), Instant::now());
        let mut due = |size: u64, seconds: u64, free: bool| {
            folder.is_due(path, (size, None), start + Duration::from_secs(seconds), || free)
        };
        // It grows, rests, is still open.
        assert!(!due(10, 0, true) && !due(20, 4, true) && !due(20, 6, true) && !due(20, 8, false));
        assert!(due(20, 9, true));
        assert!(!due(20, 30, true), "once");
        assert!(!due(30, 31, true) && due(30, 34, true));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_written_to_is_not_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let writer = std::fs::File::create(&path).unwrap();
        let other = folder.path().join("b.mp4");
        std::fs::write(&other, b"film").unwrap();
        // Where the file system knows no leases, every file is free.
        let known = lease(&std::fs::File::open(&other).unwrap()).is_ok();
        assert_eq!(is_free(&path), !known);
        assert!(is_free(&other));
        drop(writer);
        assert!(is_free(&path));
    }
}
