//! Dense motion between two low pictures: dense inverse search (Kroeger, Timofte, Dai and Van Gool, "Fast Optical Flow
//! using Dense Inverse Search", ECCV 2016) over an image pyramid.
//!
//! Patches of 8x8 pixels on a grid of 4 are matched coarse to fine by inverse compositional descent on mean-free
//! differences, so that light may change. Good matches spread to their neighbours; overlapping patches vote per pixel;
//! a 3x3 median takes out what is left of strays. Deterministic, on the calling thread.

use super::patch::{GRID, PATCH, Template};
use super::plane::Plane;
use crate::frame::Size;

/// By how many times the variance of the noise a motion must fit better than none: the fit of two parameters gains more
/// by chance once in a thousand (chi-squared, two degrees of freedom).
const SIGNIFICANT: f32 = 13.8;

/// Where each pixel of one picture is found in another.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Pixels.
    pub size: Size,
    /// Columns to the right, in pixels, rows packed.
    pub u: Vec<f32>,
    /// Rows down, in pixels, rows packed.
    pub v: Vec<f32>,
}

impl Flow {
    /// No motion.
    #[must_use]
    pub fn still(size: Size) -> Self {
        Self { size, u: vec![0.0; size.pixels()], v: vec![0.0; size.pixels()] }
    }

