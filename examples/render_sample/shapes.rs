//! Signed distances in metres; after Inigo Quilez' collection of primitives.

use crate::math::{Vec3, v};

pub fn sphere(p: Vec3, r: f32) -> f32 {
    p.length() - r
}

/// A bound, not the exact distance: never too large near the surface.
pub fn ellipsoid(p: Vec3, r: Vec3) -> f32 {
    let k0 = v(p.x / r.x, p.y / r.y, p.z / r.z).length();
    let k1 = v(p.x / (r.x * r.x), p.y / (r.y * r.y), p.z / (r.z * r.z)).length();
    k0 * (k0 - 1.0) / k1.max(1e-6)
}

/// Box of half extents `b`, rounded by `r` (which is part of the extents).
pub fn rounded_box(p: Vec3, b: Vec3, r: f32) -> f32 {
    let q = p.abs() - b + v(r, r, r);
    q.max(Vec3::default()).length() + q.x.max(q.y).max(q.z).min(0.0) - r
}

pub fn capsule(p: Vec3, a: Vec3, b: Vec3, r: f32) -> f32 {
    let (pa, ba) = (p - a, b - a);
    let h = (pa.dot(ba) / ba.dot(ba)).clamp(0.0, 1.0);
    (pa - ba * h).length() - r
}

/// Two spheres on the y axis, at 0 (radius `r0`) and at `height` (radius `r1`), and the cone that touches both.
pub fn round_cone(p: Vec3, r0: f32, r1: f32, height: f32) -> f32 {
    let (x, y) = ((p.x * p.x + p.z * p.z).sqrt(), p.y);
    let b = (r0 - r1) / height;
    let a = (1.0 - b * b).sqrt();
    let k = -b * x + a * y;
    if k < 0.0 {
        return (x * x + y * y).sqrt() - r0;
    }
    if k > a * height {
        return (x * x + (y - height) * (y - height)).sqrt() - r1;
    }
    x * a + y * b - r0
}

/// Ring around the y axis.
pub fn torus(p: Vec3, major: f32, minor: f32) -> f32 {
    let q = (p.x * p.x + p.z * p.z).sqrt() - major;
    (q * q + p.y * p.y).sqrt() - minor
}

/// Around the y axis, rounded edges.
pub fn cylinder(p: Vec3, radius: f32, half: f32, round: f32) -> f32 {
    let x = (p.x * p.x + p.z * p.z).sqrt() - radius + round;
    let y = p.y.abs() - half + round;
    let outside = (x.max(0.0) * x.max(0.0) + y.max(0.0) * y.max(0.0)).sqrt();
    x.max(y).min(0.0) + outside - round
}

/// Triangle with its corner down, in the xy plane: `half` wide at y = 0, tip at y = -`height`.
pub fn pennant(p: Vec3, half: f32, height: f32, thick: f32) -> f32 {
    let slope = (height * height + half * half).sqrt();
    let side = (p.x.abs() * height - (p.y + height) * half) / slope;
    side.max(p.y).max(p.z.abs() - thick)
}

/// Swaps axes so that a shape around y lies along z.
pub fn y_to_z(p: Vec3) -> Vec3 {
    v(p.x, p.z, -p.y)
}

/// Swaps axes so that a shape around y lies along x.
pub fn y_to_x(p: Vec3) -> Vec3 {
    v(p.y, p.x, p.z)
}
