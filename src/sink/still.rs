//! One picture: PNG, JPEG, WebP (lossless), BMP or TIFF, by the extension.

use super::SinkOptions;
use super::part::Part;
use crate::av::scale::Converter;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, StreamInfo};
use crate::stage::FrameSink;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat, ImageResult, RgbaImage};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The picture format that an extension stands for.
pub(super) fn picture_format(path: &Path) -> Option<ImageFormat> {
    use ImageFormat::{Bmp, Jpeg, Png, Tiff, WebP};
    ImageFormat::from_path(path).ok().filter(|f| matches!(f, Png | Jpeg | WebP | Bmp | Tiff))
}

/// Writes its first frame, and refuses a second.
pub struct StillSink {
    path: PathBuf,
    part: Part,
    format: ImageFormat,
    /// JPEG's 1..=100.
    quality: u8,
    picture: Option<RgbaImage>,
}

impl StillSink {
    /// Creates the file, empty so far.
    ///
    /// # Errors
    /// See [`super::create`].
    pub(super) fn create(path: &Path, info: &StreamInfo, format: ImageFormat, options: &SinkOptions) -> Result<Self> {
        check(path, info, options)?;
        let part = Part::create(path, options.overwrite, options.copy_from.as_deref())?;
        // 18 of 51 is JPEG's 93: what cameras write.
        let quality = (100.0 - options.quality * 0.4).round() as u8;
        Ok(Self { path: path.into(), part, format, quality, picture: None })
    }
}

/// Whether what is asked for fits into a picture.
///
/// # Errors
/// [`Error::Create`] for a film, [`Error::Setting`] and [`Error::Encoder`] for what only films have.
pub(super) fn check(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<()> {
    if info.frame_count.is_some_and(|frames| frames > 1) {
        return Err(Error::create(path, "a film does not fit into one picture"));
    }
    if let Some((key, _)) = options.encoder_options.first() {
        return Err(Error::setting(key, "pictures have no encoder options"));
    }
    if let Some(encoder) = &options.encoder {
        return Err(Error::Encoder { encoder: encoder.clone(), source: "pictures take no encoder".into() });
    }
    Ok(())
}

impl FrameSink for StillSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        if self.picture.is_some() {
            return Err(Error::write(&self.path, "a film does not fit into one picture"));
        }
        let size = frame.image.size;
        let image = Converter::default()
            .convert(frame.image, size, PixelFormat::Rgba8, ColorInfo::SRGB)
            .map_err(|e| Error::write(&self.path, e))?;
        let pixels = (0..size.height).flat_map(|y| image.row(0, y)).copied().collect();
        self.picture = RgbaImage::from_raw(size.width, size.height, pixels);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let picture = self.picture.as_ref().ok_or_else(|| Error::write(&self.path, "there was no frame"))?;
        save(picture, self.part.path(), self.format, self.quality).map_err(|e| Error::write(&self.path, e))?;
        self.part.commit()
    }
}

fn save(picture: &RgbaImage, path: &Path, format: ImageFormat, quality: u8) -> ImageResult<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let opaque = picture.pixels().all(|p| p.0[3] == u8::MAX);
    let rgb = || picture.pixels().flat_map(|p| [p.0[0], p.0[1], p.0[2]]).collect::<Vec<u8>>();
    let (width, height) = picture.dimensions();
    match format {
        ImageFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut file, quality).encode(&rgb(), width, height, ExtendedColorType::Rgb8)?;
        }
        _ => {
            // Without transparency there is no reason for an alpha channel, which some programs show as black.
            let (bytes, color) =
                if opaque { (rgb(), ExtendedColorType::Rgb8) } else { (picture.to_vec(), ExtendedColorType::Rgba8) };
            let mut memory = std::io::Cursor::new(Vec::new());
            image::write_buffer_with_format(&mut memory, &bytes, width, height, color, format)?;
            file.write_all(memory.get_ref())?;
        }
    }
    file.flush()?;
    Ok(())
}
