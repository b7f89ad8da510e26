//! The generator network: fully convolutional, no statistics of the whole frame, all arithmetic at a quarter of the
//! picture's size or below.
//!
//! ```text
//! photo ─ space-to-depth 4 ─ stem ─ fine ─┬────────────────────────────────── + ─ merge ─┬─ head ─ depth-to-space 4 ─┐
//!   │                                     └ s-t-d 2 ─ down ─ 3 blocks ─ up ─ d-t-s 2 ┘   └─ gate ─ enlarged 4 ─┐     │
//!   ├───── detail: photo less low ───────────────────────────────────────────────────────────────────────── × ┼──── + ─ ink over it ─ drawing
//!   ├───── low: mean of 4x4, enlarged bilinearly ──────────────────────────────────────────────────────────────┼─────┘       │
//!   └───── lines: differences of Gaussians, fine and bold ────────────────────────────────────────────────── × ┴─────────────┘
//! ```
//!
//! Input and output are N x 3 x H x W, R'G'B' in 0..=1, H and W multiples of 8. The output is not clipped. The head
//! answers with paint to be added to the photo's low frequencies. Three gates, smooth from cell to cell, say where the
//! photo's own detail stays (eyes) or goes (texture), and where fine and bold [`Lines`](super::lines) are inked, and how
//! strongly: where each pixel of a line lies need not pass through the few channels. Space-to-depth and its inverse are
//! those of Shi et al. 2016 ("sub-pixel convolution").

use super::lines::Lines;
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
pub const LAYERS: [Layer; 13] = [
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
    layer("gate", FINE, 3, 1, 1, 4),
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
    lines: Lines,
}

impl Network {
    /// Draws pictures. See the module for shapes. The layers compute in the type of their weights, the last sum in that of
    /// the photo, so that weights of half precision cost no shades.
    ///
    /// # Errors
    /// libtorch's, for tensors of other shapes.
    pub fn forward(&self, photo: &Tensor) -> Result<Tensor, TchError> {
        let (paint, ink) = self.layers_of(photo)?;
        self.inked(&paint, &ink)
    }

    /// `paint` with `ink` over it, see [`Network::layers_of`].
    ///
    /// # Errors
    /// libtorch's.
    pub fn inked(&self, paint: &Tensor, ink: &Tensor) -> Result<Tensor, TchError> {
        Ok(paint + self.lines.ink.f_sub(paint)?.f_mul(ink)?)
    }

    /// A drawing's paint (N x 3 x H x W, R'G'B') and, apart, how much ink covers it (N x 1 x H x W, 0..=1).
    ///
    /// # Errors
    /// libtorch's.
    pub fn layers_of(&self, photo: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        let kind = self.layers[0].0.f_kind()?;
        let centred = ((photo * 2.0) - 1.0).f_to_kind(kind)?.f_pixel_unshuffle(4)?;
        let stem = self.conv(0, &centred)?.f_relu()?;
        let fine = (&stem + self.conv(1, &stem)?).f_relu()?;
        let mut coarse = self.conv(2, &fine.f_pixel_unshuffle(2)?)?.f_relu()?;
        for block in [3, 5, 7] {
            let inner = self.conv(block, &coarse)?.f_relu()?;
            coarse = &coarse + self.conv(block + 1, &inner)?;
        }
        let up = self.conv(9, &coarse.f_relu()?)?.f_pixel_shuffle(2)?;
        let merged = self.conv(10, &(fine + up).f_relu()?)?.f_relu()?;
        let full = photo.f_kind()?;
        let drawn = self.conv(11, &merged)?.f_pixel_shuffle(4)?.f_to_kind(full)?;
        let size = [photo.size()[2], photo.size()[3]];
        let enlarged = |x: &Tensor| x.f_upsample_bilinear2d(size, false, None, None);
        let gates = enlarged(&self.conv(12, &merged)?.f_relu()?.f_to_kind(full)?)?;
        let low = enlarged(&photo.f_avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None)?)?;
        let paint = (photo - &low).f_mul(&gates.f_narrow(1, 0, 1)?)? + drawn + low;
        let lines = self.lines.of(photo)?.f_mul(&gates.f_narrow(1, 1, 2)?)?;
        let ink = lines.f_sum_dim_intlist([1_i64].as_slice(), true, full)?.f_clamp(0.0, 1.0)?;
        Ok((paint, ink))
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
    /// From a weight and a bias for each of [`LAYERS`].
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(layers: Vec<(Tensor, Tensor)>) -> Result<Self, TchError> {
        let lines = Lines::new(layers.first().map_or(Device::Cpu, |(weight, _)| weight.device()))?;
        Ok(Self { layers, lines })
    }

