//! What a photo has of transparency, around the drawing: shaders see colour alone.

use super::beside::Beside;
use crate::config::Settings;
use crate::error::Result;
use crate::frame::{CpuImage, Drawn, Frame};
use crate::stage::FrameFilter;
use std::sync::Arc;

/// Finishes drawings by another filter and makes each as transparent as its photo; one that is shown again stays as it was.
pub struct Matte {
    finish: Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>,
    last: Option<Arc<CpuImage>>,
    mattes: Beside<Option<Arc<CpuImage>>>,
}

impl Matte {
    /// `finish` answers with pictures of the photos' size.
    #[must_use]
    pub fn new(finish: Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>) -> Self {
        Self { finish, last: None, mattes: Beside::default() }
    }

    fn cut_out(&mut self, done: Option<Frame<CpuImage>>) -> Result<Option<Frame<CpuImage>>> {
        let Some(done) = done else { return Ok(None) };
        let matte = self.mattes.take(done.stamp.index)?;
        Ok(Some(Frame { stamp: done.stamp, image: done.image.with_matte(matte) }))
    }
}

impl FrameFilter for Matte {
    type In = Drawn;
    type Out = CpuImage;

    fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
        if frame.image.drawing.is_some() {
            self.last = frame.image.photo.matte();
        }
        self.mattes.keep(frame.stamp.index, self.last.clone());
        let done = self.finish.push(frame)?;
        self.cut_out(done)
    }

    fn more(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let done = self.finish.more()?;
        self.cut_out(done)
    }

    fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let done = self.finish.drain()?;
        self.cut_out(done)
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        self.finish.retune(settings)
    }
}
