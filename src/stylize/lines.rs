//! Where lines could be drawn: differences of Gaussians of the photo's luma (Winnemöller et al. 2006), at two widths.
//!
//! The response is that of the dark side of an edge, of dark lines and dark spots. It is computed at full working size,
//! which costs little since the filters are separable and have one channel; the network decides which lines are inked.

use tch::{Device, TchError, Tensor};

/// Colour of ink, R'G'B' in 0..=1: a warm near-black, as printed.
pub const INK: [f32; 3] = [0.055, 0.045, 0.065];
/// Width of the inner Gaussian in pixels, half a fine line; a bold line is twice as wide. The outer is 1.6 times wider,
/// which resembles a Laplacian.
const SIGMA: f64 = 0.9;
const OUTER: f64 = 1.6 * SIGMA;
const REACH: i64 = 5;
/// Difference of luma that is no line yet, and the slope from there: one is reached 0.014 above.
const THRESHOLD: f64 = 0.006;
const SLOPE: f64 = 1.0 / 0.014;

/// The filters, in f32 on one device.
#[derive(Debug)]
pub struct Lines {
    luma: Tensor,
    across: Tensor,
    down: Tensor,
    /// [`INK`], 1 x 3 x 1 x 1.
    pub ink: Tensor,
}

impl Lines {
    /// The filters on `device`.
    ///
    /// # Errors
    /// libtorch's, as below.
    pub fn new(device: Device) -> Result<Self, TchError> {
        let taps = |sigma: f64| -> Vec<f32> {
            let gauss: Vec<f64> = (-REACH..=REACH).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
            gauss.iter().map(|v| (v / gauss.iter().sum::<f64>()) as f32).collect()
        };
        let both = Tensor::f_from_slice(&[taps(SIGMA), taps(OUTER)].concat())?.f_to_device(device)?;
        let side = 2 * REACH + 1;
        Ok(Self {
            // BT.709.
            luma: Tensor::f_from_slice(&[0.2126_f32, 0.7152, 0.0722])?.f_to_device(device)?.f_view([1, 3, 1, 1])?,
            across: both.f_view([2, 1, 1, side])?,
            down: both.f_view([2, 1, side, 1])?,
            ink: Tensor::f_from_slice(&INK)?.f_to_device(device)?.f_view([1, 3, 1, 1])?,
        })
    }

    /// Fine and bold lines of `photo` (N x 3 x H x W, R'G'B', f32, even sides) as N x 2 x H x W, from 0 (none), about 1 where an
    /// edge is clear.
    ///
    /// # Errors
    /// libtorch's.
    pub fn of(&self, photo: &Tensor) -> Result<Tensor, TchError> {
        let luma = photo.f_conv2d(&self.luma, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
        let half = luma.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?;
        let size = [luma.size()[2], luma.size()[3]];
        let bold = self.response(&half)?.f_upsample_bilinear2d(size, false, None, None)?;
        Tensor::f_cat(&[self.response(&luma)?, bold], 1)
    }

    fn response(&self, luma: &Tensor) -> Result<Tensor, TchError> {
        let padded = luma.f_replication_pad2d([REACH; 4])?;
        let rows = padded.f_conv2d(&self.across, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
        let smooth = rows.f_conv2d(&self.down, None::<Tensor>, [1, 1], [0, 0], [1, 1], 2)?;
        let darker = smooth.f_narrow(1, 1, 1)? - smooth.f_narrow(1, 0, 1)?;
        ((darker - THRESHOLD) * SLOPE).f_relu()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    /// Luma 0.8 with a step of `by` at column 32.
    fn step(by: f64) -> Tensor {
        let row = Tensor::cat(
            &[
                Tensor::full([32], 0.8, (Kind::Float, Device::Cpu)),
                Tensor::full([32], 0.8 - by, (Kind::Float, Device::Cpu)),
            ],
            0,
        );
        row.expand([1, 3, 64, 64], false)
    }

    #[test]
    fn a_line_lies_on_the_dark_side_of_an_edge() {
        let lines = Lines::new(Device::Cpu).unwrap().of(&step(0.2)).unwrap();
        for (channel, width) in [(0, 3), (1, 6)] {
            let row = lines.select(1, channel).select(1, 32).squeeze();
            assert!(row.double_value(&[32]) > 0.4, "{channel}");
            assert_eq!(row.narrow(0, 0, 31).max().double_value(&[]), 0.0, "{channel}");
            assert_eq!(row.narrow(0, 32 + 3 * width, 64 - 32 - 3 * width).max().double_value(&[]), 0.0, "{channel}");
        }
    }

    #[test]
    fn flat_areas_and_faint_edges_have_none() {
        let lines = Lines::new(Device::Cpu).unwrap();
        assert_eq!(lines.of(&step(0.02)).unwrap().max().double_value(&[]), 0.0);
    }
}
