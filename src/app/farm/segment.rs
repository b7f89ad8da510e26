//! `comicvid segment`: one segment of a planned film.

use super::super::Outcome;
use super::super::interrupt::on_interrupt;
use super::super::progress::{self, Voice};
use super::{Project, drawing};
use crate::cli;
use crate::error::Result;
use crate::pipeline::Meters;
use std::time::Instant;

/// Draws a segment, unless it is finished already.
///
/// # Errors
/// [`Error::Plan`](crate::error::Error::Plan): no plan, none of that number, an input or a style that has changed;
/// whatever fails in drawing.
pub fn run(args: &cli::Segment, voice: Voice) -> Result<Outcome> {
    let start = Instant::now();
    let project = Project::open(&args.output)?;
    let stretch = project.planned.segment(args.index)?;
    let name = format!("{}, segment {}", args.output.display(), args.index);
    if project.planned.is_done(args.index) {
        voice.say(&format!("{name} is there already"));
        return Ok(Outcome::Done);
    }
    let job = project.job()?;
    on_interrupt(&job.stop);
    project.check(&job)?;
    let (input, machine) = (&project.args.input, &project.args.film.machine);
    let meters = Meters::default();
    let report = progress::watch(voice, Some(stretch.frames), &meters, || {
        drawing(&project.planned, args.index, input, &job, machine, Some(voice), &meters)
    })?;
    if job.stop.requested() {
        return Ok(Outcome::Interrupted);
    }
    progress::finish(voice, &name, &report, &meters, start.elapsed());
    Ok(Outcome::Done)
}
