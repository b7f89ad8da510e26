//! What is finished of a film that is worked in segments: a folder beside the output, `NAME.EXT.part`, with a journal and
//! the finished segments.
//!
//! Whatever the journal names is on the disk, whole: a segment is written under another name, flushed to the disk, renamed,
//! and only then entered; and the journal itself is replaced in the same way. So a run may be killed, or the power fail,
//! at any moment.

use super::part::sync_folder_of;
use super::plan::Planned;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version of the files' layout.
const LAYOUT: u32 = 3;
const JOURNAL: &str = "journal.json";
/// The plan of a film that is not worked in order.
pub(super) const PLAN: &str = "plan.json";
const LOCK: &str = "lock";

/// What the result depends on: `(name, value)`. A run goes on only with what it was begun with.
pub type Facts = BTreeMap<String, String>;

/// A finished segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    /// Its frames.
    pub frames: u64,
    /// When its first frame is shown, in the film's ticks.
    pub pts: i64,
    /// Length of its file.
    pub bytes: u64,
}

/// The journal's text.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Text {
    layout: u32,
    facts: Facts,
    segments: Vec<Segment>,
    /// Finished frames that must be drawn once more before those that are missing.
    warm_up: u64,
    complete: bool,
}

/// The folder of a film that is being made, and what is finished of it.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    text: Text,
    /// Held as long as this run works on the film.
    _lock: File,
}

/// The folder for the segments of `output`.
pub(super) fn folder(output: &Path) -> PathBuf {
    let mut name = OsString::from(output.file_name().unwrap_or_default());
    name.push(".part");
    output.with_file_name(name)
}

impl Journal {
    /// Opens the journal of `output`, or begins one. What was begun with other `facts` is begun `anew`, or refused.
    ///
    /// # Errors
    /// [`Error::Create`]; [`Error::Resume`] where another run is at work, or the journal is of something else.
    pub(super) fn open(output: &Path, facts: &Facts, anew: bool) -> Result<Self> {
        let folder = folder(output);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(Error::create(&folder, error)),
            _ => {}
        }
        let lock = File::create(folder.join(LOCK)).map_err(|e| Error::create(&folder, e))?;
        let refused = |reason: String| Error::Resume { path: folder.clone(), reason };
        lock.try_lock().map_err(|_| refused("another run is at work on it".into()))?;
        if folder.join(PLAN).exists() {
            if !anew {
                return Err(refused("it is planned: `comicvid join` makes the film of its segments".into()));
            }
            clear(&folder);
        }
        let text = match fs::read(folder.join(JOURNAL)) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(refused(error.to_string())),
        };
        let text = match text.map(|bytes| check(&folder, &bytes, facts)) {
            Some(Ok(text)) => text,
            Some(Err(reason)) if !anew => return Err(refused(reason)),
            _ => Text { layout: LAYOUT, facts: facts.clone(), ..Text::default() },
        };
        let journal = Self { folder, text, _lock: lock };
        journal.tidy();
        journal.store()?;
        Ok(journal)
    }

    /// All segments, with their files, in order.
    pub(super) fn segments(&self) -> impl Iterator<Item = (PathBuf, &Segment)> {
        self.text.segments.iter().enumerate().map(|(index, segment)| (self.file(index), segment))
    }

    /// Frames in all segments.
    pub(super) fn frames(&self) -> u64 {
        self.text.segments.iter().map(|segment| segment.frames).sum()
    }

    /// Finished frames that must be drawn once more before those that are missing.
    pub(super) fn warm_up(&self) -> u64 {
        // Whatever the file says.
        self.text.warm_up.min(self.frames())
    }

    /// Nothing is missing but the film's file.
    pub(super) fn is_complete(&self) -> bool {
        self.text.complete
    }

    /// Where the next segment is written until it is whole.
    pub(super) fn next_file(&self) -> PathBuf {
        self.file(self.text.segments.len()).with_extension("tmp")
    }

    /// Enters the segment at [`Journal::next_file`], which is on the disk. The one after it is warmed up by so many frames, or
    /// there is none.
    pub(super) fn enter(&mut self, segment: Segment, next: Option<u64>) -> Result<()> {
        let file = self.file(self.text.segments.len());
        fs::rename(self.next_file(), &file).map_err(|e| Error::write(&file, e))?;
        sync_folder_of(&file);
        self.text.segments.push(segment);
        self.text.warm_up = next.unwrap_or(0);
        self.text.complete = next.is_none();
        self.store()
    }

    /// The film is in its file: nothing of this is needed any more.
    pub(super) fn remove(self) {
        remove_folder(&self.folder);
    }

    fn file(&self, index: usize) -> PathBuf {
        segment_file(&self.folder, index)
    }

    /// Removes what a killed run left unfinished.
    fn tidy(&self) {
        let known: Vec<PathBuf> = self.segments().map(|(file, _)| file).collect();
        for path in fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let ours = path.extension().is_some_and(|e| e == "tmp" || e == "packets");
            if ours && !known.contains(&path) {
                // It is written over later, or only takes room.
                let _ = fs::remove_file(path);
            }
        }
    }

    fn store(&self) -> Result<()> {
        store_file(&self.folder.join(JOURNAL), &self.text)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.text.segments.is_empty() {
            // Nothing is lost with it.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Where segment `index`, counted from 0, is kept.
pub(super) fn segment_file(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("{:04}.packets", index + 1))
}

/// Removes what was kept of a film that is whole. What says how it is to be made goes first: a kill in the midst of it must
/// not leave a plan or a journal of segments that are gone.
pub(super) fn remove_folder(folder: &Path) {
    for name in [PLAN, JOURNAL] {
        // If it is there and stays, so does the folder, and that is told.
        let _ = fs::remove_file(folder.join(name));
    }
    // What is left behind of it only takes room.
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!("{} is not needed any more, but cannot be removed: {error}", folder.display());
    }
}

