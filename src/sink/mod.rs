//! Where frames go: a video file, one picture or many, a stream over HTTP, a virtual camera, or nowhere.

mod audience;
mod back;
mod file;
mod fit;
mod front;
pub mod http;
mod journal;
#[cfg(target_os = "linux")]
pub mod loopback;
mod null;
mod numbered;
mod part;
#[cfg(all(target_os = "linux", feature = "pipewire"))]
pub mod pipewire;
mod plan;
mod recode;
mod segments;
mod steady;
mod still;

pub use audience::{Audience, Seat};
pub use file::FileSink;
pub use fit::{Fit, even};
pub use http::HttpSink;
pub use journal::Facts;
pub use null::NullSink;
pub use numbered::NumberedSink;
pub use part::part_name;
pub use plan::{Plan, Planned, Stretch};
pub use recode::{Recode, yuyv};
pub use segments::{Divides, Segments};
pub use still::StillSink;

use crate::av::copy::Cut;
use crate::av::pipe::{claim_stdout, is_standard};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, PixelFormat, Size, StreamInfo};
use crate::stage::{CutShort, FrameSink};
use std::path::{Path, PathBuf};

/// How to write an output.
#[derive(Clone, Debug)]
pub struct SinkOptions {
    /// Replace an existing file.
    pub overwrite: bool,
    /// FFmpeg's name or an extension of the container; `None` goes by the output's name, and is Matroska for `-`.
    pub format: Option<String>,
    /// FFmpeg's name of an encoder; `None` takes one that suits the container: H.264 for mp4, mov, mkv, …
    pub encoder: Option<String>,
    /// Try encoders of graphics devices first.
    pub hardware: bool,
    /// x264's CRF scale, 0..=51, lower is better; other encoders get what comes nearest.
    pub quality: f32,
    /// Options of the encoder, as FFmpeg names them, and `pix_fmt`.
    pub encoder_options: Vec<(String, String)>,
    /// What the frames come from, if that is a file or numbered pictures: it is never written over.
    pub input: Option<PathBuf>,
    /// Hand on all other streams, chapters and metadata of this file.
    pub copy_from: Option<PathBuf>,
    /// Which part of it. `None` is all.
    pub cut: Option<Cut>,
    /// Number of the first picture, where the output is numbered pictures.
    pub first_number: u64,
    /// Whether the film was cut short by the time of [`FrameSink::finish`]: what is copied then ends with the last frame.
    pub cut_short: CutShort,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            overwrite: false,
            format: None,
            encoder: None,
            hardware: false,
            quality: 18.0,
            encoder_options: Vec::new(),
            input: None,
            copy_from: None,
            cut: None,
            first_number: 1,
            cut_short: CutShort::default(),
        }
    }
}

impl SinkOptions {
    /// The file that must not be written over, since it is read meanwhile.
    fn read_from(&self) -> Option<&Path> {
        self.input.as_deref().or(self.copy_from.as_deref())
    }
}

/// A sink, and what it wants.
pub struct Output {
    /// The sink.
    pub sink: Box<dyn FrameSink>,
    /// Frames in this layout are taken as they are; others are converted.
    pub format: PixelFormat,
    /// In this colour, likewise.
    pub color: ColorInfo,
    /// Size of the pictures in the file: the frames', or one pixel more where the encoder takes only even sizes.
    pub size: Size,
    /// FFmpeg's name of the encoder; of the file format for pictures.
    pub encoder: String,
    /// What the user should know: streams that the container cannot hold, a size that had to change.
    pub notes: Vec<String>,
}

/// Opens an output for frames as `info` says: a file, or standard output for `-`. A file is written as `NAME.part.EXT` and gets its name when it is finished.
///
/// # Errors
/// [`Error::SameFile`], [`Error::Exists`], [`Error::Create`] (folder, permissions, an extension that names no
/// container), [`Error::Encoder`] (unknown, or not for this container), [`Error::Setting`] (an option or a quality
/// that the encoder does not have).
pub fn create(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<Output> {
    check_quality(options)?;
    if is_standard(path) {
        claim_stdout().map_err(|e| Error::create(path, e))?;
    }
    if let Some((names, format)) = pictures(numbered::numbered_format(path), options) {
        check_range(info)?;
        let sink = Box::new(NumberedSink::create(path, (names, format), info, options)?);
        let (encoder, (format, color)) = (format_name(format), still::wanted(format, info));
        return Ok(Output { sink, format, color, size: info.size, encoder, notes: Vec::new() });
    }
    if let Some(format) = pictures(still::picture_format(path), options) {
        check_range(info)?;
        let sink = Box::new(StillSink::create(path, info, format, options)?);
        let (encoder, (format, color)) = (format_name(format), still::wanted(format, info));
        return Ok(Output { sink, format, color, size: info.size, encoder, notes: Vec::new() });
    }
    FileSink::create(path, info, options).map(FileSink::into_output)
}

/// What a name says of pictures counts unless a film is asked for.
fn pictures<T>(by_name: Option<T>, options: &SinkOptions) -> Option<T> {
    by_name.filter(|_| options.format.is_none())
}

/// What [`create`] would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foretold {
    /// As [`Output::size`].
    pub size: Size,
    /// As [`Output::encoder`].
    pub encoder: String,
}

/// Goes as far as [`create`] does before it touches the disk: checks names, opens the encoder, writes nothing.
///
/// # Errors
/// Those of [`create`], but for a folder that is absent or cannot be written.
pub fn foretell(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<Foretold> {
    check_quality(options)?;
    if let Some((names, format)) = pictures(numbered::numbered_format(path), options) {
        check_range(info)?;
        numbered::check(path, &names, info, options)?;
        return Ok(Foretold { size: info.size, encoder: format_name(format) });
    }
    if let Some(format) = pictures(still::picture_format(path), options) {
        check_range(info)?;
        still::check(path, info, options)?;
        part::check(path, options.overwrite, options.read_from())?;
        return Ok(Foretold { size: info.size, encoder: format_name(format) });
    }
    let container = back::container(path, options.format.as_deref())?;
    part::check(path, options.overwrite, options.read_from())?;
    let front = front::Front::open(container, info, options)?;
    Ok(Foretold { size: front.encoder().size(), encoder: front.encoder().name() })
}

/// The name of the encoder that opens for a film at `path`.
///
/// # Errors
/// See [`create`].
pub fn encoder_for(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<String> {
    let container = back::container(path, options.format.as_deref())?;
    Ok(front::Front::open(container, info, options)?.encoder().name())
}

/// Whether the name of `path` says how a picture or a film is written.
#[must_use]
pub fn is_format(path: &Path) -> bool {
    still::picture_format(path).is_some() || back::container(path, None).is_ok()
}

fn format_name(format: image::ImageFormat) -> String {
    format.extensions_str().first().copied().unwrap_or("picture").to_owned()
}

/// Pictures are sRGB.
fn check_range(info: &StreamInfo) -> Result<()> {
    if info.color.is_high_range() {
        return Err(Error::setting("hdr", "pictures hold no high dynamic range: leave it out, and they become sRGB"));
    }
    Ok(())
}

fn check_quality(options: &SinkOptions) -> Result<()> {
    if (0.0..=51.0).contains(&options.quality) {
        return Ok(());
    }
    Err(Error::setting("quality", format!("{} is not within 0..51", options.quality)))
}
