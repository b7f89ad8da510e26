//! Sphere tracing of the parts, light, antialiasing, and the exact optical flow.

use crate::math::{Vec3, hash, rgb, smoothstep, v};
use crate::part::Surface;
use crate::scene::{Camera, Moment, Placed};
use crate::town;
use std::sync::Mutex;

/// Rays end here, metres.
const FAR: f32 = 60.0;
/// `Hit::id` of the ground and of the sky.
const GROUND: u32 = u32::MAX - 1;
const SKY: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub struct Picture<T> {
    pub width: usize,
    pub height: usize,
    pub pixels: T,
}

#[derive(Clone, Copy)]
struct Ray {
    origin: Vec3,
    direction: Vec3,
    /// Width of a pixel at distance 1.
    spread: f32,
}

#[derive(Clone, Copy)]
struct Hit {
    id: u32,
    distance: f32,
}

impl Camera {
    /// Through the point (`x`, `y`) of a picture, in pixels; centres are at halves.
    fn ray(&self, x: f32, y: f32, width: usize, height: usize) -> Ray {
        let scale = 2.0 * self.tangent / height as f32;
        let d = v((x - 0.5 * width as f32) * scale, (0.5 * height as f32 - y) * scale, 1.0);
        Ray { origin: self.pose.origin, direction: self.pose.turn(d.normal()), spread: scale }
    }

    /// Where a direction from the eye is seen, in pixels.
    fn project(&self, direction: Vec3, width: usize, height: usize) -> (f32, f32) {
        let d = self.pose.turn_back(direction);
        let scale = 2.0 * self.tangent / height as f32;
        (0.5 * width as f32 + d.x / d.z / scale, 0.5 * height as f32 - d.y / d.z / scale)
    }
}

/// Distances at which a ray enters and leaves a box.
fn slab(origin: Vec3, inverse: Vec3, low: Vec3, high: Vec3) -> (f32, f32) {
    let (a, b) = ((low - origin).times(inverse), (high - origin).times(inverse));
    let (near, far) = (a.min(b), a.max(b));
    (near.x.max(near.y).max(near.z).max(0.0), far.x.min(far.y).min(far.z))
}

