//! The streams that are handed on untouched: read by a second demuxer of the input, a little ahead of the encoded
//! video, so that memory stays flat and the output is interleaved. Runs on the sink thread.

use super::demux::{Demuxer, Kind, ReadError, StreamRef};
use super::mux::Muxer;
use super::packet::Packet;
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
        let packet = Packet::new()?;
        Ok(Self {
            path: path.to_owned(),
            demuxer,
            cut,
            lanes,
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

    /// Call once all streams are taken: nothing else is read, and reading begins at the start of the cut.
    pub fn begin(&mut self) {
        let lanes = &self.lanes;
        // Attachments lie in the head of the file, not in packets.
        let wanted: Vec<_> = lanes.iter().map(|l| l.is_some_and(|lane| lane.kind != Kind::Attachment)).collect();
        self.ended = !wanted.contains(&true);
        self.demuxer.keep(|index| wanted[index]);
        if let Some(start) = self.cut.start {
            // Failing to seek only means reading up to the start.
            let goal = self.cut.unit.rescale(start, Rational::new(1, 1_000_000));
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
                return Ok(());
            }
            self.held = false;
            self.write(muxer, lane, shift).map_err(CopyError::Write)?;
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
        self.packet.set_stream(lane.output);
        match muxer.write(&mut self.packet, lane.unit) {
            // The container refuses this packet, not the disk.
            Err(error @ (AvError::InvalidData | AvError::Other { errno: super::EINVAL })) => {
                self.refused += 1;
                if self.refused == 1 {
                    tracing::warn!("the output takes no such {} packet ({error}): left out", lane.kind);
                }
                Ok(())
            }
            other => other,
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