/// Removes what a run kept that was killed when the film had its name already, but before all else was gone. What a later
/// run keeps, which is to replace the film, stays: its journal, or its last segment, is newer than the film. Answers whether
/// there was something.
pub(super) fn sweep(output: &Path) -> bool {
    let folder = folder(output);
    let Ok(entries) = fs::read_dir(&folder) else { return false };
    if is_at_work(&folder) {
        return false;
    }
    let files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let time = |path: &Path| path.metadata().and_then(|facts| facts.modified()).ok();
    let made_since = |path: &Path| time(output).is_some() && time(output) >= time(path);
    let whole = |journal: &Path| {
        let text = fs::read(journal).ok().and_then(|bytes| serde_json::from_slice::<Text>(&bytes).ok());
        text.is_some_and(|text| text.complete)
    };
    let (plan, journal) = (folder.join(PLAN), folder.join(JOURNAL));
    let over = if plan.exists() {
        output.is_file()
            && Planned::find(output).is_ok_and(|found| found.is_some_and(|film| film.missing().is_empty()))
            && files.iter().all(|file| made_since(file))
    } else if journal.exists() {
        whole(&journal) && made_since(&journal)
    } else {
        output.is_file() && files.iter().all(|path| is_remains(path))
    };
    if over {
        remove_folder(&folder);
    }
    over
}

/// Whether a run that works in order holds `folder`.
pub(super) fn is_at_work(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err())
}

/// What is worth nothing without a journal or a plan: segments, their entries, files that were being written, the lock.
pub(super) fn is_remains(path: &Path) -> bool {
    let (stem, extension) = (path.file_stem().unwrap_or_default(), path.extension().unwrap_or_default());
    let entry = extension == "json" && stem.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    entry || extension == "tmp" || extension == "packets" || path.file_name().is_some_and(|name| name == LOCK)
}

