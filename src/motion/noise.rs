//! How noisy the camera and the codec are, measured on the fly where nothing moves.

use super::flow::Flow;
use super::plane::{Low, Plane, blur3, most};
use crate::frame::{Size, SmallRgb};

/// Luma bins with a noise level each: sensors are noisier in the dark, codecs in the middle.
pub(super) const BINS: usize = 8;
/// Levels (of 255) a histogram slot stands for, and how many slots there are.
const SLOT: f32 = 0.125;
const SLOTS: usize = 256;
/// Fewer pixels than this tell nothing.
const ENOUGH: u32 = 60;
/// Below this no noise is believed: an 8-bit picture is never better.
const FLOOR: f32 = 0.4;
/// Below this no guess is believed: codecs leave more than that in low pixels.
const LEAST_GUESS: f32 = 0.7;

/// Standard deviation of the noise of one picture, in levels of 255.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Noise {
    fine: [Option<f32>; BINS],
    all: Option<f32>,
    coarse: Option<f32>,
}

impl Noise {
    /// Pixel by pixel, at luma `luma` (0..=255).
    pub fn fine(&self, luma: f32) -> f32 {
        self.fine[bin(luma)].or(self.all).unwrap_or(0.0).max(FLOOR)
    }

    /// Pixel by pixel, at any luma.
    pub fn overall(&self) -> f32 {
        self.all.unwrap_or(0.0).max(FLOOR)
    }

    /// Of the mean over a neighbourhood of three by three low pixels.
    pub fn coarse(&self) -> f32 {
        self.coarse.unwrap_or(0.0).max(FLOOR)
    }

    /// Learns from two successive pictures. Rises at once, falls slowly, so that a codec's quiet frames do not hide its
    /// noisy ones.
    pub fn learn(&mut self, difference: &LocalDifference, luma: &[f32], flow: &Flow) {
        let mut fine = vec![[0u32; SLOTS]; BINS];
        let mut coarse = [0u32; SLOTS];
        let slot = |value: f32| ((value * (1.0 / SLOT)) as i32 as usize).min(SLOTS - 1);
        for (index, luma) in luma.iter().enumerate() {
            if flow.u[index] == 0.0 && flow.v[index] == 0.0 {
                fine[bin(*luma)][slot(difference.fine[index])] += 1;
                coarse[slot(difference.coarse[index])] += 1;
            }
        }
        let mut all = [0u32; SLOTS];
        for counts in &fine {
            all.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        // Two noisy pictures differ by sqrt(2) of the noise of one; 0.6745 is the median of |x|, x standard normal.
        let two = std::f32::consts::SQRT_2;
        for (level, counts) in self.fine.iter_mut().zip(&fine) {
            follow(level, quantile(counts, 0.4).map(|q| q / two));
        }
        follow(&mut self.all, quantile(&all, 0.4).map(|q| q / two));
        follow(&mut self.coarse, quantile(&coarse, 0.5).map(|q| q / (two * 0.6745)));
    }
}

fn bin(luma: f32) -> usize {
    ((luma * (BINS as f32 / 256.0)) as i32 as usize).min(BINS - 1)
}

fn follow(level: &mut Option<f32>, measured: Option<f32>) {
    *level = match (*level, measured) {
        (Some(level), Some(measured)) => {
            let rate = if measured > level { 0.5 } else { 0.04 };
            Some(level + (measured - level) * rate)
        }
        (level, measured) => measured.or(level),
    };
}

/// Value below which `part` of the counted values lie.
fn quantile(counts: &[u32; SLOTS], part: f32) -> Option<f32> {
    let total: u32 = counts.iter().sum();
    if total < ENOUGH {
        return None;
    }
    let target = total as f32 * part;
    let mut below = 0.0;
    for (slot, &count) in counts.iter().enumerate() {
        let count = count as f32;
        if below + count >= target && count > 0.0 {
            return Some((slot as f32 + (target - below) / count) * SLOT);
        }
        below += count;
    }
    None
}

/// Standard deviation of a low pixel's luma noise, levels of 255, guessed from two pictures alone, before any motion is
/// known: the lesser of what they differ by (too much where things move) and of one and a half times what the flattest parts of `now`
/// vary by (Immerkær 1996; too much where all is texture).
pub(super) fn guess(now: &Plane, before: &Plane) -> f32 {
    let mut between = [0u32; SLOTS];
    let mut within = [0u32; SLOTS];
    let slot = |value: f32| ((value * (1.0 / SLOT)) as i32 as usize).min(SLOTS - 1);
    let width = now.width;
    for y in 0..now.height {
        for (a, b) in now.row(y).iter().zip(before.row(y)) {
            between[slot((a - b).abs())] += 1;
        }
    }
    let block = 8;
    for y in (0..now.height.saturating_sub(block - 1)).step_by(block) {
        for x in (0..width.saturating_sub(block - 1)).step_by(block) {
            let mut sum = 0.0;
            for row in y..y + block {
                let [above, here, below] = [-1, 0, 1].map(|dy| now.span(x as isize - 1, row as isize + dy, block + 2));
                for i in 1..=block {
                    let corners = above[i - 1] + above[i + 1] + below[i - 1] + below[i + 1];
                    let sides = above[i] + below[i] + here[i - 1] + here[i + 1];
                    sum += (corners - 2.0 * sides + 4.0 * here[i]).abs();
                }
            }
            // The mean of |x| is sqrt(2/pi) of its deviation; the mask's weights have norm 6.
            within[slot(sum / (block * block) as f32 * (std::f32::consts::FRAC_PI_2.sqrt() / 6.0))] += 1;
        }
    }
    let between = quantile(&between, 0.5).map(|q| q / (std::f32::consts::SQRT_2 * 0.6745));
    let within = quantile(&within, 0.2);
    // A codec leaves less within a picture than between two.
    between.unwrap_or(0.0).min(1.5 * within.unwrap_or(f32::MAX)).max(LEAST_GUESS)
}

/// How two small pictures differ around each low pixel, split into what varies from pixel to pixel and what does not.
#[derive(Clone, Debug, Default)]
pub(super) struct LocalDifference {
    /// Root mean square over the channels of the difference less its local mean, levels of 255.
    pub fine: Vec<f32>,
    /// Root mean square over the channels of the local mean of the difference, levels of 255.
    pub coarse: Vec<f32>,
    /// Means of the differences of R, G and B and of the sum of their squares.
    moments: [Vec<f32>; 4],
    scratch: Vec<f32>,
}

impl LocalDifference {
    /// Compares two small pictures over the low grid of `low`.
    pub fn compare(&mut self, now: &SmallRgb, before: &SmallRgb, low: &Low) {
        let grid = low.size();
        for map in &mut self.moments {
            map.clear();
            map.resize(grid.pixels(), 0.0);
        }
        match low.factor {
            1 => self.add::<1>(now, before, grid),
            2 => self.add::<2>(now, before, grid),
            3 => self.add::<3>(now, before, grid),
            4 => self.add::<4>(now, before, grid),
            factor => self.add_rows(now, before, grid, factor),
        }
        for map in &mut self.moments {
            blur3(map, grid.width as usize, &mut self.scratch);
        }
        self.fine.resize(grid.pixels(), 0.0);
        self.coarse.resize(grid.pixels(), 0.0);
        let [r, g, b, square] = &self.moments;
        let means = r.iter().zip(g).zip(b).map(|((r, g), b)| r * r + g * g + b * b);
        let split = self.fine.iter_mut().zip(&mut self.coarse);
        for (((fine, coarse), mean), square) in split.zip(means).zip(square) {
            *fine = (most(square - mean, 0.0) * (1.0 / 3.0)).sqrt();
            *coarse = (mean * (1.0 / 3.0)).sqrt();
        }
    }

