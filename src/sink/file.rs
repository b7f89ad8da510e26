//! A video file: frames are encoded, everything else of the input is copied beside them. Runs on the sink thread; the
//! encoder adds its own threads.
//!
//! * Timestamps go through untouched: the encoder counts in the source's ticks, and the container is asked to.
//! * With 4:2:0 or 4:2:2, H.264 and H.265 have only even sizes: a picture of odd size gets its last column or row twice,
//!   so that 321x181 becomes 322x182. Nothing is cut off, and with `pix_fmt=yuv444p` it stays as it is.
//! * Where a container cannot show what lies before zero (mp4, Matroska), a film that begins there is moved as a whole.

use super::part::Part;
use super::{Output, SinkOptions};
use crate::av::AvError;
use crate::av::color::Tags;
use crate::av::container::Container;
use crate::av::copy::{Copier, Cut, Refusal, refusal};
use crate::av::demux::{Kind, Packet};
use crate::av::encode::{Encoder, OpenError, Spec};
use crate::av::encoder::Codec;
use crate::av::mux::Muxer;
use crate::av::palette::Quantizer;
use crate::av::picture::AvFrame;
use crate::av::pixel::AvFormat;
use crate::av::scale::{Converter, Side};
use crate::error::{Error, Result};
use crate::frame::{ChromaSiting, ColorInfo, CpuImage, Frame, Matrix, PixelFormat, Range, Rational, Size, StreamInfo};
use crate::stage::FrameSink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes a video file.
pub struct FileSink {
    // Closed before `part`, which removes the file.
    muxer: Muxer,
    part: Part,
    path: PathBuf,
    encoder: Encoder,
    copier: Option<Copier>,
    packet: Packet,
    frame: AvFrame,
    picture: Picture,
    /// Index of the video in the output.
    stream: usize,
    /// Distance of frames, in containers that have no timestamps.
    grid: Option<Grid>,
    begun: bool,
    /// End of the last frame, in the encoder's ticks.
    end: i64,
    stopped: Option<Arc<AtomicBool>>,
    notes: Vec<String>,
}

/// What becomes of a frame before it is encoded.
struct Picture {
    /// Size of the frames that come.
    size: Size,
    /// What frames should come as.
    format: PixelFormat,
    /// In this colour.
    color: ColorInfo,
    /// Tags of the output.
    tags: Tags,
    outer: Converter,
    inner: Inner,
}

/// From `format` to the encoder's.
enum Inner {
    /// The same.
    Same,
    /// One that no other stage knows.
    Other(Converter),
    /// 256 colours.
    Indexed(Quantizer),
}

struct Grid {
    unit: Rational,
    last: i64,
}

