//! The second half of a video file: the drawn film's packets, with all other streams of the input copied beside them.
//! Knows containers and copied streams, not frames.
//!
//! Where a container cannot show what lies before zero (mp4, Matroska), a film that begins there is moved as a whole.

use super::SinkOptions;
use super::part::Part;
use crate::av::AvError;
use crate::av::container::Container;
use crate::av::copy::{Copier, CopyError, Cut, Moment, Refusal, refusal};
use crate::av::demux::Kind;
use crate::av::encode::Encoder;
use crate::av::mux::Muxer;
use crate::av::packet::Packet;
use crate::av::pipe::is_standard;
use crate::error::{Error, Result};
use crate::frame::{Rational, StreamInfo};
use std::path::{Path, PathBuf};

/// A file that is being written.
pub(super) struct Back {
    // Closed before `part`, which removes the file.
    muxer: Muxer,
    part: Part,
    path: PathBuf,
    copier: Option<Copier>,
    /// Unit of the packets' times.
    unit: Rational,
    /// Index of the video in the output.
    stream: usize,
    /// Distance of frames, in containers that have no timestamps.
    grid: Option<Grid>,
    begun: bool,
}

struct Grid {
    unit: Rational,
    last: i64,
}

/// The container that is asked for, by `format` or else by the name of `path`; Matroska on standard output.
///
/// # Errors
/// [`Error::Setting`] where there is none of that name; [`Error::Create`] where it is none that holds a film, or one that is
/// not written in one go, for standard output.
pub(super) fn container(path: &Path, format: Option<&str>) -> Result<Container> {
    let piped = is_standard(path);
    if let Some(name) = format.or(piped.then_some("matroska")) {
        let found = Container::by_name(name).filter(|c| c.is_film());
        let found = found.ok_or_else(|| Error::setting("format", format!("\"{name}\" is no file format for films")))?;
        if piped && found.is_mov() {
            return Err(Error::create(path, format!("{} is not for pipes; take matroska or y4m", found.name())));
        }
        return Ok(found);
    }
    Container::for_path(path).filter(|c| c.is_film()).ok_or_else(|| {
        let extension = path.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
        Error::create(path, format!("\"{extension}\" names no file format; .mp4, .mkv, .mov and .webm do"))
    })
}

impl Back {
    /// Writes the head of the file at `path` into `part`; adds to `notes` what the user should know.
    ///
    /// # Errors
    /// See [`super::create`].
    pub(super) fn create(
        (path, part): (&Path, Part),
        info: &StreamInfo,
        options: &SinkOptions,
        encoder: &Encoder,
        notes: &mut Vec<String>,
    ) -> Result<Self> {
        let container = container(path, options.format.as_deref())?;
        let failed = |e: AvError| Error::create(path, e);
        let cut = options.cut.unwrap_or(Cut::whole(info.time_base));
        let mut copier = match &options.copy_from {
            Some(input) => Some(Copier::open(input, cut).map_err(|e| Error::open(input, e))?),
            None => None,
        };
        let container = match &copier {
            Some(copier) => roomy(container, encoder, copier, notes).map_err(failed)?,
            None => container,
        };
        let mut muxer = Muxer::new(container, part.path()).map_err(failed)?;
        let unit = info.frame_rate.filter(|_| container.is_constant_rate()).map(Rational::inverse);
        let ticks = unit.unwrap_or(info.time_base);
        let stream = lay_out(&mut muxer, encoder, ticks, container, copier.as_mut(), notes).map_err(failed)?;
        let starts = copier.as_ref().map_or_else(Vec::new, starts);
        muxer.begin(ticks, &starts).map_err(failed)?;
        if let Some(copier) = &mut copier {
            copier.begin();
        }
        Ok(Self {
            muxer,
            part,
            path: path.into(),
            copier,
            unit: encoder.time_base(),
            stream,
            grid: unit.map(|unit| Grid { unit, last: i64::MIN }),
            begun: false,
        })
    }

    /// Tells when a picture is shown; only the first call counts. Before the first packet.
    pub(super) fn shows(&mut self, pts: i64) {
        if !self.begun {
            self.begun = true;
            self.muxer.first_picture(pts, self.unit);
        }
    }

    /// Writes a packet of the film, and before it the packets of other streams up to its time.
    pub(super) fn write(&mut self, packet: &mut Packet) -> Result<()> {
        if let Some(dts) = packet.dts() {
            self.copy(Some((dts, self.unit)))?;
        }
        packet.set_stream(self.stream);
        let unit = match &mut self.grid {
            Some(grid) => grid.place(packet, self.unit),
            None => self.unit,
        };
        self.muxer.write(packet, unit).map_err(|e| Error::write(&self.path, e))
    }

