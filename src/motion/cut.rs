//! Hard cuts: a new shot is where the structure of most of the picture is not found again in the previous one, whatever
//! its brightness, and the colours have changed too.
//!
//! Per block of the low picture the correlation of luma with the motion-compensated previous picture says whether the
//! structure is still there. Correlation does not see gain or offset: flashes and fades keep it. Motion compensation keeps
//! it in pans. Fast motion loses it for many frames on end, a cut for one: what is usual is subtracted. And where most of
//! the motion is trusted there is no cut.

use super::confidence::judge;
use super::pair::Prepared;
use super::plane::{Low, luma, smoothstep};
use crate::frame::{Size, SmallRgb};

/// Edge of a block in low pixels.
const BLOCK: usize = 16;
/// Bins a channel of the colour histogram.
const BINS: usize = 6;

/// Finds where shots start, and no more; [`Calm`](super::Calm) does so by the way.
#[derive(Debug, Default)]
pub struct Cuts {
    last: Option<(Size, Prepared)>,
    detector: CutDetector,
}

impl Cuts {
    /// Does a shot start with `small`, the picture after the one given last? The first one starts one, and so does one
    /// of another size.
    pub fn is_cut(&mut self, small: &SmallRgb) -> bool {
        let now = Prepared::new(small);
        let cut = match &self.last {
            Some((size, last)) if *size == small.size => {
                let (mut backward, forward, noise) = now.flows(last);
                let warped = last.low.warped(&backward);
                let confidence = judge(&now.low, &last.low, &warped, &mut backward, &forward, noise);
                self.detector.is_cut(&compare(&now.low, &last.low, &warped, &confidence, noise))
            }
            _ => true,
        };
        if cut {
            self.detector = CutDetector::default();
        }
        self.last = Some((small.size, now));
        cut
    }
}

/// Finds cuts in a run of pictures. Forget it at a cut.
#[derive(Clone, Debug, Default)]
pub(super) struct CutDetector {
    usual: f32,
}

/// What a pair of pictures looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// Part of the textured blocks whose structure is gone, 0..=1.
    pub lost: f32,
    /// Part of all blocks with any structure to judge, 0..=1.
    pub judged: f32,
    /// Part of the pixels that changed colour bin, 0..=1.
    pub histogram: f32,
    /// Mean luma difference after motion compensation, 0..=255.
    pub residual: f32,
    /// Mean confidence in the motion, 0..=1.
    pub trusted: f32,
    /// The previous picture had no structure at all.
    pub from_blank: bool,
}

impl CutDetector {
    /// Is there a cut between the picture before and this one?
    pub fn is_cut(&mut self, evidence: &Evidence) -> bool {
        let unusual = evidence.lost - self.usual;
        self.usual += (evidence.lost - self.usual) * 0.3;
        let change = if evidence.from_blank { 30.0 } else { 6.0 };
        if evidence.judged < 0.1 || evidence.residual < change || evidence.trusted > 0.5 {
            return false;
        }
        // The less the colours changed, the more of the structure must be gone: a cut to another size of shot in the same
        // place keeps much of both, a fast movement loses structure alone.
        let needed = (0.675 - 2.5 * evidence.histogram).clamp(0.2, 0.55);
        evidence.lost > needed && unusual > 0.15
    }
}

/// Compares `now` with `before`; `warped` is the latter moved to the former; `noise` is the standard deviation of luma.
pub(super) fn compare(now: &Low, before: &Low, warped: &[Vec<f32>; 3], confidence: &[f32], noise: f32) -> Evidence {
    let (width, height) = (now.luma.width, now.luma.height);
    let [r, g, b] = warped;
    let warped: Vec<f32> = r.iter().zip(g).zip(b).map(|((r, g), b)| luma(*r, *g, *b)).collect();
    let floor = 6.0 + 4.0 * noise * noise;
    let (mut blocks, mut judged, mut lost, mut structured) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for y in (0..height).step_by(BLOCK) {
        for x in (0..width).step_by(BLOCK) {
            let moments = Moments::of(now, &warped, x, y);
            blocks += 1.0;
            structured += f32::from(moments.variance_before > floor);
            if let Some(kept) = moments.correlation(floor) {
                judged += 1.0;
                lost += 1.0 - kept;
            }
        }
    }
    let residual: f32 = (0..height)
        .map(|y| now.luma.row(y).iter().zip(&warped[y * width..]).map(|(a, b)| (a - b).abs()).sum::<f32>())
        .sum();
    Evidence {
        lost: lost / judged.max(1.0),
        judged: judged / blocks.max(1.0),
        histogram: histogram_distance(now, before),
        residual: residual / (width * height) as f32,
        trusted: confidence.iter().sum::<f32>() / confidence.len() as f32,
        from_blank: structured < 0.05 * blocks,
    }
}

/// Second moments of a block in two pictures.
struct Moments {
    mean_now: f32,
    mean_before: f32,
    variance_now: f32,
    variance_before: f32,
    covariance: f32,
}

impl Moments {
    fn of(now: &Low, warped: &[f32], x: usize, y: usize) -> Self {
        let width = now.luma.width;
        let columns = BLOCK.min(width - x);
        let rows = BLOCK.min(now.luma.height - y);
        let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
        for row in y..y + rows {
            let first = &now.luma.row(row)[x..x + columns];
            let second = &warped[row * width + x..][..columns];
            for (p, q) in first.iter().zip(second) {
                a += p;
                b += q;
                aa += p * p;
                bb += q * q;
                ab += p * q;
            }
        }
        let count = (columns * rows) as f32;
        let (mean_now, mean_before) = (a / count, b / count);
        Self {
            mean_now,
            mean_before,
            variance_now: aa / count - mean_now * mean_now,
            variance_before: bb / count - mean_before * mean_before,
            covariance: ab / count - mean_now * mean_before,
        }
    }

    /// 0 (another thing) ..= 1 (the same thing), or nothing where there is no structure, or only burnt-out white.
    fn correlation(&self, floor: f32) -> Option<f32> {
        let burnt = |mean: f32, variance: f32| mean > 240.0 && variance < 60.0;
        if self.variance_now.max(self.variance_before) < floor
            || burnt(self.mean_now, self.variance_now)
            || burnt(self.mean_before, self.variance_before)
        {
            return None;
        }
        let scale = (self.variance_now.max(floor * 0.25) * self.variance_before.max(floor * 0.25)).sqrt();
        Some(smoothstep(0.35, 0.75, self.covariance / scale))
    }
}

/// Half the L1 distance between the joint colour histograms: 0 (the same) ..= 1 (nothing in common).
fn histogram_distance(a: &Low, b: &Low) -> f32 {
    let mut bins = vec![0i32; BINS * BINS * BINS];
    for (low, sign) in [(a, 1), (b, -1)] {
        for y in 0..low.luma.height {
            let (r, g, b) = (low.rgb[0].row(y), low.rgb[1].row(y), low.rgb[2].row(y));
            for ((r, g), b) in r.iter().zip(g).zip(b) {
                let bin = |value: f32| ((value * (BINS as f32 / 256.0)) as i32 as usize).min(BINS - 1);
                bins[(bin(*r) * BINS + bin(*g)) * BINS + bin(*b)] += sign;
            }
        }
    }
    bins.iter().map(|n| n.abs()).sum::<i32>() as f32 / (2 * a.luma.width * a.luma.height) as f32
}
