//! Enlarging low maps and moving pictures along them, a row at a time.

use crate::frame::Size;

/// Bilinear enlargement of maps on the low grid to a picture, by rows.
pub(super) struct Enlarger {
    low: Size,
    ratio: [f32; 2],
    /// Low column to the left of each column, and how far beyond it the column lies; empty where the ratio is a small
    /// whole number.
    columns: Vec<(u32, f32)>,
    /// One row of the map, a pixel repeated at either end.
    row: Vec<f32>,
}

impl Enlarger {
    /// From `low` to `size`, where one low pixel is `ratio` pixels wide and high.
    pub fn new(low: Size, size: Size, ratio: [f32; 2]) -> Self {
        let whole = [1.0, 2.0, 3.0, 4.0].contains(&ratio[0]);
        let column = |x: u32| {
            let at = ((x as f32 + 0.5) / ratio[0] - 0.5).clamp(0.0, (low.width - 1) as f32);
            let left = at as u32;
            (left, at - left as f32)
        };
        let columns = if whole { Vec::new() } else { (0..size.width).map(column).collect() };
        Self { low, ratio, columns, row: vec![0.0; low.width as usize + 2] }
    }

    /// Row `y` of `map` enlarged and multiplied by `scale`.
    pub fn row(&mut self, map: &[f32], y: usize, scale: f32, out: &mut [f32]) {
        let width = self.low.width as usize;
        let last = self.low.height as usize - 1;
        let at = ((y as f32 + 0.5) / self.ratio[1] - 0.5).clamp(0.0, last as f32);
        let top = at as u32 as usize;
        let fraction = at - top as f32;
        let upper = &map[top * width..][..width];
        let lower = &map[(top + 1).min(last) * width..][..width];
        for ((value, a), b) in self.row[1..=width].iter_mut().zip(upper).zip(lower) {
            *value = (a + (b - a) * fraction) * scale;
        }
        self.row[0] = self.row[1];
        self.row[width + 1] = self.row[width];
        match self.ratio[0] as u32 {
            _ if !self.columns.is_empty() => {
                for (value, &(left, fraction)) in out.iter_mut().zip(&self.columns) {
                    let (a, b) = (self.row[left as usize + 1], self.row[left as usize + 2]);
                    *value = a + (b - a) * fraction;
                }
            }
            1 => out.copy_from_slice(&self.row[1..=width]),
            2 => repeat::<2>(&self.row, out),
            3 => repeat::<3>(&self.row, out),
            _ => repeat::<4>(&self.row, out),
        }
    }
}

/// Enlarges `row`, which has one pixel more at either end, `N` times: the same `N` weights for every low pixel.
fn repeat<const N: usize>(row: &[f32], out: &mut [f32]) {
    let weights: [[f32; 3]; N] = std::array::from_fn(|k| {
        let at = (k as f32 + 0.5) / N as f32 - 0.5;
        [(-at).max(0.0), 1.0 - at.abs(), at.max(0.0)]
    });
    let (groups, tail) = out.as_chunks_mut::<N>();
    let inner = row.iter().zip(&row[1..]).zip(&row[2..]);
    for (group, ((a, b), c)) in groups.iter_mut().zip(inner) {
        for (value, w) in group.iter_mut().zip(&weights) {
            *value = a * w[0] + b * w[1] + c * w[2];
        }
    }
    let end = &row[groups.len()..];
    for (value, w) in tail.iter_mut().zip(&weights) {
        *value = end[0] * w[0] + end[1] * w[1] + end[2] * w[2];
    }
}

/// Sub-pixel positions a warp tells apart.
const PHASES: usize = 64;

/// Moves pictures of four interleaved channels by Catmull-Rom interpolation (Keys 1981, a = -1/2): unlike bilinear it
/// keeps detail when repeated frame after frame.
pub(super) struct Warp {
    /// Weights of the pixels at -1, 0, 1 and 2 for each phase.
    weights: Vec<[f32; 4]>,
}

impl Warp {
    pub fn new() -> Self {
        let weights = (0..PHASES).map(|phase| catmull_rom(phase as f32 / PHASES as f32)).collect();
        Self { weights }
    }

