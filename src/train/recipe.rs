//! One step of training: the losses, their weights and their schedule.

use super::TrainOptions;
use super::data::CROP;
use super::dataset::Dataset;
use super::perceptual::Features;
use super::state::State;
use super::{discriminator, loss, style};
use crate::stylize::Network;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tch::{Kind, TchError, Tensor};

/// Crops a step: in the warm-up, and against the discriminator, where a crop costs five times as much.
const BATCH: [usize; 2] = [8, 4];
/// Crops of each batch that are drawn a second time, see [`calm`].
const CALM: i64 = 2;
/// Share of the time that goes to the warm-up.
const WARM: f64 = 0.15;
/// How slowly the averaged weights follow.
const AVERAGE: f64 = 0.998;

/// Mean losses of a step by name, for the log.
pub type Losses = std::collections::BTreeMap<&'static str, f64>;

/// One step of the generator, and of the discriminator once `progress` (0..=1 of the whole training) is past the warm-up.
///
/// # Errors
/// libtorch's.
pub fn step(
    state: &mut State,
    features: &Features,
    dataset: &Dataset,
    progress: f64,
    options: &TrainOptions,
) -> Result<Losses, TchError> {
    // Random numbers of its own for each step, so that a resumed run draws the same crops and the same noise.
    let mut rng = StdRng::seed_from_u64(options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ state.step);
    let count = if progress < WARM { BATCH[0] } else { BATCH[1] };
    let (photo, teacher) = dataset.photos(count, &mut rng, options.device)?;
    let mut losses = Losses::new();
    let network = Network::from_tensors(&state.generator.parameters)?;
    // The teacher drew the clean photo: what the network sees besides, it learns to ignore.
    let grain = rng.random_range(-0.02..0.02_f64).max(0.0);
    let photo = &photo + noise(&photo, &mut rng)? * grain;
    let (paint, ink) = network.layers_of(&photo)?;
    let output = network.inked(&paint, &ink)?;
    let pixels = loss::paint(&output, &teacher, &photo)?;
    let lines = loss::gradient(&output, &teacher)?;
    losses.insert("pixels", pixels.f_double_value(&[])?);
    losses.insert("lines", lines.f_double_value(&[])?);
    let (total, rate) = if progress < WARM {
        let rate = 2e-3 * (1.0 - 0.85 * progress / WARM);
        (pixels + lines * 0.7, rate)
    } else {
        let calm = calm(&network, &photo, &output, &mut rng)?;
        losses.insert("calm", calm.f_double_value(&[])?);
        let phase = (progress - WARM) / (1.0 - WARM);
        let comic = dataset.comics(count, &mut rng, options.device)?;
        // Every other step: the critic learns faster than the generator, and costs as much.
        if state.step.is_multiple_of(2) {
            losses.insert("critic", criticise(state, &comic, &output.f_detach()?, phase)?);
        }
        let judged = judge(state, &output)?;
        let maps = features.maps(&output)?;
        let (wanted, comic_maps) = {
            let _guard = tch::no_grad_guard();
            (features.maps(&photo)?, features.maps(&comic)?)
        };
        let content = loss::content(&maps[3], &wanted[3])?;
        let style = crowd(&mut state.seen, &maps, &comic_maps)?;
        let colour = loss::colour(&output, &teacher)?;
        let flat = loss::flatness(&output, &teacher)?;
        let kept = loss::l1(&ink, &warm_ink(state, &photo)?)?;
        let cells = loss::checkerboard(&output, &teacher)?;
        for (name, value) in [
            ("content", &content),
            ("style", &style),
            ("colour", &colour),
            ("flat", &flat),
            ("cells", &cells),
            ("ink", &kept),
            ("adversary", &judged),
        ] {
            losses.insert(name, value.f_double_value(&[])?);
        }
        let ramp = (phase * 10.0).min(1.0);
        let anchor = loss::l1(&output, &teacher)? * 0.4 + lines;
        let total = anchor
            + content * 0.1
            + style * ramp
            + colour * 3.0
            + kept * 6.0
            + flat
            + cells * 24.0
            + judged * (0.3 * ramp)
            + calm
            + loss::excess(&output)? * 5.0;
        (total, 4e-4 * (1.0 - 0.85 * phase))
    };
    losses.insert("total", total.f_double_value(&[])?);
    state.generator.descend(&total, rate, 1.0)?;
    state.step += 1;
    state.follow(AVERAGE)?;
    Ok(losses)
}

