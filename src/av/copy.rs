//! All streams but the drawn one: read by a second demuxer of the input, a little ahead of the encoded video, so that memory
//! stays flat and the output is interleaved. They are handed on untouched, but for sound that the container cannot hold.
//! Runs on the sink thread.

use super::demux::{Demuxer, Kind, ReadError, StreamRef};
use super::mux::Muxer;
use super::packet::Packet;
use super::sound::{RUN_UP, Sound, SoundError};
use super::{AvError, container::Container};
use crate::frame::Rational;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// Which part of a file is taken, in ticks of its video stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Unit of the others, in seconds.
    pub unit: Rational,
    /// First tick that is taken; `None` from the beginning.
    pub start: Option<i64>,
    /// First tick that is not taken; `None` to the end.
    pub end: Option<i64>,
    /// Subtracted from every timestamp.
    pub shift: i64,
}

impl Cut {
    /// Everything, on the file's own clock.
    #[must_use]
    pub const fn whole(unit: Rational) -> Self {
        Self { unit, start: None, end: None, shift: 0 }
    }

    /// `shift` in ticks of another unit.
    pub(crate) fn shift_in(&self, unit: Rational) -> i64 {
        self.unit.rescale(self.shift, unit)
    }

    /// `at` (in `unit`) lies before the part that is taken.
    pub(crate) fn is_before(&self, at: i64, unit: Rational) -> bool {
        self.start.is_some_and(|start| unit.compare(at, self.unit, start) == Ordering::Less)
    }

    /// `at` (in `unit`) lies behind the part that is taken.
    pub(crate) fn is_after(&self, at: i64, unit: Rational) -> bool {
        self.end.is_some_and(|end| unit.compare(at, self.unit, end) != Ordering::Less)
    }
}

/// Where a stream of the input goes.
#[derive(Clone, Copy)]
struct Lane {
    output: usize,
    kind: Kind,
    unit: Rational,
    done: bool,
}

/// Copies streams from an input to a muxer.
pub struct Copier {
    path: PathBuf,
    demuxer: Demuxer,
    cut: Cut,
    lanes: Vec<Option<Lane>>,
    /// Of the streams that are encoded anew.
    sounds: Vec<Option<Box<Sound>>>,
    packet: Packet,
    /// `packet` was read and waits for its time.
    held: bool,
    ended: bool,
    refused: u64,
    /// Read errors in a row.
    bad_reads: u32,
}

/// Read errors in a row after which a file counts as ended.
pub const PATIENCE: u32 = 64;

/// Why not all is copied.
#[derive(Debug)]
pub enum CopyError {
    /// The input gives nothing more, and this is not its end.
    Read(ReadError),
    /// The output takes nothing more.
    Write(AvError),
}

/// A time of the output: ticks and their unit.
pub type Moment = (i64, Rational);

impl Copier {
    /// Opens the input. Which streams are copied is told by [`Copier::take`].
    ///
    /// # Errors
    /// The input cannot be opened.
    pub fn open(path: &Path, cut: Cut) -> Result<Self, AvError> {
        let demuxer = Demuxer::open(path)?;
        let lanes = vec![None; demuxer.stream_count()];
        let sounds = lanes.iter().map(|_| None).collect();
        let packet = Packet::new()?;
        Ok(Self {
            path: path.to_owned(),
            demuxer,
            cut,
            lanes,
            sounds,
            packet,
            held: false,
            ended: false,
            refused: 0,
            bad_reads: 0,
        })
    }

    /// The input's name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The input.
    #[must_use]
    pub fn input(&self) -> &Demuxer {
        &self.demuxer
    }

    /// Which part is copied.
    #[must_use]
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// Copies stream `input` to stream `output` of the muxer.
    pub fn take(&mut self, input: usize, output: usize) {
        let (kind, unit) = {
            let stream = self.demuxer.stream(input);
            (stream.kind(), stream.time_base())
        };
        self.lanes[input] = Some(Lane { output, kind, unit, done: false });
    }

    /// Encodes stream `input` anew as stream `output` of the muxer.
    pub fn take_sound(&mut self, input: usize, output: usize, sound: Sound) {
        self.take(input, output);
        self.sounds[input] = Some(Box::new(sound));
    }

    /// How stream `input` is encoded anew; nothing where it is copied or left out.
    #[must_use]
    pub fn sound(&self, input: usize) -> Option<&Sound> {
        self.sounds[input].as_deref()
    }

