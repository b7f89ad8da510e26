//! Where pictures and films go, and names for files that are made there.

use std::path::{Path, PathBuf};

/// Where a snapshot goes: the user's pictures, else the current folder.
pub(super) fn snapshot() -> PathBuf {
    free(&existing(dirs::picture_dir()), "png")
}

/// Where a recording goes: the user's videos, else the current folder.
pub(super) fn recording() -> PathBuf {
    free(&existing(dirs::video_dir()), "mp4")
}

fn existing(folder: Option<PathBuf>) -> PathBuf {
    folder.filter(|folder| folder.is_dir()).or_else(|| std::env::current_dir().ok()).unwrap_or_default()
}

/// `comicvid-N.EXT`, one above the highest number that is there.
fn free(folder: &Path, extension: &str) -> PathBuf {
    let number = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        let digits: String =
            name.to_str()?.strip_prefix("comicvid-")?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let highest = std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(number).max();
    folder.join(format!("comicvid-{:04}.{extension}", highest.unwrap_or(0).saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_and_a_recording_under_way_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(free(folder.path(), "png"), folder.path().join("comicvid-0001.png"));
        for name in ["comicvid-0007.png", "comicvid-0009.part.mp4", "comicvid-x.png", "other-0100.png"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(free(folder.path(), "mp4"), folder.path().join("comicvid-0010.mp4"));
    }
}
