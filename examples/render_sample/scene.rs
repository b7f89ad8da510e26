//! What is where at which time: two shots, each with its acting and its camera.

use crate::math::{Pose, Vec3, smoothstep, v};
use crate::part::Part;
use crate::robot::{self, Acting, Bone};
use crate::town;
use std::f32::consts::PI;

/// Frames per second.
pub const RATE: u32 = 30;
/// Frames of each shot: walking past the stall, then a close-up.
pub const SHOTS: [u32; 2] = [102, 90];
/// Frames in all.
pub const FRAMES: u32 = SHOTS[0] + SHOTS[1];

/// A camera: its pose looks along +z, x to the right.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub pose: Pose,
    /// Tangent of half the vertical field of view.
    pub tangent: f32,
}

/// A part in its place, with the world box around it.
pub struct Placed<'a> {
    pub part: &'a Part,
    pub pose: Pose,
    /// Index into the scene's parts: the same in every frame of a shot.
    pub id: u32,
    pub low: Vec3,
    pub high: Vec3,
}

/// Everything at one moment.
pub struct Moment<'a> {
    pub camera: Camera,
    pub placed: Vec<Placed<'a>>,
    /// Where the moving character is: `placed[..robot]`, and the box around it.
    pub robot: usize,
    pub low: Vec3,
    pub high: Vec3,
}

/// All parts of the film.
pub struct Scene {
    still: Vec<(Pose, Part)>,
    robots: [Vec<(Bone, Part)>; 2],
}

/// Shot and seconds since its start of frame `frame`.
pub fn shot(frame: u32) -> (usize, f32) {
    if frame < SHOTS[0] { (0, frame as f32 / RATE as f32) } else { (1, (frame - SHOTS[0]) as f32 / RATE as f32) }
}

impl Scene {
    pub fn new() -> Self {
        Self { still: town::parts(), robots: [robot::parts(false), robot::parts(true)] }
    }

    /// The scene at frame `frame`.
    pub fn at(&self, frame: u32) -> Moment<'_> {
        let (shot, time) = shot(frame);
        let (acting, camera) = if shot == 0 { walking(time) } else { waving(time) };
        let moving = self.robots[shot].iter().map(|(bone, part)| (acting.pose(*bone), part));
        let all = moving.chain(self.still.iter().map(|(pose, part)| (*pose, part)));
        let placed: Vec<Placed> =
            all.enumerate().map(|(id, (pose, part))| Placed::new(id as u32, pose, part)).collect();
        let robot = self.robots[shot].len();
        let low = placed[..robot].iter().fold(v(1e9, 1e9, 1e9), |low, p| low.min(p.low));
        let high = placed[..robot].iter().fold(v(-1e9, -1e9, -1e9), |high, p| high.max(p.high));
        Moment { camera, placed, robot, low, high }
    }
}

impl<'a> Placed<'a> {
    fn new(id: u32, pose: Pose, part: &'a Part) -> Self {
        let (mut low, mut high) = (v(1e9, 1e9, 1e9), v(-1e9, -1e9, -1e9));
        for corner in 0..8 {
            let pick = |bit: u32, a: f32, b: f32| if corner >> bit & 1 == 0 { a } else { b };
            let (a, b) = (part.low, part.high);
            let p = pose.apply(v(pick(0, a.x, b.x), pick(1, a.y, b.y), pick(2, a.z, b.z)));
            (low, high) = (low.min(p), high.max(p));
        }
        Self { part, pose, id, low, high }
    }
}

/// Shot 1: it walks past the stall; the camera pans after it and sways like a hand-held one.
fn walking(t: f32) -> (Acting, Camera) {
    let mut acting = Acting::walk(0.15 + t * 0.95);
    acting.place = v(-1.75 + 0.93 * t, 0.0, 0.75 - 0.3 * t);
    acting.heading = PI / 2.0 + 0.33;
    // Looks ahead, then notices the camera.
    let notice = smoothstep(1.3, 2.0, t);
    acting.head[0] += 0.35 + 0.4 * notice;
    acting.head[1] += -0.04;
    acting.gaze = [0.25 * notice, 0.05];
    acting.blink = blink(t, 1.25).max(blink(t, 2.9));
    acting.balloon = [-0.1 + 0.05 * (t * 2.3).sin(), -0.3 + 0.08 * (t * 2.9).sin()];
    let sway = v(0.012 * (t * 5.1).sin(), 0.01 * (t * 6.7).sin(), 0.0);
    let eye = v(0.35, 1.35, -4.1);
    let follow = acting.place.x * 0.8 + 0.28;
    let target = v(follow, 1.22, 0.6) + sway;
    (acting, Camera { pose: Pose::look(eye, target), tangent: 0.335 })
}

/// Shot 2: it stands and waves; the camera dollies in.
fn waving(t: f32) -> (Acting, Camera) {
    let mut acting = Acting { place: v(1.5, 0.0, 0.0), heading: PI + 0.3, ..Acting::default() };
    let breath = (t * 2.6).sin();
    let wave = (t * 9.5).sin();
    acting.bob = 0.004 * breath;
    acting.sway = 0.02 * (t * 2.1).sin();
    acting.lean = 0.02 * breath;
    acting.shoulder = [(0.35, 2.25 + 0.06 * wave), (0.45, 0.22)];
    acting.elbow = [0.45 + 0.34 * wave, 1.5 + 0.03 * breath];
    acting.head = [0.25 * smoothstep(0.2, 0.9, t) - 0.12, 0.04 * (t * 3.2).sin() - 0.05, 0.14 * (t * 1.9).sin()];
    acting.gaze = [-0.12 * smoothstep(0.2, 0.9, t), 0.02];
    acting.blink = blink(t, 0.75).max(blink(t, 2.3));
    acting.swing = 0.3 + 0.15 * (t * 3.3).sin();
    acting.balloon = [0.1 + 0.05 * (t * 2.0).sin(), -0.34 + 0.09 * (t * 1.6).sin()];
    let eye = v(0.95 + 0.12 * t, 1.42 + 0.03 * t, -2.75 + 0.3 * t);
    let target = v(1.47, 1.36, 0.1);
    (acting, Camera { pose: Pose::look(eye, target), tangent: 0.33 })
}

/// A blink of a quarter of a second around `at`.
fn blink(t: f32, at: f32) -> f32 {
    smoothstep(0.125, 0.04, (t - at).abs())
}
