//! The network thread's filter: reduces each photo, keeps it calm, and has it redrawn.
//!
//! ```text
//! planes ─▶ Reduce ─▶ Calm ─▶ Draw ─▶ Drawn
//! ```
//!
//! Everything it remembers it forgets at a cut, so that a shot is drawn alike whatever came before it.

use super::divide::{Divide, Divisions};
use crate::config::{Motion, Settings};
use crate::error::Result;
use crate::frame::{CpuImage, Drawn, Frame, SmallRgb, StreamInfo};
use crate::motion::{self, Calm, Cuts, Glimpse};
use crate::stage::{Draw, FrameFilter};
use crate::stylize::{Detail, Reduce};
use std::collections::VecDeque;

/// How drawings follow one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// 0 (each picture by itself) ..= 1 (as calm as can be).
    pub calm: f32,
    /// A new drawing every so many frames, 1 or more; a cut gets one at once.
    pub hold: u32,
    /// Whether drawings depend on their number, so that shots must be told apart even without calm.
    pub boil: bool,
    /// Motion, confidence and gate as colours in place of drawings.
    pub show: bool,
    /// Frames that are looked ahead, and held back; a live source looks at none.
    pub ahead: u32,
}

impl Manner {
    /// Whether cuts are looked for in every frame, and not by [`Calm`] in those it sees.
    fn seeks_cuts(&self) -> bool {
        self.hold > 1 || self.boil && self.calm <= 0.0
    }

    /// Whether no frame knows of another.
    pub(super) fn forgets(&self) -> bool {
        self.calm <= 0.0 && !self.seeks_cuts()
    }
}

impl From<&Settings> for Manner {
    fn from(settings: &Settings) -> Self {
        let Motion { calm, hold, boil, show, lookahead } = settings.motion;
        Self { calm, hold, boil: boil > 0.0, show, ahead: lookahead }
    }
}

impl Default for Manner {
    fn default() -> Self {
        Self { calm: Calm::DEFAULT, hold: 1, boil: false, show: false, ahead: 0 }
    }
}

/// See the module.
pub struct Redraw {
    draw: Box<dyn Draw>,
    detail: Detail,
    reduce: Reduce,
    manner: Manner,
    calm: Calm,
    /// Looks for cuts in every frame where not every frame is drawn.
    cuts: Option<Cuts>,
    /// Frames since a drawing was made.
    held: u32,
    /// Drawings of this shot.
    number: u32,
    /// Frames that wait until those after them were seen.
    waiting: VecDeque<Waiting>,
    live: bool,
    divide: Option<Divide>,
    /// Frames that are drawn once more, and the one after them.
    again: VecDeque<Frame<CpuImage>>,
    /// How many of those that wait belong to what was before a division.
    closing: usize,
}

/// What a frame shows.
struct Seen {
    /// The photo that the next drawing is made of; nothing where the last one is shown once more.
    small: Option<SmallRgb>,
    /// From here on a fresh filter would go on in the same way.
    starts_shot: bool,
}

/// A frame that is done but for what comes after it.
struct Waiting {
    frame: Frame<Drawn>,
    /// Nothing where the frame before is shown once more.
    glimpse: Option<Glimpse>,
}

impl Redraw {
    /// For frames of `info`.
    #[must_use]
    pub fn new(draw: Box<dyn Draw>, info: &StreamInfo, detail: Detail, manner: Manner) -> Self {
        let reduce = Reduce::new(info.size, info.format, info.color, detail.working_size(info.size));
        let cuts = manner.seeks_cuts().then(Cuts::default);
        Self {
            draw,
            detail,
            reduce,
            manner,
            calm: Calm::new(manner.calm),
            cuts,
            held: 0,
            number: 0,
            waiting: VecDeque::new(),
            live: info.live,
            divide: None,
            again: VecDeque::new(),
            closing: 0,
        }
    }

    /// Divides the film into segments from frame `first` on, and tells where they begin: at the first cut after `limit`
    /// frames, or after twice as many. Frames before `first` only warm up.
    #[must_use]
    pub fn dividing(mut self, limit: u64, first: u64, told: Divisions) -> Self {
        self.divide = Some(Divide::new(limit, first, told));
        self
    }

    /// Whether the shot is divided before this frame: then everything is forgotten, and the frames that wait to be drawn
    /// again warm it up.
    fn rewind(&mut self, frame: &Frame<CpuImage>, seen: &Seen) -> bool {
        let Some(recent) = self.divide.as_mut().and_then(|divide| divide.pass(frame, seen.starts_shot)) else {
            return false;
        };
        self.again = recent;
        self.again.push_back(frame.clone());
        self.closing = self.waiting.len();
        self.calm = Calm::new(self.manner.calm);
        self.cuts = self.manner.seeks_cuts().then(Cuts::default);
        (self.held, self.number) = (0, 0);
        true
    }

