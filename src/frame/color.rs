//! How numbers in a plane become colour: matrix, range, chroma siting, and the tags that are handed on.
//! Code points are those of ITU-T H.273, which FFmpeg's enums use too.

use super::pq;

/// Which weights turn RGB into luma (H.273 `MatrixCoefficients`, the ones in use).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// BT.709: high definition.
    Bt709,
    /// BT.601 (525 and 625 lines alike).
    Bt601,
    /// BT.2020 non-constant luminance.
    Bt2020,
    /// SMPTE 240M: early high definition.
    Smpte240m,
    /// FCC 73.682, close to BT.601.
    Fcc,
    /// No matrix: the picture is RGB.
    Identity,
}

impl Matrix {
    /// `(Kr, Kb)`, the luma weights of red and blue.
    #[must_use]
    pub const fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt709 | Self::Identity => (0.2126, 0.0722),
            Self::Bt601 => (0.299, 0.114),
            Self::Bt2020 => (0.2627, 0.0593),
            Self::Smpte240m => (0.212, 0.087),
            Self::Fcc => (0.30, 0.11),
        }
    }
    /// What an untagged picture is taken for: BT.709 from 720 lines or 1280 columns up, BT.601 below.
    #[must_use]
    pub const fn guess(width: u32, height: u32) -> Self {
        if height >= 720 || width >= 1280 { Self::Bt709 } else { Self::Bt601 }
    }
}

/// Which code values are black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// 16..=235 luma, 16..=240 chroma, at 8 bits.
    Limited,
    /// 0..=255, at 8 bits.
    Full,
}

/// Where a subsampled chroma sample sits among its luma samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChromaSiting {
    /// On the left luma column, between rows: MPEG-2, H.264, the default.
    Left,
    /// In the middle of its luma samples: MPEG-1, JPEG.
    Center,
    /// On the top left luma sample: BT.2020 4:2:0.
    TopLeft,
}

/// Colour of a stream. `primaries` and `transfer` are handed on untouched; 2 means unspecified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColorInfo {
    /// Luma weights in force, guessed where the stream says nothing.
    pub matrix: Matrix,
    /// H.273 `MatrixCoefficients` as the stream said it, so that "unspecified" is not turned into a claim.
    pub matrix_tag: u8,
    /// Code range in force.
    pub range: Range,
    /// Chroma position in force.
    pub siting: ChromaSiting,
    /// H.273 `ColourPrimaries`.
    pub primaries: u8,
    /// H.273 `TransferCharacteristics`.
    pub transfer: u8,
}

impl ColorInfo {
    /// sRGB in packed RGB: what a picture file holds.
    pub const SRGB: Self = Self {
        matrix: Matrix::Identity,
        matrix_tag: 0,
        range: Range::Full,
        siting: ChromaSiting::Center,
        primaries: 1,
        transfer: 13,
    };
    /// sRGB as luma and chroma: what goes with [`PixelFormat::DEEP`](super::PixelFormat::DEEP).
    pub const DEEP_SRGB: Self = Self { matrix: Matrix::Bt709, matrix_tag: 1, ..Self::SRGB };

    /// H.273 `TransferCharacteristics` of SMPTE ST 2084.
    pub const PQ: u8 = 16;
    /// Of ARIB STD-B67.
    pub const HLG: u8 = 18;

    /// Whether the transfer is one of high dynamic range: PQ (SMPTE ST 2084) or HLG (ARIB STD-B67).
    #[must_use]
    pub const fn is_high_range(&self) -> bool {
        matches!(self.transfer, Self::PQ | Self::HLG)
    }

    /// The signal of reference white, 0..=1: that of titles and paper (ITU-R BT.2408).
    #[must_use]
    pub fn white(&self) -> f32 {
        match self.transfer {
            Self::PQ => pq::to_pq(pq::WHITE),
            Self::HLG => 0.75,
            _ => 1.0,
        }
    }

    /// What webcams send and programs take from one, whatever its size: luma weights of BT.601, else as [`Self::BT709`].
    pub const WEBCAM: Self = Self { matrix: Matrix::Bt601, matrix_tag: 6, ..Self::BT709 };
    /// Ordinary high-definition video.
    pub const BT709: Self = Self {
        matrix: Matrix::Bt709,
        matrix_tag: 1,
        range: Range::Limited,
        siting: ChromaSiting::Left,
        primaries: 1,
        transfer: 1,
    };
}
