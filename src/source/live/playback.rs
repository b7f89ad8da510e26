//! A film or the test pattern in place of a camera: in real time, and again from the beginning at its end.

use super::{Event, LiveSource, Opened};
use crate::error::{Error, Result};
use crate::frame::{Clock, CpuImage, Frame, Rational, Size, Stamp, StreamInfo};
use crate::source::{FileSource, MovingPattern, OpenOptions};
use crate::stage::FrameSource;
use std::path::Path;
use std::time::{Duration, Instant};

type Opener = Box<dyn FnMut() -> Result<Box<dyn FrameSource>> + Send>;

/// Overdue frames that are left out before the film is slowed down instead.
const MOST_SKIPPED: u32 = 6;
/// Of a source without a rate.
const USUAL: Rational = Rational::new(30, 1);

/// See the module.
pub struct Playback {
    open: Opener,
    name: String,
    clock: Clock,
    running: Option<Run>,
    /// Opened beforehand, so that a file that cannot be read is told at once.
    first: Option<Box<dyn FrameSource>>,
    index: u64,
}

/// A frame with the moment at which it is due.
struct Due {
    frame: Frame<CpuImage>,
    at: Instant,
    /// How long it is shown.
    period: Duration,
}

struct Run {
    source: Box<dyn FrameSource>,
    /// A moment, and the time in the source's ticks that belongs to it.
    pace: Option<(Instant, i64)>,
    /// When the last frame ends.
    end: Instant,
    waiting: Option<Due>,
}

impl Playback {
    /// A video file.
    ///
    /// # Errors
    /// [`Error::Open`]: see [`crate::source::open`].
    pub fn file(path: &Path, clock: Clock) -> Result<Self> {
        let path = path.to_owned();
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let options = OpenOptions { threads: 2, ..OpenOptions::default() };
        Self::new(name, clock, Box::new(move || Ok(Box::new(FileSource::open(&path, &options)?))))
    }

    /// The moving test pattern.
    ///
    /// # Errors
    /// None; it is a source like the others.
    pub fn pattern(size: Size, rate: Rational, clock: Clock) -> Result<Self> {
        Self::new("test pattern".into(), clock, Box::new(move || Ok(Box::new(MovingPattern::new(size, rate)))))
    }

    /// Whatever `open` answers with, as a camera called `name`.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn new(name: String, clock: Clock, mut open: Opener) -> Result<Self> {
        let first = Some(open()?);
        Ok(Self { open, name, clock, running: None, first, index: 0 })
    }

    /// What frames look like, before the first one is asked for.
    #[must_use]
    pub fn info(&self) -> Option<StreamInfo> {
        self.first.as_ref().map(|s| live(s.info())).or_else(|| self.running.as_ref().map(|r| live(r.source.info())))
    }

    fn begin(&mut self) -> Result<Event> {
        let source = match self.first.take() {
            Some(first) => first,
            None => (self.open)()?,
        };
        let info = live(source.info());
        let rate = info.frame_rate.map_or_else(String::new, |r| format!(" at {} fps", round(r)));
        let opened = Opened { mode: format!("{}{rate}", info.size), name: self.name.clone(), info };
        self.running = Some(Run::new(source));
        Ok(Event::Opened(opened))
    }
}

/// A file's facts as a camera's.
fn live(info: &StreamInfo) -> StreamInfo {
    StreamInfo {
        time_base: Clock::UNIT,
        frame_count: None,
        live: true,
        frame_rate: Some(info.frame_rate.unwrap_or(USUAL)),
        ..info.clone()
    }
}

