//! The training loop: warm-up on the classical teacher, then the adversary with the teacher's lines as an anchor.

use super::adam::Adam;
use super::data::{self, CROP, Picture, Place};
use super::perceptual::Features;
use super::{TrainOptions, discriminator, loss};
use crate::error::{Error, Result};
use crate::stylize::{LAYERS, Network};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::{Device, Kind, TchError, Tensor};

const BATCH: usize = 8;
/// Share of the time that goes to the warm-up.
const WARM: f64 = 0.6;
/// How slowly the averaged weights follow.
const AVERAGE: f64 = 0.998;

struct Pair {
    photo: Picture,
    drawing: Picture,
}

/// Everything that changes while training.
pub struct State {
    generator: Adam,
    critic: Adam,
    vectors: Vec<Tensor>,
    average: Vec<Tensor>,
    grams: Vec<Tensor>,
    step: u64,
    /// Minutes trained so far, over all runs.
    minutes: f64,
}

/// Trains. See [`TrainOptions`].
///
/// # Errors
/// Folders without enough pictures, files that cannot be written, libtorch's.
pub fn run(options: &TrainOptions, stop: &dyn Fn() -> bool, tell: &mut dyn FnMut(&str)) -> Result<()> {
    let device = options.device;
    let (photos, held) = load_photos(options, tell)?;
    let comics = load_comics(options)?;
    tell(&format!("{} photos, {} held out for the sheets, {} comic panels", photos.len(), held.len(), comics.len()));
    let features = Features::load(&options.features, device)?;
    let mut state = start(options).map_err(Error::network)?;
    let log_path = options.out.with_extension("jsonl");
    let mut log = std::fs::OpenOptions::new()
        .create(true)
        .append(options.resume)
        .write(true)
        .truncate(!options.resume)
        .open(&log_path)
        .map_err(|e| Error::create(&log_path, e))?;
    let begun = Instant::now();
    let before = state.minutes;
    let mut saved = Instant::now();
    loop {
        state.minutes = before + begun.elapsed().as_secs_f64() / 60.0;
        let progress = (state.minutes / options.minutes).min(1.0);
        let done = progress >= 1.0 || stop();
        if !done {
            let losses = step(&mut state, &features, &photos, &comics, progress, options).map_err(Error::network)?;
            if state.step % 20 == 0 {
                let line = serde_json::json!({ "step": state.step, "minutes": state.minutes, "losses": losses });
                writeln!(log, "{line}").map_err(|e| Error::write(&log_path, e))?;
            }
            if state.step % 200 == 0 {
                tell(&format!("{:.1} min, step {}: {}", state.minutes, state.step, serde_json::json!(losses)));
            }
        }
        if done || saved.elapsed().as_secs() > 180 {
            saved = Instant::now();
            save(&state, options)?;
            sheet(&state, &held, &options.out.with_extension("png"), device)?;
        }
        if done {
            return Ok(());
        }
    }
}

type Losses = std::collections::BTreeMap<&'static str, f64>;

