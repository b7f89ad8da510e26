//! How far a flow can be trusted, per pixel: forward-backward consistency (Sundaram, Brox and Keutzer, ECCV 2010) times
//! agreement of colour.

use super::flow::Flow;
use super::plane::{Low, Plane, blur3, erode3, most, smoothstep};

/// Judges `backward` (from `now` into `before`) with the help of `forward` (from there into `now`, at the same or half the
/// size); `warped` is `before` moved to `now`.
///
/// Per low pixel 0 (new, hidden before, or not found) ..= 1 (the same thing), eroded by one pixel. `noise` is the
/// standard deviation of a channel between pictures of the same thing, levels of 255. Where a motion is not believed, but
/// the colour says that nothing changed, `backward` is set to no motion.
pub(super) fn judge(
    now: &Low,
    before: &Low,
    warped: &[Vec<f32>; 3],
    backward: &mut Flow,
    forward: &Flow,
    noise: f32,
) -> Vec<f32> {
    let width = now.luma.width;
    let mut scratch = Vec::new();
    let moved = difference(now, |channel, y| &warped[channel][y * width..][..width], &mut scratch);
    let unmoved = difference(now, |channel, y| before.rgb[channel].row(y), &mut scratch);
    let mut confidence = vec![0.0f32; moved.len()];
    let still = 2.5 * noise + 3.0;
    for (index, confidence) in confidence.iter_mut().enumerate() {
        let (x, y) = (index % width, index / width);
        let (u, v) = (backward.u[index], backward.v[index]);
        let length = u.abs() + v.abs();
        // Between pixels of strong texture a small error of motion makes a large difference of colour.
        let slack = if length > 0.0 { 0.3 * smoothstep(0.0, 0.5, length) * steepness(&now.luma, x, y) } else { 0.0 };
        let tolerated = still + slack;
        if moved[index] < 2.5 * tolerated {
            let agreed = 1.0 - smoothstep(tolerated, 2.5 * tolerated, moved[index]);
            *confidence = agreed * way_back(forward, now, (x, y), (u, v), length);
        }
    }
    let mut believed = confidence.clone();
    blur3(&mut believed, width, &mut scratch);
    blur3(&mut believed, width, &mut scratch);
    for (index, confidence) in confidence.iter_mut().enumerate() {
        if believed[index] < 0.6 && unmoved[index] < 2.5 * still {
            let rested = 1.0 - smoothstep(still, 2.5 * still, unmoved[index]);
            if rested > believed[index] {
                *confidence = rested;
                (backward.u[index], backward.v[index]) = (0.0, 0.0);
            }
        }
    }
    erode3(&mut confidence, width, &mut scratch);
    confidence
}

/// Largest channel difference of `now` and another picture given by rows, averaged over three by three pixels.
fn difference<'a>(now: &Low, other: impl Fn(usize, usize) -> &'a [f32], scratch: &mut Vec<f32>) -> Vec<f32> {
    let width = now.luma.width;
    let mut result = vec![0.0f32; width * now.luma.height];
    for (y, result) in result.chunks_exact_mut(width).enumerate() {
        for (channel, plane) in now.rgb.iter().enumerate() {
            for ((result, a), b) in result.iter_mut().zip(plane.row(y)).zip(other(channel, y)) {
                *result = most(*result, (a - b).abs());
            }
        }
    }
    blur3(&mut result, width, scratch);
    result
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