impl FileSink {
    /// Opens encoder and container and writes the file's head.
    ///
    /// # Errors
    /// See [`super::create`].
    pub fn create(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<Self> {
        let container = Container::for_path(path).filter(|c| c.is_film()).ok_or_else(|| {
            let extension = path.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
            Error::create(path, format!("\"{extension}\" names no file format; .mp4, .mkv, .mov and .webm do"))
        })?;
        let part = Part::create(path, options.overwrite, options.copy_from.as_deref())?;
        let failed = |e: AvError| Error::create(path, e);
        let cut = options.cut.unwrap_or(Cut::whole(info.time_base));
        let mut copier = match &options.copy_from {
            Some(input) => Some(Copier::open(input, cut).map_err(|e| Error::open(input, e))?),
            None => None,
        };
        let (encoder, mut picture) = open_encoder(container, info, options)?;
        let mut notes = Vec::new();
        let size = encoder.size();
        if size != info.size {
            notes.push(format!("{} takes even sizes only: {} is encoded as {size}", encoder.name(), info.size));
        }
        let container = match &copier {
            Some(copier) => roomy(container, &encoder, copier, &mut notes).map_err(failed)?,
            None => container,
        };
        let mut muxer = Muxer::new(container, part.path()).map_err(failed)?;
        let unit = info.frame_rate.filter(|_| container.is_constant_rate()).map(Rational::inverse);
        let ticks = unit.unwrap_or(info.time_base);
        let stream = lay_out(&mut muxer, &encoder, ticks, container, copier.as_mut(), &mut notes).map_err(failed)?;
        let starts = copier.as_ref().map_or_else(Vec::new, starts);
        muxer.begin(ticks, &starts).map_err(failed)?;
        if let Some(copier) = &mut copier {
            copier.begin();
        }
        let frame = AvFrame::with_buffer(size, picture.encoder_format(&encoder)).map_err(failed)?;
        Ok(Self {
            muxer,
            part,
            path: path.into(),
            encoder,
            copier,
            packet: Packet::new().map_err(failed)?,
            frame,
            picture,
            stream,
            grid: unit.map(|unit| Grid { unit, last: i64::MIN }),
            begun: false,
            end: 0,
            stopped: options.stopped.clone(),
            notes,
        })
    }

    /// The sink with what it wants.
    #[must_use]
    pub fn into_output(self) -> Output {
        Output {
            format: self.picture.format,
            color: self.picture.color,
            size: self.encoder.size(),
            encoder: self.encoder.name(),
            notes: self.notes.clone(),
            sink: Box::new(self),
        }
    }

    fn encoding(&self, error: AvError) -> Error {
        Error::Encoder { encoder: self.encoder.name(), source: error.into() }
    }

    /// Writes the packets that the encoder has ready, and before each the packets of other streams up to its time.
    fn pass_on(&mut self) -> Result<()> {
        let unit = self.encoder.time_base();
        loop {
            let ready = self.encoder.receive(&mut self.packet).map_err(|e| self.encoding(e))?;
            if !ready {
                return Ok(());
            }
            if let (Some(copier), Some(dts)) = (&mut self.copier, self.packet.dts()) {
                copier.advance(&mut self.muxer, Some((dts, unit))).map_err(|e| Error::write(&self.path, e))?;
            }
            self.packet.set_stream(self.stream);
            let unit = match &mut self.grid {
                Some(grid) => grid.place(&mut self.packet, unit),
                None => unit,
            };
            self.muxer.write(&mut self.packet, unit).map_err(|e| Error::write(&self.path, e))?;
        }
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

impl FrameSink for FileSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        let stamp = frame.stamp;
        if !self.begun {
            self.begun = true;
            self.muxer.first_picture(stamp.pts, self.encoder.time_base());
        }
        self.picture.render(frame.image, &mut self.frame).map_err(|e| self.encoding(e))?;
        self.encoder.send(&mut self.frame, stamp).map_err(|e| self.encoding(e))?;
        self.end = stamp.pts + stamp.duration;
        self.pass_on()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.encoder.end().map_err(|e| self.encoding(e))?;
        self.pass_on()?;
        let stopped = self.stopped.as_ref().is_some_and(|s| s.load(Ordering::Relaxed));
        let rest = stopped.then_some((self.end, self.encoder.time_base()));
        if let Some(copier) = &mut self.copier {
            copier.advance(&mut self.muxer, rest).map_err(|e| Error::write(&self.path, e))?;
        }
        let Self { muxer, part, path, .. } = *self;
        muxer.finish().map_err(|e| Error::write(&path, e))?;
        part.commit()
    }
}

impl Picture {
    /// The format of the encoder's frames.
    fn encoder_format(&mut self, encoder: &Encoder) -> AvFormat {
        let format = encoder.format();
        let direct = format.reading().is_some_and(|r| r.direct && r.format == self.format);
        self.inner = if direct {
            Inner::Same
        } else if format.name() == "pal8" {
            Inner::Indexed(Quantizer::default())
        } else {
            Inner::Other(Converter::default())
        };
        format
    }

