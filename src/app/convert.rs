//! `comicvid IN OUT`: opens both ends, builds the stages between them, runs.

use super::engine::{Dividing, Engine};
use super::estimate::{Estimate, estimate};
use super::interrupt::{Unfinished, Writing, on_interrupt};
use super::job::{Input, Job};
use super::progress::{self, Voice};
use super::{Outcome, farm, resume};
use crate::av::pipe::{is_pipe, is_standard, seal};
use crate::cli;
use crate::error::{Error, Result};
use crate::frame::{Rational, Size};
use crate::pipeline::{Divisions, Meters, Pipeline, Report};
use crate::sink::{self, Output, Planned, Segments};
use crate::source::{DamageReport, Skip};
use crate::stage::FrameSource;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Moments that a film alone is tried out at.
const TRIALS: u32 = 3;

/// What was typed, checked: how one file after the other is drawn.
pub struct Conversion<'a> {
    args: &'a cli::Convert,
    job: Job<'a>,
    voice: Voice,
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
    /// What it will take, where that can be told.
    pub estimate: Option<Estimate>,
}

/// Both ends of a run.
struct Begun {
    source: Box<dyn FrameSource>,
    sink: Output,
    /// Frames that a run before has finished.
    done: u64,
    /// Where the sink wants segments.
    dividing: Option<Dividing>,
    /// Until the sink is finished.
    writing: Writing,
}

