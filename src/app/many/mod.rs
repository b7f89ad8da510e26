//! `comicvid IN... --out FOLDER`: many files, whatever becomes of each, and a table of it all at the end; and
//! `comicvid --watch FOLDER --out FOLDER`, which does not end by itself.
//!
//! Generator and shaders are built for each file anew: sizes and colours differ, and what a file leaves behind in them
//! must not reach the next.

mod batch;
mod inputs;
mod names;
mod watch;

pub use watch::run as watch;

use super::Outcome;
use super::convert::Conversion;
use super::progress::{self, Voice};
use crate::cli;
use crate::config::PRESETS;
use crate::error::{Error, Result};
use batch::{Batch, Row, Task};
use names::Pattern;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Draws all of `named`, files and folders, into `folder`.
///
/// # Errors
/// What concerns all files: an unknown style, a pattern that is none. What concerns one is told when it happens, and
/// answered with [`Outcome::Failed`].
pub fn run<'a>(
    named: impl Iterator<Item = &'a Path>,
    folder: &Path,
    args: &cli::Convert,
    voice: Voice,
) -> Result<Outcome> {
    let start = Instant::now();
    let pattern = pattern(args)?;
    let conversion = Conversion::new(args, inner(voice, args))?;
    let mut taken = HashSet::new();
    let task = |(index, input): (usize, Result<inputs::Input>)| {
        let number = index + 1;
        match input {
            Ok(input) => {
                let output = folder.join(pattern.fill(&input, number));
                let fault = (!taken.insert(output.clone())).then(|| name_is_taken(&output));
                Task { number, input: input.path, output, fault }
            }
            Err(error) => Task { number, input: PathBuf::new(), output: PathBuf::new(), fault: Some(error) },
        }
    };
    let tasks: Vec<Task> = inputs::find(named, folder).into_iter().enumerate().map(task).collect();
    let count = tasks.len();
    let rows = Batch { conversion: &conversion, args, voice, of: Some(count) }.run(tasks);
    if !args.dry_run {
        summarize(&rows, count, start.elapsed(), voice);
    }
    Ok(if conversion.interrupted() {
        Outcome::Interrupted
    } else if rows.iter().any(Row::failed) {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

fn pattern(args: &cli::Convert) -> Result<Pattern> {
    let style = names::style_name(args.film.look.style.as_deref().unwrap_or(PRESETS[0].name));
    Pattern::parse(&args.name, &style)
}

/// How each file by itself is told: not at all where several are drawn at once.
fn inner(voice: Voice, args: &cli::Convert) -> Voice {
    if args.jobs > 1 { Voice::Quiet } else { voice }
}

fn name_is_taken(output: &Path) -> Error {
    Error::create(output, "another input of this run has that name, too (see --name)")
}

fn summarize(rows: &[Row], count: usize, took: Duration, voice: Voice) {
    let failed = rows.iter().filter(|row| row.failed()).count();
    let done = rows.len() - failed;
    match voice {
        Voice::Json => {
            let files: Vec<Value> = rows.iter().map(Row::json).collect();
            let (left, seconds) = (count - rows.len(), took.as_secs_f64());
            progress::object(&json!({
                "event": "summary", "done": done, "failed": failed, "left": left, "seconds": seconds, "files": files,
            }));
        }
        Voice::Bar | Voice::Lines => {
            progress::line("");
            rows.iter().for_each(|row| progress::line(&row.text()));
            let left = if count > rows.len() { format!(", {} left", count - rows.len()) } else { String::new() };
            progress::line(&format!("{done} done, {failed} failed{left} in {}", progress::clock(took)));
        }
        Voice::Quiet => {}
    }
}
