//! Colour tags of FFmpeg and [`ColorInfo`], both ways. Pure tables: the numbers are those of ITU-T H.273 on both sides,
//! except range and chroma siting, which FFmpeg numbers itself.

use crate::frame::{ChromaSiting, ColorInfo, Matrix, PixelFormat, Range, Size};

/// Colour tags as FFmpeg numbers them, in a frame or in codec parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tags {
    /// `AVColorSpace`: H.273 `MatrixCoefficients`.
    pub matrix: i32,
    /// `AVColorRange`: 0 unknown, 1 limited, 2 full.
    pub range: i32,
    /// `AVColorPrimaries`.
    pub primaries: i32,
    /// `AVColorTransferCharacteristic`.
    pub transfer: i32,
    /// `AVChromaLocation`: 0 unknown, 1 left, 2 centre, 3 top left.
    pub siting: i32,
}

const UNSPECIFIED: u8 = 2;

/// An H.273 code point; what does not fit its range is "unspecified".
fn code_point(value: i32) -> u8 {
    u8::try_from(value).ok().filter(|v| (1..=22).contains(v)).unwrap_or(UNSPECIFIED)
}

impl Tags {
    /// Colour in force for a picture in `format`. `full` is the range where the stream says none: true for formats
    /// that are full range by convention (JPEG's, RGB).
    #[must_use]
    pub fn color_info(self, format: PixelFormat, size: Size, full: bool) -> ColorInfo {
        let primaries = code_point(self.primaries);
        let transfer = code_point(self.transfer);
        if format == PixelFormat::Rgba8 {
            return ColorInfo { primaries, transfer, ..ColorInfo::SRGB };
        }
        let matrix_tag = match self.matrix {
            // "RGB" on a picture that is YUV is a mistake of the file.
            0 => UNSPECIFIED,
            other => code_point(other),
        };
        let matrix = match matrix_tag {
            1 => Matrix::Bt709,
            4 => Matrix::Fcc,
            5 | 6 => Matrix::Bt601,
            7 => Matrix::Smpte240m,
            9 | 10 => Matrix::Bt2020,
            // Not said, but the primaries tell BT.2020 from the rest.
            _ if primaries == 9 => Matrix::Bt2020,
            _ => Matrix::guess(size.width, size.height),
        };
        let range = match self.range {
            1 => Range::Limited,
            2 => Range::Full,
            _ if full => Range::Full,
            _ => Range::Limited,
        };
        let siting = match self.siting {
            2 => ChromaSiting::Center,
            3 => ChromaSiting::TopLeft,
            _ => ChromaSiting::Left,
        };
        ColorInfo { matrix, matrix_tag, range, siting, primaries, transfer }
    }

    /// The tags that say `color`. A matrix that was only guessed is written where a player, guessing from the size of
    /// the output, would guess another.
    #[must_use]
    pub fn of(color: ColorInfo, format: PixelFormat, size: Size) -> Self {
        let (rgb, subsampled) = match format {
            PixelFormat::Rgba8 => (true, false),
            PixelFormat::Gray { .. } => (false, false),
            PixelFormat::Yuv { shift_x, .. } => (false, shift_x > 0),
        };
        let matrix = if rgb {
            0
        } else if color.matrix_tag == UNSPECIFIED || color.matrix_tag == 0 {
            if color.matrix == Matrix::guess(size.width, size.height) { UNSPECIFIED } else { matrix_tag(color.matrix) }
        } else {
            color.matrix_tag
        };
        let siting = match color.siting {
            _ if !subsampled => 0,
            ChromaSiting::Left => 1,
            ChromaSiting::Center => 2,
            ChromaSiting::TopLeft => 3,
        };
        Self {
            matrix: matrix.into(),
            range: if color.range == Range::Full { 2 } else { 1 },
            primaries: color.primaries.into(),
            transfer: color.transfer.into(),
            siting,
        }
    }
}

/// H.273 `MatrixCoefficients` of `matrix`.
#[must_use]
pub const fn matrix_tag(matrix: Matrix) -> u8 {
    match matrix {
        Matrix::Identity => 0,
        Matrix::Bt709 => 1,
        Matrix::Fcc => 4,
        Matrix::Bt601 => 6,
        Matrix::Smpte240m => 7,
        Matrix::Bt2020 => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Tags = Tags { matrix: 2, range: 0, primaries: 2, transfer: 2, siting: 0 };

    #[test]
    fn tags_survive_the_round_trip() {
        let size = Size::new(640, 360);
        for tags in [
            Tags { matrix: 9, range: 1, primaries: 9, transfer: 16, siting: 3 },
            Tags { matrix: 1, range: 2, primaries: 1, transfer: 13, siting: 2 },
            Tags { matrix: 5, range: 1, primaries: 5, transfer: 6, siting: 1 },
        ] {
            let info = tags.color_info(PixelFormat::I420, size, false);
            assert_eq!(Tags::of(info, PixelFormat::I420, size), tags);
        }
    }

    #[test]
    fn silence_stays_silence_unless_the_guess_would_change() {
        let small = NONE.color_info(PixelFormat::I420, Size::new(640, 360), false);
        assert_eq!((small.matrix, small.matrix_tag, small.range), (Matrix::Bt601, 2, Range::Limited));
        assert_eq!(Tags::of(small, PixelFormat::I420, Size::new(640, 360)).matrix, 2);
        assert_eq!(Tags::of(small, PixelFormat::I420, Size::new(360, 1280)).matrix, 6);
    }

    #[test]
    fn nonsense_is_unspecified() {
        let odd = Tags { matrix: 77, range: 9, primaries: -3, transfer: 500, siting: 99 };
        let info = odd.color_info(PixelFormat::I420, Size::new(1920, 1080), false);
        assert_eq!((info.matrix_tag, info.primaries, info.transfer), (2, 2, 2));
        assert_eq!(info.matrix, Matrix::Bt709);
    }
}
