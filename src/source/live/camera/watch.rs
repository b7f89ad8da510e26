//! A camera as a live source: opened, watched, lost and found again.
//!
//! ```text
//!             found, opens, first frame
//!  searching ───────────────────────────▶ open
//!      ▲  every 250 ms, then every second   │  nothing for ten frame times (1 s to 5 s), or an error:
//!      └────────────────────────────────────┘  closed, [`Event::Lost`]
//! ```
//!
//! A camera that was open once is looked for by its name, and of twins the one on the same bus: numbers change when it is
//! plugged in again.

use super::mode::Wish;
use super::{Backend, Device, Grab, Listed, Selector};
use crate::error::Result;
use crate::frame::{Clock, Frame, Stamp, StreamInfo};
use crate::source::live::{Event, LiveSource, Opened};
use std::time::{Duration, Instant};

/// From opening to the first frame: cameras that wake up, measure light.
const START_UP: Duration = Duration::from_secs(5);
/// Between two looks for a lost camera, at first and later.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(1));

/// See the module.
pub struct Camera {
    backend: Box<dyn Backend>,
    wanted: Selector,
    wish: Wish,
    clock: Clock,
    state: State,
    /// The camera that was open last.
    known: Option<Listed>,
    /// Counts frames over all openings.
    index: u64,
}

enum State {
    Searching { next: Instant, pause: Duration, told: Option<String> },
    Open(Box<Running>),
}

struct Running {
    device: Box<dyn Device>,
    camera: Listed,
    /// When the last frame came, or the camera was opened.
    last: Instant,
    /// Nothing came yet.
    fresh: bool,
    /// The first frame, while its opening is told.
    waiting: Option<Grab>,
    sequence: Option<u64>,
    patience: Duration,
}

impl Camera {
    /// Looks for `wanted` as soon as it is asked for something.
    #[must_use]
    pub fn new(backend: Box<dyn Backend>, wanted: Selector, wish: Wish, clock: Clock) -> Self {
        Self { backend, wanted, wish, clock, state: State::searching(None), known: None, index: 0 }
    }

    /// The camera that is wanted, if it is there.
    fn find(&self) -> std::result::Result<Listed, String> {
        let all = self.backend.list();
        if let Some(known) = &self.known {
            let alike = |c: &&Listed| c.name == known.name;
            let same = all.iter().filter(alike).find(|c| c.bus == known.bus).or_else(|| all.iter().find(alike));
            return same.cloned().ok_or_else(|| format!("{} is not there", known.name));
        }
        // One that may be used before one that may not.
        let found = all.iter().filter(|c| self.wanted.matches(c)).min_by_key(|c| c.refused.is_some()).cloned();
        found.ok_or_else(|| match (&self.wanted, all.is_empty()) {
            (Selector::Any, _) => "there is no camera".into(),
            (wanted, true) => format!("there is no {wanted}, and no other"),
            (wanted, false) => {
                let names: Vec<_> = all.iter().map(|c| format!("\"{}\"", c.name)).collect();
                format!("there is no {wanted}; there is {}", names.join(", "))
            }
        })
    }

    fn search(&mut self) -> Option<Event> {
        let opened = self.find().and_then(|camera| {
            let device = self.backend.open(&camera, &self.wish);
            let device = device.map_err(|why| format!("{} cannot be opened: {why}", camera.name))?;
            Ok((camera, device))
        });
        match opened {
            Ok((camera, device)) => {
                let period = device.mode().rate.map_or(0.1, |r| r.inverse().as_f64());
                let patience = Duration::from_secs_f64((period * 10.0).clamp(1.0, 5.0));
                let last = Instant::now();
                let running = Running { device, camera, last, fresh: true, waiting: None, sequence: None, patience };
                self.state = State::Open(Box::new(running));
                None
            }
            Err(reason) => {
                let State::Searching { next, pause, told } = &mut self.state else { return None };
                (*next, *pause) = (Instant::now() + *pause, (*pause * 2).min(LOOKS.1));
                (told.as_ref() != Some(&reason)).then(|| {
                    *told = Some(reason.clone());
                    Event::Lost(reason)
                })
            }
        }
    }

    fn lose(&mut self, reason: String) -> Event {
        // Closed first: it may be the same device that is opened next.
        self.state = State::searching(Some(reason.clone()));
        Event::Lost(reason)
    }
}

impl State {
    fn searching(told: Option<String>) -> Self {
        Self::Searching { next: Instant::now(), pause: LOOKS.0, told }
    }
}

impl Running {
    /// A frame's place in all frames: what the camera counted and did not deliver leaves a gap.
    fn advance(&mut self, sequence: Option<u64>, index: &mut u64) -> u64 {
        let lost = match (self.sequence, sequence) {
            (Some(last), Some(now)) => now.saturating_sub(last).saturating_sub(1),
            _ => 0,
        };
        // A counter that starts anew or jumps is no loss of thousands of frames.
        *index += if lost < 1000 { lost } else { 0 };
        self.sequence = sequence;
        *index += 1;
        *index - 1
    }
}

impl LiveSource for Camera {
    fn next(&mut self, timeout: Duration) -> Result<Event> {
        let running = match &mut self.state {
            State::Searching { next, .. } => {
                let now = Instant::now();
                if *next > now + timeout {
                    std::thread::sleep(timeout);
                    return Ok(Event::Quiet);
                }
                std::thread::sleep(next.saturating_duration_since(now));
                return Ok(self.search().unwrap_or(Event::Quiet));
            }
            State::Open(running) => running,
        };
        let grab = match running.waiting.take() {
            Some(grab) => grab,
            None => match running.device.next(timeout) {
                Ok(Some(grab)) => grab,
                Ok(None) => {
                    let patience = if running.fresh { START_UP } else { running.patience };
                    if running.last.elapsed() < patience {
                        return Ok(Event::Quiet);
                    }
                    let reason = format!("{} delivers no pictures", running.camera.name);
                    return Ok(self.lose(reason));
                }
                Err(why) => {
                    let reason = format!("{}: {why}", running.camera.name);
                    return Ok(self.lose(reason));
                }
            },
        };
        running.last = Instant::now();
        let mode = *running.device.mode();
        if running.fresh {
            running.fresh = false;
            self.known = Some(running.camera.clone());
            let info = StreamInfo {
                time_base: Clock::UNIT,
                frame_rate: mode.rate,
                live: true,
                ..StreamInfo::new(grab.image.size, grab.image.format, grab.image.color)
            };
            running.waiting = Some(grab);
            return Ok(Event::Opened(Opened { info, name: running.camera.name.clone(), mode: mode.to_string() }));
        }
        let stamp = Stamp {
            index: running.advance(grab.sequence, &mut self.index),
            pts: self.clock.at(grab.captured),
            duration: mode.rate.map_or(0, |r| r.inverse().rescale(1, Clock::UNIT)),
        };
        Ok(Event::Frame(Frame { stamp, image: grab.image }))
    }

    fn rest(&mut self) {
        self.state = State::searching(None);
    }
}
