//! `comicvid segment`: one segment of a planned film.

use super::super::Outcome;
use super::super::engine::Engine;
use super::super::interrupt::on_interrupt;
use super::super::job::Input;
use super::super::progress::{self, Voice};
use super::Project;
use crate::cli;
use crate::error::Result;
use crate::pipeline::{Meters, Pipeline};
use crate::source::Skip;
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
    let Input { source, info, page, options, .. } = project.input(&job)?;
    let machine = &project.args.film.machine;
    let sink = project.planned.output(args.index, &page, &options)?;
    let engine = Engine::new(&job.settings, machine, &info, (sink.format, sink.color), None)?;
    let engine = engine.comparing(job.comparison, (sink.format, sink.color));
    engine.introduce(voice);
    let source = Box::new(Skip::new(source, stretch.first, job.stop.flag()).only(stretch.frames));
    let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink: sink.sink };
    let meters = Meters::default();
    let report = progress::watch(voice, Some(stretch.frames), &meters, || pipeline.run(&job.stop, &meters))?;
    if job.stop.requested() {
        return Ok(Outcome::Interrupted);
    }
    progress::finish(voice, &name, &report, &meters, start.elapsed());
    Ok(Outcome::Done)
}
