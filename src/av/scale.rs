//! Conversion of size and pixel format (libswscale), for what the other stages cannot take as it is. Works on code
//! values: primaries and transfer stay what they are.

use super::picture::AvFrame;
use super::pixel::AvFormat;
use super::{AvError, allocated};
use crate::frame::{ColorInfo, CpuImage, Matrix, PixelFormat, Range, Size};
use ffmpeg_next::ffi::{self, SwsContext};
use ffmpeg_next::software::scaling::Flags;
use std::ffi::{CStr, c_int};

/// One side of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Pixels.
    pub size: Size,
    /// FFmpeg's pixel format.
    pub format: AvFormat,
    /// Matrix in force.
    pub matrix: Matrix,
    /// Range in force.
    pub range: Range,
}

impl Side {
    /// A picture of `size` in `format` with `color`.
    #[must_use]
    pub const fn new(size: Size, format: AvFormat, color: ColorInfo) -> Self {
        Self { size, format, matrix: color.matrix, range: color.range }
    }
}

/// A conversion, set up once for pictures of one kind.
pub struct Scaler {
    context: *mut SwsContext,
    from: Side,
    to: Side,
}

// SAFETY: the context is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for Scaler {}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: made by `sws_getContext` in `new`, freed here alone.
        unsafe { ffi::sws_freeContext(self.context) }
    }
}

impl Scaler {
    /// Sets a conversion up: bicubic where sizes differ.
    ///
    /// # Errors
    /// libswscale does not read the one format or write the other.
    pub fn new(from: Side, to: Side) -> Result<Self, AvError> {
        let flags = Flags::BICUBIC | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT | Flags::FULL_CHR_H_INP;
        // SAFETY: no preconditions.
        let context = allocated(unsafe { ffi::sws_alloc_context() })?;
        let scaler = Self { context, from, to };
        // The ranges must be known before the context is set up: between formats that are otherwise the same, libswscale
        // would choose to copy.
        let options: [(&CStr, i64); 9] = [
            (c"sws_flags", i64::from(flags.bits())),
            (c"srcw", from.size.width.into()),
            (c"srch", from.size.height.into()),
            (c"src_format", full_range_name(from.format).0.into()),
            (c"src_range", (from.range == Range::Full).into()),
            (c"dstw", to.size.width.into()),
            (c"dsth", to.size.height.into()),
            (c"dst_format", full_range_name(to.format).0.into()),
            (c"dst_range", (to.range == Range::Full).into()),
        ];
        for (name, value) in options {
            // SAFETY: a live context, which is an options object; the name is NUL-terminated.
            super::check(unsafe { ffi::av_opt_set_int(context.cast(), name.as_ptr(), value, 0) })?;
        }
        // SAFETY: a live context with its options, no filters.
        let ready = unsafe { ffi::sws_init_context(context, std::ptr::null_mut(), std::ptr::null_mut()) };
        super::check(ready).map_err(|_| AvError::InvalidData)?;
        // SAFETY: a live context; the tables are static. The return value only says that the formats do not need it.
        unsafe {
            ffi::sws_setColorspaceDetails(
                context,
                ffi::sws_getCoefficients(sws_matrix(from.matrix)),
                c_int::from(from.range == Range::Full),
                ffi::sws_getCoefficients(sws_matrix(to.matrix)),
                c_int::from(to.range == Range::Full),
                0,
                1 << 16,
                1 << 16,
            );
        }
        Ok(scaler)
    }

    /// Whether this scaler does `from` to `to`.
    #[must_use]
    pub fn fits(&self, from: Side, to: Side) -> bool {
        self.from == from && self.to == to
    }

    /// Converts a frame of FFmpeg's into a new one.
    ///
    /// # Errors
    /// Out of memory, or a frame of another kind than promised.
    pub fn frame(&mut self, frame: &AvFrame) -> Result<AvFrame, AvError> {
        if (frame.size(), frame.format()) != (self.from.size, self.from.format) {
            return Err(AvError::InvalidData);
        }
        let out = AvFrame::with_buffer(self.to.size, self.to.format)?;
        // SAFETY: both frames are live, of the sizes and formats the context was made for; `out` is new, so writable.
        let rows = unsafe {
            ffi::sws_scale(
                self.context,
                (*frame.raw()).data.as_ptr().cast(),
                (*frame.raw()).linesize.as_ptr(),
                0,
                self.from.size.height as c_int,
                (*out.raw()).data.as_ptr(),
                (*out.raw()).linesize.as_ptr(),
            )
        };
        super::check(rows)?;
        Ok(out)
    }

    /// Converts a picture to `format` and `color`, which name what the scaler was made for.
    ///
    /// # Errors
    /// As [`Scaler::frame`].
    pub fn image(&mut self, image: &CpuImage, format: PixelFormat, color: ColorInfo) -> Result<CpuImage, AvError> {
        let mut frame = AvFrame::with_buffer(image.size, self.from.format)?;
        frame.fill(image)?;
        self.frame(&frame)?.into_image(format, color).map_err(|_| AvError::InvalidData)
    }
}