/// The ink that the generator laid at the end of the warm-up. Ink is the first thing that style losses wipe away, since
/// it is a small part of a panel and a large change of a photo; it is also what makes a drawing of it.
fn warm_ink(state: &mut State, photo: &Tensor) -> Result<Tensor, TchError> {
    let _guard = tch::no_grad_guard();
    if state.warm.is_empty() {
        state.warm = state.average.iter().map(Tensor::f_detach_copy).collect::<Result<_, _>>()?;
    }
    Ok(Network::from_tensors(&state.warm)?.layers_of(photo)?.1)
}

/// White noise of deviation 1 in the shape of `like`. libtorch's own generator is one for the whole process, and another on
/// each device.
fn noise(like: &Tensor, rng: &mut StdRng) -> Result<Tensor, TchError> {
    let reach = 3.0_f32.sqrt();
    let values: Vec<f32> = (0..like.numel()).map(|_| rng.random_range(-reach..reach)).collect();
    Tensor::f_from_slice(&values)?.f_view(like.size().as_slice())?.f_to_device(like.device())
}

/// What shimmers costs: noise must not show, and a shifted photo must give the shifted drawing.
fn calm(network: &Network, photo: &Tensor, output: &Tensor, rng: &mut StdRng) -> Result<Tensor, TchError> {
    let (photo, output) = (photo.f_narrow(0, 0, CALM)?, output.f_narrow(0, 0, CALM)?);
    let (dx, dy) = (rng.random_range(0..4_i64), rng.random_range(0..4_i64));
    let sigma = rng.random_range(0.0..0.03_f64);
    let side = i64::from(CROP) - 8;
    let cut = |x: &Tensor, by: (i64, i64)| x.f_narrow(3, by.0, side)?.f_narrow(2, by.1, side);
    let noisy = cut(&photo, (dx, dy))?;
    let noisy = &noisy + noise(&noisy, rng)? * sigma;
    let again = network.forward(&noisy)?;
    loss::l1(&again, &cut(&output, (dx, dy))?)
}

/// One step of the critic; answers its loss. Comics score high; drawings, and comics without their crisp edges (Chen et
/// al. 2018), low.
fn criticise(state: &mut State, comic: &Tensor, output: &Tensor, phase: f64) -> Result<f64, TchError> {
    let blurred = comic.f_replication_pad2d([2; 4])?.f_avg_pool2d([5, 5], [1, 1], [0, 0], false, true, None)?;
    let weights = discriminator::normalised(&state.critic.parameters, &mut state.vectors)?;
    let loss = loss::hinge(&discriminator::scores(&weights, comic)?, 1.0)?
        + loss::hinge(&discriminator::scores(&weights, output)?, -1.0)? * 0.6
        + loss::hinge(&discriminator::scores(&weights, &blurred)?, -1.0)? * 0.4;
    let value = loss.f_double_value(&[])?;
    state.critic.descend(&loss, 5e-4 * (1.0 - 0.8 * phase), 10.0)?;
    Ok(value)
}

/// The generator's side of the game.
fn judge(state: &State, output: &Tensor) -> Result<Tensor, TchError> {
    let frozen: Vec<Tensor> = state.critic.parameters.iter().map(Tensor::detach).collect();
    let mut vectors: Vec<Tensor> = state.vectors.iter().map(Tensor::shallow_clone).collect();
    let weights = discriminator::normalised(&frozen, &mut vectors)?;
    Ok(-discriminator::scores(&weights, output)?.f_mean(Kind::Float)?)
}

/// The style loss of the drawings with these maps; both crowds are remembered.
fn crowd(seen: &mut Vec<Tensor>, maps: &[Tensor], comics: &[Tensor]) -> Result<Tensor, TchError> {
    let (now, comics) = (style::statistics(maps)?, style::statistics(comics)?);
    let new = [comics, now.f_detach()?];
    if seen.is_empty() {
        *seen = new.into();
    } else {
        for (seen, new) in seen.iter_mut().zip(&new) {
            *seen = style::remember(seen, new)?;
        }
    }
    style::energy(&now, &seen[1], &seen[0])
}
