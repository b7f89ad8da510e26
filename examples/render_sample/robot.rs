//! The leading character: a walking, waving robot of rigid parts on a skeleton.

use crate::math::{Pose, Vec3, fbm, rgb, smoothstep, v};
use crate::part::{Part, Surface, lacquer, line, matt};
use crate::shapes::{capsule, cylinder, ellipsoid, pennant, round_cone, rounded_box, sphere, torus, y_to_x, y_to_z};
use std::f32::consts::{PI, TAU};

const TEAL: u32 = 0x1b9aa0;
const CREAM: u32 = 0xf6ead0;
const ORANGE: u32 = 0xf27a1a;
const RED: u32 = 0xd3212d;
const DARK: u32 = 0x343a46;
const YELLOW: u32 = 0xffc928;

const THIGH: f32 = 0.27;
const SHIN: f32 = 0.27;
const UPPER_ARM: f32 = 0.25;
const FOREARM: f32 = 0.24;

/// Bones; of pairs, the first is on the +x side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bone {
    Pelvis,
    Torso,
    Head,
    Eye(usize),
    Eyelid(usize),
    Antenna,
    ScarfTail,
    UpperArm(usize),
    Forearm(usize),
    Thigh(usize),
    Shin(usize),
    Foot(usize),
    Balloon,
}

/// What the character does at one moment; angles in radians.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acting {
    pub place: Vec3,
    /// Direction it walks in: 0 is +z, quarter turn is +x.
    pub heading: f32,
    pub bob: f32,
    pub lean: f32,
    pub sway: f32,
    /// Forward swing.
    pub thigh: [f32; 2],
    pub knee: [f32; 2],
    /// Forward raise, sideways raise.
    pub shoulder: [(f32, f32); 2],
    pub elbow: [f32; 2],
    /// Yaw, pitch (down), roll.
    pub head: [f32; 3],
    /// Yaw, pitch (down).
    pub gaze: [f32; 2],
    /// 0 open, 1 shut.
    pub blink: f32,
    pub swing: f32,
    /// Tilt of the balloon's string about x and z.
    pub balloon: [f32; 2],
}

impl Acting {
    /// Walks along its heading: one cycle of `phase` is two steps.
    pub fn walk(phase: f32) -> Self {
        let p = phase * TAU;
        let leg = |offset: f32| 0.46 * (p + offset).sin();
        let knee = |offset: f32| 0.12 + 0.75 * (p + offset + 0.9).cos().max(0.0).powi(2);
        Self {
            bob: 0.018 * (2.0 * p + 0.4).cos(),
            lean: 0.07,
            sway: 0.035 * p.sin(),
            thigh: [leg(0.0), leg(PI)],
            knee: [knee(0.0), knee(PI)],
            shoulder: [(-0.5 * p.sin(), 0.16), (0.35, 0.2)],
            elbow: [0.5, 1.35 + 0.06 * p.sin()],
            head: [0.0, 0.03 * (2.0 * p).sin(), 0.03 * p.sin()],
            swing: 0.35 + 0.22 * (2.0 * p).sin(),
            ..Self::default()
        }
    }