    /// Bilinear value at column `x`, row `y`, clamped to the picture.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let x = x.clamp(0.0, (width - 1) as f32);
        let y = y.clamp(0.0, (height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let mix = |map: &[f32]| {
            let a = map[top * width + left] * (1.0 - fx) + map[top * width + right] * fx;
            let b = map[bottom * width + left] * (1.0 - fx) + map[bottom * width + right] * fx;
            a * (1.0 - fy) + b * fy
        };
        (mix(&self.u), mix(&self.v))
    }
}

/// A picture at halving sizes, finest first.
#[derive(Clone, Debug)]
pub(super) struct Pyramid(Vec<Plane>);

impl Pyramid {
    /// Halves `luma` (0..=255) until less than four patches fit.
    pub fn new(luma: Plane) -> Self {
        let mut levels = vec![luma];
        while let Some(last) = levels.last()
            && last.width.min(last.height) >= 4 * PATCH
        {
            levels.push(last.halved());
        }
        Self(levels)
    }
}

/// Where each pixel of `from` is found in `to`, in pixels of the finest level, found on levels `finest` and coarser.
///
/// `noise` is the standard deviation of a picture's luma, levels of 255: a patch has moved only where its motion explains
/// more than noise would.
pub(super) fn flow(from: &Pyramid, to: &Pyramid, finest: usize, noise: f32) -> Flow {
    let finest = finest.min(from.0.len() - 1);
    let mut found: Option<Flow> = None;
    for level in (finest..from.0.len()).rev() {
        let noise = noise / (1 << level) as f32;
        found = Some(solve(&from.0[level], &to.0[level], found.as_ref(), noise));
    }
    let size = Size::new(from.0[0].width as u32, from.0[0].height as u32);
    let Some(mut result) = found else { return Flow::still(size) };
    for _ in 0..finest {
        let level = Size::new(result.size.width * 2, result.size.height * 2);
        result = doubled(&result, level);
    }
    crop(result, size)
}

/// One level: patches, propagation, descent, densification.
fn solve(from: &Plane, to: &Plane, coarser: Option<&Flow>, noise: f32) -> Flow {
    let (width, height) = (from.width, from.height);
    let columns = places(width);
    let rows = places(height);
    // Differences between two pictures have twice the variance of one.
    let variance = 2.0 * noise * noise;
    let limit = 0.7 * variance * (PATCH * PATCH) as f32;
    let templates: Vec<Template> = rows
        .iter()
        .flat_map(|&y| columns.iter().map(move |&x| (x, y)))
        .map(|(x, y)| Template::new(from, x, y))
        .collect();
    let stills: Vec<f32> = templates.iter().map(|template| template.cost(to, 0.0, 0.0)).collect();
    let mut found: Vec<(f32, f32, f32)> = Vec::with_capacity(templates.len());
    for (template, &still) in templates.iter().zip(&stills) {
        let mut best = (0.0, 0.0, still);
        if let Some(coarser) = coarser
            && still > limit
        {
            let centre = PATCH as f32 / 2.0;
            let (u, v) = coarser.at((template.x as f32 + centre) * 0.5 - 0.5, (template.y as f32 + centre) * 0.5 - 0.5);
            let cost = template.cost(to, 2.0 * u, 2.0 * v);
            if cost < still {
                best = (2.0 * u, 2.0 * v, cost);
            }
        }
        found.push(best);
    }
    let stride = columns.len();
    // Forward from the upper left neighbours, then back from the lower right ones.
    for (index, template) in templates.iter().enumerate() {
        let left = (index % stride > 0).then(|| index - 1);
        let above = (index >= stride).then(|| index - stride);
        improve(template, to, &mut found, index, [left, above], limit);
    }
    for (index, template) in templates.iter().enumerate().rev() {
        let right = (index % stride + 1 < stride).then_some(index + 1);
        let below = (index + stride < templates.len()).then_some(index + stride);
        improve(template, to, &mut found, index, [right, below], limit);
    }
    for (found, still) in found.iter_mut().zip(stills) {
        if still - found.2 < SIGNIFICANT * variance {
            *found = (0.0, 0.0, still);
        }
    }
    densify(from, to, &templates, &found)
}

/// Takes over a neighbour's motion where it fits better, then descends.
fn improve(
    template: &Template,
    to: &Plane,
    found: &mut [(f32, f32, f32)],
    index: usize,
    neighbours: [Option<usize>; 2],
    limit: f32,
) {
    let mut best = found[index];
    if best.2 <= limit {
        return;
    }
    for neighbour in neighbours.into_iter().flatten() {
        let (u, v, _) = found[neighbour];
        if (u - best.0).abs() + (v - best.1).abs() > 0.05 {
            let cost = template.cost(to, u, v);
            if cost < best.2 {
                best = (u, v, cost);
            }
        }
    }
    found[index] = template.descend(to, best, limit);
}

/// Per pixel the mean of the patches over it, the better fit weighing more.
fn densify(from: &Plane, to: &Plane, templates: &[Template], found: &[(f32, f32, f32)]) -> Flow {
    let (width, height) = (from.width, from.height);
    let mut sums = [vec![0.0f32; width * height], vec![0.0f32; width * height], vec![0.0f32; width * height]];
    let mut weights = [0.0f32; PATCH * PATCH];
    for (template, &(u, v, _)) in templates.iter().zip(found) {
        template.weights(to, u, v, &mut weights);
        for (row, weights) in weights.chunks_exact(PATCH).enumerate() {
            let y = template.y as usize + row;
            if y >= height {
                break;
            }
            let start = y * width + template.x as usize;
            let count = PATCH.min(width - template.x as usize);
            let [us, vs, ws] = &mut sums;
            for (sum, w) in us[start..start + count].iter_mut().zip(weights) {
                *sum += u * w;
            }
            for (sum, w) in vs[start..start + count].iter_mut().zip(weights) {
                *sum += v * w;
            }
            for (sum, w) in ws[start..start + count].iter_mut().zip(weights) {
                *sum += w;
            }
        }
    }
    let [mut u, mut v, weight] = sums;
    for ((u, v), w) in u.iter_mut().zip(&mut v).zip(&weight) {
        *u /= w;
        *v /= w;
    }
    median3(&mut u, width);
    median3(&mut v, width);
    Flow { size: Size::new(width as u32, height as u32), u, v }
}

/// Left (or upper) edges of the patches along an axis: every [`GRID`] pixels, and one that ends with the picture.
fn places(length: usize) -> Vec<isize> {
    let last = length.saturating_sub(PATCH);
    let mut places: Vec<isize> = (0..last).step_by(GRID).map(|p| p as isize).collect();
    places.push(last as isize);
    places
}

/// `flow` at twice the size.
fn doubled(flow: &Flow, size: Size) -> Flow {
    let mut result = Flow::still(size);
    let width = size.width as usize;
    for y in 0..size.height as usize {
        for x in 0..width {
            let (u, v) = flow.at(x as f32 * 0.5 - 0.25, y as f32 * 0.5 - 0.25);
            result.u[y * width + x] = 2.0 * u;
            result.v[y * width + x] = 2.0 * v;
        }
    }
    result
}

/// The upper left part of `flow`.
fn crop(flow: Flow, size: Size) -> Flow {
    if flow.size == size {
        return flow;
    }
    let cut = |map: &[f32]| -> Vec<f32> {
        let rows = map.chunks_exact(flow.size.width as usize).take(size.height as usize);
        rows.flat_map(|row| &row[..size.width as usize]).copied().collect()
    };
    Flow { size, u: cut(&flow.u), v: cut(&flow.v) }
}

/// Median of three by three, the outermost pixels left as they are.
fn median3(map: &mut [f32], width: usize) {
    let source = map.to_vec();
    let height = map.len() / width;
    for y in 1..height.saturating_sub(1) {
        let rows =
            [&source[(y - 1) * width..][..width], &source[y * width..][..width], &source[(y + 1) * width..][..width]];
        let out = &mut map[y * width..][..width];
        for x in 1..width.saturating_sub(1) {
            let [a, b, c] = rows;
            out[x] = median9([a[x - 1], a[x], a[x + 1], b[x - 1], b[x], b[x + 1], c[x - 1], c[x], c[x + 1]]);
        }
    }
}

/// Median of nine by 19 exchanges (Devillard 1998), branchless so that it vectorises.
#[inline(always)]
fn median9(mut p: [f32; 9]) -> f32 {
    macro_rules! sort {
        ($($a:literal $b:literal),*) => {$({
            let (x, y) = (p[$a], p[$b]);
            p[$a] = if x < y { x } else { y };
            p[$b] = if x < y { y } else { x };
        })*};
    }
    sort!(1 2, 4 5, 7 8, 0 1, 3 4, 6 7, 1 2, 4 5, 7 8, 0 3, 5 8, 4 7, 3 6, 1 4, 2 5, 4 7, 4 2, 6 4, 4 2);
    p[4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_nine_is_the_fifth() {
        let mut state = 1u32;
        for _ in 0..1000 {
            let mut values = [0.0f32; 9];
            for value in &mut values {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *value = (state >> 28) as f32;
            }
            let found = median9(values);
            values.sort_by(f32::total_cmp);
            assert_eq!(found.to_bits(), values[4].to_bits());
        }
    }

    #[test]
    fn patches_cover_the_axis() {
        for length in [8, 9, 12, 15, 45, 320] {
            let places = places(length);
            assert_eq!((places[0], places[places.len() - 1] as usize), (0, length - PATCH));
            assert!(places.windows(2).all(|p| p[1] - p[0] <= GRID as isize));
        }
    }
}
