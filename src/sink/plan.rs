//! A film whose segments are made apart from one another, by as many processes and machines as there are: its plan, in the
//! folder `NAME.EXT.part` beside the output, and the segments that are finished.
//!
//! A segment is written under a name of its own, flushed to the disk and renamed, and only then its entry (`NNNN.json`) is:
//! what has an entry is whole. Two processes may make the same segment at once (a farm's second try, say); what they write
//! is the same, and one of them is the last. Nobody needs a lock.

use super::back;
use super::front::Front;
use super::journal::{self, Facts, Segment, differs, store_file};
use super::segments::{OpenSegment, write_film};
use super::{Output, SinkOptions, part, segments};
use crate::av::copy::Cut;
use crate::av::packet::Packet;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Frame, Mark, StreamInfo};
use crate::stage::{CutShort, FrameSink};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The version of the files' layout.
const LAYOUT: u32 = 4;

/// Frames from where a fresh engine can begin to where another can, or to the film's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Number of the first frame in the film.
    pub first: u64,
    /// How many there are.
    pub frames: u64,
    /// When the first is shown, in the film's ticks.
    pub pts: i64,
    /// Where drawing begins: with the first frame where that starts a shot, else with those that warm up what remembers.
    pub begin: Mark,
}

/// The plan's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    layout: u32,
    /// What the result depends on.
    pub facts: Facts,
    /// The command that made it: how each segment is drawn.
    pub arguments: Vec<String>,
    /// Where that command ran.
    pub folder: PathBuf,
    /// What could not be read of the input.
    pub damage: Option<String>,
    /// The film, in order.
    pub segments: Vec<Stretch>,
}

impl Plan {
    /// A plan without segments yet.
    #[must_use]
    pub fn new(facts: Facts, arguments: Vec<String>, folder: PathBuf) -> Self {
        Self { layout: LAYOUT, facts, arguments, folder, damage: None, segments: Vec::new() }
    }

    /// Frames of the whole film.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.segments.iter().map(|segment| segment.frames).sum()
    }
}

/// A planned film and what there is of it.
#[derive(Clone, Debug)]
pub struct Planned {
    output: PathBuf,
    folder: PathBuf,
    plan: Plan,
}

