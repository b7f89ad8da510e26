//! Regions of a picture are brought nearer to one contrast and one colourfulness, as an artist gives every panel its share
//! of both: haze gets light and shade, a thicket is held together, what is pale gets colour and what is garish less of it.
//! What tells comics from photos most is not how much there is of either, but how little that differs.
//!
//! A region is what lies within about 60 pixels, weighted as by a Gaussian of 30: two running means of 9 x 9 places at an
//! eighth of the picture's size. Around its mean, luma is stretched by (wanted / found deviation) ^ amount; colour (R'G'B'
//! less luma), by the same of its root mean square. This is local contrast normalisation (Jarrett et al. 2009) that stops
//! half way, wide enough for its gains to follow no edge. They vary slowly over the picture, so what moves does not pulse.
//!
//! What has hardly any contrast or colour (a clear sky, a grey coat) is noise and gets no more of it; nor do shadows,
//! bright places (a wall in cold light would turn mint), and what is grey beside something colourful, get more colour.

use tch::{Kind, TchError, Tensor};

/// Numbers that a style says: logits of the amounts for luma and colour, logarithms over [`WANTED`] of what is wanted.
pub(super) const NUMBERS: i64 = 4;
/// Deviation of luma, root mean square of a channel of colour, of 1.
const WANTED: [f64; 2] = [0.13, 0.1];
/// Least and greatest gains.
const GAINS: [(f64, f64); 2] = [(0.7, 2.0), (0.7, 1.6)];
/// A region that has less than this gets no more of it; one that has twice as much is stretched like any other.
const NONE: [f64; 2] = [0.03, 0.03];
/// Luma, and root mean square of a place's own colour, from which on colour grows in full.
const SHADOW: f64 = 0.3;
/// Luma from which on colour does not grow, and over how much luma below that it comes to grow in full.
const BRIGHT: f64 = 0.8;
const BELOW: f64 = 0.25;
const GREY: f64 = 0.05;
/// Side of the running means.
const SIDE: i64 = 9;

/// What becomes of each place, N x 1 x h x w each.
pub(super) struct Regions {
    /// Mean luma of its region.
    pub mean: Tensor,
    /// What the distance of its luma from that is multiplied by.
    pub contrast: Tensor,
    /// What its colour is multiplied by.
    pub colour: Tensor,
}

impl Regions {
    /// Of luma (N x 1 x h x w, at a quarter of the picture's size, h and w even) and colour (N x 3 x h x w), as `style`
    /// says (N x [`NUMBERS`] x 1 x 1).
    ///
    /// # Errors
    /// libtorch's.
    pub fn of(luma: &Tensor, colour: &Tensor, style: &Tensor) -> Result<Self, TchError> {
        let strength = colour.f_square()?.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?;
        let maps = Tensor::f_cat(&[luma, &luma.f_square()?, &strength], 1)?;
        let means = spread(&spread(&maps.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?)?)?;
        let mean = means.f_narrow(1, 0, 1)?;
        let variance = means.f_narrow(1, 1, 1)? - mean.f_square()?;
        let contrast = gain(0, &variance, style)?;
        let colour = gain(1, &means.f_narrow(1, 2, 1)?, style)?;
        let size = [luma.size()[2], luma.size()[3]];
        let large = Tensor::f_cat(&[mean, contrast, colour], 1)?.f_upsample_bilinear2d(size, false, None, None)?;
        let [mean, contrast, colour] = [0, 1, 2].map(|channel| large.f_narrow(1, channel, 1));
        let lit = (luma / SHADOW).f_clamp(0.0, 1.0)?.f_mul(&((BRIGHT - luma) / BELOW).f_clamp(0.0, 1.0)?)?;
        let grows = ((strength + 1e-8).f_sqrt()? / GREY).f_clamp(0.0, 1.0)?.f_mul(&lit)?;
        Ok(Self { mean: mean?, contrast: contrast?, colour: grown_by(&colour?, &grows)? })
    }

    /// Luma, and colour, evened out; shapes as above.
    ///
    /// # Errors
    /// libtorch's.
    pub fn even(&self, luma: &Tensor, colour: &Tensor) -> Result<Tensor, TchError> {
        Ok((luma - &self.mean).f_mul(&self.contrast)? + &self.mean + colour.f_mul(&self.colour)?)
    }

    /// For a picture of `size` (height, width).
    ///
    /// # Errors
    /// libtorch's.
    pub fn enlarged(&self, size: [i64; 2]) -> Result<Self, TchError> {
        let large = |map: &Tensor| map.f_upsample_bilinear2d(size, false, None, None);
        Ok(Self { mean: large(&self.mean)?, contrast: large(&self.contrast)?, colour: large(&self.colour)? })
    }
}

