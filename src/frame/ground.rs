//! Transparent pictures on white: what is compared in one picture has nothing behind it, nor has what an encoder without
//! transparency is given, and the colours that are coded where nothing is to be seen are anything, black mostly.

use super::{ColorInfo, CpuImage, Matrix, Packing, PixelFormat, Range};

/// A white sample of `plane` as stored; for interleaved chroma a pair.
#[must_use]
pub fn white(plane: usize, format: PixelFormat, color: ColorInfo) -> [u8; 4] {
    let bits = u32::from(format.bits());
    let chroma = plane > 0 && color.matrix != Matrix::Identity;
    let code = match (format, color.range) {
        (PixelFormat::Rgba8, _) => return [u8::MAX; 4],
        _ if chroma => 1u32 << (bits - 1),
        (_, Range::Limited) => ((16.0 + 219.0 * color.white()) * (1 << (bits - 8)) as f32).round() as u32,
        (_, Range::Full) => (color.white() * ((1 << bits) - 1) as f32).round() as u32,
    };
    if bits == 8 {
        return [code as u8; 4];
    }
    let [low, high] = ((code << unused_bits(format)) as u16).to_le_bytes();
    [low, high, low, high]
}

/// Low bits of a sample that mean nothing.
fn unused_bits(format: PixelFormat) -> u32 {
    match format {
        PixelFormat::Yuv { packing: Packing::SemiPlanar, bits, .. } if bits > 8 => 16 - u32::from(bits),
        _ => 0,
    }
}

/// The picture on white, as opaque as `matte` says; untouched where there is none. Mixed as it is coded, as players do.
#[must_use]
pub fn on_white(picture: CpuImage, matte: Option<&CpuImage>) -> CpuImage {
    let Some(matte) = matte.filter(|matte| matte.size == picture.size) else { return picture };
    let (format, size, color) = (picture.format, picture.size, picture.color);
    let most = (1u64 << matte.format.bits()) - 1;
    let planes = (0..format.plane_count()).map(|plane| {
        let (columns, rows, bytes) = format.plane_layout(plane, size);
        let (shift_x, shift_y) = match format {
            PixelFormat::Yuv { shift_x, shift_y, .. } if plane > 0 => (shift_x, shift_y),
            _ => (0, 0),
        };
        let white = white(plane, format, color);
        let mut out = Vec::with_capacity(columns as usize * rows as usize * bytes);
        for row in 0..rows {
            // Of the pixels of each sample: how opaque they are, and how opaque they could be.
            let mut opacity = vec![(0, 0); columns as usize];
            for y in row << shift_y..((row + 1) << shift_y).min(size.height) {
                for (x, level) in matte.levels(y).enumerate() {
                    let (sum, all) = &mut opacity[x >> shift_x];
                    (*sum, *all) = (*sum + u64::from(level), *all + most);
                }
            }
            for (column, (sum, all)) in picture.row(plane, row).chunks_exact(bytes).zip(opacity) {
                let mix = |code: u64, white: u64| (code * sum + white * (all - sum) + all / 2) / all;
                if format.bits() == 8 {
                    out.extend(column.iter().zip(white).map(|(code, white)| mix((*code).into(), white.into()) as u8));
                    continue;
                }
                let unused = unused_bits(format);
                let code = |pair: &[u8]| u64::from(u16::from_le_bytes([pair[0], pair[1]]) >> unused);
                for (sample, white) in column.chunks_exact(2).zip(white.chunks_exact(2)) {
                    let mixed = (mix(code(sample), code(white)) as u16) << unused;
                    out.extend_from_slice(&mixed.to_le_bytes());
                }
            }
        }
        out
    });
    CpuImage::from_planes(size, format, color, planes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    const TEN: PixelFormat = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::Planar };
    const P010: PixelFormat = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::SemiPlanar };

    #[test]
    fn white_is_white_as_it_is_stored() {
        // 940 << 6 is 0xeb00; its low byte comes first.
        assert_eq!(white(0, P010, ColorInfo::BT709), [0x00, 0xeb, 0x00, 0xeb]);
        assert_eq!(white(1, TEN, ColorInfo::BT709), [0x00, 0x02, 0x00, 0x02]);
        // Reference white of PQ, not its brightest: 64 + 876 * 0.5807 is 573, 0x023d.
        let pq = ColorInfo { transfer: ColorInfo::PQ, ..ColorInfo::BT709 };
        assert_eq!(white(0, TEN, pq), [0x3d, 0x02, 0x3d, 0x02]);
    }

    #[test]
    fn what_is_not_opaque_shows_white_behind_it() {
        let size = Size::new(3, 1);
        let gray = |bits, levels: Vec<u8>| {
            CpuImage::from_planes(size, PixelFormat::Gray { bits }, ColorInfo::SRGB, vec![levels])
        };
        let matte = gray(8, vec![0, 255, 102]);
        let picture = |format: PixelFormat, planes| CpuImage::from_planes(size, format, ColorInfo::BT709, planes);
        let mixed = on_white(picture(PixelFormat::I420, vec![vec![16; 3], vec![28; 2], vec![228; 2]]), Some(&matte));
        assert_eq!(mixed.row(0, 0), [235, 16, 147]);
        // The first chroma sample is that of two pixels, of which one is to be seen.
        assert_eq!((mixed.row(1, 0), mixed.row(2, 0)), (&[78, 88][..], &[178, 168][..]));
        let deep = gray(16, [0u16, 65535, 26214].iter().flat_map(|level| level.to_le_bytes()).collect());
        let codes = |codes: &[u16], shift: u32| {
            codes.iter().flat_map(|code| (code << shift).to_le_bytes()).collect::<Vec<u8>>()
        };
        let ten = on_white(picture(P010, vec![codes(&[64; 3], 6), codes(&[112, 912, 112, 912], 6)]), Some(&deep));
        assert_eq!(ten.row(0, 0), codes(&[940, 64, 590], 6));
        assert_eq!(ten.row(1, 0), codes(&[312, 712, 352, 672], 6));
        let plain =
            on_white(picture(TEN, vec![codes(&[64; 3], 0), codes(&[112; 2], 0), codes(&[912; 2], 0)]), Some(&deep));
        assert_eq!(plain.row(0, 0), codes(&[940, 64, 590], 0));
        let colours = vec![vec![0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 102]];
        let rgba = on_white(CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, colours), Some(&matte));
        assert_eq!(rgba.row(0, 0).chunks(4).map(|pixel| pixel[0]).collect::<Vec<_>>(), [255, 0, 153]);
    }
}
