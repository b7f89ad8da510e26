//! No network: the drawing is the small photo, and the shaders alone make the comic. Needs no libtorch.

use super::reduce::Reduce;
use super::size::Detail;
use crate::error::Result;
use crate::frame::{CpuImage, Drawn, Frame, StreamInfo};
use crate::stage::FrameFilter;

/// See the module.
pub struct Classic {
    detail: Detail,
    reduce: Reduce,
}

impl Classic {
    /// For frames of `info`.
    #[must_use]
    pub fn new(info: &StreamInfo, detail: Detail) -> Self {
        let reduce = Reduce::new(info.size, info.format, info.color, detail.working_size(info.size));
        Self { detail, reduce }
    }
}

impl FrameFilter for Classic {
    type In = CpuImage;
    type Out = Drawn;

    fn push(&mut self, frame: Frame<CpuImage>) -> Result<Option<Frame<Drawn>>> {
        if !self.reduce.fits(&frame.image) {
            let CpuImage { size, format, color, .. } = frame.image;
            self.reduce = Reduce::new(size, format, color, self.detail.working_size(size));
        }
        let drawing = self.reduce.run(&frame.image).to_drawing();
        let photo = frame.image.clone();
        Ok(Some(frame.with(Drawn { photo, drawing })))
    }

    fn drain(&mut self) -> Result<Option<Frame<Drawn>>> {
        Ok(None)
    }
}
