//! Where the planes of a picture lie in a buffer, and how their codes become R'G'B'. Knows no device.

use crate::frame::{ChromaSiting, ColorInfo, Matrix, Packing, PixelFormat, Range, Size};

/// One plane in a buffer of 32-bit words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaneLayout {
    /// First byte; a multiple of 4.
    pub offset: u32,
    /// Bytes from row to row; a multiple of 4.
    pub pitch: u32,
    /// Bytes of a row that are pixels.
    pub row: u32,
    /// Rows.
    pub rows: u32,
}

/// All planes of a picture in one buffer, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Pixels.
    pub size: Size,
    /// Memory layout.
    pub format: PixelFormat,
    /// The planes that exist; the others are empty.
    pub planes: [PlaneLayout; 3],
    /// Bytes in all; a multiple of 4.
    pub bytes: u32,
}

impl Layout {
    /// Rows padded to words, planes to words.
    #[must_use]
    pub fn new(size: Size, format: PixelFormat) -> Self {
        let mut planes = [PlaneLayout::default(); 3];
        let mut bytes = 0;
        for (index, plane) in planes.iter_mut().enumerate().take(format.plane_count()) {
            let (columns, rows, column_bytes) = format.plane_layout(index, size);
            let row = columns * column_bytes as u32;
            *plane = PlaneLayout { offset: bytes, pitch: row.next_multiple_of(4), row, rows };
            bytes += plane.pitch * rows;
        }
        Self { size, format, planes, bytes }
    }

    /// `offset` of all three planes, as shaders take them.
    #[must_use]
    pub fn offsets(&self) -> [u32; 4] {
        [self.planes[0].offset, self.planes[1].offset, self.planes[2].offset, 0]
    }

    /// `pitch` of all three planes.
    #[must_use]
    pub fn pitches(&self) -> [u32; 4] {
        [self.planes[0].pitch, self.planes[1].pitch, self.planes[2].pitch, 0]
    }

    /// The overridable constants of `common/photo.wgsl` and `pack.wgsl`: layout code, bytes a sample, chroma shifts.
    #[must_use]
    pub fn constants(&self) -> [f64; 4] {
        let bytes = f64::from(self.format.bits().div_ceil(8));
        match self.format {
            PixelFormat::Yuv { shift_x, shift_y, packing, .. } => {
                let layout = match packing {
                    Packing::Planar => 0.0,
                    Packing::SemiPlanar => 1.0,
                };
                [layout, bytes, shift_x.into(), shift_y.into()]
            }
            PixelFormat::Gray { .. } => [2.0, bytes, 0.0, 0.0],
            PixelFormat::Rgba8 => [3.0, 1.0, 0.0, 0.0],
        }
    }
}

/// How the codes of a format become R'G'B' in 0..=1 and back. Matrices are columns of 4, as WGSL has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Codes {
    /// `(y, u, v, 1)` as stored -> `(r, g, b, 1)`.
    pub to_rgb: [[f32; 4]; 4],
    /// `(r, g, b, 1)` -> `(y, u, v, 1)` codes, before rounding; not yet shifted into the high bits.
    pub from_rgb: [[f32; 4]; 4],
    /// Stored luma -> 0..=1: times the first plus the second.
    pub luma: [f32; 2],
    /// Bits by which the value is stored shifted up.
    pub lift: u32,
    /// Largest code.
    pub max: f32,
}

