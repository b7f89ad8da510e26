//! Where ink could go: a flow-based difference of Gaussians, with specks taken out.

use super::Plane;
use super::flow::Flow;
use super::plane::gauss;

/// Width of the inner Gaussian in pixels: half a line.
pub const FINE: f32 = 0.9;
/// The same of bold lines.
pub const BOLD: f32 = 1.7;
/// How far a line is averaged along itself, in pixels.
const ALONG: f32 = 2.5;
/// Lightness difference that starts a line, and that from no ink to full ink, where specks are sought.
const THRESHOLD: f32 = 0.008;
const SOFTNESS: f32 = 0.014;
/// A connected stroke of less ink than this (in fully covered pixels) is noise.
const SPECK: f32 = 10.0;

/// How much darker than its surroundings each pixel of an edge's dark side is, in Oklab lightness, for lines of `sigma`.
pub fn lines(light: &Plane, flow: &Flow, sigma: f32) -> Plane {
    let mut response = along(&across(light, flow, sigma), flow);
    let mut ink = response.clone();
    for (ink, value) in ink.data.iter_mut().zip(&mut response.data) {
        *value = (-*value).max(0.0);
        *ink = smoothstep((*value - THRESHOLD) / SOFTNESS);
    }
    let strokes = ink.clone();
    remove_specks(&mut ink);
    for ((value, before), after) in response.data.iter_mut().zip(&strokes.data).zip(&ink.data) {
        *value *= if *before > 0.0 { after / before } else { 1.0 };
    }
    response
}

fn smoothstep(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Difference of Gaussians along the gradient; negative on the dark side of an edge.
fn across(light: &Plane, flow: &Flow, sigma: f32) -> Plane {
    let outer = sigma * 1.6;
    let reach = (3.0 * outer).ceil() as usize;
    let taps: Vec<(f32, f32)> = (0..=reach).map(|i| (gauss(i as f32, sigma), gauss(i as f32, outer))).collect();
    let norm = taps.iter().enumerate().fold((0.0, 0.0), |(a, b), (i, (inner, outer))| {
        let twice = if i == 0 { 1.0 } else { 2.0 };
        (a + twice * inner, b + twice * outer)
    });
    Plane::generate(light.width, light.height, |x, y| {
        let i = y * light.width + x;
        let (nx, ny) = (-flow.y.data[i], flow.x.data[i]);
        let (fx, fy) = (x as f32, y as f32);
        let mut sum = 0.0;
        for (i, (inner, outer)) in taps.iter().enumerate() {
            let weight = inner / norm.0 - 0.99 * outer / norm.1;
            let t = i as f32;
            sum += weight * light.sample(fx + t * nx, fy + t * ny);
            if i > 0 {
                sum += weight * light.sample(fx - t * nx, fy - t * ny);
            }
        }
        sum
    })
}

/// Average along the flow.
fn along(values: &Plane, flow: &Flow) -> Plane {
    let reach = (2.0 * ALONG).ceil() as usize;
    Plane::generate(values.width, values.height, |x, y| {
        let i = y * values.width + x;
        let (mut sum, mut total) = (values.data[i], 1.0);
        for sign in [1.0, -1.0] {
            let mut step = (flow.x.data[i] * sign, flow.y.data[i] * sign);
            let (mut px, mut py) = (x as f32, y as f32);
            for k in 1..=reach {
                step = flow.along(px, py, step);
                px += step.0;
                py += step.1;
                let weight = gauss(k as f32, ALONG);
                sum += weight * values.sample(px, py);
                total += weight;
            }
        }
        sum / total
    })
}

/// Clears connected strokes that hold too little ink.
fn remove_specks(ink: &mut Plane) {
    const FLOOR: f32 = 0.15;
    let (width, height) = (ink.width, ink.height);
    let mut seen = vec![false; ink.data.len()];
    let (mut stack, mut stroke) = (Vec::new(), Vec::new());
    for start in 0..ink.data.len() {
        if seen[start] || ink.data[start] < FLOOR {
            continue;
        }
        seen[start] = true;
        stack.push(start);
        stroke.clear();
        let mut amount = 0.0;
        while let Some(i) = stack.pop() {
            stroke.push(i);
            amount += ink.data[i];
            let (x, y) = (i % width, i / width);
            for ny in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for nx in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let next = ny * width + nx;
                    if !seen[next] && ink.data[next] >= FLOOR {
                        seen[next] = true;
                        stack.push(next);
                    }
                }
            }
        }
        let keep = smoothstep(amount / SPECK - 0.5);
        stroke.iter().for_each(|&i| ink.data[i] *= keep);
    }
}
