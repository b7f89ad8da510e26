//! Interlaced frames on their way through the deinterlacer, which answers late: every picture gets the time that its
//! frame went in with; a second field begins half way to the next frame.

use super::Timed;
use crate::av::AvError;
use crate::av::deinterlace::{Deinterlacer, Manner};
use crate::av::picture::AvFrame;
use crate::source::Deinterlace;
use std::collections::VecDeque;

/// See the module. Frames go in with times in the file's ticks and come out in [`Fields::per_tick`]ths of them.
pub(super) struct Fields {
    /// Nothing where frames stay as they are.
    manner: Option<Manner>,
    threads: usize,
    filter: Option<Deinterlacer>,
    inside: VecDeque<Inside>,
    /// The first field of the frame that went in first has come out.
    halfway: bool,
    ready: VecDeque<Timed>,
    ended: bool,
}

/// A frame inside the filter.
#[derive(Clone, Copy)]
struct Inside {
    pts: i64,
    duration: Option<i64>,
    /// To the next frame, where there will be none.
    step: i64,
}

impl Fields {
    pub(super) fn new(deinterlace: Deinterlace, threads: usize) -> Self {
        let manner = match deinterlace {
            Deinterlace::Off => None,
            Deinterlace::Auto => Some(Manner { all: false, both: false }),
            Deinterlace::Frame => Some(Manner { all: true, both: false }),
            Deinterlace::Field => Some(Manner { all: true, both: true }),
        };
        let (inside, ready) = (VecDeque::new(), VecDeque::new());
        Self { manner, threads, filter: None, inside, halfway: false, ready, ended: false }
    }

    /// Pictures a frame, and ticks of theirs in one of the file's.
    pub(super) fn per_tick(&self) -> i32 {
        if self.manner.is_some_and(|manner| manner.both) { 2 } else { 1 }
    }

    /// The next picture that is ready.
    pub(super) fn take(&mut self) -> Option<Timed> {
        self.ready.pop_front()
    }

    /// Takes a frame; `step` is its length where nothing else tells.
    ///
    /// # Errors
    /// The filter cannot be set up for it, or fails.
    pub(super) fn push(&mut self, timed: Timed, step: i64) -> Result<(), AvError> {
        let Some(manner) = self.manner else {
            self.ready.push_back(timed);
            return Ok(());
        };
        if self.filter.as_ref().is_some_and(|filter| !filter.fits(&timed.frame)) {
            self.drain()?;
        }
        let filter = match &mut self.filter {
            Some(filter) => filter,
            None if manner.all || timed.frame.is_interlaced() => {
                match Deinterlacer::new(&timed.frame, manner, self.threads) {
                    Ok(filter) => self.filter.insert(filter),
                    Err(error) if manner.all => return Err(error),
                    Err(error) => {
                        tracing::warn!("interlaced frames stay as they are: the filter cannot be set up ({error})");
                        self.manner = None;
                        self.ready.push_back(timed);
                        return Ok(());
                    }
                }
            }
            None => {
                self.ready.push_back(timed);
                return Ok(());
            }
        };
        let Timed { frame, pts, duration } = timed;
        self.inside.push_back(Inside { pts, duration, step });
        filter.send(Some(frame))?;
        self.collect()
    }

    /// No frame will come any more; answers whether that gave pictures.
    ///
    /// # Errors
    /// The filter fails.
    pub(super) fn end(&mut self) -> Result<bool, AvError> {
        if !self.ended {
            self.ended = true;
            self.drain()?;
        }
        Ok(!self.ready.is_empty())
    }

    /// Forgets everything, after a seek.
    pub(super) fn clear(&mut self) {
        (self.filter, self.halfway, self.ended) = (None, false, false);
        self.inside.clear();
        self.ready.clear();
    }

    /// Empties the filter, which takes nothing any more then.
    fn drain(&mut self) -> Result<(), AvError> {
        if let Some(filter) = &mut self.filter {
            filter.send(None)?;
            self.collect()?;
        }
        (self.filter, self.halfway) = (None, false);
        self.inside.clear();
        Ok(())
    }

    fn collect(&mut self) -> Result<(), AvError> {
        while let Some(frame) = self.filter.as_mut().map(Deinterlacer::receive).transpose()?.flatten() {
            let timed = self.timed(frame).ok_or(AvError::Bug)?;
            self.ready.push_back(timed);
        }
        Ok(())
    }

    /// Gives the next picture from the filter its time.
    fn timed(&mut self, frame: AvFrame) -> Option<Timed> {
        let Inside { pts, duration, step } = *self.inside.front()?;
        if self.per_tick() == 1 {
            self.inside.pop_front();
            return Some(Timed { frame, pts, duration });
        }
        // A frame's length in the file's ticks is, in half ticks, that of a field.
        self.halfway = !self.halfway;
        if self.halfway {
            return Some(Timed { frame, pts: pts * 2, duration });
        }
        self.inside.pop_front();
        let next = self.inside.front().map_or(pts + duration.unwrap_or(step).max(1), |next| next.pts);
        Some(Timed { frame, pts: pts + next, duration })
    }
}
