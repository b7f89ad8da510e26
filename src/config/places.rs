//! Where the user keeps what is theirs.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Where settings are kept; `None` where the user has no such folder.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("comicvid"))
}

/// Where the user's own styles are kept: `NAME.toml` each.
#[must_use]
pub fn styles() -> Option<PathBuf> {
    folder().map(|folder| folder.join("styles"))
}

/// Files of styles in `folder`, by name, in that order.
#[must_use]
pub fn style_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect();
    files.sort();
    files
}

/// Writes a file so that it is there whole or not at all; makes its folder.
///
/// # Errors
/// [`Error::Write`].
pub fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |e: std::io::Error| Error::write(path, e);
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let part = path.with_extension("part");
    std::fs::write(&part, text).map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)
}
