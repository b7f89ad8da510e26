//! What draws, built to order: whoever knows devices and weights builds stages, this keeps them in tune with the
//! settings. On the network and the shader thread.

use super::shared::Shared;
use crate::config::Settings;
use crate::error::Result;
use crate::frame::{CpuImage, Drawn, StreamInfo};
use crate::stage::FrameFilter;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};

/// Photo in, drawing out.
pub type Stylizer = Box<dyn FrameFilter<In = CpuImage, Out = Drawn>>;
/// Drawing in, finished picture out.
pub type Post = Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>;

/// A stage that was built, and what to tell about it.
pub struct Made<S> {
    /// The stage. Answers every push with the frame it was given, or (shaders) when drained.
    pub stage: S,
    /// What it computes on, for people.
    pub runs_on: String,
    /// What the user may not have expected.
    pub warnings: Vec<String>,
}

/// Builds stages. Called from several threads, also for settings that have just been typed, so it must take care of
/// what it shares.
pub trait Studio: Send + Sync {
    /// A network for `photos`.
    ///
    /// # Errors
    /// Weights or device cannot be used.
    fn stylizer(&self, settings: &Settings, photos: &StreamInfo) -> Result<Made<Stylizer>>;
    /// Shaders for `photos` that give 8-bit 4:2:0 in [`ColorInfo::BT709`](crate::frame::ColorInfo::BT709).
    ///
    /// # Errors
    /// The graphics adapter cannot be used.
    fn post(&self, settings: &Settings, photos: &StreamInfo) -> Result<Made<Post>>;
}

/// Builds one of the two stages.
pub(super) type Make<S> = Arc<dyn Fn(&Settings, &StreamInfo) -> Result<Made<S>> + Send + Sync>;

/// A stage that follows the settings.
pub(super) struct Tuned<S> {
    make: Make<S>,
    stage: Option<(S, Arc<StreamInfo>)>,
    /// Of the settings in force.
    version: u64,
    building: Option<Building<S>>,
}

/// A stage on its way.
struct Building<S> {
    result: Receiver<Result<Made<S>>>,
    thread: Option<JoinHandle<()>>,
    info: Arc<StreamInfo>,
    version: u64,
}

impl<S> Drop for Building<S> {
    fn drop(&mut self) {
        // The builder uses devices that must not go while it does. Its result, a panic too, has come through `result`.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl<I: Send + 'static, O: Send + 'static> Tuned<Box<dyn FrameFilter<In = I, Out = O>>> {
    pub fn new(make: Make<Box<dyn FrameFilter<In = I, Out = O>>>) -> Self {
        Self { make, stage: None, version: 0, building: None }
    }

    /// The stage for a frame of `info`, with the newest settings as far as they are built. `told` gets what each new
    /// stage has to tell.
    ///
    /// # Errors
    /// The stage fails, or cannot be built for frames of a new kind. That other *settings* cannot be used is noted, and the
    /// stage goes on as it is.
    pub fn stage(
        &mut self,
        shared: &Shared,
        info: &Arc<StreamInfo>,
        told: impl Fn(&Made<Box<dyn FrameFilter<In = I, Out = O>>>),
    ) -> Result<&mut dyn FrameFilter<In = I, Out = O>> {
        self.collect(shared, info, &told);
        let (version, settings) = shared.look();
        if let Some((stage, built_for)) = &mut self.stage
            && Arc::ptr_eq(built_for, info)
        {
            if version != self.version && self.building.is_none() {
                if stage.retune(&settings)? {
                    self.version = version;
                } else {
                    self.building = self.build(settings, Arc::clone(info), version);
                }
            }
        } else {
            self.building = None;
            let made = (self.make)(&settings, info)?;
            told(&made);
            self.version = version;
            self.stage = Some((made.stage, Arc::clone(info)));
        }
        match &mut self.stage {
            Some((stage, _)) => Ok(&mut **stage),
            None => unreachable!("the stage was put there above"),
        }
    }

    /// Puts a stage that is done into place.
    fn collect(
        &mut self,
        shared: &Shared,
        info: &Arc<StreamInfo>,
        told: impl Fn(&Made<Box<dyn FrameFilter<In = I, Out = O>>>),
    ) {
        let Some(building) = &self.building else { return };
        let made = match building.result.try_recv() {
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => Err(crate::error::Error::Panicked {
                stage: "builder",
                message: "a stage for the new settings could not be built".into(),
            }),
            Ok(made) => made,
        };
        let Some(building) = self.building.take() else { return };
        self.version = building.version;
        match made {
            Ok(made) if Arc::ptr_eq(&building.info, info) => {
                told(&made);
                self.stage = Some((made.stage, Arc::clone(info)));
            }
            // For frames of a kind that is gone.
            Ok(_) => {}
            Err(error) => shared.note(&error.to_string()),
        }
    }

    fn build(
        &self,
        settings: Arc<Settings>,
        info: Arc<StreamInfo>,
        version: u64,
    ) -> Option<Building<Box<dyn FrameFilter<In = I, Out = O>>>> {
        let (make, ours) = (Arc::clone(&self.make), Arc::clone(&info));
        let (sender, result) = channel();
        let build = move || {
            // Nobody waits for it where the session has ended meanwhile.
            let _ = sender.send(make(&settings, &ours));
        };
        // Where the system gives no thread now, it is tried again with the next frame.
        let thread = Builder::new().name("builder".into()).spawn(build).ok()?;
        Some(Building { result, thread: Some(thread), info, version })
    }
}