    /// Puts a picture into the encoder's frame.
    fn render(&mut self, image: CpuImage, frame: &mut AvFrame) -> Result<(), AvError> {
        let image = self.outer.convert(image, self.size, self.format, self.color)?;
        match &mut self.inner {
            Inner::Same => frame.fill(&image)?,
            Inner::Indexed(quantizer) => frame.fill_indexed(&image, quantizer)?,
            Inner::Other(inner) => {
                let name = AvFormat::of(self.format).ok_or(AvError::InvalidData)?;
                let mut ours = AvFrame::with_buffer(frame.size(), name)?;
                ours.fill(&image)?;
                let from = Side::new(frame.size(), name, self.color);
                let to = Side::new(frame.size(), frame.format(), self.color);
                *frame = inner.scaler(from, to)?.frame(&ours)?;
            }
        }
        frame.set_tags(self.tags);
        Ok(())
    }
}

/// Opens the encoder that was asked for, or the first that opens of those that suit the container.
fn open_encoder(container: Container, info: &StreamInfo, options: &SinkOptions) -> Result<(Encoder, Picture)> {
    let candidates = match &options.encoder {
        Some(name) => vec![named_encoder(container, name)?],
        None => container.default_encoders(),
    };
    let mut first = None;
    for codec in candidates {
        match open_codec(codec, container, info, options) {
            Ok(open) => return Ok(open),
            Err(error @ Error::Setting { .. }) => return Err(error),
            Err(error) => first = first.or(Some(error)),
        }
    }
    let none = || {
        let source = format!("this FFmpeg has no encoder for {} files", container.name()).into();
        Error::Encoder { encoder: container.name(), source }
    };
    Err(first.unwrap_or_else(none))
}

fn named_encoder(container: Container, name: &str) -> Result<Codec> {
    let refused = |why: String| Error::Encoder { encoder: name.to_owned(), source: why.into() };
    let codec = Codec::by_name(name).ok_or_else(|| {
        let near = Codec::near(name);
        let near = if near.is_empty() { String::new() } else { format!("; there is {}", near.join(", ")) };
        refused(format!("this FFmpeg has no video encoder of that name{near}"))
    })?;
    if !container.takes(codec) {
        let takes = container.encoders(6).join(", ");
        return Err(refused(format!("{} files cannot hold its codec; they take {takes}", container.name())));
    }
    Ok(codec)
}

fn open_codec(
    codec: Codec,
    container: Container,
    info: &StreamInfo,
    options: &SinkOptions,
) -> Result<(Encoder, Picture)> {
    let refused = |why: String| Error::Encoder { encoder: codec.name(), source: why.into() };
    let (asked, others): (Vec<_>, Vec<_>) = options.encoder_options.iter().cloned().partition(|(k, _)| k == "pix_fmt");
    let format = match asked.last() {
        Some((key, name)) => {
            let known = codec.formats();
            let found = AvFormat::by_name(name).filter(|f| known.is_empty() || known.contains(f));
            found.ok_or_else(|| {
                let names: Vec<_> = known.iter().map(|f| f.name()).collect();
                Error::setting(key, format!("{} takes {}, not \"{name}\"", codec.name(), names.join(", ")))
            })?
        }
        None => codec.format_for(info.format).ok_or_else(|| refused("it takes no pixel format of ours".into()))?,
    };
    let reading =
        format.reading().ok_or_else(|| refused(format!("it takes frames of a device only ({})", format.name())))?;
    let color = output_color(info, reading.format, format, codec);
    let spec = |size| {
        let tagged = if format.is_rgb() { PixelFormat::Rgba8 } else { reading.format };
        let tags = Tags::of(color, tagged, size);
        Spec {
            size,
            format,
            tags,
            sample_aspect: info.sample_aspect,
            time_base: info.time_base,
            frame_rate: info.frame_rate,
            global_header: container.wants_global_header(),
            quality: options.quality,
            options: &others,
            threads: threads(),
        }
    };
    let whole = whole_samples(info.size, reading.format);
    // x264 would leave the last row and column out without a word.
    let mut chosen = spec(if codec.wants_whole_samples() { whole } else { info.size });
    let opened = match Encoder::open(codec, &chosen) {
        Err(OpenError::Codec(first)) if whole != chosen.size => {
            chosen = spec(whole);
            Encoder::open(codec, &chosen).map_err(|_| OpenError::Codec(first))
        }
        other => other,
    };
    let encoder = opened.map_err(|error| match error {
        OpenError::Option(key, reason) => Error::setting(key, reason),
        OpenError::Codec(error) => refused(format!(
            "it does not open for {} {} at {} frames a second ({error})",
            info.size,
            format.name(),
            info.frame_rate.map_or_else(|| "unknown".to_owned(), |r| format!("{}/{}", r.num, r.den)),
        )),
    })?;
    let (outer, inner, tags) = (Converter::default(), Inner::Same, chosen.tags);
    Ok((encoder, Picture { size: info.size, format: reading.format, color, tags, outer, inner }))
}

/// The colour that frames are wanted in: the source's, as far as the encoder's format can say it.
fn output_color(info: &StreamInfo, format: PixelFormat, encoder: AvFormat, codec: Codec) -> ColorInfo {
    let source = info.color;
    if format == PixelFormat::Rgba8 {
        return ColorInfo { primaries: source.primaries, transfer: source.transfer, ..ColorInfo::SRGB };
    }
    let jpeg = encoder.reading().is_some_and(|r| r.full) || codec.name() == "mjpeg";
    let range = if jpeg { Range::Full } else { source.range };
    match info.format {
        PixelFormat::Rgba8 => ColorInfo {
            matrix: Matrix::Bt709,
            matrix_tag: 1,
            range: if jpeg { Range::Full } else { Range::Limited },
            siting: ChromaSiting::Left,
            ..source
        },
        _ => ColorInfo { range, ..source },
    }
}

/// Room for whole chroma samples: at most a column and a row more.
const fn whole_samples(size: Size, format: PixelFormat) -> Size {
    match format {
        PixelFormat::Yuv { shift_x, shift_y, .. } => {
            Size::new(size.width.next_multiple_of(1 << shift_x), size.height.next_multiple_of(1 << shift_y))
        }
        _ => size,
    }
}

/// As many as there are cores, within reason: every frame thread of an encoder holds frames.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).min(8)
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
