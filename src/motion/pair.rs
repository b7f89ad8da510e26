//! Motion between two small pictures and how far it can be trusted, all at once.

use super::confidence::judge;
use super::flow::{Flow, Pyramid, flow};
use super::noise::guess;
use super::plane::Low;
use crate::frame::SmallRgb;

/// A small picture prepared for motion search.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub low: Low,
    pub pyramid: Pyramid,
}

impl Prepared {
    pub fn new(small: &SmallRgb) -> Self {
        Self::of(Low::new(small))
    }

    /// At the size of `low`.
    pub fn of(low: Low) -> Self {
        let pyramid = Pyramid::new(low.luma.clone());
        Self { low, pyramid }
    }

    /// Motion from this picture back into `before`, and from `before` into this one at half the precision, on two
    /// threads; and the standard deviation of a low pixel's noise, levels of 255.
    pub fn flows(&self, before: &Self) -> (Flow, Flow, f32) {
        let noise = guess(&self.low.luma, &before.low.luma);
        std::thread::scope(|scope| {
            let forward = scope.spawn(|| flow(&before.pyramid, &self.pyramid, 1, noise));
            let backward = flow(&self.pyramid, &before.pyramid, 0, noise);
            let forward = forward.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (backward, forward, noise)
        })
    }
}

/// Motion of a picture against another, on the low grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Where each low pixel of the first picture is in the second, in low pixels.
    pub flow: Flow,
    /// How far that can be trusted: 0 (hidden in the second picture, or not found) ..= 1. As `flow.size`.
    pub confidence: Vec<f32>,
    /// Picture pixels per low pixel, each way; the last column and row may be partial.
    pub factor: usize,
}

impl Pair {
    /// Finds where everything in `now` is in `before`, a picture of the same size. What differs by no more than noise
    /// counts as unmoved.
    ///
    /// # Panics
    /// Where the sizes differ or are empty.
    #[must_use]
    pub fn find(now: &SmallRgb, before: &SmallRgb) -> Self {
        assert_eq!(now.size, before.size, "motion is found between pictures of one size");
        Self::between(&Prepared::new(now), &Prepared::new(before))
    }

    /// As [`find`](Self::find), at the pictures' own size however large: slower, and right to a smaller part of a pixel.
    ///
    /// # Panics
    /// Where the sizes differ or are empty.
    #[must_use]
    pub fn find_fine(now: &SmallRgb, before: &SmallRgb) -> Self {
        assert_eq!(now.size, before.size, "motion is found between pictures of one size");
        let [now, before] = [now, before].map(|small| Prepared::of(Low::reduced(small, 1)));
        Self::between(&now, &before)
    }

    fn between(now: &Prepared, before: &Prepared) -> Self {
        let (mut backward, forward, noise) = now.flows(before);
        let warped = before.low.warped(&backward);
        let confidence = judge(&now.low, &before.low, &warped, &mut backward, &forward, noise);
        Self { flow: backward, confidence, factor: now.low.factor }
    }
}