    /// From weights and biases in turn, in the order of [`LAYERS`].
    ///
    /// # Errors
    /// libtorch's.
    pub fn from_tensors(tensors: &[Tensor]) -> Result<Self, TchError> {
        Self::new(tensors.chunks_exact(2).map(|p| (p[0].shallow_clone(), p[1].shallow_clone())).collect())
    }

    /// Fresh weights and biases in turn (He et al. 2015). What is spread by depth-to-space starts equal within each cell,
    /// since unequal starts leave a checkerboard in the drawing for a long time; the blocks start close to the identity,
    /// the gates half open.
    ///
    /// # Errors
    /// libtorch's.
    pub fn fresh(device: Device) -> Result<Vec<Tensor>, TchError> {
        let mut tensors = Vec::new();
        for layer in &LAYERS {
            let fan = (layer.inputs * layer.kernel * layer.kernel) as f64;
            let scale = match layer.name {
                "head" | "gate" => 0.1,
                name if name.ends_with(".b") => 0.3,
                _ => 1.0,
            };
            let shape = [layer.outputs, layer.inputs, layer.kernel, layer.kernel];
            let weight = Tensor::f_randn(shape, (Kind::Float, device))? * (scale * (2.0 / fan).sqrt());
            let cell = match layer.name {
                "head" => 16,
                "up" => 4,
                _ => 1,
            };
            let shared = [layer.outputs / cell, cell, layer.inputs, layer.kernel, layer.kernel];
            let weight = weight.f_view(shared)?.f_narrow(1, 0, 1)?.f_expand(shared, false)?.f_reshape(shape)?;
            tensors.push(weight);
            let open = if layer.name == "gate" { 0.5 } else { 0.0 };
            tensors.push(Tensor::f_full([layer.outputs], open, (Kind::Float, device))?);
        }
        Ok(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network whose every layer has its say.
    fn network() -> Network {
        tch::manual_seed(5);
        let mut tensors = Network::fresh(Device::Cpu).unwrap();
        tensors.iter_mut().filter(|t| t.dim() == 4).for_each(|t| *t = Tensor::randn_like(t) * 0.1);
        Network::from_tensors(&tensors).unwrap()
    }

    fn noise(height: i64, width: i64) -> Tensor {
        Tensor::rand([1, 3, height, width], (Kind::Float, Device::Cpu))
    }

    fn difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn the_working_size_costs_at_most_1_2_billion() {
        assert!(macs(360, 640) <= 1_200_000_000, "{}", macs(360, 640));
        assert!(LAYERS.iter().all(|l| l.divisor >= 4));
    }

    #[test]
    fn layers_follow_the_list() {
        for ((weight, bias), layer) in network().layers.iter().zip(&LAYERS) {
            assert_eq!((weight.size(), bias.size()), (layer.shape().to_vec(), vec![layer.outputs]), "{}", layer.name);
        }
    }

    #[test]
    fn every_multiple_of_eight_is_drawn_at_its_own_size() {
        for (height, width) in [(8, 8), (8, 64), (24, 40), (104, 56)] {
            assert_eq!(network().forward(&noise(height, width)).unwrap().size(), [1, 3, height, width]);
        }
    }

    #[test]
    fn a_photo_moved_by_one_cell_gives_the_drawing_moved_alike() {
        let photo = noise(256, 264);
        let network = network();
        let drawing = network.forward(&photo.narrow(3, 0, 256)).unwrap();
        let moved = network.forward(&photo.narrow(3, 8, 256)).unwrap();
        // Columns that are further from either border than the network sees.
        let difference = difference(&drawing.narrow(3, 128, 8), &moved.narrow(3, 120, 8));
        assert!(difference < 1e-4, "{difference}");
    }

    #[test]
    fn what_is_far_away_changes_nothing() {
        let near = noise(16, 256);
        let far = Tensor::cat(&[near.narrow(3, 0, 192), Tensor::ones([1, 3, 16, 64], (Kind::Float, Device::Cpu))], 3);
        let network = network();
        let (a, b) = (network.forward(&near).unwrap(), network.forward(&far).unwrap());
        assert!(difference(&a.narrow(3, 0, 56), &b.narrow(3, 0, 56)) < 1e-5);
        assert!(difference(&a, &b) > 1e-3);
    }

    #[test]
    fn a_fresh_network_draws_flat_areas_flat() {
        tch::manual_seed(6);
        let network = Network::from_tensors(&Network::fresh(Device::Cpu).unwrap()).unwrap();
        let grey = Tensor::full([1, 3, 32, 32], 0.4, (Kind::Float, Device::Cpu));
        let drawing = network.forward(&grey).unwrap();
        assert!(difference(&drawing.narrow(3, 0, 31), &drawing.narrow(3, 1, 31)) < 1e-5);
    }
}
