//! Regions of a picture are brought nearer to one contrast and one colourfulness, as an artist gives every panel its share
//! of both: haze gets light and shade, what is pale gets colour and what is garish less of it. What tells comics from photos
//! most is not how much there is of either, but how little that differs. And what lies together is seen in one light: the
//! *ambient* colour, that of a region as a whole, is on all that is in it, on middle tones the most: black throws no light
//! back, and white is its source. Skin keeps its own.
//!
//! A region is what lies within about 160 pixels, weighted as by a Gaussian of 80: two running means of 25 x 25 places at an
//! eighth of the picture's size. Around its mean, luma is stretched by (wanted / found deviation) ^ amount; colour (R'G'B'
//! less luma), by the same of its root mean square. This is local contrast normalisation (Jarrett et al. 2009) that stops
//! half way, wide enough for its gains to follow no edge. They vary slowly over the picture, so what moves does not pulse.
//! Contrast loses little: narrower or harder, walls are shaded by whatever dark stands before them, and black turns to haze.
//!
//! What has hardly any contrast or colour (a clear sky, a grey coat) is noise and gets no more of it; nor do shadows, bright
//! places (a wall in cold light would turn mint), and what is grey beside something colourful, get more colour.

use tch::{Kind, TchError, Tensor};

/// Numbers that a style says: of contrast and of colour, a logit of the amount and the logarithm of what is wanted over
/// [`Evened::wanted`]; and how much ambient colour there is.
pub(super) const NUMBERS: i64 = 5;
const AMBIENT: i64 = 4;
/// What of a region is evened out, and how.
struct Evened {
    /// The first of its numbers.
    number: i64,
    /// Deviation of luma, or root mean square of a channel of colour, of 1.
    wanted: f64,
    /// Least and greatest gain.
    gains: (f64, f64),
}
const CONTRAST: Evened = Evened { number: 0, wanted: 0.16, gains: (0.8, 1.3) };
const COLOUR: Evened = Evened { number: 2, wanted: 0.1, gains: (0.7, 1.6) };
/// A region that has less of either than this gets no more of it; one that has twice as much is changed like any other.
const NONE: f64 = 0.03;
/// What of the ambient colour is taken off each place's own.
const OWN: f64 = 0.4;
/// Luma, and root mean square of a place's own colour, from which on colour grows in full.
const SHADOW: f64 = 0.3;
/// Luma from which on colour does not grow, and over how much luma below that it comes to grow in full.
const BRIGHT: f64 = 0.8;
const BELOW: f64 = 0.25;
const GREY: f64 = 0.05;
/// Side of the running means.
const SIDE: i64 = 25;

/// What becomes of each place, N x 1 x h x w where nothing else is said.
pub(super) struct Regions {
    /// Mean luma of its region.
    mean: Tensor,
    /// What the distance of its luma from that is multiplied by.
    pub contrast: Tensor,
    /// What its colour is multiplied by.
    pub colour: Tensor,
    /// Colour that is added then, N x 3 x h x w.
    ambient: Tensor,
}

