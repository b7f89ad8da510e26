//! No network: the drawing is the small photo, and the shaders alone make the comic. Needs no libtorch.

use crate::config::Settings;
use crate::error::Result;
use crate::frame::{Drawing, SmallRgb};
use crate::stage::Draw;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Classic;

impl Draw for Classic {
    fn draw(&mut self, photo: &SmallRgb) -> Result<Drawing> {
        Ok(photo.to_drawing())
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        // Without libtorch this stands in for every network.
        Ok(cfg!(not(feature = "torch")) || settings.generator.weights == "none")
    }
}
