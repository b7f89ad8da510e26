//! `comicvid IN... --out FOLDER`: one file after the other, whatever becomes of each, and a table of it all at the end.
//!
//! Generator and shaders are built for each file anew: sizes and colours differ, and what a file leaves behind in them
//! must not reach the next.

mod inputs;
mod names;

use super::Outcome;
use super::convert::{Conversion, Drawn};
use super::progress::{self, Voice};
use crate::cli;
use crate::config::PRESETS;
use crate::error::{Error, Result};
use inputs::Input;
use names::Pattern;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One line of the table.
struct Row {
    input: PathBuf,
    output: PathBuf,
    end: End,
}

/// What came of a file.
enum End {
    Drawn(Drawn),
    Planned,
    Failed(Error),
}

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
    let style = names::style_name(args.film.look.style.as_deref().unwrap_or(PRESETS[0].name));
    let pattern = Pattern::parse(&args.name, &style)?;
    let conversion = Conversion::new(args, voice)?;
    let inputs = inputs::find(named, folder);
    let count = inputs.len();
    let mut taken = HashSet::new();
    let mut rows = Vec::new();
    for (index, input) in inputs.into_iter().enumerate() {
        if conversion.interrupted() {
            break;
        }
        let row = match input {
            Ok(input) => {
                let output = folder.join(pattern.fill(&input, index + 1));
                if !args.dry_run {
                    announce(&input, &output, (index + 1, count), voice);
                }
                let end = match taken.insert(output.clone()) {
                    true => one(&conversion, &input, &output, args.dry_run, voice),
                    false => Err(Error::create(&output, "another input of this run has that name, too (see --name)")),
                };
                Row { input: input.path, output, end: end.unwrap_or_else(End::Failed) }
            }
            Err(error) => Row { input: PathBuf::new(), output: PathBuf::new(), end: End::Failed(error) },
        };
        if let End::Failed(error) = &row.end {
            voice.fail(error);
        }
        rows.push(row);
    }
    if !args.dry_run {
        summarize(&rows, count, start.elapsed(), voice);
    }
    Ok(if conversion.interrupted() {
        Outcome::Interrupted
    } else if rows.iter().any(|row| matches!(row.end, End::Failed(_))) {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

fn one(conversion: &Conversion<'_>, input: &Input, output: &Path, dry: bool, voice: Voice) -> Result<End> {
    if dry {
        conversion.plan(&input.path, output)?.tell(&input.path, output, voice);
        return Ok(End::Planned);
    }
    if let Some(parent) = output.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Error::create(parent, e))?;
    }
    conversion.draw(&input.path, output).map(End::Drawn)
}

fn announce(input: &Input, output: &Path, (number, of): (usize, usize), voice: Voice) {
    match voice {
        Voice::Json => progress::object(
            &json!({ "event": "file", "input": input.path, "output": output, "number": number, "of": of }),
        ),
        Voice::Bar | Voice::Lines => progress::line(&format!("[{number}/{of}] {}", input.path.display())),
        Voice::Quiet => {}
    }
}

fn summarize(rows: &[Row], count: usize, took: Duration, voice: Voice) {
    let failed = rows.iter().filter(|row| matches!(row.end, End::Failed(_))).count();
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

impl Row {
    fn text(&self) -> String {
        let files = format!("{} -> {}", self.input.display(), self.output.display());
        match &self.end {
            End::Drawn(drawn) => {
                let how = if drawn.outcome == Outcome::Interrupted { "stopped" } else { "done" };
                format!("  {how:<8} {:>7} frames {:>8.1} s  {files}", drawn.frames, drawn.took.as_secs_f64())
            }
            End::Planned => format!("  {:<8} {files}", "planned"),
            End::Failed(error) => format!("  {:<8} {error}", "failed"),
        }
    }

    fn json(&self) -> Value {
        let (frames, seconds, error) = match &self.end {
            End::Drawn(drawn) => (Some(drawn.frames), Some(drawn.took.as_secs_f64()), None),
            End::Planned => (None, None, None),
            End::Failed(error) => (None, None, Some(error.to_string())),
        };
        json!({ "input": self.input, "output": self.output, "frames": frames, "seconds": seconds, "error": error })
    }
}