impl Moment<'_> {
    /// Parts whose box, grown by `margin`, the ray meets before `limit`: with the distances of entry and exit.
    fn candidates(
        &self,
        origin: Vec3,
        direction: Vec3,
        margin: f32,
        limit: f32,
    ) -> impl Iterator<Item = (&Placed<'_>, f32, f32)> {
        let inverse = direction.map(|c| 1.0 / if c.abs() < 1e-9 { 1e-9 } else { c });
        let grow = v(margin, margin, margin);
        let (near, far) = slab(origin, inverse, self.low - grow, self.high + grow);
        let first = if near < far && near < limit { 0 } else { self.robot };
        self.placed[first..].iter().filter_map(move |placed| {
            let local = placed.pose.inverse(origin);
            let turned = placed.pose.turn_back(direction).map(|c| 1.0 / if c.abs() < 1e-9 { 1e-9 } else { c });
            let (near, far) = slab(local, turned, placed.part.low - grow, placed.part.high + grow);
            (near < far && near < limit).then_some((placed, near, far))
        })
    }

    fn trace(&self, ray: Ray) -> Hit {
        let mut best = Hit { id: SKY, distance: FAR };
        if ray.direction.y < -1e-4 {
            let distance = -ray.origin.y / ray.direction.y;
            if distance < FAR {
                best = Hit { id: GROUND, distance };
            }
        }
        for (placed, near, far) in self.candidates(ray.origin, ray.direction, 0.0, FAR) {
            if near >= best.distance {
                continue;
            }
            let (origin, direction) = (placed.pose.inverse(ray.origin), placed.pose.turn_back(ray.direction));
            let mut t = near;
            for _ in 0..160 {
                let d = (placed.part.distance)(origin + direction * t);
                if d < 0.2 * ray.spread * t {
                    best = Hit { id: placed.id, distance: t };
                    break;
                }
                t += d * placed.part.step;
                if t > far.min(best.distance) {
                    break;
                }
            }
        }
        best
    }

    /// Share of the sun that reaches `p`, with a penumbra.
    fn sunlight(&self, p: Vec3) -> f32 {
        let sun = town::sun();
        let mut light = 1.0f32;
        for (placed, near, far) in self.candidates(p, sun, 0.12, 14.0) {
            let (origin, direction) = (placed.pose.inverse(p), placed.pose.turn_back(sun));
            let mut t = near.max(0.01);
            for _ in 0..48 {
                let d = (placed.part.distance)(origin + direction * t);
                light = light.min(0.5 + 14.0 * d / t);
                if light <= 0.0 {
                    return 0.0;
                }
                t += (d * placed.part.step).clamp(0.008, 0.4);
                if t > far {
                    break;
                }
            }
        }
        smoothstep(0.0, 1.0, light)
    }

    /// Share of the sky that is seen from `p` along `n`, by sampling the distance field outwards.
    fn openness(&self, p: Vec3, n: Vec3) -> f32 {
        const REACH: [f32; 4] = [0.025, 0.07, 0.16, 0.34];
        let mut nearest = REACH.map(|h| (p + n * h).y.max(0.0));
        for placed in &self.placed {
            let gap = (placed.low - p).max(p - placed.high).max(Vec3::default()).length();
            if gap > 0.34 {
                continue;
            }
            for (slot, h) in nearest.iter_mut().zip(REACH) {
                *slot = slot.min((placed.part.distance)(placed.pose.inverse(p + n * h)));
            }
        }
        let mut open = 1.0;
        for ((d, h), weight) in nearest.into_iter().zip(REACH).zip([0.16, 0.2, 0.24, 0.24]) {
            open -= weight * ((h - d) / h).clamp(0.0, 1.0);
        }
        open
    }

    fn normal(placed: &Placed, p: Vec3, h: f32) -> Vec3 {
        let local = placed.pose.inverse(p);
        let mut sum = Vec3::default();
        for e in [v(1.0, -1.0, -1.0), v(-1.0, -1.0, 1.0), v(-1.0, 1.0, -1.0), v(1.0, 1.0, 1.0)] {
            sum = sum + e * (placed.part.distance)(local + e * h);
        }
        sum.normal()
    }

    /// Linear light that arrives along `ray`.
    fn shade(&self, ray: Ray, hit: Hit) -> Vec3 {
        if hit.id == SKY {
            return town::sky(ray.direction);
        }
        let p = ray.origin + ray.direction * hit.distance;
        let pixel = ray.spread * hit.distance;
        let (surface, n) = if hit.id == GROUND {
            // Foreshortening widens the pixel along the ground.
            (town::ground(p, pixel / ray.direction.y.abs().max(0.15).sqrt()), v(0.0, 1.0, 0.0))
        } else {
            let placed = &self.placed[hit.id as usize];
            let local = Self::normal(placed, p, (0.35 * pixel).max(0.0006));
            ((placed.part.paint)(placed.pose.inverse(p), local, pixel), placed.pose.turn(local))
        };
        let color = self.light(ray, p, n, surface);
        let haze = 1.0 - (-0.011 * hit.distance).exp();
        color.lerp(rgb(0xc9dcee), haze)
    }

    fn light(&self, ray: Ray, p: Vec3, n: Vec3, surface: Surface) -> Vec3 {
        let sun = town::sun();
        let start = p + n * (0.004 + ray.spread * 0.5);
        let facing = n.dot(sun).max(0.0);
        let lit = if facing > 0.0 { self.sunlight(start) } else { 0.0 };
        let open = self.openness(p, n);
        let direct = v(1.0, 0.9, 0.74) * (2.5 * facing * lit);
        let ambient = rgb(0xb09a80).lerp(rgb(0xa9c9f2), 0.5 + 0.5 * n.y) * (0.78 * open);
        let mut color = surface.albedo.times(direct + ambient);
        if surface.gloss > 0.0 {
            let d = ray.direction;
            let mirror = d - n * (2.0 * d.dot(n));
            let fresnel = 0.04 + 0.7 * (1.0 - (-d.dot(n)).clamp(0.0, 1.0)).powi(5);
            let seen = if mirror.y > 0.0 { town::sky(mirror) } else { rgb(0x8d8172) * 0.8 };
            let highlight = (sun - d).normal().dot(n).max(0.0).powi(140) * 3.5 * lit;
            color = color + (seen * (fresnel * open) + v(1.0, 0.95, 0.85) * highlight) * surface.gloss;
        }
        color
    }
}

/// Filmic curve and sRGB encoding, 0..1.
fn develop(color: Vec3) -> Vec3 {
    color.map(|x| {
        let x = x * 0.62;
        let y = ((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)).clamp(0.0, 1.0);
        if y <= 0.003_130_8 { 12.92 * y } else { 1.055 * y.powf(1.0 / 2.4) - 0.055 }
    })
}

