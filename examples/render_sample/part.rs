//! A rigid piece of the scene: a signed distance, a paint, a box around it.

use crate::math::{Vec3, v};

/// What the light does at a point of a surface.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// Linear diffuse reflectance.
    pub albedo: Vec3,
    /// 0 matt, 1 lacquer.
    pub gloss: f32,
}

pub fn matt(albedo: Vec3) -> Surface {
    Surface { albedo, gloss: 0.0 }
}

pub fn lacquer(albedo: Vec3) -> Surface {
    Surface { albedo, gloss: 1.0 }
}

type Distance = Box<dyn Fn(Vec3) -> f32 + Send + Sync>;
/// From the local point, the local normal, and the width of a pixel there (to soften what would alias).
type Paint = Box<dyn Fn(Vec3, Vec3, f32) -> Surface + Send + Sync>;

/// One rigid piece, in its own coordinates.
pub struct Part {
    pub low: Vec3,
    pub high: Vec3,
    pub distance: Distance,
    pub paint: Paint,
    /// How far along the distance a step may go: below 1 where `distance` overestimates.
    pub step: f32,
}

impl Part {
    pub fn new(
        center: Vec3,
        half: Vec3,
        distance: impl Fn(Vec3) -> f32 + Send + Sync + 'static,
        paint: impl Fn(Vec3, Vec3, f32) -> Surface + Send + Sync + 'static,
    ) -> Self {
        let margin = v(0.004, 0.004, 0.004);
        let (low, high) = (center - half - margin, center + half + margin);
        Self { low, high, distance: Box::new(distance), paint: Box::new(paint), step: 0.95 }
    }

    /// One colour all over.
    pub fn plain(
        center: Vec3,
        half: Vec3,
        surface: Surface,
        distance: impl Fn(Vec3) -> f32 + Send + Sync + 'static,
    ) -> Self {
        Self::new(center, half, distance, move |_, _, _| surface)
    }

    pub fn stepping(mut self, step: f32) -> Self {
        self.step = step;
        self
    }
}

/// 1 on a line of half width `half` at distance `d` from its middle, 0 off it, blurred over a pixel of `width`.
pub fn line(d: f32, half: f32, width: f32) -> f32 {
    let w = width.max(1e-4);
    let coverage = ((half + w * 0.5 - d.abs()) / w).clamp(0.0, 1.0);
    // A line thinner than the pixel covers only part of it.
    coverage * (2.0 * half / w).min(1.0)
}
