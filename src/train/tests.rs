//! Training on a handful of generated pictures, with a tiny perceptual network of random weights.

use super::dataset::Dataset;
use super::fit::fit;
use super::perceptual::Features;
use super::state::State;
use super::{TrainOptions, data, recipe, run, style, teacher};
use crate::error::Error;
use crate::stylize;
use image::{Rgb, RgbImage};
use rand::RngExt;
use rand::rngs::StdRng;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// Height of the pictures.
const SIDE: u32 = 160;

/// `shape` numbers of mean 0 and deviation 1, nearly normal. libtorch's own generator is one for all tests that run at the
/// same time, so a seed of it promises nothing.
pub(super) fn normal(shape: [i64; 2], rng: &mut StdRng) -> Tensor {
    let one = |_| (0..12).map(|_| rng.random_range(0.0..1.0_f32)).sum::<f32>() - 6.0;
    let numbers: Vec<f32> = (0..shape[0] * shape[1]).map(one).collect();
    Tensor::from_slice(&numbers).view(shape)
}

/// A picture with a dark disc, a gradient and some texture, unlike the others.
fn picture(number: u32) -> RgbImage {
    RgbImage::from_fn(SIDE + 8, SIDE, |x, y| {
        let (dx, dy) = (x.abs_diff(40 + number * 9), y.abs_diff(80));
        let disc = dx * dx + dy * dy < 900;
        let texture = (x * 31 + y * 17 + number).wrapping_mul(2_654_435_761) >> 27;
        if disc { Rgb([40, 20, 90]) } else { Rgb([(60 + x / 2) as u8, (150 + texture) as u8, (90 + y / 2) as u8]) }
    })
}

/// `count` pictures of each kind and the features, in `folder`.
fn options(folder: &Path, count: u32) -> TrainOptions {
    for kind in ["photos", "comics"] {
        std::fs::create_dir_all(folder.join(kind)).unwrap();
        for number in 0..count {
            picture(number).save(folder.join(kind).join(format!("{number}.png"))).unwrap();
        }
    }
    tch::manual_seed(9);
    let mut tensors = Vec::new();
    let mut layer = |name: &str, inputs: i64, outputs: i64, kernel: i64| {
        let weight = Tensor::randn([outputs, inputs, kernel, kernel], (Kind::Float, Device::Cpu)) * 0.3;
        tensors.push((format!("{name}.weight"), weight));
        tensors.push((format!("{name}.bias"), Tensor::zeros([outputs], (Kind::Float, Device::Cpu))));
    };
    layer("normalise", 3, 3, 1);
    let mut inputs = 3;
    for (block, layers) in [2, 2, 4, 1].into_iter().enumerate() {
        for number in 1..=layers {
            layer(&format!("conv{}_{number}", block + 1), inputs, 4, 3);
            inputs = 4;
        }
    }
    let features = folder.join("features.safetensors");
    Tensor::write_safetensors(&tensors, &features).unwrap();
    TrainOptions {
        photos: folder.join("photos"),
        comics: folder.join("comics"),
        features,
        out: folder.join("out.safetensors"),
        minutes: 1e-9,
        resume: false,
        from: None,
        crop: 96,
        batch: 2,
        seed: 4,
        device: Device::Cpu,
    }
}

#[test]
fn a_resumed_training_goes_on_as_if_never_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path(), 9);
    let features = Features::load(&options.features, options.device).unwrap();
    let dataset = Dataset::load(&options, &mut |_| ()).unwrap();
    let step = |state: &mut State, progress| {
        recipe::step(state, &features, &dataset, progress, &options).unwrap().read().unwrap()
    };
    let mut state = State::fresh(4, Device::Cpu).unwrap();
    let warm = step(&mut state, 0.1);
    assert!(!warm.contains_key("critic"));
    step(&mut state, 0.9);
    let checkpoint = folder.path().join("saved.checkpoint");
    state.save(&checkpoint).unwrap();
    let undisturbed = step(&mut state, 0.95);
    assert!(undisturbed.contains_key("critic") && undisturbed.values().all(|loss| loss.is_finite()));

    let mut resumed = State::fresh(77, Device::Cpu).unwrap();
    resumed.restore(&checkpoint, Device::Cpu).unwrap();
    assert_eq!(resumed.step, 2);
    let again = step(&mut resumed, 0.95);
    for (name, loss) in &undisturbed {
        assert!((loss - again[name]).abs() <= 1e-5 * loss.abs() + 1e-6, "{name}: {loss} {}", again[name]);
    }
}

