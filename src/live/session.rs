//! A session: its threads, and everything one may do to it.

use super::capture::{self, Demand};
use super::deliver::{self, Outputs, Recorder};
use super::draw;
use super::output::{Output, Running};
use super::record::{self, Recording};
use super::shared::{Shared, Shown, Status, View};
use super::studio::{Studio, Tuned};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{Clock, Size};
use crate::pipeline::{Policy, link};
use crate::sink::{Audience, Seat, SinkOptions};
use crate::source::live::LiveSource;
use parking_lot::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// What a session begins with.
pub struct Setup {
    /// The camera, or what stands in for one. Its stamps are on `clock`.
    pub source: Box<dyn LiveSource>,
    /// The session's clock.
    pub clock: Clock,
    /// Builds what draws.
    pub studio: Arc<dyn Studio>,
    /// The style.
    pub settings: Settings,
    /// Bypass, freeze, mirror.
    pub view: View,
    /// Who gets the pictures, besides [`Session::latest`].
    pub outputs: Vec<Output>,
    /// Size of the pictures for outputs; `None` is that of the first frame. Sides are made even.
    pub canvas: Option<Size>,
    /// Opens the camera only while somebody watches an output, a recording runs or a [`Session::watch`] is held. Without
    /// effect where an output cannot tell.
    pub on_demand: bool,
}

/// A live run. Dropping it stops it, without telling how it went.
pub struct Session {
    shared: Arc<Shared>,
    outputs: Arc<Outputs>,
    threads: Vec<JoinHandle<()>>,
    started: Instant,
    audience: Audience,
}

impl Session {
    /// Starts the threads. The camera is opened and the stages are built by them, so a failure of those comes later, from
    /// [`Session::stop`]; see [`Session::is_over`].
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn start(setup: Setup) -> Result<Self> {
        let Setup { mut source, clock, studio, settings, view, outputs, canvas, on_demand } = setup;
        let shared = Arc::new(Shared::new(clock, settings, view));
        let audience = Audience::default();
        let demand = demand(on_demand, &outputs, &audience);
        let all = Arc::new(Outputs { waiting: Mutex::new(outputs), ..Outputs::default() });
        let mut session = Self {
            shared: Arc::clone(&shared),
            outputs: Arc::clone(&all),
            threads: Vec::new(),
            started: Instant::now(),
            audience,
        };

        let (to_network, from_capture) = link(Policy::Newest);
        // Drawn frames are not thrown away: the work is done, and calm needs every one. The network waits instead.
        let (to_shaders, from_network) = link(Policy::Wait { depth: 0 });
        let (to_delivery, from_shaders) = link(Policy::Newest);
        let links = [to_network.drops(), to_shaders.drops(), to_delivery.drops()];
        for (place, drops) in shared.counts.dropped.iter().zip(links) {
            *place.lock() = drops;
        }
        session.spawn("capture", move |shared| capture::run(shared, &mut *source, &demand, &to_network))?;
        let artist = Arc::clone(&studio);
        session.spawn("network", move |shared| {
            let mut tuned = Tuned::new(Arc::new(move |s: &Settings, i: &_| artist.stylizer(s, i)));
            draw::network(shared, &mut tuned, &from_capture, &to_shaders)
        })?;
        session.spawn("shaders", move |shared| {
            let mut tuned = Tuned::new(Arc::new(move |s: &Settings, i: &_| studio.post(s, i)));
            draw::shaders(shared, &mut tuned, &from_network, &to_delivery)
        })?;
        session.spawn("deliver", move |shared| deliver::run(shared, &all, canvas, &from_shaders))?;
        Ok(session)
    }

