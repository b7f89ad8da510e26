//! What the window remembers from one time to the next, besides the styles: `window.toml` in the user's configuration
//! folder.

use crate::config::places::write;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How the window was left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Name of the style.
    pub style: String,
    /// Left and right exchanged.
    pub mirror: bool,
    /// Whether the panel was open.
    pub panel: bool,
    /// Whether frame rate, latency and device were shown.
    pub readout: bool,
    /// Inside of the window in points, at the display's scale.
    pub size: [f32; 2],
}

impl Default for Memory {
    fn default() -> Self {
        Self { style: String::new(), mirror: false, panel: true, readout: true, size: [1280.0, 720.0] }
    }
}

impl Memory {
    /// What `folder` has; what is missing or not understood is as it was the first time.
    #[must_use]
    pub fn load(folder: Option<&Path>) -> Self {
        let text = folder.and_then(|folder| std::fs::read_to_string(file(folder)).ok()).unwrap_or_default();
        let mut memory: Self = toml::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!("the window's settings are not understood: {error}");
            Self::default()
        });
        // A file that was meddled with must not make a window that nobody can see.
        for (side, usual) in memory.size.iter_mut().zip(Self::default().size) {
            if !(200.0..=20_000.0).contains(side) {
                *side = usual;
            }
        }
        memory
    }

    /// Writes it to `folder`.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn save(&self, folder: &Path) -> Result<()> {
        let path = file(folder);
        let text = toml::to_string(self).map_err(|e| Error::write(&path, e))?;
        write(&path, &text)
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("window.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("comicvid");
        assert_eq!(Memory::load(Some(&folder)), Memory::default());
        let memory = Memory { style: "noir".into(), mirror: true, panel: false, readout: false, size: [800.0, 600.5] };
        memory.save(&folder).unwrap();
        assert_eq!(Memory::load(Some(&folder)), memory);
        assert_eq!(Memory::load(None), Memory::default());
    }

    #[test]
    fn a_strange_file_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(file(folder.path()), "mirror = true\nsize = [nan, 3.0]\nnews = 1\n").unwrap();
        assert_eq!(Memory::load(Some(folder.path())), Memory { mirror: true, ..Memory::default() });
        std::fs::write(file(folder.path()), "mirror = \"maybe").unwrap();
        assert_eq!(Memory::load(Some(folder.path())), Memory::default());
    }
}