/// Removes the files of a folder, but for the lock.
fn clear(folder: &Path) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.file_name().is_some_and(|name| name != LOCK) {
            // What cannot be removed is written over, or only takes room.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes `value` to `file` as JSON, so that it is there as a whole or not at all, whoever else writes it.
pub(super) fn store_file(file: &Path, value: &impl Serialize) -> Result<()> {
    let new = own_name(file);
    let failed = |e: io::Error| Error::write(file, e);
    let text = serde_json::to_vec_pretty(value).map_err(|e| Error::write(file, e))?;
    let mut written = File::create(&new).map_err(failed)?;
    written.write_all(&text).and_then(|()| written.sync_all()).map_err(failed)?;
    fs::rename(&new, file).map_err(failed)?;
    sync_folder_of(file);
    Ok(())
}

/// A name beside `file` that nobody else uses.
pub(super) fn own_name(file: &Path) -> PathBuf {
    // Keyed at random.
    let number = RandomState::new().build_hasher().finish();
    file.with_extension(format!("{number:016x}.tmp"))
}

/// The first fact that is not the same: with what it was, and is not.
pub(super) fn differs(then: &Facts, now: &Facts) -> Option<String> {
    let missing = "nothing".to_owned();
    now.keys().chain(then.keys()).find_map(|name| {
        let (now, then) = (now.get(name).unwrap_or(&missing), then.get(name).unwrap_or(&missing));
        (now != then).then(|| format!("with {then} for {name}, not with {now}"))
    })
}

/// The journal in `bytes`, or why it is of no use here.
fn check(folder: &Path, bytes: &[u8], facts: &Facts) -> Result<Text, String> {
    let text: Text = serde_json::from_slice(bytes).map_err(|e| format!("its journal is damaged: {e}"))?;
    if text.layout != LAYOUT {
        return Err("another version of the program made it".into());
    }
    if let Some(reason) = differs(&text.facts, facts) {
        return Err(format!("it was begun {reason}"));
    }
    for (index, segment) in text.segments.iter().enumerate() {
        let file = segment_file(folder, index);
        if fs::metadata(&file).map_or(0, |found| found.len()) != segment.bytes {
            return Err(format!("{} is not as the journal has it", file.display()));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(quality: &str) -> Facts {
        Facts::from([("quality".to_owned(), quality.to_owned())])
    }

    fn enter(journal: &mut Journal, frames: u64, next: Option<u64>) {
        fs::write(journal.next_file(), b"12345").unwrap();
        journal.enter(Segment { frames, pts: 0, bytes: 5 }, next).unwrap();
    }

    #[test]
    fn what_was_entered_is_there_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("film.mp4");
        let mut journal = Journal::open(&output, &facts("18"), false).unwrap();
        enter(&mut journal, 10, Some(0));
        enter(&mut journal, 7, Some(5));
        fs::write(journal.next_file(), b"half").unwrap();
        let torso = journal.next_file();
        drop(journal);
        let mut journal = Journal::open(&output, &facts("18"), false).unwrap();
        assert_eq!((journal.frames(), journal.warm_up()), (17, 5));
        assert!(!journal.is_complete() && !torso.exists());
        assert!(journal.segments().all(|(file, _)| file.exists()));
        enter(&mut journal, 1, None);
        assert!(journal.is_complete());
        journal.remove();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_film_that_is_there_has_left_is_swept_away_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a.mkv");
        let mut journal = Journal::open(&output, &Facts::new(), false).unwrap();
        let next = |journal: &mut Journal, last| {
            fs::write(journal.next_file(), b"packets").unwrap();
            journal.enter(Segment { frames: 1, pts: 0, bytes: 7 }, last).unwrap();
        };
        next(&mut journal, Some(0));
        fs::write(&output, b"film").unwrap();
        sweep(&output);
        assert!(super::folder(&output).exists(), "a run is at work");
        drop(journal);
        sweep(&output);
        assert!(super::folder(&output).exists(), "frames are missing");
        let mut journal = Journal::open(&output, &Facts::new(), false).unwrap();
        next(&mut journal, None);
        drop(journal);
        let past = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        File::options().write(true).open(&output).unwrap().set_modified(past).unwrap();
        sweep(&output);
        assert!(super::folder(&output).exists(), "they are to replace the film");
        fs::write(&output, b"film").unwrap();
        sweep(&output);
        assert!(!super::folder(&output).exists());
        // Killed in the midst of that.
        fs::create_dir(super::folder(&output)).unwrap();
        fs::write(super::folder(&output).join("0001.packets"), b"packets").unwrap();
        sweep(&output);
        assert!(!super::folder(&output).exists());
    }

    #[test]
    fn other_facts_damage_and_another_run_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("film.mp4");
        let mut journal = Journal::open(&output, &facts("18"), false).unwrap();
        enter(&mut journal, 10, Some(0));
        let reason = |anew| match Journal::open(&output, &facts("20"), anew) {
            Err(Error::Resume { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        assert!(reason(true).contains("another run"));
        let (file, _) = journal.segments().next().unwrap();
        drop(journal);
        assert_eq!(reason(false), "it was begun with 18 for quality, not with 20");
        assert_eq!(Journal::open(&output, &facts("18"), false).unwrap().frames(), 10);
        fs::write(&file, b"123").unwrap();
        assert!(matches!(Journal::open(&output, &facts("18"), false), Err(Error::Resume { .. })));
        let anew = Journal::open(&output, &facts("20"), true).unwrap();
        assert_eq!((anew.frames(), file.exists()), (0, false));
    }
}
