//! The square: houses, market stall, tree, lamp post, ground and sky. Nothing here moves.

use crate::math::{Pose, Vec3, fbm, hash, noise, rgb, smoothstep, v};
use crate::part::{Part, Surface, line, matt};
use crate::robot::bunting;
use crate::shapes::{capsule, cylinder, round_cone, rounded_box, sphere, torus};

/// Direction to the sun.
pub fn sun() -> Vec3 {
    v(-0.55, 0.75, -0.62).normal()
}

/// Every part with its place.
pub fn parts() -> Vec<(Pose, Part)> {
    let mut parts = vec![
        (Pose::at(-3.6, 0.0, 6.2), brick_house()),
        (Pose::at(-3.6, 4.55, 6.1), roof(3.3, 0xb5482e)),
        (Pose::at(4.9, 0.0, 7.4), plaster_house(0xf4cf7a, 0x2f7d4f)),
        (Pose::at(4.9, 4.05, 7.3), roof(2.7, 0x8f4a3a)),
        (Pose::at(10.2, 0.0, 8.2), plaster_house(0xe79a8b, 0x35608f)),
        (Pose::at(10.2, 4.05, 8.1), roof(2.7, 0x5b4a52)),
        (Pose::at(-10.0, 0.0, 8.4), plaster_house(0x9cc3d8, 0x7a3b2e)),
        (Pose::at(-10.0, 4.05, 8.3), roof(2.7, 0x9a5a3a)),
        (Pose::at(-2.3, 0.0, 2.6), lamp()),
        (Pose::at(0.25, 2.75, 2.65), bunting(5.0, 0.55)),
        (Pose::at(3.9, 0.0, 2.2), pot()),
        (Pose::at(3.9, 1.55, 2.2), crown(0.78, 0x4d8a2a)),
        (Pose::at(-4.4, 0.0, 3.4), pot()),
        (Pose::at(-4.4, 1.35, 3.4), crown(0.6, 0x3f7f3a)),
        (Pose::at(1.0, 2.2, 11.5), crown(2.3, 0x3c6f2f)),
    ];
    let stall = Pose::at(0.6, 0.0, 3.9);
    parts.push((stall, stall_frame()));
    parts.push((stall.shift(0.0, 2.12, -0.2).pitch(0.32), awning()));
    for (i, color) in [0xf28a1cu32, 0xd22f2a, 0xf4d03a, 0x6fae32].into_iter().enumerate() {
        parts.push((stall.shift(-0.93 + 0.62 * i as f32, 0.9, -0.25).pitch(-0.3), crate_of_fruit(color)));
    }
    parts
}

/// Bricks with their joints: albedo of a wall in its own plane.
fn bricks(x: f32, y: f32, w: f32) -> Vec3 {
    let (length, height) = (0.26, 0.095);
    let row = (y / height).floor();
    let shifted = x / length + 0.5 * row.rem_euclid(2.0);
    let column = shifted.floor();
    let to_edge = |t: f32, size: f32| (t - t.round()).abs() * size;
    let joint = line(to_edge(y / height, height), 0.008, w).max(line(to_edge(shifted, length), 0.008, w));
    let tint = hash(column as i32, row as i32, 7);
    let fine = 0.85 + 0.3 * fbm(v(x * 30.0, y * 30.0, 3.0), 3);
    let brick = rgb(0xb4583c).lerp(rgb(0x8f3f2e), tint).lerp(rgb(0xd08a5c), smoothstep(0.85, 1.0, tint)) * fine;
    brick.lerp(rgb(0xcdbfa8), joint * 0.85)
}

