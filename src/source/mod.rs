//! Where frames come from: a video file, one picture or many numbered ones, told apart by content.

mod file;
pub mod live;
mod pattern;
mod retime;
mod sdr;
mod skip;
mod still;

pub use file::{Damage, DamageReport, FileSource};
pub use pattern::{MovingPattern, Pattern};
pub use retime::Retime;
pub use sdr::ToneMap;
pub use skip::Skip;
pub use still::StillSource;

use crate::av::copy::Cut;
use crate::av::numbered::Numbered;
use crate::av::pipe::is_pipe;
use crate::error::Result;
use crate::frame::Rational;
use crate::stage::FrameSource;
use std::path::Path;
use std::time::Duration;

/// What becomes of high dynamic range (PQ, HLG).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HighRange {
    /// Turned into standard range, BT.709, by [`ToneMap`].
    #[default]
    ToneMap,
    /// Handed on as it is coded.
    Keep,
}

/// What becomes of interlaced frames, whose two fields were taken one after the other: pictures of one moment each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deinterlace {
    /// One picture of each frame that says it is interlaced; others are left alone.
    #[default]
    Auto,
    /// One picture of each frame, whatever it says.
    Frame,
    /// Two pictures of each frame, whatever it says: twice the rate, as it was filmed.
    Field,
    /// Frames stay as they are, combed.
    Off,
}

/// What to take of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Begin here, counted from the beginning of the file; exact, not the nearest key frame.
    pub start: Option<Duration>,
    /// Stop after so long.
    pub length: Option<Duration>,
    /// What becomes of high dynamic range.
    pub high_range: HighRange,
    /// What becomes of interlaced frames.
    pub deinterlace: Deinterlace,
    /// How many numbered pictures are shown a second; by default 25. Films say so themselves.
    pub picture_rate: Option<Rational>,
    /// Decoder threads; 0 takes one a core, at most four: a decoder is the lightest stage of a run.
    pub threads: usize,
}

/// An open input.
pub struct Opened {
    /// Its frames.
    pub source: Box<dyn FrameSource>,
    /// Which part of the file the frames are, for the copy of its other streams. `None` where there is nothing to copy:
    /// for a picture, for raw ones from a pipe.
    pub cut: Option<Cut>,
    /// Number of the first picture, where they are numbered.
    pub first_number: Option<u64>,
    /// What could not be read: complete once the source has answered `None`.
    pub damage: DamageReport,
}

/// Opens a picture (JPEG, PNG, WebP, BMP, TIFF), numbered pictures (`shot_%04d.exr`) or anything that FFmpeg reads as video;
/// `-` is standard input, for whatever FFmpeg reads without searching; a named pipe is read likewise.
///
/// # Errors
/// [`Error::Open`](crate::error::Error::Open): absent, neither video nor picture, no video stream, no decoder, nothing
/// that decodes, or nothing from `start` on.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Opened> {
    if let Some(names) = Numbered::parse(path).filter(|_| !path.exists()) {
        let (source, first) = FileSource::open_numbered(path, &names, options)?;
        let (first_number, damage) = (Some(first), source.damage());
        return Ok(Opened { source: Box::new(source), cut: None, first_number, damage });
    }
    let piped = is_pipe(path);
    if !piped && still::is_picture(path)? {
        let source = Box::new(StillSource::open(path)?);
        return Ok(Opened { source, cut: None, first_number: None, damage: DamageReport::default() });
    }
    let source = FileSource::open(path, options)?;
    // Raw pictures from a pipe would be kept for nobody.
    let alone = piped && source.is_y4m();
    let (cut, damage) = ((!alone).then(|| source.cut()), source.damage());
    Ok(Opened { source: Box::new(source), cut, first_number: None, damage })
}
