//! A camera's bytes as planes.

use super::mode::Coding;
use crate::av::jpeg::{JFIF, JpegDecoder};
use crate::frame::{ChromaSiting, ColorInfo, CpuImage, Packing, PixelFormat, Size};

const I422: PixelFormat = PixelFormat::Yuv { shift_x: 1, shift_y: 0, bits: 8, packing: Packing::Planar };

/// Turns what one camera sends into pictures.
pub(super) struct Unpacker {
    size: Size,
    coding: Coding,
    /// Bytes from row to row of the first plane; 0 where rows are packed.
    stride: usize,
    color: ColorInfo,
    jpeg: Option<JpegDecoder>,
    /// Layout of JPEGs, once one was decoded.
    jpeg_format: PixelFormat,
}

impl Unpacker {
    /// `color` is that of uncompressed YUV; RGB and JPEG say it themselves.
    ///
    /// # Errors
    /// In words: this FFmpeg cannot decode JPEG.
    pub fn new(size: Size, coding: Coding, stride: usize, color: ColorInfo) -> Result<Self, String> {
        let jpeg = match coding {
            Coding::Mjpeg => Some(JpegDecoder::new().map_err(|e| format!("no JPEG decoder: {e}"))?),
            _ => None,
        };
        Ok(Self { size, coding, stride, color, jpeg, jpeg_format: PixelFormat::I420 })
    }

    /// Layout of the pictures. That of JPEGs is known after the first.
    pub fn format(&self) -> PixelFormat {
        match self.coding {
            Coding::Yuyv | Coding::Uyvy => I422,
            Coding::Nv12 => PixelFormat::NV12,
            Coding::I420 | Coding::Yv12 => PixelFormat::I420,
            Coding::Grey => PixelFormat::Gray { bits: 8 },
            Coding::Mjpeg => self.jpeg_format,
            Coding::Rgb | Coding::Bgr => PixelFormat::Rgba8,
        }
    }

    /// Colour of the pictures.
    pub fn color(&self) -> ColorInfo {
        match self.coding {
            Coding::Rgb | Coding::Bgr => ColorInfo::SRGB,
            Coding::Mjpeg => JFIF,
            Coding::Nv12 | Coding::I420 | Coding::Yv12 | Coding::Yuyv | Coding::Uyvy => self.color,
            Coding::Grey => ColorInfo { siting: ChromaSiting::Left, ..self.color },
        }
    }

    /// One picture; `None` where bytes are missing or damaged.
    pub fn unpack(&mut self, bytes: &[u8]) -> Option<CpuImage> {
        let Size { width, height } = self.size;
        let (w, h) = (width as usize, height as usize);
        let planes = match self.coding {
            Coding::Mjpeg => {
                let image = self.jpeg.as_mut()?.decode(bytes).ok().filter(|i| i.size == self.size)?;
                self.jpeg_format = image.format;
                return Some(image);
            }
            Coding::Yuyv => split(bytes, self.row_bytes(w.div_ceil(2) * 4), (w, h), [0, 1, 3])?,
            Coding::Uyvy => split(bytes, self.row_bytes(w.div_ceil(2) * 4), (w, h), [1, 0, 2])?,
            Coding::Rgb => vec![rgba(bytes, self.row_bytes(w * 3), (w, h), [0, 1, 2])?],
            Coding::Bgr => vec![rgba(bytes, self.row_bytes(w * 3), (w, h), [2, 1, 0])?],
            Coding::Grey => vec![rows(bytes, self.row_bytes(w), w, h)?.0],
            Coding::Nv12 => {
                let stride = self.row_bytes(w);
                let (luma, rest) = rows(bytes, stride, w, h)?;
                let (chroma, _) = rows(rest, stride, w.div_ceil(2) * 2, h.div_ceil(2))?;
                vec![luma, chroma]
            }
            Coding::I420 | Coding::Yv12 => {
                let stride = self.row_bytes(w);
                let (luma, rest) = rows(bytes, stride, w, h)?;
                let (first, rest) = rows(rest, stride.div_ceil(2), w.div_ceil(2), h.div_ceil(2))?;
                let (second, _) = rows(rest, stride.div_ceil(2), w.div_ceil(2), h.div_ceil(2))?;
                if self.coding == Coding::I420 { vec![luma, first, second] } else { vec![luma, second, first] }
            }
        };
        Some(CpuImage::from_planes(self.size, self.format(), self.color(), planes))
    }

