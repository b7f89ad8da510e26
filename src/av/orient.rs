//! Which way up: display matrices as one of eight orientations, and their application to planes.

use crate::frame::{ChromaSiting, ColorInfo, CpuImage, PixelFormat, Rational, Size};
use std::sync::Arc;

/// One of the eight ways to lay a picture on the screen: mirror the stored picture at its diagonal (`transpose`), then
/// left to right, then top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Rows become columns, first of all.
    pub transpose: bool,
    /// Then left becomes right.
    pub flip_x: bool,
    /// Then top becomes bottom.
    pub flip_y: bool,
}

impl Orientation {
    /// As stored.
    pub const UPRIGHT: Self = Self { transpose: false, flip_x: false, flip_y: false };

    /// From a display matrix (ISO/IEC 14496-12, nine 16.16 or 2.30 fixed-point numbers, row by row): a stored point
    /// `(x, y)` is shown at `(a x + c y, b x + d y)` with `a, b` the first and `c, d` the second row. An angle between
    /// is rounded to the nearest quarter turn.
    #[must_use]
    pub fn from_display_matrix(matrix: &[i32; 9]) -> Self {
        let [a, b, _, c, d, ..] = matrix.map(i64::from);
        if a.abs() + d.abs() >= b.abs() + c.abs() {
            Self { transpose: false, flip_x: a < 0, flip_y: d < 0 }
        } else {
            Self { transpose: true, flip_x: c < 0, flip_y: b < 0 }
        }
    }

    /// Size on the screen of a picture stored at `size`.
    #[must_use]
    pub const fn size(self, size: Size) -> Size {
        if self.transpose { Size::new(size.height, size.width) } else { size }
    }

    /// Shape of a pixel on the screen.
    #[must_use]
    pub const fn aspect(self, aspect: Rational) -> Rational {
        if self.transpose { aspect.inverse() } else { aspect }
    }

    /// Colour once it is applied. Our chroma sitings cannot say "top" or "right"; the middle is at most half a luma
    /// sample away from both.
    #[must_use]
    pub fn color(self, color: ColorInfo) -> ColorInfo {
        if self == Self::UPRIGHT { color } else { ColorInfo { siting: ChromaSiting::Center, ..color } }
    }

    /// Whether planes in `format` can be turned one by one: after a transposition chroma must be subsampled alike in
    /// both directions. 4:2:2 goes to 4:4:4 first.
    #[must_use]
    pub const fn applies_to(self, format: PixelFormat) -> bool {
        match format {
            PixelFormat::Yuv { shift_x, shift_y, .. } => !self.transpose || shift_x == shift_y,
            _ => true,
        }
    }

    /// The picture as it is shown; untouched (and shared) where it is upright.
    #[must_use]
    pub fn apply(self, image: CpuImage) -> CpuImage {
        if self == Self::UPRIGHT {
            return image;
        }
        let planes = (0..image.format.plane_count())
            .map(|plane| {
                let (columns, rows, bytes) = image.format.plane_layout(plane, image.size);
                let (source, stride) = (image.planes.plane(plane), image.strides[plane]);
                let grid = Grid { source, stride, columns: columns as usize, rows: rows as usize };
                match bytes {
                    1 => self.plane::<1>(&grid),
                    2 => self.plane::<2>(&grid),
                    4 => self.plane::<4>(&grid),
                    _ => self.plane::<8>(&grid),
                }
            })
            .collect();
        let color = self.color(image.color);
        let alpha = image.alpha.map(|alpha| Arc::new(self.apply(CpuImage::clone(&alpha))));
        CpuImage { alpha, ..CpuImage::from_planes(self.size(image.size), image.format, color, planes) }
    }

    fn plane<const N: usize>(self, grid: &Grid<'_>) -> Vec<u8> {
        // Square tiles keep both the rows that are read and the rows that are written in the first-level cache.
        const TILE: usize = 32;
        let (wide, high) = if self.transpose { (grid.rows, grid.columns) } else { (grid.columns, grid.rows) };
        let mut out = vec![0; wide * high * N];
        for tile_y in (0..high).step_by(TILE) {
            for tile_x in (0..wide).step_by(TILE) {
                for y in tile_y..(tile_y + TILE).min(high) {
                    let v = if self.flip_y { high - 1 - y } else { y };
                    for x in tile_x..(tile_x + TILE).min(wide) {
                        let u = if self.flip_x { wide - 1 - x } else { x };
                        let (column, row) = if self.transpose { (v, u) } else { (u, v) };
                        let from = row * grid.stride + column * N;
                        let to = (y * wide + x) * N;
                        out[to..to + N].copy_from_slice(&grid.source[from..from + N]);
                    }
                }
            }
        }
        out
    }
}

struct Grid<'a> {
    source: &'a [u8],
    stride: usize,
    columns: usize,
    rows: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 2: `abc` over `def`, with a stride of 4.
    fn letters() -> CpuImage {
        CpuImage {
            size: Size::new(3, 2),
            format: PixelFormat::Gray { bits: 8 },
            color: ColorInfo::BT709,
            strides: [4, 0, 0],
            planes: Arc::new(vec![b"abc.def".to_vec()]),
            alpha: None,
        }
    }

    fn shown(orientation: Orientation) -> Vec<String> {
        let image = orientation.apply(letters());
        (0..image.size.height).map(|y| String::from_utf8_lossy(image.row(0, y)).into_owned()).collect()
    }

    #[test]
    fn the_eight_orientations() {
        for (transpose, flip_x, flip_y, rows) in [
            (false, false, false, vec!["abc", "def"]),
            (false, true, false, vec!["cba", "fed"]),
            (false, true, true, vec!["fed", "cba"]),
            (false, false, true, vec!["def", "abc"]),
            (true, false, false, vec!["ad", "be", "cf"]),
            (true, true, false, vec!["da", "eb", "fc"]),
            (true, true, true, vec!["fc", "eb", "da"]),
            (true, false, true, vec!["cf", "be", "ad"]),
        ] {
            assert_eq!(shown(Orientation { transpose, flip_x, flip_y }), rows);
        }
    }

    #[test]
    fn display_matrices_turn_as_players_turn() {
        const ONE: i32 = 1 << 16;
        let matrix = |a, b, c, d| Orientation::from_display_matrix(&[a, b, 0, c, d, 0, 0, 0, 1 << 30]);
        assert_eq!(matrix(ONE, 0, 0, ONE), Orientation::UPRIGHT);
        // A phone held upright: shown turned clockwise by a quarter.
        assert_eq!(shown(matrix(0, ONE, -ONE, 0)), ["da", "eb", "fc"]);
        assert_eq!(shown(matrix(-ONE, 0, 0, -ONE)), ["fed", "cba"]);
        assert_eq!(shown(matrix(0, -ONE, ONE, 0)), ["cf", "be", "ad"]);
        assert_eq!(shown(matrix(-ONE, 0, 0, ONE)), ["cba", "fed"]);
    }

    #[test]
    fn chroma_turns_with_luma_at_odd_sizes() {
        let size = Size::new(3, 5);
        let planes = vec![(0..15).collect::<Vec<u8>>(), (20..26).collect(), (30..36).collect()];
        let image = CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes);
        let turned = Orientation { transpose: true, flip_x: true, flip_y: false }.apply(image);
        assert_eq!(turned.size, Size::new(5, 3));
        assert_eq!(turned.row(0, 0), [12, 9, 6, 3, 0]);
        assert_eq!(turned.row(1, 0), [24, 22, 20]);
        assert_eq!(turned.row(2, 1), [35, 33, 31]);
    }
}