/// The gain of regions with that mean square (of luma: variance).
fn gain(which: usize, square: &Tensor, style: &Tensor) -> Result<Tensor, TchError> {
    let number = |index: usize| style.f_narrow(1, index as i64, 1);
    let found = (square.f_relu()? + 1e-6).f_sqrt()?;
    let wanted = number(2 + which)? + WANTED[which].ln();
    let (least, most) = GAINS[which];
    let gain = (wanted - found.f_log()?).f_mul(&number(which)?.f_sigmoid()?)?.f_exp()?.f_clamp(least, most)?;
    grown_by(&gain, &(found / NONE[which] - 1.0).f_clamp(0.0, 1.0)?)
}

/// `gain`, of what is above 1 only the `share`.
fn grown_by(gain: &Tensor, share: &Tensor) -> Result<Tensor, TchError> {
    let growth = (gain - 1.0).f_relu()?;
    Ok(gain - &growth + growth.f_mul(share)?)
}

/// Means of [`SIDE`] x [`SIDE`] places, borders repeated.
fn spread(maps: &Tensor) -> Result<Tensor, TchError> {
    maps.f_replication_pad2d([SIDE / 2; 4])?.f_avg_pool2d([SIDE; 2], [1, 1], [0, 0], false, true, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    /// Halves the way to what is wanted.
    fn half() -> Tensor {
        Tensor::zeros([1, NUMBERS, 1, 1], (Kind::Float, Device::Cpu))
    }

    fn regions(luma: &Tensor, colour: f64) -> Regions {
        let size = luma.size();
        let colour = Tensor::full([1, 3, size[2], size[3]], colour, (Kind::Float, Device::Cpu));
        Regions::of(luma, &colour, &half()).unwrap()
    }

    fn stripes(deviation: f64) -> Tensor {
        let signs = Tensor::arange(64, (Kind::Float, Device::Cpu)).floor_divide_scalar(2).remainder(2.0) * 2.0 - 1.0;
        (signs * deviation + 0.425).expand([1, 1, 64, 64], false)
    }

    #[test]
    fn what_is_dull_gains_and_what_is_harsh_loses() {
        for (deviation, wanted) in [(0.08, (0.13_f64 / 0.08).sqrt()), (0.2, 0.65_f64.sqrt())] {
            // Where no border, repeated, has its say.
            let found = regions(&stripes(deviation), 0.1).contrast.narrow(3, 20, 24);
            assert!((&found - wanted).abs().max().double_value(&[]) < 1e-2, "{deviation}: {found:?}");
        }
        for (colour, wanted) in [(0.07, (0.1_f64 / 0.07).sqrt()), (0.18, (0.1_f64 / 0.18).sqrt())] {
            let found = regions(&stripes(0.12), colour).colour;
            assert!((&found - wanted).abs().max().double_value(&[]) < 1e-2, "{colour}: {found:?}");
        }
    }

    #[test]
    fn what_is_empty_dark_or_bright_stays_so() {
        let wall = regions(&stripes(0.02), 0.02);
        assert!((wall.contrast - 1.0).abs().max().double_value(&[]) < 1e-4);
        assert!((wall.colour - 1.0).abs().max().double_value(&[]) < 1e-4);
        // Grey paper, on which lies something red.
        let grey = Tensor::full([1, 3, 64, 32], 0.0, (Kind::Float, Device::Cpu));
        let paper = Tensor::cat(&[grey, Tensor::full([1, 3, 64, 32], 0.1, (Kind::Float, Device::Cpu))], 3);
        let colour = Regions::of(&stripes(0.12), &paper, &half()).unwrap().colour;
        assert!(colour.narrow(3, 0, 32).max().double_value(&[]) < 1.0 + 1e-2);
        assert!(colour.narrow(3, 33, 2).min().double_value(&[]) > 1.05);
        let black = regions(&(stripes(0.13) * 0.0), 0.05);
        assert!((black.colour - 1.0).abs().max().double_value(&[]) < 1e-4);
        let white = regions(&(stripes(0.12) + 0.5), 0.05);
        assert!((white.colour - 1.0).abs().max().double_value(&[]) < 1e-4);
    }

    #[test]
    fn gains_follow_no_edge() {
        // A harsh half beside a dull one, places of four pixels.
        let luma = Tensor::cat(&[stripes(0.3), stripes(0.05)], 3);
        let contrast = regions(&luma, 0.1).contrast;
        let step = (contrast.narrow(3, 1, 127) - contrast.narrow(3, 0, 127)).abs().max().double_value(&[]);
        assert!(step < 0.1, "{step}");
    }
}
