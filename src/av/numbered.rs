//! Names of numbered pictures, as FFmpeg and printf write them: `shot_%04d.png` is `shot_0001.png`, `shot_0002.png`, …

use std::io;
use std::path::{Path, PathBuf};

/// A pattern of names: the file's name has one `%d`, or `%0Nd` for a number of at least N digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    folder: PathBuf,
    before: String,
    digits: usize,
    after: String,
}

impl Numbered {
    /// The pattern that `path` is; nothing for a plain name.
    ///
    /// ```
    /// use comicvid::av::numbered::Numbered;
    /// use std::path::Path;
    ///
    /// let shot = Numbered::parse(Path::new("a/shot_%04d.png")).unwrap();
    /// assert_eq!(shot.file(7), Path::new("a/shot_0007.png"));
    /// assert!(Numbered::parse(Path::new("a/100%.png")).is_none());
    /// ```
    #[must_use]
    pub fn parse(path: &Path) -> Option<Self> {
        let (before, rest) = path.file_name()?.to_str()?.split_once('%')?;
        let (digits, after) = rest.split_once('d')?;
        let digits = match digits.strip_prefix('0') {
            Some(digits) if digits.len() == 1 => digits.parse().ok()?,
            None if digits.is_empty() => 1,
            _ => return None,
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        (!after.contains('%')).then(|| Self { folder, before: before.into(), digits, after: after.into() })
    }

    /// The file of that number.
    #[must_use]
    pub fn file(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}{number:0digits$}{}", self.before, self.after, digits = self.digits))
    }

    /// The numbers of the files that are there, in order.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn found(&self) -> io::Result<Vec<u64>> {
        let folder = if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder };
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(&*self.before)?.strip_suffix(&*self.after));
            let number = number.filter(|n| n.bytes().all(|b| b.is_ascii_digit())).and_then(|n| n.parse().ok());
            // `7` is not `%04d`, and `00007` neither.
            numbers.extend(number.filter(|n| self.file(*n).file_name() == Some(&name)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}
