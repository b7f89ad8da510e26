//! `comicvid IN OUT`: opens both ends, builds the stages between them, runs.

use super::engine::{self, Engine};
use super::interrupt::{Unfinished, on_interrupt};
use super::progress::{self, Voice};
use super::{Outcome, quantity, resume};
use crate::cli;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{Rational, Size, StreamInfo};
use crate::pipeline::{Meters, Pipeline, Report, ShotStarts, Stop};
use crate::sink::{self, Output, Segments, SinkOptions};
use crate::source::{self, DamageReport, Deinterlace, HighRange, OpenOptions, Retime, Skip};
use crate::stage::FrameSource;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// What was typed, checked: how one file after the other is drawn.
pub struct Conversion<'a> {
    args: &'a cli::Convert,
    settings: Settings,
    part: OpenOptions,
    rate: Option<Rational>,
    voice: Voice,
    stop: Stop,
    unfinished: Unfinished,
}

/// What came of one file.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    /// Interrupted or not.
    pub outcome: Outcome,
    /// Frames in the output.
    pub frames: u64,
    /// From opening the input to closing the output.
    pub took: Duration,
}

/// What would come of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Frames of the output, where the input tells.
    pub frames: Option<u64>,
    /// Nominal frames a second.
    pub rate: Option<Rational>,
    /// Of the output.
    pub size: Size,
    /// FFmpeg's name of the encoder; of the file format for pictures.
    pub encoder: String,
}

/// An open input.
struct Input {
    source: Box<dyn FrameSource>,
    info: StreamInfo,
    options: SinkOptions,
    damage: DamageReport,
}

/// Both ends of a run.
struct Begun {
    source: Box<dyn FrameSource>,
    sink: Output,
    /// Frames that a run before has finished.
    done: u64,
    /// Where the sink wants to know of shots.
    shots: Option<ShotStarts>,
}

/// Draws `input` into `output`, or says what would be done.
///
/// # Errors
/// Whatever kept the output from being whole. After [`Error::Read`] it holds what could be read.
pub fn run(input: &Path, output: &Path, args: &cli::Convert, voice: Voice) -> Result<Outcome> {
    let conversion = Conversion::new(args, voice)?;
    if args.dry_run {
        conversion.plan(input, output)?.tell(input, output, voice);
        return Ok(Outcome::Done);
    }
    Ok(conversion.draw(input, output)?.outcome)
}

impl<'a> Conversion<'a> {
    /// From here on Ctrl-C ends the file that is being drawn; once a process.
    ///
    /// # Errors
    /// An unknown style or setting, a quantity that is none.
    pub fn new(args: &'a cli::Convert, voice: Voice) -> Result<Self> {
        let mut settings = engine::settings(&args.look)?;
        if args.drawing_only {
            settings.without_effects();
        }
        if args.show_motion {
            settings.show_motion();
        }
        let part = OpenOptions {
            start: args.start.as_deref().map(|t| quantity::time("start", t)).transpose()?,
            high_range: match args.hdr {
                cli::HighRange::Sdr => HighRange::ToneMap,
                cli::HighRange::Keep => HighRange::Keep,
            },
            deinterlace: match args.deinterlace {
                cli::Deinterlace::Auto => Deinterlace::Auto,
                cli::Deinterlace::Frame => Deinterlace::Frame,
                cli::Deinterlace::Field => Deinterlace::Field,
                cli::Deinterlace::Off => Deinterlace::Off,
            },
            length: args.length.as_deref().map(|t| quantity::time("length", t)).transpose()?,
            ..OpenOptions::default()
        };
        let rate = args.fps.as_deref().map(|r| quantity::rate("fps", r)).transpose()?;
        let stop = Stop::default();
        let unfinished = on_interrupt(&stop);
        Ok(Self { args, settings, part, rate, voice, stop, unfinished })
    }

