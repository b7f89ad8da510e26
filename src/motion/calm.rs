//! The state machine ahead of the generator.

use super::blend::extent;
use super::confidence::judge;
use super::cut::{CutDetector, compare};
use super::flow::Flow;
use super::gate::{Gate, Leak};
use super::light::Light;
use super::pair::Prepared;
use super::plane::smoothstep;
use crate::frame::{Motion, Size, SmallRgb};
use half::f16;

/// What [`Calm::see`] found out about a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// A shot starts with this picture; the very first one counts.
    pub cut: bool,
}

/// Keeps a film calm: call [`see`](Self::see) with what the generator will see, once per picture, in order, and hand
/// on the [`motion`](Self::motion).
///
/// All memory is dropped at a cut: from there on every picture is, bit for bit, what a fresh `Calm` gives. The result does
/// not depend on the number of threads.
///
/// ```
/// use comicvid::frame::{Size, SmallRgb};
/// use comicvid::motion::Calm;
///
/// let size = Size::new(64, 36);
/// let mut calm = Calm::new(Calm::DEFAULT);
/// let mut small = SmallRgb { size, planes: vec![0.4; size.pixels() * 3] };
/// assert!(calm.see(&mut small).cut);
/// assert!(!calm.see(&mut small).cut);
/// ```
pub struct Calm {
    calm: f32,
    shot: Option<Shot>,
}

/// What is remembered of a shot.
struct Shot {
    size: Size,
    last: Prepared,
    gate: Gate,
    cuts: CutDetector,
    /// How the last picture came of the one before; nothing for the first of a shot.
    change: Option<Change>,
}

/// What leads from one picture to the next.
struct Change {
    /// From the later into the earlier.
    flow: Flow,
    /// In that, 0..=1.
    confidence: Vec<f32>,
    light: Light,
}

impl Shot {
    fn new(small: &SmallRgb, last: Prepared) -> Self {
        let gate = Gate::new(small);
        Self { size: small.size, last, gate, cuts: CutDetector::default(), change: None }
    }
}

impl Calm {
    /// What suits most films.
    pub const DEFAULT: f32 = 0.85;

    /// `calm` from 0 (off: pictures stay untouched) to 1 (the most); values outside are clamped.
    #[must_use]
    pub fn new(calm: f32) -> Self {
        Self { calm: calm.clamp(0.0, 1.0), shot: None }
    }

    /// Takes the next picture, finds its motion and calms it in place.
    pub fn see(&mut self, small: &mut SmallRgb) -> Step {
        if self.calm <= 0.0 || small.size.pixels() == 0 {
            return Step { cut: false };
        }
        let now = Prepared::new(small);
        let restless = (1.0 - self.calm) * (1.0 - self.calm);
        let leak = Leak { still: (restless + 0.04).min(1.0), moving: (restless + 0.45).min(1.0) };
        if let Some(shot) = self.shot.as_mut().filter(|shot| shot.size == small.size) {
            let (mut backward, forward, noise) = now.flows(&shot.last);
            let warped = shot.last.low.warped(&backward);
            let confidence = judge(&now.low, &shot.last.low, &warped, &mut backward, &forward, noise);
            let evidence = compare(&now.low, &shot.last.low, &warped, &confidence, noise);
            if !shot.cuts.is_cut(&evidence) {
                shot.gate.pass(small, &now.low, &backward, &confidence, leak);
                let light = Light::between(&now.low, &warped);
                shot.last = now;
                shot.change = Some(Change { flow: backward, confidence, light });
                return Step { cut: false };
            }
        }
        self.shot = Some(Shot::new(small, now));
        Step { cut: true }
    }

    /// What moved since the previous picture, for shaders that calm what they draw at full size. Nothing for the first
    /// picture of a shot, and where calm is off: draw those afresh.
    #[must_use]
    pub fn motion(&self) -> Option<Motion> {
        let shot = self.shot.as_ref()?;
        let Change { flow, confidence, light } = shot.change.as_ref()?;
        let [across, down] = extent(&shot.last.low, shot.size);
        let cells = flow.u.iter().zip(&flow.v).zip(confidence.iter().zip(shot.gate.opening()));
        let cells = cells.map(|((u, v), (confidence, opening))| {
            let resting = 1.0 - smoothstep(0.0, 0.25, u.abs() + v.abs());
            [u / across, v / down, *confidence, confidence * resting * (1.0 - opening)].map(f16::from_f32)
        });
        Some(Motion {
            size: flow.size,
            fill: [across / flow.size.width as f32, down / flow.size.height as f32],
            cells: cells.collect(),
            light: light.rgb.iter().map(|&[r, g, b]| [r, g, b, 0.0].map(|v| f16::from_f32(v / 255.0))).collect(),
            noise: shot.gate.noise().overall() / 255.0,
        })
    }
}