    fn row_bytes(&self, packed: usize) -> usize {
        self.stride.max(packed)
    }
}

/// Without padding: `height` rows of `width` bytes, and what comes behind them. The last row's padding may be missing.
fn rows(bytes: &[u8], stride: usize, width: usize, height: usize) -> Option<(Vec<u8>, &[u8])> {
    let last = stride.checked_mul(height.checked_sub(1)?)?;
    if bytes.len() < last + width {
        return None;
    }
    let mut out = Vec::with_capacity(width * height);
    (0..height).for_each(|y| out.extend_from_slice(&bytes[y * stride..y * stride + width]));
    Some((out, &bytes[(last + stride).min(bytes.len())..]))
}

/// Two pixels in four bytes into planes. `[y, u, v]` are the places of the first luma, Cb and Cr sample in the four.
fn split(bytes: &[u8], stride: usize, (w, h): (usize, usize), [y, u, v]: [usize; 3]) -> Option<Vec<Vec<u8>>> {
    let pairs = w.div_ceil(2);
    if bytes.len() < stride * h.checked_sub(1)? + pairs * 4 {
        return None;
    }
    let (mut luma, mut cb, mut cr) = (vec![0; w * h], vec![0; pairs * h], vec![0; pairs * h]);
    for row in 0..h {
        let (quads, _) = bytes[row * stride..row * stride + pairs * 4].as_chunks::<4>();
        for (out, quad) in luma[row * w..(row + 1) * w].chunks_mut(2).zip(quads) {
            out[0] = quad[y];
            if let Some(second) = out.get_mut(1) {
                *second = quad[y + 2];
            }
        }
        cb[row * pairs..(row + 1) * pairs].iter_mut().zip(quads).for_each(|(out, quad)| *out = quad[u]);
        cr[row * pairs..(row + 1) * pairs].iter_mut().zip(quads).for_each(|(out, quad)| *out = quad[v]);
    }
    Some(vec![luma, cb, cr])
}

