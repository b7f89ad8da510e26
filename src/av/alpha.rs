//! Transparency in FFmpeg's frames, wherever their format keeps it.

use super::AvError;
use super::picture::AvFrame;
use super::pixel::AvFormat;
use crate::frame::{ColorInfo, CpuImage, PixelFormat, scaled};
use ffmpeg_next::ffi;

/// How opaque each pixel of `frame` is: grey in full range, in as many bits as it has, 16 of floating point; nothing where
/// its format keeps none.
pub(super) fn read(frame: &AvFrame) -> Option<CpuImage> {
    let (size, alpha) = (frame.size(), Alpha::of(frame.format())?);
    let bytes = usize::from(alpha.bits.div_ceil(8));
    let mut plane = Vec::with_capacity(size.pixels() * bytes);
    for row in frame.rows(alpha.plane, alpha.row(size.width))? {
        for sample in alpha.samples(row, size.width) {
            plane.extend_from_slice(&alpha.get(sample).to_le_bytes()[..bytes]);
        }
    }
    Some(CpuImage::from_planes(size, PixelFormat::Gray { bits: alpha.bits }, ColorInfo::SRGB, vec![plane]))
}

/// Makes `frame` as opaque as `matte` says, all of it where there is none; nothing where its format keeps none. Where the
/// frame is larger by a row or a column, the last ones are repeated.
///
/// # Errors
/// Out of memory, or rows that run upwards.
pub(super) fn write(frame: &mut AvFrame, matte: Option<&CpuImage>) -> Result<(), AvError> {
    let (size, Some(alpha)) = (frame.size(), Alpha::of(frame.format())) else { return Ok(()) };
    frame.make_writable()?;
    let opaque = (1u32 << alpha.bits) - 1;
    let rows = frame.rows_mut(alpha.plane, alpha.row(size.width)).ok_or(AvError::InvalidData)?;
    for (y, row) in (0..).zip(rows) {
        let levels = matte.map(|matte| matte.levels(y.min(matte.size.height - 1)).map(|l| (l, matte.format.bits())));
        let mut levels = levels.into_iter().flatten().map(|(level, bits)| scaled(level, bits, alpha.bits));
        let mut last = opaque;
        for sample in row.chunks_mut(alpha.step).take(size.width as usize) {
            last = levels.next().unwrap_or(last);
            alpha.set(&mut sample[alpha.offset..], last as u16);
        }
    }
    Ok(())
}

/// Where a pixel format keeps transparency.
struct Alpha {
    plane: usize,
    /// Bytes from pixel to pixel, and to the first one.
    step: usize,
    offset: usize,
    /// Bits that the value is stored shifted up.
    shift: u32,
    /// Bits of the value; 16 for floating point.
    bits: u8,
    big_endian: bool,
    float: bool,
}

impl Alpha {
    /// Nothing for a format without; nor for palettes, whose colours have it.
    fn of(format: AvFormat) -> Option<Self> {
        let d = format.descriptor()?;
        let has = |flag: i32| d.flags & flag as u64 != 0;
        let packed = has(ffi::AV_PIX_FMT_FLAG_PAL) || has(ffi::AV_PIX_FMT_FLAG_BITSTREAM);
        if !has(ffi::AV_PIX_FMT_FLAG_ALPHA) || packed || has(ffi::AV_PIX_FMT_FLAG_HWACCEL) {
            return None;
        }
        let c = d.comp.get(usize::from(d.nb_components).checked_sub(1)?)?;
        let float = has(ffi::AV_PIX_FMT_FLAG_FLOAT);
        if float && c.depth != 32 || !float && !(8..=16).contains(&c.depth) {
            return None;
        }
        Some(Self {
            plane: usize::try_from(c.plane).ok()?,
            step: usize::try_from(c.step).ok()?,
            offset: usize::try_from(c.offset).ok()?,
            shift: u32::try_from(c.shift).ok()?,
            bits: c.depth.min(16) as u8,
            big_endian: has(ffi::AV_PIX_FMT_FLAG_BE),
            float,
        })
    }

    const fn row(&self, width: u32) -> usize {
        self.step * width as usize
    }