    /// Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.stop.requested()
    }

    /// Draws `input` into `output`.
    ///
    /// # Errors
    /// Whatever kept the output from being whole. After [`Error::Read`] it holds what could be read.
    pub fn draw(&self, input: &Path, output: &Path) -> Result<Drawn> {
        let (start, voice) = (Instant::now(), self.voice);
        if self.args.resume && !self.args.overwrite && output.is_file() {
            // It has its name only when it is whole.
            voice.say(&format!("{} is there already", output.display()));
            return Ok(Drawn { outcome: Outcome::Done, frames: 0, took: start.elapsed() });
        }
        let opened = self.open(input)?;
        let (damage, info) = (opened.damage.clone(), opened.info.clone());
        let meters = Meters::default();
        let Some(Begun { source, sink, done, shots }) = self.begin(opened, input, output)? else {
            return Ok(Drawn { outcome: Outcome::Done, frames: 0, took: start.elapsed() });
        };
        let total = info.frame_count.map(|count| count.saturating_sub(done));
        let wanted = (sink.format, sink.color);
        let engine = Engine::new(&self.settings, &self.args.machine, &info, wanted, shots.as_ref())?;
        voice.say(&format!("{}: {} at {}, {}", input.display(), info.size, rate_text(info.frame_rate), sink.encoder));
        engine.introduce(voice);
        for note in &sink.notes {
            voice.warn(note);
        }
        let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink: sink.sink };
        let report = progress::watch(voice, total, &meters, || pipeline.run(&self.stop, &meters));
        self.unfinished.is(None);
        let (report, took) = (report?, start.elapsed());
        if self.interrupted() && self.args.resume && !output.exists() {
            voice.say(match Segments::are_kept(output) {
                true => "what is finished is kept: the same command goes on from there",
                false => "no segment was finished yet, so nothing is kept",
            });
        } else {
            progress::finish(voice, &output.display().to_string(), &report, &meters, took);
        }
        let outcome = self.judge(input, &damage, &report)?;
        Ok(Drawn { outcome, frames: report.written, took })
    }

    /// Opens the output, and skips of the input what was drawn before; nothing where no frame is missing.
    fn begin(&self, input: Input, path: &Path, output: &Path) -> Result<Option<Begun>> {
        let Input { source, info, options, .. } = input;
        if !self.args.resume || options.copy_from.is_none() {
            let sink = sink::create(output, &info, &options)?;
            self.unfinished.is(sink::part_name(output));
            return Ok(Some(Begun { source, sink, done: 0, shots: None }));
        }
        let segments = Segments::open(output, &info, &options, &resume::facts(path, self.args, &self.settings)?)?;
        let done = segments.frames();
        if done > 0 {
            self.voice.say(&format!("{}: {done} frames were drawn before", output.display()));
        }
        if segments.is_complete() {
            segments.join()?;
            return Ok(None);
        }
        let shots = ShotStarts::default();
        let asked = shots.clone();
        let sink = segments.into_output(self.args.segment, Box::new(move |index| asked.has(index)))?;
        let source = Box::new(Skip::new(source, done, self.stop.flag()));
        Ok(Some(Begun { source, sink, done, shots: Some(shots) }))
    }

    /// What [`Conversion::draw`] would do, as far as that can be known without drawing.
    ///
    /// # Errors
    /// An input that cannot be opened, an output that may not be written.
    pub fn plan(&self, input: &Path, output: &Path) -> Result<Plan> {
        let Input { info, options, .. } = self.open(input)?;
        let sink::Foretold { size, encoder } = sink::foretell(output, &info, &options)?;
        Ok(Plan { frames: info.frame_count, rate: info.frame_rate, size, encoder })
    }

    fn open(&self, input: &Path) -> Result<Input> {
        let opened = source::open(input, &self.part)?;
        let source: Box<dyn FrameSource> = match self.rate {
            Some(rate) => Box::new(Retime::new(opened.source, rate)?),
            None => opened.source,
        };
        let options = SinkOptions {
            overwrite: self.args.overwrite,
            encoder: self.args.encoder.clone(),
            quality: self.args.quality,
            encoder_options: self.args.encoder_option.clone(),
            copy_from: opened.cut.is_some().then(|| input.to_owned()),
            cut: opened.cut,
            stopped: Some(self.stop.flag()),
        };
        Ok(Input { info: source.info().clone(), source, options, damage: opened.damage })
    }

    fn judge(&self, input: &Path, damage: &DamageReport, report: &Report) -> Result<Outcome> {
        let damage = damage.get();
        if self.stop.requested() {
            Ok(Outcome::Interrupted)
        } else if damage.any() {
            Err(Error::Read { path: input.into(), frames: report.read, source: damage.to_string().into() })
        } else {
            Ok(Outcome::Done)
        }
    }
}

impl Plan {
    /// Says it on stdout.
    pub fn tell(&self, input: &Path, output: &Path, voice: Voice) {
        match voice {
            Voice::Json => progress::object(&self.json(input, output)),
            _ => progress::result(&format!("{} -> {}: {self}", input.display(), output.display())),
        }
    }

    fn json(&self, input: &Path, output: &Path) -> Value {
        let rate = self.rate.map(|r| format!("{}/{}", r.num, r.den));
        json!({
            "event": "plan", "input": input, "output": output, "replaces": output.exists(), "frames": self.frames,
            "rate": rate, "width": self.size.width, "height": self.size.height, "encoder": self.encoder,
        })
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let frames = match self.frames {
            Some(1) => "1 frame".to_owned(),
            Some(frames) => format!("{frames} frames"),
            None => "frames that it does not count".to_owned(),
        };
        write!(f, "{frames}, {} at {}, {}", self.size, rate_text(self.rate), self.encoder)
    }
}

fn rate_text(rate: Option<Rational>) -> String {
    let rounded = |r: f64| format!("{:.3}", r).trim_end_matches('0').trim_end_matches('.').to_owned();
    rate.map_or_else(|| "one picture".into(), |r| format!("{} fps", rounded(r.as_f64())))
}