    /// Where each bone is, in world coordinates.
    pub fn pose(&self, bone: Bone) -> Pose {
        let side = |i: usize| if i == 0 { 1.0 } else { -1.0 };
        match bone {
            Bone::Pelvis => {
                Pose::at(self.place.x, self.place.y + 0.665 + self.bob, self.place.z).yaw(self.heading).roll(self.sway)
            }
            Bone::Torso => self.pose(Bone::Pelvis).shift(0.0, 0.3, 0.0).pitch(self.lean).roll(-1.6 * self.sway),
            Bone::Head => {
                let [yaw, pitch, roll] = self.head;
                self.pose(Bone::Torso).shift(0.0, 0.4, 0.0).yaw(yaw).pitch(pitch).roll(roll).shift(0.0, 0.26, 0.0)
            }
            Bone::Eye(i) => {
                self.pose(Bone::Head).shift(side(i) * 0.115, 0.025, 0.19).yaw(self.gaze[0]).pitch(self.gaze[1])
            }
            Bone::Eyelid(i) => {
                self.pose(Bone::Head).shift(side(i) * 0.115, 0.025, 0.19).pitch(-1.25 + 2.5 * self.blink)
            }
            Bone::Antenna => self.pose(Bone::Head).shift(0.05, 0.2, -0.04).pitch(0.3 * self.swing - 0.2).roll(-0.15),
            Bone::ScarfTail => {
                self.pose(Bone::Torso).shift(0.1, 0.37, -0.15).yaw(0.4).pitch(0.25 + self.swing).roll(0.15)
            }
            Bone::UpperArm(i) => {
                let (forward, out) = self.shoulder[i];
                self.pose(Bone::Torso).shift(side(i) * 0.275, 0.17, 0.0).roll(side(i) * out).pitch(-forward)
            }
            Bone::Forearm(i) => self.pose(Bone::UpperArm(i)).shift(0.0, -UPPER_ARM, 0.0).pitch(-self.elbow[i]),
            Bone::Thigh(i) => self.pose(Bone::Pelvis).shift(side(i) * 0.115, -0.05, 0.0).pitch(-self.thigh[i]),
            Bone::Shin(i) => self.pose(Bone::Thigh(i)).shift(0.0, -THIGH, 0.0).pitch(self.knee[i]),
            // The foot turns back most of what thigh and knee did, so the sole stays near the ground.
            Bone::Foot(i) => {
                self.pose(Bone::Shin(i)).shift(0.0, -SHIN, 0.0).pitch(0.75 * (self.thigh[i] - self.knee[i]))
            }
            Bone::Balloon => {
                let hand = self.pose(Bone::Forearm(1)).apply(v(0.0, -FOREARM - 0.05, 0.02));
                Pose::at(hand.x, hand.y, hand.z).pitch(self.balloon[0]).roll(self.balloon[1])
            }
        }
    }
}

fn plain(code: u32) -> Surface {
    lacquer(rgb(code))
}

/// Knurled rubber: the joints' bellows.
fn rubber() -> Surface {
    Surface { albedo: rgb(DARK), gloss: 0.35 }
}

/// Every part with the bone that carries it. `open_hand`: the +x hand waves, or is closed.
pub fn parts(open_hand: bool) -> Vec<(Bone, Part)> {
    let mut parts = vec![
        (Bone::Pelvis, pelvis()),
        (Bone::Torso, torso()),
        (Bone::Torso, neck()),
        (Bone::Torso, scarf()),
        (Bone::ScarfTail, scarf_tail()),
        (Bone::Head, head()),
        (Bone::Head, face()),
        (Bone::Antenna, antenna()),
        (Bone::Balloon, balloon()),
    ];
    for i in 0..2 {
        parts.push((Bone::Eye(i), eyeball()));
        parts.push((Bone::Eyelid(i), eyelid()));
        parts.push((Bone::UpperArm(i), upper_arm()));
        parts.push((Bone::Forearm(i), forearm()));
        parts.push((Bone::Forearm(i), hand(i == 0 && open_hand)));
        parts.push((Bone::Thigh(i), thigh()));
        parts.push((Bone::Shin(i), shin()));
        parts.push((Bone::Foot(i), foot()));
    }
    parts
}

fn pelvis() -> Part {
    let shape = |p: Vec3| ellipsoid(p, v(0.17, 0.11, 0.14)).min(torus(p - v(0.0, 0.06, 0.0), 0.14, 0.025));
    Part::new(
        v(0.0, 0.0, 0.0),
        v(0.175, 0.115, 0.17),
        shape,
        |p, _, _| if p.y > 0.03 { plain(ORANGE) } else { rubber() },
    )
}

