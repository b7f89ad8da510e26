//! Enlarging low maps and moving full pictures along them, a row at a time.

use crate::frame::Size;

/// Bilinear enlargement of maps on the low grid to a picture, by rows.
pub(super) struct Enlarger {
    low: Size,
    ratio: [f32; 2],
    columns: Vec<(u32, f32)>,
    row: Vec<f32>,
}

impl Enlarger {
    /// From `low` to `size`, where one low pixel is `ratio` pixels wide and high.
    pub fn new(low: Size, size: Size, ratio: [f32; 2]) -> Self {
        let columns = (0..size.width)
            .map(|x| {
                let at = ((x as f32 + 0.5) / ratio[0] - 0.5).clamp(0.0, (low.width - 1) as f32);
                let left = (at as u32).min(low.width.saturating_sub(2));
                (left, at - left as f32)
            })
            .collect();
        Self { low, ratio, columns, row: vec![0.0; low.width as usize + 1] }
    }

    /// Row `y` of `map` enlarged and multiplied by `scale`.
    pub fn row(&mut self, map: &[f32], y: usize, scale: f32, out: &mut [f32]) {
        let width = self.low.width as usize;
        let last = self.low.height as usize - 1;
        let at = ((y as f32 + 0.5) / self.ratio[1] - 0.5).clamp(0.0, last as f32);
        let top = at as usize;
        let fraction = at - top as f32;
        let upper = &map[top * width..][..width];
        let lower = &map[(top + 1).min(last) * width..][..width];
        for ((value, a), b) in self.row.iter_mut().zip(upper).zip(lower) {
            *value = (a + (b - a) * fraction) * scale;
        }
        self.row[width] = self.row[width - 1];
        for (value, &(left, fraction)) in out.iter_mut().zip(&self.columns) {
            let (a, b) = (self.row[left as usize], self.row[left as usize + 1]);
            *value = a + (b - a) * fraction;
        }
    }
}

/// A picture of four interleaved channels.
#[derive(Clone, Debug)]
pub(super) struct Quads {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[f32; 4]>,
}

impl Quads {
    /// Black.
    pub fn new(size: Size) -> Self {
        let (width, height) = (size.width as usize, size.height as usize);
        Self { width, height, pixels: vec![[0.0; 4]; width * height] }
    }

    /// Row `y`, each pixel taken from (`u`, `v`) pixels further on, Catmull-Rom (Keys 1981, a = -1/2): unlike bilinear it
    /// keeps detail when repeated frame after frame. Pixels that do not move are copied exactly.
    pub fn warped_row(&self, y: usize, u: &[f32], v: &[f32], out: &mut [[f32; 4]]) {
        let here = &self.pixels[y * self.width..][..self.width];
        for (x, ((value, &u), &v)) in out.iter_mut().zip(u).zip(v).enumerate() {
            *value = if u == 0.0 && v == 0.0 { here[x] } else { self.cubic(x as f32 + u, y as f32 + v) };
        }
    }

    fn cubic(&self, x: f32, y: f32) -> [f32; 4] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let wx = catmull_rom(x - left as f32);
        let wy = catmull_rom(y - top as f32);
        let mut sum = [0.0; 4];
        if left >= 1 && top >= 1 && left + 3 <= self.width && top + 3 <= self.height {
            for (row, wy) in wy.into_iter().enumerate() {
                let taps = &self.pixels[(top - 1 + row) * self.width + left - 1..][..4];
                for c in 0..4 {
                    let across = taps[0][c] * wx[0] + taps[1][c] * wx[1] + taps[2][c] * wx[2] + taps[3][c] * wx[3];
                    sum[c] += across * wy;
                }
            }
            return sum;
        }
        for (row, wy) in wy.into_iter().enumerate() {
            let y = (top + row).saturating_sub(1).min(self.height - 1);
            for (column, wx) in wx.into_iter().enumerate() {
                let x = (left + column).saturating_sub(1).min(self.width - 1);
                for (sum, value) in sum.iter_mut().zip(self.pixels[y * self.width + x]) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_warped_exactly_inside_and_clamped_outside() {
        let mut picture = Quads::new(Size::new(12, 9));
        for (i, pixel) in picture.pixels.iter_mut().enumerate() {
            *pixel = [(i % 12) as f32, (i / 12) as f32, 7.0, 0.0];
        }
        let mut row = [[0.0; 4]; 12];
        picture.warped_row(4, &[0.3; 12], &[-1.6; 12], &mut row);
        for (x, pixel) in row.iter().enumerate().skip(2).take(7) {
            assert!((pixel[0] - (x as f32 + 0.3)).abs() < 1e-4 && (pixel[1] - 2.4).abs() < 1e-4);
        }
        picture.warped_row(4, &[90.0; 12], &[90.0; 12], &mut row);
        assert!(
            row.iter().all(|p| (p[0] - 11.0).abs() < 1e-4 && (p[1] - 8.0).abs() < 1e-4 && (p[2] - 7.0).abs() < 1e-4)
        );
    }

    #[test]
    fn enlarging_keeps_a_ramp_and_its_scale() {
        let low = Size::new(8, 4);
        let map: Vec<f32> = (0..32).map(|i| (i % 8) as f32).collect();
        let mut enlarger = Enlarger::new(low, Size::new(16, 8), [2.0, 2.0]);
        let mut row = [0.0; 16];
        enlarger.row(&map, 5, 2.0, &mut row);
        assert_eq!(&row[..4], &[0.0, 0.5, 1.5, 2.5]);
        assert_eq!(row[15], 14.0);
    }
}