/// Two digits behind the point at most.
pub(super) fn round(rate: Rational) -> String {
    format!("{:.2}", rate.as_f64()).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `ticks` of `unit` as a duration; nothing for negative ones.
fn length(ticks: i64, unit: Rational) -> Duration {
    Duration::from_nanos(u64::try_from(unit.rescale(ticks, Rational::new(1, 1_000_000_000))).unwrap_or(0))
}

impl Run {
    fn new(source: Box<dyn FrameSource>) -> Self {
        Self { source, pace: None, end: Instant::now(), waiting: None }
    }

    /// The next frame of the source; at its end the first one again, in step with what was shown.
    fn fetch(&mut self, reopen: &mut Opener) -> Result<Due> {
        let frame = match self.source.next_frame()? {
            Some(frame) => frame,
            None => {
                self.source = reopen()?;
                let first = self.source.next_frame()?;
                let frame = first.ok_or_else(|| Error::open(Path::new("film"), "it has no frames to play"))?;
                self.pace = Some((self.end, frame.stamp.pts));
                frame
            }
        };
        let unit = self.source.info().time_base;
        let Stamp { pts, duration, .. } = frame.stamp;
        let (begin, first) = *self.pace.get_or_insert((Instant::now(), pts));
        let at = begin + length(pts.saturating_sub(first), unit);
        let period = length(duration, unit).max(Duration::from_millis(1));
        self.end = at + period;
        Ok(Due { frame, at, period })
    }

    /// The next frame that is not overdue: a camera would not wait either. `index` counts those that are left out.
    fn upcoming(&mut self, index: &mut u64, reopen: &mut Opener) -> Result<Due> {
        for _ in 0..MOST_SKIPPED {
            let next = match self.waiting.take() {
                Some(waiting) => waiting,
                None => self.fetch(reopen)?,
            };
            if Instant::now().saturating_duration_since(next.at) <= next.period {
                return Ok(next);
            }
            *index += 1;
        }
        // Slower than real time, or the machine slept: go on from here.
        let mut next = self.fetch(reopen)?;
        next.at = Instant::now();
        self.pace = Some((next.at, next.frame.stamp.pts));
        self.end = next.at + next.period;
        Ok(next)
    }
}

impl LiveSource for Playback {
    fn next(&mut self, timeout: Duration) -> Result<Event> {
        let Some(run) = &mut self.running else { return self.begin() };
        let deadline = Instant::now() + timeout;
        let next = run.upcoming(&mut self.index, &mut self.open)?;
        std::thread::sleep(next.at.min(deadline).saturating_duration_since(Instant::now()));
        if next.at > deadline {
            run.waiting = Some(next);
            return Ok(Event::Quiet);
        }
        let duration = run.source.info().time_base.rescale(next.frame.stamp.duration, Clock::UNIT);
        let stamp = Stamp { index: self.index, pts: self.clock.now(), duration };
        self.index += 1;
        Ok(Event::Frame(Frame { stamp, image: next.frame.image }))
    }

    fn rest(&mut self) {
        self.running = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Pattern;

    const MS: Duration = Duration::from_millis(1);

    /// A pattern of `frames` frames at 200 a second, again and again.
    fn looped(frames: u64) -> Playback {
        let open = move || -> Result<Box<dyn FrameSource>> {
            Ok(Box::new(Pattern::new(Size::new(16, 16), Rational::new(200, 1), frames)))
        };
        Playback::new("loop".into(), Clock::start(), Box::new(open)).unwrap()
    }

    /// The next frame's stamp.
    fn frame(source: &mut Playback) -> Stamp {
        loop {
            if let Event::Frame(frame) = source.next(1000 * MS).unwrap() {
                return frame.stamp;
            }
        }
    }

    #[test]
    fn a_film_goes_on_from_its_beginning_in_step() {
        let mut source = looped(4);
        let Event::Opened(opened) = source.next(MS).unwrap() else { panic!("not opened") };
        assert!(opened.info.live && opened.info.time_base == Clock::UNIT);
        assert_eq!(opened.mode, "16x16 at 200 fps");
        let stamps: Vec<Stamp> = (0..40).map(|_| frame(&mut source)).collect();
        let (first, last) = (stamps[0], stamps[39]);
        // Frames may be left out on a busy machine, but they are counted: 5 ms each, whatever happens.
        let expected = (last.index - first.index) as i64 * 5000;
        assert!((last.pts - first.pts - expected).abs() < 60_000, "{first:?} {last:?}");
        assert!(stamps.windows(2).all(|w| w[0].index < w[1].index && w[0].pts < w[1].pts && w[1].duration == 5000));
    }

    #[test]
    fn waiting_ends_in_time_and_loses_no_frame() {
        let open = || -> Result<Box<dyn FrameSource>> {
            Ok(Box::new(Pattern::new(Size::new(16, 16), Rational::new(1, 1), 9)))
        };
        let mut source = Playback::new("slow".into(), Clock::start(), Box::new(open)).unwrap();
        assert!(matches!(source.next(MS).unwrap(), Event::Opened(_)));
        assert_eq!(frame(&mut source).index, 0);
        assert!(matches!(source.next(10 * MS).unwrap(), Event::Quiet));
        assert_eq!(frame(&mut source).index, 1);
    }

    #[test]
    fn after_a_rest_it_opens_again() {
        let mut source = looped(4);
        assert!(matches!(source.next(MS).unwrap(), Event::Opened(_)));
        let before = frame(&mut source).index;
        source.rest();
        assert!(matches!(source.next(MS).unwrap(), Event::Opened(_)));
        assert!(frame(&mut source).index > before);
    }

    #[test]
    fn a_film_that_ends_for_good_is_an_error() {
        let mut turns = 0;
        let open = move || -> Result<Box<dyn FrameSource>> {
            turns += 1;
            let frames = if turns == 1 { 2 } else { 0 };
            Ok(Box::new(Pattern::new(Size::new(16, 16), Rational::new(500, 1), frames)))
        };
        let mut source = Playback::new("short".into(), Clock::start(), Box::new(open)).unwrap();
        let failed = (0..50).find_map(|_| source.next(100 * MS).err());
        assert!(matches!(failed, Some(Error::Open { .. })), "{failed:?}");
    }
}
