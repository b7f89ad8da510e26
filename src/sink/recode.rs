//! 8-bit 4:2:0 in another matrix and range, and in the layouts of cameras.
//!
//! Between Y'CbCr spaces grey stays grey, so new chroma depends on old chroma alone, and new luma is old luma, scaled, plus
//! something of chroma. That makes it a few multiplications a sample, where libswscale goes by way of RGB.

use crate::frame::{ColorInfo, CpuImage, PixelFormat, Range};

/// Fraction bits of the factors.
const BITS: u32 = 14;

/// A change of matrix and range.
#[derive(Clone, Debug)]
pub struct Recode {
    from: ColorInfo,
    to: ColorInfo,
    /// Of luma.
    scale: i32,
    /// Added to luma after scaling.
    offset: i32,
    /// What Cb and Cr, less 128, add to luma.
    luma: [i32; 2],
    /// New Cb and Cr from old ones, less 128.
    chroma: [[i32; 2]; 2],
}

/// Black, and the span from black to white, and from -0.5 to 0.5 of chroma.
const fn codes(range: Range) -> (f64, f64, f64) {
    match range {
        Range::Limited => (16.0, 219.0, 224.0),
        Range::Full => (0.0, 255.0, 255.0),
    }
}

impl Recode {
    /// Pictures in `from` become pictures in `to`; only matrix and range matter.
    #[must_use]
    pub fn new(from: ColorInfo, to: ColorInfo) -> Self {
        let weights = |color: ColorInfo| {
            let (kr, kb) = color.matrix.weights();
            (f64::from(kr), f64::from(kb))
        };
        let ((kr, kb), (kr2, kb2)) = (weights(from), weights(to));
        // Y, Cb, Cr in 0..1 and -0.5..0.5 of the colour that `cb` and `cr` alone make, in the new matrix.
        let image = |cb: f64, cr: f64| {
            let (r, b) = (2.0 * (1.0 - kr) * cr, 2.0 * (1.0 - kb) * cb);
            let g = -(kr * r + kb * b) / (1.0 - kr - kb);
            let y = kr2 * r + (1.0 - kr2 - kb2) * g + kb2 * b;
            [y, (b - y) / (2.0 * (1.0 - kb2)), (r - y) / (2.0 * (1.0 - kr2))]
        };
        let (black, span, chroma_span) = codes(from.range);
        let (black2, span2, chroma_span2) = codes(to.range);
        let fixed = |v: f64| (v * f64::from(1 << BITS)).round() as i32;
        let (cb, cr) = (image(1.0, 0.0), image(0.0, 1.0));
        let half = 1 << (BITS - 1);
        let chroma = |v: f64| fixed(v * chroma_span2 / chroma_span);
        Self {
            from,
            to,
            scale: fixed(span2 / span),
            offset: fixed(black2 - black * span2 / span) + half,
            luma: [fixed(cb[0] * span2 / chroma_span), fixed(cr[0] * span2 / chroma_span)],
            chroma: [[chroma(cb[1]), chroma(cr[1])], [chroma(cb[2]), chroma(cr[2])]],
        }
    }

    /// `image`, 8-bit planar 4:2:0; pictures of another layout and pictures in the new colour already are handed on as
    /// they are.
    #[must_use]
    pub fn image(&self, image: CpuImage) -> CpuImage {
        let same = (self.from.matrix, self.from.range) == (self.to.matrix, self.to.range);
        if image.format != PixelFormat::I420 || same {
            return image;
        }
        let (width, height) = (image.size.width as usize, image.size.height);
        let (columns, rows, _) = image.format.plane_layout(1, image.size);
        let mut luma = vec![0_u8; width * height as usize];
        let mut planes = [0, 1].map(|_| Vec::with_capacity(columns as usize * rows as usize));
        let mut added = vec![0_i32; columns as usize];
        let byte = |v: i32| (v >> BITS).clamp(0, 255) as u8;
        let half = 1 << (BITS - 1);
        for row in 0..rows {
            let (cb, cr) = (image.row(1, row), image.row(2, row));
            for (added, (cb, cr)) in added.iter_mut().zip(cb.iter().zip(cr)) {
                *added = self.offset + self.luma[0] * (i32::from(*cb) - 128) + self.luma[1] * (i32::from(*cr) - 128);
            }
            for (plane, [of_cb, of_cr]) in planes.iter_mut().zip(self.chroma) {
                plane.extend(cb.iter().zip(cr).map(|(cb, cr)| {
                    byte(of_cb * (i32::from(*cb) - 128) + of_cr * (i32::from(*cr) - 128) + (128 << BITS) + half)
                }));
            }
            for y in (row * 2..height).take(2) {
                let out = &mut luma[y as usize * width..][..width];
                let pairs = out.chunks_mut(2).zip(image.row(0, y).chunks(2));
                for ((out, old), added) in pairs.zip(&added) {
                    out.iter_mut().zip(old).for_each(|(out, old)| *out = byte(self.scale * i32::from(*old) + added));
                }
            }
        }
        let [cb, cr] = planes;
        CpuImage::from_planes(image.size, image.format, self.to, vec![luma, cb, cr])
    }
}

