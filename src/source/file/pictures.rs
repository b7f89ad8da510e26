//! Decoded frames into pictures of one kind: that of the first, upright and, unless it is to be kept, of standard range.

use super::super::HighRange;
use super::super::sdr::ToneMap;
use crate::av::AvError;
use crate::av::demux::StreamRef;
use crate::av::orient::Orientation;
use crate::av::picture::AvFrame;
use crate::av::pixel::AvFormat;
use crate::av::scale::{Converter, Side};
use crate::frame::{
    ChromaSiting, ColorInfo, CpuImage, Light, Matrix, Packing, PixelFormat, Range, Rational, StreamInfo,
};
use std::sync::Arc;

/// What becomes of the frames of a stream; fixed by the first one.
pub(super) struct Pictures {
    /// As decoded.
    stored: Side,
    /// Before it is turned upright.
    format: PixelFormat,
    /// As decoded; deep RGB as converted.
    color: ColorInfo,
    orientation: Orientation,
    /// Monochrome is of full range.
    full_gray: bool,
    /// They may be.
    transparent: bool,
    tone_map: Option<ToneMap>,
    light: Light,
    aspect: Rational,
    converter: Converter,
    /// A frame of another kind has come.
    changed: bool,
}

impl Pictures {
    /// For frames like `first` of stream `facts`; nothing where their pixel format is not supported.
    pub fn new(first: &AvFrame, facts: StreamRef<'_>, high_range: HighRange) -> Option<Self> {
        let reading = first.format().reading()?;
        let orientation = facts.orientation();
        let format = upright_format(orientation, reading.format);
        let rgb = first.format().is_rgb();
        // Monochrome from a video codec keeps video range; from anything else (JPEG, PNG) it is full.
        let video = ["h264", "hevc", "vvc", "av1", "vp9", "mpeg2video", "prores"];
        let full_gray = !video.contains(&facts.codec_name().as_str());
        let gray = matches!(format, PixelFormat::Gray { .. });
        let mut color = first.tags().color_info(format, first.size(), reading.full || gray && full_gray);
        if rgb && format != PixelFormat::Rgba8 {
            let (matrix, matrix_tag) = (Matrix::Bt709, 1);
            color = ColorInfo { matrix, matrix_tag, range: Range::Limited, siting: ChromaSiting::Left, ..color };
        }
        // The frames know better: some containers are rewrapped without a look at what is in them.
        let light = first.light().or(facts.light());
        let shown = orientation.color(color);
        let tone_map = match high_range {
            HighRange::ToneMap => ToneMap::new(format, shown, light.peak()),
            HighRange::Keep => None,
        };
        let mut pictures = Self {
            stored: Side::new(first.size(), first.format(), color),
            format,
            color,
            orientation,
            full_gray,
            transparent: false,
            light: if shown.is_high_range() && tone_map.is_none() { light } else { Light::default() },
            tone_map,
            aspect: facts.sample_aspect().or(first.sample_aspect()).unwrap_or(Rational::new(1, 1)),
            converter: Converter::default(),
            changed: false,
        };
        pictures.transparent = pictures.shows_through(first);
        Some(pictures)
    }

    /// Writes into `info` what the pictures are.
    pub fn tell(&self, info: &mut StreamInfo) {
        info.size = self.orientation.size(self.stored.size);
        info.format = self.format;
        info.color = self.tone_map.as_ref().map_or_else(|| self.orientation.color(self.color), ToneMap::color);
        info.light = self.light;
        info.sample_aspect = self.orientation.aspect(self.aspect);
        info.alpha = self.transparent;
    }

    /// Whether pictures may be transparent. RGB often has an alpha channel without a need: there the first one decides.
    fn shows_through(&mut self, first: &AvFrame) -> bool {
        let format = first.format();
        if !format.is_rgb() {
            return format.has_alpha();
        }
        let mut palette = || self.convert(first).ok()?.matte();
        let matte = if format.has_palette() { palette() } else { first.alpha().map(Arc::new) };
        matte.is_some_and(|matte| {
            let opaque = (1 << matte.format.bits()) - 1;
            (0..matte.size.height).any(|y| matte.levels(y).any(|level| level < opaque))
        })
    }

    /// What a frame differs in from the first, in words; once.
    pub fn change(&mut self, frame: &AvFrame) -> Option<String> {
        let Side { size, format, .. } = self.stored;
        if (frame.size(), frame.format()) == (size, format) || std::mem::replace(&mut self.changed, true) {
            return None;
        }
        let (new_size, new_format) = (frame.size(), frame.format().name());
        Some(format!("from {size} {} to {new_size} {new_format}", format.name()))
    }

    /// The frame as a picture: as decoded where possible, converted where not, upright.
    ///
    /// # Errors
    /// Out of memory, or a format that libswscale does not know.
    pub fn picture(&mut self, frame: AvFrame) -> Result<CpuImage, AvError> {
        let same = (frame.size(), frame.format()) == (self.stored.size, self.stored.format);
        let frame = if same { frame.into_image(self.format, self.color) } else { Err(frame) };
        let image = match frame {
            Ok(image) => image,
            Err(frame) => self.convert(&frame)?,
        };
        let image = self.orientation.apply(image);
        Ok(self.tone_map.as_ref().map_or_else(|| image.clone(), |map| map.apply(&image)))
    }

    fn convert(&mut self, frame: &AvFrame) -> Result<CpuImage, AvError> {
        let (size, format, color) = (self.stored.size, self.format, self.color);
        let reading = frame.format().reading().ok_or(AvError::PatchWelcome)?;
        let gray = matches!(reading.format, PixelFormat::Gray { .. });
        let from = frame.tags().color_info(reading.format, frame.size(), reading.full || gray && self.full_gray);
        let to = AvFormat::of(format).ok_or(AvError::InvalidData)?;
        let (from, to) = (Side::new(frame.size(), frame.format(), from), Side::new(size, to, color));
        let image = self.converter.scaler(from, to)?.frame(frame)?.into_image(format, color);
        let image = image.map_err(|_| AvError::InvalidData)?;
        // Packed pixels bring theirs along.
        let matte = frame.alpha().filter(|_| self.transparent && format != PixelFormat::Rgba8);
        let fit = |matte: CpuImage| {
            let (format, color) = (matte.format, matte.color);
            Converter::default().convert(matte, size, format, color)
        };
        Ok(image.with_matte(matte.map(fit).transpose()?.map(Arc::new)))
    }
}

/// 4:2:2 cannot be transposed plane by plane, 4:4:4 can.
fn upright_format(orientation: Orientation, format: PixelFormat) -> PixelFormat {
    match format {
        PixelFormat::Yuv { bits, .. } if !orientation.applies_to(format) => {
            PixelFormat::Yuv { shift_x: 0, shift_y: 0, bits, packing: Packing::Planar }
        }
        other => other,
    }
}
