//! Motion as the shaders see it.

use super::Size;
use half::f16;

/// What moved since the previous frame, on a coarse grid over the picture: small enough for a texture a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Columns and rows of the grid.
    pub size: Size,
    /// Part of the grid's width and height that the picture fills, 0..=1: multiply picture coordinates by it to sample
    /// the grid. Below 1 where the last column or row reaches beyond the picture.
    pub fill: [f32; 2],
    /// Per cell, rows packed:
    ///
    /// * x, y: where this was in the previous frame, relative to here, in picture widths (to the right) and heights
    ///   (down).
    /// * z: confidence in that, 0 (hidden before, or not found) ..= 1.
    /// * w: stillness, 0 (something changed) ..= 1 (neither moved nor changed by more than noise).
    pub cells: Vec<[f16; 4]>,
    /// How the light has changed since the previous frame, per block of [`BLOCK`](Self::BLOCK) cells each way, as
    /// [`blocks`](Self::blocks) says, rows packed: R', G', B' in -1..=1 of full scale, and 0.
    pub light: Vec<[f16; 4]>,
    /// Standard deviation of the small picture's noise, 0..=1 of full scale.
    pub noise: f32,
}

impl Motion {
    /// The most lines that motion is found on.
    const LINES: u32 = 200;
    /// Edge of a block of light in cells.
    pub const BLOCK: u32 = 12;

    /// Pixels of a small picture of `size` per cell, each way: the whole number that leaves at most 200 lines of cells.
    #[must_use]
    pub const fn factor(size: Size) -> u32 {
        let factor = size.height.div_ceil(Self::LINES);
        if factor == 0 { 1 } else { factor }
    }

    /// The grid of a small picture of `size`; the last column and row may be partial.
    #[must_use]
    pub const fn grid(size: Size) -> Size {
        let factor = Self::factor(size);
        Size::new(size.width.div_ceil(factor), size.height.div_ceil(factor))
    }

    /// Blocks of light across and down a grid of `grid` cells; the last column and row may be partial.
    #[must_use]
    pub const fn blocks(grid: Size) -> Size {
        Size::new(grid.width.div_ceil(Self::BLOCK), grid.height.div_ceil(Self::BLOCK))
    }
}
