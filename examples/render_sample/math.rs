//! Vectors, rigid poses, noise.

use std::ops::{Add, Mul, Neg, Sub};

/// A point, direction or linear RGB colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

pub const fn v(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    pub fn dot(self, o: Self) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
    pub fn cross(self, o: Self) -> Self {
        v(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }
    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }
    pub fn normal(self) -> Self {
        self * (1.0 / self.length().max(1e-12))
    }
    pub fn abs(self) -> Self {
        v(self.x.abs(), self.y.abs(), self.z.abs())
    }
    pub fn max(self, o: Self) -> Self {
        v(self.x.max(o.x), self.y.max(o.y), self.z.max(o.z))
    }
    pub fn min(self, o: Self) -> Self {
        v(self.x.min(o.x), self.y.min(o.y), self.z.min(o.z))
    }
    /// Component by component.
    pub fn times(self, o: Self) -> Self {
        v(self.x * o.x, self.y * o.y, self.z * o.z)
    }
    pub fn lerp(self, o: Self, t: f32) -> Self {
        self * (1.0 - t) + o * t
    }
    pub fn map(self, f: impl Fn(f32) -> f32) -> Self {
        v(f(self.x), f(self.y), f(self.z))
    }
    /// Rec. 709 luminance.
    pub fn luma(self) -> f32 {
        self.dot(v(0.2126, 0.7152, 0.0722))
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        v(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}
impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        v(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}
impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        v(self.x * k, self.y * k, self.z * k)
    }
}
impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

/// Linear light of an sRGB colour `0xRRGGBB`.
pub fn rgb(code: u32) -> Vec3 {
    let channel = |shift: u32| {
        let c = ((code >> shift) & 255) as f32 / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    v(channel(16), channel(8), channel(0))
}

/// A rotation and a translation: local to parent.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// Images of the local axes.
    axes: [Vec3; 3],
    pub origin: Vec3,
}

impl Pose {
    pub const IDENTITY: Self =
        Self { axes: [v(1.0, 0.0, 0.0), v(0.0, 1.0, 0.0), v(0.0, 0.0, 1.0)], origin: v(0.0, 0.0, 0.0) };

    pub fn at(x: f32, y: f32, z: f32) -> Self {
        Self { origin: v(x, y, z), ..Self::IDENTITY }
    }
    /// Looks from `eye` to `target`: local +z forward, +x right, +y up.
    pub fn look(eye: Vec3, target: Vec3) -> Self {
        let z = (target - eye).normal();
        let x = v(0.0, 1.0, 0.0).cross(z).normal();
        Self { axes: [x, z.cross(x), z], origin: eye }
    }
    pub fn apply(&self, p: Vec3) -> Vec3 {
        self.origin + self.turn(p)
    }
    /// Rotation alone.
    pub fn turn(&self, d: Vec3) -> Vec3 {
        self.axes[0] * d.x + self.axes[1] * d.y + self.axes[2] * d.z
    }
    pub fn inverse(&self, p: Vec3) -> Vec3 {
        self.turn_back(p - self.origin)
    }
    pub fn turn_back(&self, d: Vec3) -> Vec3 {
        v(self.axes[0].dot(d), self.axes[1].dot(d), self.axes[2].dot(d))
    }
    /// `child`, given in this pose's coordinates, in this pose's parent's.
    pub fn then(&self, child: &Self) -> Self {
        Self { axes: child.axes.map(|a| self.turn(a)), origin: self.apply(child.origin) }
    }
    pub fn shift(&self, x: f32, y: f32, z: f32) -> Self {
        self.then(&Self::at(x, y, z))
    }
    /// Turns about the local x axis, radians; positive takes +y to +z.
    pub fn pitch(&self, angle: f32) -> Self {
        let (s, c) = angle.sin_cos();
        self.then(&Self { axes: [v(1.0, 0.0, 0.0), v(0.0, c, s), v(0.0, -s, c)], origin: v(0.0, 0.0, 0.0) })
    }
    /// About y; positive takes +z to +x.
    pub fn yaw(&self, angle: f32) -> Self {
        let (s, c) = angle.sin_cos();
        self.then(&Self { axes: [v(c, 0.0, -s), v(0.0, 1.0, 0.0), v(s, 0.0, c)], origin: v(0.0, 0.0, 0.0) })
    }
    /// About z; positive takes +x to +y.
    pub fn roll(&self, angle: f32) -> Self {
        let (s, c) = angle.sin_cos();
        self.then(&Self { axes: [v(c, s, 0.0), v(-s, c, 0.0), v(0.0, 0.0, 1.0)], origin: v(0.0, 0.0, 0.0) })
    }
}

pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Integer hash to 0..1.
pub fn hash(x: i32, y: i32, z: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f);
    h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
    h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b);
    (h ^ (h >> 16)) as f32 / u32::MAX as f32
}

/// Smooth value noise, 0..1.
pub fn noise(p: Vec3) -> f32 {
    let cell = p.map(f32::floor);
    let f = (p - cell).map(|t| t * t * (3.0 - 2.0 * t));
    let (x, y, z) = (cell.x as i32, cell.y as i32, cell.z as i32);
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |dy: i32, dz: i32| mix(hash(x, y + dy, z + dz), hash(x + 1, y + dy, z + dz), f.x);
    mix(mix(row(0, 0), row(1, 0), f.y), mix(row(0, 1), row(1, 1), f.y), f.z)
}

/// Octaves of [`noise`], 0..1.
pub fn fbm(mut p: Vec3, octaves: u32) -> f32 {
    let (mut sum, mut weight, mut total) = (0.0, 0.5, 0.0);
    for _ in 0..octaves {
        sum += weight * noise(p);
        total += weight;
        weight *= 0.5;
        p = p * 2.03 + v(17.1, 9.2, 5.7);
    }
    sum / total
}