    /// Means of the differences of R, G and B around each low pixel, levels of 255.
    pub fn means(&self) -> [&[f32]; 3] {
        let [r, g, b, _] = &self.moments;
        [r, g, b]
    }

    /// [`Self::add_rows`] with a factor known to the compiler.
    fn add<const FACTOR: usize>(&mut self, now: &SmallRgb, before: &SmallRgb, grid: Size) {
        self.add_rows(now, before, grid, FACTOR);
    }

    /// Averages over boxes of `factor` pixels; those cut off by the picture's end over what there is of them.
    #[inline(always)]
    fn add_rows(&mut self, now: &SmallRgb, before: &SmallRgb, grid: Size, factor: usize) {
        let (width, height) = (now.size.width as usize, now.size.height as usize);
        let grid_width = grid.width as usize;
        let [r, g, b, squares] = &mut self.moments;
        let channels = now.channels().into_iter().zip(before.channels()).zip([r, g, b]);
        for ((now, before), means) in channels {
            for (y, (now, before)) in now.chunks_exact(width).zip(before.chunks_exact(width)).enumerate() {
                let rows = (height - y / factor * factor).min(factor);
                let start = y / factor * grid_width;
                let maps = means[start..start + grid_width].iter_mut().zip(&mut squares[start..start + grid_width]);
                let boxes = now.chunks_exact(factor).zip(before.chunks_exact(factor));
                let scale = 255.0 / (rows * factor) as f32;
                for ((mean, square), (now, before)) in maps.zip(boxes) {
                    add_box(mean, square, now, before, scale);
                }
                let whole = width / factor * factor;
                if whole < width {
                    let scale = 255.0 / (rows * (width - whole)) as f32;
                    let last = start + grid_width - 1;
                    add_box(&mut means[last], &mut squares[last], &now[whole..], &before[whole..], scale);
                }
            }
        }
    }
}

/// Adds the differences of one row of a box to its mean and mean square; `scale` is 255 over the box's pixels.
#[inline(always)]
fn add_box(mean: &mut f32, square: &mut f32, now: &[f32], before: &[f32], scale: f32) {
    let (mut sum, mut squares) = (0.0, 0.0);
    for (now, before) in now.iter().zip(before) {
        let difference = now - before;
        sum += difference;
        squares += difference * difference;
    }
    *mean += sum * scale;
    *square += squares * (255.0 * scale);
}