    /// Tells when the film's first picture is shown, which is so many of its ticks later than its time: all streams are.
    /// Before the first [`Copier::advance`].
    pub fn film_begins(&mut self, first: Moment, delay: i64) {
        self.cut.shift = self.cut.shift.saturating_sub(first.1.rescale(delay, self.cut.unit));
        self.sounds.iter_mut().flatten().for_each(|sound| sound.film_begins(first, delay));
    }

    /// Call once all streams are taken: nothing else is read, and reading begins at the start of the cut.
    pub fn begin(&mut self) {
        let lanes = &self.lanes;
        // Attachments lie in the head of the file, not in packets.
        let wanted: Vec<_> = lanes.iter().map(|l| l.is_some_and(|lane| lane.kind != Kind::Attachment)).collect();
        self.ended = !wanted.contains(&true);
        self.demuxer.keep(|index| wanted[index]);
        if let Some(start) = self.cut.start {
            // Failing to seek only means reading up to the start. What is decoded has to be so from before it.
            let run_up = if self.sounds.iter().any(Option::is_some) { RUN_UP } else { 0 };
            let goal = self.cut.unit.rescale(start, Rational::new(1, 1_000_000)).saturating_sub(run_up * 1_000_000);
            let _ = self.demuxer.seek(None, goal);
        }
    }

    /// Writes every packet up to `until`, or all that are left.
    ///
    /// # Errors
    /// The output cannot be written, or the input cannot be read to its end.
    pub fn advance(&mut self, muxer: &mut Muxer, until: Option<Moment>) -> Result<(), CopyError> {
        while self.fill().map_err(CopyError::Read)? {
            let Some(lane) = self.lanes.get(self.packet.stream()).copied().flatten() else {
                self.held = false;
                continue;
            };
            let shift = self.cut.shift_in(lane.unit);
            if let (Some(at), Some((limit, unit))) = (self.packet.dts().or(self.packet.pts()), until)
                && lane.kind != Kind::Cover
                && lane.unit.compare(at - shift, unit, limit) == Ordering::Greater
            {
                let input = self.packet.stream();
                return self.feed(input, |sound, write| sound.wait(at, (limit, unit), write), muxer, lane);
            }
            self.held = false;
            match self.sounds[self.packet.stream()] {
                Some(_) => self.encode(muxer, lane)?,
                None => self.write(muxer, lane, shift).map_err(CopyError::Write)?,
            }
        }
        self.end(muxer)
    }

    /// Ends sound that is encoded anew at this time of the output; before the last [`Copier::advance`].
    pub fn limit(&mut self, at: Moment) {
        self.sounds.iter_mut().flatten().for_each(|sound| sound.limit(at));
    }

