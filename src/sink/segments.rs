//! A video file that is worked in segments, so that a run that was killed can go on: each is encoded by itself and kept,
//! as packets, until the last is there; then all are written into the file, bit for bit, with the input's other streams
//! beside them. Runs on the sink thread.
//!
//! * A segment ends where a fresh engine can go on as if nothing had happened: at a cut, since nothing before it reaches into
//!   what follows; or, in a long shot, where every run begins afresh, after some frames that warm it up.
//! * Every segment begins with an encoder as it was opened, disturbed or not.
//! * The moment of the kill is therefore nowhere to be seen in the film.

use super::back::{self, Back};
use super::front::Front;
use super::journal::{self, Facts, Journal, Segment};
use super::part::{self, Part};
use super::still;
use super::{Output, SinkOptions};
use crate::av::container::Container;
use crate::av::copy::Cut;
use crate::av::packet::Packet;
use crate::av::pipe::is_standard;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Frame, StreamInfo};
use crate::stage::FrameSink;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

/// Tells whether a segment begins with the frame of this index: then by how many frames before it what remembers is to be
/// warmed up. Asked in order, once each.
pub type Divides = Box<dyn FnMut(u64) -> Option<u64> + Send>;

/// A film that is worked in segments.
pub struct Segments {
    path: PathBuf,
    info: StreamInfo,
    options: SinkOptions,
    journal: Journal,
}

impl Segments {
    /// Goes on with what there is of the film at `path`, or begins it. `facts` are what it depends on.
    ///
    /// # Errors
    /// [`Error::Resume`] where it was begun with other facts, unless `options` overwrite; else see [`super::create`].
    pub fn open(path: &Path, info: &StreamInfo, options: &SinkOptions, facts: &Facts) -> Result<Self> {
        super::check_quality(options)?;
        container(path, options)?;
        part::check(path, options.overwrite, options.read_from())?;
        let journal = Journal::open(path, facts, options.overwrite)?;
        Ok(Self { path: path.into(), info: info.clone(), options: options.clone(), journal })
    }

    /// Whether a run that ended early has left segments of the film at `path`.
    #[must_use]
    pub fn are_kept(path: &Path) -> bool {
        journal::folder(path).exists()
    }

    /// Removes what is left of the segments of a film that is there already.
    pub fn sweep(path: &Path) {
        let _ = journal::sweep(path);
    }

    /// Frames that are finished: the sink wants those that follow.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.journal.frames()
    }

    /// How many of the finished frames must be drawn again, to warm up what remembers, before those that are missing.
    #[must_use]
    pub fn warm_up(&self) -> u64 {
        self.journal.warm_up()
    }

    /// All frames are finished: what is left is [`Segments::join`].
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.journal.is_complete()
    }

    /// A sink for the frames that are missing.
    ///
    /// # Errors
    /// See [`super::create`].
    pub fn into_output(self, divides: Divides) -> Result<Output> {
        let front = self.front()?;
        let (format, color) = front.wanted();
        let (size, encoder, mut notes) = (front.encoder().size(), front.encoder().name(), front.notes());
        notes.extend(back::notes(&self.path, &self.options, Cut::whole(self.info.time_base), &front)?);
        let packet = Packet::new().map_err(|e| Error::create(&self.path, e))?;
        let sink = SegmentSink { film: self, divides, next: Some(front), open: None, packet };
        Ok(Output { sink: Box::new(sink), format, color, size, encoder, notes })
    }

    /// Writes the film's file from its segments, which are removed then.
    ///
    /// # Errors
    /// See [`super::create`] and [`FrameSink::write`].
    pub fn join(self) -> Result<()> {
        let segments = self.journal.segments().map(|(file, segment)| (file, segment.clone()));
        write_film(&self.path, &self.info, &self.options, segments)?;
        self.journal.remove();
        Ok(())
    }

    fn front(&self) -> Result<Front> {
        Front::open(container(&self.path, &self.options)?, &self.info, &self.options)
    }
}

/// The container of a film that is worked in segments.
///
/// # Errors
/// Those of [`back::container`]; [`Error::Create`] for one whose packets cannot be kept: raw pictures, a pipe.
pub(super) fn container(path: &Path, options: &SinkOptions) -> Result<Container> {
    if options.format.is_none() && still::picture_format(path).is_some() {
        return Err(Error::create(path, "pictures are not worked in segments: those that are written stay"));
    }
    let container = back::container(path, options.format.as_deref())?;
    if is_standard(path) || container.is_y4m() {
        let name =
            if is_standard(path) { "standard output".to_owned() } else { format!("a {} file", container.name()) };
        return Err(Error::create(path, format!("{name} cannot be worked in segments")));
    }
    Ok(container)
}