impl Planned {
    /// The plan of the film `output`, if there is one.
    ///
    /// # Errors
    /// [`Error::Plan`]: it is there, but of no use.
    pub fn find(output: &Path) -> Result<Option<Self>> {
        let folder = journal::folder(output);
        let refused = |reason: String| Error::Plan { path: output.into(), reason };
        let text = match fs::read(folder.join(journal::PLAN)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(format!("its plan cannot be read: {error}"))),
        };
        let plan: Plan = serde_json::from_slice(&text).map_err(|e| refused(format!("its plan is damaged: {e}")))?;
        if plan.layout != LAYOUT {
            return Err(refused("another version of the program planned it".into()));
        }
        Ok(Some(Self { output: output.into(), folder, plan }))
    }

    /// As [`Planned::find`], but there must be one.
    ///
    /// # Errors
    /// [`Error::Plan`].
    pub fn open(output: &Path) -> Result<Self> {
        Self::find(output)?
            .ok_or_else(|| Error::Plan { path: output.into(), reason: "there is no plan beside it".into() })
    }

    /// Writes the plan of the film `output`; what another plan or an interrupted run left there is removed where
    /// `overwrite` allows.
    ///
    /// # Errors
    /// [`Error::Plan`] where it does not; [`Error::Create`], [`Error::Write`].
    pub fn create(output: &Path, plan: Plan, overwrite: bool) -> Result<Self> {
        let folder = journal::folder(output);
        let failed = |e| Error::create(&folder, e);
        if overwrite && folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        if let Err(error) = fs::create_dir(&folder) {
            // One that was killed before it wrote its plan is no reason to stop; what it left is written over.
            let mut files = fs::read_dir(&folder).map_err(|_| failed(error))?.flatten();
            if !files.all(|file| journal::is_remains(&file.path())) || journal::is_at_work(&folder) {
                let reason = format!("{} is there already, of another plan or run", folder.display());
                return Err(Error::Plan { path: output.into(), reason });
            }
        }
        store_file(&folder.join(journal::PLAN), &plan)?;
        Ok(Self { output: output.into(), folder, plan })
    }

    /// Removes what is left of a plan whose film is there, finished, and newer than all of it: one that was joined by a process
    /// that was killed before it could do so. Answers whether there was something.
    #[must_use]
    pub fn sweep(output: &Path) -> bool {
        output.is_file() && journal::sweep(output)
    }

    /// What is planned.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// That `facts` are still those of the plan.
    ///
    /// # Errors
    /// [`Error::Plan`] says which are not.
    pub fn check(&self, facts: &Facts) -> Result<()> {
        match differs(&self.plan.facts, facts) {
            Some(reason) => Err(self.refused(format!("it was planned {reason}"))),
            None => Ok(()),
        }
    }

    /// Segment `index`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Plan`]: there are not so many.
    pub fn segment(&self, index: usize) -> Result<Stretch> {
        let of = self.plan.segments.len();
        let missing = || self.refused(format!("it has segments 0 to {}, not {index}", of.saturating_sub(1)));
        self.plan.segments.get(index).copied().ok_or_else(missing)
    }

    /// Whether segment `index` is finished.
    #[must_use]
    pub fn is_done(&self, index: usize) -> bool {
        self.entry(index).is_some()
    }

    /// Segments that are not finished.
    #[must_use]
    pub fn missing(&self) -> Vec<usize> {
        (0..self.plan.segments.len()).filter(|index| !self.is_done(*index)).collect()
    }

    fn entry(&self, index: usize) -> Option<Segment> {
        let planned = self.plan.segments.get(index)?;
        let file = journal::segment_file(&self.folder, index);
        let entry: Segment = serde_json::from_slice(&fs::read(file.with_extension("json")).ok()?).ok()?;
        let whole = fs::metadata(&file).is_ok_and(|found| found.len() == entry.bytes);
        (whole && (entry.frames, entry.pts) == (planned.frames, planned.pts)).then_some(entry)
    }

    /// A sink for the frames of segment `index`.
    ///
    /// # Errors
    /// See [`super::create`].
    pub fn output(&self, index: usize, info: &StreamInfo, options: &SinkOptions) -> Result<Output> {
        let stretch = self.segment(index)?;
        let front = Front::open(segments::container(&self.output, options)?, info, options)?;
        let (format, color) = front.wanted();
        let (size, encoder, notes) = (front.encoder().size(), front.encoder().name(), front.notes());
        let file = journal::segment_file(&self.folder, index);
        let own = Own(journal::own_name(&file));
        let open = OpenSegment::create(front, own.0.clone(), stretch.pts, self.segment(0)?.pts)?;
        let packet = Packet::new().map_err(|e| Error::create(&file, e))?;
        let cut_short = options.cut_short.clone();
        let sink = PlannedSink { planned: self.clone(), index, stretch, open, packet, file, own, cut_short };
        Ok(Output { sink: Box::new(sink), format, color, size, encoder, notes })
    }

    /// What the user should know of the film that [`Planned::join`] makes: streams that the container cannot hold.
    ///
    /// # Errors
    /// See [`super::create`].
    pub fn notes(&self, info: &StreamInfo, options: &SinkOptions) -> Result<Vec<String>> {
        let front = Front::open(segments::container(&self.output, options)?, info, options)?;
        back::notes(&self.output, options, Cut::whole(info.time_base), &front)
    }

    /// Writes the film's file from its segments, which are removed then.
    ///
    /// # Errors
    /// [`Error::Plan`] where some are missing; see [`super::create`] and [`FrameSink::write`].
    pub fn join(&self, info: &StreamInfo, options: &SinkOptions) -> Result<()> {
        super::check_quality(options)?;
        part::check(&self.output, options.overwrite, options.read_from())?;
        let missing: Vec<String> = self.missing().iter().map(ToString::to_string).collect();
        if !missing.is_empty() {
            return Err(self.refused(format!("these segments are not finished: {}", missing.join(", "))));
        }
        let entries = (0..self.plan.segments.len()).filter_map(|index| self.entry(index).map(|entry| (index, entry)));
        let segments = entries.map(|(index, entry)| (journal::segment_file(&self.folder, index), entry));
        write_film(&self.output, info, options, segments)?;
        journal::remove_folder(&self.folder);
        Ok(())
    }

    fn refused(&self, reason: String) -> Error {
        Error::Plan { path: self.output.clone(), reason }
    }
}

/// A file of this process alone, removed with it.
struct Own(PathBuf);

impl Drop for Own {
    fn drop(&mut self) {
        // It has been renamed, or is worth nothing.
        let _ = fs::remove_file(&self.0);
    }
}

struct PlannedSink {
    planned: Planned,
    index: usize,
    stretch: Stretch,
    open: OpenSegment,
    packet: Packet,
    file: PathBuf,
    own: Own,
    cut_short: CutShort,
}

impl FrameSink for PlannedSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        let (index, pts) = (frame.stamp.index, frame.stamp.pts);
        let first = self.open.frames() == 0;
        if first && (index, pts) != (self.stretch.first, self.stretch.pts) {
            let reason = format!("segment {} does not begin where it was planned to", self.index);
            return Err(self.planned.refused(reason));
        }
        self.open.write(frame, &mut self.packet)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Self { planned, index, stretch, open, mut packet, file, own, cut_short } = *self;
        if cut_short.is() {
            return Ok(());
        }
        let next = planned.plan.segments.get(index + 1).map(|next| next.pts);
        let segment = open.finish(&mut packet, next)?;
        if segment.frames != stretch.frames {
            let (found, asked) = (segment.frames, stretch.frames);
            return Err(
                planned.refused(format!("segment {index} has {found} frames, not the {asked} that were planned"))
            );
        }
        fs::rename(&own.0, &file).map_err(|e| Error::write(&file, e))?;
        store_file(&file.with_extension("json"), &segment)
    }
}