/// Draws `input` into `output`, or says what would be done.
///
/// # Errors
/// Whatever kept the output from being whole. After [`Error::Read`] it holds what could be read.
pub fn run(input: &Path, output: &Path, args: &cli::Convert, voice: Voice) -> Result<Outcome> {
    let conversion = Conversion::new(args, voice)?;
    if args.dry_run {
        conversion.plan(input, output, TRIALS)?.tell(input, output, voice);
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
        let job = Job::new(&args.film, args.overwrite)?;
        let unfinished = on_interrupt(&job.stop);
        Ok(Self { args, job, voice, unfinished })
    }

    /// Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.job.stop.requested()
    }

    /// Whether there is nothing to go on with, since the film is whole: it has its name only then. A kill right after that leaves
    /// segments that nobody needs.
    fn is_there_already(&self, output: &Path) -> bool {
        if self.args.overwrite {
            return false;
        }
        if self.args.resume && output.is_file() {
            Segments::sweep(output);
            return true;
        }
        !self.args.devices.is_empty() && Planned::sweep(output)
    }

    /// Draws `input` into `output`.
    ///
    /// # Errors
    /// Whatever kept the output from being whole. After [`Error::Read`] it holds what could be read.
    pub fn draw(&self, input: &Path, output: &Path) -> Result<Drawn> {
        let (start, voice) = (Instant::now(), self.voice);
        if self.args.resume && (is_pipe(input) || is_standard(output)) {
            return Err(Error::setting("resume", "what goes through a pipe cannot be gone on with"));
        }
        if self.is_there_already(output) {
            voice.say(&format!("{} is there already", output.display()));
            return Ok(Drawn { outcome: Outcome::Done, frames: 0, took: start.elapsed() });
        }
        let opened = self.job.open(input)?;
        if !self.args.devices.is_empty() && opened.divisible {
            return self.draw_on_devices(opened, input, output, start);
        }
        let (damage, info) = (opened.damage.clone(), opened.info.clone());
        let meters = Meters::default();
        let Some(Begun { source, sink, done, dividing, writing }) = self.begin(opened, input, output)? else {
            return Ok(Drawn { outcome: Outcome::Done, frames: 0, took: start.elapsed() });
        };
        let total = info.frame_count.map(|count| count.saturating_sub(done));
        let wanted = (sink.format, sink.color);
        let engine = Engine::new(&self.job.settings, &self.args.film.machine, &info, wanted, dividing.as_ref())?;
        let engine = engine.comparing(self.job.comparison, wanted);
        voice.say(&format!("{}: {} at {}, {}", input.display(), info.size, rate_text(info.frame_rate), sink.encoder));
        engine.introduce(voice);
        for note in &sink.notes {
            voice.warn(note);
        }
        let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink: sink.sink, first: done };
        let report = progress::watch(voice, total, &meters, || pipeline.run(&self.job.stop, &meters));
        drop(writing);
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

    fn draw_on_devices(&self, opened: Input, input: &Path, output: &Path, start: Instant) -> Result<Drawn> {
        let (job, voice, files) = (&self.job, self.voice, (input, output));
        let film = farm::draw_on_devices(opened, files, self.args, job, voice, &self.unfinished)?;
        let (frames, took) = (film.frames, start.elapsed());
        let interrupted = self.interrupted() && (!output.exists() || Segments::are_kept(output));
        if interrupted {
            voice.say("what is finished is kept: the same command goes on from there");
        } else {
            progress::finish(
                voice,
                &output.display().to_string(),
                &Report { read: frames, written: frames, dropped: 0 },
                &Meters::default(),
                took,
            );
        }
        match film.damage {
            Some(damage) => Err(Error::Read { path: input.into(), frames, source: damage.into() }),
            None if interrupted => Ok(Drawn { outcome: Outcome::Interrupted, frames, took }),
            None => Ok(Drawn { outcome: Outcome::Done, frames, took }),
        }
    }

    /// Opens the output, and skips of the input what was drawn before; nothing where no frame is missing.
    fn begin(&self, input: Input, path: &Path, output: &Path) -> Result<Option<Begun>> {
        let Input { source, page, options, divisible, .. } = input;
        if !self.args.resume || !divisible {
            let sink = sink::create(output, &page, &options)?;
            seal(path);
            let writing = self.unfinished.begin(sink::part_name(output));
            return Ok(Some(Begun { source, sink, done: 0, dividing: None, writing }));
        }
        let mut facts = resume::facts(path, &self.args.film, self.args.segment, &self.job.settings)?;
        if self.args.film.hardware {
            // What opened then may not open now, and segments of two encoders make no film.
            facts.insert("the encoder".to_owned(), sink::encoder_for(output, &page, &options)?);
        }
        let segments = Segments::open(output, &page, &options, &facts)?;
        let done = segments.frames();
        if done > 0 {
            self.voice.say(&format!("{}: {done} frames were drawn before", output.display()));
        }
        if segments.is_complete() {
            segments.join()?;
            return Ok(None);
        }
        let told = Divisions::default();
        let asked = told.clone();
        let source = Box::new(Skip::new(source, done - segments.warm_up(), options.cut_short.clone()));
        let sink = segments.into_output(Box::new(move |index| Some(asked.at(index)?.warm_up)))?;
        let dividing = Some(Dividing { limit: self.args.segment, first: done, told });
        Ok(Some(Begun { source, sink, done, dividing, writing: self.unfinished.begin(None) }))
    }

    /// What [`Conversion::draw`] would do, with an estimate from so many `trials`.
    ///
    /// # Errors
    /// An input that cannot be opened, an output that may not be written; whatever fails in drawing.
    pub fn plan(&self, input: &Path, output: &Path, trials: u32) -> Result<Plan> {
        let Input { info, page, options, .. } = self.job.open(input)?;
        let sink::Foretold { size, encoder } = sink::foretell(output, &page, &options)?;
        let piped = is_pipe(input) || is_standard(output);
        let estimate = match info.frame_count.filter(|frames| *frames > 1 && !piped) {
            Some(frames) => estimate(&self.job, &self.args.film.machine, (input, output), frames, trials)?,
            None => None,
        };
        Ok(Plan { frames: info.frame_count, rate: info.frame_rate, size, encoder, estimate })
    }

    fn judge(&self, input: &Path, damage: &DamageReport, report: &Report) -> Result<Outcome> {
        let damage = damage.get();
        if self.interrupted() {
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
            "estimated_seconds": self.estimate.map(|e| e.took.as_secs_f64()),
            "estimated_bytes": self.estimate.map(|e| e.bytes),
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
        write!(f, "{frames}, {} at {}, {}", self.size, rate_text(self.rate), self.encoder)?;
        match self.estimate {
            Some(Estimate { took, bytes }) => {
                write!(f, "; about {} and {}", progress::clock(took), HumanBytes(bytes))
            }
            None => Ok(()),
        }
    }
}

pub(super) fn rate_text(rate: Option<Rational>) -> String {
    let rounded = |r: f64| format!("{:.3}", r).trim_end_matches('0').trim_end_matches('.').to_owned();
    rate.map_or_else(|| "one picture".into(), |r| format!("{} fps", rounded(r.as_f64())))
}