    /// Closes the file and gives it its name. Other streams are copied up to `until`, or to their ends.
    pub(super) fn finish(mut self, until: Option<Moment>) -> Result<()> {
        self.copy(until)?;
        let Self { muxer, part, path, .. } = self;
        muxer.finish().map_err(|e| Error::write(&path, e))?;
        part.commit()
    }

    fn copy(&mut self, until: Option<Moment>) -> Result<()> {
        let Some(copier) = &mut self.copier else { return Ok(()) };
        copier.advance(&mut self.muxer, until).map_err(|e| match e {
            CopyError::Read(error) => Error::Copy { path: copier.path().to_owned(), source: error.into() },
            CopyError::Write(error) => Error::write(&self.path, error),
        })
    }
}

impl Grid {
    /// Moves a packet to the nearest free place.
    fn place(&mut self, packet: &mut Packet, unit: Rational) -> Rational {
        let at = |t: i64| unit.rescale(t, self.unit);
        let dts = packet.dts().map(at).map(|t| t.max(self.last.saturating_add(1)));
        let pts = packet.pts().map(at).max(dts);
        packet.set_times(pts, dts, 1);
        self.last = dts.unwrap_or(self.last);
        self.unit
    }
}

/// The container, or its roomier relative where that keeps sound from being lost.
fn roomy(
    container: Container,
    encoder: &Encoder,
    copier: &Copier,
    notes: &mut Vec<String>,
) -> Result<Container, AvError> {
    let Some(roomier) = container.roomier() else { return Ok(container) };
    let plan = |container| -> Result<Muxer, AvError> {
        let mut plan = Muxer::new(container, Path::new("plan"))?;
        plan.add_encoded(encoder, encoder.time_base(), None)?;
        Ok(plan)
    };
    let (narrow, wide) = (plan(container)?, plan(roomier)?);
    let mut sounds = copier.input().streams().filter(|s| s.kind() == Kind::Audio);
    let Some(lost) = sounds.find(|s| !narrow.would_take(*s) && wide.would_take(*s)) else { return Ok(container) };
    let (index, codec) = (lost.index(), lost.codec_name());
    notes.push(format!(
        "written as QuickTime: {} files cannot hold the {codec} sound of stream {index}",
        container.name()
    ));
    Ok(roomier)
}

/// Adds the streams of the output in the order of the input; answers where the video is.
fn lay_out(
    muxer: &mut Muxer,
    encoder: &Encoder,
    ticks: Rational,
    container: Container,
    copier: Option<&mut Copier>,
    notes: &mut Vec<String>,
) -> Result<usize, AvError> {
    let Some(copier) = copier else {
        muxer.add_encoded(encoder, ticks, None)?;
        return Ok(0);
    };
    let video = copier.input().video_stream();
    let mut taken = Vec::new();
    {
        let input = copier.input();
        let mut plan = Muxer::new(container, Path::new("plan"))?;
        plan.add_encoded(encoder, ticks, None)?;
        for stream in input.streams().filter(|s| Some(s.index()) != video) {
            match refusal(stream, container, &plan) {
                None => {
                    plan.add_copied(stream)?;
                    taken.push(stream.index());
                }
                Some(Refusal::Recreated) => {}
                Some(Refusal::Unsupported) => notes.push(format!(
                    "stream {} ({} {}) is left out: {} files cannot hold it",
                    stream.index(),
                    stream.codec_name(),
                    stream.kind(),
                    container.name()
                )),
            }
        }
    }
    let mut place = 0;
    let mut next = 0;
    for index in 0..copier.input().stream_count() {
        let stream = copier.input().stream(index);
        if Some(index) == video {
            muxer.add_encoded(encoder, ticks, Some(stream))?;
            place = next;
        } else if taken.contains(&index) {
            muxer.add_copied(stream)?;
            // A cover picture in Matroska is an attachment, which has no packets.
            if !(stream.kind() == Kind::Cover && container.is_matroska()) {
                copier.take(index, next);
            }
        } else {
            continue;
        }
        next += 1;
    }
    muxer.add_metadata(copier.input(), copier.cut())?;
    Ok(place)
}

/// When the streams begin, sound first.
fn starts(copier: &Copier) -> Vec<(i64, Rational)> {
    let shift = |unit| copier.cut().shift_in(unit);
    let of = |kind| copier.input().streams().filter(move |s| s.kind() == kind);
    let timed = of(Kind::Audio).chain(of(Kind::Video)).chain(of(Kind::Subtitle));
    timed.filter_map(|s| s.start_time().map(|t| (t - shift(s.time_base()), s.time_base()))).collect()
}