/// Converts pictures to one size, format and colour; sets itself up anew when what comes in changes.
#[derive(Default)]
pub struct Converter {
    scaler: Option<Scaler>,
}

impl Converter {
    /// `image` in `format` and `color`, at `size`; untouched where it is that already.
    ///
    /// # Errors
    /// A format that libswscale does not know; out of memory.
    pub fn convert(
        &mut self,
        image: CpuImage,
        size: Size,
        format: PixelFormat,
        color: ColorInfo,
    ) -> Result<CpuImage, AvError> {
        let same = (image.size, image.format) == (size, format)
            && (image.color.matrix, image.color.range) == (color.matrix, color.range);
        if same {
            return Ok(image);
        }
        let side = |size, format, color| {
            AvFormat::of(format).map(|name| Side::new(size, name, color)).ok_or(AvError::InvalidData)
        };
        let (from, to) = (side(image.size, image.format, image.color)?, side(size, format, color)?);
        self.scaler(from, to)?.image(&image, format, color)
    }

    /// The scaler that does `from` to `to`.
    ///
    /// # Errors
    /// As [`Scaler::new`].
    pub fn scaler(&mut self, from: Side, to: Side) -> Result<&mut Scaler, AvError> {
        if !self.scaler.as_ref().is_some_and(|s| s.fits(from, to)) {
            self.scaler = None;
        }
        match &mut self.scaler {
            Some(scaler) => Ok(scaler),
            empty => Ok(empty.insert(Scaler::new(from, to)?)),
        }
    }
}

/// `yuvj420p` and its kin are old names of ordinary formats with the range in the name; the range goes its own way.
fn full_range_name(format: AvFormat) -> AvFormat {
    format.name().strip_prefix("yuvj").and_then(|rest| AvFormat::by_name(&format!("yuv{rest}"))).unwrap_or(format)
}

/// libswscale's number of a matrix. Its tables are indexed like H.273.
const fn sws_matrix(matrix: Matrix) -> c_int {
    match matrix {
        Matrix::Bt709 | Matrix::Identity => ffi::SWS_CS_ITU709 as c_int,
        Matrix::Bt601 => ffi::SWS_CS_ITU601 as c_int,
        Matrix::Bt2020 => ffi::SWS_CS_BT2020 as c_int,
        Matrix::Smpte240m => ffi::SWS_CS_SMPTE240M as c_int,
        Matrix::Fcc => ffi::SWS_CS_FCC as c_int,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_goes_to_limited_bt709_and_back() {
        let size = Size::new(16, 16);
        let red = CpuImage::from_planes(
            size,
            PixelFormat::Rgba8,
            ColorInfo::SRGB,
            vec![[255, 0, 0, 255].repeat(size.pixels())],
        );
        let mut there = Converter::default();
        let yuv = there.convert(red, size, PixelFormat::I420, ColorInfo::BT709).expect("RGBA to 4:2:0");
        let sample = [0, 1, 2].map(|p| yuv.row(p, 3)[3]);
        // BT.709: Y = 16 + 219 * 0.2126, Cb = 128 - 224 * 0.2126 / 1.8556, Cr = 128 + 112.
        for (got, want) in sample.into_iter().zip([62.6, 102.3, 240.0]) {
            assert!((f64::from(got) - want).abs() <= 1.0, "{sample:?}");
        }
        let rgb = Converter::default().convert(yuv, size, PixelFormat::Rgba8, ColorInfo::SRGB).expect("4:2:0 to RGBA");
        let pixel = &rgb.row(0, 5)[20..24];
        assert!(pixel[0] >= 252 && pixel[1] <= 3 && pixel[2] <= 3 && pixel[3] == 255, "{pixel:?}");
    }

    #[test]
    fn the_range_alone_is_converted_too() {
        let size = Size::new(16, 16);
        let planes = vec![vec![235; 256], vec![128; 64], vec![240; 64]];
        let limited = CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes);
        let color = ColorInfo { range: Range::Full, ..ColorInfo::BT709 };
        let full = Converter::default().convert(limited, size, PixelFormat::I420, color).unwrap();
        assert_eq!((full.row(0, 3)[3], full.row(1, 3)[3]), (255, 128));
        assert!(full.row(2, 3)[3] >= 254, "{}", full.row(2, 3)[3]);
    }

    #[test]
    fn a_picture_that_fits_is_not_copied() {
        let size = Size::new(4, 2);
        let gray = CpuImage::from_planes(size, PixelFormat::Gray { bits: 8 }, ColorInfo::BT709, vec![vec![7; 8]]);
        let before = gray.planes.plane(0).as_ptr();
        let after = Converter::default().convert(gray, size, PixelFormat::Gray { bits: 8 }, ColorInfo::BT709);
        assert_eq!(after.expect("no conversion").planes.plane(0).as_ptr(), before);
    }
}
