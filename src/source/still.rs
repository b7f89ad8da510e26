//! One picture as a stream of one frame: RGBA, sRGB code values, turned upright as its EXIF data says.

use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use crate::stage::FrameSource;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a PNG is searched for the chunk that makes it an animation; it must come before the pixels.
const HEAD: u64 = 64 << 10;

/// Whether a file is a picture by its first bytes. An animated PNG is none.
///
/// # Errors
/// [`Error::Open`] where the file cannot be read.
pub(super) fn is_picture(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.map_err(|e| Error::open(path, e))?;
    Ok(match image::guess_format(&head) {
        Ok(ImageFormat::Png) => {
            let end = head.windows(4).position(|w| w == b"IDAT").unwrap_or(head.len());
            !head[..end].windows(4).any(|w| w == b"acTL")
        }
        Ok(ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Bmp | ImageFormat::Tiff) => true,
        _ => false,
    })
}

/// A source of one frame.
pub struct StillSource {
    info: StreamInfo,
    image: Option<CpuImage>,
}

impl StillSource {
    /// Reads the picture.
    ///
    /// # Errors
    /// [`Error::Open`]: absent, damaged, or of a kind that is not read.
    pub fn open(path: &Path) -> Result<Self> {
        let decoded = decode(path).map_err(|e| Error::open(path, e))?;
        let pixels = decoded.into_rgba8();
        let size = Size::new(pixels.width(), pixels.height());
        let image = CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![pixels.into_raw()]);
        let info = StreamInfo {
            size,
            format: PixelFormat::Rgba8,
            color: ColorInfo::SRGB,
            sample_aspect: Rational::new(1, 1),
            time_base: Rational::new(1, 25),
            frame_rate: None,
            frame_count: Some(1),
            live: false,
        };
        Ok(Self { info, image: Some(image) })
    }
}

fn decode(path: &Path) -> image::ImageResult<DynamicImage> {
    let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

impl FrameSource for StillSource {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let stamp = Stamp { index: 0, pts: 0, duration: 1 };
        Ok(self.image.take().map(|image| Frame { stamp, image }))
    }
}
