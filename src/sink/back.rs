//! The second half of a video file: the drawn film's packets, with all other streams of the input beside them: copied, or,
//! where the container cannot hold a sound, encoded anew. Knows containers and streams, not frames.
//!
//! Where a container cannot show what lies before zero (mp4, Matroska), a film that begins there is moved as a whole.

use super::SinkOptions;
use super::front::Front;
use super::part::Part;
use super::steady::Grid;
use crate::av::AvError;
use crate::av::container::Container;
use crate::av::copy::{Copier, CopyError, Cut, Moment, Refusal, refusal};
use crate::av::demux::{Kind, StreamRef};
use crate::av::encode::Encoder;
use crate::av::mux::Muxer;
use crate::av::packet::Packet;
use crate::av::pipe::is_standard;
use crate::av::sound::Sound;
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
    /// Unit of the film's times.
    film: Rational,
    /// Index of the video in the output.
    stream: usize,
    /// The packets count their frames.
    grid: Option<Grid>,
    begun: bool,
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

/// What [`Back::create`] will add to its notes.
///
/// # Errors
/// See [`super::create`].
pub(super) fn notes(path: &Path, options: &SinkOptions, cut: Cut, front: &Front) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let Some(input) = &options.copy_from else { return Ok(notes) };
    let copier = Copier::open(input, options.cut.unwrap_or(cut)).map_err(|e| Error::open(input, e))?;
    let (container, encoder) = (container(path, options.format.as_deref())?, front.encoder());
    let planned = roomy(container, encoder, &copier, &mut notes)
        .and_then(|container| plan(encoder, encoder.time_base(), container, &copier, &mut notes));
    planned.map(|_| notes).map_err(|e| Error::create(path, e))
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
        front: &Front,
        notes: &mut Vec<String>,
    ) -> Result<Self> {
        let (encoder, grid) = (front.encoder(), front.grid());
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
        let ticks = encoder.time_base();
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
            unit: ticks,
            film: info.time_base,
            stream,
            grid,
            begun: false,
        })
    }

    /// Tells when a picture is shown, in the film's ticks; only the first call counts. Before the first packet.
    pub(super) fn shows(&mut self, pts: i64) {
        if !self.begun {
            self.begun = true;
            let delay = self.grid.map_or(0, |grid| grid.delay(pts));
            self.muxer.first_picture(pts + delay, self.film);
            if let Some(copier) = &mut self.copier {
                copier.film_begins((pts + delay, self.film), delay);
            }
        }
    }

    /// Writes a packet of the film, and before it the packets of other streams up to its time.
    pub(super) fn write(&mut self, packet: &mut Packet) -> Result<()> {
        if let Some(dts) = packet.dts() {
            self.copy(Some((dts, self.unit)))?;
        }
        packet.set_stream(self.stream);
        self.muxer.write(packet, self.unit).map_err(|e| Error::write(&self.path, e))
    }

    /// Closes the file and gives it its name. Other streams are copied up to `until`, or to their ends.
    pub(super) fn finish(mut self, until: Option<Moment>) -> Result<()> {
        if let (Some(copier), Some(until)) = (&mut self.copier, until) {
            copier.limit(until);
        }
        self.copy(until)?;
        if let Some(copier) = &mut self.copier {
            copier.end(&mut self.muxer).map_err(|e| failed_copy(e, copier.path(), &self.path))?;
        }
        let Self { muxer, part, path, .. } = self;
        muxer.finish().map_err(|e| Error::write(&path, e))?;
        part.commit()
    }

    fn copy(&mut self, until: Option<Moment>) -> Result<()> {
        let Some(copier) = &mut self.copier else { return Ok(()) };
        copier.advance(&mut self.muxer, until).map_err(|e| failed_copy(e, copier.path(), &self.path))
    }
}

fn failed_copy(error: CopyError, input: &Path, output: &Path) -> Error {
    match error {
        CopyError::Read(error) => Error::Copy { path: input.to_owned(), source: error.into() },
        CopyError::Write(error) => Error::write(output, error),
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
    let plan = plan(encoder, ticks, container, copier, notes)?;
    let mut place = 0;
    let mut next = 0;
    for (index, lane) in plan.into_iter().enumerate() {
        let stream = copier.input().stream(index);
        match lane {
            _ if Some(index) == video => {
                muxer.add_encoded(encoder, ticks, Some(stream))?;
                place = next;
            }
            Lane::Left => continue,
            Lane::Copied => {
                muxer.add_copied(stream)?;
                // A cover picture in Matroska is an attachment, which has no packets.
                if !(stream.kind() == Kind::Cover && container.is_matroska()) {
                    copier.take(index, next);
                }
            }
            Lane::Anew(sound) => {
                muxer.add_sound(sound.encoder(), Some(stream))?;
                copier.take_sound(index, next, *sound);
            }
        }
        next += 1;
    }
    muxer.add_metadata(copier.input(), copier.cut())?;
    Ok(place)
}

/// What becomes of a stream of the input.
enum Lane {
    Left,
    Copied,
    Anew(Box<Sound>),
}

/// What becomes of each stream of the input but the drawn one.
fn plan(
    encoder: &Encoder,
    ticks: Rational,
    container: Container,
    copier: &Copier,
    notes: &mut Vec<String>,
) -> Result<Vec<Lane>, AvError> {
    let input = copier.input();
    let video = input.video_stream();
    let mut plan = Muxer::new(container, Path::new("plan"))?;
    plan.add_encoded(encoder, ticks, None)?;
    let mut lanes = Vec::new();
    for stream in input.streams() {
        let name = || format!("stream {} ({} {})", stream.index(), stream.codec_name(), stream.kind());
        let why = || format!("{} files cannot hold it", container.name());
        lanes.push(match refusal(stream, container, &plan) {
            _ if Some(stream.index()) == video => Lane::Left,
            None => {
                plan.add_copied(stream)?;
                Lane::Copied
            }
            Some(Refusal::Recreated) => Lane::Left,
            Some(Refusal::Unsupported) if stream.kind() == Kind::Audio && !container.is_silent() => {
                match Sound::open(stream, container, &plan, copier.cut()) {
                    Ok(sound) => {
                        plan.add_sound(sound.encoder(), None)?;
                        notes.push(format!(
                            "{} is encoded anew as {}: {}",
                            name(),
                            sound.encoder().codec_name(),
                            why()
                        ));
                        Lane::Anew(Box::new(sound))
                    }
                    Err(unfit) => {
                        notes.push(format!("{} is left out: {}, and {unfit}", name(), why()));
                        Lane::Left
                    }
                }
            }
            Some(Refusal::Unsupported) => {
                notes.push(format!("{} is left out: {}", name(), why()));
                Lane::Left
            }
        });
    }
    Ok(lanes)
}

/// When the streams begin, sound first; in the units that they are written in.
fn starts(copier: &Copier) -> Vec<(i64, Rational)> {
    let shift = |unit| copier.cut().shift_in(unit);
    let of = |kind| copier.input().streams().filter(move |s| s.kind() == kind);
    let timed = of(Kind::Audio).chain(of(Kind::Video)).chain(of(Kind::Subtitle));
    let start = |s: StreamRef<'_>| {
        let unit = copier.sound(s.index()).map_or(s.time_base(), |sound| sound.encoder().unit());
        s.start_time().map(|t| (s.time_base().rescale(t, unit) - shift(unit), unit))
    };
    timed.filter_map(start).collect()
}
