//! Pixel formats of FFmpeg and [`PixelFormat`], both ways.

use crate::frame::{Packing, PixelFormat};
use ffmpeg_next::ffi::{self, AVPixFmtDescriptor};
use std::ffi::{CString, c_int};

/// A pixel format of FFmpeg, as its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvFormat(pub(crate) c_int);

/// How a decoder's format reaches the other stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What the frames are handed on as.
    pub format: PixelFormat,
    /// The decoder's planes are that already: no conversion.
    pub direct: bool,
    /// Full range by convention, where the stream says nothing.
    pub full: bool,
}

impl AvFormat {
    /// None at all.
    pub const NONE: Self = Self(-1);

    /// Red, green and blue rather than luma and chroma: packed, planar or by palette.
    #[must_use]
    pub fn is_rgb(self) -> bool {
        let rgb = (ffi::AV_PIX_FMT_FLAG_RGB | ffi::AV_PIX_FMT_FLAG_PAL | ffi::AV_PIX_FMT_FLAG_BAYER) as u64;
        self.descriptor().is_some_and(|d| d.flags & rgb != 0)
    }

    /// Pixels are numbers of colours in a palette.
    #[must_use]
    pub fn has_palette(self) -> bool {
        self.descriptor().is_some_and(|d| d.flags & ffi::AV_PIX_FMT_FLAG_PAL as u64 != 0)
    }

    /// By FFmpeg's name, such as `yuv420p10le`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: a NUL-terminated string; the result is a number, -1 for unknown.
        let raw = unsafe { ffi::av_get_pix_fmt(name.as_ptr()) } as c_int;
        (raw >= 0).then_some(Self(raw))
    }

    /// FFmpeg's name.
    #[must_use]
    pub fn name(self) -> String {
        self.descriptor().map_or_else(
            || format!("pixel format {}", self.0),
            // SAFETY: descriptors are static, their names NUL-terminated.
            |d| unsafe { super::text(d.name) },
        )
    }

    pub(super) fn descriptor(self) -> Option<&'static AVPixFmtDescriptor> {
        let mut next = std::ptr::null();
        loop {
            // By iteration, because `av_pix_fmt_desc_get` takes the enum, which an unknown number must not become.
            // SAFETY: the documented iteration; descriptors are static.
            next = unsafe { ffi::av_pix_fmt_desc_next(next) };
            if next.is_null() {
                return None;
            }
            // SAFETY: `next` is a descriptor of the table.
            if unsafe { ffi::av_pix_fmt_desc_get_id(next) } as c_int == self.0 {
                // SAFETY: static and never written to.
                return Some(unsafe { &*next });
            }
        }
    }

    /// Nearest [`PixelFormat`]; `None` for frames that live on a device and for numbers FFmpeg does not know.
    #[must_use]
    pub fn reading(self) -> Option<Reading> {
        let d = self.descriptor()?;
        let has = |flag: c_int| d.flags & flag as u64 != 0;
        if has(ffi::AV_PIX_FMT_FLAG_HWACCEL) {
            return None;
        }
        let name = self.name();
        let depth = d.comp[0].depth.clamp(1, 16) as u8;
        let little = !has(ffi::AV_PIX_FMT_FLAG_BE) && !has(ffi::AV_PIX_FMT_FLAG_BITSTREAM);
        if has(ffi::AV_PIX_FMT_FLAG_RGB) || has(ffi::AV_PIX_FMT_FLAG_PAL) || has(ffi::AV_PIX_FMT_FLAG_BAYER) {
            // Deep RGB, floating point as well, keeps its bits as 4:4:4; there is no deep packed RGB among our formats.
            let deep = depth > 8;
            let format = if deep { planar(0, 0, stored_bits(depth)) } else { PixelFormat::Rgba8 };
            return Some(Reading { format, direct: name == "rgba", full: true });
        }
        if d.nb_components <= 2 {
            let alone = d.nb_components == 1 && little && !has(ffi::AV_PIX_FMT_FLAG_FLOAT) && d.comp[0].shift == 0;
            let bits = if has(ffi::AV_PIX_FMT_FLAG_FLOAT) { 16 } else { stored_bits(depth) };
            let direct = alone && u32::from(bits) == d.comp[0].depth as u32;
            return Some(Reading { format: PixelFormat::Gray { bits }, direct, full: false });
        }
        let (shift_x, shift_y) = (d.log2_chroma_w, d.log2_chroma_h);
        // 4:4:0 is rare enough to become 4:4:4, and 4:1:1 and 4:1:0 their nearest finer relatives.
        let (x, y) = if shift_x == 0 { (0, 0) } else { (1, shift_y.min(1)) };
        let bits = stored_bits(depth);
        let ours = (x, y, i32::from(bits)) == (shift_x, shift_y, d.comp[0].depth) && little;
        let sample_bytes = c_int::from(bits.div_ceil(8));
        let three_planes = d.comp[..3]
            .iter()
            .enumerate()
            .all(|(plane, c)| c.plane == plane as c_int && c.step == sample_bytes && c.offset == 0 && c.shift == 0);
        let c = &d.comp;
        let two_planes = c[0].plane == 0
            && c[0].step == sample_bytes
            && c[1].plane == 1
            && c[2].plane == 1
            && c[1].step == 2 * sample_bytes
            && c[1].offset == 0
            && c[2].offset == sample_bytes
            && c[0].shift == if bits > 8 { 16 - c_int::from(bits) } else { 0 };
        if ours && two_planes && d.nb_components == 3 {
            let packing = Packing::SemiPlanar;
            return Some(Reading {
                format: PixelFormat::Yuv { shift_x, shift_y, bits, packing },
                direct: true,
                full: false,
            });
        }
        Some(Reading { format: planar(x, y, bits), direct: ours && three_planes, full: name.starts_with("yuvj") })
    }

    /// FFmpeg's name for one of our formats; `None` where it has none (17 bits, say).
    #[must_use]
    pub fn of(format: PixelFormat) -> Option<Self> {
        Self::by_name(&match format {
            PixelFormat::Rgba8 => "rgba".to_owned(),
            PixelFormat::Gray { bits: 8 } => "gray".to_owned(),
            PixelFormat::Gray { bits } => format!("gray{bits}le"),
            PixelFormat::Yuv { shift_x, shift_y, bits, packing } => {
                let sub = match (shift_x, shift_y) {
                    (1, 1) => "20",
                    (1, 0) => "22",
                    (0, 0) => "44",
                    (0, 1) => "40",
                    _ => return None,
                };
                match (packing, bits) {
                    (Packing::Planar, 8) => format!("yuv4{sub}p"),
                    (Packing::Planar, _) => format!("yuv4{sub}p{bits}le"),
                    (Packing::SemiPlanar, 8) => {
                        format!(
                            "nv{}",
                            match sub {
                                "20" => "12",
                                "22" => "16",
                                _ => "24",
                            }
                        )
                    }
                    (Packing::SemiPlanar, _) => {
                        format!(
                            "p{}{bits}le",
                            match sub {
                                "20" => "0",
                                "22" => "2",
                                _ => "4",
                            }
                        )
                    }
                }
            }
        })
    }
}

