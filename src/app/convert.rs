//! `comicvid IN OUT`: opens both ends, builds the stages between them, runs.

use super::engine::{self, Engine};
use super::interrupt::on_interrupt;
use super::progress::{self, Voice};
use super::{Outcome, quantity};
use crate::cli::Convert;
use crate::error::{Error, Result};
use crate::pipeline::{Meters, Pipeline, Stop};
use crate::sink::{self, SinkOptions};
use crate::source::{self, OpenOptions, Retime};
use crate::stage::FrameSource;
use std::path::Path;
use std::time::Instant;

/// Draws `input` into `output`.
///
/// # Errors
/// Whatever kept the output from being whole. After [`Error::Read`] it holds what could be read.
pub fn run(input: &Path, output: &Path, args: &Convert, voice: Voice) -> Result<Outcome> {
    let start = Instant::now();
    let mut settings = engine::settings(&args.look)?;
    if args.drawing_only {
        settings.without_effects();
    }
    if args.show_motion {
        settings.show_motion();
    }
    let options = OpenOptions {
        start: args.start.as_deref().map(|t| quantity::time("start", t)).transpose()?,
        length: args.length.as_deref().map(|t| quantity::time("length", t)).transpose()?,
        ..OpenOptions::default()
    };
    let rate = args.fps.as_deref().map(|r| quantity::rate("fps", r)).transpose()?;

    let opened = source::open(input, &options)?;
    let source: Box<dyn FrameSource> = match rate {
        Some(rate) => Box::new(Retime::new(opened.source, rate)?),
        None => opened.source,
    };
    let info = source.info().clone();
    let (stop, meters) = (Stop::default(), Meters::default());
    let sink = sink::create(
        output,
        &info,
        &SinkOptions {
            overwrite: args.overwrite,
            encoder: args.encoder.clone(),
            quality: args.quality,
            encoder_options: args.encoder_option.clone(),
            copy_from: opened.cut.is_some().then(|| input.to_owned()),
            cut: opened.cut,
            stopped: Some(stop.flag()),
        },
    )?;
    on_interrupt(&stop, sink::part_name(output));

    let engine = Engine::new(&settings, &args.machine, &info, (sink.format, sink.color))?;
    voice.say(&format!("{}: {} at {}, {}", input.display(), info.size, rate_text(&info), sink.encoder));
    engine.introduce(voice);
    for note in &sink.notes {
        voice.warn(note);
    }
    let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink: sink.sink };
    let report = progress::watch(voice, info.frame_count, &meters, || pipeline.run(&stop, &meters))?;
    progress::finish(voice, &output.display().to_string(), &report, &meters, start.elapsed());

    let damage = opened.damage.get();
    if stop.requested() {
        Ok(Outcome::Interrupted)
    } else if damage.any() {
        Err(Error::Read { path: input.into(), frames: report.read, source: damage.to_string().into() })
    } else {
        Ok(Outcome::Done)
    }
}

fn rate_text(info: &crate::frame::StreamInfo) -> String {
    let rounded = |r: f64| format!("{:.3}", r).trim_end_matches('0').trim_end_matches('.').to_owned();
    info.frame_rate.map_or_else(|| "one picture".into(), |r| format!("{} fps", rounded(r.as_f64())))
}
