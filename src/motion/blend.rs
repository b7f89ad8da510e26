//! The blend after the network: the previous drawing, carried along the motion, mixed into the new one where the flow
//! can be trusted.
//!
//! What is carried is first clamped to the colours around the pixel in the new drawing (Karis, "High-quality temporal
//! supersampling", SIGGRAPH 2014), with a margin where the photo shows no change at all. So nothing that has gone can
//! linger, while the drawing of a still scene may not flicker.

use super::flow::Flow;
use super::plane::{Low, erode3, least, most, smoothstep};
use super::warp::{Enlarger, Quads, Warp};
use crate::frame::{Drawing, Size};

/// The drawing remembered between frames of one shot.
#[derive(Default)]
pub(super) struct Blend {
    memory: Option<Memory>,
}

/// The last drawing, levels of 255, and room for the next.
struct Memory {
    last: Quads,
    next: Quads,
    warp: Warp,
}

/// How much of the carried drawing is mixed in, 0..=1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    /// Where nothing moves.
    pub still: f32,
    /// Where things move as the flow says.
    pub moving: f32,
}

impl Weights {
    /// For a calm of 0..=1.
    pub fn of(calm: f32) -> Self {
        let restless = (1.0 - calm) * (1.0 - calm);
        Self { still: (0.9 - restless).max(0.0), moving: 0.95 * calm }
    }
}

/// How far the carried drawing may lie outside the colours around it where the photo is still, levels of 255.
const MARGIN: f32 = 64.0;

/// What the blend knows about the motion, on the low grid.
pub(super) struct Carry<'a> {
    /// From the new picture into the previous one.
    pub flow: &'a Flow,
    /// 0..=1.
    pub confidence: &'a [f32],
    /// The gate's, 0 (same as before) ..= 1.
    pub opening: &'a [f32],
    /// Low pixels across the small picture's width and down its height, exactly (the last may be partial).
    pub extent: [f32; 2],
}

impl Blend {
    /// Mixes the remembered drawing into `drawing` and remembers the result. Without `carry`, or where the size
    /// changed, `drawing` stays as it is.
    pub fn mix(&mut self, drawing: &mut Drawing, carry: Option<&Carry<'_>>, weights: Weights) {
        let size = drawing.size;
        let (width, height) = (size.width as usize, size.height as usize);
        if width == 0 || height == 0 {
            return;
        }
        if let (Some(memory), Some(carry)) = (&mut self.memory, carry)
            && (memory.last.width, memory.last.height) == (width, height)
        {
            carry.mix(drawing, memory, weights);
            std::mem::swap(&mut memory.last, &mut memory.next);
            return;
        }
        let pixels = drawing.rgba.as_chunks::<4>().0.iter().map(|pixel| pixel.map(f32::from)).collect();
        let last = Quads { width, height, pixels };
        self.memory = Some(Memory { next: last.clone(), last, warp: Warp::new() });
    }
}

impl Carry<'_> {
    fn mix(&self, drawing: &mut Drawing, memory: &mut Memory, weights: Weights) {
        let Memory { last, next, warp } = memory;
        let (width, height) = (last.width, last.height);
        let ratio = [width as f32 / self.extent[0], height as f32 / self.extent[1]];
        let (weight, margin) = self.weigh(weights);
        let mut enlarger = Enlarger::new(self.flow.size, drawing.size, ratio);
        let mut rows: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; width]);
        let (mut weights, mut margins) = (vec![0.0; width * 4], vec![0.0; width * 4]);
        let mut around = Around::new(&drawing.rgba, width * 4);
        for y in 0..height {
            let [u, v, weight_row, margin_row] = &mut rows;
            enlarger.row(&self.flow.u, y, ratio[0], u);
            enlarger.row(&self.flow.v, y, ratio[1], v);
            enlarger.row(&weight, y, 1.0, weight_row);
            enlarger.row(&margin, y, 1.0, margin_row);
            around.advance(&drawing.rgba, y);
            let out = &mut next.pixels[y * width..][..width];
            warp.row(last, y, [u, v, weight_row], out);
            spread(weight_row, &mut weights);
            spread(margin_row, &mut margins);
            let new = &mut drawing.rgba[y * width * 4..][..width * 4];
            mix_row(new, out.as_flattened_mut(), &weights, &margins, &around);
        }
    }

    /// Per low pixel the weight of the carried drawing, 0..=1, and the margin of its clamp, levels of 255.
    fn weigh(&self, weights: Weights) -> (Vec<f32>, Vec<f32>) {
        let width = self.flow.size.width as usize;
        let mut scratch = Vec::new();
        // A line is drawn a little beside the edge it belongs to: stay away from what changes by more than that.
        let mut same: Vec<f32> = self.opening.iter().map(|opening| 1.0 - opening).collect();
        erode3(&mut same, width, &mut scratch);
        erode3(&mut same, width, &mut scratch);
        let mut weight = Vec::with_capacity(same.len());
        for (index, (same, confidence)) in same.iter().zip(self.confidence).enumerate() {
            let moving = smoothstep(0.05, 0.5, self.flow.u[index].abs() + self.flow.v[index].abs());
            let still = weights.moving + (weights.still - weights.moving) * (1.0 - moving) * same;
            weight.push(confidence * still);
        }
        for same in &mut same {
            *same *= MARGIN;
        }
        (weight, same)
    }
}

