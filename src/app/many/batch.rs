//! Files that are drawn, one after the other or several at once.

use super::super::Outcome;
use super::super::convert::{Conversion, Drawn};
use super::super::progress::{self, Voice};
use crate::cli;
use crate::error::{Error, Result};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is to be done of an input.
#[derive(Debug)]
pub(super) struct Task {
    /// Counted from 1.
    pub number: usize,
    pub input: PathBuf,
    pub output: PathBuf,
    /// Why nothing can be done of it.
    pub fault: Option<Error>,
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub number: usize,
    pub input: PathBuf,
    pub output: PathBuf,
    pub end: End,
}

/// What came of a file.
#[derive(Debug)]
pub(super) enum End {
    Drawn(Drawn),
    Planned,
    Failed(Error),
}

/// How files are drawn.
pub(super) struct Batch<'a> {
    pub conversion: &'a Conversion<'a>,
    pub args: &'a cli::Convert,
    pub voice: Voice,
    /// How many there are in all, where that is known.
    pub of: Option<usize>,
}

impl Batch<'_> {
    /// Draws `tasks`, as many at once as `--jobs` says, and answers in their order; without those that Ctrl-C kept from
    /// being begun.
    pub fn run(&self, tasks: Vec<Task>) -> Vec<Row> {
        let workers = tasks.len().min(self.args.jobs as usize);
        let (add, queue) = crossbeam_channel::unbounded();
        // The receiver is there: nothing is refused.
        tasks.into_iter().for_each(|task| drop(add.send(task)));
        drop(add);
        let rows = Mutex::new(Vec::new());
        std::thread::scope(|s| {
            for _ in 0..workers {
                s.spawn(|| {
                    while !self.conversion.interrupted()
                        && let Ok(task) = queue.recv()
                    {
                        let row = self.one(task);
                        rows.lock().push(row);
                    }
                });
            }
        });
        let mut rows = rows.into_inner();
        rows.sort_by_key(|row: &Row| row.number);
        rows
    }

    fn one(&self, Task { number, input, output, fault }: Task) -> Row {
        let end = match fault {
            Some(fault) => End::Failed(fault),
            None => {
                if !self.args.dry_run {
                    self.announce(number, &input, &output);
                }
                self.draw(&input, &output).unwrap_or_else(End::Failed)
            }
        };
        if let End::Failed(error) = &end {
            self.voice.fail(error);
        }
        let row = Row { number, input, output, end };
        if self.args.jobs > 1 && matches!(row.end, End::Drawn(_)) {
            row.tell(self.voice);
        }
        row
    }

    fn draw(&self, input: &Path, output: &Path) -> Result<End> {
        if self.args.dry_run {
            self.conversion.plan(input, output, 1)?.tell(input, output, self.voice);
            return Ok(End::Planned);
        }
        if let Some(parent) = output.parent() {
            std::fs::create_dir_all(parent).map_err(|e| Error::create(parent, e))?;
        }
        self.conversion.draw(input, output).map(End::Drawn)
    }

    fn announce(&self, number: usize, input: &Path, output: &Path) {
        match self.voice {
            Voice::Json => progress::object(
                &json!({ "event": "file", "input": input, "output": output, "number": number, "of": self.of }),
            ),
            Voice::Bar | Voice::Lines => {
                let of = self.of.map_or_else(String::new, |of| format!("/{of}"));
                progress::line(&format!("[{number}{of}] {}", input.display()));
            }
            Voice::Quiet => {}
        }
    }
}

impl Row {
    pub fn failed(&self) -> bool {
        matches!(self.end, End::Failed(_))
    }

    /// Says it as soon as it is known: where files are drawn at once, nobody else does.
    fn tell(&self, voice: Voice) {
        match voice {
            Voice::Json => {
                let mut told = self.json();
                told["event"] = "done".into();
                progress::object(&told);
            }
            Voice::Bar | Voice::Lines => progress::line(&self.text()),
            Voice::Quiet => {}
        }
    }

    pub fn text(&self) -> String {
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

    pub fn json(&self) -> Value {
        let (frames, seconds, error) = match &self.end {
            End::Drawn(drawn) => (Some(drawn.frames), Some(drawn.took.as_secs_f64()), None),
            End::Planned => (None, None, None),
            End::Failed(error) => (None, None, Some(error.to_string())),
        };
        json!({ "input": self.input, "output": self.output, "frames": frames, "seconds": seconds, "error": error })
    }
}