/// Writes a film from its segments, in order.
///
/// # Errors
/// See [`super::create`] and [`FrameSink::write`].
pub(super) fn write_film(
    path: &Path,
    info: &StreamInfo,
    options: &SinkOptions,
    segments: impl Iterator<Item = (PathBuf, Segment)>,
) -> Result<()> {
    let part = Part::create(path, options.overwrite, options.read_from())?;
    let front = Front::open(container(path, options)?, info, options)?;
    // They were told before.
    let mut back = Back::create((path, part), info, options, &front, &mut Vec::new())?;
    let mut packet = Packet::new().map_err(|e| Error::write(path, e))?;
    for (path, segment) in segments {
        let failed = |e| Error::Resume { path: path.clone(), reason: format!("it cannot be read: {e}") };
        back.shows(segment.pts);
        let mut file = BufReader::new(File::open(&path).map_err(failed)?);
        while packet.read_record(&mut file).map_err(failed)? {
            back.write(&mut packet)?;
        }
    }
    back.finish(None)
}

/// See the module.
struct SegmentSink {
    film: Segments,
    divides: Divides,
    /// An encoder for the next segment, where there is one already.
    next: Option<Front>,
    open: Option<OpenSegment>,
    packet: Packet,
}

/// A segment that is being made.
pub(super) struct OpenSegment {
    front: Front,
    path: PathBuf,
    file: File,
    segment: Segment,
    /// The next packet's bytes.
    record: Vec<u8>,
}

impl SegmentSink {
    fn begin(&mut self, pts: i64) -> Result<OpenSegment> {
        let front = match self.next.take() {
            Some(front) => front,
            None => self.film.front()?,
        };
        let first = self.film.journal.segments().next().map_or(pts, |(_, segment)| segment.pts);
        OpenSegment::create(front, self.film.journal.next_file(), pts, first)
    }

    /// Ends the open segment; the one after it is warmed up by so many frames and begins at that time, or there is none.
    fn close(&mut self, next: Option<(u64, i64)>) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let segment = open.finish(&mut self.packet, next.map(|(_, pts)| pts))?;
        self.film.journal.enter(segment, next.map(|(warm_up, _)| warm_up))
    }
}

impl OpenSegment {
    /// A segment in the file `path`, whose first frame is shown at `pts`, and the film's at `first`.
    pub(super) fn create(mut front: Front, path: PathBuf, pts: i64, first: i64) -> Result<Self> {
        front.continues(first);
        let file = File::create(&path).map_err(|e| Error::write(&path, e))?;
        Ok(Self { front, path, file, segment: Segment { frames: 0, pts, bytes: 0 }, record: Vec::new() })
    }

    /// Frames that it has.
    pub(super) fn frames(&self) -> u64 {
        self.segment.frames
    }

    /// Takes the next frame.
    pub(super) fn write(&mut self, frame: Frame<CpuImage>, packet: &mut Packet) -> Result<()> {
        self.front.send(frame)?;
        self.segment.frames += 1;
        self.pass_on(packet)
    }

    /// Everything is on the disk then. The next segment begins at the time `next`, or there is none.
    pub(super) fn finish(mut self, packet: &mut Packet, next: Option<i64>) -> Result<Segment> {
        self.front.end(next)?;
        self.pass_on(packet)?;
        self.file.sync_all().map_err(|e| Error::write(&self.path, e))?;
        Ok(self.segment)
    }

    fn pass_on(&mut self, packet: &mut Packet) -> Result<()> {
        while self.front.receive(packet)? {
            self.record.clear();
            packet.append_record(&mut self.record).map_err(|e| Error::write(&self.path, e))?;
            self.file.write_all(&self.record).map_err(|e| Error::write(&self.path, e))?;
            self.segment.bytes += self.record.len() as u64;
        }
        Ok(())
    }
}

impl FrameSink for SegmentSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        if let Some(warm_up) = (self.divides)(frame.stamp.index) {
            self.close(Some((warm_up, frame.stamp.pts)))?;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(frame.stamp.pts)?,
        };
        open.write(frame, &mut self.packet)?;
        self.open = Some(open);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        // Interrupted: the frames of the open segment are drawn again the next time.
        if self.film.options.cut_short.is() {
            return Ok(());
        }
        self.close(None)?;
        self.film.join()
    }
}
