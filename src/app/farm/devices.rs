//! `--devices`: one film by several devices of this machine. It is planned first; then each device draws a segment at a time,
//! whichever is next, and in the end the film is made of them: that of one device, frame for frame.
//!
//! A device that fails is done without, and its segment drawn by another. What is finished outlives a crash: the same
//! command goes on from there.

use super::super::convert::rate_text;
use super::super::interrupt::Unfinished;
use super::super::job::{Input, Job};
use super::super::progress::{self, Voice};
use super::super::resume;
use super::{absolute, drawing, plan};
use crate::cli;
use crate::error::{Error, Result};
use crate::pipeline::Meters;
use crate::sink::{self, Planned};
use crate::stage::CutShort;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;

/// What came of it.
pub struct Film {
    /// How many there are; of an interrupted run's, those that are finished.
    pub frames: u64,
    /// What could not be read of the input.
    pub damage: Option<String>,
}

/// Draws the film that is open as `input` into `output`; ends early where the job is stopped.
///
/// # Errors
/// [`Error::Plan`]: other work on that film is in the way; whatever keeps all devices from drawing, or the film from being
/// written.
pub fn draw(
    input: Input,
    (path, output): (&Path, &Path),
    args: &cli::Convert,
    job: &Job<'_>,
    voice: Voice,
    unfinished: &Unfinished,
) -> Result<Film> {
    let output = absolute(output)?;
    let mut facts = resume::facts(path, &args.film, args.segment, &job.settings)?;
    // How many there are may change from run to run; another kind draws a little differently.
    let kinds: BTreeSet<&str> = args.devices.iter().filter_map(|device| device.split(':').next()).collect();
    facts.insert("devices".to_owned(), kinds.iter().copied().collect::<Vec<_>>().join(" "));
    if kinds.len() > 1 {
        voice.warn("devices of different kinds round differently: segments will not match to the last bit");
    }
    let foretold = sink::foretell(&output, &input.page, &input.options)?;
    let (size, rate) = (input.info.size, rate_text(input.info.frame_rate));
    voice.say(&format!("{}: {size} at {rate}, {}, on {}", path.display(), foretold.encoder, args.devices.join(", ")));
    let found = if args.overwrite { None } else { Planned::find(&output)? };
    let planned = match found {
        Some(planned) => {
            planned.check(&facts)?;
            let (missing, all) = (planned.missing().len(), planned.plan().segments.len());
            voice.say(&format!("{} of {all} segments were drawn before", all - missing));
            planned
        }
        None => {
            let Some(plan) = plan::look(input, args.film.machine.detail, args.segment, job, facts, voice)? else {
                return Ok(Film { frames: 0, damage: None });
            };
            Planned::create(&output, plan, args.overwrite)?
        }
    };
    work(&planned, path, args, job, voice)?;
    let plan = planned.plan();
    let missing: Vec<usize> = planned.missing();
    if !missing.is_empty() {
        let frames = plan.frames() - missing.iter().map(|index| plan.segments[*index].frames).sum::<u64>();
        return Ok(Film { frames, damage: None });
    }
    let Input { page, mut options, .. } = job.open(path)?;
    // Nothing that is joined is half.
    options.cut_short = CutShort::default();
    for note in planned.notes(&page, &options)? {
        voice.warn(&note);
    }
    let writing = unfinished.begin(sink::part_name(&output));
    planned.join(&page, &options)?;
    drop(writing);
    Ok(Film { frames: plan.frames(), damage: plan.damage.clone() })
}

/// Draws the missing segments, until all are there, all devices have failed, or the job is stopped.
fn work(planned: &Planned, path: &Path, args: &cli::Convert, job: &Job<'_>, voice: Voice) -> Result<()> {
    let mut devices: Vec<&str> = args.devices.iter().map(String::as_str).collect();
    loop {
        let missing = planned.missing();
        if missing.is_empty() || job.stop.requested() {
            return Ok(());
        }
        let frames = missing.iter().map(|index| planned.plan().segments[*index].frames).sum();
        let (queue, meters) = (Mutex::new(missing.into_iter()), Meters::default());
        let next = || queue.lock().next();
        let draw_all = |device: &str| -> Result<()> {
            let machine = cli::Machine { device: device.to_owned(), ..args.film.machine.clone() };
            while !job.stop.requested()
                && let Some(index) = next()
            {
                drawing(planned, index, path, job, &machine, None, &meters)?;
            }
            Ok(())
        };
        let ends: Vec<Result<()>> = progress::watch(voice, Some(frames), &meters, || {
            std::thread::scope(|s| {
                let draw_all = &draw_all;
                let threads: Vec<_> = devices.iter().map(|device| s.spawn(move || draw_all(device))).collect();
                let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                threads.into_iter().map(join).collect()
            })
        });
        let mut failed = None;
        for (index, end) in ends.into_iter().enumerate().rev() {
            if let Err(error) = end {
                let device = devices.remove(index);
                voice.warn(&format!("{device} is done without: {error}"));
                failed = Some(error);
            }
        }
        match failed {
            Some(error) if devices.is_empty() => return Err(error),
            None if !planned.missing().is_empty() && !job.stop.requested() => {
                let reason = "segments that were drawn are not there".into();
                return Err(Error::Plan { path: path.into(), reason });
            }
            _ => {}
        }
    }
}
