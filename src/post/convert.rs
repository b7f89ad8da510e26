//! Between planes and R'G'B': the numbers that `shaders/unpack.wgsl` and `shaders/pack.wgsl` compute with.

use crate::frame::{ChromaSiting, ColorInfo, Matrix, Packing, PixelFormat, Range, Size};
use crate::gpu::Layout;
use bytemuck::{Pod, Zeroable};

pub(super) const UNPACK_WGSL: &str = include_str!("../../shaders/unpack.wgsl");
pub(super) const PACK_WGSL: &str = include_str!("../../shaders/pack.wgsl");

/// `Unpack` in the shader. Matrix columns are padded to four.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Unpack {
    matrix: [[f32; 4]; 3],
    base: [f32; 3],
    low_bits: u32,
    chroma_offset: [f32; 2],
    chroma_last: [f32; 2],
}

/// `Pack` in the shader.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Pack {
    matrix: [[f32; 4]; 3],
    base: [f32; 3],
    low_bits: u32,
    start: [u32; 4],
    stride: [u32; 4],
    white: f32,
    unused: [f32; 3],
}

/// Codes of black, white above black, no chroma, and full chroma (peak to peak).
struct Codes {
    black: f32,
    luma: f32,
    neutral: f32,
    chroma: f32,
}

impl Codes {
    fn new(bits: u8, range: Range) -> Self {
        let unit = f32::from(1_u16 << (bits - 8));
        let white = ((1_u32 << bits) - 1) as f32;
        match range {
            Range::Limited => {
                Self { black: 16.0 * unit, luma: 219.0 * unit, neutral: 128.0 * unit, chroma: 224.0 * unit }
            }
            Range::Full => Self { black: 0.0, luma: white, neutral: 128.0 * unit, chroma: white },
        }
    }
}

/// How far stored samples are shifted up.
const fn low_bits(format: PixelFormat) -> u32 {
    match format {
        PixelFormat::Yuv { packing: Packing::SemiPlanar, bits, .. } if bits > 8 => 16 - bits as u32,
        _ => 0,
    }
}

/// Override constants that describe a layout to either shader.
pub(super) fn constants(format: PixelFormat) -> Vec<(&'static str, f64)> {
    let bytes = ("sample_bytes", if format.bits() > 8 { 2.0 } else { 1.0 });
    match format {
        PixelFormat::Rgba8 => vec![("kind", 2.0)],
        PixelFormat::Gray { .. } => vec![("kind", 1.0), bytes],
        PixelFormat::Yuv { shift_x, shift_y, packing, .. } => vec![
            ("kind", 0.0),
            bytes,
            ("semi_planar", f64::from(u8::from(packing == Packing::SemiPlanar))),
            ("shift_x", shift_x.into()),
            ("shift_y", shift_y.into()),
        ],
    }
}

impl Unpack {
    pub(super) fn new(format: PixelFormat, color: ColorInfo, size: Size) -> Self {
        let codes = Codes::new(format.bits(), color.range);
        let (kr, kb) = color.matrix.weights();
        let kg = 1.0 - kr - kb;
        let (y, c) = (1.0 / codes.luma, 1.0 / codes.chroma);
        let (red, blue) = (2.0 * (1.0 - kr) * c, 2.0 * (1.0 - kb) * c);
        let identity = color.matrix == Matrix::Identity;
        let (columns, neutral) = match format {
            PixelFormat::Gray { .. } => ([[y, y, y], [0.0; 3], [0.0; 3]], 0.0),
            // H.273 identity: the planes are G, B, R.
            _ if identity => ([[0.0, y, 0.0], [0.0, 0.0, y], [y, 0.0, 0.0]], codes.black),
            _ => ([[y, y, y], [0.0, -blue * kb / kg, blue], [red, -red * kr / kg, 0.0]], codes.neutral),
        };
        let zero = [codes.black, neutral, neutral];
        let base = [0, 1, 2].map(|row| -columns.iter().zip(zero).map(|(column, zero)| column[row] * zero).sum::<f32>());
        let (shift_x, shift_y) = match format {
            PixelFormat::Yuv { shift_x, shift_y, .. } => (shift_x, shift_y),
            _ => (0, 0),
        };
        let offset = |shift: u8, sited: bool| if sited { 0.5 - 0.5 / f32::from(1_u8 << shift) } else { 0.0 };
        let last = |length: u32, shift: u8| (length.div_ceil(1 << shift) - 1) as f32;
        Self {
            matrix: columns.map(|[a, b, c]| [a, b, c, 0.0]),
            base,
            low_bits: low_bits(format),
            chroma_offset: [
                offset(shift_x, color.siting != ChromaSiting::Center),
                offset(shift_y, color.siting == ChromaSiting::TopLeft),
            ],
            chroma_last: [last(size.width, shift_x), last(size.height, shift_y)],
        }
    }
}

