//! `--dry-run` tries out what it announces: a few frames from the middles of equal parts of a film are drawn and encoded into
//! a folder that is thrown away, and the whole is estimated from them.
//!
//! Every trial begins with a key frame, of which a film has fewer: their share is put right. What else is in the film (sound,
//! subtitles) is counted as the trials have it.

use super::engine::Engine;
use super::job::{Input, Job};
use crate::av::demux::Demuxer;
use crate::av::packet::Packet;
use crate::cli;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Frame};
use crate::pipeline::{Meters, Pipeline};
use crate::sink;
use crate::source::Skip;
use crate::stage::FrameSink;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames of a trial; those before the clock starts fill the stages.
const TRIAL: u64 = 24;
const WARM_UP: usize = 8;
/// Frames from one key frame to the next, as encoders place them in films with cuts.
const KEY_EVERY: f64 = 100.0;

/// What a film will take, about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// From start to end, on this machine as it is now.
    pub took: Duration,
    /// Of the output.
    pub bytes: u64,
}

/// A number of things, and what they come to.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f64,
    total: f64,
}

impl Sum {
    fn add(&mut self, count: f64, total: f64) {
        self.count += count;
        self.total += total;
    }

    fn mean(self) -> f64 {
        if self.count > 0.0 { self.total / self.count } else { 0.0 }
    }
}

/// What the trials came to.
#[derive(Clone, Copy, Debug, Default)]
struct Trials {
    /// Seconds until the first frames are there: weights, shaders.
    beginning: Sum,
    /// Seconds of frames after them.
    time: Sum,
    /// Bytes of key frames and of others.
    keys: Sum,
    others: Sum,
    /// Bytes that belong to no frame.
    beside: f64,
}

impl Trials {
    /// A film of so many frames; nothing where no frame was drawn.
    fn film(&self, frames: u64) -> Option<Estimate> {
        let (drawn, frames) = (self.keys.count + self.others.count, frames as f64);
        if drawn == 0.0 || self.time.count == 0.0 {
            return None;
        }
        // Where all are key frames, all of the film are.
        let keys = if self.others.count == 0.0 { 1.0 } else { 1.0 / KEY_EVERY };
        let frame = keys * self.keys.mean() + (1.0 - keys) * self.others.mean() + self.beside / drawn;
        let took = Duration::from_secs_f64(self.beginning.mean() + self.time.mean() * frames);
        Some(Estimate { took, bytes: (frame * frames) as u64 })
    }
}

/// Estimates the film of `frames` frames that `input` becomes under the name of `output`, from `trials` of its moments;
/// nothing where too little of it can be drawn to tell.
///
/// # Errors
/// Whatever would keep the film from being drawn.
pub fn estimate(
    job: &Job<'_>,
    machine: &cli::Machine,
    (input, output): (&Path, &Path),
    frames: u64,
    trials: u32,
) -> Result<Option<Estimate>> {
    let folder = tempfile::tempdir().map_err(|e| Error::create(&std::env::temp_dir(), e))?;
    let output = folder.path().join(output.file_name().unwrap_or_default());
    let mut found = Trials::default();
    for trial in 0..trials {
        let part = (f64::from(trial) + 0.5) / f64::from(trials);
        let first = ((frames as f64 * part) as u64).min(frames.saturating_sub(TRIAL));
        let start = Instant::now();
        let times = draw(job.open_part(input, first, TRIAL)?, job, machine, &output)?;
        if job.stop.requested() {
            return Ok(None);
        }
        if let [first, .., last] = times.get(WARM_UP..).unwrap_or_default() {
            found.time.add((times.len() - WARM_UP - 1) as f64, last.duration_since(*first).as_secs_f64());
        }
        if let Some(warm) = times.get(WARM_UP).or(times.last()) {
            found.beginning.add(1.0, warm.duration_since(start).as_secs_f64());
        }
        measure(folder.path(), &mut found)?;
    }
    Ok(found.film(frames))
}

/// Draws a trial; answers with when each frame was written.
fn draw(input: Input, job: &Job<'_>, machine: &cli::Machine, output: &Path) -> Result<Vec<Instant>> {
    let Input { source, info, page, mut options, .. } = input;
    options.overwrite = true;
    let sink = sink::create(output, &page, &options)?;
    let wanted = (sink.format, sink.color);
    let engine = Engine::new(&job.settings, machine, &info, wanted, None)?.comparing(job.comparison, wanted);
    let source = Box::new(Skip::new(source, 0, options.cut_short.clone()).only(TRIAL));
    let times = Arc::default();
    let sink = Box::new(Clocked { sink: sink.sink, times: Arc::clone(&times) });
    let pipeline = Pipeline { source, stylizer: engine.stylizer, post: engine.post, sink, first: 0 };
    pipeline.run(&job.stop, &Meters::default())?;
    let times = times.lock().clone();
    Ok(times)
}

/// Adds up what lies in `folder`, and clears it.
fn measure(folder: &Path, found: &mut Trials) -> Result<()> {
    let files = std::fs::read_dir(folder).map_err(|e| Error::open(folder, e))?;
    for path in files.flatten().map(|file| file.path()) {
        let failed = |e: std::io::Error| Error::open(&path, e);
        let size = std::fs::metadata(&path).map_err(failed)?.len() as f64;
        let mut seen = 0.0;
        if let Ok(mut film) = Demuxer::open(&path)
            && let (Some(video), Ok(mut packet)) = (film.video_stream(), Packet::new())
        {
            while film.read(&mut packet).is_ok_and(|more| more) {
                if packet.stream() == video {
                    let sum = if packet.is_key() { &mut found.keys } else { &mut found.others };
                    sum.add(1.0, packet.size() as f64);
                    seen += packet.size() as f64;
                }
            }
        }
        found.beside += size - seen;
        std::fs::remove_file(&path).map_err(failed)?;
    }
    Ok(())
}

/// A sink that looks at the clock.
struct Clocked {
    sink: Box<dyn FrameSink>,
    times: Arc<Mutex<Vec<Instant>>>,
}

impl FrameSink for Clocked {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        self.sink.write(frame)?;
        self.times.lock().push(Instant::now());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.sink.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_count_as_often_as_a_film_has_them() {
        let mut trials = Trials::default();
        trials.keys.add(1.0, 1000.0);
        trials.others.add(9.0, 900.0);
        trials.time.add(5.0, 0.5);
        trials.beginning.add(2.0, 3.0);
        trials.beside = 100.0;
        let film = trials.film(1000).unwrap();
        assert_eq!(film.took, Duration::from_secs_f64(101.5));
        assert_eq!(film.bytes, 1000 * 10 + (10 * 1000 + 990 * 100));
        trials.others = Sum::default();
        assert_eq!(trials.film(10).unwrap().bytes, 10 * 1100);
        assert!(Trials::default().film(10).is_none());
    }
}