    /// Starts a thread whose failure, a panic too, ends the session. What `work` owns is dropped with it, which closes its
    /// links.
    fn spawn(&mut self, name: &'static str, work: impl FnOnce(&Shared) -> Result<()> + Send + 'static) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let body = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&shared)))
                .unwrap_or_else(|panic| Err(Error::panicked(name, &*panic)));
            if let Err(error) = outcome {
                shared.fail(error);
            }
        };
        let thread = Builder::new().name(name.into()).spawn(body).map_err(|e| {
            self.shared.stop.request();
            Error::Panicked { stage: name, message: format!("the system gives no thread: {e}") }
        })?;
        self.threads.push(thread);
        Ok(())
    }

    /// The newest picture, if any yet.
    #[must_use]
    pub fn latest(&self) -> Option<Arc<Shown>> {
        self.shared.latest()
    }

    /// The newest picture whose number is above `seen`, waited for at most so long.
    #[must_use]
    pub fn wait(&self, seen: u64, timeout: Duration) -> Option<Arc<Shown>> {
        self.shared.wait(seen, timeout)
    }

    /// Has `waker` called, from a thread of the session, whenever there is a new picture or the session fails. It must
    /// return at once.
    pub fn set_waker(&self, waker: impl Fn() + Send + Sync + 'static) {
        self.shared.set_waker(Some(Box::new(waker)));
    }

    /// How long ago a picture was captured: its latency, at the moment it is presented.
    #[must_use]
    pub fn age(&self, shown: &Shown) -> Duration {
        self.shared.clock.since(shown.captured)
    }

    /// The settings that were asked for last.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.shared.look().1
    }

    /// Draws with these settings from the next frame on, or, where they need other shaders or weights, as soon as those
    /// are ready.
    pub fn set_settings(&self, settings: Settings) {
        self.shared.set_look(settings);
    }

    /// Bypass, freeze and mirror.
    #[must_use]
    pub fn view(&self) -> View {
        self.shared.view()
    }

    /// Changes bypass, freeze and mirror, from the next frame on.
    pub fn set_view(&self, view: View) {
        *self.shared.view.lock() = view;
    }

    /// Counts the caller as a watcher until the answer is dropped: a window that is visible.
    #[must_use]
    pub fn watch(&self) -> Seat {
        self.audience.enter()
    }

    /// What the user should be told, each once: the camera came or went, a style cannot be used.
    #[must_use]
    pub fn take_notes(&self) -> Vec<String> {
        self.shared.take_notes()
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        let Shared { counts, camera, latencies, runs_on, .. } = &*self.shared;
        let recorder = self.outputs.recorder.lock();
        let running = self.outputs.running.lock();
        let outputs = running.iter().chain(recorder.iter().map(|r| &r.output)).map(Running::status).collect();
        let mut latencies = latencies.lock();
        let (recent, fps) = latencies.recent(Instant::now());
        Status {
            camera: camera.lock().clone(),
            elapsed: self.started.elapsed(),
            captured: counts.captured.load(Relaxed),
            missed: counts.missed.load(Relaxed),
            drawn: counts.drawn.load(Relaxed),
            dropped: counts.dropped(),
            fps,
            recent,
            overall: latencies.overall(),
            runs_on: runs_on.lock().clone(),
            outputs,
            recording: recorder.as_ref().map(|r| r.path.clone()),
        }
    }

    /// Begins to write what is shown to a video file, which gets its name when the recording ends.
    ///
    /// # Errors
    /// A recording runs already, or nothing was shown yet ([`Error::Create`]). That the file cannot be written is told
    /// by [`Session::stop_recording`], and before that by the output's status.
    pub fn record(&self, path: &Path, options: SinkOptions) -> Result<()> {
        let mut recorder = self.outputs.recorder.lock();
        if let Some(Recorder { path, .. }) = &*recorder {
            return Err(Error::create(path, "it is being recorded already"));
        }
        let info = self.outputs.info.lock().clone();
        let info = info.ok_or_else(|| Error::create(path, "there is no picture to record yet"))?;
        let policy = Policy::Recent { depth: record::DEPTH };
        let output = Running::start(record::output(path, options), policy, info, self.shared.clock)?;
        *recorder = Some(Recorder { path: path.to_owned(), output, _seat: self.audience.enter() });
        Ok(())
    }

    /// Ends the recording and waits until the file is whole; `None` where there is none.
    ///
    /// # Errors
    /// Why there is no file: [`Error::Create`], [`Error::Exists`], [`Error::Write`], …
    pub fn stop_recording(&self) -> Result<Option<Recording>> {
        let Some(Recorder { path, output, .. }) = self.outputs.recorder.lock().take() else { return Ok(None) };
        output.finish().map(|status| Some(Recording { path, frames: status.delivered, dropped: status.dropped }))
    }

    /// Ends the session: the recording and every output get what is under way.
    ///
    /// # Errors
    /// The first failure of the run; else that of the recording. An output that failed on the way is told in the status
    /// instead.
    pub fn stop(mut self) -> Result<Status> {
        self.end();
        let recording = self.stop_recording();
        let status = self.status();
        for output in self.outputs.running.lock().drain(..) {
            if let Err(error) = output.finish() {
                tracing::info!("an output did not end well: {error}");
            }
        }
        match self.shared.take_failure() {
            Some(failure) => Err(failure),
            None => recording.map(|_| status),
        }
    }

    fn end(&mut self) {
        self.shared.stop.request();
        for thread in self.threads.drain(..) {
            // A panic has become the session's failure.
            let _ = thread.join();
        }
    }

    /// Whether it ended by itself: the source is over, or something failed, as [`Session::stop`] tells.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.shared.stop.requested() || self.threads.iter().any(JoinHandle::is_finished)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
        if let Err(error) = self.stop_recording() {
            tracing::warn!("the recording is lost: {error}");
        }
    }
}

/// Whose watching opens the camera; `None` where it is always open.
fn demand(on_demand: bool, outputs: &[Output], own: &Audience) -> Demand {
    let theirs: Option<Vec<Audience>> = outputs.iter().map(|o| o.audience.clone()).collect();
    theirs.filter(|_| on_demand).map(|all| all.into_iter().chain([own.clone()]).collect())
}
