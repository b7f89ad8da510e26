//! `comicvid train`.

use super::Outcome;
use super::interrupt::on_interrupt;
use super::progress::Voice;
use crate::cli;
use crate::error::Result;
use crate::pipeline::Stop;
use crate::stylize::Device;
use crate::train::{self, TrainOptions};

/// Trains until the time is over or Ctrl-C.
///
/// # Errors
/// See [`train::run`].
pub fn run(args: &cli::Train, voice: Voice) -> Result<Outcome> {
    let device = args.device.parse::<Device>()?.choose()?;
    voice.say(&format!("training on {}", device.name));
    if let Some(warning) = &device.warning {
        voice.say(warning);
    }
    if let Some(threads) = args.threads {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }
    let options = TrainOptions {
        photos: args.photos.clone(),
        comics: args.comics.clone(),
        features: args.features.clone(),
        out: args.out.clone(),
        minutes: args.minutes,
        resume: args.resume,
        from: args.from.clone(),
        crop: args.crop,
        batch: args.batch as usize,
        seed: args.seed,
        device: device.device,
    };
    let stop = Stop::default();
    on_interrupt(&stop);
    train::run(&options, &|| stop.requested(), &mut |text| voice.say(text))?;
    Ok(if stop.requested() { Outcome::Interrupted } else { Outcome::Done })
}