    fn samples<'a>(&self, row: &'a [u8], width: u32) -> impl Iterator<Item = &'a [u8]> {
        let offset = self.offset;
        row.chunks(self.step).take(width as usize).map(move |pixel| &pixel[offset..])
    }

    fn get(&self, sample: &[u8]) -> u16 {
        let mask = ((1u32 << self.bits) - 1) as u16;
        if let (true, Some(bytes)) = (self.float, sample.first_chunk::<4>()) {
            let level = if self.big_endian { f32::from_be_bytes(*bytes) } else { f32::from_le_bytes(*bytes) };
            return (level.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16;
        }
        match sample.first_chunk::<2>().filter(|_| self.bits > 8) {
            Some(bytes) if self.big_endian => (u16::from_be_bytes(*bytes) >> self.shift) & mask,
            Some(bytes) => (u16::from_le_bytes(*bytes) >> self.shift) & mask,
            None => sample.first().copied().unwrap_or(u8::MAX).into(),
        }
    }

    fn set(&self, sample: &mut [u8], level: u16) {
        if let (true, Some(bytes)) = (self.float, sample.first_chunk_mut::<4>()) {
            let level = f32::from(level) / f32::from(u16::MAX);
            *bytes = if self.big_endian { level.to_be_bytes() } else { level.to_le_bytes() };
            return;
        }
        let stored = level << self.shift;
        match sample.first_chunk_mut::<2>().filter(|_| self.bits > 8) {
            Some(bytes) => *bytes = if self.big_endian { stored.to_be_bytes() } else { stored.to_le_bytes() },
            None => sample[0] = level as u8,
        }
    }
}

impl AvFormat {
    /// Whether its frames can be transparent, pixel by pixel.
    #[must_use]
    pub fn has_alpha(self) -> bool {
        Alpha::of(self).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use std::sync::Arc;

    #[test]
    fn every_format_gives_back_what_it_was_given() {
        let size = Size::new(5, 3);
        let levels = (0..15u16).flat_map(|i| (i * 4369).to_le_bytes()).collect();
        let matte = CpuImage::from_planes(size, PixelFormat::Gray { bits: 16 }, ColorInfo::SRGB, vec![levels]);
        let names =
            "yuva420p yuva444p10le yuva444p12be gbrap gbrap16le gbrapf32le rgba argb bgra rgba64be ya8 ya16le ayuv64le";
        for name in names.split(' ') {
            let format = AvFormat::by_name(name).unwrap();
            assert!(format.has_alpha(), "{name}");
            let mut frame = AvFrame::with_buffer(Size::new(6, 4), format).unwrap();
            write(&mut frame, Some(&matte)).unwrap();
            let found = read(&frame).unwrap();
            for (y, own) in [0, 1, 2, 2].into_iter().enumerate() {
                let wanted = matte.levels(own).chain(matte.levels(own).last());
                let wanted: Vec<_> = wanted.map(|level| scaled(level, 16, found.format.bits())).collect();
                assert_eq!(found.levels(y as u32).collect::<Vec<_>>(), wanted, "{name}, row {y}");
            }
            write(&mut frame, None).unwrap();
            let opaque = (1u32 << found.format.bits()) - 1;
            assert!(read(&frame).unwrap().levels(1).all(|level| level == opaque), "{name}");
        }
        for name in ["yuv420p", "rgb24", "pal8", "gray", "p010le", "rgb0"] {
            assert!(!AvFormat::by_name(name).unwrap().has_alpha(), "{name}");
        }
    }

    #[test]
    fn a_picture_keeps_the_plane_of_its_frame() {
        let size = Size::new(4, 2);
        let mut frame = AvFrame::with_buffer(size, AvFormat::by_name("yuva420p").unwrap()).unwrap();
        let planes = vec![vec![7; 8], vec![128; 2], vec![128; 2]];
        frame.fill(&CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes)).unwrap();
        let matte = CpuImage::from_planes(size, PixelFormat::Gray { bits: 8 }, ColorInfo::SRGB, vec![(0..8).collect()]);
        write(&mut frame, Some(&matte)).unwrap();
        let image = frame.into_image(PixelFormat::I420, ColorInfo::BT709).map_err(|_| "other planes").unwrap();
        let kept: Arc<CpuImage> = image.matte().unwrap();
        assert_eq!((kept.row(0, 0), kept.row(0, 1)), (&[0, 1, 2, 3][..], &[4, 5, 6, 7][..]));
    }
}
