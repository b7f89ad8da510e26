//! The first half of a video file: frames into packets. Knows the encoder, not the container's streams.
//!
//! With 4:2:0 or 4:2:2, H.264 and H.265 have only even sizes: a picture of odd size gets its last column or row twice, so
//! that 321x181 becomes 322x182. Nothing is cut off, and with `pix_fmt=yuv444p` it stays as it is.

use super::SinkOptions;
use super::steady::{Grid, Steady};
use crate::av::AvError;
use crate::av::color::Tags;
use crate::av::container::Container;
use crate::av::encode::{Encoder, OpenError, Spec};
use crate::av::encoder::Codec;
use crate::av::packet::Packet;
use crate::av::palette::Quantizer;
use crate::av::picture::AvFrame;
use crate::av::pixel::AvFormat;
use crate::av::scale::{Converter, Side};
use crate::error::{Error, Result};
use crate::frame::{
    ChromaSiting, ColorInfo, CpuImage, Frame, Matrix, PixelFormat, Range, Rational, Size, Stamp, StreamInfo, on_white,
};

/// An encoder with all that stands before it.
pub(super) struct Front {
    encoder: Encoder,
    frame: AvFrame,
    picture: Picture,
    /// How it was chosen, where that may surprise.
    choice: Option<String>,
    /// Where pictures are only counted.
    steady: Option<Steady>,
    /// Places that `frame` is still to be encoded for.
    places: std::ops::Range<i64>,
    /// What `frame` becomes after that.
    next: Option<CpuImage>,
    /// Nothing comes after that.
    ending: bool,
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
    /// Transparency is lost.
    turns_opaque: bool,
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

impl Front {
    /// Opens the encoder that was asked for, or the first that opens of those that suit the container.
    ///
    /// # Errors
    /// [`Error::Encoder`], [`Error::Setting`]: see [`super::create`].
    pub(super) fn open(container: Container, info: &StreamInfo, options: &SinkOptions) -> Result<Self> {
        let ((encoder, mut picture), choice) = open_encoder(container, info, options)?;
        let format = picture.encoder_format(&encoder);
        let frame = AvFrame::with_buffer(encoder.size(), format);
        let frame = frame.map_err(|e| Error::Encoder { encoder: encoder.name(), source: e.into() })?;
        let steady = grid(container, &encoder, info).map(Steady::new);
        Ok(Self { encoder, frame, picture, choice, steady, places: 0..0, next: None, ending: false })
    }

    /// The places of pictures, where they are only counted; the packets' times count them, too.
    pub(super) fn grid(&self) -> Option<Grid> {
        self.steady.as_ref().map(Steady::grid)
    }

    /// What comes is a part of a film whose first picture is shown at `pts`. Before the first picture.
    pub(super) fn continues(&mut self, pts: i64) {
        if let Some(steady) = &mut self.steady {
            steady.continues(pts);
        }
    }

    pub(super) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Layout and colour that frames are wanted in.
    pub(super) fn wanted(&self) -> (PixelFormat, ColorInfo) {
        (self.picture.format, self.picture.color)
    }

    /// What the user should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let (asked, size) = (self.picture.size, self.encoder.size());
        let even = || format!("{} takes even sizes only: {asked} is encoded as {size}", self.encoder.name());
        let opaque = || {
            let name = self.encoder.name();
            format!(
                "{name} keeps no transparency here: transparency is laid on white; .mov, .mkv and .webm keep it, each with its \
                 own encoder"
            )
        };
        let (opaque, even) = (self.picture.turns_opaque.then(opaque), (size != asked).then(even));
        self.choice.clone().into_iter().chain(opaque).chain(even).collect()
    }

    /// Encodes a frame. Only after [`Front::receive`] answered `false`.
    pub(super) fn send(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        if let Some(steady) = &mut self.steady {
            self.places = steady.next(frame.stamp);
            self.next = Some(frame.image);
            return Ok(());
        }
        self.picture.render(frame.image, &mut self.frame).map_err(|e| self.failed(e))?;
        self.encoder.send(&mut self.frame, frame.stamp).map_err(|e| self.failed(e))
    }

    /// Announces the end; `until` is when what follows in the film is shown, if anything does.
    pub(super) fn end(&mut self, until: Option<i64>) -> Result<()> {
        match &mut self.steady {
            Some(steady) => {
                self.places = steady.end(until);
                self.ending = true;
                Ok(())
            }
            None => self.encoder.end().map_err(|e| self.failed(e)),
        }
    }