    /// Row `y` of `picture`, each pixel taken from (`u`, `v`) pixels further on, to the nearest 64th, clamped to the
    /// picture. Pixels that do not move are copied exactly; those of no `weight` are left black.
    pub fn row(&self, picture: &Quads, y: usize, [u, v, weight]: [&[f32]; 3], out: &mut [[f32; 4]]) {
        let here = &picture.pixels[y * picture.width..][..picture.width];
        for (x, (((value, &u), &v), &weight)) in out.iter_mut().zip(u).zip(v).zip(weight).enumerate() {
            *value = if weight <= 0.0 {
                [0.0; 4]
            } else if u == 0.0 && v == 0.0 {
                here[x]
            } else {
                self.cubic(picture, x as f32 + u, y as f32 + v)
            };
        }
    }

    #[inline]
    fn cubic(&self, picture: &Quads, x: f32, y: f32) -> [f32; 4] {
        let (width, height) = (picture.width, picture.height);
        let phase = |at: f32, length: usize| {
            let position = (at.clamp(0.0, (length - 1) as f32) * PHASES as f32 + 0.5) as i32 as usize;
            (position / PHASES, &self.weights[position % PHASES])
        };
        let (left, wx) = phase(x, width);
        let (top, wy) = phase(y, height);
        let mut sum = [0.0; 4];
        if left >= 1 && top >= 1 && left + 3 <= width && top + 3 <= height {
            let taps = &picture.pixels[(top - 1) * width + left - 1..(top + 2) * width + left + 3];
            for (row, wy) in wy.iter().enumerate() {
                let taps = &taps[row * width..row * width + 4];
                for c in 0..4 {
                    let across = taps[0][c] * wx[0] + taps[1][c] * wx[1] + taps[2][c] * wx[2] + taps[3][c] * wx[3];
                    sum[c] += across * wy;
                }
            }
            return sum;
        }
        for (row, wy) in wy.iter().enumerate() {
            let y = (top + row).saturating_sub(1).min(height - 1);
            for (column, wx) in wx.iter().enumerate() {
                let x = (left + column).saturating_sub(1).min(width - 1);
                for (sum, value) in sum.iter_mut().zip(picture.pixels[y * width + x]) {
                    *sum += value * wx * wy;
                }
            }
        }
        sum
    }
}

/// Weights of the pixels at -1, 0, 1 and 2 for a value at `t` in 0..1.
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

/// A picture of four interleaved channels.
#[derive(Clone, Debug)]
pub(super) struct Quads {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[f32; 4]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_warped_exactly_inside_and_clamped_outside() {
        let pixels = (0..12 * 9).map(|i| [(i % 12) as f32, (i / 12) as f32, 7.0, 0.0]).collect();
        let picture = Quads { width: 12, height: 9, pixels };
        let mut row = [[0.0; 4]; 12];
        let warp = Warp::new();
        warp.row(&picture, 4, [&[0.25; 12], &[-1.625; 12], &[1.0; 12]], &mut row);
        for (x, pixel) in row.iter().enumerate().skip(2).take(7) {
            assert!((pixel[0] - (x as f32 + 0.25)).abs() < 1e-4 && (pixel[1] - 2.375).abs() < 1e-4);
        }
        warp.row(&picture, 4, [&[90.0; 12], &[90.0; 12], &[1.0; 12]], &mut row);
        assert!(row.iter().all(|p| (p[0] - 11.0).abs() < 1e-4 && (p[1] - 8.0).abs() < 1e-4));
    }

    #[test]
    fn enlarging_by_whole_numbers_is_the_general_case() {
        let low = Size::new(7, 3);
        let map: Vec<f32> = (0..21).map(|i| ((i * 37) % 11) as f32).collect();
        for ratio in [1.0, 2.0, 3.0, 4.0] {
            let size = Size::new(7 * ratio as u32 - u32::from(ratio > 1.0), 3 * ratio as u32);
            let mut whole = Enlarger::new(low, size, [ratio; 2]);
            // Just beyond a whole number: takes the general path, gives nearly the same.
            let mut general = Enlarger::new(low, size, [ratio + 1e-5; 2]);
            let (mut a, mut b) = (vec![0.0; size.width as usize], vec![0.0; size.width as usize]);
            for y in 0..size.height as usize {
                whole.row(&map, y, 2.0, &mut a);
                general.row(&map, y, 2.0, &mut b);
                assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-2), "{ratio}: {a:?} {b:?}");
            }
        }
    }
}