fn step(
    state: &mut State,
    features: &Features,
    pairs: &[Pair],
    comics: &[Picture],
    progress: f64,
    options: &TrainOptions,
) -> Result<Losses, TchError> {
    // A generator of its own for each step, so that a resumed run draws the same crops.
    let mut rng = StdRng::seed_from_u64(options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ state.step);
    let (photo, teacher) = photo_batch(pairs, &mut rng, options.device)?;
    let mut losses = Losses::new();
    let network = Network::from_tensors(&state.generator.parameters);
    // The teacher drew the clean photo: what the network sees besides, it learns to ignore.
    let grain = rng.random_range(-0.02..0.02_f64).max(0.0);
    let photo = &photo + photo.f_randn_like()? * grain;
    let output = network.forward(&photo)?;
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
        let comic = comic_batch(comics, &mut rng, options.device)?;
        losses.insert("critic", criticise(state, &comic, &output.f_detach()?, phase)?);
        let judged = judge(state, &output)?;
        let (maps, wanted, style_maps) = {
            let maps = features.maps(&output)?;
            let _guard = tch::no_grad_guard();
            (maps, features.maps(&photo)?, features.maps(&comic)?)
        };
        follow(&mut state.grams, &style_maps)?;
        let content = loss::content(&maps[3], &wanted[3])?;
        let mut style = Tensor::f_zeros([], (Kind::Float, options.device))?;
        for (map, wanted) in maps.iter().zip(&state.grams) {
            style = style + loss::style(&loss::gram(map)?, wanted)?;
        }
        let colour = loss::colour(&output, &teacher)?;
        let flat = loss::flatness(&output, &teacher)?;
        for (name, value) in
            [("content", &content), ("style", &style), ("colour", &colour), ("flat", &flat), ("adversary", &judged)]
        {
            losses.insert(name, value.f_double_value(&[])?);
        }
        let ramp = (phase * 20.0).min(1.0);
        let anchor = pixels * 0.4 + lines * 1.2;
        let total = anchor
            + content * 0.3
            + style * (0.35 * ramp)
            + colour * 6.0
            + flat * 0.5
            + judged * (0.25 * ramp)
            + calm * 0.6
            + loss::excess(&output)? * 5.0;
        (total, 3e-4 * (1.0 - 0.85 * phase))
    };
    losses.insert("total", total.f_double_value(&[])?);
    state.generator.descend(&total, rate, 1.0)?;
    state.step += 1;
    let _guard = tch::no_grad_guard();
    let keep = AVERAGE.min(state.step as f64 / (state.step as f64 + 10.0));
    for (mean, now) in state.average.iter_mut().zip(&state.generator.parameters) {
        *mean = &*mean * keep + now * (1.0 - keep);
    }
    Ok(losses)
}

/// What shimmers costs: noise must not show, and a shifted photo must give the shifted drawing.
fn calm(network: &Network, photo: &Tensor, output: &Tensor, rng: &mut StdRng) -> Result<Tensor, TchError> {
    let half = (BATCH / 4) as i64;
    let (photo, output) = (photo.f_narrow(0, 0, half)?, output.f_narrow(0, 0, half)?);
    let (dx, dy) = (rng.random_range(0..4_i64), rng.random_range(0..4_i64));
    let sigma = rng.random_range(0.0..0.03_f64);
    let side = i64::from(CROP) - 8;
    let cut = |x: &Tensor, by: (i64, i64)| x.f_narrow(3, by.0, side)?.f_narrow(2, by.1, side);
    let noisy = cut(&photo, (dx, dy))?;
    let noisy = &noisy + noisy.f_randn_like()? * sigma;
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
    state.critic.descend(&loss, 2e-4 * (1.0 - 0.8 * phase), 10.0)?;
    Ok(value)
}

/// The generator's side of the game.
fn judge(state: &State, output: &Tensor) -> Result<Tensor, TchError> {
    let frozen: Vec<Tensor> = state.critic.parameters.iter().map(Tensor::detach).collect();
    let mut vectors: Vec<Tensor> = state.vectors.iter().map(Tensor::shallow_clone).collect();
    let weights = discriminator::normalised(&frozen, &mut vectors)?;
    Ok(-discriminator::scores(&weights, output)?.f_mean(Kind::Float)?)
}

fn follow(grams: &mut Vec<Tensor>, maps: &[Tensor]) -> Result<(), TchError> {
    let now = maps.iter().map(loss::gram).collect::<Result<Vec<_>, _>>()?;
    if grams.is_empty() {
        *grams = now;
    } else {
        for (mean, now) in grams.iter_mut().zip(&now) {
            *mean = &*mean * 0.98 + now * 0.02;
        }
    }
    Ok(())
}

fn photo_batch(pairs: &[Pair], rng: &mut StdRng, device: Device) -> Result<(Tensor, Tensor), TchError> {
    let (mut photos, mut drawings) = (Vec::new(), Vec::new());
    for _ in 0..BATCH {
        let pair = &pairs[rng.random_range(0..pairs.len())];
        let place = Place::random(&pair.photo, rng);
        data::crop(&pair.photo, place, &mut photos);
        data::crop(&pair.drawing, place, &mut drawings);
    }
    Ok((data::batch(&photos, device)?, data::batch(&drawings, device)?))
}

fn comic_batch(comics: &[Picture], rng: &mut StdRng, device: Device) -> Result<Tensor, TchError> {
    let mut planes = Vec::new();
    let size = 3 * (CROP * CROP) as usize;
    let mut tries = 0;
    while planes.len() < BATCH * size {
        let comic = &comics[rng.random_range(0..comics.len())];
        data::crop(comic, Place::random(comic, rng), &mut planes);
        tries += 1;
        if tries < 200 && !data::is_drawing(&planes[planes.len() - size..]) {
            planes.truncate(planes.len() - size);
        }
    }
    data::batch(&planes, device)
}