    /// The next packet; `false` where there is none yet, or none any more.
    pub(super) fn receive(&mut self, packet: &mut Packet) -> Result<bool> {
        while !self.encoder.receive(packet).map_err(|e| self.failed(e))? {
            if let Some(place) = self.places.next() {
                let stamp = Stamp { index: 0, pts: place, duration: 1 };
                self.encoder.send(&mut self.frame, stamp).map_err(|e| self.failed(e))?;
            } else if std::mem::take(&mut self.ending) {
                self.encoder.end().map_err(|e| self.failed(e))?;
            } else {
                let Some(next) = self.next.take() else { return Ok(false) };
                self.picture.render(next, &mut self.frame).map_err(|e| self.failed(e))?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn failed(&self, error: AvError) -> Error {
        Error::Encoder { encoder: self.encoder.name(), source: error.into() }
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
        let matte = image.matte();
        let image = if self.turns_opaque { on_white(image, matte.as_deref()) } else { image };
        let image = self.outer.convert(image, self.size, self.format, self.color)?;
        let image = if self.format == PixelFormat::Rgba8 { image.with_matte(matte.clone()) } else { image };
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
        // Packed pixels have brought theirs along.
        if self.format != PixelFormat::Rgba8 {
            frame.set_alpha(matte.as_deref())?;
        }
        frame.set_tags(self.tags);
        Ok(())
    }
}

/// Opens the encoder that was asked for, or the first that opens of those that suit the container.
/// Of a graphics device's, where that is wished for and one does; else, and then a note says so, as without the wish.
fn open_encoder(
    container: Container,
    info: &StreamInfo,
    options: &SinkOptions,
) -> Result<((Encoder, Picture), Option<String>)> {
    let open = |codec| open_codec(codec, container, info, options);
    let mut choice = None;
    if options.hardware {
        let candidates = container.hardware_encoders(info.color);
        let (found, failed) = first_open(candidates, open)?;
        if let Some(found) = found {
            return Ok((found, None));
        }
        let names: Vec<_> = failed.iter().map(|(codec, _)| codec.name()).collect();
        let tried =
            if names.is_empty() { "this FFmpeg has none".into() } else { format!("tried {}", names.join(", ")) };
        choice = Some(format!("no encoder of a graphics device opens ({tried}): the processor encodes"));
    }
    let candidates = match &options.encoder {
        Some(name) => vec![named_encoder(container, name)?],
        None => container.default_encoders(info.color, info.alpha),
    };
    let (found, failed) = first_open(candidates, open)?;
    if let Some(found) = found {
        return Ok((found, choice));
    }
    let first = failed.into_iter().next().map(|(_, error)| error);
    let none = || {
        let source = format!("this FFmpeg has no encoder for {} files", container.name()).into();
        Error::Encoder { encoder: container.name(), source }
    };
    Err(first.unwrap_or_else(none))
}

/// Encoders that did not open, and why.
type Failed = Vec<(Codec, Error)>;

/// What `open` makes of the first of `candidates` that it can open, and those that came before it.
///
/// # Errors
/// [`Error::Setting`]: one is asked for what it does not have.
fn first_open<T>(candidates: Vec<Codec>, open: impl Fn(Codec) -> Result<T>) -> Result<(Option<T>, Failed)> {
    let mut failed = Vec::new();
    for codec in candidates {
        match open(codec) {
            Ok(found) => return Ok((Some(found), failed)),
            Err(error @ Error::Setting { .. }) => return Err(error),
            Err(error) => failed.push((codec, error)),
        }
    }
    Ok((None, failed))
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
        None => codec
            .format_for(info.format, info.color, info.alpha)
            .ok_or_else(|| refused("it takes no pixel format of ours".into()))?,
    };
    let reading =
        format.reading().ok_or_else(|| refused(format!("it takes frames of a device only ({})", format.name())))?;
    if info.color.is_high_range() && reading.format.bits() < info.format.bits().min(10) {
        let (name, bits) = (codec.name(), reading.format.bits());
        return Err(Error::setting("hdr", format!("{bits} bits, as {name} has them here, hold no high dynamic range")));
    }
    let color = output_color(info, reading.format, format, codec);
    let counted = container.is_constant_rate() || codec.counts_frames();
    let spec = |size, rate: Option<Rational>| {
        let tagged = if format.is_rgb() { PixelFormat::Rgba8 } else { reading.format };
        let tags = Tags::of(color, tagged, size);
        let step = rate.unwrap_or(FALLBACK).inverse();
        Spec {
            size,
            format,
            tags,
            light: info.light.of_drawings(),
            sample_aspect: info.sample_aspect,
            time_base: if counted { step } else { info.time_base },
            frame_rate: if counted { Some(step.inverse()) } else { rate },
            global_header: container.wants_global_header(),
            quality: options.quality,
            options: &others,
            threads: threads(),
        }
    };
    let whole = whole_samples(info.size, reading.format);
    // x264 would leave the last row and column out without a word. MPEG's encoders know a few rates.
    let size = if codec.wants_whole_samples() { whole } else { info.size };
    let usual = info.frame_rate.map(usual);
    let own = info
        .frame_rate
        .filter(|rate| !container.wants_usual_rates() || Some(rate.as_f64()) == usual.map(Rational::as_f64));
    let mut rates = if own.is_some() || usual.is_none() { vec![own, usual] } else { vec![usual] };
    rates.dedup();
    let mut ways: Vec<_> = rates.into_iter().flat_map(|rate| [(size, rate), (whole, rate)]).collect();
    ways.dedup();
    let mut failure = None;
    for (size, rate) in ways {
        let chosen = spec(size, rate);
        match Encoder::open(codec, &chosen) {
            Ok(encoder) => {
                let (outer, inner, tags) = (Converter::default(), Inner::Same, chosen.tags);
                let turns_opaque = info.alpha && !format.has_alpha() && !format.has_palette();
                let (size, format) = (info.size, reading.format);
                return Ok((encoder, Picture { size, format, color, tags, turns_opaque, outer, inner }));
            }
            Err(OpenError::Option(key, reason)) => return Err(Error::setting(key, reason)),
            Err(OpenError::Codec(error)) => {
                failure.get_or_insert(error);
            }
        }
    }
    let why = failure.map_or_else(String::new, |error| format!(" ({error})"));
    Err(refused(format!(
        "it does not open for {} {} at {} frames a second{why}",
        info.size,
        format.name(),
        info.frame_rate.map_or_else(|| "unknown".to_owned(), |r| format!("{}/{}", r.num, r.den)),
    )))
}

/// Frames a second where the film does not say: FFmpeg's own.
const FALLBACK: Rational = Rational::new(25, 1);

/// The usual rate that is not below `rate`, as far as there is one.
fn usual(rate: Rational) -> Rational {
    let ntsc = |thousands| Rational::new(thousands * 1000, 1001);
    let whole = |rate| Rational::new(rate, 1);
    let rates = [ntsc(24), whole(24), whole(25), ntsc(30), whole(30), whole(50), ntsc(60)];
    rates.into_iter().find(|usual| usual.as_f64() >= rate.as_f64() * 0.9995).unwrap_or(whole(60))
}

/// Where frames have their places, if all that the file knows is their number.
fn grid(container: Container, encoder: &Encoder, info: &StreamInfo) -> Option<Grid> {
    let counted = container.is_constant_rate() || encoder.counts_frames();
    let from_zero = container.begins_with_pictures();
    counted.then(|| Grid { unit: info.time_base, step: encoder.time_base(), from_zero })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn codecs() -> Vec<Codec> {
        ["mpeg4", "ffv1", "mjpeg"].map(|name| Codec::by_name(name).unwrap()).into()
    }

    #[test]
    fn odd_rates_get_the_next_usual_one() {
        assert_eq!(usual(Rational::new(8_100_000, 317_741)), Rational::new(30_000, 1001));
        assert_eq!(usual(Rational::new(25, 1)), Rational::new(25, 1));
        assert_eq!(usual(Rational::new(29_971, 1000)), Rational::new(30_000, 1001));
        assert_eq!(usual(Rational::new(240, 1)), Rational::new(60, 1));
    }

    #[test]
    fn encoders_are_tried_until_one_opens() {
        let broken = |codec: Codec| Error::Encoder { encoder: codec.name(), source: "no device".into() };
        let open = |codec: Codec| if codec.name() == "ffv1" { Ok(codec.name()) } else { Err(broken(codec)) };
        let (found, failed) = first_open(codecs(), open).unwrap();
        assert_eq!((found.as_deref(), failed.len()), (Some("ffv1"), 1));
        let (found, failed) = first_open(codecs(), |codec| Err::<(), _>(broken(codec))).unwrap();
        let names: Vec<_> = failed.iter().map(|(codec, _)| codec.name()).collect();
        assert_eq!((found, names), (None, vec!["mpeg4".into(), "ffv1".into(), "mjpeg".into()]));
        let asked = |codec: Codec| Err::<(), _>(Error::setting("preset", codec.name()));
        assert!(matches!(first_open(codecs(), asked), Err(Error::Setting { .. })), "the next one has it neither");
    }
}