/// A window with frame, sill, shutters; the paint of a wall around it is `wall`.
fn window(x: f32, y: f32, w: f32, shutter: Vec3, wall: Surface) -> Surface {
    let (half_x, half_y) = (0.36, 0.55);
    if x.abs() < half_x && y.abs() < half_y {
        let frame = (half_x - x.abs()).min(half_y - y.abs()) < 0.05;
        let bars = line(x, 0.018, w).max(line(y - 0.1, 0.018, w));
        // A curtain above, dark room below, the sky's reflection across.
        let curtain = y > 0.12 + 0.04 * (x * 40.0).sin();
        let glass = if curtain { rgb(0xe9e4d4) } else { rgb(0x26384a) };
        let glare = smoothstep(0.03, -0.03, (x + y * 0.6 - 0.1).abs() - 0.09) * 0.35;
        let color = if frame { rgb(0xf5f1e6) } else { glass.lerp(rgb(0xf5f1e6), bars) + rgb(0x9cc8ee) * glare };
        return Surface { albedo: color, gloss: if frame { 0.0 } else { 1.0 } };
    }
    if x.abs() < half_x + 0.34 && x.abs() > half_x + 0.02 && y.abs() < half_y {
        let edge = (x.abs() - half_x - 0.18).abs() > 0.13 || y.abs() > half_y - 0.04;
        let slats = line((y * 14.0).rem_euclid(1.0) / 14.0 - 0.035, 0.012, w);
        return matt(if edge { shutter } else { shutter * (1.0 - 0.45 * slats) });
    }
    if x.abs() < half_x + 0.08 && y < -half_y && y > -half_y - 0.1 {
        return matt(rgb(0xd9d0bd));
    }
    wall
}

fn brick_house() -> Part {
    let paint = |p: Vec3, n: Vec3, w: f32| {
        let across = if n.x.abs() > 0.7 { p.z } else { p.x };
        let dirt = 0.75 + 0.25 * smoothstep(0.0, 0.6, p.y);
        let wall = if p.y < 0.45 {
            matt(rgb(0x8f8a80) * (0.8 + 0.3 * fbm(p * 8.0, 3)))
        } else {
            matt(bricks(across, p.y, w) * dirt)
        };
        if n.z > -0.7 {
            return wall;
        }
        let column = ((p.x + 0.15) / 1.95).round().clamp(-1.0, 1.0);
        let x = p.x + 0.15 - column * 1.95;
        let floor = if p.y > 2.3 { 3.35 } else { 1.45 };
        if floor < 2.0 && column == 0.0 {
            return door(x, p.y, w, wall);
        }
        window(x, p.y - floor, w, rgb(0x2d5f9e), wall)
    };
    Part::new(v(0.0, 2.2, 0.0), v(3.1, 2.2, 0.4), |p| rounded_box(p - v(0.0, 2.2, 0.0), v(3.1, 2.2, 0.4), 0.02), paint)
}

fn door(x: f32, y: f32, w: f32, wall: Surface) -> Surface {
    let arch = if y > 1.75 { (x * x + (y - 1.75) * (y - 1.75)).sqrt() - 0.5 } else { x.abs() - 0.5 };
    if arch < -0.07 {
        let planks = line((x * 7.0).rem_euclid(1.0) / 7.0 - 0.07, 0.006, w);
        let grain = 0.85 + 0.25 * noise(v(x * 60.0, y * 4.0, 1.0));
        let knob = v(x - 0.32, y - 1.0, 0.0).length() < 0.035;
        let wood = rgb(0x2c6e57) * grain * (1.0 - 0.6 * planks);
        return if knob { Surface { albedo: rgb(0xe8b93a), gloss: 1.0 } } else { matt(wood) };
    }
    if arch < 0.07 { matt(rgb(0xe0d8c6) * (0.9 + 0.15 * noise(v(x * 20.0, y * 20.0, 0.0)))) } else { wall }
}

fn plaster_house(wall: u32, shutter: u32) -> Part {
    let paint = move |p: Vec3, n: Vec3, w: f32| {
        let stains = 0.86 + 0.18 * fbm(p * v(2.0, 2.0, 2.0).x, 4) + 0.05 * noise(p * 40.0);
        let plinth = smoothstep(0.4, 0.42, p.y);
        let base = matt(rgb(0x9a8f80).lerp(rgb(wall), plinth) * stains);
        if n.z > -0.7 {
            return base;
        }
        let column = (p.x / 1.7).round().clamp(-1.0, 1.0);
        let floor = if p.y > 2.2 { 3.05 } else { 1.35 };
        window(p.x - column * 1.7, p.y - floor, w, rgb(shutter), base)
    };
    Part::new(v(0.0, 2.0, 0.0), v(2.5, 2.0, 0.5), |p| rounded_box(p - v(0.0, 2.0, 0.0), v(2.5, 2.0, 0.5), 0.03), paint)
}

