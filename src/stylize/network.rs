//! The generator network: fully convolutional, no statistics of the whole frame, all arithmetic at a quarter of the
//! picture's size or below.
//!
//! ```text
//! photo ─ space-to-depth 4 ─ stem ─ fine ─┬───────────────────────── + ─ merge ─ head ─ depth-to-space 4 ─ + ─ drawing
//!   │                                     └ s-t-d 2 ─ down ─ 3 blocks ─ up ─ d-t-s 2 ┘                       │
//!   └───────────────── mean of 4x4, enlarged bilinearly ─────────────────────────────────────────────────────┘
//! ```
//!
//! Input and output are N x 3 x H x W, R'G'B' in 0..=1, H and W multiples of 8. The output is not clipped. The head
//! answers with what is to be added to the photo's low frequencies. Space-to-depth and its inverse are those of Shi et al.
//! 2016 ("sub-pixel convolution").

use tch::{Device, Kind, TchError, Tensor};

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

const fn layer(name: &'static str, inputs: i64, outputs: i64, kernel: i64, dilation: i64, divisor: i64) -> Layer {
    Layer { name, inputs, outputs, kernel, dilation, divisor }
}

/// Channels at a quarter and at an eighth of the picture's size. Multiples of 16 suit the vector units.
const FINE: i64 = 32;
const COARSE: i64 = 48;

/// All layers, in the order of [`Network::forward`].
pub const LAYERS: [Layer; 12] = [
    layer("stem", 48, FINE, 3, 1, 4),
    layer("fine", FINE, FINE, 3, 1, 4),
    layer("down", 4 * FINE, COARSE, 1, 1, 8),
    layer("block1.a", COARSE, COARSE, 3, 1, 8),
    layer("block1.b", COARSE, COARSE, 3, 1, 8),
    layer("block2.a", COARSE, COARSE, 3, 2, 8),
    layer("block2.b", COARSE, COARSE, 3, 1, 8),
    layer("block3.a", COARSE, COARSE, 3, 4, 8),
    layer("block3.b", COARSE, COARSE, 3, 1, 8),
    layer("up", COARSE, 4 * FINE, 1, 1, 8),
    layer("merge", FINE, FINE, 3, 1, 4),
    layer("head", FINE, 48, 3, 1, 4),
];

/// Multiplications and additions of a picture of `height` x `width`.
#[must_use]
pub fn macs(height: i64, width: i64) -> i64 {
    let per_position = |l: &Layer| l.inputs * l.outputs * l.kernel * l.kernel;
    LAYERS.iter().map(|l| per_position(l) * (height / l.divisor) * (width / l.divisor)).sum()
}

/// Weights and biases, in the order of [`LAYERS`].
#[derive(Debug)]
pub struct Network {
    /// `(weight, bias)` a layer: outputs x inputs x kernel x kernel, outputs.
    pub layers: Vec<(Tensor, Tensor)>,
}

impl Network {
    /// Draws pictures. See the module for shapes.
    ///
    /// # Errors
    /// libtorch's, for tensors of other shapes.
    pub fn forward(&self, photo: &Tensor) -> Result<Tensor, TchError> {
        let centred = ((photo * 2.0) - 1.0).f_pixel_unshuffle(4)?;
        let stem = self.conv(0, &centred)?.f_relu()?;
        let fine = (&stem + self.conv(1, &stem)?).f_relu()?;
        let mut coarse = self.conv(2, &fine.f_pixel_unshuffle(2)?)?.f_relu()?;
        for block in [3, 5, 7] {
            let inner = self.conv(block, &coarse)?.f_relu()?;
            coarse = coarse + self.conv(block + 1, &inner)?;
        }
        let up = self.conv(9, &coarse.f_relu()?)?.f_pixel_shuffle(2)?;
        let merged = self.conv(10, &(fine + up).f_relu()?)?.f_relu()?;
        let detail = self.conv(11, &merged)?.f_pixel_shuffle(4)?;
        let size = photo.size();
        let mean = photo.f_avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None)?;
        let low = mean.f_upsample_bilinear2d([size[2], size[3]], false, None, None)?;
        Ok(low + detail)
    }

    fn conv(&self, index: usize, input: &Tensor) -> Result<Tensor, TchError> {
        let (weight, bias) = &self.layers[index];
        let layer = LAYERS[index];
        let margin = layer.dilation * (layer.kernel / 2);
        // Repeating the border, where zeros would draw a frame around the picture.
        let padded = if margin > 0 { input.f_replication_pad2d([margin; 4])? } else { input.shallow_clone() };
        padded.f_conv2d(weight, Some(bias), [1, 1], [0, 0], [layer.dilation; 2], 1)
    }
}

impl Network {
    /// From weights and biases in turn, in the order of [`LAYERS`].
    #[must_use]
    pub fn from_tensors(tensors: &[Tensor]) -> Self {
        let layers = tensors.chunks_exact(2).map(|p| (p[0].shallow_clone(), p[1].shallow_clone())).collect();
        Self { layers }
    }

    /// Fresh weights and biases in turn (He et al. 2015). The head starts small and equal within each 4 x 4 cell, since
    /// unequal starts leave a checkerboard in the drawing for a long time; the blocks start close to the identity.
    ///
    /// # Errors
    /// libtorch's.
    pub fn fresh(device: Device) -> Result<Vec<Tensor>, TchError> {
        let mut tensors = Vec::new();
        for layer in &LAYERS {
            let fan = (layer.inputs * layer.kernel * layer.kernel) as f64;
            let scale = match layer.name {
                "head" => 0.1,
                name if name.ends_with(".b") => 0.3,
                _ => 1.0,
            };
            let shape = [layer.outputs, layer.inputs, layer.kernel, layer.kernel];
            let mut weight = Tensor::f_randn(shape, (Kind::Float, device))? * (scale * (2.0 / fan).sqrt());
            if layer.name == "head" {
                let one = weight.f_view([3, 16, layer.inputs, layer.kernel, layer.kernel])?.f_narrow(1, 0, 1)?;
                weight = one.f_expand([3, 16, layer.inputs, layer.kernel, layer.kernel], false)?.f_reshape(shape)?;
            }
            tensors.push(weight);
            tensors.push(Tensor::f_zeros([layer.outputs], (Kind::Float, device))?);
        }
        Ok(tensors)
    }
}
