//! Single pictures as JPEG, in memory (FFmpeg's `mjpeg` codec): what a stream of JPEGs over HTTP is made of, and what
//! most cameras send.

use super::AvError;
use super::color::Tags;
use super::demux::Packet;
use super::encode::{Encoder, OpenError, Spec};
use super::encoder::Codec;
use super::picture::AvFrame;
use super::pixel::AvFormat;
use super::scale::Converter;
use crate::frame::{ChromaSiting, ColorInfo, CpuImage, Matrix, PixelFormat, Range, Rational, Size, Stamp};

/// Y'CbCr as JFIF has it: BT.601's weights, full range, chroma in the middle of its luma samples.
pub const JFIF: ColorInfo = ColorInfo {
    matrix: Matrix::Bt601,
    matrix_tag: 5,
    range: Range::Full,
    siting: ChromaSiting::Center,
    primaries: 1,
    transfer: 13,
};

/// Encodes pictures of one size.
pub struct JpegEncoder {
    encoder: Encoder,
    frame: AvFrame,
    packet: Packet,
    converter: Converter,
    tags: Tags,
    count: u64,
}

impl JpegEncoder {
    /// For pictures of `size`; `quality` is on x264's scale, 0 (best) ..= 51. One thread: a picture takes a few
    /// milliseconds.
    ///
    /// # Errors
    /// This FFmpeg has no `mjpeg`, or it does not take the size.
    pub fn new(size: Size, quality: f32) -> Result<Self, AvError> {
        let codec = Codec::by_name("mjpeg").ok_or(AvError::EncoderNotFound)?;
        let format = AvFormat::by_name("yuvj420p").ok_or(AvError::EncoderNotFound)?;
        let tags = Tags::of(JFIF, PixelFormat::I420, size);
        let spec = Spec {
            size,
            format,
            tags,
            sample_aspect: Rational::new(1, 1),
            time_base: Rational::new(1, 25),
            frame_rate: None,
            global_header: false,
            quality,
            options: &[],
            threads: 1,
        };
        let encoder = Encoder::open(codec, &spec).map_err(|e| match e {
            OpenError::Codec(error) => error,
            OpenError::Option(..) => AvError::OptionNotFound,
        })?;
        let frame = AvFrame::with_buffer(size, format)?;
        Ok(Self { encoder, frame, packet: Packet::new()?, converter: Converter::default(), tags, count: 0 })
    }

    /// The size of the pictures it takes.
    #[must_use]
    pub fn size(&self) -> Size {
        self.encoder.size()
    }

    /// One picture as a JPEG file. Other sizes are scaled.
    ///
    /// # Errors
    /// A format that libswscale does not read; the encoder fails.
    pub fn encode(&mut self, image: CpuImage) -> Result<Vec<u8>, AvError> {
        let image = self.converter.convert(image, self.size(), PixelFormat::I420, JFIF)?;
        self.frame.fill(&image)?;
        self.frame.set_tags(self.tags);
        let stamp = Stamp { index: self.count, pts: i64::try_from(self.count).unwrap_or(0), duration: 1 };
        self.count += 1;
        self.encoder.send(&mut self.frame, stamp)?;
        if self.encoder.receive(&mut self.packet)? {
            Ok(self.packet.data().to_vec())
        } else {
            Err(AvError::InvalidData)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_from_another_decoder() {
        let size = Size::new(64, 48);
        let mut encoder = JpegEncoder::new(size, 4.0).unwrap();
        // Two in a row: no state of the first may be left in the second.
        for (luma, red) in [(81, 255), (16, 0)] {
            let chroma = if red == 255 { [90, 240] } else { [128, 128] };
            let planes = vec![vec![luma; 64 * 48], vec![chroma[0]; 32 * 24], vec![chroma[1]; 32 * 24]];
            let limited = ColorInfo { matrix: Matrix::Bt601, ..ColorInfo::BT709 };
            let jpeg = encoder.encode(CpuImage::from_planes(size, PixelFormat::I420, limited, planes)).unwrap();
            let decoded = image::load_from_memory(&jpeg).unwrap().into_rgb8();
            assert_eq!(decoded.dimensions(), (64, 48));
            let [r, g, b] = decoded.get_pixel(20, 30).0;
            assert!(r.abs_diff(red) < 6 && g < 6 && b < 6, "{r} {g} {b}");
        }
    }
}
