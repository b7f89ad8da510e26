//! Regions of a picture are brought nearer to one contrast and one colourfulness, as an artist gives every panel its share
//! of both: haze gets light and shade, a thicket is held together, what is pale gets colour and what is garish less of it.
//! What tells comics from photos most is not how much there is of either, but how little that differs.
//!
//! A region is what lies within about 60 pixels, weighted as by a Gaussian of 30: two running means of 9 x 9 places at an
//! eighth of the picture's size. Around its mean, luma is stretched by (wanted / found deviation) ^ amount; colour (R'G'B'
//! less luma), by the same of its root mean square. This is local contrast normalisation (Jarrett et al. 2009) that stops
//! half way, wide enough for its gains to follow no edge. They vary slowly over the picture, so what moves does not pulse.
//!
//! Then its *form* is: what is left of luma and colour without their means over about 16 pixels, in which faces, folds and
//! leaves are modelled, is brought nearer to one deviation of luma within about 90 pixels (a Gaussian of 42). Colour
//! is calmed along with it, and never grows: faces would turn red.
//!
//! What has hardly any contrast or colour (a clear sky, a grey coat) is noise and gets no more of it; nor do shadows,
//! bright places (a wall in cold light would turn mint), and what is grey beside something colourful, get more colour.

use tch::{Kind, TchError, Tensor};

/// Numbers that a style says: for contrast, colour and form, a logit of the amount and the logarithm of what is wanted over
/// [`Evened::wanted`].
pub(super) const NUMBERS: i64 = 6;
/// What is evened out: where a style says of it, and how.
struct Evened {
    /// Numbers of its amount and of what is wanted.
    numbers: [i64; 2],
    /// Deviation of luma, or root mean square of a channel of colour, of 1.
    wanted: f64,
    /// Least and greatest gain.
    gains: (f64, f64),
    /// A region that has less than this gets no more of it; one that has twice as much is stretched like any other.
    none: f64,
}
const CONTRAST: Evened = Evened { numbers: [0, 2], wanted: 0.13, gains: (0.7, 2.0), none: 0.03 };
const COLOUR: Evened = Evened { numbers: [1, 3], wanted: 0.1, gains: (0.7, 1.6), none: 0.03 };
const FORM: Evened = Evened { numbers: [4, 5], wanted: 0.1, gains: (0.75, 1.4), none: 0.02 };
/// Luma, and root mean square of a place's own colour, from which on colour grows in full.
const SHADOW: f64 = 0.3;
/// Luma from which on colour does not grow, and over how much luma below that it comes to grow in full.
const BRIGHT: f64 = 0.8;
const BELOW: f64 = 0.25;
const GREY: f64 = 0.05;
/// Sides of the running means, for regions and for what form is not.
const SIDE: i64 = 9;
const NEAR: i64 = 5;

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
        let means = spread(&halved(&maps)?, SIDE, 2)?;
        let mean = means.f_narrow(1, 0, 1)?;
        let variance = means.f_narrow(1, 1, 1)? - mean.f_square()?;
        let contrast = CONTRAST.gain(&variance, style)?;
        let colour = COLOUR.gain(&means.f_narrow(1, 2, 1)?, style)?;
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
    pub fn even(&self, luma: &Tensor, colour: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        Ok(((luma - &self.mean).f_mul(&self.contrast)? + &self.mean, colour.f_mul(&self.colour)?))
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

/// What is to be added to luma and colour that [`Regions::even`] answered to even out their form as `style` says; shapes as
/// above: N x 3 x h x w.
///
/// # Errors
/// libtorch's.
pub(super) fn form(luma: &Tensor, colour: &Tensor, style: &Tensor) -> Result<Tensor, TchError> {
    let size = [luma.size()[2], luma.size()[3]];
    let large = |map: &Tensor| map.f_upsample_bilinear2d(size, false, None, None);
    let paint = Tensor::f_cat(&[luma, colour], 1)?;
    let form = &paint - large(&spread(&halved(&paint)?, NEAR, 2)?)?;
    let (light, hue) = (form.f_narrow(1, 0, 1)?, form.f_narrow(1, 1, 3)?);
    let square = spread(&halved(&light.f_square()?)?, SIDE, 4)?;
    let gain = large(&FORM.gain(&square, style)?)?;
    let calmed = hue.f_mul(&(gain.f_clamp_max(1.0)? - 1.0))?;
    Ok(light.f_mul(&(gain - 1.0))? + calmed)
}

impl Evened {
    /// The gain of regions with that mean square (of luma: variance).
    fn gain(&self, square: &Tensor, style: &Tensor) -> Result<Tensor, TchError> {
        let [amount, wanted] = self.numbers.map(|index| style.f_narrow(1, index, 1));
        let found = (square.f_relu()? + 1e-6).f_sqrt()?;
        let wanted = wanted? + self.wanted.ln();
        let (least, most) = self.gains;
        let gain = (wanted - found.f_log()?).f_mul(&amount?.f_sigmoid()?)?.f_exp()?.f_clamp(least, most)?;
        grown_by(&gain, &(found / self.none - 1.0).f_clamp(0.0, 1.0)?)
    }
}

/// `gain`, of what is above 1 only the `share`.
fn grown_by(gain: &Tensor, share: &Tensor) -> Result<Tensor, TchError> {
    let growth = (gain - 1.0).f_relu()?;
    Ok(gain - &growth + growth.f_mul(share)?)
}

/// Means of `side` x `side` places, borders repeated, of means, `times`.
fn spread(maps: &Tensor, side: i64, times: usize) -> Result<Tensor, TchError> {
    (0..times).try_fold(maps.shallow_clone(), |maps, _| {
        maps.f_replication_pad2d([side / 2; 4])?.f_avg_pool2d([side; 2], [1, 1], [0, 0], false, true, None)
    })
}

/// Means of 2 x 2 places.
fn halved(maps: &Tensor) -> Result<Tensor, TchError> {
    maps.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
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

    #[test]
    fn form_comes_nearer_to_one_strength() {
        let colour = Tensor::zeros([1, 3, 64, 64], (Kind::Float, Device::Cpu));
        let grown = |deviation: f64| {
            let luma = stripes(deviation);
            let found = form(&luma, &colour, &half()).unwrap().narrow(1, 0, 1) + &luma;
            let middle = |map: &Tensor| map.narrow(3, 20, 24).std(true).double_value(&[]);
            middle(&found) / middle(&luma)
        };
        let [dull, middling, harsh, empty] = [0.06, 0.1, 0.2, 0.015].map(grown);
        assert!(dull > 1.1 && (0.9..1.1).contains(&middling) && harsh < 0.85, "{dull} {middling} {harsh}");
        assert!((empty - 1.0).abs() < 1e-3, "{empty}");
    }

    #[test]
    fn wide_shades_are_no_form() {
        // From dark to light over the whole width: means over 16 pixels follow it, but at the borders.
        let shade = Tensor::linspace(0.2, 0.8, 64, (Kind::Float, Device::Cpu)).expand([1, 1, 64, 64], false);
        let colour = Tensor::zeros([1, 3, 64, 64], (Kind::Float, Device::Cpu));
        let added = form(&shade, &colour, &half()).unwrap().narrow(3, 16, 32);
        assert!(added.abs().max().double_value(&[]) < 2e-3, "{added:?}");
    }
}
