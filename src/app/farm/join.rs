//! `comicvid join`: the film of its segments.

use super::super::Outcome;
use super::super::interrupt::on_interrupt;
use super::super::job::Input;
use super::super::progress::{self, Voice};
use super::{Project, absolute};
use crate::cli;
use crate::error::{Error, Result};
use crate::sink::Planned;
use crate::stage::CutShort;
use serde_json::json;

/// Makes the film, and removes plan and segments.
///
/// # Errors
/// [`Error::Plan`]: segments are missing; [`Error::Read`] where the input was damaged, and the film is what could be read;
/// whatever keeps the film from being written.
pub fn run(args: &cli::Join, voice: Voice) -> Result<Outcome> {
    let output = absolute(&args.output)?;
    if Planned::sweep(&output) {
        voice.say(&format!("{} is there already", args.output.display()));
        return Ok(Outcome::Done);
    }
    let project = Project::open(&output)?;
    let plan = project.planned.plan();
    let (frames, damage) = (plan.frames(), plan.damage.clone());
    let job = project.job()?;
    let unfinished = on_interrupt(&job.stop);
    project.check(&job)?;
    let Input { page, mut options, .. } = job.open(&project.args.input)?;
    // Ctrl-C ends it, but nothing that is joined is half: the segments stay until the film is whole.
    options.cut_short = CutShort::default();
    for note in project.planned.notes(&page, &options)? {
        voice.warn(&note);
    }
    let writing = unfinished.begin(crate::sink::part_name(&output));
    project.planned.join(&page, &options)?;
    drop(writing);
    match voice {
        Voice::Json => progress::object(&json!({ "event": "done", "output": args.output, "frames": frames })),
        _ => voice.say(&format!("{}: {frames} frames", args.output.display())),
    }
    match damage {
        Some(damage) => Err(Error::Read { path: project.args.input, frames, source: damage.into() }),
        None => Ok(Outcome::Done),
    }
}
