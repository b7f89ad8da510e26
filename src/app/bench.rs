//! `comicvid bench`: the whole path on a moving test pattern, and where its time goes.

use super::engine::{self, Engine};
use super::progress::{self, Voice};
use super::quantity;
use crate::cli;
use crate::error::{Error, Result};
use crate::frame::Rational;
use crate::pipeline::{Meters, Pipeline, Report, Stage, Stop};
use crate::sink::{self, SinkOptions};
use crate::source::Pattern;
use crate::stage::FrameSource;
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

/// Frames before the clock starts: shaders are compiled, caches and pools are filled.
const WARM_UP: u64 = 10;

/// Measures and tells.
///
/// # Errors
/// A style, device or adapter that cannot be used.
pub fn run(args: &cli::Bench, voice: Voice) -> Result<()> {
    let size = quantity::size("size", &args.size)?;
    let settings = engine::settings(&args.look)?;
    let folder = std::env::temp_dir();
    let file = folder.join(format!("comicvid-bench-{}.mp4", std::process::id()));
    let measure = |frames: u64, meters: &Meters, introduce: bool| -> Result<(Report, Duration)> {
        let source = Box::new(Pattern::new(size, Rational::new(30, 1), frames));
        let info = source.info().clone();
        let sink = sink::create(&file, &info, &SinkOptions { overwrite: true, ..SinkOptions::default() })?;
        let engine = Engine::new(&settings, &args.machine, &info, (sink.format, sink.color), None)?;
        if introduce {
            engine.introduce(voice);
        }
        let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink: sink.sink, first: 0 };
        let start = Instant::now();
        let report = progress::watch(voice, Some(frames), meters, || pipeline.run(&Stop::default(), meters))?;
        Ok((report, start.elapsed()))
    };
    let outcome = measure(WARM_UP, &Meters::default(), true).and_then(|_| {
        let meters = Meters::default();
        measure(args.frames.into(), &meters, false).map(|measured| (measured, meters))
    });
    // Whether the run went well or not, nobody wants the film.
    let _ = std::fs::remove_file(&file);
    let ((report, took), meters) = outcome?;
    let fps = report.written as f64 / took.as_secs_f64();
    let busy = |stage: Stage| meters.of(stage).busy().as_secs_f64() * 1e3 / report.written as f64;
    let text = if args.json {
        let stages: serde_json::Map<_, _> = Stage::ALL.iter().map(|s| (s.name().into(), busy(*s).into())).collect();
        format!("{}\n", json!({ "size": args.size, "frames": report.written, "fps": fps, "ms_per_frame": stages }))
    } else {
        let mut text = format!("{} frames of {size}: {fps:.1} fps\n\n  stage     ms a frame\n", report.written);
        for stage in Stage::ALL {
            text += &format!("  {:<8} {:>11.1}\n", stage.name(), busy(stage));
        }
        text + "\nStages run side by side, each on its own thread; on few cores they slow each other down.\n"
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| Error::write("stdout".as_ref(), e))
}
