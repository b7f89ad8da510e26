//! The layers of the generator and of the encoder: what a weights file holds.

use super::flatten::GROUND;
use super::{encoder, modulation};
use crate::config;

/// Numbers in a style code.
pub const CODE: i64 = config::CODE as i64;

/// A convolution: its name, channels, kernel size, dilation, and how much smaller than the picture it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Prefix of its tensors in a weights file.
    pub name: &'static str,
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Side of the kernel.
    pub kernel: i64,
    /// Distance between the kernel's taps.
    pub dilation: i64,
    /// Divisor of the picture's sides.
    pub divisor: i64,
}

pub(super) const fn layer(
    name: &'static str,
    inputs: i64,
    outputs: i64,
    kernel: i64,
    dilation: i64,
    divisor: i64,
) -> Layer {
    Layer { name, inputs, outputs, kernel, dilation, divisor }
}

/// Channels at a quarter and at an eighth of the picture's size. Multiples of 16 suit the vector units.
const FINE: i64 = 32;
const COARSE: i64 = 48;

/// The layers that draw, in the order of [`Network::forward`](super::Network::forward).
pub(super) const DRAWING: [Layer; 12] = [
    layer("stem", 48, FINE, 3, 1, 4),
    layer("fine", FINE, FINE, 3, 1, 4),
    layer("down", 4 * FINE, COARSE, 1, 1, 8),
    layer("block1.a", COARSE, COARSE, 3, 1, 8),
    layer("block1.b", COARSE, COARSE, 3, 1, 8),
    layer("block2.a", COARSE, COARSE, 3, 2, 8),
    layer("block2.b", COARSE, COARSE, 3, 1, 8),
    layer("block3.a", COARSE, COARSE, 3, 4, 8),
    layer("block3.b", COARSE, COARSE, 3, 1, 8),
    layer("up", COARSE, FINE, 1, 1, 8),
    layer("merge", FINE, FINE, 3, 1, 4),
    layer("head", FINE, ANSWERS, 3, 1, 4),
];
/// Channels that the head answers with, in this order; see the [network](super::network).
pub(super) const LIGHT: i64 = 1;
pub(super) const SLOPE: i64 = 1;
pub(super) const GATES: i64 = 2;
pub(super) const HOLD: i64 = 1;
const ANSWERS: i64 = LIGHT + SLOPE + GATES + HOLD + GROUND;
/// Those of [`DRAWING`] that a code scales and shifts.
pub(super) const MODULATED: [usize; 5] = [1, 3, 5, 7, 10];
/// Makes a modulation of a code: scales and shifts of the layers in turn, then the rest.
const STYLE: Layer = layer("style", CODE, 2 * (2 * FINE + 3 * COARSE) + modulation::REST, 1, 1, 1);

/// All layers of a weights file: those that draw, `style`, and the encoder's.
pub const LAYERS: [Layer; DRAWING.len() + 1 + encoder::LAYERS.len()] = {
    let mut all = [STYLE; DRAWING.len() + 1 + encoder::LAYERS.len()];
    let mut i = 0;
    while i < DRAWING.len() {
        all[i] = DRAWING[i];
        i += 1;
    }
    let mut i = 0;
    while i < encoder::LAYERS.len() {
        all[DRAWING.len() + 1 + i] = encoder::LAYERS[i];
        i += 1;
    }
    all
};

/// Multiplications and additions of a picture of `height` x `width`.
#[must_use]
pub fn macs(height: i64, width: i64) -> i64 {
    let per_position = |l: &Layer| l.inputs * l.outputs * l.kernel * l.kernel;
    DRAWING.iter().map(|l| per_position(l) * (height / l.divisor) * (width / l.divisor)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_working_size_costs_at_most_1_2_billion() {
        assert!(macs(360, 640) <= 1_200_000_000, "{}", macs(360, 640));
        assert!(DRAWING.iter().all(|l| l.divisor >= 4));
    }
}