/// A gable with its ridge along x, of overlapping tiles.
fn roof(half: f32, color: u32) -> Part {
    let slope = |p: Vec3| 0.78 * (p.y + 0.15) + 0.62 * p.z.abs();
    let shape = move |p: Vec3| {
        let rows = 0.02 * (slope_along(p) * 6.0).rem_euclid(1.0);
        (slope(p) - 0.55 - rows).max(-p.y - 0.15).max(p.x.abs() - half)
    };
    let paint = move |p: Vec3, _: Vec3, w: f32| {
        let (a, row) = (p.x * 5.0, (slope_along(p) * 6.0).floor());
        let gap = line((a + 0.5 * row).rem_euclid(1.0) / 5.0 - 0.1, 0.012, w);
        let tint = 0.75 + 0.45 * hash((a + 0.5 * row).floor() as i32, row as i32, 3);
        matt(rgb(color) * tint * (1.0 - 0.5 * gap))
    };
    Part::new(v(0.0, 0.22, 0.0), v(half, 0.38, 0.95), shape, paint).stepping(0.7)
}

fn slope_along(p: Vec3) -> f32 {
    0.62 * p.y - 0.78 * p.z.abs()
}

fn lamp() -> Part {
    let iron = Surface { albedo: rgb(0x1f3d36), gloss: 0.7 };
    let glass = |p: Vec3| round_cone(p - v(0.0, 2.9, 0.0), 0.1, 0.15, 0.24);
    let shape = move |p: Vec3| {
        let r = (p.x * p.x + p.z * p.z).sqrt();
        let pole = capsule(p, v(0.0, 0.0, 0.0), v(0.0, 2.8, 0.0), 0.045 + 0.05 * smoothstep(0.9, 0.0, p.y));
        let foot = cylinder(p - v(0.0, 0.1, 0.0), 0.17, 0.1, 0.03);
        let rings = torus(p - v(0.0, 0.95, 0.0), 0.05, 0.03).min(torus(p - v(0.0, 2.7, 0.0), 0.05, 0.03));
        let hat = (r * 0.7 + (p.y - 3.45) * 0.7).max(-(p.y - 3.25));
        let arm = capsule(p, v(-0.28, 2.55, 0.0), v(0.28, 2.55, 0.0), 0.018);
        pole.min(foot).min(rings).min(hat).min(glass(p)).min(arm)
    };
    let paint = move |p: Vec3, _: Vec3, _: f32| {
        if glass(p) < 0.003 { Surface { albedo: rgb(0xfff3c4), gloss: 1.0 } } else { iron }
    };
    Part::new(v(0.0, 1.75, 0.0), v(0.32, 1.76, 0.24), shape, paint).stepping(0.75)
}

fn pot() -> Part {
    let shape = |p: Vec3| {
        let body = round_cone(p - v(0.0, 0.26, 0.0), 0.24, 0.33, 0.2).max(p.y - 0.6).max(-p.y);
        body.min(torus(p - v(0.0, 0.56, 0.0), 0.31, 0.055)).min(capsule(p, v(0.0, 0.5, 0.0), v(0.06, 1.2, 0.0), 0.06))
    };
    let paint = |p: Vec3, _: Vec3, w: f32| {
        if p.y > 0.63 {
            return matt(rgb(0x6b4a2f) * (0.7 + 0.5 * noise(v(p.x * 40.0, p.y * 8.0, p.z * 40.0))));
        }
        let bands = line(p.y - 0.3, 0.02, w).max(line(p.y - 0.38, 0.01, w));
        Surface { albedo: rgb(0x3a6fb0).lerp(rgb(0xf3efe4), bands) * (0.9 + 0.15 * fbm(p * 9.0, 3)), gloss: 0.6 }
    };
    Part::new(v(0.0, 0.65, 0.0), v(0.37, 0.65, 0.37), shape, paint).stepping(0.85)
}

