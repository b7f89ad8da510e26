//! Which files are meant: those named, and what lies in the folders named.

use crate::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What is taken from a folder, by extension. A file that is named is taken whatever it is called.
const FILMS: [&str; 26] = [
    "3g2", "3gp", "asf", "avi", "f4v", "flv", "gif", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts",
    "mxf", "nut", "ogv", "rm", "rmvb", "ts", "vob", "webm", "wmv", "y4m",
];
/// Likewise.
pub const PICTURES: [&str; 9] = ["bmp", "jpe", "jpeg", "jpg", "jfif", "png", "tif", "tiff", "webp"];

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// The folder that it lies in, seen from the folder that was named; empty for a file that was named.
    pub below: PathBuf,
}

/// All inputs, in the order of what was named, folders in the order of their names, and why some cannot be listed.
/// What lies in `out` is left out: it was made by a run before.
pub fn find<'a>(named: impl Iterator<Item = &'a Path>, out: &Path) -> Vec<Result<Input>> {
    let mut found = Vec::new();
    let out = out.canonicalize().ok();
    for path in named {
        if path.is_dir() {
            let before = found.len();
            search(path, Path::new(""), out.as_deref(), &mut found);
            if found.len() == before {
                found.push(Err(Error::open(path, "no video and no picture lies in this folder")));
            }
        } else {
            found.push(Ok(Input { path: path.into(), below: PathBuf::new() }));
        }
    }
    found
}

/// All films and pictures in `folder` and below, in the order of their names; folders that cannot be listed are left out, and
/// so is `out`.
pub fn search_all(folder: &Path, out: &Path) -> Vec<Input> {
    let mut found = Vec::new();
    search(folder, Path::new(""), out.canonicalize().ok().as_deref(), &mut found);
    found.into_iter().flatten().collect()
}

fn search(folder: &Path, below: &Path, out: Option<&Path>, found: &mut Vec<Result<Input>>) {
    if out.is_some() && folder.canonicalize().ok().as_deref() == out {
        return;
    }
    let listed = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = match listed {
        Ok(entries) => entries,
        Err(error) => return found.push(Err(Error::open(folder, error))),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        // Links to folders are not followed: they may lead in circles.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(&path, &below.join(name), out, found);
        } else if is_wanted(&path) {
            found.push(Ok(Input { path, below: below.into() }));
        }
    }
}

/// A film or a picture by its name, neither hidden nor unfinished.
fn is_wanted(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return false };
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let known = FILMS.contains(&&*extension) || PICTURES.contains(&&*extension);
    let unfinished = path.file_stem().and_then(|s| s.to_str()).is_some_and(|stem| stem.ends_with(".part"));
    known && !unfinished && !name.starts_with('.') && path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_in_order_and_outputs_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("trip/day 2")).unwrap();
        fs::create_dir_all(at("trip/out")).unwrap();
        fs::create_dir_all(at("empty")).unwrap();
        for name in ["b.MP4", "a.jpg", ".hidden.mp4", "c.part.mp4", "notes.txt", "day 2/x.mkv", "out/a.jpg"] {
            fs::write(at("trip").join(name), b"").unwrap();
        }
        let named = [at("none.bin"), at("trip"), at("empty")];
        let found = find(named.iter().map(PathBuf::as_path), &at("trip/out"));
        let below = |name: &str, below: &str| Input { path: at(name), below: below.into() };
        let (fine, bad): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
        let fine: Vec<_> = fine.into_iter().flatten().collect();
        // A file that was named is an input even where it is not there: it fails when its turn comes.
        let wanted = [
            below("none.bin", ""),
            below("trip/a.jpg", ""),
            below("trip/b.MP4", ""),
            below("trip/day 2/x.mkv", "day 2"),
        ];
        assert_eq!(fine, wanted);
        assert_eq!(bad.len(), 1);
        assert!(bad[0].as_ref().unwrap_err().to_string().contains("empty"));
    }
}
