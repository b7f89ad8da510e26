//! `comicvid plan`: decodes the film once and finds its cuts, with the eyes of a run: whatever that sees as the start of a
//! shot, this does.

use super::super::engine;
use super::super::interrupt::on_interrupt;
use super::super::job::{Input, Job};
use super::super::progress::{self, Voice};
use super::super::{Outcome, convert::rate_text};
use super::{absolute, facts};
use crate::cli;
use crate::error::{Error, Result};
use crate::frame::Mark;
use crate::pipeline::{Manner, Meters, Policy, Scout, Stage, link};
use crate::sink::{self, Facts, Plan, Planned, Stretch};
use serde_json::json;
use std::path::Path;
use std::thread;

/// Plans a film, and tells the plan.
///
/// # Errors
/// An input that cannot be read, an output that may not be written, another plan in the way.
pub fn run(args: &cli::Plan, voice: Voice) -> Result<Outcome> {
    let output = absolute(&args.output)?;
    let job = Job::new(&args.film, args.overwrite)?;
    if args.film.hardware {
        let reason = "segments are encoded alike on every machine: name an --encoder in place of --hardware";
        return Err(Error::Plan { path: output, reason: reason.into() });
    }
    let found = if args.overwrite { None } else { Planned::find(&output)? };
    if let Some(planned) = found {
        // A farm may ask again for what it has.
        planned.check(&facts(args, &job)?)?;
        tell(&planned, args, voice);
        return Ok(Outcome::Done);
    }
    on_interrupt(&job.stop);
    let input = job.open(&args.input)?;
    if !input.divisible {
        return Err(Error::Plan { path: output, reason: "a picture cannot be divided".into() });
    }
    let foretold = sink::foretell(&output, &input.page, &input.options)?;
    let (size, rate) = (input.info.size, rate_text(input.info.frame_rate));
    voice.say(&format!("{}: {size} at {rate}, {}", args.input.display(), foretold.encoder));
    let detail = args.film.machine.detail;
    let Some(mut plan) = look(input, detail, args.segment, &job, facts(args, &job)?, voice)? else {
        return Ok(Outcome::Interrupted);
    };
    plan.arguments = arguments()?;
    tell(&Planned::create(&output, plan, args.overwrite)?, args, voice);
    Ok(Outcome::Done)
}

/// Looks through a film and divides it; nothing where the job was stopped meanwhile. The plan has no command yet.
///
/// # Errors
/// An input that cannot be read.
pub(super) fn look(
    input: Input,
    detail: cli::Detail,
    segment: u64,
    job: &Job<'_>,
    facts: Facts,
    voice: Voice,
) -> Result<Option<Plan>> {
    let (damage, total) = (input.damage.clone(), input.info.frame_count);
    let folder = std::env::current_dir().map_err(|e| Error::create(Path::new("."), e))?;
    let mut plan = Plan::new(facts, Vec::new(), folder);
    let meters = Meters::default();
    plan.segments = progress::watch(voice, total, &meters, || divide(input, detail, segment, job, &meters))?;
    if job.stop.requested() {
        return Ok(None);
    }
    let damage = damage.get();
    plan.damage = damage.any().then(|| damage.to_string());
    if let Some(damage) = &plan.damage {
        voice.warn(damage);
    }
    Ok(Some(plan))
}

/// Finds where segments begin: reads on one thread, and looks on this one.
fn divide(input: Input, detail: cli::Detail, segment: u64, job: &Job<'_>, meters: &Meters) -> Result<Vec<Stretch>> {
    let mut scout = Scout::new(engine::detail(detail), Manner::from(&job.settings), segment);
    let (out, frames) = link(Policy::Wait { depth: 2 });
    let (mut source, mut reducer) = (input.source, scout.reducer());
    // The links are moved into their threads, so that neither waits for one that has panicked.
    thread::scope(move |scope| {
        let read = scope.spawn(move || {
            while !job.stop.requested() {
                let Some(frame) = source.next_frame()? else { break };
                let small = reducer.run(&frame.image);
                if out.send((frame, small)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut segments: Vec<Stretch> = Vec::new();
        let mut marks: Vec<Mark> = Vec::new();
        while let Some((frame, small)) = frames.recv() {
            let (stamp, mark) = (frame.stamp, Mark::of(&frame));
            marks.push(mark);
            match (segments.last_mut(), scout.look(&frame, &small)) {
                (Some(last), None) => last.frames += 1,
                (_, division) => {
                    let warm_up = division.map_or(0, |division| division.warm_up as usize);
                    let begin = marks.iter().rev().nth(warm_up).copied().unwrap_or(mark);
                    segments.push(Stretch { first: stamp.index, frames: 1, pts: stamp.pts, begin });
                }
            }
            meters.of(Stage::Sink).count();
        }
        let read = read.join().unwrap_or_else(|panic| Err(Error::panicked(Stage::Source.name(), &*panic)));
        read.map(|()| segments)
    })
}

/// What stands behind `plan` on the command line.
fn arguments() -> Result<Vec<String>> {
    let words = std::env::args_os().skip_while(|word| word != "plan").skip(1);
    let text = |word: std::ffi::OsString| {
        word.into_string().map_err(|word| Error::Plan {
            path: word.into(),
            reason: "a plan can only hold names that are text".into(),
        })
    };
    words.map(text).collect()
}

fn tell(planned: &Planned, args: &cli::Plan, voice: Voice) {
    let plan = planned.plan();
    if voice == Voice::Json {
        let segments = plan.segments.iter().enumerate();
        let segments: Vec<_> = segments
            .map(|(index, part)| json!({ "index": index, "frames": part.frames, "done": planned.is_done(index) }))
            .collect();
        progress::object(&json!({
            "event": "plan", "output": args.output, "frames": plan.frames(), "segments": segments,
        }));
        return;
    }
    let (done, all) = (plan.segments.len() - planned.missing().len(), plan.segments.len());
    let sizes = plan.segments.iter().map(|part| part.frames);
    let (least, most) = (sizes.clone().min().unwrap_or(0), sizes.max().unwrap_or(0));
    progress::result(&format!(
        "{}: {} frames in {all} segments of {least} to {most}, {done} done",
        args.output.display(),
        plan.frames()
    ));
}
