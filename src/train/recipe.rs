//! One step of training: the losses, their weights and their schedule.

use super::dataset::{Crops, Dataset};
use super::look::{self, Drawn, Look, NAMED};
use super::perceptual::Features;
use super::state::State;
use super::style::{self, VIEWS};
use super::{TrainOptions, discriminator, loss};
use crate::stylize::{Modulation, Network, Page};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use tch::{Kind, TchError, Tensor};

/// Crops in looks of the teacher in the warm-up, for each of the batch; after it there are as many as of panels.
const WARM_UP: usize = 2;
/// Reference pictures that a look is known by.
const REFERENCES: i64 = 2;
/// How slowly the averaged weights follow.
const AVERAGE: f64 = 0.998;

/// Losses of a step by name, for the log.
#[derive(Default)]
pub struct Losses(Vec<(&'static str, Tensor)>);

impl Losses {
    fn note(&mut self, name: &'static str, value: &Tensor) {
        self.0.push((name, value.detach()));
    }

    /// Their means, which the device hands over at once.
    ///
    /// # Errors
    /// libtorch's.
    pub fn read(&self) -> Result<BTreeMap<&'static str, f64>, TchError> {
        let values = self.0.iter().map(|(_, value)| value.f_mean(Kind::Float)).collect::<Result<Vec<_>, _>>()?;
        let values = Vec::<f32>::try_from(Tensor::f_stack(&values, 0)?)?;
        Ok(self.0.iter().zip(values).map(|((name, _), value)| (*name, f64::from(value))).collect())
    }
}

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
    let mut losses = Losses::default();
    let network = Network::from_tensors(&state.generator.parameters)?;
    let warm = state.warm;
    // Once real panels are known, the teacher's idea of them teaches nothing.
    let (count, panels) =
        if progress < warm { (WARM_UP * options.batch, Some(state.panels()?)) } else { (options.batch, None) };
    let looks: Vec<Look> = (0..count).map(|_| any_look(panels, &mut rng)).collect();
    let taught = taught(&network, dataset, &looks, &mut rng, options, &mut losses)?;
    let (total, rate) = if progress < warm {
        (taught, 2e-3 * (1.0 - 0.8 * progress / warm))
    } else {
        let phase = (progress - warm) / (1.0 - warm);
        let played = played(state, &network, features, dataset, phase, &mut rng, options, &mut losses)?;
        (taught + played, 4e-4 * (1.0 - 0.85 * phase))
    };
    losses.note("total", &total);
    state.generator.descend(&total, rate, 1.0)?;
    state.step += 1;
    state.follow(AVERAGE)?;
    Ok(losses)
}

/// That of the panels most often, else one that the program has by name, or any.
fn any_look(panels: Option<Look>, rng: &mut StdRng) -> Look {
    match (rng.random_range(0..10), panels) {
        (0..3, Some(panels)) => panels,
        (0..6, _) => NAMED[rng.random_range(1..NAMED.len())].1,
        _ => Look::random(rng),
    }
}

/// The teacher's side: in each look, known by drawings of other photos, the network must draw as the teacher does.
/// It knows no strokes.
fn taught(
    network: &Network,
    dataset: &Dataset,
    looks: &[Look],
    rng: &mut StdRng,
    options: &TrainOptions,
    losses: &mut Losses,
) -> Result<Tensor, TchError> {
    let crops = dataset.photos(looks.len(), rng)?;
    let wanted = look::draw(looks, &crops.photo, &crops.paint, &crops.ink)?;
    let mut codes = Tensor::f_zeros([0], (Kind::Float, options.device))?;
    for turn in 0..REFERENCES {
        let others = dataset.photos(looks.len(), rng)?;
        let reference = look::draw(looks, &others.photo, &others.paint, &others.ink)?.picture;
        let code = network.encode(&reference)?;
        codes = if turn == 0 { code } else { codes + code };
    }
    let codes = codes / REFERENCES as f64;
    let photo = grainy(&crops.photo, dataset, rng)?;
    let modulation = network.modulation(&codes)?;
    let sheet = network.sheet(&photo, &blank(&photo)?, &modulation)?;
    let output = sheet.inked()?;
    let pixels = loss::paint(&output, &wanted.picture, &wanted.cover)?;
    let lines = loss::gradient(&output, &wanted.picture)?;
    let cover = loss::paint(&sheet.cover, &wanted.cover, &wanted.cover)?;
    // Of a look without lines the ink's colour is unknown, and nobody sees it.
    let inked = wanted.cover.f_mean_dim([1_i64, 2, 3].as_slice(), true, Kind::Float)?.f_clamp(0.0, 0.1)? * 10.0;
    let ink = ((sheet.ink - &wanted.ink).f_abs()? * inked).f_mean(Kind::Float)?;
    let strokes = modulation.strokes().f_mean(Kind::Float)?;
    for (name, value) in
        [("pixels", &pixels), ("lines", &lines), ("cover", &cover), ("ink", &ink), ("strokes", &strokes)]
    {
        losses.note(name, value);
    }
    Ok(pixels + lines * 0.7 + cover * 0.5 + ink * 0.3 + strokes * 2.0 + codes.f_square()?.f_mean(Kind::Float)? * 1e-3)
}

