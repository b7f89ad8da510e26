//! One output on a thread of its own: a sink that is opened when the picture's size is known, and fed the newest picture.

use super::latency::Latencies;
use super::shared::OutputStatus;
use crate::error::{Error, Result};
use crate::frame::{Clock, CpuImage, Frame, StreamInfo};
use crate::pipeline::{Policy, Receiver, Sender, link};
use crate::sink::Audience;
use crate::stage::FrameSink;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

/// Opens a sink for pictures as it is told.
pub(super) type Open = Box<dyn FnOnce(&StreamInfo) -> Result<Box<dyn FrameSink>> + Send>;

/// Something that takes the finished pictures of a session.
///
/// Pictures are 4:2:0, BT.709, of one even size. Their [`Stamp`](crate::frame::Stamp) has the moment of capture in ticks of
/// [`Clock`]; its index is the picture's number. When nothing new comes, the last picture or a card is sent again, with
/// the stamp that it had, five times a second.
pub struct Output {
    /// What to call it.
    pub name: String,
    /// Opens it.
    pub open: Open,
    /// Who watches it, where it can tell; an output that cannot is always watched.
    pub audience: Option<Audience>,
}

/// A picture for the outputs.
pub(super) struct Delivery {
    pub frame: Frame<CpuImage>,
    /// Fresh from the camera, so that its latency means something.
    pub fresh: bool,
}

#[derive(Default)]
struct Tally {
    delivered: AtomicU64,
    latencies: Mutex<Latencies>,
    failure: Mutex<Option<String>>,
}

/// An output at work.
pub(super) struct Running {
    name: String,
    audience: Option<Audience>,
    to: Option<Sender<Delivery>>,
    drops: Arc<AtomicU64>,
    tally: Arc<Tally>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Running {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(output: Output, policy: Policy, info: StreamInfo, clock: Clock) -> Result<Self> {
        let Output { name, open, audience } = output;
        let (to, from) = link(policy);
        let (drops, tally) = (to.drops(), Arc::new(Tally::default()));
        let ours = Arc::clone(&tally);
        let work = move || {
            let result = feed(open, &info, &from, clock, &ours);
            if let Err(error) = &result {
                ours.failure.lock().get_or_insert_with(|| error.to_string());
            }
            result
        };
        let thread = Builder::new().name(format!("to {name}")).spawn(work);
        let thread = thread.map_err(|e| Error::Offer { target: name.clone(), reason: e.to_string() })?;
        Ok(Self { name, audience, to: Some(to), drops, tally, thread: Some(thread) })
    }

    /// Hands a picture over. An output that has failed takes none, and says so in its status.
    pub fn send(&self, delivery: Delivery) {
        if let Some(to) = &self.to {
            let _ = to.send(delivery);
        }
    }

    pub fn status(&self) -> OutputStatus {
        OutputStatus {
            name: self.name.clone(),
            delivered: self.tally.delivered.load(Relaxed),
            dropped: self.drops.load(Relaxed),
            latency: self.tally.latencies.lock().overall(),
            watchers: self.audience.as_ref().map(Audience::count),
            failure: self.tally.failure.lock().clone(),
        }
    }

    /// Lets it finish what it has, waits for that and says how it was.
    ///
    /// # Errors
    /// Why it failed, if it did.
    pub fn finish(mut self) -> Result<OutputStatus> {
        self.to = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(Error::Panicked { stage: "output", message: self.name.clone() }),
            Some(Ok(Err(error))) => Err(error),
            Some(Ok(Ok(()))) | None => Ok(self.status()),
        }
    }
}

fn feed(open: Open, info: &StreamInfo, from: &Receiver<Delivery>, clock: Clock, tally: &Tally) -> Result<()> {
    let mut sink = open(info)?;
    let mut last = 0;
    while let Some(Delivery { frame, fresh }) = from.recv() {
        let (number, captured) = (frame.stamp.index, frame.stamp.pts);
        sink.write(frame)?;
        if number != last {
            last = number;
            tally.delivered.fetch_add(1, Relaxed);
            if fresh {
                tally.latencies.lock().add(Instant::now(), clock.since(captured));
            }
        }
    }
    sink.finish()
}
