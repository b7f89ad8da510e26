//! The delivery thread: makes finished pictures the newest, fits them to the outputs' canvas, and sees to it that nobody
//! who reads an output waits for ever.

use super::card::Card;
use super::draw::Done;
use super::output::{Delivery, Output, Running};
use super::shared::{CameraState, Kind, Shared, Shown};
use crate::error::{Error, Result};
use crate::frame::{Clock, ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use crate::pipeline::{Policy, Receiver};
use crate::sink::{Fit, Seat, even};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// When nothing new comes, the last picture or a card is sent again so often.
const KEEP_ALIVE: Duration = Duration::from_millis(200);
/// How long outputs wait for the first frame to tell the size before they open without.
const FOR_SIZE: Duration = Duration::from_secs(3);
/// Without a camera and without a wish.
const USUAL: Size = Size::new(1280, 720);

/// A recording that runs.
pub(super) struct Recorder {
    pub path: PathBuf,
    pub output: Running,
    /// The camera stays open for it.
    pub _seat: Seat,
}

/// All outputs: those that wait for the canvas, and those at work.
#[derive(Default)]
pub(super) struct Outputs {
    pub waiting: Mutex<Vec<Output>>,
    pub running: Mutex<Vec<Running>>,
    /// The recording, if one runs.
    pub recorder: Mutex<Option<Recorder>>,
    /// What outputs are opened for, once known.
    pub info: Mutex<Option<StreamInfo>>,
}

impl Outputs {
    /// Opens what waits.
    fn open(&self, shared: &Shared, info: &StreamInfo) -> Result<()> {
        *self.info.lock() = Some(info.clone());
        for output in self.waiting.lock().drain(..) {
            let running = Running::start(output, Policy::Newest, info.clone(), shared.clock)?;
            self.running.lock().push(running);
        }
        Ok(())
    }

    fn send(&self, frame: &Frame<CpuImage>, fresh: bool) {
        let recorder = self.recorder.lock();
        for output in self.running.lock().iter().chain(recorder.iter().map(|r| &r.output)) {
            output.send(Delivery { frame: frame.clone(), fresh });
        }
    }
}

/// The thread's own.
struct Desk<'a> {
    shared: &'a Shared,
    outputs: &'a Outputs,
    /// The size that was asked for.
    wanted: Option<Size>,
    fit: Option<Fit>,
    number: u64,
    /// What outputs got last.
    last: Option<Frame<CpuImage>>,
    /// The card that is shown, if one is.
    card: Option<(Card, Size)>,
}

/// Works until the link before it closes.
pub(super) fn run(shared: &Shared, outputs: &Outputs, wanted: Option<Size>, input: &Receiver<Done>) -> Result<()> {
    let start = Instant::now();
    let mut desk = Desk { shared, outputs, wanted, fit: None, number: 0, last: None, card: None };
    let mut sent = Instant::now();
    while let Ok(done) = input.recv_for(KEEP_ALIVE.saturating_sub(sent.elapsed())) {
        match done {
            Some(done) => desk.picture(done)?,
            None => desk.idle(start.elapsed() >= FOR_SIZE)?,
        }
        sent = Instant::now();
    }
    Ok(())
}

impl Desk<'_> {
    fn picture(&mut self, done: Done) -> Result<()> {
        let Done { stamp, kind, photo, picture, aspect, frame_rate } = done;
        // It was under way when the picture was frozen.
        if self.shared.view().freeze && self.last.is_some() && self.card.is_none() {
            return Ok(());
        }
        self.number += 1;
        self.card = None;
        let captured = stamp.pts;
        self.shared.finished(captured);
        let number = self.number;
        self.shared.show(Arc::new(Shown { number, kind, picture: picture.clone(), aspect, photo, captured }));
        if self.fit.is_none() {
            self.open(self.wanted.unwrap_or(picture.size), frame_rate)?;
        }
        let Some(fit) = &mut self.fit else { return Ok(()) };
        let image = fit.fit(picture, aspect).map_err(scaling)?;
        self.send(Frame { stamp: Stamp { index: self.number, ..stamp }, image }, true);
        Ok(())
    }

    /// Nothing came for a while.
    fn idle(&mut self, waited: bool) -> Result<()> {
        if self.fit.is_none() && waited {
            self.open(self.wanted.unwrap_or(USUAL), None)?;
        }
        let state = self.shared.camera.lock().clone();
        let frozen = self.shared.view().freeze && self.card.is_none();
        let late = matches!(state, CameraState::Running { .. }) && self.card.is_none();
        match &self.last {
            Some(last) if frozen || late => {
                // Slow, or asked to stay: the same again.
                self.outputs.send(last, false);
                Ok(())
            }
            _ => self.show_card(Card::for_state(&state)),
        }
    }

    fn show_card(&mut self, card: Card) -> Result<()> {
        let size = self.fit.as_ref().map_or(even(self.wanted.unwrap_or(USUAL)), Fit::canvas);
        if self.card.as_ref() == Some(&(card.clone(), size))
            && let Some(last) = &self.last
        {
            self.outputs.send(last, false);
            return Ok(());
        }
        let picture = card.draw(size);
        self.number += 1;
        let now = self.shared.clock.now();
        self.shared.show(Arc::new(Shown {
            number: self.number,
            kind: Kind::Card,
            picture: picture.clone(),
            aspect: Rational::new(1, 1),
            photo: picture.clone(),
            captured: now,
        }));
        self.card = Some((card, size));
        let stamp = Stamp { index: self.number, pts: now, duration: 0 };
        self.send(Frame { stamp, image: picture }, false);
        Ok(())
    }

    fn send(&mut self, frame: Frame<CpuImage>, fresh: bool) {
        self.outputs.send(&frame, fresh);
        self.last = Some(frame);
    }

    fn open(&mut self, canvas: Size, frame_rate: Option<Rational>) -> Result<()> {
        let fit = self.fit.insert(Fit::new(canvas));
        let info = StreamInfo {
            time_base: Clock::UNIT,
            frame_rate: Some(frame_rate.unwrap_or(Rational::new(30, 1))),
            live: true,
            ..StreamInfo::new(fit.canvas(), PixelFormat::I420, ColorInfo::BT709)
        };
        self.outputs.open(self.shared, &info)
    }
}

fn scaling(error: crate::av::AvError) -> Error {
    Error::Encoder { encoder: "libswscale".into(), source: error.into() }
}