/// An 8-bit 4:2:0 picture as Y U Y V bytes, each chroma row twice; `out` has `stride` bytes a row. Answers how many
/// bytes were written, 0 where `out` is too small. The width must be even.
pub fn yuyv(image: &CpuImage, out: &mut [u8], stride: usize) -> usize {
    let (row_bytes, height) = (image.size.width as usize * 2, image.size.height as usize);
    let needed = stride * height.saturating_sub(1) + row_bytes;
    if out.len() < needed || stride < row_bytes || image.format != PixelFormat::I420 {
        return 0;
    }
    for y in 0..image.size.height {
        let (luma, cb, cr) = (image.row(0, y), image.row(1, y / 2), image.row(2, y / 2));
        let out = &mut out[y as usize * stride..][..row_bytes];
        let quads = out.as_chunks_mut::<4>().0.iter_mut().zip(luma.as_chunks::<2>().0);
        for ((quad, pair), (cb, cr)) in quads.zip(cb.iter().zip(cr)) {
            *quad = [pair[0], *cb, pair[1], *cr];
        }
    }
    (stride * height).min(out.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::jpeg::JFIF;
    use crate::frame::{Matrix, Size};

    /// The code of R'G'B' by the definition, independent of the code under test.
    fn code(rgb: [f64; 3], color: ColorInfo) -> [f64; 3] {
        let (kr, kb) = color.matrix.weights();
        let (kr, kb) = (f64::from(kr), f64::from(kb));
        let y = kr * rgb[0] + (1.0 - kr - kb) * rgb[1] + kb * rgb[2];
        let (cb, cr) = ((rgb[2] - y) / (2.0 - 2.0 * kb), (rgb[0] - y) / (2.0 - 2.0 * kr));
        match color.range {
            Range::Limited => [16.0 + 219.0 * y, 128.0 + 224.0 * cb, 128.0 + 224.0 * cr],
            Range::Full => [255.0 * y, (128.0 + 255.0 * cb).min(255.0), (128.0 + 255.0 * cr).min(255.0)],
        }
    }

    fn flat(rgb: [f64; 3], color: ColorInfo) -> CpuImage {
        let planes = code(rgb, color).map(|c| c.round() as u8);
        let size = Size::new(6, 4);
        CpuImage::from_planes(
            size,
            PixelFormat::I420,
            color,
            vec![vec![planes[0]; 24], vec![planes[1]; 6], vec![planes[2]; 6]],
        )
    }

    #[test]
    fn colours_keep_their_meaning() {
        let sd = ColorInfo { matrix: Matrix::Bt601, ..ColorInfo::BT709 };
        for (from, to) in [(ColorInfo::BT709, JFIF), (ColorInfo::BT709, sd), (JFIF, ColorInfo::BT709)] {
            let recode = Recode::new(from, to);
            for rgb in
                [[0.0; 3], [1.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.2, 0.5, 0.9], [0.5; 3]]
            {
                let out = recode.image(flat(rgb, from));
                assert_eq!(out.color, to);
                let wanted = code(rgb, to);
                for (plane, wanted) in wanted.iter().enumerate() {
                    let (_, rows, _) = out.format.plane_layout(plane, out.size);
                    for got in (0..rows).flat_map(|y| out.row(plane, y)) {
                        assert!((f64::from(*got) - wanted).abs() < 1.6, "{rgb:?} {plane}: {got} for {wanted:.1}");
                    }
                }
            }
        }
    }

    #[test]
    fn odd_sizes_are_whole_and_the_same_colour_is_not_touched() {
        let planes = vec![vec![120; 15], vec![100; 6], vec![140; 6]];
        let odd = CpuImage::from_planes(Size::new(5, 3), PixelFormat::I420, ColorInfo::BT709, planes);
        let out = Recode::new(ColorInfo::BT709, JFIF).image(odd.clone());
        let luma: Vec<u8> = (0..3).flat_map(|y| out.row(0, y).to_vec()).collect();
        assert!(luma.len() == 15 && luma.iter().all(|v| *v == luma[0] && *v > 100), "{luma:?}");
        let before = odd.planes.plane(0).as_ptr();
        let same = Recode::new(ColorInfo::BT709, ColorInfo::BT709).image(odd);
        assert_eq!(same.planes.plane(0).as_ptr(), before);
    }

    #[test]
    fn yuyv_has_each_sample_in_its_place() {
        let planes = vec![(1..=8).collect(), vec![91, 92], vec![81, 82]];
        let image = CpuImage::from_planes(Size::new(4, 2), PixelFormat::I420, ColorInfo::BT709, planes);
        let mut out = [0; 20];
        assert_eq!(yuyv(&image, &mut out, 10), 20);
        assert_eq!(out, [1, 91, 2, 81, 3, 92, 4, 82, 0, 0, 5, 91, 6, 81, 7, 92, 8, 82, 0, 0]);
        assert_eq!(yuyv(&image, &mut out[..15], 8), 0);
    }
}
