//! A video file as frames: decoded, upright, with the timestamps of the file. Runs on the source thread; FFmpeg's
//! decoder adds its own threads.
//!
//! * A frame's time is FFmpeg's best estimate from its packet. Where there is none it follows the frame before it; where
//!   time stands still or runs back, it is moved to one tick after the frame before it.
//! * A frame's duration is its packet's; else the time to the next frame; else, at the end, one nominal frame or the
//!   duration before it.
//! * Interlaced frames become pictures of one moment: see [`Deinterlace`](super::Deinterlace).
//! * High dynamic range becomes standard, unless it is to be kept: see `sdr`.
//! * What cannot be decoded is counted and passed over: every frame that decodes is delivered. Where reading itself fails,
//!   what was read until then is delivered first, as far as nothing is missing in between: a film that is worked in segments
//!   takes each frame for the one after the last.

mod damage;
mod fields;
mod part;
mod pictures;

pub use damage::{Damage, DamageReport};

use super::{HighRange, OpenOptions};
use crate::av::AvError;
use crate::av::copy::{Cut, PATIENCE};
use crate::av::decode::{Decoded, Decoder};
use crate::av::demux::{Demuxer, ReadError};
use crate::av::numbered::Numbered;
use crate::av::packet::Packet;
use crate::av::picture::AvFrame;
use crate::av::pipe::is_pipe;
use crate::error::{Cause, Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use crate::stage::FrameSource;
use fields::Fields;
use pictures::Pictures;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// Of numbered pictures, as in FFmpeg.
const PICTURE_RATE: Rational = Rational::new(25, 1);
const MICRO: Rational = Rational::new(1, 1_000_000);
/// Seconds that are decoded before a frame that is gone to, so that deinterlacer and decoder know what was before it.
const RUN_UP: i64 = 1;
/// Seconds that a stream must be short of its stated length to count as cut off.
const CLEAR_GAP: Rational = Rational::new(1, 2);

/// Of a pipe.
const MUST_BE_SEARCHED: &str =
    "it is no video, or one that must be searched (mp4 with its index at the end): name its file";

/// A decoded frame that waits for its successor, which may be needed for its duration.
struct Timed {
    frame: AvFrame,
    pts: i64,
    duration: Option<i64>,
}

/// Frames of a file's video stream.
pub struct FileSource {
    path: PathBuf,
    demuxer: Demuxer,
    decoder: Decoder,
    stream: usize,
    packet: Packet,
    draining: bool,
    ended: bool,
    bad_reads: u32,
    /// The file's ticks.
    unit: Rational,
    /// End of what was read, in the file's ticks.
    reached: i64,
    /// The last frame taken from the decoder: its time and duration in the file's ticks.
    last: Option<(i64, i64)>,
    fields: Fields,
    /// In the ticks of `info`, as all that comes out of `fields`.
    waiting: Option<Timed>,
    /// Why nothing more can be read, until it is told: after the frames that are decoded already.
    broken: Option<Cause>,
    /// When the packet that was read last is to be decoded: no frame that is to come yet is shown before.
    read_until: Option<i64>,
    index: u64,
    cut: Cut,
    /// Since the first frame.
    pictures: Option<Pictures>,
    high_range: HighRange,
    info: StreamInfo,
    damage: DamageReport,
}

impl FileSource {
    /// Opens the file and decodes its first frame (the first at or after `start`).
    ///
    /// # Errors
    /// [`Error::Open`]: see [`super::open`].
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self> {
        let failed = |e: AvError| failed_to_open(path, e);
        Self::read(path, Demuxer::open(path).map_err(failed)?, options)
    }

    /// Opens numbered pictures as a film of `options.picture_rate`; answers with the first number, too.
    ///
    /// # Errors
    /// [`Error::Open`]: as [`FileSource::open`]; or there are none, or some between them are missing.
    pub(super) fn open_numbered(path: &Path, names: &Numbered, options: &OpenOptions) -> Result<(Self, u64)> {
        let found = names.found().map_err(|e| Error::open(path, e))?;
        let first = *found.first().ok_or_else(|| Error::open(path, "there is no picture of such a name"))?;
        if let Some(gap) = found.windows(2).find(|pair| pair[1] != pair[0] + 1) {
            return Err(Error::open(path, format!("pictures {} to {} are missing", gap[0] + 1, gap[1] - 1)));
        }
        let rate = options.picture_rate.unwrap_or(PICTURE_RATE);
        let demuxer = Demuxer::open_numbered(path, first, rate).map_err(|e| Error::open(path, e))?;
        Ok((Self::read(path, demuxer, options)?, first))
    }

    fn read(path: &Path, mut demuxer: Demuxer, options: &OpenOptions) -> Result<Self> {
        let failed = |e: AvError| failed_to_open(path, e);
        let stream = demuxer.video_stream().ok_or_else(|| Error::open(path, "it has no video stream"))?;
        // Not only for speed: in a file that is cut off, another stream's end can come before this one's.
        demuxer.keep(|index| index == stream);
        let facts = demuxer.stream(stream);
        let decoder = Decoder::open(facts, threads(options.threads)).map_err(|e| match e {
            AvError::DecoderNotFound => {
                Error::open(path, format!("this FFmpeg has no decoder for {} video", facts.codec_name()))
            }
            other => failed(other),
        })?;
        let unit = facts.time_base();
        let fields = Fields::new(options.deinterlace, threads(options.threads));
        let factor = fields.per_tick();
        let faster = |rate: Rational| Some(Rational::new(rate.num.checked_mul(factor)?, rate.den));
        let time_base = faster(unit.inverse()).map(Rational::inverse);
        let time_base = time_base.ok_or_else(|| Error::open(path, "its clock is too fine to be halved"))?;
        let cut = part::cut(&demuxer, unit, options);
        let mut source = Self {
            path: path.into(),
            packet: Packet::new().map_err(failed)?,
            draining: false,
            ended: false,
            bad_reads: 0,
            reached: i64::MIN,
            last: None,
            unit,
            fields,
            waiting: None,
            broken: None,
            read_until: None,
            index: 0,
            cut,
            pictures: None,
            high_range: options.high_range,
            info: StreamInfo {
                time_base,
                frame_rate: facts.frame_rate().and_then(faster),
                ..StreamInfo::new(Size::new(0, 0), PixelFormat::I420, ColorInfo::BT709)
            },
            damage: DamageReport::default(),
            decoder,
            demuxer,
            stream,
        };
        source.first()?;
        Ok(source)
    }

    /// Which part of the file the frames are.
    #[must_use]
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// Raw pictures and nothing else.
    pub(super) fn is_y4m(&self) -> bool {
        self.demuxer.format_name() == "yuv4mpegpipe"
    }

    /// What could not be read; shared, complete after the last frame.
    #[must_use]
    pub fn damage(&self) -> DamageReport {
        self.damage.clone()
    }

    /// Finds the first frame and fixes from it what all frames leave as.
    fn first(&mut self) -> Result<()> {
        let first = match self.cut.start {
            Some(start) => self.first_from(start.saturating_mul(self.fields.per_tick().into()), 0)?,
            None => self.advance(),
        };
        let Some(first) = first else {
            self.tell_failure()?;
            let why = match self.cut.start {
                Some(_) => "there is no frame at or after the start that was asked for",
                None if is_pipe(&self.path) => MUST_BE_SEARCHED,
                None => "its video stream has no frame that decodes",
            };
            return Err(Error::open(&self.path, why));
        };
        if self.cut.end.is_some_and(|end| first.pts >= end.saturating_mul(i64::from(self.fields.per_tick()))) {
            return Err(Error::open(&self.path, "there is no frame in the part that was asked for"));
        }
        let facts = self.demuxer.stream(self.stream);
        let pictures = Pictures::new(&first.frame, facts, self.high_range).ok_or_else(|| {
            Error::open(&self.path, format!("its pixel format ({}) is not supported", first.frame.format().name()))
        })?;
        pictures.tell(&mut self.info);
        self.pictures = Some(pictures);
        self.info.frame_count = self.frames_ahead(first.pts);
        self.waiting = Some(first);
        Ok(())
    }

    /// The first frame at or after `wanted` (ticks of `info`), reached from a key frame at least `back` (ticks of the file)
    /// before it.
    fn first_from(&mut self, wanted: i64, mut back: i64) -> Result<Option<Timed>> {
        let start = wanted.div_euclid(self.fields.per_tick().into());
        let begin = self.demuxer.stream(self.stream).start_time().unwrap_or(0).min(start);
        loop {
            let goal = start.saturating_sub(back).max(begin);
            if self.demuxer.seek(Some(self.stream), goal).is_ok() {
                self.decoder.flush();
                self.restart();
            }
            // Frames before `start` are not part of the result, and neither are their errors: after a seek the first
            // ones may refer to pictures that were never decoded.
            let quiet = self.damage.clone();
            let first = self.advance();
            if first.is_none() {
                self.tell_failure()?;
            }
            let landed_late = first.as_ref().is_none_or(|f| f.pts > wanted);
            if landed_late && goal > begin {
                // Containers search by decoding time, or have a coarse index: go farther back.
                back = (back * 2).max(self.unit.inverse().as_f64() as i64).max(1);
                quiet.clear();
                continue;
            }
            let mut frame = first;
            while frame.as_ref().is_some_and(|f| f.pts < wanted) {
                frame = self.advance();
            }
            quiet.clear();
            return Ok(frame);
        }
    }

    fn restart(&mut self) {
        (self.draining, self.ended, self.bad_reads, self.last) = (false, false, 0, None);
        (self.broken, self.read_until) = (None, None);
        self.fields.clear();
    }

    /// How many frames there will be from `first` on.
    fn frames_ahead(&self, first: i64) -> Option<u64> {
        if self.cut.start.is_none() && self.cut.end.is_none() {
            let frames = self.demuxer.stream(self.stream).frame_count();
            if let Some(frames) = frames {
                return frames.checked_mul(self.fields.per_tick().unsigned_abs().into());
            }
        }
        let facts = self.demuxer.stream(self.stream);
        let unit = self.unit;
        let first = first / i64::from(self.fields.per_tick());
        let length = facts.duration().or_else(|| self.demuxer.duration().map(|us| MICRO.rescale(us, unit)));
        let stop = length.map(|l| facts.start_time().unwrap_or(first).saturating_add(l));
        let stop = match (stop, self.cut.end) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b)?,
        };
        let rate = self.info.frame_rate?;
        u64::try_from(unit.rescale(stop.saturating_sub(first), rate.inverse())).ok()
    }

    /// The next frame that decodes, with its time; `None` at the end.
    fn decode(&mut self) -> Option<Timed> {
        while !self.ended {
            match self.decoder.receive() {
                Ok(Decoded::Frame(frame)) if self.is_next(&frame) => {
                    if frame.damaged() {
                        self.damage.frame();
                    }
                    return Some(self.timed(frame));
                }
                Ok(Decoded::Frame(_)) => self.ended = true,
                Ok(Decoded::Hungry) => self.feed(),
                Ok(Decoded::End) => self.ended = true,
                Err(error) if fatal(error) => self.breaks(error),
                Err(error) => {
                    self.damage.packet(error);
                    self.bad_reads += 1;
                    self.ended = self.draining && self.bad_reads > PATIENCE;
                }
            }
        }
        None
    }

    /// The next picture: a frame, or what becomes of one that is interlaced; `None` at the end and where reading failed.
    fn advance(&mut self) -> Option<Timed> {
        loop {
            if let Some(timed) = self.fields.take() {
                return Some(timed);
            }
            let taken = match self.decode() {
                Some(timed) => {
                    let step = self.last.map_or(0, |(_, step)| step);
                    self.fields.push(timed, step)
                }
                // A frame that waits for its neighbour to be deinterlaced would become another picture without.
                None if self.broken.is_some() => return None,
                None => match self.fields.end() {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = taken {
                self.breaks(error);
            }
        }
    }

    /// Whether `frame` is shown before whatever could not be read.
    fn is_next(&self, frame: &AvFrame) -> bool {
        self.broken.is_none() || frame.timestamp().zip(self.read_until).is_some_and(|(at, until)| at <= until)
    }

    /// No frame will be decoded any more; what is ready is still delivered, then `why` is told.
    fn breaks(&mut self, why: impl Into<Cause>) {
        self.broken.get_or_insert(why.into());
        self.ended = true;
    }

    /// Why there was no next picture, if that was not the end.
    fn tell_failure(&mut self) -> Result<()> {
        self.broken.take().map_or(Ok(()), |cause| Err(self.failed(cause)))
    }

    /// Sends the decoder one packet, or the end.
    fn feed(&mut self) {
        if self.draining {
            // A decoder that is hungry after the end was announced has nothing more to give.
            self.ended = true;
            return;
        }
        match self.demuxer.read(&mut self.packet) {
            Ok(true) if self.packet.stream() != self.stream => return,
            Ok(true) => {
                self.reach();
                self.bad_reads = 0;
                if self.packet.damaged() {
                    self.damage.packet(AvError::InvalidData);
                }
            }
            Ok(false) => {
                self.draining = true;
                self.missing();
            }
            Err(ReadError::Damage(error)) if !fatal(error) => {
                self.damage.packet(error);
                self.bad_reads += 1;
                self.draining = self.bad_reads > PATIENCE;
                if !self.draining {
                    return;
                }
            }
            Err(error) => {
                // Frames of the packets before are still in the decoder.
                self.broken = Some(error.into());
                self.draining = true;
            }
        }
        match self.decoder.send((!self.draining).then_some(&self.packet)) {
            Ok(()) | Err(AvError::Eof) => {}
            Err(error) if fatal(error) => self.breaks(error),
            Err(error) => self.damage.packet(error),
        }
    }

    /// Notes how far into the film the file reaches.
    fn reach(&mut self) {
        self.read_until = self.packet.dts();
        if let Some(at) = self.packet.pts().or(self.packet.dts()) {
            self.reached = self.reached.max(at.saturating_add(self.packet.duration().unwrap_or(0)));
        }
    }

    /// Compares what was read with what the file promises.
    fn missing(&self) {
        self.damage.skipped(self.demuxer.silent_errors());
        if self.cut.start.is_some() {
            return;
        }
        // By time, not by the index's count of frames: an edit list may leave many of those out.
        let facts = self.demuxer.stream(self.stream);
        let mut missing = 0;
        let unit = self.unit;
        if let (Some(length), Some(rate)) = (facts.stated_duration(), self.info.frame_rate) {
            // Matroska counts from zero, others from the stream's start: whichever asks for less.
            let start = facts.start_time().unwrap_or(0).min(0);
            let short = start.saturating_add(length).saturating_sub(self.reached);
            if unit.compare(short, CLEAR_GAP, 1) == Ordering::Greater {
                missing = u64::try_from(unit.rescale(short, rate.inverse())).unwrap_or(0);
            }
        }
        self.damage.missing(missing);
    }

    /// Gives a frame a time that makes sense.
    fn timed(&mut self, frame: AvFrame) -> Timed {
        let duration = frame.duration();
        let step = duration.or(self.nominal());
        let pts = match (frame.timestamp(), self.last) {
            (Some(pts), Some((last, _))) => pts.max(last + 1),
            (Some(pts), None) => pts,
            (None, Some((last, step))) => last + step.max(1),
            (None, None) => self.demuxer.stream(self.stream).start_time().unwrap_or(0),
        };
        self.last = Some((pts, step.unwrap_or(0)));
        Timed { frame, pts, duration }
    }

    /// One nominal frame in ticks.
    fn nominal(&self) -> Option<i64> {
        self.info.frame_rate.map(|rate| rate.inverse().rescale(1, self.info.time_base)).filter(|d| *d > 0)
    }

    fn picture(&mut self, frame: AvFrame) -> Result<CpuImage> {
        let Some(pictures) = &mut self.pictures else { return Err(self.failed(AvError::Bug)) };
        if let Some(change) = pictures.change(&frame) {
            tracing::warn!(
                "{}: the picture changes {change} on the way; it is scaled to the first size",
                self.path.display()
            );
        }
        pictures.picture(frame).map_err(|e| self.failed(e))
    }

    fn failed(&self, error: impl Into<Cause>) -> Error {
        Error::Read { path: self.path.clone(), frames: self.index, source: error.into() }
    }
}

impl FrameSource for FileSource {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let Some(Timed { frame, pts, duration }) = self.waiting.take() else {
            return self.tell_failure().map(|()| None);
        };
        let scale = i64::from(self.fields.per_tick());
        if self.cut.end.is_some_and(|end| pts >= end.saturating_mul(scale)) {
            self.broken = None;
            return Ok(None);
        }
        let before = self.last;
        // If that fails it is no fault of this frame's: the next call tells.
        self.waiting = self.advance();
        let duration = duration
            .or_else(|| self.waiting.as_ref().map(|next| next.pts - pts))
            .or_else(|| self.nominal())
            .or(before.map(|(_, step)| step))
            .unwrap_or(0);
        let image = self.picture(frame)?;
        let stamp = Stamp { index: self.index, pts: pts - self.cut.shift * scale, duration };
        self.index += 1;
        Ok(Some(Frame { stamp, image }))
    }

    fn seek(&mut self, index: u64, pts: i64) -> Result<bool> {
        if self.demuxer.has_loose_clock() {
            // The same time may come twice.
            return Ok(false);
        }
        let wanted = pts + self.cut.shift * i64::from(self.fields.per_tick());
        let run_up = RUN_UP * self.unit.inverse().as_f64() as i64;
        self.waiting = self.first_from(wanted, run_up)?;
        self.index = index;
        Ok(self.waiting.as_ref().is_some_and(|frame| frame.pts == wanted))
    }
}

fn failed_to_open(path: &Path, error: AvError) -> Error {
    match error {
        AvError::InvalidData | AvError::Eof if is_pipe(path) => Error::open(path, MUST_BE_SEARCHED),
        AvError::InvalidData | AvError::Eof => {
            Error::open(path, "it is no video, or its head or index is damaged or cut off")
        }
        other => Error::open(path, other),
    }
}

/// Two threads keep frames coming while one waits for the disk; more than four only cost memory.
fn threads(asked: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(2, usize::from);
    if asked > 0 { asked } else { cores().min(4) }
}

/// Not the file's fault: going on would not help.
fn fatal(error: AvError) -> bool {
    matches!(error, AvError::Other { errno: crate::av::ENOMEM } | AvError::Exit | AvError::Bug | AvError::Bug2)
}