/// The game: in the style of panels, known by the panels themselves, the drawings must look like panels to the
/// discriminator and in perceptual features, with the teacher's drawing as an anchor.
#[expect(clippy::too_many_arguments, reason = "all that a step knows")]
fn played(
    state: &mut State,
    network: &Network,
    features: &Features,
    dataset: &Dataset,
    phase: f64,
    rng: &mut StdRng,
    options: &TrainOptions,
    losses: &mut Losses,
) -> Result<Tensor, TchError> {
    let comic = dataset.comics(options.batch, rng)?;
    let Crops { photo, paint, ink: lines } = dataset.photos(options.batch, rng)?;
    let looks = vec![state.panels()?; options.batch];
    let Drawn { picture: teacher, cover, ink } = look::draw(&looks, &photo, &paint, &lines)?;
    let photo = grainy(&photo, dataset, rng)?;
    // A panel's own style is one of its kind: half of it, and half of the mean of all.
    let codes = network.encode(&comic)?;
    let codes = (&codes + codes.f_mean_dim([0_i64].as_slice(), true, Kind::Float)?) * 0.5;
    let modulation = network.modulation(&codes)?;
    // The teacher knows nothing of regions: its drawing is evened out as the network does, and holds the rest.
    let teacher = network.evened(&teacher, &modulation)?.f_detach()?;
    let sheet = network.sheet(&photo, &blank(&photo)?, &modulation)?;
    let output = sheet.inked()?;
    // Every other step: the critic learns faster than the generator, and costs as much.
    if state.step.is_multiple_of(2) {
        losses.note("critic", &criticise(state, &comic, &output.f_detach()?, phase)?);
    }
    let judged = judge(state, &output)?;
    // Every other step as it is.
    let view = if state.step.is_multiple_of(2) { 0 } else { rng.random_range(1..VIEWS.len()) };
    let seen_by = |picture: &Tensor| features.maps(&VIEWS[view].of(picture)?);
    let maps = seen_by(&output)?;
    let (wanted, comic_maps) = {
        let _guard = tch::no_grad_guard();
        (seen_by(&photo)?, seen_by(&comic)?)
    };
    let parts = [
        ("adversary", judged, 0.25 * (phase * 10.0).min(1.0)),
        ("style", crowd(&mut state.seen, view, &maps, &comic_maps)?, 4.0 * (phase * 10.0).min(1.0)),
        ("content", loss::content(&maps[3], &wanted[3])?, 0.1),
        ("paint", loss::paint(&output, &teacher, &cover)?, 2.5),
        ("edges", loss::gradient(&output, &teacher)?, 1.5),
        ("colour", loss::colour(&output, &teacher)?, 8.0),
        // Ink is the first thing that style losses wipe away, since it is a small part of a panel and a large change of
        // a photo; it is also what makes a drawing of it.
        ("kept", loss::paint(&sheet.cover, &cover, &cover)?, 3.0),
        // It may be as light as the panels' but no more colourful: red lines in green light please the style loss.
        ("hue", loss::l1(&hue(&sheet.ink)?, &hue(&ink)?)?, 5.0),
        ("flat", loss::flatness(&output, &teacher)?, 4.0),
        ("calm", calm(network, &modulation, (&photo, &output), dataset, rng)?, 24.0),
        ("excess", loss::excess(&output)?, 5.0),
    ];
    let mut total = Tensor::f_zeros([1], (Kind::Float, options.device))?;
    for (name, value, weight) in &parts {
        losses.note(name, value);
        total += value * *weight;
    }
    total.f_squeeze()
}