fn rgba(bytes: &[u8], stride: usize, (w, h): (usize, usize), order: [usize; 3]) -> Option<Vec<u8>> {
    if bytes.len() < stride * h.checked_sub(1)? + w * 3 {
        return None;
    }
    let mut out = Vec::with_capacity(w * h * 4);
    for row in 0..h {
        let (pixels, _) = bytes[row * stride..row * stride + w * 3].as_chunks::<3>();
        pixels.iter().for_each(|p| out.extend([p[order[0]], p[order[1]], p[order[2]], 255]));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::jpeg::JpegEncoder;

    /// Planes of a picture, rows packed.
    fn unpacked(coding: Coding, size: Size, stride: usize, bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
        let image = Unpacker::new(size, coding, stride, ColorInfo::BT709).unwrap().unpack(bytes)?;
        Some(
            (0..image.format.plane_count())
                .map(|plane| {
                    let (_, rows, _) = image.format.plane_layout(plane, size);
                    (0..rows).flat_map(|row| image.row(plane, row).to_vec()).collect()
                })
                .collect(),
        )
    }

    #[test]
    fn every_coding_comes_apart_in_its_order_padding_left_out() {
        let size = Size::new(4, 2);
        let check = |coding, stride, bytes: &[u8], planes: &[&[u8]]| {
            let got = unpacked(coding, size, stride, bytes).unwrap();
            assert_eq!(got, planes.iter().map(|p| p.to_vec()).collect::<Vec<_>>(), "{coding:?}");
        };
        let yuyv = [1, 91, 2, 81, 3, 92, 4, 82, 0, 0, 5, 93, 6, 83, 7, 94, 8, 84, 0, 0];
        check(Coding::Yuyv, 10, &yuyv, &[&[1, 2, 3, 4, 5, 6, 7, 8], &[91, 92, 93, 94], &[81, 82, 83, 84]]);
        let uyvy = [91, 1, 81, 2, 92, 3, 82, 4, 93, 5, 83, 6, 94, 7, 84, 8];
        check(Coding::Uyvy, 0, &uyvy, &[&[1, 2, 3, 4, 5, 6, 7, 8], &[91, 92, 93, 94], &[81, 82, 83, 84]]);
        // The last row's padding is missing, as some drivers have it.
        let nv12 = [1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0, 91, 81, 92, 82];
        check(Coding::Nv12, 6, &nv12, &[&[1, 2, 3, 4, 5, 6, 7, 8], &[91, 81, 92, 82]]);
        let yu12 = [1, 2, 3, 4, 5, 6, 7, 8, 91, 92, 81, 82];
        check(Coding::I420, 4, &yu12, &[&[1, 2, 3, 4, 5, 6, 7, 8], &[91, 92], &[81, 82]]);
        check(Coding::Yv12, 4, &yu12, &[&[1, 2, 3, 4, 5, 6, 7, 8], &[81, 82], &[91, 92]]);
        check(Coding::Grey, 5, &[1, 2, 3, 4, 0, 5, 6, 7, 8], &[&[1, 2, 3, 4, 5, 6, 7, 8]]);
        let rgb: Vec<u8> = (1..=24).collect();
        let wanted: Vec<u8> = rgb.chunks(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
        check(Coding::Rgb, 12, &rgb, &[&wanted]);
        let wanted: Vec<u8> = rgb.chunks(3).flat_map(|p| [p[2], p[1], p[0], 255]).collect();
        check(Coding::Bgr, 12, &rgb, &[&wanted]);
    }

    #[test]
    fn odd_widths_keep_their_last_column() {
        let planes = unpacked(Coding::Yuyv, Size::new(3, 1), 0, &[1, 91, 2, 81, 3, 92, 4, 82]).unwrap();
        assert_eq!(planes, [vec![1, 2, 3], vec![91, 92], vec![81, 82]]);
    }

    #[test]
    fn what_is_too_short_is_no_picture() {
        use Coding::{Bgr, Grey, I420, Mjpeg, Nv12, Rgb, Uyvy, Yuyv, Yv12};
        let size = Size::new(16, 8);
        for coding in [Yuyv, Uyvy, Nv12, I420, Yv12, Grey, Mjpeg, Rgb, Bgr] {
            assert!(unpacked(coding, size, 0, &[7; 100]).is_none(), "{coding:?}");
            assert!(unpacked(coding, size, 0, &[]).is_none(), "{coding:?}");
        }
    }

    #[test]
    fn jpegs_are_decoded_and_those_of_another_size_refused() {
        let size = Size::new(32, 16);
        let planes = vec![vec![150; 512], vec![100; 128], vec![160; 128]];
        let image = CpuImage::from_planes(size, PixelFormat::I420, JFIF, planes);
        let jpeg = JpegEncoder::new(size, 2.0).unwrap().encode(image).unwrap();
        let mut unpacker = Unpacker::new(size, Coding::Mjpeg, 0, ColorInfo::BT709).unwrap();
        // A camera's buffer may have rubbish behind the picture.
        let image = unpacker.unpack(&[&jpeg[..], &[0; 300]].concat()).unwrap();
        assert!(image.row(0, 3)[3].abs_diff(150) < 3 && image.color == JFIF);
        let mut other = Unpacker::new(Size::new(64, 16), Coding::Mjpeg, 0, ColorInfo::BT709).unwrap();
        assert!(other.unpack(&jpeg).is_none());
    }
}
