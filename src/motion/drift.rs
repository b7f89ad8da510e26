//! Slow change of light: what large parts of the picture change by together is no noise, however little it is.

use super::noise::LocalDifference;
use super::warp::Enlarger;
use crate::frame::{Motion, Size};

/// Edge of a block in low pixels.
const BLOCK: u32 = Motion::BLOCK;

/// Change of light per low pixel and channel, levels of 255: means over blocks, bilinear between them.
///
/// A pixel counts by its `confidence` and for at most `limit` levels, so that a thing that moves through a block does not
/// pass for light.
pub(super) fn drift(difference: &LocalDifference, size: Size, confidence: &[f32], limit: f32) -> [Vec<f32>; 3] {
    let blocks = Motion::blocks(size);
    let (width, columns) = (size.width as usize, blocks.width as usize);
    let mut enlarger = Enlarger::new(blocks, size, [BLOCK as f32; 2]);
    difference.means().map(|means| {
        let mut sums = vec![0.0f32; blocks.pixels()];
        let mut weights = vec![0.0f32; blocks.pixels()];
        for (y, (means, confidence)) in means.chunks_exact(width).zip(confidence.chunks_exact(width)).enumerate() {
            let row = y / BLOCK as usize * columns;
            let parts = means.chunks(BLOCK as usize).zip(confidence.chunks(BLOCK as usize));
            for (block, (means, confidence)) in parts.enumerate() {
                for (mean, confidence) in means.iter().zip(confidence) {
                    sums[row + block] += mean.clamp(-limit, limit) * confidence;
                    weights[row + block] += confidence;
                }
            }
        }
        // The constant keeps a block with few trusted pixels from following them.
        let light: Vec<f32> = sums.iter().zip(&weights).map(|(sum, weight)| sum / (weight + 8.0)).collect();
        let mut map = vec![0.0; size.pixels()];
        for (y, row) in map.chunks_exact_mut(width).enumerate() {
            enlarger.row(&light, y, 1.0, row);
        }
        map
    })
}