impl Pack {
    pub(super) fn new(layout: &Layout, color: ColorInfo) -> Self {
        let codes = Codes::new(layout.format.bits(), color.range);
        let (kr, kb) = color.matrix.weights();
        let kg = 1.0 - kr - kb;
        let (u, v) = (codes.chroma / (2.0 * (1.0 - kb)), codes.chroma / (2.0 * (1.0 - kr)));
        let (columns, neutral) = if color.matrix == Matrix::Identity {
            ([[0.0, 0.0, codes.luma], [codes.luma, 0.0, 0.0], [0.0, codes.luma, 0.0]], codes.black)
        } else {
            let column = |k: f32, b: f32, r: f32| [k * codes.luma, (b - k) * u, (r - k) * v];
            ([column(kr, 0.0, 1.0), column(kg, 0.0, 0.0), column(kb, 1.0, 0.0)], codes.neutral)
        };
        let words = |bytes: [usize; 3]| {
            let [a, b, c] = bytes.map(|b| (b / 4) as u32);
            [a, b, c, 0]
        };
        Self {
            matrix: columns.map(|[a, b, c]| [a, b, c, 0.0]),
            base: [codes.black, neutral, neutral],
            low_bits: low_bits(layout.format),
            start: words(layout.start),
            stride: words(layout.strides),
            white: ((1_u32 << layout.format.bits()) - 1) as f32,
            unused: [0.0; 3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(matrix: [[f32; 4]; 3], base: [f32; 3], v: [f32; 3]) -> [f32; 3] {
        [0, 1, 2].map(|row| base[row] + (0..3).map(|column| matrix[column][row] * v[column]).sum::<f32>())
    }

    #[test]
    fn packing_undoes_unpacking_for_every_matrix_range_and_depth() {
        for matrix in [Matrix::Bt709, Matrix::Bt601, Matrix::Bt2020, Matrix::Smpte240m, Matrix::Fcc, Matrix::Identity] {
            for range in [Range::Limited, Range::Full] {
                for bits in [8, 10, 12] {
                    let format = PixelFormat::Yuv { shift_x: 0, shift_y: 0, bits, packing: Packing::Planar };
                    let color = ColorInfo { matrix, range, ..ColorInfo::BT709 };
                    let size = Size::new(16, 16);
                    let unpack = Unpack::new(format, color, size);
                    let pack = Pack::new(&Layout::new(size, format), color);
                    let codes = [0.3, 0.6, 0.4].map(|v: f32| (v * 200.0 + 20.0) * f32::from(1_u16 << (bits - 8)));
                    let rgb = apply(unpack.matrix, unpack.base, codes);
                    let back = apply(pack.matrix, pack.base, rgb);
                    for (a, b) in codes.iter().zip(back) {
                        assert!((a - b).abs() < 0.02, "{matrix:?} {range:?} {bits}: {codes:?} {back:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn white_and_red_have_their_textbook_codes() {
        let pack = Pack::new(&Layout::new(Size::new(16, 16), PixelFormat::I420), ColorInfo::BT709);
        let close = |got: [f32; 3], expected: [f32; 3]| got.iter().zip(expected).all(|(g, e)| (g - e).abs() < 0.6);
        assert!(close(apply(pack.matrix, pack.base, [1.0; 3]), [235.0, 128.0, 128.0]));
        assert!(close(apply(pack.matrix, pack.base, [1.0, 0.0, 0.0]), [63.0, 102.0, 240.0]));
    }
}