/// What pictures are drawn on here: the strokes of a canvas are put on by hand. Left to the losses, they pile up beside edges
/// in strong colours, which perceptual features like and nobody else does.
fn blank(pictures: &Tensor) -> Result<Page, TchError> {
    let size = pictures.size();
    Page::blank([size[2], size[3]], pictures.device())
}

/// Colours less their mean of R', G' and B'.
fn hue(colour: &Tensor) -> Result<Tensor, TchError> {
    colour.f_sub(&colour.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?)
}

/// The photo with noise half the time: the teacher saw it without, and the network learns to ignore it.
fn grainy(photo: &Tensor, dataset: &Dataset, rng: &mut StdRng) -> Result<Tensor, TchError> {
    let grain = rng.random_range(-0.02..0.02_f64).max(0.0);
    Ok(photo + dataset.noise(photo, rng)? * grain)
}

/// What shimmers costs: noise must not show, and a shifted photo must give the shifted drawing. Half of the batch is drawn
/// a second time for it.
fn calm(
    network: &Network,
    modulation: &Modulation,
    (photo, output): (&Tensor, &Tensor),
    dataset: &Dataset,
    rng: &mut StdRng,
) -> Result<Tensor, TchError> {
    let (count, side) = (photo.size()[0] / 2, photo.size()[3] - 8);
    let (photo, output) = (photo.f_narrow(0, 0, count)?, output.f_narrow(0, 0, count)?);
    let modulation = modulation.first(count)?;
    let (dx, dy) = (rng.random_range(0..4_i64), rng.random_range(0..4_i64));
    let sigma = rng.random_range(0.0..0.03_f64);
    let cut = |x: &Tensor, by: (i64, i64)| x.f_narrow(3, by.0, side)?.f_narrow(2, by.1, side);
    let noisy = cut(&photo, (dx, dy))?;
    let noisy = &noisy + dataset.noise(&noisy, rng)? * sigma;
    let again = network.forward(&noisy, &blank(&noisy)?, &modulation)?;
    loss::l1(&again, &cut(&output, (dx, dy))?)
}

/// One step of the critic; answers its loss. Comics score high; drawings, and comics without their crisp edges (Chen et
/// al. 2018), low.
fn criticise(state: &mut State, comic: &Tensor, output: &Tensor, phase: f64) -> Result<Tensor, TchError> {
    let blurred = comic.f_replication_pad2d([2; 4])?.f_avg_pool2d([5, 5], [1, 1], [0, 0], false, true, None)?;
    let weights = discriminator::normalised(&state.critic.parameters, &mut state.vectors)?;
    let loss = loss::hinge(&discriminator::scores(&weights, comic)?, 1.0)?
        + loss::hinge(&discriminator::scores(&weights, output)?, -1.0)? * 0.6
        + loss::hinge(&discriminator::scores(&weights, &blurred)?, -1.0)? * 0.4;
    state.critic.descend(&loss, 5e-4 * (1.0 - 0.8 * phase), 10.0)?;
    Ok(loss)
}

/// The generator's side of the game.
fn judge(state: &State, output: &Tensor) -> Result<Tensor, TchError> {
    let frozen: Vec<Tensor> = state.critic.parameters.iter().map(Tensor::detach).collect();
    let mut vectors: Vec<Tensor> = state.vectors.iter().map(Tensor::shallow_clone).collect();
    let weights = discriminator::normalised(&frozen, &mut vectors)?;
    Ok(-discriminator::scores(&weights, output)?.f_mean(Kind::Float)?)
}

/// The style loss of the drawings with these maps, seen in that view; both crowds are remembered.
fn crowd(seen: &mut Vec<Tensor>, view: usize, maps: &[Tensor], comics: &[Tensor]) -> Result<Tensor, TchError> {
    let (now, comics) = (style::statistics(maps)?, style::statistics(comics)?);
    if seen.len() != 2 * VIEWS.len() {
        let nobody = || now.f_detach()?.f_narrow(0, 0, 0)?.f_detach_copy();
        *seen = (0..2 * VIEWS.len()).map(|_| nobody()).collect::<Result<_, _>>()?;
    }
    for (seen, new) in seen[2 * view..].iter_mut().zip([&comics, &now]) {
        *seen = style::remember(seen, &new.f_detach()?)?;
    }
    style::energy(&now, &seen[2 * view + 1], &seen[2 * view])
}
