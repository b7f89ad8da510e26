//! Pictures in host memory.

use super::{ColorInfo, Motion};
use std::sync::Arc;

/// Size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// `width` x `height`.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }
    /// Columns times rows.
    #[must_use]
    pub const fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Where the chroma samples of a YUV picture lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// Y, U and V planes (I420, …). Samples over 8 bits are little-endian `u16`, value in the low bits.
    Planar,
    /// Y plane, then interleaved UV (NV12, P010). Samples over 8 bits are `u16`, value in the *high* bits.
    SemiPlanar,
}

/// Memory layout of a picture. Whatever else a decoder delivers is converted to one of these by the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Y'CbCr.
    Yuv {
        /// log2 of the horizontal chroma subsampling: 1 in 4:2:0 and 4:2:2, 0 in 4:4:4.
        shift_x: u8,
        /// log2 of the vertical chroma subsampling: 1 in 4:2:0, 0 in 4:2:2 and 4:4:4.
        shift_y: u8,
        /// Bits a sample: 8 (one byte) or 9 to 16 (two bytes).
        bits: u8,
        /// Planar or semi-planar.
        packing: Packing,
    },
    /// One luma plane alone.
    Gray {
        /// As in [`PixelFormat::Yuv`].
        bits: u8,
    },
    /// Packed R, G, B, A bytes, alpha not multiplied in.
    Rgba8,
}

impl PixelFormat {
    /// 8-bit 4:2:0, three planes.
    pub const I420: Self = Self::Yuv { shift_x: 1, shift_y: 1, bits: 8, packing: Packing::Planar };
    /// 8-bit 4:2:0, two planes.
    pub const NV12: Self = Self::Yuv { shift_x: 1, shift_y: 1, bits: 8, packing: Packing::SemiPlanar };

    /// 16-bit 4:4:4, three planes: what keeps pictures of more than 8 bits.
    pub const DEEP: Self = Self::Yuv { shift_x: 0, shift_y: 0, bits: 16, packing: Packing::Planar };

    /// Bits a sample.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Yuv { bits, .. } | Self::Gray { bits } => bits,
            Self::Rgba8 => 8,
        }
    }
    /// How many planes there are.
    #[must_use]
    pub const fn plane_count(self) -> usize {
        match self {
            Self::Yuv { packing: Packing::Planar, .. } => 3,
            Self::Yuv { packing: Packing::SemiPlanar, .. } => 2,
            Self::Gray { .. } | Self::Rgba8 => 1,
        }
    }
    /// Samples of plane `plane` of a picture of `size`: `(columns, rows, bytes a column)`. A column of an interleaved
    /// UV plane is a pair. Odd sizes round chroma up.
    #[must_use]
    pub const fn plane_layout(self, plane: usize, size: Size) -> (u32, u32, usize) {
        match self {
            Self::Rgba8 => (size.width, size.height, 4),
            Self::Gray { bits } => (size.width, size.height, bits.div_ceil(8) as usize),
            Self::Yuv { shift_x, shift_y, bits, packing } => {
                let bytes = bits.div_ceil(8) as usize;
                if plane == 0 {
                    return (size.width, size.height, bytes);
                }
                let columns = (size.width + (1 << shift_x) - 1) >> shift_x;
                let rows = (size.height + (1 << shift_y) - 1) >> shift_y;
                let pair = match packing {
                    Packing::Planar => 1,
                    Packing::SemiPlanar => 2,
                };
                (columns, rows, bytes * pair)
            }
        }
    }
}

/// Read access to planes that somebody allocated: a decoder, a GPU mapping, a vector.
pub trait Planes: Send + Sync {
    /// Bytes of plane `plane`: at least `stride * (rows - 1) + columns * bytes`. Rows are
    /// [`CpuImage::strides`] bytes apart.
    fn plane(&self, plane: usize) -> &[u8];
}

/// Planes one after the other, each with its own vector.
impl Planes for Vec<Vec<u8>> {
    fn plane(&self, plane: usize) -> &[u8] {
        &self[plane]
    }
}

/// A picture in host memory. Cloning shares the pixels.
#[derive(Clone)]
pub struct CpuImage {
    /// Pixels.
    pub size: Size,
    /// Memory layout.
    pub format: PixelFormat,
    /// Colour.
    pub color: ColorInfo,
    /// Bytes from one row to the next, per plane.
    pub strides: [usize; 3],
    /// The pixels.
    pub planes: Arc<dyn Planes>,
    /// How opaque each pixel is: a grey picture of the same size in full range, with which colour is not multiplied. Opaque
    /// where there is none; packed pixels have theirs in their fourth byte. [`CpuImage::matte`] reads both.
    pub alpha: Option<Arc<CpuImage>>,
}

impl CpuImage {
    /// A picture of tightly packed planes.
    #[must_use]
    pub fn from_planes(size: Size, format: PixelFormat, color: ColorInfo, planes: Vec<Vec<u8>>) -> Self {
        let mut strides = [0; 3];
        for (plane, stride) in strides.iter_mut().enumerate().take(format.plane_count()) {
            let (columns, _, bytes) = format.plane_layout(plane, size);
            *stride = columns as usize * bytes;
        }
        Self { size, format, color, strides, planes: Arc::new(planes), alpha: None }
    }
    /// Row `row` of plane `plane`, without padding.
    #[must_use]
    pub fn row(&self, plane: usize, row: u32) -> &[u8] {
        let (columns, _, bytes) = self.format.plane_layout(plane, self.size);
        let start = self.strides[plane] * row as usize;
        &self.planes.plane(plane)[start..start + columns as usize * bytes]
    }
}

impl std::fmt::Debug for CpuImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CpuImage({} {:?})", self.size, self.format)
    }
}

/// What the generator sees: a small picture, planar, sRGB-encoded, 0..=1.
#[derive(Clone, Debug, PartialEq)]
pub struct SmallRgb {
    /// Pixels.
    pub size: Size,
    /// R plane, G plane, B plane, rows packed.
    pub planes: Vec<f32>,
}

impl SmallRgb {
    /// R plane, G plane, B plane.
    #[must_use]
    pub fn channels(&self) -> [&[f32]; 3] {
        let (r, rest) = self.planes.split_at(self.size.pixels());
        let (g, b) = rest.split_at(self.size.pixels());
        [r, g, b]
    }

    /// As 8-bit RGBA.
    #[must_use]
    pub fn to_drawing(&self) -> Drawing {
        let [r, g, b] = self.channels();
        let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        let mut rgba = vec![255; self.size.pixels() * 4];
        for (((out, r), g), b) in rgba.chunks_exact_mut(4).zip(r).zip(g).zip(b) {
            out[..3].copy_from_slice(&[byte(*r), byte(*g), byte(*b)]);
        }
        Drawing { size: self.size, rgba }
    }
}

/// What the generator answers with: a small sRGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Pixels; smaller than the photo and of the same shape, up to rounding.
    pub size: Size,
    /// R, G, B per pixel, and how far the shaders may simplify what is there: 255, less on small faces. Rows packed.
    pub rgba: Vec<u8>,
}

/// A photo with its drawing: what the shaders work on.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The decoder's picture, untouched.
    pub photo: CpuImage,
    /// The generator's answer; none where the finished picture before is to be shown once more.
    pub drawing: Option<Drawing>,
    /// What moved since the picture before; nothing where none is known or what was before shall not be looked at, as
    /// behind a cut.
    pub motion: Option<Motion>,
    /// How many drawings of the shot came before this one.
    pub number: u32,
}
