//! The gate before the network: where the photo changed by no more than its noise, the previous, motion-compensated
//! pixel stands.
//!
//! Noise is measured (see [`noise`](super::noise)) and judged over a neighbourhood, which tells a faint edge that moves
//! from grain that does not. Between shut and open lies a soft knee, and a shut gate still leaks, so slow drift comes
//! through; no pixel ever deviates from the photo by more than a few times its noise.

use super::flow::Flow;
use super::noise::{LocalDifference, Noise, interleave};
use super::plane::{Low, SmallRgb, smoothstep};
use super::warp::{Enlarger, Quads};

/// What passes the gate of one shot.
pub(super) struct Gate {
    /// The picture as it was passed on, levels of 255.
    passed: Quads,
    warped: Quads,
    /// The previous picture as it came.
    before: SmallRgb,
    noise: Noise,
    difference: LocalDifference,
    opening: Vec<f32>,
}

/// How the gate mixes, as parts of the new picture, 0..=1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leak {
    /// Where nothing moves.
    pub still: f32,
    /// Where things move, but as the flow says.
    pub moving: f32,
}

impl Gate {
    /// Starts with `small`, which passes as it is.
    pub fn new(small: &SmallRgb) -> Self {
        let mut passed = Quads::new(small.size);
        let width = passed.width;
        for (y, row) in passed.pixels.chunks_exact_mut(width).enumerate() {
            interleave(small, y, row);
        }
        Self {
            warped: passed.clone(),
            passed,
            before: small.clone(),
            noise: Noise::default(),
            difference: LocalDifference::default(),
            opening: Vec::new(),
        }
    }

    /// 0 (shut: the photo shows the same as before) ..= 1 (open), per low pixel, as of the last `pass`.
    pub fn opening(&self) -> &[f32] {
        &self.opening
    }

    /// Calms `small` in place. `flow` leads from it into the previous picture and is trusted by `confidence`.
    pub fn pass(&mut self, small: &mut SmallRgb, low: &Low, flow: &Flow, confidence: &[f32], leak: Leak) {
        let luma: Vec<f32> = (0..low.luma.height).flat_map(|y| low.luma.row(y)).copied().collect();
        self.measure(small, low, &luma, flow);
        let factor = low.factor;
        let (width, height) = (self.passed.width, self.passed.height);
        let low_width = low.luma.width;
        let mut enlarger = Enlarger::new(low.size(), small.size, [factor as f32; 2]);
        let (mut u, mut v) = (vec![0.0; width], vec![0.0; width]);
        let mut difference = vec![[0.0f32; 4]; width];
        self.difference.start(luma.len());
        for y in 0..height {
            enlarger.row(&flow.u, y, factor as f32, &mut u);
            enlarger.row(&flow.v, y, factor as f32, &mut v);
            let warped = &mut self.warped.pixels[y * width..][..width];
            self.passed.warped_row(y, &u, &v, warped);
            interleave(small, y, &mut difference);
            for (difference, warped) in difference.iter_mut().zip(warped) {
                for c in 0..4 {
                    difference[c] -= warped[c];
                }
            }
            let rows = (height - y / factor * factor).min(factor);
            let scale = 1.0 / (rows * factor) as f32;
            self.difference.add_row(y / factor, low_width, factor, scale, &difference);
        }
        self.difference.finish(low_width);
        let (share, bound) = self.decide(&luma, flow, confidence, leak);
        let (mut shares, mut bounds) = (vec![0.0; width], vec![0.0; width]);
        let pixels = width * height;
        for y in 0..height {
            enlarger.row(&share, y, 1.0, &mut shares);
            enlarger.row(&bound, y, 1.0, &mut bounds);
            let passed = &mut self.warped.pixels[y * width..][..width];
            interleave(small, y, &mut difference);
            for (((passed, photo), share), bound) in passed.iter_mut().zip(&difference).zip(&shares).zip(&bounds) {
                for c in 0..4 {
                    let mixed = passed[c] + (photo[c] - passed[c]) * share;
                    passed[c] = mixed.max(photo[c] - bound).min(photo[c] + bound);
                }
            }
            for (x, passed) in passed.iter().enumerate() {
                for (c, value) in passed.iter().take(3).enumerate() {
                    small.rgb[c * pixels + y * width + x] = value * (1.0 / 255.0);
                }
            }
        }
        std::mem::swap(&mut self.passed, &mut self.warped);
    }

    /// Learns the noise from `small` and the previous picture, both as they came.
    fn measure(&mut self, small: &SmallRgb, low: &Low, luma: &[f32], flow: &Flow) {
        let (width, height, factor) = (self.passed.width, self.passed.height, low.factor);
        let mut difference = vec![[0.0f32; 4]; width];
        let pixels = width * height;
        self.difference.start(luma.len());
        for y in 0..height {
            let row = |picture: &SmallRgb, c: usize, x: usize| picture.rgb[c * pixels + y * width + x];
            for (x, difference) in difference.iter_mut().enumerate() {
                for (c, value) in difference.iter_mut().take(3).enumerate() {
                    *value = (row(small, c, x) - row(&self.before, c, x)) * 255.0;
                }
            }
            let rows = (height - y / factor * factor).min(factor);
            let scale = 1.0 / (rows * factor) as f32;
            self.difference.add_row(y / factor, low.luma.width, factor, scale, &difference);
        }
        self.difference.finish(low.luma.width);
        self.noise.learn(&self.difference, luma, flow);
        self.before.rgb.copy_from_slice(&small.rgb);
    }

    /// Per low pixel the share of the new picture, 0..=1, and the greatest deviation from it, levels of 255.
    fn decide(&mut self, luma: &[f32], flow: &Flow, confidence: &[f32], leak: Leak) -> (Vec<f32>, Vec<f32>) {
        let coarse_noise = self.noise.coarse();
        self.opening.clear();
        let mut share = Vec::with_capacity(luma.len());
        let mut bound = Vec::with_capacity(luma.len());
        for (index, &luma) in luma.iter().enumerate() {
            let noise = self.noise.fine(luma);
            let fine = smoothstep(1.6, 3.2, self.difference.fine[index] / noise);
            let coarse = smoothstep(2.0, 4.0, self.difference.coarse[index] / coarse_noise);
            let opening = fine.max(coarse).max(1.0 - confidence[index]);
            let moving = smoothstep(0.05, 0.5, flow.u[index].abs() + flow.v[index].abs());
            let least = leak.still + (leak.moving - leak.still) * moving;
            self.opening.push(opening);
            share.push(least + (1.0 - least) * opening);
            bound.push(3.5 * noise + 2.0 * coarse_noise);
        }
        (share, bound)
    }
}
