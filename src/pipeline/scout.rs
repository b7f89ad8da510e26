//! Looks through a film without drawing it, and says where a run would divide it.

use super::divide::{Divide, Division, Divisions};
use super::redraw::Manner;
use crate::frame::{CpuImage, Frame, StreamInfo};
use crate::motion::Cuts;
use crate::stylize::{Detail, Reduce};

/// Sees what [`Redraw`](super::Redraw) sees of a film, as far as it divides it: the pictures at working size, and their cuts.
/// [`Cuts`] and [`Calm`](crate::motion::Calm) find the same ones, the former for less.
pub struct Scout {
    detail: Detail,
    reduce: Reduce,
    /// Nothing where no frame knows of another, and each might begin a segment.
    cuts: Option<Cuts>,
    divide: Divide,
    told: Divisions,
}

impl Scout {
    /// For frames of `info`, to be divided as by [`Redraw::dividing`](super::Redraw::dividing) with this `limit`.
    #[must_use]
    pub fn new(info: &StreamInfo, detail: Detail, manner: Manner, limit: u64) -> Self {
        let told = Divisions::default();
        Self {
            detail,
            reduce: Reduce::new(info.size, info.format, info.color, detail.working_size(info.size)),
            cuts: (!manner.forgets()).then(Cuts::default),
            divide: Divide::new(limit, 0, told.clone()),
            told,
        }
    }

    /// Takes the next frame; answers with the segment that begins with it, if one does. Of the first one nothing is said.
    pub fn look(&mut self, frame: &Frame<CpuImage>) -> Option<Division> {
        let starts_shot = self.starts_shot(&frame.image);
        if let Some(again) = self.divide.pass(frame, starts_shot) {
            self.cuts = self.cuts.take().map(|_| Cuts::default());
            for frame in again.iter().chain([frame]) {
                self.starts_shot(&frame.image);
            }
        }
        self.told.at(frame.stamp.index)
    }

    fn starts_shot(&mut self, photo: &CpuImage) -> bool {
        let Some(cuts) = &mut self.cuts else { return true };
        if !self.reduce.fits(photo) {
            let size = self.detail.working_size(photo.size);
            self.reduce = Reduce::new(photo.size, photo.format, photo.color, size);
        }
        cuts.is_cut(&self.reduce.run(photo))
    }
}
