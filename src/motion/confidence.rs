//! How far a flow can be trusted, per pixel: forward-backward consistency (Sundaram, Brox and Keutzer, ECCV 2010) times
//! agreement of colour.

use super::flow::Flow;
use super::plane::{Low, Plane, blur3, erode3, most, smoothstep};

/// Judges `backward` (from `now` into `before`) with the help of `forward` (from `before` into `now`).
///
/// Judges `backward` (from `now` into the picture before) with the help of `forward` (from there into `now`, at
/// the same or half the size); `warped` is
/// the picture before, moved to `now`.
///
/// Per low pixel 0 (new, hidden before, or not found) ..= 1 (the same thing), eroded by one pixel. `noise` is the
/// standard deviation of a channel between pictures of the same thing, levels of 255.
pub(super) fn judge(now: &Low, warped: &[Vec<f32>; 3], backward: &Flow, forward: &Flow, noise: f32) -> Vec<f32> {
    let (width, height) = (now.luma.width, now.luma.height);
    let mut residual = vec![0.0f32; width * height];
    for (y, residual) in residual.chunks_exact_mut(width).enumerate() {
        for (plane, warped) in now.rgb.iter().zip(warped) {
            for ((residual, a), b) in residual.iter_mut().zip(plane.row(y)).zip(&warped[y * width..]) {
                *residual = most(*residual, (a - b).abs());
            }
        }
    }
    let mut scratch = Vec::new();
    blur3(&mut residual, width, &mut scratch);
    let mut confidence = vec![0.0f32; width * height];
    for (index, (confidence, residual)) in confidence.iter_mut().zip(&residual).enumerate() {
        let (x, y) = (index % width, index / width);
        let (u, v) = (backward.u[index], backward.v[index]);
        let length = u.abs() + v.abs();
        // Between pixels of strong texture a small error of motion makes a large difference of colour.
        let slack = if length > 0.0 { 0.3 * smoothstep(0.0, 0.5, length) * steepness(&now.luma, x, y) } else { 0.0 };
        let tolerated = 2.5 * noise + 3.0 + slack;
        if *residual < 2.5 * tolerated {
            let agreed = 1.0 - smoothstep(tolerated, 2.5 * tolerated, *residual);
            *confidence = agreed * way_back(forward, now, (x, y), (u, v), length);
        }
    }
    erode3(&mut confidence, width, &mut scratch);
    confidence
}

/// 1 where `forward`, which may be coarser, leads from (`x` + `u`, `y` + `v`) back to (`x`, `y`), less where not; `length`
/// is the way there.
fn way_back(forward: &Flow, now: &Low, (x, y): (usize, usize), (u, v): (f32, f32), length: f32) -> f32 {
    let (px, py) = (x as f32 + u + 0.5, y as f32 + v + 0.5);
    if px < 0.0 || py < 0.0 || px >= now.luma.width as f32 || py >= now.luma.height as f32 {
        return 0.0;
    }
    let shift = usize::from(forward.size != now.size());
    let index = (py as i32 as usize >> shift) * forward.size.width as usize + (px as i32 as usize >> shift);
    let scale = (1 << shift) as f32;
    let (du, dv) = (u + scale * forward.u[index], v + scale * forward.v[index]);
    let tolerated = 0.4 + 0.05 * length;
    1.0 - smoothstep(tolerated, 3.0 * tolerated, (du * du + dv * dv).sqrt())
}

/// Largest luma difference to a neighbour.
fn steepness(luma: &Plane, x: usize, y: usize) -> f32 {
    let (x, y) = (x as isize, y as isize);
    let across = luma.span(x - 1, y, 3);
    let above = luma.span(x, y - 1, 1)[0];
    let below = luma.span(x, y + 1, 1)[0];
    (across[2] - across[0]).abs().max((below - above).abs())
}
