//! The threads of a run, and its one outcome.
//!
//! The end of a stream is a dropped sender, a dead consumer a dropped receiver. A damaged source still leaves a finished
//! file of what came before the damage; a failure in any later stage leaves no file at all.

use super::link::{Policy, Receiver, Sender, link};
use super::meter::{Meter, Meters, Stage};
use super::stop::Stop;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Drawn, Frame};
use crate::stage::{FrameFilter, FrameSink, FrameSource};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// How many frames wait before a stage: enough that neighbours rarely wait for each other, few enough that memory stays
/// flat (a 4K frame is 12 MB).
const DEPTH: usize = 2;

/// What happened, when nothing failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Frames that left the source.
    pub read: u64,
    /// Frames the sink took.
    pub written: u64,
    /// Frames thrown away to keep up with a live source.
    pub dropped: u64,
}

/// The four stages of one run.
pub struct Pipeline {
    /// Where frames come from.
    pub source: Box<dyn FrameSource>,
    /// Photo in, drawing out.
    pub stylizer: Box<dyn FrameFilter<In = CpuImage, Out = Drawn>>,
    /// Drawing in, finished picture out.
    pub post: Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>,
    /// Where frames go.
    pub sink: Box<dyn FrameSink>,
    /// Number of the first frame that is written; those before it only warm up what remembers.
    pub first: u64,
}

impl Pipeline {
    /// Works until the source ends, `stop` is requested or something fails. `meters` can be watched meanwhile.
    ///
    /// # Errors
    /// The first failure in flow order. After [`Error::Read`] with `frames > 0` the sink was finished all the same.
    pub fn run(self, stop: &Stop, meters: &Meters) -> Result<Report> {
        let Self { source, stylizer, post, sink, first } = self;
        let policy = if source.info().live { Policy::Newest } else { Policy::Wait { depth: DEPTH } };
        let (to_stylizer, from_source) = link(policy);
        let (to_post, from_stylizer) = link(policy);
        let (to_sink, from_post) = link(policy);
        // Raised by whoever ends without having done its job: the sink must not pass a torso off as a film.
        let broken = &AtomicBool::new(false);
        scope(|s| {
            let read = spawn(s, Stage::Source, broken, (source, to_stylizer), move |(source, out)| {
                read_all(&mut **source, out, stop, meters.of(Stage::Source))
            })?;
            let stylize =
                spawn(s, Stage::Stylizer, broken, (stylizer, from_source, to_post), |(filter, input, out)| {
                    filter_all(&mut **filter, input, out, meters.of(Stage::Stylizer))
                })?;
            let finish = spawn(s, Stage::Post, broken, (post, from_stylizer, to_sink), |(filter, input, out)| {
                filter_all(&mut **filter, input, out, meters.of(Stage::Post))
            })?;
            let write = spawn(s, Stage::Sink, broken, (Some(sink), from_post), |(sink, input)| match sink.take() {
                Some(sink) => write_all(sink, input, first, broken, meters.of(Stage::Sink)),
                None => Ok(0),
            })?;
            // Join in flow order: the first failure upstream is the cause, later ones are echoes.
            let (read, stylize) = (join(Stage::Source, read), join(Stage::Stylizer, stylize));
            let (finish, write) = (join(Stage::Post, finish), join(Stage::Sink, write));
            let ((read, dropped), late) = match read {
                Ok(done) => (done, None),
                // Damage is told last: a full disk on the way matters more.
                Err(damage @ Error::Read { .. }) => ((0, 0), Some(damage)),
                Err(other) => return Err(other),
            };
            let dropped = dropped + stylize? + finish?;
            let written = write?;
            late.map_or(Ok(Report { read, written, dropped }), Err)
        })
    }
}

fn read_all(
    source: &mut dyn FrameSource,
    out: &Sender<Frame<CpuImage>>,
    stop: &Stop,
    meter: &Meter,
) -> Result<(u64, u64)> {
    let mut read = 0;
    while !stop.requested() {
        let Some(frame) = meter.time(|| source.next_frame())? else { break };
        read += 1;
        meter.count();
        if out.send(frame).is_err() {
            break;
        }
    }
    Ok((read, out.dropped()))
}

fn filter_all<I: Send, O: Send>(
    filter: &mut dyn FrameFilter<In = I, Out = O>,
    input: &Receiver<Frame<I>>,
    out: &Sender<Frame<O>>,
    meter: &Meter,
) -> Result<u64> {
    while let Some(frame) = input.recv() {
        let mut next = meter.time(|| filter.push(frame))?;
        while let Some(done) = next.take().map_or_else(|| meter.time(|| filter.more()), |done| Ok(Some(done)))? {
            meter.count();
            if out.send(done).is_err() {
                return Ok(out.dropped());
            }
        }
    }
    while let Some(done) = meter.time(|| filter.drain())? {
        meter.count();
        if out.send(done).is_err() {
            break;
        }
    }
    Ok(out.dropped())
}

fn write_all(
    mut sink: Box<dyn FrameSink>,
    input: &Receiver<Frame<CpuImage>>,
    first: u64,
    broken: &AtomicBool,
    meter: &Meter,
) -> Result<u64> {
    let mut next = first;
    while let Some(frame) = input.recv() {
        // It warmed up what is behind it, and was written before, by this run or another.
        if frame.stamp.index < next {
            continue;
        }
        next = frame.stamp.index + 1;
        meter.time(|| sink.write(frame))?;
        meter.count();
    }
    // The flag was raised before the sender was dropped, so it is seen here.
    if !broken.load(Ordering::Acquire) && meter.frames() > 0 {
        meter.time(|| sink.finish())?;
    }
    Ok(meter.frames())
}

/// Starts a stage's thread on what the stage owns. `owned` holds the links: they close when it is dropped, which is after
/// the alarm was raised, in a panic too (locals are dropped in reverse order).
fn spawn<'s, R: Send + 's, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    stage: Stage,
    broken: &'s AtomicBool,
    owned: R,
    work: impl FnOnce(&mut R) -> Result<T> + Send + 's,
) -> Result<ScopedJoinHandle<'s, Result<T>>> {
    let body = move || {
        let mut owned = owned;
        let mut alarm = Alarm { broken, armed: true };
        let result = work(&mut owned);
        alarm.armed = matches!(&result, Err(e) if !matches!(e, Error::Read { frames: 1.., .. }));
        result
    };
    Builder::new()
        .name(stage.name().into())
        .spawn_scoped(scope, body)
        .map_err(|e| Error::Panicked { stage: stage.name(), message: format!("the system gives no thread: {e}") })
}

struct Alarm<'a> {
    broken: &'a AtomicBool,
    armed: bool,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.broken.store(true, Ordering::Release);
        }
    }
}

fn join<T>(stage: Stage, handle: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    handle.join().unwrap_or_else(|panic| Err(Error::panicked(stage.name(), &*panic)))
}

#[cfg(test)]
mod tests;
