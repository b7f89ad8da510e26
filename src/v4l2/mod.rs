//! Linux's video devices (V4L2): cameras, and the virtual cameras of `v4l2loopback`.
//!
//! The structures and numbers are those of the `v4l` crate. Streaming is done here, because that crate's stream waits
//! without end, cannot go on after a timeout, and panics when a device that was unplugged is closed. Everything here
//! returns within the time it is given. Devices are opened by path, and any path will do: what a device is, it says
//! itself (`VIDIOC_QUERYCAP`).

mod node;
mod stream;

pub use node::{Direction, Format, FourCc, Identity, Node, Sizes};
pub use stream::{Meta, Stream};

use std::path::{Path, PathBuf};

/// `/dev/video*` or the like in `folder`, by number. None of them was opened.
#[must_use]
pub fn nodes(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix("video")?.parse::<u32>().ok();
    let mut found: Vec<_> = entries.map(|e| e.path()).filter_map(|path| Some((number(&path)?, path))).collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_listed_by_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["video10", "video2", "video", "videox", "video0", "radio0"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = nodes(folder.path()).iter().map(|p| p.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["video0", "video2", "video10"]);
        assert!(nodes(Path::new("/nonexistent")).is_empty());
    }

    #[test]
    fn what_is_no_video_device_says_so() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let node = Node::open(file.path()).unwrap();
        assert_eq!(node.identity().unwrap_err().raw_os_error(), Some(libc::ENOTTY));
        assert!(node.formats(Direction::Capture).is_empty());
    }
}