/// Runs `work` on every row of `pixels`, on all processors.
fn by_rows<T: Send>(pixels: &mut [T], width: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let rows = Mutex::new(pixels.chunks_mut(width).enumerate());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = rows.lock().map(|mut rows| rows.next());
                    let Ok(Some((y, row))) = next else { return };
                    work(y, row);
                }
            });
        }
    });
}

/// One frame as sRGB bytes. `seed` chooses the sensor noise.
pub fn frame(moment: &Moment, width: usize, height: usize, seed: u32) -> Picture<Vec<u8>> {
    let camera = moment.camera;
    let mut first = vec![(SKY, 0.0f32, Vec3::default()); width * height];
    by_rows(&mut first, width, |y, row| {
        for (x, pixel) in row.iter_mut().enumerate() {
            let ray = camera.ray(x as f32 + 0.5, y as f32 + 0.5, width, height);
            let hit = moment.trace(ray);
            *pixel = (hit.id, hit.distance, develop(moment.shade(ray, hit)));
        }
    });
    // Four more rays where a neighbour shows another thing or another colour.
    let rough = |x: usize, y: usize| {
        let (id, distance, color) = first[y * width + x];
        let differs = |x: usize, y: usize| {
            let (i, d, c) = first[y * width + x];
            let step = (c - color).abs();
            i != id || (d - distance).abs() > 0.05 * distance || step.x.max(step.y).max(step.z) > 0.07
        };
        (x > 0 && differs(x - 1, y))
            || (x + 1 < width && differs(x + 1, y))
            || (y > 0 && differs(x, y - 1))
            || (y + 1 < height && differs(x, y + 1))
    };
    let mut bytes = vec![0u8; width * height * 3];
    by_rows(&mut bytes, width * 3, |y, row| {
        for x in 0..width {
            let mut color = first[y * width + x].2;
            if rough(x, y) {
                for (dx, dy) in [(0.125, 0.375), (0.875, 0.625), (0.625, 0.125), (0.375, 0.875)] {
                    let ray = camera.ray(x as f32 + dx, y as f32 + dy, width, height);
                    color = color + develop(moment.shade(ray, moment.trace(ray)));
                }
                color = color * 0.2;
            }
            let noisy = sensor(color, x as i32, y as i32, seed as i32);
            row[x * 3] = (noisy.x * 255.0).round() as u8;
            row[x * 3 + 1] = (noisy.y * 255.0).round() as u8;
            row[x * 3 + 2] = (noisy.z * 255.0).round() as u8;
        }
    });
    Picture { width, height, pixels: bytes }
}

/// Adds the noise of a small camera: grows with the signal's square root, mostly common to the three channels.
fn sensor(color: Vec3, x: i32, y: i32, seed: i32) -> Vec3 {
    let bell = |channel: i32| {
        let draw = |k: i32| hash(x, y, seed * 64 + channel * 8 + k);
        draw(0) + draw(1) + draw(2) - 1.5
    };
    let common = bell(0);
    let sigma = 0.004 + 0.012 * color.luma().max(0.0).sqrt();
    (color + v(bell(1), bell(2), bell(3)) * (0.5 * sigma) + v(common, common, common) * sigma)
        .map(|c| c.clamp(0.0, 1.0))
}

/// Exact motion in pixels from `from` to `to`, two moments of one shot: `(right, down)` at every pixel of `from`, also
/// where something covers the point in `to`.
pub fn flow(from: &Moment, to: &Moment, width: usize, height: usize) -> Picture<Vec<[f32; 2]>> {
    let mut motion = vec![[0.0f32; 2]; width * height];
    by_rows(&mut motion, width, |y, row| {
        for (x, pixel) in row.iter_mut().enumerate() {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let ray = from.camera.ray(px, py, width, height);
            let hit = from.trace(ray);
            let p = ray.origin + ray.direction * hit.distance;
            let direction = match hit.id {
                SKY => ray.direction,
                GROUND => p - to.camera.pose.origin,
                id => {
                    let local = from.placed[id as usize].pose.inverse(p);
                    to.placed[id as usize].pose.apply(local) - to.camera.pose.origin
                }
            };
            let (qx, qy) = to.camera.project(direction, width, height);
            *pixel = [qx - px, qy - py];
        }
    });
    Picture { width, height, pixels: motion }
}
