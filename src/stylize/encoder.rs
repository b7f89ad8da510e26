//! The style encoder: from a reference picture to a style code.
//!
//! Three convolutions of stride 2, from each the mean and the deviation of every channel over the whole picture (Huang and
//! Belongie 2017), and two linear layers. What the picture shows and where is gone in the statistics; how it is painted
//! and coloured is left.

use super::layers::{CODE, Layer, layer};
use tch::{Kind, TchError, Tensor};

const CHANNELS: [i64; 3] = [16, 32, 48];
/// Channels of the picture and of the convolutions, twice.
const STATISTICS: i64 = 2 * (3 + CHANNELS[0] + CHANNELS[1] + CHANNELS[2]);
const HIDDEN: i64 = 64;

/// Its layers: convolutions, then linear layers.
pub(super) const LAYERS: [Layer; 5] = [
    layer("encoder.1", 3, CHANNELS[0], 5, 1, 2),
    layer("encoder.2", CHANNELS[0], CHANNELS[1], 3, 1, 4),
    layer("encoder.3", CHANNELS[1], CHANNELS[2], 3, 1, 8),
    layer("encoder.hidden", STATISTICS, HIDDEN, 1, 1, 1),
    layer("encoder.code", HIDDEN, CODE, 1, 1, 1),
];

/// Codes (N x [`CODE`]) of pictures (N x 3 x H x W, R'G'B' in 0..=1), by weights and biases in the order of [`LAYERS`].
pub(super) fn encode(layers: &[(Tensor, Tensor)], pictures: &Tensor) -> Result<Tensor, TchError> {
    let mut x = pictures * 2.0 - 1.0;
    let mut found = Vec::new();
    statistics(&x, &mut found)?;
    for ((weight, bias), layer) in layers.iter().zip(&LAYERS[..3]) {
        let padded = x.f_replication_pad2d([layer.kernel / 2; 4])?;
        x = padded.f_conv2d(weight, Some(bias), [2, 2], [0, 0], [1, 1], 1)?.f_relu()?;
        statistics(&x, &mut found)?;
    }
    let linear = |x: &Tensor, (weight, bias): &(Tensor, Tensor)| -> Result<Tensor, TchError> {
        Ok(x.f_matmul(&weight.f_flatten(1, 3)?.f_transpose(0, 1)?)? + bias)
    };
    let hidden = linear(&Tensor::f_cat(&found, 1)?, &layers[3])?.f_relu()?;
    linear(&hidden, &layers[4])
}

fn statistics(map: &Tensor, found: &mut Vec<Tensor>) -> Result<(), TchError> {
    let flat = map.f_flatten(2, 3)?;
    let mean = flat.f_mean_dim([2_i64].as_slice(), true, Kind::Float)?;
    let variance = (&flat - &mean).f_square()?.f_mean_dim([2_i64].as_slice(), false, Kind::Float)?;
    found.push(mean.f_squeeze_dim(2)?);
    // Of an empty map the deviation has no slope.
    found.push((variance + 1e-4).f_sqrt()?);
    Ok(())
}