/// Depths that libswscale and our formats share.
const fn stored_bits(depth: u8) -> u8 {
    match depth {
        0..=8 => 8,
        9 => 9,
        10 => 10,
        11 | 12 => 12,
        13 | 14 => 14,
        _ => 16,
    }
}

const fn planar(shift_x: u8, shift_y: u8, bits: u8) -> PixelFormat {
    PixelFormat::Yuv { shift_x, shift_y, bits, packing: Packing::Planar }
}

/// How much is lost going from `from` to `to`; less is nearer. Losing bits or chroma weighs more than spending them.
#[must_use]
pub fn distance(from: PixelFormat, to: PixelFormat) -> u32 {
    const fn axes(format: PixelFormat) -> (u8, u8, u8, u8, u8) {
        match format {
            PixelFormat::Yuv { shift_x, shift_y, bits, packing } => {
                (1, shift_x, shift_y, bits, matches!(packing, Packing::SemiPlanar) as u8)
            }
            PixelFormat::Gray { bits } => (0, 2, 2, bits, 0),
            PixelFormat::Rgba8 => (2, 0, 0, 8, 0),
        }
    }
    let (kind_a, xa, ya, bits_a, pack_a) = axes(from);
    let (kind_b, xb, yb, bits_b, pack_b) = axes(to);
    let lost = |had: u8, has: u8, weight: u32| {
        if had > has { u32::from(had - has) * weight } else { u32::from(has - had) * (weight / 8) }
    };
    let model = match (kind_a, kind_b) {
        (a, b) if a == b => 0,
        (_, 0) => 10_000,
        _ => 40,
    };
    model
        + lost(bits_a, bits_b, 64)
        + lost(2 - xa, 2 - xb, 200)
        + lost(2 - ya, 2 - yb, 200)
        + u32::from(pack_a != pack_b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Reading {
        AvFormat::by_name(name).and_then(AvFormat::reading).unwrap_or_else(|| panic!("{name} is unknown"))
    }

    #[test]
    fn formats_that_are_ours_are_taken_as_they_are() {
        for name in [
            "yuv420p",
            "yuv422p",
            "yuv444p",
            "yuv420p10le",
            "yuv422p10le",
            "yuv444p12le",
            "nv12",
            "nv16",
            "nv24",
            "p010le",
            "p016le",
            "gray",
            "gray10le",
            "rgba",
        ] {
            let reading = read(name);
            assert!(reading.direct, "{name}: {reading:?}");
            assert_eq!(AvFormat::of(reading.format).map(AvFormat::name).as_deref(), Some(name));
        }
    }

    #[test]
    fn alpha_goes_its_own_way_and_jpeg_is_full_range() {
        assert_eq!(read("yuva420p"), Reading { format: PixelFormat::I420, direct: true, full: false });
        assert_eq!(read("yuvj420p"), Reading { format: PixelFormat::I420, direct: true, full: true });
    }

    #[test]
    fn the_rest_is_converted_to_the_nearest() {
        for (name, to) in [
            ("pal8", PixelFormat::Rgba8),
            ("rgb24", PixelFormat::Rgba8),
            ("bgra", PixelFormat::Rgba8),
            ("gbrp", PixelFormat::Rgba8),
            ("gbrp10le", planar(0, 0, 10)),
            ("yuv411p", planar(1, 0, 8)),
            ("yuv410p", planar(1, 1, 8)),
            ("yuv440p", planar(0, 0, 8)),
            ("yuyv422", planar(1, 0, 8)),
            ("nv21", planar(1, 1, 8)),
            ("yuv420p10be", planar(1, 1, 10)),
            ("monob", PixelFormat::Gray { bits: 8 }),
            ("ya8", PixelFormat::Gray { bits: 8 }),
        ] {
            assert_eq!((read(name).format, read(name).direct), (to, false), "{name}");
        }
    }

    #[test]
    fn losing_is_farther_than_spending() {
        let source = planar(1, 1, 10);
        let near = |names: &[&str]| {
            names.iter().min_by_key(|n| distance(source, read(n).format)).map(|n| (*n).to_owned()).unwrap_or_default()
        };
        assert_eq!(near(&["yuv420p", "yuv422p10le", "yuv444p10le", "gray10le"]), "yuv422p10le");
        assert_eq!(near(&["yuv420p", "yuv444p", "rgba"]), "yuv420p");
    }
}
