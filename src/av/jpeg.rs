//! Single pictures as JPEG, in memory (FFmpeg's `mjpeg` codec): what a stream of JPEGs over HTTP is made of, and what
//! most cameras send.

use super::AvError;
use super::color::Tags;
use super::decode::{Decoded, Decoder};
use super::encode::{Encoder, OpenError, Spec};
use super::encoder::Codec;
use super::packet::Packet;
use super::picture::AvFrame;
use super::pixel::AvFormat;
use super::scale::{Converter, Side};
use crate::frame::{ChromaSiting, ColorInfo, CpuImage, Light, Matrix, PixelFormat, Range, Rational, Size, Stamp};

/// Y'CbCr as JFIF has it: BT.601's weights, full range, chroma in the middle of its luma samples.
pub const JFIF: ColorInfo = ColorInfo {
    matrix: Matrix::Bt601,
    matrix_tag: 5,
    range: Range::Full,
    siting: ChromaSiting::Center,
    primaries: 1,
    transfer: 13,
};

/// Of a JPEG.
const END: [u8; 2] = [0xff, 0xd9];

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
            light: Light::default(),
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

/// Decodes pictures of any size.
pub struct JpegDecoder {
    decoder: Decoder,
    packet: Packet,
    converter: Converter,
}

impl JpegDecoder {
    /// Ready for the first picture.
    ///
    /// # Errors
    /// This FFmpeg has no `mjpeg`.
    pub fn new() -> Result<Self, AvError> {
        Ok(Self { decoder: Decoder::by_name(c"mjpeg")?, packet: Packet::new()?, converter: Converter::default() })
    }

    /// A JPEG file, or what a camera sends as one, as a picture: planes as coded, in [`JFIF`]'s colour.
    ///
    /// # Errors
    /// It is no JPEG, or cut off. The next picture can be decoded all the same.
    pub fn decode(&mut self, jpeg: &[u8]) -> Result<CpuImage, AvError> {
        // FFmpeg makes a picture of a torso, too. What is cut off lacks its end; rubbish behind the end is common.
        if !jpeg.windows(2).rev().any(|pair| pair == END) {
            return Err(AvError::InvalidData);
        }
        self.packet.fill(jpeg)?;
        self.decoder.send(Some(&self.packet))?;
        let Decoded::Frame(frame) = self.decoder.receive()? else { return Err(AvError::InvalidData) };
        if frame.damaged() {
            return Err(AvError::InvalidData);
        }
        let reading = frame.format().reading().ok_or(AvError::InvalidData)?;
        let (size, from) = (frame.size(), frame.format());
        match frame.into_image(reading.format, JFIF) {
            Ok(image) => Ok(image),
            Err(frame) => {
                let target = AvFormat::of(reading.format).ok_or(AvError::InvalidData)?;
                let (from, to) = (Side::new(size, from, JFIF), Side::new(size, target, JFIF));
                let frame = self.converter.scaler(from, to)?.frame(&frame)?;
                frame.into_image(reading.format, JFIF).map_err(|_| AvError::InvalidData)
            }
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

    #[test]
    fn what_was_encoded_is_decoded_and_damage_harms_only_itself() {
        let size = Size::new(96, 64);
        let luma: Vec<u8> = (0..96 * 64).map(|i| (i % 96 * 2) as u8).collect();
        let image =
            CpuImage::from_planes(size, PixelFormat::I420, JFIF, vec![luma, vec![90; 48 * 32], vec![160; 48 * 32]]);
        let jpeg = JpegEncoder::new(size, 2.0).unwrap().encode(image.clone()).unwrap();
        let mut decoder = JpegDecoder::new().unwrap();
        for round in 0..3 {
            let decoded = decoder.decode(&jpeg).unwrap();
            assert_eq!((decoded.size, decoded.format, decoded.color), (size, PixelFormat::I420, JFIF));
            for (plane, x) in [(0, 10), (0, 80), (1, 20), (2, 40)] {
                let (ours, theirs) = (image.row(plane, 20)[x], decoded.row(plane, 20)[x]);
                assert!(ours.abs_diff(theirs) < 5, "round {round}, plane {plane}: {ours} {theirs}");
            }
            assert!(decoder.decode(&jpeg[..jpeg.len() / 2]).is_err(), "a torso");
            assert!(decoder.decode(b"no picture").is_err());
            assert!(decoder.decode(&[]).is_err());
        }
    }
}
