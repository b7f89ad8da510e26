//! What draws in a live run: the engine's two stages, each built again where other settings or frames ask for it.

use super::engine::{self, detail, warning};
use crate::cli;
use crate::config::Settings;
use crate::error::Result;
use crate::frame::{ColorInfo, PixelFormat, StreamInfo};
use crate::gpu::Context;
use crate::live::{self, Made};
use crate::pipeline::{Manner, Redraw};
use crate::post::PostChain;
use crate::stylize;
use parking_lot::Mutex;

/// Builds for one machine; all shaders run on one device.
pub struct Studio {
    machine: cli::Machine,
    context: Mutex<Option<Context>>,
}

impl Studio {
    /// Opens nothing yet.
    pub fn new(machine: cli::Machine) -> Self {
        Self { machine, context: Mutex::default() }
    }

    fn context(&self) -> Result<Context> {
        let mut context = self.context.lock();
        Ok(match &mut *context {
            Some(context) => context.clone(),
            empty => empty.insert(engine::context(&self.machine.device)?).clone(),
        })
    }
}

impl live::Studio for Studio {
    fn stylizer(&self, settings: &Settings, photos: &StreamInfo) -> Result<Made<live::Stylizer>> {
        let detail = detail(self.machine.detail);
        let built = stylize::build(&settings.generator, detail, &self.machine.device, photos)?;
        let stage = Box::new(Redraw::new(built.draw, photos, detail, Manner::from(settings)));
        Ok(Made { stage, runs_on: built.device, warnings: built.warning.into_iter().collect() })
    }

    fn post(&self, settings: &Settings, photos: &StreamInfo) -> Result<Made<live::Post>> {
        let context = self.context()?;
        let runs_on = context.describe().to_owned();
        let warnings = warning(&context).into_iter().collect();
        let drawing = detail(self.machine.detail).working_size(photos.size);
        let chain = PostChain::new(context, settings, photos, (PixelFormat::I420, ColorInfo::BT709), drawing)?;
        Ok(Made { stage: Box::new(chain), runs_on, warnings })
    }
}
