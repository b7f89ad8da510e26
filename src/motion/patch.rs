//! One 8x8 patch of dense inverse search: its pixels, its cost at a displacement, its descent.

use super::plane::{PAD, Plane, split};

/// Edge of a patch in pixels.
pub(super) const PATCH: usize = 8;
/// Distance between patches in pixels: they overlap by half.
pub(super) const GRID: usize = 4;
/// Descent steps at most.
const STEPS: usize = 6;
/// A step shorter than this many pixels, squared, ends the descent.
const CONVERGED: f32 = 0.03 * 0.03;

/// A value per pixel of a patch.
type Block = [f32; PATCH * PATCH];

/// A motion and how well it fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Columns to the right.
    pub u: f32,
    /// Rows down.
    pub v: f32,
    /// Sum of squared mean-free differences.
    pub cost: f32,
}

/// A patch of the picture that is searched for, and where it was found.
pub(super) struct Patch {
    /// Left column.
    pub x: isize,
    /// Upper row.
    pub y: isize,
    /// The best motion so far.
    pub found: Found,
    /// Sum of squares of the pixels around their mean: what texture there is.
    pub energy: f32,
    pixels: Block,
    cost_still: f32,
    descent: Option<Descent>,
}

/// What the descent of a patch needs.
struct Descent {
    /// Mean-free gradients: the mean of the difference drops out of every product with them.
    grad_x: Block,
    grad_y: Block,
    /// Inverse of the Gauss-Newton matrix: xx, xy, yy.
    inverse: [f32; 3],
}

impl Patch {
    /// The patch of `from` whose upper left corner is (`x`, `y`), not moved in `to`.
    pub fn new(from: &Plane, to: &Plane, x: isize, y: isize) -> Self {
        let mut pixels = [0.0; PATCH * PATCH];
        for (row, pixels) in pixels.as_chunks_mut::<PATCH>().0.iter_mut().enumerate() {
            pixels.copy_from_slice(from.span(x, y + row as isize, PATCH));
        }
        let found = Found { u: 0.0, v: 0.0, cost: 0.0 };
        let mut patch = Self { x, y, found, energy: squares(&pixels), pixels, cost_still: 0.0, descent: None };
        patch.cost_still = patch.cost(to, 0.0, 0.0);
        patch.found.cost = patch.cost_still;
        patch
    }

    /// Makes ready for descent; `from` is the picture the patch was made of.
    pub fn prepare(&mut self, from: &Plane) {
        let (mut grad_x, mut grad_y) = ([0.0; PATCH * PATCH], [0.0; PATCH * PATCH]);
        for row in 0..PATCH {
            let y = self.y + row as isize;
            let above = from.span(self.x, y - 1, PATCH);
            let here = from.span(self.x - 1, y, PATCH + 2);
            let below = from.span(self.x, y + 1, PATCH);
            for i in 0..PATCH {
                grad_x[row * PATCH + i] = (here[i + 2] - here[i]) * 0.5;
                grad_y[row * PATCH + i] = (below[i] - above[i]) * 0.5;
            }
        }
        remove_mean(&mut grad_x);
        remove_mean(&mut grad_y);
        // A little stiffness keeps patches with one direction of texture from sliding along it.
        let (xx, yy) = (dot(&grad_x, &grad_x) + 16.0, dot(&grad_y, &grad_y) + 16.0);
        let xy = dot(&grad_x, &grad_y);
        let scale = 1.0 / (xx * yy - xy * xy);
        self.descent = Some(Descent { grad_x, grad_y, inverse: [yy * scale, -xy * scale, xx * scale] });
    }

    /// Takes (`u`, `v`) over where it fits better.
    pub fn try_motion(&mut self, to: &Plane, u: f32, v: f32) {
        let cost = self.cost(to, u, v);
        if cost < self.found.cost {
            self.found = Found { u, v, cost };
        }
    }

    /// Takes over a neighbour's motion where it fits better, then descends. A patch that fits to within `limit` stays.
    pub fn improve(&mut self, to: &Plane, neighbours: [Option<Found>; 2], limit: f32) {
        if self.found.cost <= limit {
            return;
        }
        for Found { u, v, .. } in neighbours.into_iter().flatten() {
            if (u - self.found.u).abs() + (v - self.found.v).abs() > 0.1 {
                self.try_motion(to, u, v);
            }
        }
        if let Some(descent) = &self.descent {
            self.found = descent.run(self, to, limit);
        }
    }

