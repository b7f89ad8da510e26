//! How steady a film is, beside the film it was made from: warping error and still-scene change.
//!
//! Both are measured on pictures of one size, sRGB-encoded, scale 0..=1. The motion comes from the input alone and is
//! found at the pictures' full size, not on the grid of [`Calm`](crate::motion::Calm): a film must not be judged by the
//! very motion along which it was smoothed.

use crate::frame::SmallRgb;
use crate::motion::{Cuts, Pair};

/// Confidence from which a pixel counts as seen in both pictures.
const SEEN: f32 = 0.5;

/// Measures a run of pictures and what was made of them, a pair at a time.
///
/// Warping error is that of Lai et al. ("Learning Blind Video Temporal Consistency", ECCV 2018, eq. 10): the mean squared
/// difference of a picture and the previous one warped to it, bilinear, where nothing was hidden.
#[derive(Debug, Default)]
pub struct Temporal {
    shots: Cuts,
    last: Option<(SmallRgb, SmallRgb)>,
    warping: [f64; 2],
    still: [f64; 2],
    seen_pixels: f64,
    still_pixels: f64,
    pairs: u64,
    cuts: u64,
}

/// What [`Temporal`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemporalReport {
    /// Mean squared warping error of the input, channel scale 0..=1.
    pub warping_input: f64,
    /// The same of the output, along the input's motion.
    pub warping_output: f64,
    /// Mean absolute change from picture to picture of the input where it does not move, channel scale 0..=1.
    pub still_input: f64,
    /// The same of the output, at the same pixels.
    pub still_output: f64,
    /// Part of the seen pixels that do not move, 0..=1.
    pub still_part: f64,
    /// Pairs of pictures that were measured.
    pub pairs: u64,
    /// Pairs that were left out as cuts.
    pub cuts: u64,
}

impl TemporalReport {
    /// Root mean square warping error of the output as a multiple of the input's; 1 where neither changes.
    #[must_use]
    pub fn warping_ratio(&self) -> f64 {
        ratio(self.warping_output, self.warping_input).sqrt()
    }
    /// Still-scene change of the output as a multiple of the input's; 1 where neither changes.
    #[must_use]
    pub fn still_ratio(&self) -> f64 {
        ratio(self.still_output, self.still_input)
    }
}

fn ratio(output: f64, input: f64) -> f64 {
    if output == input { 1.0 } else { output / input }
}

impl Temporal {
    /// Takes the next picture of the input and what was made of it.
    ///
    /// # Panics
    /// Where `input` and `output`, or successive pictures, differ in size.
    pub fn push(&mut self, input: SmallRgb, output: SmallRgb) {
        assert_eq!(input.size, output.size, "input and output are compared at one size");
        let cut = self.shots.is_cut(&input);
        if let Some((input_before, output_before)) = self.last.take() {
            if cut {
                self.cuts += 1;
            } else {
                self.measure([&input, &output], [&input_before, &output_before]);
            }
        }
        self.last = Some((input, output));
    }

    /// What was found so far.
    #[must_use]
    pub fn report(&self) -> TemporalReport {
        let mean = |sum: f64, pixels: f64| sum / (3.0 * pixels.max(1.0));
        TemporalReport {
            warping_input: mean(self.warping[0], self.seen_pixels),
            warping_output: mean(self.warping[1], self.seen_pixels),
            still_input: mean(self.still[0], self.still_pixels),
            still_output: mean(self.still[1], self.still_pixels),
            still_part: self.still_pixels / self.seen_pixels.max(1.0),
            pairs: self.pairs,
            cuts: self.cuts,
        }
    }

    fn measure(&mut self, now: [&SmallRgb; 2], before: [&SmallRgb; 2]) {
        let pair = Pair::find_fine(now[0], before[0]);
        self.pairs += 1;
        let factor = pair.factor;
        let width = now[0].size.width as usize;
        let low_width = pair.flow.size.width as usize;
        for (y, x) in (0..now[0].size.height as usize).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let low = y / factor * low_width + x / factor;
            if pair.confidence[low] <= SEEN {
                continue;
            }
            self.seen_pixels += 1.0;
            let scale = factor as f32;
            let (u, v) = pair.flow.at((x as f32 + 0.5) / scale - 0.5, (y as f32 + 0.5) / scale - 0.5);
            let still = u == 0.0 && v == 0.0;
            self.still_pixels += f64::from(u8::from(still));
            for film in 0..2 {
                for (now, before) in now[film].channels().into_iter().zip(before[film].channels()) {
                    let warped = bilinear(before, width, x as f32 + u * scale, y as f32 + v * scale);
                    let change = f64::from(now[y * width + x] - warped);
                    self.warping[film] += change * change;
                    if still {
                        self.still[film] += change.abs();
                    }
                }
            }
        }
    }
}

/// Value of `plane` at column `x`, row `y`, clamped to it.
fn bilinear(plane: &[f32], width: usize, x: f32, y: f32) -> f32 {
    let height = plane.len() / width;
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let upper = plane[top * width + left] * (1.0 - fx) + plane[top * width + right] * fx;
    let lower = plane[bottom * width + left] * (1.0 - fx) + plane[bottom * width + right] * fx;
    upper * (1.0 - fy) + lower * fy
}