/// A round crown of leaves.
fn crown(radius: f32, color: u32) -> Part {
    let leaves = move |p: Vec3| fbm(p * (4.2 / radius), 2) * 0.22 + noise(p * (17.0 / radius)) * 0.09;
    let shape = move |p: Vec3| {
        let rough = sphere(p, radius);
        // Detail only near the surface: it is what costs.
        if rough > 0.3 * radius { rough - 0.1 * radius } else { rough + radius * (leaves(p) - 0.17) }
    };
    let paint = move |p: Vec3, n: Vec3, _: f32| {
        let tint = noise(p * (20.0 / radius));
        let dark = smoothstep(0.1, 0.24, leaves(p));
        let light = smoothstep(-0.4, 0.9, n.y);
        let green = rgb(color).lerp(rgb(0xa9c84a), 0.45 * light * tint);
        matt(green * (1.0 - 0.6 * dark) * (0.7 + 0.6 * tint))
    };
    let half = radius * 1.2;
    Part::new(v(0.0, 0.0, 0.0), v(half, half, half), shape, paint).stepping(0.55)
}

fn stall_frame() -> Part {
    let shape = |p: Vec3| {
        let post = |q: Vec3| rounded_box(q - v(1.25, 1.1, 0.0), v(0.045, 1.1, 0.045), 0.01);
        let q = v(p.x.abs(), p.y, p.z);
        let front = post(q - v(0.0, -0.15, -0.55));
        let back = post(q - v(0.0, 0.0, 0.55));
        let table = rounded_box(p - v(0.0, 0.72, 0.0), v(1.3, 0.04, 0.55), 0.01);
        let skirt = rounded_box(p - v(0.0, 0.4, -0.5 - 0.012 * (p.x * 22.0).sin()), v(1.28, 0.32, 0.02), 0.01) * 0.8;
        front.min(back).min(table).min(skirt)
    };
    let paint = |p: Vec3, _: Vec3, w: f32| {
        if p.y < 0.69 && p.z < -0.44 && p.x.abs() < 1.285 {
            let check = ((p.x * 6.0).floor() + (p.y * 6.0).floor()).rem_euclid(2.0) < 1.0;
            return matt(if check { rgb(0x2f6f9f) } else { rgb(0xe8eef0) });
        }
        let grain = 0.8 + 0.3 * noise(v(p.x * 5.0, p.y * 25.0, p.z * 40.0));
        let planks = line((p.z * 6.0).rem_euclid(1.0) / 6.0 - 0.08, 0.006, w) * f32::from(p.y > 0.7 && p.y < 0.8);
        matt(rgb(0xa8703f) * grain * (1.0 - 0.5 * planks))
    };
    Part::new(v(0.0, 1.1, 0.0), v(1.32, 1.12, 0.66), shape, paint).stepping(0.8)
}

fn awning() -> Part {
    let shape = |p: Vec3| {
        let sag = 0.03 * (p.x * 4.9).cos();
        let top = rounded_box(p + v(0.0, sag, 0.0), v(1.45, 0.018, 0.75), 0.012);
        // The front edge hangs down in scallops.
        let wave = 0.09 + 0.05 * (p.x * std::f32::consts::PI / 0.29).sin().abs();
        let edge = rounded_box(p - v(0.0, -wave, -0.74), v(1.45, wave, 0.015), 0.01) * 0.7;
        top.min(edge)
    };
    let paint = |p: Vec3, _: Vec3, _: f32| {
        let stripe = (p.x / 0.58).rem_euclid(1.0) < 0.5;
        matt(if stripe { rgb(0xcf2f35) } else { rgb(0xf7efdc) })
    };
    Part::new(v(0.0, -0.1, 0.0), v(1.46, 0.2, 0.77), shape, paint).stepping(0.7)
}

fn crate_of_fruit(color: u32) -> Part {
    let fruit = |p: Vec3| {
        let cell = |t: f32, n: f32| (t / 0.12).round().clamp(-n, n) * 0.12;
        let (cx, cz) = (cell(p.x, 2.0), cell(p.z, 1.0));
        let lift = 0.05 * hash((cx * 100.0) as i32, (cz * 100.0) as i32, 5);
        sphere(p - v(cx, 0.08 + lift, cz), 0.066)
    };
    let shape = move |p: Vec3| {
        let outer = rounded_box(p, v(0.29, 0.1, 0.21), 0.008);
        let inner = rounded_box(p - v(0.0, 0.06, 0.0), v(0.27, 0.12, 0.19), 0.004);
        outer.max(-inner).min(fruit(p))
    };
    let paint = move |p: Vec3, n: Vec3, w: f32| {
        if fruit(p) < 0.003 {
            let stem = smoothstep(0.93, 0.97, n.y);
            let tint = 0.85 + 0.3 * hash((p.x / 0.12).round() as i32, (p.z / 0.12).round() as i32, 9);
            return Surface { albedo: (rgb(color) * tint).lerp(rgb(0x3c5a1c), stem), gloss: 0.5 };
        }
        let slats = line((p.y * 12.0).rem_euclid(1.0) / 12.0 - 0.04, 0.007, w);
        matt(rgb(0xc89a5e) * (0.8 + 0.3 * noise(v(p.x * 8.0, p.y * 60.0, p.z * 8.0))) * (1.0 - 0.6 * slats))
    };
    Part::new(v(0.0, 0.05, 0.0), v(0.31, 0.19, 0.24), shape, paint).stepping(0.8)
}

