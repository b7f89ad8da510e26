//! The canvas that drawings are made on: brush strokes in every direction, of which [`Strokes`](super::strokes) shows some.
//!
//! A [`Canvas`] is a tile that repeats, once for each of eight directions: the same dabs of a brush (Haeberli 1990), turned.
//! Dabs are of three sizes, each in a colour of its own: a little lighter or darker, warmer or colder, rosier or
//! greener than the paint, as of a brush that was dipped into another corner of the palette ("broken colour").

use std::sync::OnceLock;
use tch::{Device, Kind, TchError, Tensor};

/// Directions of strokes, evenly over half a turn.
pub(super) const DIRECTIONS: i64 = 8;
/// Lightness, warmth and rosiness.
pub(super) const CHANNELS: i64 = 3;
/// Side of the tile.
const TILE: usize = 256;
/// The brushes.
const BRUSHES: [Brush; 3] = [
    Brush { along: 7.0, across: 1.5, reach: 18, strength: 0.72 },
    Brush { along: 4.5, across: 0.9, reach: 12, strength: 0.48 },
    Brush { along: 14.0, across: 3.0, reach: 36, strength: 0.48 },
];
/// Dabs of a brush that lie upon each other at a place, on average.
const DEPTH: f32 = 2.0;

/// See the module.
#[derive(Debug)]
pub struct Canvas {
    tile: Tile,
}

/// A part of a canvas to draw a picture on.
#[derive(Debug)]
pub struct Page {
    tile: Tile,
    /// Height and width.
    pub(super) size: [i64; 2],
    /// Where on the canvas it begins, down and right.
    origin: [i64; 2],
}

/// Strokes in every direction, which repeat.
#[derive(Debug)]
struct Tile {
    /// [`CHANNELS`] x [`DIRECTIONS`] x side x side.
    strokes: Tensor,
    /// The same, row by row.
    pixels: &'static [Pixel],
    side: i64,
}

/// A number for each direction.
pub(super) type Shares = [f32; DIRECTIONS as usize];
/// How light, warm and rosy the strokes are that a pixel has.
pub(super) type Pixel = [Shares; CHANNELS as usize];

impl Tile {
    fn new(pixels: &'static [Pixel], device: Device) -> Result<Self, TchError> {
        let side = pixels.len().isqrt() as i64;
        let numbers = Tensor::f_from_slice(pixels.as_flattened().as_flattened())?;
        let strokes = numbers.f_view([side, side, CHANNELS, DIRECTIONS])?.f_permute([2, 3, 0, 1])?;
        Ok(Self { strokes: strokes.f_contiguous()?.f_to_device(device)?, pixels, side })
    }
}

impl Canvas {
    /// The canvas, the same every time, on `device`.
    ///
    /// # Errors
    /// libtorch's, as everywhere here.
    pub fn new(device: Device) -> Result<Self, TchError> {
        static MADE: OnceLock<Vec<Pixel>> = OnceLock::new();
        Ok(Self { tile: Tile::new(MADE.get_or_init(pixels), device)? })
    }

    /// The page of `size` (height, width) that begins at `origin` (down, right), for the canvas has no end.
    #[must_use]
    pub fn page(&self, size: [i64; 2], origin: [i64; 2]) -> Page {
        let Tile { strokes, pixels, side } = &self.tile;
        Page { tile: Tile { strokes: strokes.shallow_clone(), pixels, side: *side }, size, origin }
    }
}

impl Page {
    /// One of `size` (height, width) without strokes.
    ///
    /// # Errors
    /// libtorch's.
    pub fn blank(size: [i64; 2], device: Device) -> Result<Self, TchError> {
        const NONE: &[Pixel] = &[[[0.0; DIRECTIONS as usize]; CHANNELS as usize]];
        Ok(Self { tile: Tile::new(NONE, device)?, size, origin: [0, 0] })
    }

    /// Of deviation about 1, [`CHANNELS`] x [`DIRECTIONS`] x H x W.
    ///
    /// # Errors
    /// libtorch's.
    pub(super) fn strokes(&self) -> Result<Tensor, TchError> {
        part(&self.tile.strokes, self.size, self.origin)
    }

    /// The same of one of its rows, pixel by pixel.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &'static Pixel> {
        let Tile { pixels, side, .. } = self.tile;
        let side = side as usize;
        let [top, left] = self.origin.map(|place| place as usize % side);
        pixels[(top + row) % side * side..][..side].iter().cycle().skip(left)
    }
}

/// What lies at `origin` (down, right) of `tile` (A x B x side x side), which repeats: A x B x `size`.
fn part(tile: &Tensor, size: [i64; 2], origin: [i64; 2]) -> Result<Tensor, TchError> {
    let places = |dim: usize| {
        let places = Tensor::f_arange(size[dim], (Kind::Int64, tile.device()))? + origin[dim];
        places.f_remainder(tile.size()[2 + dim])
    };
    tile.f_index_select(2, &places(0)?)?.f_index_select(3, &places(1)?)
}

/// The tile's pixels, row by row.
fn pixels() -> Vec<Pixel> {
    let mut chance = Chance(0);
    let brushes = BRUSHES.map(|brush| (brush.dabs(&mut chance), brush));
    let mut pixels = vec![Pixel::default(); TILE * TILE];
    for direction in 0..DIRECTIONS as usize {
        let mut all = vec![Color::default(); TILE * TILE];
        for (dabs, brush) in &brushes {
            let shape = brush.shape(std::f32::consts::PI * direction as f32 / DIRECTIONS as f32);
            let mut own = vec![Color::default(); TILE * TILE];
            dabs.iter().for_each(|dab| dab.put(&shape, brush.reach, &mut own));
            even(&mut own, brush.strength);
            all.iter_mut().zip(own).for_each(|(all, own)| *all = std::array::from_fn(|i| all[i] + own[i]));
        }
        even(&mut all, 1.0);
        for (pixel, color) in pixels.iter_mut().zip(all) {
            pixel.iter_mut().zip(color).for_each(|(channel, level)| channel[direction] = level);
        }
    }
    pixels
}

