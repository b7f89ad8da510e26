//! Transparency beside a picture: it is not drawn, it goes around the drawing.

use super::{ColorInfo, CpuImage, PixelFormat};
use std::sync::Arc;

impl CpuImage {
    /// How opaque each pixel is: a grey picture of the same size in full range; nothing where all of it is opaque.
    #[must_use]
    pub fn matte(&self) -> Option<Arc<CpuImage>> {
        if self.format != PixelFormat::Rgba8 {
            return self.alpha.clone();
        }
        let alpha: Vec<u8> =
            (0..self.size.height).flat_map(|y| self.row(0, y).chunks_exact(4).map(|pixel| pixel[3])).collect();
        if alpha.iter().all(|a| *a == u8::MAX) {
            return None;
        }
        Some(Arc::new(Self::from_planes(self.size, PixelFormat::Gray { bits: 8 }, ColorInfo::SRGB, vec![alpha])))
    }

    /// The picture, as opaque as `matte`, a grey picture of the same size, says; untouched where there is none.
    #[must_use]
    pub fn with_matte(self, matte: Option<Arc<CpuImage>>) -> Self {
        let Some(matte) = matte.filter(|matte| matte.size == self.size) else { return self };
        if self.format != PixelFormat::Rgba8 {
            return Self { alpha: Some(matte), ..self };
        }
        let mut pixels: Vec<u8> = (0..self.size.height).flat_map(|y| self.row(0, y)).copied().collect();
        let levels = (0..self.size.height).flat_map(|y| matte.levels(y));
        for (pixel, level) in pixels.chunks_exact_mut(4).zip(levels) {
            pixel[3] = scaled(level, matte.format.bits(), 8) as u8;
        }
        Self::from_planes(self.size, self.format, self.color, vec![pixels])
    }

    /// Row `row` of a grey picture.
    pub(crate) fn levels(&self, row: u32) -> impl Iterator<Item = u32> + '_ {
        let wide = self.format.bits() > 8;
        let level = move |sample: &[u8]| match sample {
            [low, high, ..] => u32::from(u16::from_le_bytes([*low, *high])),
            [level] => (*level).into(),
            [] => 0,
        };
        self.row(0, row).chunks_exact(if wide { 2 } else { 1 }).map(level)
    }
}

/// A level of full range in another number of bits, rounded.
#[must_use]
pub fn scaled(level: u32, from: u8, to: u8) -> u32 {
    if from == to {
        return level;
    }
    let most = |bits: u8| (1u64 << bits) - 1;
    ((u64::from(level) * most(to) + most(from) / 2) / most(from)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    #[test]
    fn it_goes_from_picture_to_picture() {
        let size = Size::new(2, 1);
        let rgba = |alpha: [u8; 2]| {
            let pixels = alpha.iter().flat_map(|a| [1, 2, 3, *a]).collect();
            CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![pixels])
        };
        assert!(rgba([255, 255]).matte().is_none());
        let matte = rgba([0, 200]).matte();
        assert_eq!(matte.as_ref().unwrap().row(0, 0), [0, 200]);
        assert_eq!(rgba([255, 255]).with_matte(matte.clone()).row(0, 0), [1, 2, 3, 0, 1, 2, 3, 200]);
        let gray = CpuImage::from_planes(size, PixelFormat::Gray { bits: 8 }, ColorInfo::BT709, vec![vec![7, 8]]);
        let kept = gray.with_matte(matte);
        assert_eq!((kept.row(0, 0), kept.matte().unwrap().row(0, 0)), (&[7, 8][..], &[0, 200][..]));
        // In 10 bits.
        let deep = [[0x00, 0x00], 512u16.to_le_bytes()].concat();
        let deep = CpuImage::from_planes(size, PixelFormat::Gray { bits: 10 }, ColorInfo::SRGB, vec![deep]);
        assert_eq!(rgba([9, 9]).with_matte(Some(Arc::new(deep))).row(0, 0), [1, 2, 3, 0, 1, 2, 3, 128]);
    }

    #[test]
    fn white_stays_white_in_any_depth() {
        for (from, to) in [(8, 16), (16, 8), (10, 12), (12, 10)] {
            assert_eq!((scaled(0, from, to), scaled((1 << from) - 1, from, to)), (0, (1 << to) - 1));
        }
    }
}
