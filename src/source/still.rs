//! One picture as a stream of one frame: sRGB code values, RGBA or in 16 bits as luma and chroma, turned upright as its EXIF
//! data says.

use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Size, Stamp, StreamInfo};
use crate::gpu::Codes;
use crate::stage::FrameSource;
use image::{DynamicImage, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Rgba, RgbaImage};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// How much of a PNG is searched for the chunk that makes it an animation; it must come before the pixels.
const HEAD: u64 = 64 << 10;

/// Whether a file is a picture by its first bytes. An animated PNG is none; nor are JPEGs one after the other, which only
/// their name tells from a photo: cameras put second pictures behind the first, too.
///
/// # Errors
/// [`Error::Open`] where the file cannot be read.
pub(super) fn is_picture(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.map_err(|e| Error::open(path, e))?;
    let moving = path.extension().is_some_and(|e| ["mjpeg", "mjpg"].iter().any(|name| e.eq_ignore_ascii_case(name)));
    Ok(match image::guess_format(&head) {
        Ok(ImageFormat::Jpeg) if moving => false,
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
        let color = decoded.color();
        let deep = color.bytes_per_pixel() > color.channel_count();
        let image = if deep { planes(&decoded.into_rgba16()) } else { packed(decoded.into_rgba8()) };
        let CpuImage { size, format, color, .. } = image;
        let info =
            StreamInfo { frame_count: Some(1), alpha: image.matte().is_some(), ..StreamInfo::new(size, format, color) };
        Ok(Self { info, image: Some(image) })
    }
}

fn packed(pixels: RgbaImage) -> CpuImage {
    let size = Size::new(pixels.width(), pixels.height());
    CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![pixels.into_raw()])
}

/// A picture of more than 8 bits a sample.
fn planes(pixels: &ImageBuffer<Rgba<u16>, Vec<u16>>) -> CpuImage {
    let size = Size::new(pixels.width(), pixels.height());
    let codes = Codes::new(PixelFormat::DEEP, ColorInfo::DEEP_SRGB);
    let mut planes: [Vec<u8>; 4] = std::array::from_fn(|_| Vec::with_capacity(size.pixels() * 2));
    for Rgba([r, g, b, a]) in pixels.pixels() {
        let stored = codes.codes([r, g, b].map(|level| f32::from(*level) / f32::from(u16::MAX)));
        let [y, u, v] = stored.map(|code| code.round().clamp(0.0, codes.max) as u16);
        for (plane, code) in planes.iter_mut().zip([y, u, v, *a]) {
            plane.extend_from_slice(&code.to_le_bytes());
        }
    }
    let [y, u, v, alpha] = planes;
    let opaque = alpha.iter().all(|byte| *byte == u8::MAX);
    let gray = PixelFormat::Gray { bits: 16 };
    let matte = (!opaque).then(|| Arc::new(CpuImage::from_planes(size, gray, ColorInfo::SRGB, vec![alpha])));
    CpuImage::from_planes(size, PixelFormat::DEEP, ColorInfo::DEEP_SRGB, vec![y, u, v]).with_matte(matte)
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