fn torso() -> Part {
    // Eight rivets around the seam.
    let rivets = |p: Vec3| {
        let step = TAU / 14.0;
        let angle = (p.x.atan2(p.z) / step).round() * step;
        sphere(p - v(0.232 * angle.sin(), 0.135, 0.232 * angle.cos()), 0.014)
    };
    let dial = |p: Vec3| cylinder(y_to_z(p - v(0.0, 0.01, 0.205)), 0.062, 0.022, 0.008);
    let shape = move |p: Vec3| round_cone(p + v(0.0, 0.13, 0.0), 0.18, 0.235, 0.24).min(rivets(p)).min(dial(p));
    let paint = move |p: Vec3, _: Vec3, w: f32| {
        if dial(p) < 0.002 && p.z > 0.19 {
            return gauge(p.x, p.y - 0.01, w);
        }
        if rivets(p) < 0.003 {
            return plain(YELLOW);
        }
        // A cream belly plate with a dark seam.
        let plate = v(p.x / 0.145, (p.y + 0.02) / 0.13, 0.0).length() - 1.0;
        let seam = line(p.y - 0.168, 0.004, w).max(line(plate * 0.13, 0.004, w) * f32::from(p.z > 0.0));
        let base = if plate < 0.0 && p.z > 0.0 { rgb(CREAM) } else { rgb(TEAL) };
        let band = if p.y > 0.1 && p.y < 0.168 { rgb(0x157a80) } else { base };
        let scuffs = 0.92 + 0.12 * fbm(p * 14.0, 3);
        Surface { albedo: (band * scuffs).lerp(rgb(0x10303a), seam * 0.9), gloss: 0.9 }
    };
    Part::new(v(0.0, 0.01, 0.0), v(0.25, 0.345, 0.25), shape, paint)
}

/// A pressure gauge: dark rim, white face, red sector, ticks and a needle.
fn gauge(x: f32, y: f32, w: f32) -> Surface {
    let r = (x * x + y * y).sqrt();
    let angle = x.atan2(y);
    if r > 0.05 {
        return plain(DARK);
    }
    let step = PI / 6.0;
    let tick = ((angle / step).round() * step - angle).abs() * r;
    let ticks = line(tick, 0.0025, w) * smoothstep(0.036, 0.037, r) * f32::from(angle.abs() < 2.3);
    let base = if angle > 1.1 && angle < 2.2 && r > 0.03 { rgb(RED) } else { rgb(0xfdfaf0) };
    // The needle points up and a little to the right.
    let (s, c) = 0.6f32.sin_cos();
    let needle = line(x * c - y * s, 0.004, w) * f32::from(x * s + y * c > -0.012 && r < 0.042);
    lacquer(base.lerp(rgb(0x101010), ticks.max(needle)))
}

fn neck() -> Part {
    let shape = |p: Vec3| {
        let ring = |y: f32| torus(p - v(0.0, y, 0.0), 0.065, 0.028);
        ring(0.36).min(ring(0.405)).min(ring(0.45))
    };
    Part::plain(v(0.0, 0.405, 0.0), v(0.095, 0.075, 0.095), rubber(), shape)
}

fn knit(along: f32, across: f32, w: f32) -> Surface {
    let stripe = if (along * 9.0).rem_euclid(1.0) < 0.28 { rgb(0xf7e6c4) } else { rgb(RED) };
    let fine = smoothstep(0.02, 0.004, w);
    let stitch = 1.0 - 0.3 * fine * ((along * 300.0).sin() * (across * 260.0).sin()).abs();
    matt(stripe * stitch)
}

fn scarf() -> Part {
    let shape = |p: Vec3| {
        let angle = p.x.atan2(p.z);
        let q = p - v(0.0, 0.37 + 0.012 * (angle * 3.0).sin(), 0.0);
        let wrap = torus(v(q.x, q.y * 0.75, q.z), 0.135, 0.052 + 0.006 * (angle * 7.0).sin());
        wrap.min(ellipsoid(p - v(0.1, 0.36, -0.15), v(0.065, 0.06, 0.055)))
    };
    Part::new(v(0.02, 0.37, 0.0), v(0.2, 0.095, 0.215), shape, |p, _, w| knit(p.x.atan2(p.z) * 0.25, p.y, w))
        .stepping(0.7)
}

fn scarf_tail() -> Part {
    let wave = |y: f32| 0.02 * (y * 14.0).sin();
    let shape = move |p: Vec3| rounded_box(p - v(0.0, -0.2, wave(p.y)), v(0.062, 0.2, 0.016), 0.014) * 0.9;
    Part::new(v(0.0, -0.2, 0.0), v(0.065, 0.205, 0.045), shape, |p, _, w| knit(p.y * 1.2, p.x, w)).stepping(0.8)
}

