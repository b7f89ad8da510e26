//! One channel of `f32` with a replicated border, and the low picture made of such.

use super::flow::Flow;
use crate::frame::{Motion, Size, SmallRgb};

/// Columns and rows beyond the picture that can be read, filled with the nearest pixel.
pub(super) const PAD: usize = 16;

/// One channel with [`PAD`] replicated pixels all round, so that inner loops need no clamping.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub stride: usize,
    data: Vec<f32>,
}

impl Plane {
    /// A plane whose rows `fill` writes; the border follows.
    pub fn build(width: usize, height: usize, mut fill: impl FnMut(usize, &mut [f32])) -> Self {
        let stride = width + 2 * PAD;
        let mut data = vec![0.0; stride * (height + 2 * PAD)];
        for y in 0..height {
            let row = &mut data[(y + PAD) * stride..][..stride];
            fill(y, &mut row[PAD..PAD + width]);
            let (first, last) = (row[PAD], row[PAD + width - 1]);
            row[..PAD].fill(first);
            row[PAD + width..].fill(last);
        }
        for y in 0..PAD {
            data.copy_within(PAD * stride..(PAD + 1) * stride, y * stride);
            data.copy_within((PAD + height - 1) * stride..(PAD + height) * stride, (PAD + height + y) * stride);
        }
        Self { width, height, stride, data }
    }

    /// Pixels of row `y`, without the border.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.data[(y + PAD) * self.stride + PAD..][..self.width]
    }

    /// `count` pixels from (`x`, `y`) on, which may lie in the border.
    pub fn span(&self, x: isize, y: isize, count: usize) -> &[f32] {
        let start = (y + PAD as isize) as usize * self.stride + (x + PAD as isize) as usize;
        &self.data[start..start + count]
    }

    /// Half the size, each pixel the mean of two by two.
    pub fn halved(&self) -> Self {
        Self::build(self.width.div_ceil(2), self.height.div_ceil(2), |y, out| {
            let upper = self.span(0, 2 * y as isize, out.len() * 2);
            let lower = self.span(0, 2 * y as isize + 1, out.len() * 2);
            for ((value, a), b) in out.iter_mut().zip(upper.chunks_exact(2)).zip(lower.chunks_exact(2)) {
                *value = (a[0] + a[1] + b[0] + b[1]) * 0.25;
            }
        })
    }
}

/// `x`, at least -[`PAD`], as a whole number and what is above it: `floor` without a library call.
#[inline]
pub(super) fn split(x: f32) -> (isize, f32) {
    let whole = (x + PAD as f32) as i32 - PAD as i32;
    (whole as isize, x - whole as f32)
}

/// The low picture that motion is found in: luma and the three channels, `factor` times smaller than the small picture.
#[derive(Clone, Debug)]
pub(super) struct Low {
    /// Small-picture pixels per low pixel, each way.
    pub factor: usize,
    /// Red, green, blue, 0..=255.
    pub rgb: [Plane; 3],
    /// BT.709 luma of the gamma-encoded channels, 0..=255.
    pub luma: Plane,
}

/// BT.709 luma of gamma-encoded channels.
#[inline(always)]
pub(super) fn luma(r: f32, g: f32, b: f32) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

impl Low {
    /// Box average of `small`; partial boxes at the right and bottom average what is there.
    pub fn new(small: &SmallRgb) -> Self {
        Self::reduced(small, Motion::factor(small.size) as usize)
    }

    /// Box average over `factor` pixels each way.
    pub fn reduced(small: &SmallRgb, factor: usize) -> Self {
        let (width, height) = (small.size.width as usize, small.size.height as usize);
        let (low_width, low_height) = (width.div_ceil(factor), height.div_ceil(factor));
        let mut column = vec![0.0f32; low_width * factor];
        let rgb = small.channels().map(|plane| {
            Plane::build(low_width, low_height, |y, out| {
                let rows = (height - y * factor).min(factor);
                column.fill(0.0);
                for row in 0..rows {
                    let source = &plane[(y * factor + row) * width..][..width];
                    for (sum, value) in column.iter_mut().zip(source) {
                        *sum += value;
                    }
                }
                // Missing columns repeat the last one.
                let last = column[width - 1];
                column[width..].fill(last);
                let scale = 255.0 / (rows * factor) as f32;
                box_columns(&column, factor, scale, out);
            })
        });
        let luma = Plane::build(low_width, low_height, |y, out| {
            let (r, g, b) = (rgb[0].row(y), rgb[1].row(y), rgb[2].row(y));
            for (((value, r), g), b) in out.iter_mut().zip(r).zip(g).zip(b) {
                *value = luma(*r, *g, *b);
            }
        });
        Self { factor, rgb, luma }
    }

