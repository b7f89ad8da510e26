//! Pictures whose motion is known exactly.

use comicvid::frame::{Drawing, Size, SmallRgb};

/// A number in 0..1 that depends on the arguments alone.
pub fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h =
        (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    ((h ^ (h >> 15)) >> 8) as f32 / (1 << 24) as f32
}

/// Smooth noise, 0..1, of features about one unit wide.
fn smooth(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (ease(x - left), ease(y - top));
    let at = |dx, dy| hash(left as i32 + dx, top as i32 + dy, seed);
    let upper = at(0, 0) + (at(1, 0) - at(0, 0)) * fx;
    let lower = at(0, 1) + (at(1, 1) - at(0, 1)) * fx;
    upper + (lower - upper) * fy
}

/// Texture like that of a photo: contrast at every scale from 4 to 60 pixels, 0..1 a channel.
pub fn texture(x: f32, y: f32, seed: u32) -> [f32; 3] {
    std::array::from_fn(|channel| {
        let seed = seed.wrapping_mul(31).wrapping_add(channel as u32 * 7);
        let octave =
            |scale: f32, weight: f32, shared: u32| smooth(x / scale, y / scale, shared + scale as u32) * weight;
        0.1 + octave(60.0, 0.35, seed)
            + octave(23.0, 0.2, seed)
            + octave(9.0, 0.15, seed / 31)
            + octave(4.0, 0.1, seed / 31)
    })
}

/// A disc over a ground, each with its own motion a frame.
#[derive(Clone, Copy)]
pub struct Scene {
    pub size: Size,
    /// Ground: pixels a frame.
    pub pan: (f32, f32),
    /// Ground: radians a frame around the middle.
    pub turn: f32,
    /// Ground: growth a frame around the middle.
    pub zoom: f32,
    /// Disc: radius in pixels; 0 for none.
    pub radius: f32,
    /// Disc: pixels a frame.
    pub speed: (f32, f32),
    pub seed: u32,
}

impl Scene {
    pub fn still(size: Size) -> Self {
        Self { size, pan: (0.0, 0.0), turn: 0.0, zoom: 1.0, radius: 0.0, speed: (0.0, 0.0), seed: 1 }
    }

    fn centre(&self) -> (f32, f32) {
        (self.size.width as f32 / 2.0, self.size.height as f32 / 2.0)
    }

    /// Middle of the disc at `time`.
    pub fn disc(&self, time: f32) -> (f32, f32) {
        let (cx, cy) = self.centre();
        (cx + self.speed.0 * time, cy + self.speed.1 * time)
    }

    pub fn on_disc(&self, x: f32, y: f32, time: f32) -> bool {
        let (cx, cy) = self.disc(time);
        (x - cx).hypot(y - cy) < self.radius
    }

    /// Where the ground point seen at (`x`, `y`) at `time` was at time 0.
    fn ground(&self, x: f32, y: f32, time: f32) -> (f32, f32) {
        let (cx, cy) = self.centre();
        let (dx, dy) = (x - cx - self.pan.0 * time, y - cy - self.pan.1 * time);
        let (sin, cos) = (-self.turn * time).sin_cos();
        let scale = self.zoom.powf(-time);
        (cx + (dx * cos - dy * sin) * scale, cy + (dx * sin + dy * cos) * scale)
    }

    fn color(&self, x: f32, y: f32, time: f32) -> [f32; 3] {
        if self.on_disc(x, y, time) {
            let (cx, cy) = self.disc(time);
            let [r, g, b] = texture(x - cx, y - cy, self.seed + 100);
            return [0.3 + 0.7 * r, 0.6 * g, 0.5 * b];
        }
        let (gx, gy) = self.ground(x, y, time);
        texture(gx, gy, self.seed)
    }

    /// The picture at `time`; four samples a pixel where there is an edge, else one: the texture has no finer detail.
    pub fn at(&self, time: f32) -> SmallRgb {
        let (width, pixels) = (self.size.width as usize, self.size.pixels());
        let mut rgb = vec![0.0; 3 * pixels];
        for i in 0..pixels {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let mut sum = [0.0; 3];
            let corners = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            let on_disc = corners.map(|(dx, dy)| self.on_disc(x + dx, y + dy, time));
            let edge = on_disc.iter().any(|on| *on != on_disc[0]);
            let samples: &[(f32, f32)] = if edge { &corners } else { &[(0.5, 0.5)] };
            for (dx, dy) in samples {
                let color = self.color(x + dx, y + dy, time);
                (0..3).for_each(|c| sum[c] += color[c] / samples.len() as f32);
            }
            (0..3).for_each(|c| rgb[c * pixels + i] = sum[c].min(1.0));
        }
        SmallRgb { size: self.size, planes: rgb }
    }

    /// Where what is seen at (`x`, `y`) at `time` was one frame before, relative to here; nothing if it was hidden.
    pub fn motion(&self, x: f32, y: f32, time: f32) -> Option<(f32, f32)> {
        if self.on_disc(x, y, time) {
            return Some((-self.speed.0, -self.speed.1));
        }
        // The ground point's place a frame ago: undo the whole motion, redo one frame less.
        let (gx, gy) = self.ground(x, y, time);
        let (cx, cy) = self.centre();
        let (sin, cos) = (self.turn * (time - 1.0)).sin_cos();
        let scale = self.zoom.powf(time - 1.0);
        let (dx, dy) = ((gx - cx) * scale, (gy - cy) * scale);
        let px = cx + self.pan.0 * (time - 1.0) + dx * cos - dy * sin;
        let py = cy + self.pan.1 * (time - 1.0) + dx * sin + dy * cos;
        (!self.on_disc(px, py, time - 1.0)).then_some((px - x, py - y))
    }
}

/// Adds noise of standard deviation `sigma` (0..1 of full scale) to every channel.
pub fn add_noise(picture: &mut SmallRgb, sigma: f32, seed: u32) {
    for (i, value) in picture.planes.iter_mut().enumerate() {
        // Sum of uniforms: close to normal.
        let sum: f32 = (0..4).map(|k| hash(i as i32, k, seed)).sum();
        *value = (*value + (sum - 2.0) * (3.0f32).sqrt() * sigma).clamp(0.0, 1.0);
    }
}

/// A stand-in for the generator: colour steps and ink on edges, both of which make noise flicker.
pub fn draw(picture: &SmallRgb) -> Drawing {
    let (width, height) = (picture.size.width as usize, picture.size.height as usize);
    let [r, g, b] = picture.channels();
    let luma = |x: usize, y: usize| {
        let i = y.min(height - 1) * width + x.min(width - 1);
        0.2126 * r[i] + 0.7152 * g[i] + 0.0722 * b[i]
    };
    let mut rgba = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        for x in 0..width {
            let i = y * width + x;
            let dx = luma(x + 1, y) - luma(x.saturating_sub(1), y);
            let dy = luma(x, y + 1) - luma(x, y.saturating_sub(1));
            let ink = ((dx.hypot(dy) - 0.12) / 0.06).clamp(0.0, 1.0);
            let step = |value: f32| {
                let level = value * 6.0;
                let soft = ((level.fract() - 0.5) / 0.3 + 0.5).clamp(0.0, 1.0);
                ((level.floor() + soft) / 6.0 * (1.0 - ink) * 255.0).round().clamp(0.0, 255.0) as u8
            };
            rgba.extend([step(r[i]), step(g[i]), step(b[i]), 255]);
        }
    }
    Drawing { size: picture.size, rgba }
}