#[test]
fn half_precision_sees_the_same_style() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path(), 1);
    let load = || Features::load(&options.features, options.device).unwrap();
    let picture = data::tensor(&picture(3), Device::Cpu).unwrap();
    let seen = |features: Features| style::statistics(&features.maps(&picture).unwrap()).unwrap();
    let (whole, half) = (seen(load()), seen(load().halved().unwrap()));
    assert_eq!(half.kind(), Kind::Float);
    let apart = ((&half - &whole).norm() / whole.norm()).double_value(&[]);
    assert!(apart > 0.0 && apart < 0.02, "{apart}");
}

#[test]
fn a_training_leaves_weights_checkpoint_log_and_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), 9);
    options.from = Some("comic".into());
    run(&options, &|| true, &mut |_| ()).unwrap();
    let (from, out) = (stylize::load("comic").unwrap(), stylize::load(options.out.to_str().unwrap()).unwrap());
    for ((a, b), (c, d)) in from.network.layers.iter().zip(&out.network.layers) {
        assert!(a.equal(c) && b.equal(d), "no step was done");
    }
    for extension in ["checkpoint", "jsonl", "png"] {
        assert!(options.out.with_extension(extension).is_file(), "{extension}");
    }
    options.resume = true;
    options.from = None;
    let mut told = Vec::new();
    run(&options, &|| true, &mut |text| told.push(text.to_owned())).unwrap();
    assert!(told.iter().any(|text| text.starts_with("going on after")), "{told:?}");
}

#[test]
fn what_cannot_be_trained_on_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path(), 3);
    let error = run(&options, &|| false, &mut |_| ()).unwrap_err();
    assert!(matches!(&error, Error::Training { reason } if reason.contains("holds 3")), "{error}");
    options.resume = true;
    assert!(matches!(run(&options, &|| false, &mut |_| ()), Err(Error::Open { .. })));
    options.features = folder.path().join("photos/0.png");
    assert!(matches!(run(&options, &|| false, &mut |_| ()), Err(Error::Weights { .. })));
}

#[test]
fn the_teacher_flattens_texture_and_finds_edges() {
    let photo = picture(0);
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let study = teacher::study(photo.as_raw(), width, height);
    let green = |rgb: &[u8], x: usize, y: usize| f64::from(rgb[(y * width + x) * 3 + 1]);
    let roughness = |rgb: &[u8]| (100..150).map(|x| (green(rgb, x, 20) - green(rgb, x + 1, 20)).abs()).sum::<f64>();
    assert!(roughness(&study.paint) < 0.3 * roughness(photo.as_raw()));
    // The disc's rim, 30 pixels left of its middle, holds fine and bold lines on the disc's side.
    for channel in 0..2 {
        let line = (8..16).map(|x| study.ink[(80 * width + x) * 3 + channel]).max().unwrap();
        assert!(f32::from(line) * teacher::INK_UNIT > 0.03, "{channel}: {line}");
        assert!(study.ink[(80 * width + 40) * 3 + channel] < 10);
    }
}

#[test]
fn a_fitted_look_is_no_further_from_the_panels() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path(), 9);
    let features = Features::load(&options.features, options.device).unwrap();
    let dataset = Dataset::load(&options, &mut |_| ()).unwrap();
    let tries = std::cell::Cell::new(0);
    let stop = || tries.replace(tries.get() + 1) >= 6;
    let (look, closed) = fit(&dataset, &features, &options, &stop).unwrap();
    assert!((0.0..=1.0).contains(&closed), "{closed}");
    tries.set(0);
    assert_eq!(fit(&dataset, &features, &options, &stop).unwrap().0, look);
}