    /// The three channels, each pixel taken bilinearly from where `flow` leads, clamped to the border.
    pub fn warped(&self, flow: &Flow) -> [Vec<f32>; 3] {
        let (width, stride) = (self.luma.width, self.luma.stride);
        let mut warped: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; flow.u.len()]);
        for y in 0..self.luma.height {
            for x in 0..width {
                let index = y * width + x;
                let (left, fx) = split((x as f32 + flow.u[index]).clamp(-1.0, width as f32));
                let (top, fy) = split((y as f32 + flow.v[index]).clamp(-1.0, self.luma.height as f32));
                let start = (top + PAD as isize) as usize * stride + (left + PAD as isize) as usize;
                for (plane, out) in self.rgb.iter().zip(&mut warped) {
                    let upper = &plane.data[start..start + 2];
                    let lower = &plane.data[start + stride..start + stride + 2];
                    let a = upper[0] + (upper[1] - upper[0]) * fx;
                    let b = lower[0] + (lower[1] - lower[0]) * fx;
                    out[index] = a + (b - a) * fy;
                }
            }
        }
        warped
    }

    /// Luma slope in levels a low pixel, averaged over three by three pixels, rows packed.
    pub fn steepness(&self) -> Vec<f32> {
        let width = self.luma.width;
        let mut map = vec![0.0; width * self.luma.height];
        for (y, out) in map.chunks_exact_mut(width).enumerate() {
            let y = y as isize;
            let here = self.luma.span(-1, y, width + 2);
            let across = here.iter().zip(&here[2..]);
            let down = self.luma.span(0, y - 1, width).iter().zip(self.luma.span(0, y + 1, width));
            for ((value, (left, right)), (above, below)) in out.iter_mut().zip(across).zip(down) {
                *value = 0.5 * most((right - left).abs(), (below - above).abs());
            }
        }
        blur3(&mut map, width, &mut Vec::new());
        map
    }

    /// Size in pixels.
    pub fn size(&self) -> Size {
        Size::new(self.luma.width as u32, self.luma.height as u32)
    }
}

/// Sums of `factor` neighbours times `scale`.
fn box_columns(column: &[f32], factor: usize, scale: f32, out: &mut [f32]) {
    match factor {
        1 => out.iter_mut().zip(column).for_each(|(o, c)| *o = c * scale),
        2 => out.iter_mut().zip(column.chunks_exact(2)).for_each(|(o, c)| *o = (c[0] + c[1]) * scale),
        _ => out.iter_mut().zip(column.chunks_exact(factor)).for_each(|(o, c)| *o = c.iter().sum::<f32>() * scale),
    }
}

/// Mean of the three by three neighbourhood, the border replicated. `map` is `width` wide.
pub(super) fn blur3(map: &mut [f32], width: usize, scratch: &mut Vec<f32>) {
    spread3(map, width, scratch, |a, b, c| (a + b + c) * (1.0 / 3.0));
}

/// Least of the three by three neighbourhood. `map` is `width` wide.
pub(super) fn erode3(map: &mut [f32], width: usize, scratch: &mut Vec<f32>) {
    spread3(map, width, scratch, |a, b, c| least(least(a, b), c));
}

/// The lesser; unlike `f32::min` one instruction, as there is no NaN to look for.
#[inline(always)]
pub(super) fn least(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The greater; see [`least`].
#[inline(always)]
pub(super) fn most(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Applies a symmetric three-tap `op` along rows, then along columns.
fn spread3(map: &mut [f32], width: usize, scratch: &mut Vec<f32>, op: impl Fn(f32, f32, f32) -> f32 + Copy) {
    let height = map.len() / width.max(1);
    if width < 2 || height < 2 {
        return;
    }
    scratch.resize(map.len(), 0.0);
    for (row, out) in map.chunks_exact(width).zip(scratch.chunks_exact_mut(width)) {
        let inner = row.iter().zip(&row[1..]).zip(&row[2..]);
        for (value, ((a, b), c)) in out[1..].iter_mut().zip(inner) {
            *value = op(*a, *b, *c);
        }
        out[0] = op(row[0], row[0], row[1]);
        out[width - 1] = op(row[width - 2], row[width - 1], row[width - 1]);
    }
    for (y, out) in map.chunks_exact_mut(width).enumerate() {
        let above = &scratch[y.saturating_sub(1) * width..][..width];
        let here = &scratch[y * width..][..width];
        let below = &scratch[(y + 1).min(height - 1) * width..][..width];
        for (((value, a), b), c) in out.iter_mut().zip(above).zip(here).zip(below) {
            *value = op(*a, *b, *c);
        }
    }
}

/// 0 up to `low`, 1 from `high` on, smooth (cubic) between.
pub(super) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = least(most((value - low) / (high - low), 0.0), 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_picture_averages_boxes_and_repeats_the_last_column() {
        let size = Size::new(5, 401);
        let planes = (0..3 * size.pixels()).map(|i| (i % 5) as f32 * 50.0 / 255.0).collect();
        let low = Low::new(&SmallRgb { size, planes });
        assert_eq!((low.factor, low.size()), (3, Size::new(2, 134)));
        for (value, expected) in low.rgb[1].row(133).iter().zip([50.0, (150.0 + 200.0 + 200.0) / 3.0]) {
            assert!((value - expected).abs() < 1e-3, "{value} is not {expected}");
        }
    }

    #[test]
    fn warped_pictures_are_bilinear_and_clamp_outside() {
        let size = Size::new(3, 2);
        let planes = (0..18).map(|i| ((i % 6) / 3 * 10 + i % 3) as f32 / 255.0).collect();
        let low = Low::new(&SmallRgb { size, planes });
        let warp = |u, v| low.warped(&Flow { size, u: vec![u; 6], v: vec![v; 6] })[0][0];
        assert!((warp(0.5, 0.5) - 5.5).abs() < 1e-4);
        assert!(warp(-40.0, -40.0).abs() < 1e-4);
        assert!((warp(40.0, 40.0) - 12.0).abs() < 1e-4);
    }

    #[test]
    fn erosion_takes_the_least_neighbour() {
        let mut map = vec![1.0; 5 * 4];
        map[5 + 1] = 0.0;
        erode3(&mut map, 5, &mut Vec::new());
        let zeros: Vec<usize> = (0..20).filter(|&i| map[i] == 0.0).collect();
        assert_eq!(zeros, [0, 1, 2, 5, 6, 7, 10, 11, 12]);
    }
}
