//! `comicvid eval IN OUT`: how steady a film is beside the one it was made from.

use super::progress::{self, Voice};
use super::quantity;
use crate::cli;
use crate::error::{Error, Result};
use crate::eval::{Temporal, TemporalReport};
use crate::frame::{CpuImage, Size, SmallRgb};
use crate::source::{self, OpenOptions};
use crate::stage::FrameSource;
use crate::stylize::{Detail, Reduce};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often progress is told.
const PERIOD: Duration = Duration::from_secs(5);

/// Measures and tells.
///
/// # Errors
/// Films that cannot be read or do not belong together.
pub fn run(input: &Path, output: &Path, args: &cli::Eval, voice: Voice) -> Result<()> {
    let part = OpenOptions {
        start: args.start.as_deref().map(|t| quantity::time("start", t)).transpose()?,
        length: args.length.as_deref().map(|t| quantity::time("length", t)).transpose()?,
        ..OpenOptions::default()
    };
    let mut photos = Film::open(input, &part)?;
    // What was made of a part begins where the part begins.
    let mut drawings = Film::open(output, &OpenOptions { start: None, ..part })?;
    let size = Detail::Standard.working_size(photos.source.info().size);
    let (mut temporal, mut told) = (Temporal::default(), Instant::now());
    let mut frames = 0u64;
    loop {
        let (before, after) = (photos.next(size)?, drawings.next(size)?);
        let (Some(before), Some(after)) = (&before, &after) else {
            if before.is_some() != after.is_some() {
                let longer = if before.is_some() { input } else { output };
                voice.warn(&format!("{} has more frames than the other: compared are {frames}", longer.display()));
            }
            break;
        };
        temporal.push(before.clone(), after.clone());
        frames += 1;
        if voice == Voice::Lines && told.elapsed() > PERIOD {
            progress::line(&format!("{frames} frames"));
            told = Instant::now();
        }
    }
    if frames < 2 {
        return Err(Error::open(output, "two frames at least are needed to see a change"));
    }
    let report = temporal.report();
    let text = if args.json { format!("{}\n", json(&report, frames)) } else { table(&report, frames, size) };
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| Error::write("stdout".as_ref(), e))
}

/// A film whose frames come reduced.
struct Film {
    source: Box<dyn FrameSource>,
    reduce: Option<Reduce>,
}

impl Film {
    fn open(path: &Path, options: &OpenOptions) -> Result<Self> {
        Ok(Self { source: source::open(path, options)?.source, reduce: None })
    }

    fn next(&mut self, size: Size) -> Result<Option<SmallRgb>> {
        let Some(frame) = self.source.next_frame()? else { return Ok(None) };
        let CpuImage { size: from, format, color, .. } = frame.image;
        if self.reduce.as_ref().is_none_or(|reduce| !reduce.fits(&frame.image)) {
            self.reduce = Some(Reduce::new(from, format, color, size));
        }
        Ok(self.reduce.as_mut().map(|reduce| reduce.run(&frame.image)))
    }
}

fn json(report: &TemporalReport, frames: u64) -> serde_json::Value {
    json!({
        "frames": frames,
        "pairs": report.pairs,
        "cuts": report.cuts,
        "warping_error": {
            "input": report.warping_input.sqrt(),
            "output": report.warping_output.sqrt(),
            "ratio": report.warping_ratio(),
        },
        "still_change": {
            "input": report.still_input,
            "output": report.still_output,
            "ratio": report.still_ratio(),
            "part": report.still_part,
        },
    })
}

fn table(report: &TemporalReport, frames: u64, size: Size) -> String {
    let row = |name: &str, input: f64, output: f64, ratio: f64| {
        format!("  {name:<16} {:>8.3} {:>8.3} {ratio:>8.2}\n", input * 255.0, output * 255.0)
    };
    let mut text = format!(
        "{frames} frames at {size}, {} cuts left out; levels of 255\n\n  {:<16} {:>8} {:>8} {:>8}\n",
        report.cuts, "", "input", "output", "ratio"
    );
    text += &row("warping error", report.warping_input.sqrt(), report.warping_output.sqrt(), report.warping_ratio());
    text += &row("still change", report.still_input, report.still_output, report.still_ratio());
    text += &format!(
        "\nWarping error: root mean square difference to the frame before, moved along the input's motion, where nothing\n\
         was hidden. Still change: mean difference to the frame before in the {:.0} % of it that did not move.\n",
        100.0 * report.still_part
    );
    text
}