fn head() -> Part {
    let ear = |p: Vec3| {
        let q = y_to_x(v(p.x.abs() - 0.285, p.y, p.z));
        cylinder(q, 0.085, 0.035, 0.012).min(cylinder(q - v(0.0, 0.04, 0.0), 0.05, 0.018, 0.01))
    };
    let shell = |p: Vec3| rounded_box(p, v(0.275, 0.205, 0.215), 0.13);
    let shape = move |p: Vec3| shell(p).min(ear(p));
    let paint = move |p: Vec3, _: Vec3, w: f32| {
        if ear(p) < 0.002 && shell(p) > 0.0 {
            return if p.x.abs() > 0.315 { plain(YELLOW) } else { plain(ORANGE) };
        }
        // Teal cap with a widow's peak, a seam under it, pink cheeks, two vents on the side.
        let brim = p.y - 0.115 + 0.045 * smoothstep(0.14, 0.0, p.x.abs()) * f32::from(p.z > 0.0);
        let cheek = v((p.x.abs() - 0.2) / 0.05, (p.y + 0.075) / 0.036, 0.0).length();
        let mut color = if brim > 0.0 { rgb(TEAL) } else { rgb(CREAM) };
        if p.z > 0.1 && brim < 0.0 {
            color = color.lerp(rgb(0xf08a86), smoothstep(1.1, 0.8, cheek));
        }
        let seam = line(brim, 0.005, w);
        let vents = if p.z < 0.03 && p.z > -0.14 && p.x.abs() > 0.2 && p.y < -0.05 && p.y > -0.14 {
            line((p.y * 36.0).rem_euclid(1.0) / 36.0 - 0.014, 0.005, w)
        } else {
            0.0
        };
        let wear = 0.93 + 0.1 * fbm(p * 12.0, 3);
        Surface { albedo: (color * wear).lerp(rgb(0x20303a), seam.max(vents)), gloss: 0.9 }
    };
    Part::new(v(0.0, 0.0, 0.0), v(0.35, 0.21, 0.22), shape, paint)
}

/// What stands out of the face: eye rings, brows, smile.
fn face() -> Part {
    let rings = |p: Vec3| torus(y_to_z(v(p.x.abs() - 0.115, p.y - 0.025, p.z - 0.212)), 0.09, 0.02);
    let brows = |p: Vec3| capsule(v(p.x.abs(), p.y, p.z), v(0.07, 0.152, 0.232), v(0.165, 0.142, 0.205), 0.014);
    let smile = |p: Vec3| {
        // An arc around (0, 0.02), open at the top.
        let (x, y) = (p.x, p.y - 0.0);
        let limit = 0.75f32;
        let angle = x.atan2(-y).clamp(-limit, limit);
        let nearest = v(0.125 * angle.sin(), -0.125 * angle.cos(), 0.213);
        (v(x, y, p.z) - nearest).length() - 0.011
    };
    let shape = move |p: Vec3| rings(p).min(brows(p)).min(smile(p));
    let paint = move |p: Vec3, _: Vec3, _: f32| {
        if rings(p) < 0.003 { plain(ORANGE) } else { Surface { albedo: rgb(0x2a1e22), gloss: 0.4 } }
    };
    Part::new(v(0.0, 0.015, 0.212), v(0.232, 0.155, 0.04), shape, paint)
}

fn eyeball() -> Part {
    let paint = |p: Vec3, _: Vec3, w: f32| {
        let r = (p.x * p.x + p.y * p.y).sqrt();
        if p.z < 0.0 {
            return plain(0xffffff);
        }
        let streaks = 0.75 + 0.4 * fbm(v(p.x.atan2(p.y) * 6.0, r * 30.0, 0.0), 2);
        let iris = rgb(0x2f8fd8) * streaks;
        let blur = w.max(0.001);
        let color = rgb(0x0a0a10)
            .lerp(iris, smoothstep(0.024 - blur, 0.024 + blur, r))
            .lerp(rgb(0x123a5c), line(r - 0.048, 0.004, w))
            .lerp(rgb(0xfcfcfa), smoothstep(0.05 - blur, 0.05 + blur, r));
        // The painted catch-light of a cartoon eye.
        let spark = v(p.x + 0.018, p.y - 0.022, 0.0).length();
        lacquer(color.lerp(rgb(0xffffff), smoothstep(0.014 + blur, 0.014 - blur, spark)))
    };
    Part::new(v(0.0, 0.0, 0.0), v(0.083, 0.083, 0.083), |p| sphere(p, 0.082), paint)
}

