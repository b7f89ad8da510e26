//! One 8x8 patch of dense inverse search: its template, its cost at a displacement, its descent.

use super::plane::{PAD, Plane};

/// Edge of a patch in pixels.
pub(super) const PATCH: usize = 8;
/// Distance between patches in pixels: they overlap by half.
pub(super) const GRID: usize = 4;
/// Descent steps at most.
const STEPS: usize = 8;
/// A step shorter than this many pixels, squared, ends the descent.
const CONVERGED: f32 = 0.02 * 0.02;

/// A patch of the picture that is searched for, with what its descent needs.
pub(super) struct Template {
    /// Left column.
    pub x: isize,
    /// Upper row.
    pub y: isize,
    pixels: [f32; PATCH * PATCH],
    grad_x: [f32; PATCH * PATCH],
    grad_y: [f32; PATCH * PATCH],
    /// Inverse of the Gauss-Newton matrix of the mean-free differences; zero where the patch has no texture.
    inverse: [f32; 3],
    /// Where the patch may go: its upper left corner, so that it touches the picture.
    bounds: [f32; 4],
}

impl Template {
    /// The patch of `from` whose upper left corner is (`x`, `y`).
    pub fn new(from: &Plane, x: isize, y: isize) -> Self {
        let mut pixels = [0.0; PATCH * PATCH];
        let mut grad_x = [0.0; PATCH * PATCH];
        let mut grad_y = [0.0; PATCH * PATCH];
        for row in 0..PATCH {
            let above = from.span(x, y + row as isize - 1, PATCH);
            let here = from.span(x - 1, y + row as isize, PATCH + 2);
            let below = from.span(x, y + row as isize + 1, PATCH);
            for i in 0..PATCH {
                pixels[row * PATCH + i] = here[i + 1];
                grad_x[row * PATCH + i] = (here[i + 2] - here[i]) * 0.5;
                grad_y[row * PATCH + i] = (below[i] - above[i]) * 0.5;
            }
        }
        // Mean-free gradients make the mean of the difference drop out of every product with them.
        remove_mean(&mut grad_x);
        remove_mean(&mut grad_y);
        let (xx, xy, yy) = (dot(&grad_x, &grad_x), dot(&grad_x, &grad_y), dot(&grad_y, &grad_y));
        // A little stiffness keeps patches with one direction of texture from sliding along it.
        let (xx, yy) = (xx + 16.0, yy + 16.0);
        let determinant = xx * yy - xy * xy;
        let inverse = [yy / determinant, -xy / determinant, xx / determinant];
        let bounds = [1.0 - PATCH as f32, from.width as f32 - 1.0, 1.0 - PATCH as f32, from.height as f32 - 1.0];
        const { assert!(PATCH <= PAD / 2, "a patch beyond the picture must stay inside the border") };
        Self { x, y, pixels, grad_x, grad_y, inverse, bounds }
    }

    /// Sum of squared mean-free differences at displacement (`u`, `v`).
    pub fn cost(&self, to: &Plane, u: f32, v: f32) -> f32 {
        let mut difference = [0.0; PATCH * PATCH];
        self.difference(to, u, v, &mut difference);
        cost(&difference)
    }

    /// Inverse compositional descent from `best`, (columns, rows, cost); never ends worse than it began.
    pub fn descend(&self, to: &Plane, mut best: (f32, f32, f32), limit: f32) -> (f32, f32, f32) {
        let start = best;
        let mut difference = [0.0; PATCH * PATCH];
        let (mut u, mut v) = (best.0, best.1);
        for step in 0..=STEPS {
            self.difference(to, u, v, &mut difference);
            let cost = cost(&difference);
            if step > 0 {
                if cost >= best.2 {
                    break;
                }
                best = (u, v, cost);
            }
            let (bx, by) = (dot(&self.grad_x, &difference), dot(&self.grad_y, &difference));
            let du = self.inverse[0] * bx + self.inverse[1] * by;
            let dv = self.inverse[1] * bx + self.inverse[2] * by;
            u -= du;
            v -= dv;
            let far = (u - start.0).abs().max((v - start.1).abs()) > PATCH as f32;
            if far || du * du + dv * dv < CONVERGED || cost <= limit {
                break;
            }
        }
        best
    }

    /// How much each pixel of the patch agrees with displacement (`u`, `v`): 1 where it fits, less where not.
    pub fn weights(&self, to: &Plane, u: f32, v: f32, weights: &mut [f32; PATCH * PATCH]) {
        self.difference(to, u, v, weights);
        let mean = weights.iter().sum::<f32>() / (PATCH * PATCH) as f32;
        for weight in weights {
            let difference = *weight - mean;
            *weight = 1.0 / (1.0 + difference * difference);
        }
    }

    /// Bilinear patch of `to` minus the template.
    fn difference(&self, to: &Plane, u: f32, v: f32, out: &mut [f32; PATCH * PATCH]) {
        let x = (self.x as f32 + u).clamp(self.bounds[0], self.bounds[1]);
        let y = (self.y as f32 + v).clamp(self.bounds[2], self.bounds[3]);
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let (left, top) = (left as isize, top as isize);
        for (row, (out, pixels)) in out.chunks_exact_mut(PATCH).zip(self.pixels.chunks_exact(PATCH)).enumerate() {
            let upper = to.span(left, top + row as isize, PATCH + 1);
            let lower = to.span(left, top + row as isize + 1, PATCH + 1);
            for i in 0..PATCH {
                out[i] = weights[0] * upper[i]
                    + weights[1] * upper[i + 1]
                    + weights[2] * lower[i]
                    + weights[3] * lower[i + 1]
                    - pixels[i];
            }
        }
    }
}

/// Sum of squares around the mean.
fn cost(difference: &[f32; PATCH * PATCH]) -> f32 {
    let sum = lanes(difference.chunks_exact(PATCH).map(|row| std::array::from_fn(|i| row[i])));
    let squares = dot(difference, difference);
    squares - sum * sum / (PATCH * PATCH) as f32
}

/// Inner product.
fn dot(a: &[f32; PATCH * PATCH], b: &[f32; PATCH * PATCH]) -> f32 {
    let rows = a.chunks_exact(PATCH).zip(b.chunks_exact(PATCH));
    lanes(rows.map(|(a, b)| std::array::from_fn(|i| a[i] * b[i])))
}

/// Sum of rows lane by lane, then of the lanes: an order the compiler can vectorise without changing the result.
fn lanes(rows: impl Iterator<Item = [f32; PATCH]>) -> f32 {
    let mut sums = [0.0f32; PATCH];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

fn remove_mean(values: &mut [f32; PATCH * PATCH]) {
    let mean = values.iter().sum::<f32>() / (PATCH * PATCH) as f32;
    for value in values {
        *value -= mean;
    }
}