fn load_photos(options: &TrainOptions, tell: &mut dyn FnMut(&str)) -> Result<(Vec<Pair>, Vec<Picture>)> {
    let files = data::files(&options.photos)?;
    tell(&format!("drawing the teacher's version of {} photos", files.len()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cache = options.out.with_extension("teacher");
    std::fs::create_dir_all(&cache).map_err(|e| Error::create(&cache, e))?;
    let (mut pairs, mut held) = (Vec::new(), Vec::new());
    let chunks: Vec<Result<Vec<(PathBuf, Pair)>>> = std::thread::scope(|s| {
        let workers: Vec<_> = (0..cores)
            .map(|w| {
                let (files, cache) = (&files, &cache);
                s.spawn(move || files.iter().skip(w).step_by(cores).map(|f| Ok((f.clone(), pair(f, cache)?))).collect())
            })
            .collect();
        workers.into_iter().map(|w| w.join().unwrap_or_else(|p| std::panic::resume_unwind(p))).collect()
    });
    let mut all = chunks.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect::<Vec<_>>();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    for (i, (_, pair)) in all.into_iter().enumerate() {
        if pair.photo.width < CROP || pair.photo.height < CROP {
            continue;
        }
        if i % 41 == 7 { held.push(pair.photo) } else { pairs.push(pair) }
    }
    if pairs.len() < 8 {
        let reason =
            format!("{} holds {} photos of {CROP} pixels or more; 8 are needed", options.photos.display(), pairs.len());
        return Err(Error::Training { reason });
    }
    Ok((pairs, held))
}

fn pair(file: &Path, cache: &Path) -> Result<Pair> {
    let photo = data::read(file)?;
    let name = cache.join(file.file_name().unwrap_or_default()).with_extension("png");
    let drawing = match data::read(&name) {
        Ok(cached) if (cached.width, cached.height) == (photo.width, photo.height) => cached,
        _ => {
            let drawing = data::draw(&photo);
            image::save_buffer(&name, &drawing.rgb, drawing.width, drawing.height, image::ExtendedColorType::Rgb8)
                .map_err(|e| Error::create(&name, e))?;
            drawing
        }
    };
    Ok(Pair { photo, drawing })
}

fn load_comics(options: &TrainOptions) -> Result<Vec<Picture>> {
    let read = data::files(&options.comics)?.iter().map(|f| data::read(f)).collect::<Result<Vec<_>>>()?;
    let large: Vec<Picture> = read.into_iter().filter(|p| p.width >= CROP && p.height >= CROP).collect();
    if large.len() < 8 {
        let reason =
            format!("{} holds {} panels of {CROP} pixels or more; 8 are needed", options.comics.display(), large.len());
        return Err(Error::Training { reason });
    }
    Ok(large)
}

fn start(options: &TrainOptions) -> Result<State, TchError> {
    tch::manual_seed(options.seed.cast_signed());
    let device = options.device;
    let generator = Adam::new(Network::fresh(device)?, (0.8, 0.99))?;
    let average = generator.parameters.iter().map(|p| p.detach().copy()).collect();
    let critic = Adam::new(discriminator::parameters(device)?, (0.5, 0.99))?;
    let mut state = State {
        generator,
        critic,
        vectors: discriminator::vectors(device)?,
        average,
        grams: vec![],
        step: 0,
        minutes: 0.0,
    };
    if options.resume {
        restore(&mut state, &options.out.with_extension("checkpoint"), device)?;
    }
    Ok(state)
}

fn entries(state: &State) -> Vec<(String, Tensor)> {
    let mut out = Vec::new();
    for (name, list) in [
        ("generator", &state.generator.parameters),
        ("generator.first", &state.generator.first),
        ("generator.second", &state.generator.second),
        ("critic", &state.critic.parameters),
        ("critic.first", &state.critic.first),
        ("critic.second", &state.critic.second),
        ("critic.vectors", &state.vectors),
        ("average", &state.average),
        ("grams", &state.grams),
    ] {
        out.extend(
            list.iter()
                .enumerate()
                .map(|(i, t)| (format!("{name}/{i:03}"), t.detach().to_device(Device::Cpu).contiguous())),
        );
    }
    let numbers = [state.step as f64, state.minutes, f64::from(state.generator.step), f64::from(state.critic.step)];
    out.push(("numbers".into(), Tensor::from_slice(&numbers)));
    out
}

fn restore(state: &mut State, path: &Path, device: Device) -> Result<(), TchError> {
    let mut read = Tensor::read_safetensors(path)?;
    read.sort_by(|a, b| a.0.cmp(&b.0));
    let list = |name: &str| -> Vec<Tensor> {
        let wanted = format!("{name}/");
        read.iter().filter(|(k, _)| k.starts_with(&wanted)).map(|(_, t)| t.to_device(device)).collect()
    };
    state.generator.parameters = list("generator").into_iter().map(|t| t.set_requires_grad(true)).collect();
    state.generator.first = list("generator.first");
    state.generator.second = list("generator.second");
    state.critic.parameters = list("critic").into_iter().map(|t| t.set_requires_grad(true)).collect();
    state.critic.first = list("critic.first");
    state.critic.second = list("critic.second");
    state.vectors = list("critic.vectors");
    state.average = list("average");
    state.grams = list("grams");
    let numbers = read.iter().find(|(k, _)| k == "numbers").map(|(_, t)| Vec::<f64>::try_from(t));
    if let Some(Ok(n)) = numbers {
        state.step = n[0] as u64;
        state.minutes = n[1];
        state.generator.step = n[2] as i32;
        state.critic.step = n[3] as i32;
    }
    Ok(())
}

fn save(state: &State, options: &TrainOptions) -> Result<()> {
    let path = options.out.with_extension("checkpoint");
    let part = path.with_extension("checkpoint.part");
    Tensor::write_safetensors(&entries(state), &part).map_err(Error::network)?;
    std::fs::rename(&part, &path).map_err(|e| Error::write(&path, e))?;
    let named: Vec<(String, Tensor)> = LAYERS
        .iter()
        .flat_map(|l| [format!("{}.weight", l.name), format!("{}.bias", l.name)])
        .zip(&state.average)
        .map(|(name, t)| (name, t.to_device(Device::Cpu).to_kind(Kind::Half).contiguous()))
        .collect();
    Tensor::write_safetensors(&named, &options.out).map_err(Error::network)
}

fn sheet(state: &State, held: &[Picture], path: &Path, device: Device) -> Result<()> {
    let network = Network::from_tensors(&state.average);
    let _guard = tch::no_grad_guard();
    let mut rows = Vec::new();
    for photo in held.iter().take(8) {
        rows.push(before_after(&network, photo, device).map_err(Error::network)?);
    }
    let width = rows.iter().map(image::RgbImage::width).max().unwrap_or(1);
    let height = rows.iter().map(image::RgbImage::height).sum::<u32>().max(1);
    let mut sheet = image::RgbImage::new(width, height);
    let mut y = 0;
    for row in &rows {
        image::imageops::replace(&mut sheet, row, 0, y);
        y += i64::from(row.height());
    }
    sheet.save(path).map_err(|e| Error::create(path, e))
}

fn before_after(network: &Network, photo: &Picture, device: Device) -> Result<image::RgbImage, TchError> {
    let (width, height) = (photo.width / 8 * 8, photo.height / 8 * 8);
    let bytes = Tensor::f_from_slice(&photo.rgb)?.f_view([1, i64::from(photo.height), i64::from(photo.width), 3])?;
    let input = bytes.f_narrow(1, 0, i64::from(height))?.f_narrow(2, 0, i64::from(width))?.f_permute([0, 3, 1, 2])?;
    let input = (input.to_kind(Kind::Float) / 255.0).f_contiguous()?.to_device(device);
    let both = Tensor::f_cat(&[&input, &network.forward(&input)?], 3)?;
    let bytes = (both.f_clamp(0.0, 1.0)? * 255.0).f_round()?.to_kind(Kind::Uint8).to_device(Device::Cpu);
    let bytes: Vec<u8> = Vec::try_from(bytes.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_view([-1])?)?;
    Ok(image::RgbImage::from_raw(width * 2, height, bytes).unwrap_or_default())
}