fn eyelid() -> Part {
    let shape = |p: Vec3| ((p.length() - 0.087).abs() - 0.003).max(-p.y);
    Part::plain(v(0.0, 0.045, 0.0), v(0.091, 0.046, 0.091), plain(TEAL), shape)
}

fn antenna() -> Part {
    let shape = |p: Vec3| {
        let coil = torus(v(p.x, (p.y + 0.009).rem_euclid(0.018) - 0.009, p.z), 0.02, 0.006).max(p.y - 0.09).max(-p.y);
        capsule(p, v(0.0, 0.0, 0.0), v(0.0, 0.24, 0.0), 0.009).min(sphere(p - v(0.0, 0.27, 0.0), 0.042)).min(coil)
    };
    let paint = |p: Vec3, _: Vec3, _: f32| if p.y > 0.226 { plain(RED) } else { rubber() };
    Part::new(v(0.0, 0.155, 0.0), v(0.045, 0.16, 0.045), shape, paint).stepping(0.8)
}

fn balloon() -> Part {
    let ball = |p: Vec3| {
        let q = p - v(0.0, 0.98, 0.0);
        let taper = 1.0 + 0.28 * (q.y / 0.26).clamp(-1.0, 1.0);
        ellipsoid(v(q.x / taper.sqrt(), q.y, q.z / taper.sqrt()), v(0.215, 0.26, 0.215))
    };
    let shape = move |p: Vec3| {
        let knot = round_cone(p - v(0.0, 0.695, 0.0), 0.022, 0.008, 0.03);
        ball(p).min(capsule(p, v(0.0, 0.0, 0.0), v(0.0, 0.7, 0.0), 0.0045)).min(knot)
    };
    let paint = |p: Vec3, _: Vec3, w: f32| {
        if p.y < 0.67 {
            return matt(rgb(0xf0f0f0));
        }
        // A star on the front.
        let (x, y) = (p.x, p.y - 0.99);
        let angle = x.atan2(y);
        let spoke = ((angle / (TAU / 5.0)).round() * (TAU / 5.0) - angle).abs();
        let edge = 0.125 * 0.45 / (spoke.cos() * 0.45 + spoke.sin() * 0.72).max(0.1);
        let inside = smoothstep(w.max(0.002), -w.max(0.002), (x * x + y * y).sqrt() - edge.min(0.125));
        Surface { albedo: rgb(RED).lerp(rgb(0xfff2c8), inside), gloss: 1.0 }
    };
    Part::new(v(0.0, 0.63, 0.0), v(0.245, 0.635, 0.245), shape, paint).stepping(0.75)
}

fn bellows(p: Vec3, radius: f32, length: f32) -> f32 {
    capsule(p, v(0.0, 0.0, 0.0), v(0.0, -length, 0.0), radius + 0.007 * (p.y * 150.0).sin())
}

fn upper_arm() -> Part {
    let shape = |p: Vec3| bellows(p, 0.048, UPPER_ARM).min(sphere(p, 0.082));
    let paint = |p: Vec3, _: Vec3, _: f32| if p.length() < 0.084 { plain(TEAL) } else { rubber() };
    Part::new(v(0.0, -0.11, 0.0), v(0.084, 0.2, 0.084), shape, paint).stepping(0.6)
}

fn forearm() -> Part {
    let cuff = |p: Vec3| torus(p + v(0.0, FOREARM - 0.03, 0.0), 0.06, 0.02);
    let shape = move |p: Vec3| round_cone(p + v(0.0, FOREARM - 0.02, 0.0), 0.07, 0.056, FOREARM - 0.03).min(cuff(p));
    let paint = move |p: Vec3, _: Vec3, w: f32| {
        if cuff(p) < 0.002 {
            return plain(ORANGE);
        }
        lacquer(rgb(CREAM).lerp(rgb(DARK), line(p.y + 0.06, 0.004, w).max(line(p.y + 0.075, 0.003, w))))
    };
    Part::new(v(0.0, -0.115, 0.0), v(0.085, 0.18, 0.085), shape, paint)
}