impl Codes {
    /// For samples of `format` under the matrix and range of `color` (H.273 equations 20 to 40).
    #[must_use]
    pub fn new(format: PixelFormat, color: ColorInfo) -> Self {
        let bits = format.bits();
        let lift = match format {
            PixelFormat::Yuv { packing: Packing::SemiPlanar, bits, .. } if bits > 8 => 16 - u32::from(bits),
            _ => 0,
        };
        let max = ((1u32 << bits) - 1) as f64;
        let unit = f64::from(1u32 << (bits - 8));
        let middle = f64::from(1u32 << (bits - 1));
        // Code of black, codes from black to white, code of no chroma, codes of chroma from -0.5 to 0.5.
        let identity = color.matrix == Matrix::Identity;
        let (black, luma, zero, chroma) = match (color.range, identity) {
            (Range::Limited, false) => (16.0 * unit, 219.0 * unit, middle, 224.0 * unit),
            (Range::Limited, true) => (16.0 * unit, 219.0 * unit, 16.0 * unit, 219.0 * unit),
            (Range::Full, false) => (0.0, max, middle, max),
            (Range::Full, true) => (0.0, max, 0.0, max),
        };
        let (kr, kb) = color.matrix.weights();
        let (kr, kb) = (f64::from(kr), f64::from(kb));
        let kg = 1.0 - kr - kb;
        // Rows of (r, g, b) -> (y, cb, cr), normalised; and its inverse.
        let (forward, inverse) = if identity {
            ([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        } else {
            let (b, r) = (2.0 * (1.0 - kb), 2.0 * (1.0 - kr));
            (
                [[kr, kg, kb], [-kr / b, -kg / b, 0.5], [0.5, -kg / r, -kb / r]],
                [[1.0, 0.0, r], [1.0, -kb * b / kg, -kr * r / kg], [1.0, b, 0.0]],
            )
        };
        let scale = [luma, chroma, chroma];
        let offset = [black, zero, zero];
        let stored = f64::from(1u32 << lift);
        let mut to_rgb = [[0.0f32; 4]; 4];
        let mut from_rgb = [[0.0f32; 4]; 4];
        for row in 0..3 {
            let mut shift = 0.0;
            for column in 0..3 {
                to_rgb[column][row] = (inverse[row][column] / scale[column] / stored) as f32;
                shift -= inverse[row][column] * offset[column] / scale[column];
                from_rgb[column][row] = (forward[row][column] * scale[row]) as f32;
            }
            to_rgb[3][row] = shift as f32;
            from_rgb[3][row] = offset[row] as f32;
        }
        to_rgb[3][3] = 1.0;
        from_rgb[3][3] = 1.0;
        if matches!(format, PixelFormat::Gray { .. }) {
            // No chroma was stored: red, green and blue are luma alone.
            let gain = (1.0 / luma) as f32;
            let shift = (-black / luma) as f32;
            to_rgb = [[gain, gain, gain, 0.0], [0.0; 4], [0.0; 4], [shift, shift, shift, 1.0]];
        }
        let luma_scale = [(1.0 / luma / stored) as f32, (-black / luma) as f32];
        Self { to_rgb, from_rgb, luma: luma_scale, lift, max: max as f32 }
    }

    /// R'G'B', 0..=1, of stored codes.
    #[must_use]
    pub fn rgb(&self, stored: [f32; 3]) -> [f32; 3] {
        affine(&self.to_rgb, stored)
    }

    /// Codes of R'G'B', before rounding; not yet shifted into the high bits.
    #[must_use]
    pub fn codes(&self, rgb: [f32; 3]) -> [f32; 3] {
        affine(&self.from_rgb, rgb)
    }

    /// Where chroma sample 0 of `format` lies, in luma pixels to the right and down of luma sample 0.
    #[must_use]
    pub fn chroma_origin(format: PixelFormat, siting: ChromaSiting) -> [f32; 2] {
        let PixelFormat::Yuv { shift_x, shift_y, .. } = format else {
            return [0.0; 2];
        };
        let middle = |shift: u8| f32::from((1u8 << shift) - 1) / 2.0;
        match siting {
            ChromaSiting::TopLeft => [0.0, 0.0],
            ChromaSiting::Left => [0.0, middle(shift_y)],
            ChromaSiting::Center => [middle(shift_x), middle(shift_y)],
        }
    }
}

/// A matrix of columns on a vector.
fn affine(matrix: &[[f32; 4]; 4], v: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|row| matrix[0][row] * v[0] + matrix[1][row] * v[1] + matrix[2][row] * v[2] + matrix[3][row])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_and_black_have_the_codes_of_the_standard() {
        let codes = Codes::new(PixelFormat::I420, ColorInfo::BT709);
        let near = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 2e-3);
        assert!(near(affine(&codes.from_rgb, [1.0; 3]), [235.0, 128.0, 128.0]));
        assert!(near(affine(&codes.from_rgb, [0.0; 3]), [16.0, 128.0, 128.0]));
        assert!(near(affine(&codes.from_rgb, [0.0, 0.0, 1.0]), [31.812, 240.0, 117.730]));
        let p010 = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::SemiPlanar };
        let codes = Codes::new(p010, ColorInfo::BT709);
        assert_eq!(codes.lift, 6);
        assert!(near(affine(&codes.from_rgb, [1.0; 3]), [940.0, 512.0, 512.0]));
        let stored = [940.0, 512.0, 512.0].map(|c| c * 64.0);
        assert!(near(codes.rgb(stored), [1.0; 3]));
    }

    #[test]
    fn odd_sizes_round_chroma_up_and_rows_are_padded_to_words() {
        let layout = Layout::new(Size::new(5, 3), PixelFormat::I420);
        assert_eq!(layout.planes[0], PlaneLayout { offset: 0, pitch: 8, row: 5, rows: 3 });
        assert_eq!(layout.planes[1], PlaneLayout { offset: 24, pitch: 4, row: 3, rows: 2 });
        assert_eq!(layout.planes[2], PlaneLayout { offset: 32, pitch: 4, row: 3, rows: 2 });
        assert_eq!(layout.bytes, 40);
    }
}