/// How light, warm and rosy.
type Color = [f32; CHANNELS as usize];

/// What dabs are made with.
struct Brush {
    /// Deviations of a dab along and across, in pixels.
    along: f32,
    across: f32,
    /// Places from the middle of the square that holds a dab to its border.
    reach: usize,
    /// Deviation of its strokes, beside those of the others.
    strength: f32,
}

impl Brush {
    /// Those of a tile.
    fn dabs(&self, chance: &mut Chance) -> Vec<Dab> {
        let count = DEPTH * (TILE * TILE) as f32 / (std::f32::consts::TAU * self.along * self.across);
        (0..count as usize).map(|_| Dab::any(chance)).collect()
    }

    /// How much a dab at `angle` (radians, clockwise from rightwards) covers around its middle, row by row.
    fn shape(&self, angle: f32) -> Vec<f32> {
        let side = 2 * self.reach + 1;
        let (sine, cosine) = angle.sin_cos();
        let covered = |i: usize| {
            let (x, y) = ((i % side) as f32 - self.reach as f32, (i / side) as f32 - self.reach as f32);
            let (along, across) = (x * cosine + y * sine, y * cosine - x * sine);
            (-0.5 * ((along / self.along).powi(2) + (across / self.across).powi(2))).exp()
        };
        (0..side * side).map(covered).collect()
    }
}

/// One touch of a brush.
struct Dab {
    x: usize,
    y: usize,
    /// -1..=1 each.
    color: Color,
}

impl Dab {
    fn any(chance: &mut Chance) -> Self {
        let [x, y] = [0; 2].map(|_| chance.next() as usize % TILE);
        Self { x, y, color: Color::default().map(|_| 2.0 * chance.part() - 1.0) }
    }

    fn put(&self, shape: &[f32], reach: usize, tile: &mut [Color]) {
        for (row, shape) in shape.chunks_exact(2 * reach + 1).enumerate() {
            let start = (self.y + TILE + row - reach) % TILE * TILE;
            for (column, covered) in shape.iter().enumerate() {
                let pixel = &mut tile[start + (self.x + TILE + column - reach) % TILE];
                pixel.iter_mut().zip(self.color).for_each(|(level, color)| *level += color * covered);
            }
        }
    }
}

/// Gives each channel mean 0 and that `deviation`.
fn even(tile: &mut [Color], deviation: f32) {
    let pixels = tile.len() as f32;
    for channel in 0..CHANNELS as usize {
        let mean = tile.iter().map(|color| color[channel]).sum::<f32>() / pixels;
        let found = (tile.iter().map(|color| (color[channel] - mean).powi(2)).sum::<f32>() / pixels).sqrt();
        tile.iter_mut().for_each(|color| color[channel] = (color[channel] - mean) * (deviation / found));
    }
}

/// SplitMix64 (Steele et al. 2014): the same strokes with every release of every library.
struct Chance(u64);

impl Chance {
    /// 24 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 40
    }

    /// 0..1.
    fn part(&mut self) -> f32 {
        self.next() as f32 / (1_u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas() -> Canvas {
        Canvas::new(Device::Cpu).unwrap()
    }

    #[test]
    fn a_page_is_a_part_of_an_endless_canvas() {
        let canvas = canvas();
        let whole = canvas.page([300, 520], [0, 0]);
        let strokes = whole.strokes().unwrap();
        assert_eq!(strokes.size(), [CHANNELS, DIRECTIONS, 300, 520]);
        assert!(strokes.narrow(3, 0, 200).equal(&strokes.narrow(3, TILE as i64, 200)));
        let part = canvas.page([40, 60], [8, 252]);
        assert!(part.strokes().unwrap().equal(&strokes.narrow(2, 8, 40).narrow(3, 252, 60)));
    }

    #[test]
    fn every_channel_is_as_strong_and_goes_its_own_way() {
        let strokes = canvas().page([TILE as i64; 2], [0, 0]).strokes().unwrap();
        for direction in 0..DIRECTIONS {
            let [light, warm, rosy] = [0, 1, 2].map(|channel| strokes.narrow(0, channel, 1).narrow(1, direction, 1));
            for channel in [&light, &warm, &rosy] {
                let (mean, deviation) = (channel.mean(Kind::Float), channel.std(true));
                assert!(mean.abs().double_value(&[]) < 1e-3 && (deviation - 1.0).abs().double_value(&[]) < 1e-3);
            }
            for (a, b) in [(&light, &warm), (&warm, &rosy), (&rosy, &light)] {
                let alike = (a * b).mean(Kind::Float).double_value(&[]);
                assert!(alike.abs() < 0.2, "{direction}: {alike}");
            }
        }
    }

    #[test]
    fn the_canvas_has_no_seams() {
        let whole = canvas().page([2 * TILE as i64, 8], [0, 0]);
        let (map, n) = (whole.strokes().unwrap(), 2 * TILE as i64);
        let steps = (map.narrow(2, 1, n - 1) - map.narrow(2, 0, n - 1)).abs();
        let seam = steps.narrow(2, TILE as i64 - 1, 1).max().double_value(&[]);
        let most = steps.max().double_value(&[]);
        assert!(seam < 0.9 * most, "{seam} of {most}");
    }
}
