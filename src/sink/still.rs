//! One picture: PNG, JPEG, WebP (lossless), BMP, TIFF or OpenEXR, by the extension. PNG and TIFF have 16 bits a sample where
//! the film has more than 8; OpenEXR holds linear light in 32-bit floating point, 1 for the white of sRGB.

use super::SinkOptions;
use super::part::Part;
use crate::av::scale::Converter;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, StreamInfo, on_white, scaled};
use crate::gpu::Codes;
use crate::stage::FrameSink;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageBuffer, ImageFormat, ImageResult, Rgba, RgbaImage};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The picture format that an extension stands for.
pub(super) fn picture_format(path: &Path) -> Option<ImageFormat> {
    use ImageFormat::{Bmp, Jpeg, OpenExr, Png, Tiff, WebP};
    ImageFormat::from_path(path).ok().filter(|f| matches!(f, Png | Jpeg | WebP | Bmp | Tiff | OpenExr))
}

/// What pictures of a film like `info` are wanted as, for files of `format`.
pub(super) fn wanted(format: ImageFormat, info: &StreamInfo) -> (PixelFormat, ColorInfo) {
    let deep = match format {
        ImageFormat::OpenExr => true,
        ImageFormat::Png | ImageFormat::Tiff => info.format.bits() > 8,
        _ => false,
    };
    if deep { (PixelFormat::DEEP, ColorInfo::DEEP_SRGB) } else { (PixelFormat::Rgba8, ColorInfo::SRGB) }
}

/// Writes its first frame, and refuses a second.
pub struct StillSink {
    path: PathBuf,
    part: Part,
    format: ImageFormat,
    wanted: (PixelFormat, ColorInfo),
    /// JPEG's 1..=100.
    quality: u8,
    picture: Option<DynamicImage>,
}

impl StillSink {
    /// Creates the file, empty so far.
    ///
    /// # Errors
    /// See [`super::create`].
    pub(super) fn create(path: &Path, info: &StreamInfo, format: ImageFormat, options: &SinkOptions) -> Result<Self> {
        check(path, info, options)?;
        let part = Part::create(path, options.overwrite, options.read_from())?;
        // 18 of 51 is JPEG's 93: what cameras write.
        let quality = (100.0 - options.quality * 0.4).round() as u8;
        Ok(Self { path: path.into(), part, format, wanted: wanted(format, info), quality, picture: None })
    }
}

/// Whether what is asked for fits into a picture.
///
/// # Errors
/// [`Error::Create`] for a film, [`Error::Setting`] and [`Error::Encoder`] for what only films have.
pub(super) fn check(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<()> {
    if info.frame_count.is_some_and(|frames| frames > 1) {
        return Err(Error::create(
            path,
            "a film does not fit into one picture (NAME_%04d.png takes one after the other)",
        ));
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
        let (size, (format, color), matte) = (frame.image.size, self.wanted, frame.image.matte());
        // JPEG has none.
        let opaque = self.format == ImageFormat::Jpeg;
        let image = if opaque { on_white(frame.image, matte.as_deref()) } else { frame.image };
        let image = Converter::default().convert(image, size, format, color);
        let image = image.map_err(|e| Error::write(&self.path, e))?.with_matte(matte);
        self.picture = if format == PixelFormat::DEEP { deep(&image) } else { packed(&image) };
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let picture = self.picture.ok_or_else(|| Error::write(&self.path, "there was no frame"))?;
        save(picture, self.part.path(), self.format, self.quality).map_err(|e| Error::write(&self.path, e))?;
        self.part.commit()
    }
}

/// An RGBA picture; without transparency there is no reason for an alpha channel, which some programs show as black.
fn packed(image: &CpuImage) -> Option<DynamicImage> {
    let pixels = (0..image.size.height).flat_map(|y| image.row(0, y)).copied().collect();
    let picture: DynamicImage = RgbaImage::from_raw(image.size.width, image.size.height, pixels)?.into();
    Some(if image.matte().is_some() { picture } else { picture.into_rgb8().into() })
}

/// A picture of 16 bits.
fn deep(image: &CpuImage) -> Option<DynamicImage> {
    let codes = Codes::new(image.format, image.color);
    let matte = image.matte();
    let code = |plane: usize, x: u32, y: u32| {
        let at = 2 * x as usize;
        image.row(plane, y)[at..].first_chunk().map_or(0.0, |bytes| f32::from(u16::from_le_bytes(*bytes)))
    };
    let (width, height) = (image.size.width, image.size.height);
    let mut pixels = Vec::with_capacity(image.size.pixels() * 4);
    for y in 0..height {
        let mut opacity = matte.iter().flat_map(|matte| matte.levels(y).map(|l| scaled(l, matte.format.bits(), 16)));
        for x in 0..width {
            let rgb = codes.rgb([0, 1, 2].map(|plane| code(plane, x, y)));
            pixels.extend(rgb.map(|level| (level.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16));
            pixels.push(opacity.next().map_or(u16::MAX, |level| level as u16));
        }
    }
    let picture: DynamicImage = ImageBuffer::<Rgba<u16>, _>::from_raw(width, height, pixels)?.into();
    Some(if matte.is_some() { picture } else { picture.into_rgb16().into() })
}

fn save(picture: DynamicImage, path: &Path, format: ImageFormat, quality: u8) -> ImageResult<()> {
    let mut file = BufWriter::new(File::create(path)?);
    match format {
        ImageFormat::Jpeg => {
            picture.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality))?;
        }
        _ => {
            let picture = if format == ImageFormat::OpenExr { light(picture) } else { picture };
            let mut memory = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut memory, format)?;
            file.write_all(memory.get_ref())?;
        }
    }
    file.flush()?;
    Ok(())
}

/// Code values of sRGB as light (IEC 61966-2-1); opacity stays.
fn light(picture: DynamicImage) -> DynamicImage {
    let transparent = picture.color().has_alpha();
    let mut picture = picture.into_rgba32f();
    for Rgba([r, g, b, _]) in picture.pixels_mut() {
        for level in [r, g, b] {
            *level = if *level <= 0.040_45 { *level / 12.92 } else { ((*level + 0.055) / 1.055).powf(2.4) };
        }
    }
    let picture = DynamicImage::from(picture);
    if transparent { picture } else { picture.into_rgb32f().into() }
}
