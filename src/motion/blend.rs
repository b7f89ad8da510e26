//! One drawing carried along the motion to another and mixed into it, where the flow can be trusted.
//!
//! What is carried is first clamped to the colours around the pixel in the drawing itself (Karis, "High-quality temporal
//! supersampling", SIGGRAPH 2014), with a margin where the photo shows no change at all. So nothing that is elsewhere by
//! then can be seen here, while the drawing of a still scene may not flicker.

use super::flow::Flow;
use super::plane::{Low, erode3, least, most, smoothstep};
use super::warp::{Enlarger, Quads, Warp};
use crate::frame::{Drawing, Size};

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
    /// From the drawing's picture into that of the carried one.
    pub flow: &'a Flow,
    /// 0..=1.
    pub confidence: &'a [f32],
    /// How much has changed between the two, 0 (nothing) ..= 1.
    pub opening: &'a [f32],
    /// Low pixels across the small picture's width and down its height, exactly (the last may be partial).
    pub extent: [f32; 2],
}

impl Carry<'_> {
    /// Mixes `other`, carried, into `drawing`; drawings of different sizes are left alone.
    pub fn mix(&self, drawing: &mut Drawing, other: &Drawing, weights: Weights) {
        let (width, height) = (drawing.size.width as usize, drawing.size.height as usize);
        if drawing.size != other.size || width == 0 || height == 0 {
            return;
        }
        let pixels = other.rgba.as_chunks::<4>().0.iter().map(|pixel| pixel.map(f32::from)).collect();
        let other = Quads { width, height, pixels };
        let warp = Warp::new();
        let ratio = [width as f32 / self.extent[0], height as f32 / self.extent[1]];
        let (weight, margin) = self.weigh(weights);
        let mut enlarger = Enlarger::new(self.flow.size, drawing.size, ratio);
        let mut rows: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; width]);
        let mut carried = vec![[0.0; 4]; width];
        let (mut weights, mut margins) = (vec![0.0; width * 4], vec![0.0; width * 4]);
        let mut around = Around::new(&drawing.rgba, width * 4);
        for y in 0..height {
            let [u, v, weight_row, margin_row] = &mut rows;
            enlarger.row(&self.flow.u, y, ratio[0], u);
            enlarger.row(&self.flow.v, y, ratio[1], v);
            enlarger.row(&weight, y, 1.0, weight_row);
            enlarger.row(&margin, y, 1.0, margin_row);
            around.advance(&drawing.rgba, y);
            warp.row(&other, y, [u, v, weight_row], &mut carried);
            spread(weight_row, &mut weights);
            spread(margin_row, &mut margins);
            let row = &mut drawing.rgba[y * width * 4..][..width * 4];
            mix_row(row, carried.as_flattened(), &weights, &margins, &around);
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

/// Mixes the carried row into the drawing's `row`. All rows have four channels.
fn mix_row(row: &mut [u8], carried: &[f32], weight: &[f32], margin: &[f32], around: &Around) {
    let limits = around.least.iter().zip(&around.most);
    let mixing = weight.iter().zip(margin);
    for (((value, carried), (lowest, highest)), (weight, margin)) in row.iter_mut().zip(carried).zip(limits).zip(mixing)
    {
        let fresh = f32::from(*value);
        let kept = least(most(*carried, f32::from(*lowest) - margin), f32::from(*highest) + margin);
        let mixed = least(most(fresh + (kept - fresh) * weight, 0.0), 255.0);
        // The low mantissa bits of 2^23 + x are x rounded to a whole number: vectorises where a cast does not.
        *value = (mixed + 8_388_608.0).to_bits() as u8;
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
