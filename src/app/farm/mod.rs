//! `comicvid plan | segment | join`: a film by many hands. The plan divides it where a run would begin afresh, at cuts; each
//! segment is drawn by a process of its own, on whatever machine sees the same files; the last makes the film of them.
//!
//! A plan keeps the command that made it and where it ran, and every process checks that what the film depends on is what
//! it was then: settings, weights, the input's size and time.

mod devices;
mod join;
mod plan;
mod segment;

pub use devices::draw as draw_on_devices;
pub use {join::run as join, plan::run as plan, segment::run as segment};

use super::engine::Engine;
use super::job::{Input, Job};
use super::progress::Voice;
use super::resume;
use crate::cli::{self, Cli, Command};
use crate::error::{Error, Result};
use crate::frame::Mark;
use crate::pipeline::{Meters, Pipeline, Report};
use crate::sink::{Facts, Planned, Stretch};
use crate::source::Skip;
use crate::stage::{CutShort, FrameSource};
use clap::Parser;
use std::path::{Path, PathBuf};

/// A planned film, and the command that planned it.
struct Project {
    planned: Planned,
    args: cli::Plan,
}

impl Project {
    /// The project of the film `output`; the process goes to where it was planned, so that names mean what they meant.
    fn open(output: &Path) -> Result<Self> {
        let output = absolute(output)?;
        let planned = Planned::open(&output)?;
        let refused = |reason: String| Error::Plan { path: output.clone(), reason };
        let plan = planned.plan();
        std::env::set_current_dir(&plan.folder)
            .map_err(|e| refused(format!("it was planned in {}, which is not here: {e}", plan.folder.display())))?;
        if plan.arguments.is_empty() {
            return Err(refused("it was begun with --devices: the same command goes on with it".into()));
        }
        let words = ["comicvid", "plan"].into_iter().chain(plan.arguments.iter().map(String::as_str));
        match Cli::try_parse_from(words).map(|cli| cli.command) {
            Ok(Some(Command::Plan(args))) => Ok(Self { planned, args }),
            _ => Err(refused("its plan's command is not one of this version's".into())),
        }
    }

    fn job(&self) -> Result<Job<'_>> {
        Job::new(&self.args.film, self.args.overwrite)
    }

    /// That the input is still as it was planned, and all that the film depends on.
    fn check(&self, job: &Job<'_>) -> Result<()> {
        self.planned.check(&facts(&self.args, job)?)
    }
}

/// Draws segment `index` of a film whose input is at `path`; introduces what computes where there is a `voice`. Nothing is
/// kept where the job is stopped meanwhile.
fn drawing(
    planned: &Planned,
    index: usize,
    path: &Path,
    job: &Job<'_>,
    machine: &cli::Machine,
    voice: Option<Voice>,
    meters: &Meters,
) -> Result<Report> {
    let stretch = planned.segment(index)?;
    let Input { source, info, page, options, .. } = job.open(path)?;
    let sink = planned.output(index, &page, &options)?;
    let colors = (sink.format, sink.color);
    let engine = Engine::new(&job.settings, machine, &info, colors, None)?.comparing(job.comparison, colors);
    if let Some(voice) = voice {
        engine.introduce(voice);
    }
    let source = begin_at(source, planned, &stretch.begin, path, job, &options.cut_short)?;
    let Stretch { first, frames, begin, .. } = stretch;
    let source = Box::new(source.only(frames.saturating_add(first.saturating_sub(begin.index))));
    let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink: sink.sink, first };
    pipeline.run(&job.stop, meters)
}

/// The film from `begin` on; `source` is just opened, from `path`.
fn begin_at(
    source: Box<dyn FrameSource>,
    planned: &Planned,
    begin: &Mark,
    path: &Path,
    job: &Job<'_>,
    cut_short: &CutShort,
) -> Result<Skip> {
    // What is damaged may be so differently where it is entered in its midst.
    if begin.index == 0 || planned.plan().damage.is_some() {
        return Ok(Skip::new(source, begin.index, cut_short.clone()));
    }
    match Skip::leap(source, begin, cut_short.clone())? {
        Some(source) => Ok(source),
        None => Ok(Skip::new(job.open(path)?.source, begin.index, cut_short.clone())),
    }
}

fn facts(args: &cli::Plan, job: &Job<'_>) -> Result<Facts> {
    resume::facts(&args.input, &args.film, args.segment, &job.settings)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| Error::open(path, e))
}
