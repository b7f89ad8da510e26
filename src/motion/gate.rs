//! The gate before the network: where the photo changed by no more than its noise, the previous, motion-compensated
//! pixel stands.
//!
//! Noise is measured (see [`noise`](super::noise)) and judged over a neighbourhood, which tells a faint edge that moves
//! from grain that does not. Between shut and open lies a soft knee, and a shut gate still leaks, so small changes come
//! through; slow change of light (see [`drift`](super::drift)) passes as it is; no pixel ever deviates from the photo by
//! more than a few times its noise. Pixels are carried whole: what was never interpolated is never blurred, and where that
//! shows the gate opens.

use super::drift::drift;
use super::flow::Flow;
use super::noise::{LocalDifference, Noise};
use super::plane::{Low, least, most, smoothstep};
use super::warp::Enlarger;
use crate::frame::SmallRgb;

/// What passes the gate of one shot. Pictures are planar, 0..=1; noise and differences are in levels of 255.
pub(super) struct Gate {
    /// The last picture as it came and as it was passed on.
    photo: SmallRgb,
    passed: SmallRgb,
    /// The next one to be passed on, while it is made.
    next: SmallRgb,
    noise: Noise,
    difference: LocalDifference,
    opening: Vec<f32>,
}

/// Small-picture pixels by which an edge may seem to move without moving: codecs and sensors are noisier at edges.
const JITTER: f32 = 0.12;

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
        Self {
            photo: small.clone(),
            passed: small.clone(),
            next: small.clone(),
            noise: Noise::default(),
            difference: LocalDifference::default(),
            opening: Vec::new(),
        }
    }

    /// The noise as last measured.
    pub fn noise(&self) -> &Noise {
        &self.noise
    }

    /// 0 (shut: the photo shows the same as before) ..= 1 (open), per low pixel, as of the last `pass`.
    pub fn opening(&self) -> &[f32] {
        &self.opening
    }

    /// Calms `small` in place. `flow` leads from it into the previous picture and is trusted by `confidence`.
    pub fn pass(&mut self, small: &mut SmallRgb, low: &Low, flow: &Flow, confidence: &[f32], leak: Leak) {
        let luma: Vec<f32> = (0..low.luma.height).flat_map(|y| low.luma.row(y)).copied().collect();
        self.difference.compare(small, &self.photo, low);
        self.noise.learn(&self.difference, &luma, flow);
        self.photo.planes.copy_from_slice(&small.planes);

        let mut enlarger = Enlarger::new(low.size(), small.size, [low.factor as f32; 2]);
        self.carry(flow, &mut enlarger, low.factor as f32);
        self.difference.compare(small, &self.next, low);
        let light = drift(&self.difference, low.size(), confidence, 4.0 * self.noise.coarse());
        let (share, bound) = self.decide(low, &luma, flow, confidence, &light, leak);
        let width = small.size.width as usize;
        let pixels = small.size.pixels();
        let [mut shares, mut bounds, mut lights]: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; width]);
        for y in 0..small.size.height as usize {
            enlarger.row(&share, y, 1.0, &mut shares);
            enlarger.row(&bound, y, 1.0 / 255.0, &mut bounds);
            for (channel, light) in light.iter().enumerate() {
                enlarger.row(light, y, 1.0 / 255.0, &mut lights);
                let start = channel * pixels + y * width;
                let photo = &mut small.planes[start..start + width];
                let passed = &mut self.next.planes[start..start + width];
                let mixing = shares.iter().zip(&bounds).zip(&lights);
                for ((photo, passed), ((share, bound), light)) in photo.iter_mut().zip(passed).zip(mixing) {
                    let kept = *passed + light;
                    let mixed = kept + (*photo - kept) * share;
                    *passed = least(most(mixed, *photo - bound), *photo + bound);
                    *photo = *passed;
                }
            }
        }
        std::mem::swap(&mut self.passed, &mut self.next);
    }

    /// Fills `next` with what was passed on before, each pixel the one nearest to where `flow` leads.
    fn carry(&mut self, flow: &Flow, enlarger: &mut Enlarger, factor: f32) {
        let (width, height) = (self.passed.size.width as usize, self.passed.size.height as usize);
        let (right, bottom) = ((width - 1) as f32, (height - 1) as f32);
        // Adding 1.5 * 2^23 rounds to a whole number, and 2^23 leaves one in the low mantissa bits: both vectorise where
        // `round` and a cast do not. Exact below 2^23 pixels, far beyond a small picture.
        let round = |x: f32| (x + 12_582_912.0) - 12_582_912.0;
        let (mut u, mut v) = (vec![0.0; width], vec![0.0; width]);
        let mut from = vec![0u32; width];
        for y in 0..height {
            enlarger.row(&flow.u, y, factor, &mut u);
            enlarger.row(&flow.v, y, factor, &mut v);
            for (x, ((from, u), v)) in from.iter_mut().zip(&u).zip(&v).enumerate() {
                let column = least(most(x as i32 as f32 + round(*u), 0.0), right);
                let row = least(most(y as f32 + round(*v), 0.0), bottom);
                *from = (row * width as f32 + column + 8_388_608.0).to_bits() & 0x7f_ffff;
            }
            let planes = self.passed.planes.chunks_exact(width * height);
            for (old, new) in planes.zip(self.next.planes.chunks_exact_mut(width * height)) {
                for (value, from) in new[y * width..][..width].iter_mut().zip(&from) {
                    *value = old[*from as usize];
                }
            }
        }
    }

    /// Per low pixel the share of the new picture, 0..=1, and the greatest deviation from it, levels of 255.
    fn decide(
        &mut self,
        low: &Low,
        luma: &[f32],
        flow: &Flow,
        confidence: &[f32],
        light: &[Vec<f32>; 3],
        leak: Leak,
    ) -> (Vec<f32>, Vec<f32>) {
        let texture = low.steepness();
        let jitter = JITTER / low.factor as f32;
        let means = self.difference.means();
        self.opening.clear();
        let mut share = Vec::with_capacity(luma.len());
        let mut bound = Vec::with_capacity(luma.len());
        for (index, &luma) in luma.iter().enumerate() {
            let noise = self.noise.fine(luma) + jitter * texture[index];
            let coarse_noise = self.noise.coarse() + 0.3 * jitter * texture[index];
            let fine = smoothstep(1.6, 3.2, self.difference.fine[index] / noise);
            let change = (0..3).map(|channel| (means[channel][index] - light[channel][index]).powi(2)).sum::<f32>();
            let coarse = smoothstep(2.0, 4.0, (change * (1.0 / 3.0)).sqrt() / coarse_noise);
            let opening = most(most(fine, coarse), 1.0 - confidence[index]);
            let moving = smoothstep(0.05, 0.5, flow.u[index].abs() + flow.v[index].abs());
            let leak = leak.still + (leak.moving - leak.still) * moving;
            self.opening.push(opening);
            share.push(leak + (1.0 - leak) * opening);
            bound.push(3.5 * noise + 2.0 * coarse_noise);
        }
        (share, bound)
    }
}
