//! The style loss: how far the drawings, as a crowd, are from the comics, as a crowd.
//!
//! A picture's style is the mean and the deviation of each channel of its perceptual features (Huang and Belongie 2017).
//! Crowds of them are compared by their energy distance (Székely and Rizzo 2013), which is 0 only between equal
//! distributions and pulls from any distance, so that each drawing moves towards the comics without all becoming alike.
//! Asking each drawing for the mean of all comics instead makes every drawing grey and puts the same texture on all its
//! areas. Batches are small: the statistics of earlier steps stand in for a large one.
//!
//! What pleases one network in one view alone (rims of colour along edges, a weave of dots) is no style: the crowds are
//! compared in several [`VIEWS`].

use tch::{Kind, TchError, Tensor};

/// How pictures are shown to the perceptual network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The channels in another order.
    order: [i64; 3],
    /// Sides over those of the picture.
    scale: f64,
}

/// The first is the picture as it is.
pub const VIEWS: [View; 4] = [
    View { order: [0, 1, 2], scale: 1.0 },
    View { order: [0, 1, 2], scale: 0.7 },
    View { order: [2, 1, 0], scale: 1.0 },
    View { order: [1, 2, 0], scale: 0.8 },
];

impl View {
    /// `picture` (N x 3 x H x W) in this view.
    ///
    /// # Errors
    /// libtorch's.
    pub fn of(&self, picture: &Tensor) -> Result<Tensor, TchError> {
        let channels = self.order.map(|channel| picture.f_narrow(1, channel, 1));
        let [a, b, c] = channels;
        let ordered = Tensor::f_cat(&[a?, b?, c?], 1)?;
        if self.scale >= 1.0 {
            return Ok(ordered);
        }
        let side = |dim: usize| (picture.size()[dim] as f64 * self.scale) as i64;
        ordered.f_internal_upsample_bilinear2d_aa([side(2), side(3)], false, None, None)
    }
}

/// Statistics that are remembered of either crowd.
const MEMORY: i64 = 384;
/// Statistics of either crowd below which there is none.
const CROWD: i64 = 48;

/// Means and deviations of each channel of feature maps (N x C x H x W each): N x 2 ΣC.
///
/// # Errors
/// libtorch's, as everywhere here.
pub fn statistics(maps: &[Tensor]) -> Result<Tensor, TchError> {
    let mut parts = Vec::new();
    for map in maps {
        let flat = map.f_flatten(2, -1)?;
        let mean = flat.f_mean_dim([2_i64].as_slice(), true, Kind::Float)?;
        let variance = (&flat - &mean).f_square()?.f_mean_dim([2_i64].as_slice(), false, Kind::Float)?;
        parts.push(mean.f_squeeze_dim(2)?);
        // Of an empty map the deviation has no slope.
        parts.push((variance + 1e-4).f_sqrt()?);
    }
    Tensor::f_cat(&parts, 1)
}

/// Puts `new` (N x D) before what is remembered, and forgets the oldest.
///
/// # Errors
/// libtorch's.
pub fn remember(seen: &Tensor, new: &Tensor) -> Result<Tensor, TchError> {
    let all = Tensor::f_cat(&[new, seen], 0)?;
    all.f_narrow(0, 0, all.size()[0].min(MEMORY))?.f_detach_copy()
}

/// What of the energy distance between `drawings` and `comics` (M x D) depends on `now` (N x D): the drawings of this step,
/// which are part of `drawings`. In deviations of the comics. 0 while there are too few of them.
///
/// # Errors
/// libtorch's.
pub fn energy(now: &Tensor, drawings: &Tensor, comics: &Tensor) -> Result<Tensor, TchError> {
    if comics.size()[0] < CROWD {
        return Tensor::f_zeros([], (Kind::Float, now.device()));
    }
    let scale = deviation(comics)?;
    Ok(apart(now, comics, &scale)? - apart(now, drawings, &scale)?)
}

/// The energy distance between crowds (N x D, M x D), 0 between equal ones. In deviations of the comics.
///
/// # Errors
/// libtorch's.
pub fn distance(drawings: &Tensor, comics: &Tensor) -> Result<f64, TchError> {
    let scale = deviation(comics)?;
    let within = |x: &Tensor| -> Result<Tensor, TchError> {
        let n = x.size()[0] as f64;
        // A picture is no neighbour of its own.
        Ok(apart(x, x, &scale)? * (n / (n - 1.0)))
    };
    let distance = apart(drawings, comics, &scale)? * 2.0 - within(drawings)? - within(comics)?;
    distance.f_double_value(&[])
}

fn deviation(comics: &Tensor) -> Result<Tensor, TchError> {
    (comics.f_var_dim([0_i64].as_slice(), false, true)? + 1e-6).f_sqrt()
}

/// Mean distance of pairs.
fn apart(a: &Tensor, b: &Tensor, scale: &Tensor) -> Result<Tensor, TchError> {
    let (a, b) = (a.f_div(scale)?, b.f_div(scale)?);
    let norm = |x: &Tensor| x.f_square()?.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float);
    let product = a.f_mm(&b.f_transpose(0, 1)?)?;
    let square = (norm(&a)? + norm(&b)?.f_transpose(0, 1)? - product * 2.0).f_relu()? / a.size()[1] as f64;
    // A root has no slope at 0, where a drawing meets itself.
    (square + 1e-6).f_sqrt()?.f_mean(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tests::normal;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use tch::Device;

    fn crowd(center: f64, count: i64, rng: &mut StdRng) -> Tensor {
        normal([count, 6], rng) * 0.5 + center
    }

    #[test]
    fn descending_brings_the_crowd_to_the_comics() {
        let mut rng = StdRng::seed_from_u64(1);
        let comics = crowd(1.0, 200, &mut rng);
        let mut drawings = crowd(0.0, 100, &mut rng).set_requires_grad(true);
        for _ in 0..300 {
            let seen = drawings.detach();
            let loss = energy(&drawings, &seen, &comics).unwrap();
            let gradient = Tensor::run_backward(&[loss], &[&drawings], false, false).remove(0);
            drawings = (seen - gradient * 20.0).set_requires_grad(true);
        }
        let (mean, deviation) = (drawings.mean(Kind::Float).double_value(&[]), drawings.std(true).double_value(&[]));
        assert!((mean - 1.0).abs() < 0.1, "{mean}");
        // A crowd, not one picture.
        assert!(deviation > 0.25, "{deviation}");
    }

    #[test]
    fn crowds_are_as_far_as_they_differ() {
        let mut rng = StdRng::seed_from_u64(4);
        let comics = crowd(0.0, 300, &mut rng);
        let mut far = |center| distance(&crowd(center, 300, &mut rng), &comics).unwrap();
        assert!(far(0.0).abs() < 0.02);
        assert!(far(0.5) > 0.1 && far(1.0) > 2.0 * far(0.5));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let old = Tensor::zeros([MEMORY, 2], (Kind::Float, Device::Cpu));
        let seen = remember(&old, &Tensor::ones([3, 2], (Kind::Float, Device::Cpu))).unwrap();
        assert_eq!(seen.size(), [MEMORY, 2]);
        assert_eq!(seen.sum(Kind::Float).double_value(&[]), 6.0);
    }
}
