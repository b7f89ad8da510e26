//! What the threads of a session share, and what it tells about itself.

use super::latency::{Latencies, Latency};
use crate::config::Settings;
use crate::error::Error;
use crate::frame::{Clock, CpuImage, Rational};
use crate::pipeline::Stop;
use parking_lot::{Condvar, Mutex};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What is shown, aside from the style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The photo itself.
    pub bypass: bool,
    /// The last picture, until this is off again.
    pub freeze: bool,
    /// Left and right exchanged, as in a mirror.
    pub mirror: bool,
}

/// How the camera is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraState {
    /// Not there yet.
    Starting,
    /// Delivers.
    Running {
        /// Its name.
        name: String,
        /// Size, format and rate, for people.
        mode: String,
    },
    /// Gone; looked for.
    Lost {
        /// Why.
        reason: String,
    },
    /// Closed, since nobody watches.
    Resting,
}

/// What a shown picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The drawing.
    Drawing,
    /// The photo, bypassing the drawing.
    Photo,
    /// A card that stands in for the camera.
    Card,
}

/// A finished picture.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Counts shown pictures from 1; a picture that is shown again keeps its number.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// 4:2:0, BT.709; of the camera's size.
    pub picture: CpuImage,
    /// Shape of a pixel, width to height.
    pub aspect: Rational,
    /// The photo it was drawn from, in the camera's format, mirrored alike; of a card, the card.
    pub photo: CpuImage,
    /// When it was captured, in ticks of the session's [`Clock`].
    pub captured: i64,
}

/// Counts that several threads write.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Frames that the source produced and this program did not get: gaps in the indices.
    pub missed: AtomicU64,
    pub captured: AtomicU64,
    pub drawn: AtomicU64,
    /// By link: before the network, before the shaders, before delivery.
    pub dropped: [Mutex<Arc<AtomicU64>>; 3],
}

impl Counts {
    pub fn dropped(&self) -> u64 {
        self.dropped.iter().map(|link| link.lock().load(Relaxed)).sum()
    }
}

/// An output's state.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputStatus {
    /// As it was called.
    pub name: String,
    /// Pictures it took.
    pub delivered: u64,
    /// Pictures it was too slow for.
    pub dropped: u64,
    /// From capture until it had taken a picture, over the whole run.
    pub latency: Latency,
    /// How many watch, where that can be known.
    pub watchers: Option<usize>,
    /// Why it takes no more pictures.
    pub failure: Option<String>,
}

/// How a session is.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The camera.
    pub camera: CameraState,
    /// Since the beginning.
    pub elapsed: Duration,
    /// Frames that came from the source.
    pub captured: u64,
    /// Frames that the source produced and that never came: the camera's or driver's loss.
    pub missed: u64,
    /// Pictures that were drawn and shown.
    pub drawn: u64,
    /// Frames that gave way to newer ones inside the program.
    pub dropped: u64,
    /// Pictures shown a second, over the last two.
    pub fps: f64,
    /// From capture until a picture was finished, over the last two seconds.
    pub recent: Latency,
    /// The same over the whole run.
    pub overall: Latency,
    /// What network and shaders run on, once they do.
    pub runs_on: [Option<String>; 2],
    /// All outputs; a recording is one of them.
    pub outputs: Vec<OutputStatus>,
    /// Where a recording goes to.
    pub recording: Option<PathBuf>,
}

/// A callback that says that there is something new to show.
pub(super) type Waker = Box<dyn Fn() + Send + Sync>;

/// See the module.
pub(super) struct Shared {
    pub clock: Clock,
    pub stop: Stop,
    pub counts: Counts,
    pub view: Mutex<View>,
    pub camera: Mutex<CameraState>,
    pub latencies: Mutex<Latencies>,
    pub runs_on: Mutex<[Option<String>; 2]>,
    look: Mutex<(u64, Arc<Settings>)>,
    notes: Mutex<Vec<String>>,
    failure: Mutex<Option<Error>>,
    latest: Mutex<Option<Arc<Shown>>>,
    changed: Condvar,
    waker: Mutex<Option<Waker>>,
}

impl Shared {
    pub fn new(clock: Clock, settings: Settings, view: View) -> Self {
        Self {
            clock,
            stop: Stop::default(),
            counts: Counts::default(),
            view: Mutex::new(view),
            camera: Mutex::new(CameraState::Starting),
            latencies: Mutex::default(),
            runs_on: Mutex::default(),
            look: Mutex::new((1, Arc::new(settings))),
            notes: Mutex::default(),
            failure: Mutex::default(),
            latest: Mutex::default(),
            changed: Condvar::new(),
            waker: Mutex::default(),
        }
    }

    /// The settings that are wanted, with a number that changes with them.
    pub fn look(&self) -> (u64, Arc<Settings>) {
        self.look.lock().clone()
    }

    pub fn set_look(&self, settings: Settings) {
        let mut look = self.look.lock();
        *look = (look.0 + 1, Arc::new(settings));
    }

    pub fn view(&self) -> View {
        *self.view.lock()
    }

    /// Keeps something that the user should know.
    pub fn note(&self, text: &str) {
        tracing::info!("{text}");
        self.notes.lock().push(text.to_owned());
    }

    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock())
    }

    /// Ends the session; the first failure is its outcome.
    pub fn fail(&self, error: Error) {
        self.failure.lock().get_or_insert(error);
        self.stop.request();
        self.changed.notify_all();
        self.wake();
    }

    pub fn take_failure(&self) -> Option<Error> {
        self.failure.lock().take()
    }

    /// Makes `shown` the newest picture.
    pub fn show(&self, shown: Arc<Shown>) {
        *self.latest.lock() = Some(shown);
        self.changed.notify_all();
        self.wake();
    }

    pub fn latest(&self) -> Option<Arc<Shown>> {
        self.latest.lock().clone()
    }

    /// The newest picture, once its number is above `seen`.
    pub fn wait(&self, seen: u64, timeout: Duration) -> Option<Arc<Shown>> {
        let old = |latest: &mut Option<Arc<Shown>>| {
            latest.as_ref().is_none_or(|shown| shown.number <= seen) && !self.stop.requested()
        };
        let mut latest = self.latest.lock();
        self.changed.wait_while_for(&mut latest, old, timeout);
        latest.clone().filter(|shown| shown.number > seen)
    }

    pub fn set_waker(&self, waker: Option<Waker>) {
        *self.waker.lock() = waker;
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock() {
            waker();
        }
    }

    /// Counts a picture that was captured at `captured` and is now finished.
    pub fn finished(&self, captured: i64) {
        self.counts.drawn.fetch_add(1, Relaxed);
        self.latencies.lock().add(Instant::now(), self.clock.since(captured));
    }
}
