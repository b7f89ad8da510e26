//! Dense motion between two low pictures: dense inverse search (Kroeger, Timofte, Dai and Van Gool, "Fast Optical Flow
//! using Dense Inverse Search", ECCV 2016) over an image pyramid.
//!
//! Patches of 8x8 pixels on a grid of 4 are matched coarse to fine by inverse compositional descent on mean-free
//! differences, so that light may change. Good matches spread to their neighbours; overlapping patches vote per pixel;
//! a 3x3 median takes out what is left of strays. Deterministic, on the calling thread.

use super::patch::{GRID, PATCH, Patch};
use super::plane::Plane;
use crate::frame::Size;

/// By how many times the variance of the noise a motion must fit better than none. The best of several fits of two
/// parameters gains more by chance less than once in ten thousand patches (chi-squared, two degrees of freedom).
const SIGNIFICANT: f32 = 25.0;

/// What part of the difference a motion must explain where there is no more texture than [`FAINT`].
const EXPLAINED: f32 = 0.35;
/// How many times the energy of noise makes a texture.
const FAINT: f32 = 10.0;

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

/// Where each pixel of `from` is found in `to`, at the size and in pixels of level `finest` (0 is the picture itself).
///
/// `noise` is the standard deviation of a picture's luma, levels of 255: a patch has moved only where its motion explains
/// more than noise would.
pub(super) fn flow(from: &Pyramid, to: &Pyramid, finest: usize, noise: f32) -> Flow {
    let finest = finest.min(from.0.len() - 1);
    let mut found: Option<Flow> = None;
    for level in (finest..from.0.len()).rev() {
        // White noise halves from level to level, a codec's hardly.
        let noise = noise * 0.75f32.powi(level as i32);
        found = Some(solve(&from.0[level], &to.0[level], found.as_ref(), noise));
    }
    found.unwrap_or_else(|| Flow::still(Size::new(from.0[0].width as u32, from.0[0].height as u32)))
}

/// One level: patches, propagation, descent, densification.
fn solve(from: &Plane, to: &Plane, coarser: Option<&Flow>, noise: f32) -> Flow {
    let columns = places(from.width);
    let stride = columns.len();
    // Differences between two pictures have twice the variance of one.
    let variance = 2.0 * noise * noise;
    let limit = 0.7 * variance * (PATCH * PATCH) as f32;
    let at = |y: isize| columns.iter().map(move |&x| Patch::new(from, to, x, y));
    let mut patches: Vec<Patch> = places(from.height).into_iter().flat_map(at).collect();
    for patch in patches.iter_mut().filter(|patch| patch.found.cost > limit) {
        if let Some(coarser) = coarser {
            let centre = |edge: isize| (edge as f32 + PATCH as f32 / 2.0) * 0.5 - 0.5;
            let (u, v) = coarser.at(centre(patch.x), centre(patch.y));
            patch.try_motion(to, 2.0 * u, 2.0 * v);
        }
        patch.prepare(from);
    }
    // Forward from the upper left neighbours, then back from the lower right ones.
    for index in 0..patches.len() {
        let left = (index % stride > 0).then(|| patches[index - 1].found);
        let above = (index >= stride).then(|| patches[index - stride].found);
        patches[index].improve(to, [left, above], limit);
    }
    for index in (0..patches.len()).rev() {
        let right = (index % stride + 1 < stride).then(|| patches[index + 1].found);
        let below = patches.get(index + stride).map(|patch| patch.found);
        patches[index].improve(to, [right, below], limit);
    }
    // Codec noise is correlated: where it is all there is, a shift can seem to explain some of it.
    let faint = FAINT * limit;
    for patch in &mut patches {
        patch.doubt(SIGNIFICANT * variance, if patch.energy < faint { EXPLAINED } else { 0.0 });
    }
    let lonely = lonely(&patches, stride, faint);
    for (patch, _) in patches.iter_mut().zip(lonely).filter(|(_, lonely)| *lonely) {
        patch.doubt(8.0 * SIGNIFICANT * variance, 2.0 * EXPLAINED);
    }
    densify(from, to, &patches, stride)
}

/// Per pixel the mean of the patches over it, the better fit weighing more.
fn densify(from: &Plane, to: &Plane, patches: &[Patch], stride: usize) -> Flow {
    let (width, height) = (from.width, from.height);
    let [mut u, mut v, mut weight]: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; width * height]);
    let near_motion = near_motion(patches, stride);
    let mut weights = [0.0f32; PATCH * PATCH];
    for (patch, _) in patches.iter().zip(near_motion).filter(|(_, near)| *near) {
        patch.weights(to, &mut weights);
        let count = PATCH.min(width - patch.x as usize);
        let rows = weights.chunks_exact(PATCH).take(height - patch.y as usize);
        for (row, weights) in rows.enumerate() {
            let start = (patch.y as usize + row) * width + patch.x as usize;
            let range = start..start + count;
            let sums = u[range.clone()].iter_mut().zip(&mut v[range.clone()]).zip(&mut weight[range]);
            for (((u, v), sum), w) in sums.zip(weights) {
                *u += patch.found.u * w;
                *v += patch.found.v * w;
                *sum += w;
            }
        }
    }
    for ((u, v), w) in u.iter_mut().zip(&mut v).zip(&weight) {
        let scale = if *w > 0.0 { 1.0 / w } else { 0.0 };
        *u *= scale;
        *v *= scale;
    }
    median3(&mut u, width);
    median3(&mut v, width);
    Flow { size: Size::new(width as u32, height as u32), u, v }
}

/// Does a patch move?
fn moves(patch: &Patch) -> bool {
    patch.found.u != 0.0 || patch.found.v != 0.0
}

/// Which faint patches move unlike most of their neighbours: more often noise than a small thing.
fn lonely(patches: &[Patch], stride: usize, faint: f32) -> Vec<bool> {
    let rows = patches.len() / stride;
    let lonely = |(index, patch): (usize, &Patch)| {
        if !moves(patch) || patch.energy >= faint {
            return false;
        }
        let (x, y) = (index % stride, index / stride);
        let columns = x.saturating_sub(1)..(x + 2).min(stride);
        let near = (y.saturating_sub(1)..(y + 2).min(rows)).flat_map(|y| &patches[y * stride..][columns.clone()]);
        let alike = |near: &&Patch| {
            let apart = (near.found.u - patch.found.u).abs() + (near.found.v - patch.found.v).abs();
            moves(near) && apart < 0.5 + 0.25 * (patch.found.u.abs() + patch.found.v.abs())
        };
        let all = near.clone().count();
        2 * near.filter(alike).count() <= all
    };
    patches.iter().enumerate().map(lonely).collect()
}

/// Which patches move or share a pixel with one that does: the others need no vote.
fn near_motion(patches: &[Patch], stride: usize) -> Vec<bool> {
    let rows = patches.len() / stride;
    let mut near = vec![false; patches.len()];
    for (index, _) in patches.iter().enumerate().filter(|(_, patch)| moves(patch)) {
        // The last patches of an axis overlap the last but two.
        let (x, y) = (index % stride, index / stride);
        for row in y.saturating_sub(2)..(y + 3).min(rows) {
            near[row * stride + x.saturating_sub(2)..row * stride + (x + 3).min(stride)].fill(true);
        }
    }
    near
}

/// Left (or upper) edges of the patches along an axis: every [`GRID`] pixels, and one that ends with the picture.
fn places(length: usize) -> Vec<isize> {
    let last = length.saturating_sub(PATCH);
    let mut places: Vec<isize> = (0..last).step_by(GRID).map(|p| p as isize).collect();
    places.push(last as isize);
    places
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