/// Paving in a basket weave; `w` is the pixel's width there.
pub fn ground(p: Vec3, w: f32) -> Surface {
    let size = 0.42;
    let (cx, cz) = ((p.x / size).floor(), (p.z / size).floor());
    let (fx, fz) = (p.x / size - cx, p.z / size - cz);
    let turned = (cx + cz).rem_euclid(2.0) < 1.0;
    let (a, b) = if turned { (fx, fz) } else { (fz, fx) };
    let half = (a * 2.0).floor();
    let edge = |t: f32, n: f32| ((t * n) - (t * n).round()).abs() * size / n;
    let joint = line(edge(a, 2.0), 0.011, w).max(line(edge(b, 1.0), 0.011, w));
    let tint = hash(cx as i32, cz as i32, half as i32 + if turned { 10 } else { 20 });
    let grain = 0.86 + 0.28 * fbm(v(p.x * 18.0, 0.0, p.z * 18.0), 3) * smoothstep(0.08, 0.01, w);
    let stone = rgb(0xc9b79c).lerp(rgb(0xa89a8c), tint).lerp(rgb(0xd8b090), smoothstep(0.8, 1.0, tint)) * grain;
    let large = 0.9 + 0.2 * fbm(v(p.x * 0.7, 0.0, p.z * 0.7), 3);
    matt((stone * large).lerp(rgb(0x6d6257), joint * 0.8))
}

/// Light from direction `d` where nothing is in the way: sky, clouds, hills.
pub fn sky(d: Vec3) -> Vec3 {
    let up = d.y.max(0.0);
    let blue = rgb(0x8cc6f0)
        .lerp(rgb(0x2f78cc), (up * 1.9).clamp(0.0, 1.0))
        .lerp(rgb(0xf3ead6), (1.0 - up * 7.0).max(0.0) * 0.7);
    let glow = d.dot(sun()).max(0.0).powi(24) * 0.5;
    let mut color = blue * 1.15 + rgb(0xfff0c8) * glow;
    let azimuth = d.x.atan2(d.z);
    if d.y > 0.02 {
        let at = |dy: f32| fbm(v(azimuth * 3.2 + 4.0, (d.y + dy) * 8.5, 1.7), 5);
        let density = smoothstep(0.5, 0.6, at(0.0) - 0.12 * (d.y - 0.25).abs());
        let lit = smoothstep(0.12, -0.06, at(0.035) - at(0.0) + 0.03);
        let cloud = rgb(0xa9b6cc).lerp(rgb(0xffffff), lit) * 1.25;
        color = color.lerp(cloud, density * smoothstep(0.03, 0.12, d.y));
    }
    let ridge = |scale: f32, base: f32, height: f32, seed: f32| base + height * fbm(v(azimuth * scale, seed, 0.0), 4);
    let far = ridge(5.0, 0.02, 0.19, 3.0);
    if d.y < far {
        let snow = smoothstep(far - 0.05, far - 0.01, d.y + 0.03 * fbm(v(azimuth * 40.0, d.y * 60.0, 2.0), 3));
        color = rgb(0x7f97bd).lerp(rgb(0xf2f5fa), snow * smoothstep(0.1, 0.14, far));
    }
    let near = ridge(7.0, 0.015, 0.075, 8.0);
    if d.y < near {
        let woods = fbm(v(azimuth * 60.0, d.y * 120.0, 5.0), 3);
        color = rgb(0x6f9a5a).lerp(rgb(0x47753f), smoothstep(0.35, 0.65, woods));
    }
    color
}
