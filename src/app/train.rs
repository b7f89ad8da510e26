//! `comicvid train`.

use super::Outcome;
use super::interrupt::on_interrupt;
use super::progress::Voice;
use crate::cli;
use crate::error::Result;
use crate::pipeline::Stop;
use crate::train::{self, TrainOptions};

/// Trains until the time is over or Ctrl-C.
///
/// # Errors
/// See [`train::run`].
pub fn run(args: &cli::Train, voice: Voice) -> Result<Outcome> {
    let options = TrainOptions {
        photos: args.photos.clone(),
        comics: args.comics.clone(),
        features: args.features.clone(),
        out: args.out.clone(),
        minutes: args.minutes,
        resume: args.resume,
        seed: args.seed,
        device: tch::Device::Cpu,
    };
    let stop = Stop::default();
    on_interrupt(&stop, None);
    train::run::run(&options, &|| stop.requested(), &mut |text| voice.say(text))?;
    Ok(if stop.requested() { Outcome::Interrupted } else { Outcome::Done })
}
