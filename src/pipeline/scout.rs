//! Looks through a film without drawing it, and says where a run would divide it.

use super::divide::{Divide, Division, Divisions};
use super::redraw::Manner;
use crate::frame::{CpuImage, Frame, SmallRgb};
use crate::motion::Cuts;
use crate::stylize::{Detail, Reduce};

/// Sees what [`Redraw`](super::Redraw) sees of a film, as far as it divides it: the pictures at working size, and their cuts.
/// [`Cuts`] and [`Calm`](crate::motion::Calm) find the same ones, the former for less.
pub struct Scout {
    reducer: Reducer,
    /// Nothing where no frame knows of another, and each might begin a segment.
    cuts: Option<Cuts>,
    divide: Divide,
    told: Divisions,
}

/// Makes of photos what a [`Scout`] looks at. It has a thread of its own, since that is half of the work.
#[derive(Clone)]
pub struct Reducer {
    detail: Detail,
    reduce: Option<Reduce>,
}

impl Reducer {
    /// `photo` at working size.
    pub fn run(&mut self, photo: &CpuImage) -> SmallRgb {
        let reduce = self.reduce.take().filter(|reduce| reduce.fits(photo));
        let size = self.detail.working_size(photo.size);
        let reduce = reduce.unwrap_or_else(|| Reduce::new(photo.size, photo.format, photo.color, size));
        self.reduce.insert(reduce).run(photo)
    }
}

impl Scout {
    /// For a film to be divided as by [`Redraw::dividing`](super::Redraw::dividing) with this `limit`.
    #[must_use]
    pub fn new(detail: Detail, manner: Manner, limit: u64) -> Self {
        let told = Divisions::default();
        Self {
            reducer: Reducer { detail, reduce: None },
            cuts: (!manner.forgets()).then(Cuts::default),
            divide: Divide::new(limit, 0, told.clone()),
            told,
        }
    }

    /// What [`look`](Self::look) wants of a frame beside the frame comes from here.
    #[must_use]
    pub fn reducer(&self) -> Reducer {
        self.reducer.clone()
    }

    /// Takes the next frame, and what the reducer made of it; answers with the segment that begins with it, if one does. Of
    /// the first one nothing is said.
    pub fn look(&mut self, frame: &Frame<CpuImage>, small: &SmallRgb) -> Option<Division> {
        let starts_shot = self.starts_shot(small);
        if let Some(again) = self.divide.pass(frame, starts_shot) {
            self.cuts = self.cuts.take().map(|_| Cuts::default());
            for frame in again {
                let small = self.reducer.run(&frame.image);
                self.starts_shot(&small);
            }
            self.starts_shot(small);
        }
        self.told.at(frame.stamp.index)
    }

    fn starts_shot(&mut self, small: &SmallRgb) -> bool {
        self.cuts.as_mut().is_none_or(|cuts| cuts.is_cut(small))
    }
}
