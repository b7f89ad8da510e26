//! An output on its way: `NAME.part.EXT` beside the target until it is whole.

use crate::av::pipe::is_standard;
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A file that is being written; removed when dropped, renamed by [`Part::commit`]. Standard output has its only name from
/// the start.
#[derive(Debug)]
pub(super) struct Part {
    target: PathBuf,
    part: PathBuf,
    overwrite: bool,
    committed: bool,
    /// Held by whoever writes the file: of two runs, one is told.
    _lock: Option<File>,
}

impl Part {
    /// Checks that `target` may be written and creates the file beside it, empty.
    pub(super) fn create(target: &Path, overwrite: bool, input: Option<&Path>) -> Result<Self> {
        let part = check(target, overwrite, input)?;
        if is_standard(target) {
            return Ok(Self { target: target.into(), part, overwrite, committed: true, _lock: None });
        }
        let lock = claim(&part).map_err(|e| Error::create(target, e))?;
        Ok(Self { target: target.into(), part, overwrite, committed: false, _lock: Some(lock) })
    }

    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        &self.part
    }

    /// Gives the whole file its name.
    pub(super) fn commit(mut self) -> Result<()> {
        if is_standard(&self.target) {
            return Ok(());
        }
        // Somebody may have made a file of that name meanwhile.
        if !self.overwrite && self.target.symlink_metadata().is_ok() {
            return Err(Error::Exists { path: self.target.clone() });
        }
        // What it was made of may be removed next: power that fails then must not leave a name without its bytes, or
        // neither.
        let failed = |e| Error::write(&self.target, e);
        OpenOptions::new().write(true).open(&self.part).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::rename(&self.part, &self.target).map_err(failed)?;
        sync_folder_of(&self.target);
        self.committed = true;
        Ok(())
    }
}

/// The file at `part`, made empty, and locked; not where another run holds it.
fn claim(part: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(part)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let reason = format!("another run is writing {}", part.display());
            return Err(io::Error::new(io::ErrorKind::WouldBlock, reason));
        }
        // Some network disks have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    // A device has no length.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

/// Makes the name of the new file `path` last. Some systems cannot, and then it lasts a little later.
pub(super) fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!("{} cannot be flushed: {error}", folder.display());
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be done about a failure, and the error that led here is the one to report.
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Whether `target` may be written; answers with the name that it has meanwhile.
///
/// # Errors
/// [`Error::SameFile`], [`Error::Exists`]; [`Error::Create`] for what is no name of a file.
pub(super) fn check(target: &Path, overwrite: bool, input: Option<&Path>) -> Result<PathBuf> {
    if is_standard(target) {
        return Ok(target.into());
    }
    let part = part_name(target).ok_or_else(|| Error::create(target, "it is not the name of a file"))?;
    if let Some(input) = input {
        if same_file(input, target) {
            return Err(Error::SameFile { path: target.into() });
        }
        if same_file(input, &part) {
            return Err(Error::create(target, format!("it is written as {} first: the input", part.display())));
        }
    }
    match fs::metadata(target) {
        Ok(found) if found.is_dir() => Err(Error::create(target, "it is a folder")),
        Ok(_) if !overwrite => Err(Error::Exists { path: target.into() }),
        _ => Ok(part),
    }
}

/// The name an output has until it is whole: `NAME.part.EXT`; `None` where `target` names no file.
#[must_use]
pub fn part_name(target: &Path) -> Option<PathBuf> {
    if is_standard(target) {
        return None;
    }
    let mut name = OsString::from(target.file_stem()?);
    name.push(".part");
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    Some(target.with_file_name(name))
}

/// The same file by whatever names: links included.
fn same_file(a: &Path, b: &Path) -> bool {
    let identity = |path: &Path| -> io::Result<(Metadata, PathBuf)> { Ok((fs::metadata(path)?, path.canonicalize()?)) };
    match (identity(a), identity(b)) {
        (Ok((a, a_path)), Ok((b, b_path))) => a_path == b_path || same_inode(&a, &b),
        _ => false,
    }
}

#[cfg(unix)]
fn same_inode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same_inode(_: &Metadata, _: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_runs_one_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("film.mp4");
        let first = Part::create(&target, true, None).expect("the first");
        fs::write(first.path(), "half a film").expect("written");
        assert!(matches!(Part::create(&target, true, None), Err(Error::Create { .. })));
        assert_eq!(fs::read(first.path()).expect("still there"), b"half a film");
        first.commit().expect("committed");
        drop(Part::create(&target, true, None).expect("the next"));
    }

    #[test]
    fn the_target_appears_only_when_committed() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("film.mp4");
        let part = Part::create(&target, false, None).expect("a new file");
        assert_eq!(part.path(), folder.path().join("film.part.mp4"));
        drop(part);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        Part::create(&target, false, None).expect("a new file").commit().expect("renamed");
        assert!(target.exists() && !folder.path().join("film.part.mp4").exists());
        assert!(matches!(Part::create(&target, false, None), Err(Error::Exists { .. })));
        Part::create(&target, true, None).expect("overwriting").commit().expect("renamed");
    }

    #[cfg(unix)]
    #[test]
    fn the_input_is_known_by_any_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("in.mp4"), b"film").expect("written");
        std::os::unix::fs::symlink(at("in.mp4"), at("soft.mp4")).expect("linked");
        fs::hard_link(at("in.mp4"), at("hard.mp4")).expect("linked");
        for name in ["in.mp4", "soft.mp4", "hard.mp4", "../in.mp4"] {
            let target = if name.starts_with("..") { at("x").join(name) } else { at(name) };
            fs::create_dir_all(at("x")).expect("a folder");
            let refused = Part::create(&target, true, Some(&at("in.mp4")));
            assert!(matches!(refused, Err(Error::SameFile { .. })), "{name}: {refused:?}");
        }
        fs::write(at("film.part.mp4"), b"film").expect("written");
        let refused = Part::create(&at("film.mp4"), true, Some(&at("film.part.mp4")));
        assert!(matches!(refused, Err(Error::Create { .. })), "{refused:?}");
        assert_eq!(fs::read(at("in.mp4")).expect("still there"), b"film");
    }
}
