//! Fits the teacher's look to comics: a random search for the look whose drawings are, as a crowd, nearest to the panels.
//!
//! A (1+1) evolution strategy (Rechenberg 1973): all numbers of the look are moved at random, what is nearer is kept, and
//! the moves grow after a success and shrink after a failure. Distance is the energy distance of [`style`] statistics. The
//! search keeps to ranges in which a look is flat colour with ink: photos show other things than panels do, and without
//! ranges the nearest crowd are dull photos with hardly a line.

use super::TrainOptions;
use super::dataset::Dataset;
use super::look::{self, Look, NAMED, PARAMETERS};
use super::perceptual::Features;
use super::style;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tch::{TchError, Tensor};

/// Crops of either kind that are compared.
const CROPS: usize = 40;
const TRIES: usize = 160;

/// Lowest and highest of each number of a look.
const RANGES: [(f32, f32); PARAMETERS] = [
    (0.08, 0.2),
    (0.6, 0.9),
    (0.8, 1.0),
    (0.95, 1.2),
    (1.1, 1.35),
    (0.0, 0.0),
    (0.0, 0.07),
    (0.0, 0.06),
    (0.0, 0.1),
    (0.96, 1.0),
    (0.95, 1.0),
    (0.94, 1.0),
    (0.0, 0.06),
    (0.0, 0.3),
    (0.004, 0.009),
    (0.006, 0.016),
    (0.85, 1.0),
    (0.1, 0.2),
    (0.02, 0.14),
    (0.02, 0.09),
    (0.02, 0.09),
];

/// The look, and what share of the distance from the first look to the panels is closed. The best so far where `stop` says so.
///
/// # Errors
/// libtorch's.
pub fn fit(
    dataset: &Dataset,
    features: &Features,
    options: &TrainOptions,
    stop: &dyn Fn() -> bool,
) -> Result<(Look, f64), TchError> {
    let _guard = tch::no_grad_guard();
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut comics = Vec::new();
    for _ in 0..CROPS / 8 {
        comics.push(style::statistics(&features.maps(&dataset.comics(8, &mut rng)?)?)?);
    }
    let comics = Tensor::f_cat(&comics, 0)?;
    let photos = (0..CROPS / 8).map(|_| dataset.photos(8, &mut rng)).collect::<Result<Vec<_>, _>>()?;
    let distance = |look: &Look| -> Result<f64, TchError> {
        let mut drawn = Vec::new();
        for crops in &photos {
            let picture = look::draw(&[*look; 8], &crops.photo, &crops.paint, &crops.ink)?.picture;
            drawn.push(style::statistics(&features.maps(&picture)?)?);
        }
        style::distance(&Tensor::f_cat(&drawn, 0)?, &comics)
    };
    let mut best = NAMED[0].1;
    let first = distance(&best)?;
    let (mut least, mut reach) = (first, 0.15_f32);
    for _ in 0..TRIES {
        if stop() {
            break;
        }
        let mut numbers = best.numbers();
        for (number, (low, high)) in numbers.iter_mut().zip(RANGES) {
            *number = (*number + rng.random_range(-1.0..1.0_f32) * reach * (high - low)).clamp(low, high);
        }
        let tried = Look::from_numbers(&numbers);
        let now = distance(&tried)?;
        if now < least {
            (best, least) = (tried, now);
            reach = (reach * 1.6).min(0.5);
        } else {
            reach = (reach * 0.92).max(0.02);
        }
    }
    Ok((best, 1.0 - least / first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_begins_within_its_ranges() {
        for (number, (low, high)) in NAMED[0].1.numbers().into_iter().zip(RANGES) {
            assert!((low..=high).contains(&number), "{number} is not in {low}..={high}");
        }
    }
}
