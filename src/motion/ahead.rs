//! Looking ahead, where there is time: the drawings to come, carried back along the motion, are mixed into a drawing as
//! the shaders will mix in those before it, so that what is smooth does not lag behind what moves.

use super::blend::{Carry, Weights, extent};
use super::confidence::judge;
use super::flow::Flow;
use super::pair::Prepared;
use crate::frame::{Drawing, Size, SmallRgb};

/// A picture and what was drawn of it, for those before it to look at.
pub struct Glimpse {
    size: Size,
    picture: Prepared,
    drawing: Drawing,
    /// Motion into the next picture and its confidence; nothing for the last of a shot.
    onward: Option<(Flow, Vec<f32>)>,
}

impl Glimpse {
    /// Of `small`, as the generator saw it, and of what it answered.
    #[must_use]
    pub fn new(small: &SmallRgb, drawing: &Drawing) -> Self {
        Self { size: small.size, picture: Prepared::new(small), drawing: drawing.clone(), onward: None }
    }

    /// Finds the motion into `next`, the picture after this one in the same shot.
    pub fn meet(&mut self, next: &Self) {
        if self.size != next.size {
            return;
        }
        let (mut onward, back, noise) = self.picture.flows(&next.picture);
        let (here, there) = (&self.picture.low, &next.picture.low);
        let confidence = judge(here, there, &there.warped(&onward), &mut onward, &back, noise);
        self.onward = Some((onward, confidence));
    }

    /// Mixes `later`, a drawing of the next picture, into `drawing`, one of this.
    fn mix(&self, drawing: &mut Drawing, later: &Drawing, weights: Weights) {
        let Some((flow, confidence)) = &self.onward else { return };
        // What is not found again has changed, for all that is known.
        let opening: Vec<f32> = confidence.iter().map(|confidence| 1.0 - confidence).collect();
        let carry = Carry { flow, confidence, opening: &opening, extent: extent(&self.picture.low, self.size) };
        carry.mix(drawing, later, weights);
    }
}

/// Mixes what `later` shows, nearest first, into `drawing`, a drawing of what `now` shows. `calm` is that of
/// [`Calm`](super::Calm).
pub fn look_ahead(calm: f32, drawing: &mut Drawing, now: &Glimpse, later: &[&Glimpse]) {
    if now.onward.is_none() || calm <= 0.0 {
        return;
    }
    let weights = Weights::of(calm);
    // From the far end: each drawing takes in the one behind it.
    let mut seen: Option<Drawing> = None;
    for (index, glimpse) in later.iter().enumerate().rev() {
        let mut next = glimpse.drawing.clone();
        if let Some(seen) = seen.take().filter(|_| index + 1 < later.len()) {
            glimpse.mix(&mut next, &seen, weights);
        }
        seen = Some(next);
    }
    // The past gets its part at full size: half and half.
    if let Some(seen) = seen {
        now.mix(drawing, &seen, Weights { still: 0.5 * weights.still, moving: 0.5 * weights.moving });
    }
}