    /// Goes back to no motion where the motion found fits better by less than `gain`, or by less than the part `explained`
    /// of what is to be explained.
    pub fn doubt(&mut self, gain: f32, explained: f32) {
        if self.cost_still - self.found.cost < gain.max(explained * self.cost_still) {
            self.found = Found { u: 0.0, v: 0.0, cost: self.cost_still };
        }
    }

    /// How much each pixel agrees with the motion found: 1 where it fits, less where not.
    pub fn weights(&self, to: &Plane, weights: &mut Block) {
        self.difference(to, self.found.u, self.found.v, weights);
        let mean = mean(weights);
        for weight in weights {
            let difference = *weight - mean;
            *weight = 1.0 / (1.0 + difference * difference);
        }
    }

    fn cost(&self, to: &Plane, u: f32, v: f32) -> f32 {
        let mut difference = [0.0; PATCH * PATCH];
        self.difference(to, u, v, &mut difference);
        squares(&difference)
    }

    /// Bilinear patch of `to` at displacement (`u`, `v`), less the pixels.
    fn difference(&self, to: &Plane, u: f32, v: f32, out: &mut Block) {
        const { assert!(PATCH <= PAD / 2, "a patch beyond the picture must stay inside its border") };
        let beyond = 1.0 - PATCH as f32;
        let (left, fx) = split((self.x as f32 + u).clamp(beyond, to.width as f32 - 1.0));
        let (top, fy) = split((self.y as f32 + v).clamp(beyond, to.height as f32 - 1.0));
        let across = |row: isize| -> [f32; PATCH] {
            let pixels = to.span(left, top + row, PATCH + 1);
            std::array::from_fn(|i| pixels[i] + (pixels[i + 1] - pixels[i]) * fx)
        };
        let mut upper = across(0);
        let rows = out.as_chunks_mut::<PATCH>().0.iter_mut().zip(self.pixels.as_chunks::<PATCH>().0);
        for (row, (out, pixels)) in rows.enumerate() {
            let lower = across(row as isize + 1);
            for i in 0..PATCH {
                out[i] = upper[i] + (lower[i] - upper[i]) * fy - pixels[i];
            }
            upper = lower;
        }
    }
}

impl Descent {
    /// Inverse compositional descent from the best motion so far; never ends worse than it began.
    fn run(&self, patch: &Patch, to: &Plane, limit: f32) -> Found {
        let mut best = patch.found;
        let mut difference = [0.0; PATCH * PATCH];
        let (mut u, mut v) = (best.u, best.v);
        for step in 0..=STEPS {
            patch.difference(to, u, v, &mut difference);
            if step > 0 {
                let cost = squares(&difference);
                if cost >= best.cost {
                    break;
                }
                best = Found { u, v, cost };
            }
            let (bx, by) = (dot(&self.grad_x, &difference), dot(&self.grad_y, &difference));
            let du = self.inverse[0] * bx + self.inverse[1] * by;
            let dv = self.inverse[1] * bx + self.inverse[2] * by;
            (u, v) = (u - du, v - dv);
            let far = (u - patch.found.u).abs().max((v - patch.found.v).abs()) > PATCH as f32;
            if far || du * du + dv * dv < CONVERGED || best.cost <= limit {
                break;
            }
        }
        best
    }
}

/// Sum of squares around the mean.
fn squares(values: &Block) -> f32 {
    let mean = mean(values);
    dot(values, values) - mean * mean * (PATCH * PATCH) as f32
}

/// Inner product.
fn dot(a: &Block, b: &Block) -> f32 {
    let rows = a.as_chunks::<PATCH>().0.iter().zip(b.as_chunks::<PATCH>().0);
    lanes(rows.map(|(a, b)| std::array::from_fn(|i| a[i] * b[i])))
}

fn mean(values: &Block) -> f32 {
    lanes(values.as_chunks::<PATCH>().0.iter().copied()) * (1.0 / (PATCH * PATCH) as f32)
}

/// Sum of rows lane by lane, then of the lanes: an order the compiler can vectorise without changing the result.
#[inline(always)]
fn lanes(rows: impl Iterator<Item = [f32; PATCH]>) -> f32 {
    let mut sums = [0.0f32; PATCH];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

fn remove_mean(values: &mut Block) {
    let mean = mean(values);
    for value in values {
        *value -= mean;
    }
}