    fn see(&mut self, photo: &CpuImage) -> Seen {
        if !self.reduce.fits(photo) {
            let size = self.detail.working_size(photo.size);
            self.reduce = Reduce::new(photo.size, photo.format, photo.color, size);
        }
        let mut small = self.reduce.run(photo);
        let mut starts_shot = false;
        if let Some(cuts) = &mut self.cuts {
            if cuts.is_cut(&small) {
                self.calm = Calm::new(self.manner.calm);
                (self.held, self.number) = (0, 0);
                starts_shot = true;
            }
            let again = self.held > 0;
            self.held = (self.held + 1) % self.manner.hold;
            if again {
                return Seen { small: None, starts_shot };
            }
        }
        let cut = self.calm.see(&mut small).cut;
        if cut {
            self.number = 0;
        }
        // Where cuts are looked for in every frame, those who look for them remember, too.
        starts_shot |= self.cuts.is_none() && (cut || self.manner.forgets());
        Seen { small: Some(small), starts_shot }
    }

    /// Draws a frame that was seen.
    fn pass(&mut self, frame: Frame<CpuImage>, seen: Seen) -> Result<Option<Frame<Drawn>>> {
        let (drawn, glimpse) = self.redraw(frame.image, seen.small)?;
        let follows = drawn.number > 0;
        if let (true, Some(next)) = (follows, &glimpse)
            && let Some(last) = self.waiting.iter_mut().rev().find_map(|waiting| waiting.glimpse.as_mut())
        {
            last.meet(next);
        }
        self.waiting.push_back(Waiting { frame: Frame { stamp: frame.stamp, image: drawn }, glimpse });
        Ok(if self.waiting.len() > self.ahead() { self.take() } else { None })
    }

    fn redraw(&mut self, photo: CpuImage, small: Option<SmallRgb>) -> Result<(Drawn, Option<Glimpse>)> {
        let Some(small) = small else {
            let number = self.number.saturating_sub(1);
            return Ok((Drawn { photo, drawing: None, motion: None, number }, None));
        };
        let number = self.number;
        self.number += 1;
        if self.manner.show {
            let motion = self.calm.motion();
            let drawing = motion.map_or_else(|| small.to_drawing(), |motion| motion::view(&motion, small.size));
            return Ok((Drawn { photo, drawing: Some(drawing), motion: None, number }, None));
        }
        let drawing = self.draw.draw(&small)?;
        let glimpse = (self.ahead() > 0).then(|| Glimpse::new(&small, &drawing));
        Ok((Drawn { photo, drawing: Some(drawing), motion: self.calm.motion(), number }, glimpse))
    }

    /// How many frames wait.
    fn ahead(&self) -> usize {
        if self.live || self.manner.calm <= 0.0 { 0 } else { self.manner.ahead as usize }
    }

    /// Gives the frame that has waited longest what those after it show, as far as they are of its shot.
    fn take(&mut self) -> Option<Frame<Drawn>> {
        let Waiting { mut frame, glimpse } = self.waiting.pop_front()?;
        if let (Some(now), Some(drawing)) = (&glimpse, &mut frame.image.drawing) {
            let number = frame.image.number;
            let same_shot = |waiting: &&Waiting| waiting.glimpse.is_none() || waiting.frame.image.number > number;
            let later = self.waiting.iter().take_while(same_shot).filter_map(|waiting| waiting.glimpse.as_ref());
            motion::look_ahead(self.manner.calm, drawing, now, &later.collect::<Vec<_>>());
        }
        Some(frame)
    }
}

impl FrameFilter for Redraw {
    type In = CpuImage;
    type Out = Drawn;

    fn push(&mut self, frame: Frame<CpuImage>) -> Result<Option<Frame<Drawn>>> {
        let seen = self.see(&frame.image);
        if self.rewind(&frame, &seen) {
            return self.more();
        }
        self.pass(frame, seen)
    }

    fn more(&mut self) -> Result<Option<Frame<Drawn>>> {
        if self.closing > 0 {
            self.closing -= 1;
            return Ok(self.take());
        }
        while let Some(frame) = self.again.pop_front() {
            let seen = self.see(&frame.image);
            if let Some(done) = self.pass(frame, seen)? {
                return Ok(Some(done));
            }
        }
        Ok(None)
    }

    fn drain(&mut self) -> Result<Option<Frame<Drawn>>> {
        Ok(self.take())
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        let manner = Manner::from(settings);
        if manner.calm != self.manner.calm {
            self.calm = Calm::new(manner.calm);
        }
        if manner.hold != self.manner.hold || manner.seeks_cuts() != self.cuts.is_some() {
            (self.cuts, self.held) = (manner.seeks_cuts().then(Cuts::default), 0);
        }
        self.manner = manner;
        self.draw.retune(settings)
    }
}

#[cfg(test)]
mod tests;
