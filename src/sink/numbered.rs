//! A film as numbered pictures, `shot_%04d.png`: every frame is a file, which has its name only when it is whole. What is
//! written when a run ends early stays.

use super::SinkOptions;
use super::still::{self, StillSink};
use crate::av::numbered::Numbered;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Frame, StreamInfo};
use crate::stage::FrameSink;
use image::ImageFormat;
use std::path::Path;

/// Writes a picture for each frame.
pub struct NumberedSink {
    names: Numbered,
    format: ImageFormat,
    info: StreamInfo,
    options: SinkOptions,
}

/// The names that `path` stands for, and the format of their pictures; nothing where it is a name itself.
pub(super) fn numbered_format(path: &Path) -> Option<(Numbered, ImageFormat)> {
    still::picture_format(path).and_then(|format| Some((Numbered::parse(path)?, format)))
}

/// Whether the pictures may be written.
///
/// # Errors
/// [`Error::Create`]: no such folder; [`Error::Exists`]: one of them is there; as [`still::check`].
pub(super) fn check(path: &Path, names: &Numbered, info: &StreamInfo, options: &SinkOptions) -> Result<()> {
    still::check(path, &StreamInfo { frame_count: None, ..info.clone() }, options)?;
    let found = names.found().map_err(|e| Error::create(path, e))?;
    match found.into_iter().find(|number| *number >= options.first_number) {
        Some(number) if !options.overwrite => Err(Error::Exists { path: names.file(number) }),
        _ => Ok(()),
    }
}

impl NumberedSink {
    /// Nothing is written yet.
    ///
    /// # Errors
    /// See [`super::create`].
    pub(super) fn create(
        path: &Path,
        (names, format): (Numbered, ImageFormat),
        info: &StreamInfo,
        options: &SinkOptions,
    ) -> Result<Self> {
        check(path, &names, info, options)?;
        // One picture's input is not theirs, and a picture has no other streams.
        let options = SinkOptions { copy_from: None, ..options.clone() };
        let info = StreamInfo { frame_count: Some(1), ..info.clone() };
        Ok(Self { names, format, info, options })
    }
}

impl FrameSink for NumberedSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        let path = self.names.file(self.options.first_number + frame.stamp.index);
        let mut picture = Box::new(StillSink::create(&path, &self.info, self.format, &self.options)?);
        picture.write(frame)?;
        picture.finish()
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
