//! A frame of a film, told so that it is known again.

use super::{CpuImage, Frame};
use serde::{Deserialize, Serialize};

/// Number, time and content of a frame, as they are where a film is read from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// [`Stamp::index`](super::Stamp::index).
    pub index: u64,
    /// [`Stamp::pts`](super::Stamp::pts).
    pub pts: i64,
    /// CRC-32 of its rows, plane after plane, and then of how opaque they are.
    pub crc: u32,
}

impl Mark {
    /// That of `frame`.
    #[must_use]
    pub fn of(frame: &Frame<CpuImage>) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        let image = &frame.image;
        for image in std::iter::once(image).chain(image.alpha.as_deref()) {
            for plane in 0..image.format.plane_count() {
                let (_, rows, _) = image.format.plane_layout(plane, image.size);
                (0..rows).for_each(|row| hasher.update(image.row(plane, row)));
            }
        }
        Self { index: frame.stamp.index, pts: frame.stamp.pts, crc: hasher.finalize() }
    }
}
