//! How noisy the camera and the codec are, measured on the fly where nothing moves.

use super::flow::Flow;
use super::plane::{Plane, SmallRgb, blur3};

/// Luma bins with a noise level each: sensors are noisier in the dark, codecs in the middle.
pub(super) const BINS: usize = 8;
/// Levels (of 255) a histogram slot stands for, and how many slots there are.
const SLOT: f32 = 0.125;
const SLOTS: usize = 256;
/// Fewer pixels than this tell nothing.
const ENOUGH: u32 = 60;
/// Below this no noise is believed: an 8-bit picture is never better.
const FLOOR: f32 = 0.4;

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

    /// Of the mean over a neighbourhood of three by three low pixels.
    pub fn coarse(&self) -> f32 {
        self.coarse.unwrap_or(0.0).max(FLOOR)
    }

    /// Learns from two successive pictures. Rises at once, falls slowly, so that a codec's quiet frames do not hide its
    /// noisy ones.
    pub fn learn(&mut self, difference: &LocalDifference, luma: &[f32], flow: &Flow) {
        let mut fine = vec![[0u32; SLOTS]; BINS];
        let mut coarse = [0u32; SLOTS];
        let slot = |value: f32| ((value / SLOT) as usize).min(SLOTS - 1);
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
    ((luma * (BINS as f32 / 256.0)) as usize).min(BINS - 1)
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
/// known: the lesser of what they differ by (too much where things move) and of what the flattest parts of `now` vary by
/// (Immerkær 1996; too much where all is texture).
pub(super) fn guess(now: &Plane, before: &Plane) -> f32 {
    let mut between = [0u32; SLOTS];
    let mut within = [0u32; SLOTS];
    let slot = |value: f32| ((value / SLOT) as usize).min(SLOTS - 1);
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
    between.unwrap_or(0.0).min(within.unwrap_or(f32::MAX)).max(FLOOR)
}

/// How two small pictures differ around each low pixel, split into what varies from pixel to pixel and what does not.
#[derive(Clone, Debug, Default)]
pub(super) struct LocalDifference {
    /// Root mean square over the channels of the difference less its local mean, levels of 255.
    pub fine: Vec<f32>,
    /// Root mean square over the channels of the local mean of the difference, levels of 255.
    pub coarse: Vec<f32>,
    moments: [Vec<f32>; 4],
    scratch: Vec<f32>,
}

impl LocalDifference {
    /// Clears all, for a low grid of `pixels`.
    pub fn start(&mut self, pixels: usize) {
        for map in self.moments.iter_mut().chain([&mut self.fine, &mut self.coarse]) {
            map.clear();
            map.resize(pixels, 0.0);
        }
    }

    /// Adds one row of small-picture differences (R, G, B, unused; levels of 255), all of which belong to low row `row`.
    pub fn add_row(&mut self, row: usize, width: usize, factor: usize, scale: f32, difference: &[[f32; 4]]) {
        let range = row * width..(row + 1) * width;
        let [r, g, b, square] = &mut self.moments;
        let maps = r[range.clone()].iter_mut().zip(&mut g[range.clone()]).zip(&mut b[range.clone()]);
        for ((((r, g), b), square), pixels) in maps.zip(&mut square[range]).zip(difference.chunks(factor)) {
            let mut sum = [0.0f32; 4];
            let mut squares = [0.0f32; 4];
            for pixel in pixels {
                for c in 0..4 {
                    sum[c] += pixel[c];
                    squares[c] += pixel[c] * pixel[c];
                }
            }
            *r += sum[0] * scale;
            *g += sum[1] * scale;
            *b += sum[2] * scale;
            *square += (squares[0] + squares[1] + squares[2]) * scale;
        }
    }

    /// Averages over three by three low pixels and splits. `width` is the low grid's.
    pub fn finish(&mut self, width: usize) {
        for map in &mut self.moments {
            blur3(map, width, &mut self.scratch);
        }
        let [r, g, b, square] = &self.moments;
        for (i, (fine, coarse)) in self.fine.iter_mut().zip(&mut self.coarse).enumerate() {
            let mean = r[i] * r[i] + g[i] * g[i] + b[i] * b[i];
            *fine = ((square[i] - mean).max(0.0) * (1.0 / 3.0)).sqrt();
            *coarse = (mean * (1.0 / 3.0)).sqrt();
        }
    }
}

/// Row `y` of `picture`, interleaved, levels of 255.
pub(super) fn interleave(picture: &SmallRgb, y: usize, out: &mut [[f32; 4]]) {
    let width = picture.size.width as usize;
    let [r, g, b] = picture.planes().map(|plane| &plane[y * width..][..width]);
    for (((out, r), g), b) in out.iter_mut().zip(r).zip(g).zip(b) {
        *out = [r * 255.0, g * 255.0, b * 255.0, 0.0];
    }
}