impl Regions {
    /// Of luma (N x 1 x h x w, at a quarter of the picture's size, h and w even) and colour (N x 3 x h x w), as `style`
    /// says (N x [`NUMBERS`] x 1 x 1). What is like `skin` (of 1, N x 1 x h x w) gets no ambient colour.
    ///
    /// # Errors
    /// libtorch's.
    pub fn of(luma: &Tensor, colour: &Tensor, skin: &Tensor, style: &Tensor) -> Result<Self, TchError> {
        let square = colour.f_square()?.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?;
        let maps = Tensor::f_cat(&[luma, &luma.f_square()?, &square, colour], 1)?;
        let means = spread(&maps.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?)?;
        let mean = means.f_narrow(1, 0, 1)?;
        let contrast = CONTRAST.gain(&(means.f_narrow(1, 1, 1)? - mean.f_square()?), style)?;
        let gain = COLOUR.gain(&means.f_narrow(1, 2, 1)?, style)?;
        let share = style.f_narrow(1, AMBIENT, 1)?.f_relu()?;
        let ambient = means.f_narrow(1, 3, 3)?.f_mul(&gain)?.f_mul(&share)?;
        let size = [luma.size()[2], luma.size()[3]];
        let large = Tensor::f_cat(&[mean, contrast, gain, ambient], 1)?;
        let large = large.f_upsample_bilinear2d(size, false, None, None)?;
        let [mean, contrast, gain] = [0, 1, 2].map(|channel| large.f_narrow(1, channel, 1));
        let lit = (luma / SHADOW).f_clamp(0.0, 1.0)?.f_mul(&((BRIGHT - luma) / BELOW).f_clamp(0.0, 1.0)?)?;
        let grows = ((square + 1e-8).f_sqrt()? / GREY).f_clamp(0.0, 1.0)?.f_mul(&lit)?;
        let other = skin * -1.0 + 1.0;
        let colour = grown_by(&gain?, &grows)?.f_mul(&(share.f_mul(&other)? * -OWN + 1.0))?;
        let middle = ((luma * 2.0 - 1.0).f_abs()? * -1.0 + 1.0).f_clamp(0.0, 1.0)?;
        let ambient = large.f_narrow(1, 3, 3)?.f_mul(&middle)?.f_mul(&other)?;
        Ok(Self { mean: mean?, contrast: contrast?, colour, ambient })
    }

    /// Luma, and colour, evened out; shapes as above.
    ///
    /// # Errors
    /// libtorch's.
    pub fn even(&self, luma: &Tensor, colour: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        let luma = (luma - &self.mean).f_mul(&self.contrast)? + &self.mean;
        Ok((luma, colour.f_mul(&self.colour)? + &self.ambient))
    }

    /// For a picture of `size` (height, width).
    ///
    /// # Errors
    /// libtorch's.
    pub fn enlarged(&self, size: [i64; 2]) -> Result<Self, TchError> {
        let large = |map: &Tensor| map.f_upsample_bilinear2d(size, false, None, None);
        Ok(Self {
            mean: large(&self.mean)?,
            contrast: large(&self.contrast)?,
            colour: large(&self.colour)?,
            ambient: large(&self.ambient)?,
        })
    }
}

impl Evened {
    /// The gain of regions with that mean square (of luma: variance).
    fn gain(&self, square: &Tensor, style: &Tensor) -> Result<Tensor, TchError> {
        let [amount, wanted] = [0, 1].map(|index| style.f_narrow(1, self.number + index, 1));
        let found = (square.f_relu()? + 1e-6).f_sqrt()?;
        let apart = wanted? + self.wanted.ln() - found.f_log()?;
        let gain = apart.f_mul(&amount?.f_sigmoid()?)?.f_exp()?.f_clamp(self.gains.0, self.gains.1)?;
        grown_by(&gain, &(found / NONE - 1.0).f_clamp(0.0, 1.0)?)
    }
}

/// `gain`, of what is above 1 only the `share`.
fn grown_by(gain: &Tensor, share: &Tensor) -> Result<Tensor, TchError> {
    let growth = (gain - 1.0).f_relu()?;
    Ok(gain - &growth + growth.f_mul(share)?)
}

