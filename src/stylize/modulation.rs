//! What a style's code does to the network.

use super::grading::{CURVE, Grade};
use super::layers::{LAYERS, MODULATED};
use super::{canvas, region};
use tch::{Device, Kind, TchError, Tensor};

/// Numbers of a modulation besides scales and shifts: matrix, offset and curve of the grading, colour of the ink, numbers of
/// the regions and of the strokes.
pub(super) const REST: i64 = 9 + 3 + 3 + CURVE + region::NUMBERS + canvas::CHANNELS;
/// Colour of ink that a code starts from, R'G'B' in 0..=1: a warm near-black, as printed.
pub const INK: [f32; 3] = [0.055, 0.045, 0.065];
/// Deviation of strokes that a style asks for by 1.
const STROKE: f64 = 0.02;

/// What a code does to the network, for each of N pictures.
#[derive(Debug)]
pub struct Modulation {
    /// Scale less 1 and shift of each modulated layer, N x C x 1 x 1; empty where they are folded into the layers.
    pub(super) scales: Vec<(Tensor, Tensor)>,
    /// Grading of the low frequencies.
    pub(super) grade: Grade,
    /// Colour of the ink, N x 3 x 1 x 1.
    pub(super) ink: Tensor,
    /// See [`Regions::of`](super::region::Regions::of).
    pub(super) regions: Tensor,
    /// See [`Self::strokes`].
    strokes: Tensor,
}

impl Modulation {
    /// Of codes (N x [`CODE`](super::CODE)) by weight and bias of the layer `style`, in f32.
    ///
    /// # Errors
    /// libtorch's.
    pub(super) fn of(codes: &Tensor, (weight, bias): &(Tensor, Tensor)) -> Result<Self, TchError> {
        let all = codes.f_matmul(&weight.f_flatten(1, 3)?.f_transpose(0, 1)?)? + bias;
        let mut at = 0;
        let mut next = |count: i64, shape: [i64; 3]| {
            let part = all.f_narrow(1, at, count);
            at += count;
            part?.f_view([-1, shape[0], shape[1], shape[2]])
        };
        let mut scales = Vec::new();
        for index in MODULATED {
            let channels = LAYERS[index].outputs;
            scales.push((next(channels, [channels, 1, 1])?, next(channels, [channels, 1, 1])?));
        }
        let device = codes.device();
        let matrix = next(9, [1, 3, 3])?.f_squeeze_dim(1)? + Tensor::f_eye(3, (Kind::Float, device))?;
        let offset = next(3, [1, 3, 1])?.f_squeeze_dim(1)?;
        let ink = next(3, [3, 1, 1])? + Tensor::f_from_slice(&INK)?.f_to_device(device)?.f_view([1, 3, 1, 1])?;
        let curve = next(CURVE, [CURVE, 1, 1])?;
        let regions = next(region::NUMBERS, [region::NUMBERS, 1, 1])?;
        let strokes = next(canvas::CHANNELS, [canvas::CHANNELS, 1, 1])?.f_relu()? * STROKE;
        let grade = Grade { matrix, offset, curve };
        Ok(Self { scales, grade, ink: ink.f_clamp(0.0, 1.0)?, regions, strokes })
    }

    /// On another device.
    ///
    /// # Errors
    /// libtorch's.
    pub fn to_device(&self, device: Device) -> Result<Self, TchError> {
        self.each(|tensor| tensor.f_to_device(device))
    }

    /// Of the first `count` pictures.
    ///
    /// # Errors
    /// libtorch's.
    pub fn first(&self, count: i64) -> Result<Self, TchError> {
        self.each(|tensor| tensor.f_narrow(0, 0, count))
    }

    /// Deviation of the strokes' lightness, warmth and rosiness (R'G'B' in 0..=1), N x 3 x 1 x 1.
    pub const fn strokes(&self) -> &Tensor {
        &self.strokes
    }

    fn each(&self, change: impl Fn(&Tensor) -> Result<Tensor, TchError>) -> Result<Self, TchError> {
        let pair = |(a, b): &(Tensor, Tensor)| Ok::<_, TchError>((change(a)?, change(b)?));
        let scales = self.scales.iter().map(pair).collect::<Result<_, _>>()?;
        let (grade, ink) = (self.grade.each(&change)?, change(&self.ink)?);
        let (regions, strokes) = (change(&self.regions)?, change(&self.strokes)?);
        Ok(Self { scales, grade, ink, regions, strokes })
    }
}
