//! How a style grades the low frequencies of a photo: an affine map of its colours, then a curve of its luma.
//!
//! The curve lifts shadows and middle tones: comics are lighter than photos, in their shadows most of all, where paint has a
//! colour of its own. Being one and the same for the whole picture, it makes no halo and does not pulse.
//!
//! A style that makes colours stronger leaves out those that hardly are: the cast of light on a white wall is no paint.

use tch::{Kind, TchError, Tensor};

/// Numbers of the curve: how far black is lifted, and middle tones.
pub(super) const CURVE: i64 = 2;
/// What a style lifts them by when it says 1, in luma.
const LIFT: f64 = 0.1;

/// Distance from the grey of the same luma (R'G'B' in 0..=1) up to which no colour grows, and over how much more it comes to
/// grow as much as its style says.
const CAST: f64 = 0.03;
const MORE: f64 = 0.07;

/// For each of N pictures.
#[derive(Debug)]
pub(super) struct Grade {
    /// N x 3 x 3.
    pub matrix: Tensor,
    /// N x 3 x 1.
    pub offset: Tensor,
    /// N x [`CURVE`] x 1 x 1.
    pub curve: Tensor,
}

impl Grade {
    /// Graded R'G'B' (N x 3 x h x w), of `rgb` of this `luma` (N x 1 x h x w), before the curve.
    ///
    /// # Errors
    /// libtorch's.
    pub fn colours(&self, rgb: &Tensor, luma: &Tensor) -> Result<Tensor, TchError> {
        let own = rgb - luma;
        let graded = self.matrix.f_matmul(&own.f_flatten(2, 3)?)?.f_view_as(rgb)?;
        let strength = |colour: &Tensor| {
            let squares = colour.f_square()?.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?;
            // Of grey there is no slope.
            (squares + 1e-8).f_sqrt()
        };
        let (before, after) = (strength(&own)?, strength(&graded)?);
        let growing = ((&before - CAST) / MORE).f_clamp(0.0, 1.0)?;
        let most = &before + (&after - &before).f_mul(&growing)?;
        let graded = graded.f_mul(&most.f_div(&after)?.f_clamp_max(1.0)?)?;
        let grey = self.matrix.f_sum_dim_intlist([2_i64].as_slice(), true, Kind::Float)?.f_unsqueeze(3)?;
        Ok(graded + grey.f_mul(luma)? + self.offset.f_unsqueeze(3)?)
    }

    /// `luma` (N x 1 x h x w) along the curve x + (1 - x)^2 (black + 6.75 middle x), whose second part is `middle` at a third
    /// and nothing for black and white.
    ///
    /// # Errors
    /// libtorch's.
    pub fn curved(&self, luma: &Tensor) -> Result<Tensor, TchError> {
        let [black, middle] = [0, 1].map(|number| self.curve.f_narrow(1, number, 1));
        let clamped = luma.f_clamp(0.0, 1.0)?;
        let lift = (clamped.f_mul(&middle?)? * 6.75 + black?).f_mul(&(clamped - 1.0).f_square()?)?;
        Ok(luma + lift * LIFT)
    }

    /// With each tensor changed.
    ///
    /// # Errors
    /// Those of `change`.
    pub fn each(&self, change: impl Fn(&Tensor) -> Result<Tensor, TchError>) -> Result<Self, TchError> {
        Ok(Self { matrix: change(&self.matrix)?, offset: change(&self.offset)?, curve: change(&self.curve)? })
    }

    /// What the matrix makes of colours, whose luma it leaves as it is: N x 3 x 3, of `chroma` (3 x 3), which takes luma off.
    ///
    /// # Errors
    /// libtorch's.
    pub fn tones(&self, chroma: &Tensor) -> Result<Tensor, TchError> {
        chroma.f_matmul(&self.matrix)?.f_matmul(chroma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn strong_colours_grow_and_casts_do_not() {
        let options = (Kind::Float, Device::Cpu);
        let tint = Tensor::from_slice(&[0.05_f32, 0.0, -0.05]).view([1, 3, 1]);
        let graded = |by: f64, strength: f64| {
            let grade = Grade {
                matrix: Tensor::eye(3, options).unsqueeze(0) * by,
                offset: &tint + 0.5 * (1.0 - by),
                curve: Tensor::zeros([1, CURVE, 1, 1], options),
            };
            let luma = Tensor::full([1, 1, 1, 1], 0.5, options);
            // Of length 1.
            let colour = Tensor::from_slice(&[0.8_f32, -0.6, 0.0]).view([1, 3, 1, 1]) * strength;
            let found = grade.colours(&(&luma + colour), &luma).unwrap() - luma - tint.unsqueeze(3);
            found.square().sum(Kind::Float).sqrt().double_value(&[])
        };
        for (by, before, after) in [(1.5, 0.02, 0.02), (1.5, 0.2, 0.3), (0.5, 0.02, 0.01), (0.0, 0.02, 0.0)] {
            let found = graded(by, before);
            assert!((found - after).abs() < 1e-3, "{by} {before}: {found}");
        }
        let between = graded(1.5, 0.065);
        assert!(between > 0.07 && between < 0.09, "{between}");
    }

    #[test]
    fn the_curve_lifts_what_it_says_and_keeps_order() {
        let options = (Kind::Float, Device::Cpu);
        let grade = Grade {
            matrix: Tensor::eye(3, options).unsqueeze(0),
            offset: Tensor::zeros([1, 3, 1], options),
            curve: Tensor::from_slice(&[0.6_f32, 0.7]).view([1, CURVE, 1, 1]),
        };
        let luma = Tensor::linspace(0.0, 1.2, 121, options).view([1, 1, 1, 121]);
        let curved = grade.curved(&luma).unwrap();
        let level = |x: i64| curved.double_value(&[0, 0, 0, x]);
        assert!((level(0) - 0.06).abs() < 1e-6 && (level(100) - 1.0).abs() < 1e-6, "{} {}", level(0), level(100));
        assert!((level(33) - 0.33 - 0.06 * 0.67_f64.powi(2) - 0.07).abs() < 1e-3, "{}", level(33));
        assert!((1..121).all(|x| level(x) > level(x - 1)));
    }
}