fn hand(open: bool) -> Part {
    let shape = move |p: Vec3| {
        let q = p + v(0.0, FOREARM + 0.07, 0.0);
        let palm = ellipsoid(q, v(0.062, 0.068, 0.045));
        let finger = |x: f32| {
            if open {
                capsule(q, v(x * 0.6, -0.03, 0.0), v(x * 1.75, -0.135 + x.abs() * 0.3, 0.0), 0.021)
            } else {
                capsule(q, v(x, -0.05, 0.02), v(x, -0.02, 0.055), 0.023)
            }
        };
        let thumb = if open {
            capsule(q, v(0.035, 0.0, 0.01), v(0.105, -0.035, 0.02), 0.021)
        } else {
            capsule(q, v(0.04, 0.01, 0.02), v(0.0, -0.01, 0.068), 0.021)
        };
        palm.min(finger(-0.045)).min(finger(0.0)).min(finger(0.045)).min(thumb)
    };
    Part::plain(v(0.01, -FOREARM - 0.1, 0.015), v(0.12, 0.135, 0.078), plain(ORANGE), shape).stepping(0.85)
}

fn thigh() -> Part {
    let shape = |p: Vec3| bellows(p, 0.055, THIGH).min(sphere(p + v(0.0, THIGH, 0.0), 0.07));
    let paint =
        |p: Vec3, _: Vec3, _: f32| if sphere(p + v(0.0, THIGH, 0.0), 0.07) < 0.002 { plain(TEAL) } else { rubber() };
    Part::new(v(0.0, -0.14, 0.0), v(0.075, 0.21, 0.075), shape, paint).stepping(0.6)
}

fn shin() -> Part {
    let shape = |p: Vec3| round_cone(p + v(0.0, SHIN - 0.02, 0.0), 0.078, 0.055, SHIN - 0.05);
    let paint = |p: Vec3, _: Vec3, w: f32| {
        lacquer(rgb(CREAM).lerp(rgb(TEAL), line(p.y + 0.13, 0.014, w)).lerp(rgb(DARK), line(p.y + 0.16, 0.003, w)))
    };
    Part::new(v(0.0, -0.15, 0.0), v(0.08, 0.19, 0.08), shape, paint)
}

fn foot() -> Part {
    let shape = |p: Vec3| {
        let upper = ellipsoid(p - v(0.0, -0.025, 0.05), v(0.1, 0.085, 0.165)).max(-p.y - 0.06);
        let sole = rounded_box(p - v(0.0, -0.053, 0.05), v(0.1, 0.022, 0.17), 0.02);
        upper.min(sole)
    };
    let paint = |p: Vec3, _: Vec3, w: f32| {
        if p.y < -0.033 {
            return matt(rgb(0xf3efe4).lerp(rgb(DARK), line(p.y + 0.054, 0.004, w)));
        }
        let laces = line((p.z * 30.0).rem_euclid(1.0) / 30.0 - 0.016, 0.004, w)
            * f32::from(p.x.abs() < 0.035 && p.z > 0.02 && p.z < 0.15);
        lacquer(rgb(ORANGE).lerp(rgb(0xfff8e8), laces))
    };
    Part::new(v(0.0, -0.01, 0.05), v(0.102, 0.07, 0.172), shape, paint)
}

/// Little flags on a sagging line between two points `span` apart along x.
pub fn bunting(span: f32, sag: f32) -> Part {
    let curve = move |x: f32| sag * (x * x * 4.0 / (span * span) - 1.0);
    let gap = 0.3;
    let shape = move |p: Vec3| {
        let i = (p.x / gap).round().clamp((-0.5 * span / gap).ceil(), (0.5 * span / gap).floor());
        let flag = pennant(v(p.x - i * gap, p.y - curve(i * gap), p.z), 0.11, 0.26, 0.006);
        let string = v(0.0, p.y - curve(p.x), p.z).length() - 0.008;
        flag.min(string).max(p.x.abs() - span * 0.5)
    };
    let colors = [RED, YELLOW, TEAL, CREAM, 0x3a62c4];
    let paint = move |p: Vec3, _: Vec3, _: f32| {
        let i = (p.x / gap).round() as i32;
        matt(rgb(colors[i.rem_euclid(colors.len() as i32) as usize]))
    };
    Part::new(v(0.0, -sag * 0.5 - 0.13, 0.0), v(span * 0.5, sag * 0.5 + 0.16, 0.012), shape, paint).stepping(0.7)
}
