//! How far a flow can be trusted, per pixel: forward-backward consistency (Sundaram, Brox and Keutzer, ECCV 2010) times
//! agreement of colour.

use super::flow::Flow;
use super::plane::{Low, Plane, blur3, erode3, smoothstep};

/// Judges `backward` (from `now` into `before`) with the help of `forward` (from `before` into `now`).
///
/// Per low pixel 0 (new, hidden before, or not found) ..= 1 (the same thing), eroded by one pixel. `noise` is the
/// standard deviation of a channel between pictures of the same thing, levels of 255.
pub(super) fn judge(now: &Low, before: &Low, backward: &Flow, forward: &Flow, noise: f32) -> Vec<f32> {
    let (width, height) = (now.luma.width, now.luma.height);
    let mut residual = vec![0.0f32; width * height];
    let mut confidence = vec![0.0f32; width * height];
    for (index, (residual, confidence)) in residual.iter_mut().zip(&mut confidence).enumerate() {
        let (x, y) = (index % width, index / width);
        let (u, v) = (backward.u[index], backward.v[index]);
        if u == 0.0 && v == 0.0 {
            *residual = largest(|c| now.rgb[c].row(y)[x] - before.rgb[c].row(y)[x]);
            *confidence = consistent(forward.u[index], forward.v[index], 0.0);
            continue;
        }
        let (px, py) = (x as f32 + u, y as f32 + v);
        *residual = largest(|c| now.rgb[c].row(y)[x] - before.rgb[c].sample(px, py));
        let inside = px > -0.5 && py > -0.5 && px < width as f32 - 0.5 && py < height as f32 - 0.5;
        if inside {
            let (fu, fv) = forward.at(px, py);
            *confidence = consistent(u + fu, v + fv, u.abs() + v.abs());
        }
    }
    let mut scratch = Vec::new();
    blur3(&mut residual, width, &mut scratch);
    for y in 0..height {
        for x in 0..width {
            let index = y * width + x;
            let moving = smoothstep(0.0, 0.5, backward.u[index].abs() + backward.v[index].abs());
            // Between pixels of strong texture a small error of motion makes a large difference of colour.
            let tolerated = 2.5 * noise + 3.0 + 0.3 * moving * steepness(&now.luma, x, y);
            confidence[index] *= 1.0 - smoothstep(tolerated, 2.5 * tolerated, residual[index]);
        }
    }
    erode3(&mut confidence, width, &mut scratch);
    confidence
}

/// Largest size of `difference` over the three channels.
fn largest(difference: impl Fn(usize) -> f32) -> f32 {
    (0..3).map(|channel| difference(channel).abs()).fold(0.0, f32::max)
}

/// 1 where there and back ends where it began, less where not; `length` is the way in pixels.
fn consistent(u: f32, v: f32, length: f32) -> f32 {
    let tolerated = 0.4 + 0.05 * length;
    1.0 - smoothstep(tolerated, 3.0 * tolerated, (u * u + v * v).sqrt())
}

/// Largest luma difference to a neighbour.
fn steepness(luma: &Plane, x: usize, y: usize) -> f32 {
    let (x, y) = (x as isize, y as isize);
    let across = luma.span(x - 1, y, 3);
    let above = luma.span(x, y - 1, 1)[0];
    let below = luma.span(x, y + 1, 1)[0];
    (across[2] - across[0]).abs().max((below - above).abs())
}