/// Means of [`SIDE`] x [`SIDE`] places, borders repeated, of means.
fn spread(maps: &Tensor) -> Result<Tensor, TchError> {
    (0..2).try_fold(maps.shallow_clone(), |maps, _| {
        let maps = maps.f_replication_pad2d([SIDE / 2; 4])?;
        let rows = maps.f_avg_pool2d([1, SIDE], [1, 1], [0, 0], false, true, None)?;
        rows.f_avg_pool2d([SIDE, 1], [1, 1], [0, 0], false, true, None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

    /// Half way to what is wanted, without ambient light.
    fn half(luma: &Tensor, colour: &Tensor) -> Regions {
        Regions::of(luma, colour, &luma.zeros_like(), &Tensor::zeros([1, NUMBERS, 1, 1], OPTIONS)).unwrap()
    }

    /// The same of even luma.
    fn regions(luma: f64, colour: &Tensor) -> Regions {
        half(&Tensor::full([1, 1, colour.size()[2], colour.size()[3]], luma, OPTIONS), colour)
    }

    fn stripes(deviation: f64) -> Tensor {
        let signs = Tensor::arange(64, OPTIONS).floor_divide_scalar(2).remainder(2.0) * 2.0 - 1.0;
        (signs * deviation + 0.425).expand([1, 1, 64, 64], false)
    }

    fn even(colour: f64) -> Tensor {
        Tensor::full([1, 3, 64, 64], colour, OPTIONS)
    }

    #[test]
    fn what_is_dull_gains_and_what_is_harsh_loses_a_little() {
        for (deviation, wanted) in [(0.12, (0.16_f64 / 0.12).sqrt()), (0.2, 0.8_f64.sqrt()), (0.35, 0.8), (0.02, 1.0)] {
            // Where no border, repeated, has its say.
            let found = half(&stripes(deviation), &even(0.1)).contrast.narrow(3, 28, 8);
            assert!((&found - wanted).abs().max().double_value(&[]) < 1e-2, "{deviation}: {found:?}");
        }
    }

    #[test]
    fn what_is_pale_gains_and_what_is_garish_loses() {
        for (colour, wanted) in [(0.07, (0.1_f64 / 0.07).sqrt()), (0.18, (0.1_f64 / 0.18).sqrt())] {
            let found = regions(0.425, &even(colour)).colour;
            assert!((&found - wanted).abs().max().double_value(&[]) < 1e-2, "{colour}: {found:?}");
        }
    }

    #[test]
    fn what_is_grey_dark_or_bright_stays_so() {
        // A grey wall, black, and white.
        for (luma, colour) in [(0.425, 0.02), (0.0, 0.05), (1.0, 0.05)] {
            let gain = regions(luma, &even(colour)).colour;
            assert!((gain - 1.0).abs().max().double_value(&[]) < 1e-4, "{luma} {colour}");
        }
        // Grey paper, on which lies something red.
        let gain = regions(0.425, &Tensor::cat(&[even(0.0), even(0.1)], 3)).colour;
        assert!(gain.narrow(3, 0, 62).max().double_value(&[]) < 1.0 + 1e-2);
        assert!(gain.narrow(3, 66, 2).min().double_value(&[]) > 1.05);
    }

    #[test]
    fn gains_follow_no_edge() {
        // What is harsh and garish beside what is dull and pale, places of four pixels.
        let luma = Tensor::cat(&[stripes(0.3), stripes(0.1)], 3);
        let Regions { contrast, colour, .. } = half(&luma, &Tensor::cat(&[even(0.3), even(0.07)], 3));
        for gain in [contrast, colour] {
            let step = (gain.narrow(3, 1, 127) - gain.narrow(3, 0, 127)).abs().max().double_value(&[]);
            assert!(step < 0.05, "{step}");
        }
    }

    #[test]
    fn what_lies_together_is_seen_in_one_light() {
        let style = Tensor::from_slice(&[-9.0_f32, 0.0, -9.0, 0.0, 0.5]).view([1, NUMBERS, 1, 1]);
        let red = Tensor::from_slice(&[0.2_f32, -0.05, -0.05]).view([1, 3, 1, 1]).repeat([1, 1, 64, 64]);
        let both = Tensor::cat(&[&red, &red.zeros_like()], 3);
        let luma = Tensor::full([1, 1, 64, 128], 0.5, OPTIONS);
        let seen = |skin: f64| {
            let regions = Regions::of(&luma, &both, &(luma.ones_like() * skin), &style).unwrap();
            regions.even(&luma, &both).unwrap().1
        };
        let found = seen(0.0);
        let level = |x: i64| found.double_value(&[0, 0, 32, x]);
        // All red: 1 less 0.2 of its own, and 0.5 of the same about it.
        assert!((level(0) - 0.2 * 1.3).abs() < 0.01, "{}", level(0));
        assert!(level(66) > 0.03 && level(127) < 0.2 * level(66), "{} {}", level(66), level(127));
        let skin = seen(1.0).narrow(3, 64, 64).abs().max().double_value(&[]);
        assert!(skin < 1e-6, "{skin}");
    }
}
