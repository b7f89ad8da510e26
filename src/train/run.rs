//! The training loop: steps, and now and then a checkpoint, the weights so far and a sheet.

use super::codes::codes;
use super::dataset::Dataset;
use super::fit::fit;
use super::perceptual::Features;
use super::state::State;
use super::{TrainOptions, recipe, sheet};
use crate::error::{Error, Result};
use crate::stylize::{self, Weights};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tch::{Device, Kind, TchError, Tensor};

/// Time between checkpoints.
const SAVE_EVERY: Duration = Duration::from_secs(180);
/// Steps between lines of the log, and between lines of progress.
const LOG_EVERY: u64 = 20;
const TELL_EVERY: u64 = 200;

/// Trains until the time is over or `stop` says so. `tell` hears of the progress, a line at a time.
///
/// # Errors
/// [`Error::Training`] for folders with too few pictures, [`Error::Open`] and [`Error::Weights`] for files that cannot be
/// used, [`Error::Network`].
pub fn run(options: &TrainOptions, stop: &dyn Fn() -> bool, tell: &mut dyn FnMut(&str)) -> Result<()> {
    let mut features = Features::load(&options.features, options.device)?;
    if options.device.is_cuda() {
        // All steps have the same shapes, so that trying which convolution is fastest pays.
        tch::Cuda::cudnn_set_benchmark(true);
        features = features.halved().map_err(Error::network)?;
    }
    let mut state = State::fresh(options.seed, options.device).map_err(Error::network)?;
    if let Some(from) = &options.from {
        state.start_from(&stylize::load(from)?.network, options.device).map_err(Error::network)?;
    }
    if options.resume {
        state.restore(&options.out.with_extension("checkpoint"), options.device)?;
        tell(&format!("going on after {:.1} minutes, step {}", state.minutes, state.step));
    }
    let dataset = Dataset::load(options, tell)?;
    if state.look.is_empty() {
        fit_look(&mut state, &dataset, &features, options, stop, tell)?;
    }
    let log_path = options.out.with_extension("jsonl");
    let mut log = open_log(&log_path, options.resume)?;
    let (begun, before) = (Instant::now(), state.minutes);
    let mut saved = Instant::now();
    loop {
        state.minutes = before + begun.elapsed().as_secs_f64() / 60.0;
        let progress = state.minutes / options.minutes;
        let done = progress >= 1.0 || stop();
        if !done {
            let losses = recipe::step(&mut state, &features, &dataset, progress, options).map_err(Error::network)?;
            if state.step.is_multiple_of(LOG_EVERY) {
                let losses = serde_json::json!(losses.read().map_err(Error::network)?);
                let line = serde_json::json!({ "step": state.step, "minutes": state.minutes, "losses": losses });
                writeln!(log, "{line}").map_err(|e| Error::write(&log_path, e))?;
                if state.step.is_multiple_of(TELL_EVERY) {
                    let left = options.minutes - state.minutes;
                    tell(&format!("step {}, {:.1} minutes, {left:.1} to go: {losses}", state.step, state.minutes));
                }
            }
        }
        if done || saved.elapsed() > SAVE_EVERY {
            saved = Instant::now();
            state.save(&options.out.with_extension("checkpoint"))?;
            let weights = weights(&state, &dataset).map_err(Error::network)?;
            stylize::save(&weights, facts(&state, &dataset, options), &options.out)?;
            sheet::all_styles(&weights, &dataset.held_out, &options.out.with_extension("png"), options.device)?;
        }
        if done {
            return Ok(());
        }
    }
}

fn fit_look(
    state: &mut State,
    dataset: &Dataset,
    features: &Features,
    options: &TrainOptions,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&str),
) -> Result<()> {
    tell("fitting the teacher's look to the panels");
    let (look, closed) = fit(dataset, features, options, stop).map_err(Error::network)?;
    tell(&format!("{:.0} % nearer: {look:?}", closed * 100.0));
    state.look = vec![Tensor::f_from_slice(&look.numbers()).map_err(Error::network)?];
    Ok(())
}

fn weights(state: &State, dataset: &Dataset) -> Result<Weights, TchError> {
    let network = state.network()?;
    let codes = codes(state, &network, dataset)?;
    Ok(Weights { network: network.to(Device::Cpu, Kind::Float)?, codes })
}

fn open_log(path: &Path, resume: bool) -> Result<File> {
    let mut open = OpenOptions::new();
    let open = if resume { open.append(true) } else { open.write(true).truncate(true) };
    open.create(true).open(path).map_err(|e| Error::create(path, e))
}

/// What a weights file says of its making.
fn facts(state: &State, dataset: &Dataset, options: &TrainOptions) -> [(&'static str, String); 7] {
    [
        ("program", concat!("comicvid ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("command", std::env::args().collect::<Vec<_>>().join(" ")),
        ("data", dataset.to_string()),
        ("steps", state.step.to_string()),
        ("minutes", format!("{:.1}", state.minutes)),
        ("seed", options.seed.to_string()),
        ("device", format!("{:?}", options.device)),
    ]
}