/// Mixes the carried row `old` into the drawing's row `new`; both become the result. All rows have four channels.
fn mix_row(new: &mut [u8], old: &mut [f32], weight: &[f32], margin: &[f32], around: &Around) {
    let limits = around.least.iter().zip(&around.most);
    let mixing = weight.iter().zip(margin);
    for (((old, new), (lowest, highest)), (weight, margin)) in old.iter_mut().zip(new).zip(limits).zip(mixing) {
        let fresh = f32::from(*new);
        let kept = least(most(*old, f32::from(*lowest) - margin), f32::from(*highest) + margin);
        let mixed = fresh + (kept - fresh) * weight;
        *old = least(most(mixed, 0.0), 255.0);
        // The low mantissa bits of 2^23 + x are x rounded to a whole number: vectorises where a cast does not.
        *new = (*old + 8_388_608.0).to_bits() as u8;
    }
}

/// Each value four times.
fn spread(values: &[f32], out: &mut [f32]) {
    for (out, value) in out.as_chunks_mut::<4>().0.iter_mut().zip(values) {
        *out = [*value; 4];
    }
}

/// Least and greatest value of each channel in the three by three pixels around those of one row.
struct Around {
    least: Vec<u8>,
    most: Vec<u8>,
    /// Rows above and at the current one, as they were before they were mixed.
    kept: [Vec<u8>; 2],
    column: Vec<u8>,
}

impl Around {
    fn new(rgba: &[u8], stride: usize) -> Self {
        let first = rgba[..stride].to_vec();
        let row = vec![0; stride];
        Self { least: row.clone(), most: row.clone(), kept: [first.clone(), first], column: row }
    }

    /// Moves on to row `y`, which has not been changed yet.
    fn advance(&mut self, rgba: &[u8], y: usize) {
        let stride = self.column.len();
        self.kept.swap(0, 1);
        self.kept[1].copy_from_slice(&rgba[y * stride..][..stride]);
        let below = ((y + 1) * stride).min(rgba.len() - stride);
        let below = &rgba[below..][..stride];
        let above = if y == 0 { &self.kept[1] } else { &self.kept[0] };
        three(&mut self.column, &mut self.least, [above, &self.kept[1], below], u8::min);
        three(&mut self.column, &mut self.most, [above, &self.kept[1], below], u8::max);
    }
}

/// `op` over three rows, then over three neighbouring pixels of four bytes.
fn three(column: &mut [u8], out: &mut [u8], rows: [&[u8]; 3], op: impl Fn(u8, u8) -> u8) {
    for (((value, a), b), c) in column.iter_mut().zip(rows[0]).zip(rows[1]).zip(rows[2]) {
        *value = op(op(*a, *b), *c);
    }
    let stride = column.len();
    out.copy_from_slice(column);
    if stride > 4 {
        for (value, left) in out[4..].iter_mut().zip(&column[..stride - 4]) {
            *value = op(*value, *left);
        }
        for (value, right) in out[..stride - 4].iter_mut().zip(&column[4..]) {
            *value = op(*value, *right);
        }
    }
}

/// Low pixels across and down a small picture of `size`: not rounded up where the last box is partial.
pub(super) fn extent(low: &Low, size: Size) -> [f32; 2] {
    [size.width as f32 / low.factor as f32, size.height as f32 / low.factor as f32]
}
