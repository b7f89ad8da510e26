//! A film as numbered pictures, `shot_%04d.png`: every frame is a file, which has its name only when it is whole. What is
//! written when a run ends early stays.

use super::SinkOptions;
use super::still::{self, StillSink};
use crate::av::numbered::Numbered;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Frame, StreamInfo};
use crate::stage::FrameSink;
use image::ImageFormat;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

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
/// [`Error::Create`]: no such folder; [`Error::Exists`]: one of them is there; [`Error::SameFile`]: one of them is the
/// input, or of the input's pictures; as [`still::check`].
pub(super) fn check(path: &Path, names: &Numbered, info: &StreamInfo, options: &SinkOptions) -> Result<()> {
    still::check(path, &StreamInfo { frame_count: None, ..info.clone() }, options)?;
    let found = names.found().map_err(|e| Error::create(path, e))?;
    if let Some(input) = options.read_from() {
        let read: HashSet<PathBuf> = match Numbered::parse(input) {
            Some(names) => files(&names, &names.found().map_err(|e| Error::open(input, e))?).collect(),
            None => input.canonicalize().into_iter().collect(),
        };
        if files(names, &found).any(|file| read.contains(&file)) {
            return Err(Error::SameFile { path: path.into() });
        }
    }
    match found.into_iter().find(|number| *number >= options.first_number) {
        Some(number) if !options.overwrite => Err(Error::Exists { path: names.file(number) }),
        _ => Ok(()),
    }
}

/// The files of these numbers, links followed.
fn files(names: &Numbered, numbers: &[u64]) -> impl Iterator<Item = PathBuf> {
    numbers.iter().filter_map(|number| names.file(*number).canonicalize().ok())
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
        // All of them were held against the input above, and a picture has no other streams.
        let options = SinkOptions { input: None, copy_from: None, ..options.clone() };
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