    /// Writes what is left of sound that is encoded anew.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end(&mut self, muxer: &mut Muxer) -> Result<(), CopyError> {
        for input in 0..self.lanes.len() {
            if let Some(lane) = self.lanes[input] {
                self.feed(input, Sound::end, muxer, lane)?;
            }
        }
        Ok(())
    }

    /// Makes sure that a packet waits; `false` at the end.
    fn fill(&mut self) -> Result<bool, ReadError> {
        while !self.held && !self.ended {
            match self.demuxer.read(&mut self.packet) {
                Ok(true) => (self.held, self.bad_reads) = (true, 0),
                Ok(false) => self.ended = true,
                // The source reports the file's damage; here it only ends the copy if reading does not go on.
                Err(ReadError::Damage(_)) => {
                    self.bad_reads += 1;
                    self.ended = self.bad_reads > PATIENCE;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(self.held)
    }

    fn write(&mut self, muxer: &mut Muxer, lane: Lane, shift: i64) -> Result<(), AvError> {
        let (mut pts, mut dts) = (self.packet.pts(), self.packet.dts());
        let mut duration = self.packet.duration().unwrap_or(0);
        if lane.kind == Kind::Cover {
            (pts, dts) = (Some(0), Some(0));
        } else if let Some(at) = pts.or(dts) {
            if self.cut.is_after(at, lane.unit) {
                self.finished(self.packet.stream());
                return Ok(());
            }
            if self.cut.is_before(at, lane.unit) {
                let start = self.cut.start.map_or(at, |start| self.cut.unit.rescale(start, lane.unit));
                let rest = at + duration - start;
                // A line of text that is on the screen when the cut begins stays on it.
                if lane.kind != Kind::Subtitle || rest <= 0 {
                    return Ok(());
                }
                (pts, dts, duration) = (Some(start), Some(start), rest);
            }
            pts = pts.map(|t| t - shift);
            dts = dts.map(|t| t - shift);
        }
        self.packet.set_times(pts, dts, duration);
        hand_over(&mut self.packet, (muxer, lane, lane.unit), &mut self.refused)
    }

    /// Gives the packet to the sound that it belongs to, which cuts it by itself.
    fn encode(&mut self, muxer: &mut Muxer, lane: Lane) -> Result<(), CopyError> {
        let input = self.packet.stream();
        let at = self.packet.pts().or(self.packet.dts());
        if at.is_some_and(|at| self.cut.is_after(at, lane.unit)) {
            self.feed(input, Sound::end, muxer, lane)?;
            self.finished(input);
            return Ok(());
        }
        let length = self.packet.duration().unwrap_or(0);
        let early = |sound: &Sound| at.is_some_and(|at| sound.is_too_early(at + length, lane.unit));
        if self.sound(input).is_none_or(|sound| sound.has_ended() || early(sound)) {
            return Ok(());
        }
        let packet = std::mem::replace(&mut self.packet, Packet::new().map_err(CopyError::Write)?);
        let fed = self.feed(input, |sound, write| sound.push(&packet, write), muxer, lane);
        self.packet = packet;
        fed
    }

    /// Does something with the sound of stream `input`, if it is encoded anew, and writes what comes of it. Where that fails,
    /// but for the writing, the sound ends.
    fn feed(
        &mut self,
        input: usize,
        act: impl FnOnce(&mut Sound, Write<'_>) -> Result<(), SoundError>,
        muxer: &mut Muxer,
        lane: Lane,
    ) -> Result<(), CopyError> {
        let (Some(sound), refused) = (&mut self.sounds[input], &mut self.refused) else { return Ok(()) };
        let unit = sound.encoder().unit();
        match act(sound, &mut |packet| hand_over(packet, (muxer, lane, unit), refused)) {
            Ok(()) => Ok(()),
            Err(SoundError::Write(error)) => Err(CopyError::Write(error)),
            Err(SoundError::Codec(error)) => {
                tracing::warn!("the sound of stream {input} cannot be encoded any further ({error}): it ends there");
                self.sounds[input] = None;
                self.lanes[input] = None;
                Ok(())
            }
        }
    }

    /// A stream has passed the end of the cut; once all have, reading ends.
    fn finished(&mut self, input: usize) {
        if let Some(lane) = &mut self.lanes[input] {
            lane.done = true;
        }
        let open = |l: &Lane| !l.done && matches!(l.kind, Kind::Audio | Kind::Video);
        let dense = self.lanes.iter().flatten().any(|l| matches!(l.kind, Kind::Audio | Kind::Video));
        self.ended = if dense {
            !self.lanes.iter().flatten().any(open)
        } else {
            self.lanes.iter().flatten().all(|l| l.done || matches!(l.kind, Kind::Attachment | Kind::Cover))
        };
    }
}

/// Where sound that is encoded anew goes.
type Write<'a> = &'a mut dyn FnMut(&mut Packet) -> Result<(), AvError>;

/// Writes a packet whose times are in `unit`.
fn hand_over(
    packet: &mut Packet,
    (muxer, lane, unit): (&mut Muxer, Lane, Rational),
    refused: &mut u64,
) -> Result<(), AvError> {
    packet.set_stream(lane.output);
    match muxer.write(packet, unit) {
        // The container refuses this packet, not the disk.
        Err(error @ (AvError::InvalidData | AvError::Other { errno: super::EINVAL })) => {
            *refused += 1;
            if *refused == 1 {
                tracing::warn!("the output takes no such {} packet ({error}): left out", lane.kind);
            }
            Ok(())
        }
        other => other,
    }
}

/// Why a stream is not copied; `None` where it is.
#[must_use]
pub fn refusal(stream: StreamRef<'_>, container: Container, muxer: &Muxer) -> Option<Refusal> {
    if container.recreates(stream) {
        return Some(Refusal::Recreated);
    }
    (!muxer.would_take(stream)).then_some(Refusal::Unsupported)
}

/// Why a stream is not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The muxer makes it anew from metadata: chapter and time code tracks.
    Recreated,
    /// The container cannot hold it.
    Unsupported,
}
