//! Sound into packets.

use super::choice::{Budget, SoundCodec, candidates};
use super::layout::{Layout, Shape, sample_format};
use crate::av::container::Container;
use crate::av::packet::Packet;
use crate::av::picture::AvFrame;
use crate::av::{AvError, allocated, check};
use crate::frame::Rational;
use ffmpeg_next::ffi::{self, AVCodecContext, AVSampleFormat};

/// Samples of a frame where the encoder takes any number.
const CHUNK: i32 = 1024;

/// An open encoder of sound.
pub struct SoundEncoder {
    context: *mut AVCodecContext,
    codec: SoundCodec,
    shape: Shape,
}

// SAFETY: the context is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for SoundEncoder {}

impl Drop for SoundEncoder {
    fn drop(&mut self) {
        // SAFETY: allocated in `attempt`, freed here alone.
        unsafe { ffi::avcodec_free_context(&mut self.context) }
    }
}

impl SoundEncoder {
    /// Those that open for sound like `source` in `container`, best first; the first that `fits` is the one. `deep` is sound
    /// of more than 16 bits without loss.
    pub(super) fn find(container: Container, source: &Shape, deep: bool, fits: impl Fn(&Self) -> bool) -> Option<Self> {
        let candidates = candidates(container, source.layout.channels(), deep);
        candidates.into_iter().filter_map(|codec| Self::open(codec, container, source, deep).ok()).find(fits)
    }

    fn open(codec: SoundCodec, container: Container, source: &Shape, deep: bool) -> Result<Self, AvError> {
        let layout = match Layout::of_encoder(codec)? {
            Some(layouts) => source.layout.nearest(layouts).ok_or(AvError::EncoderNotFound)?,
            None => source.layout.copy()?,
        };
        let format = format_for(codec, deep).ok_or(AvError::EncoderNotFound)?;
        let shape = Shape { rate: codec.rate_for(source.rate, container), format, layout };
        let budget = codec.budget(shape.layout.channels());
        Self::attempt(codec, container, shape, budget)
    }

    fn attempt(codec: SoundCodec, container: Container, shape: Shape, budget: Budget) -> Result<Self, AvError> {
        // SAFETY: a static codec; the context is checked.
        let context = allocated(unsafe { ffi::avcodec_alloc_context3(codec.raw()) })?;
        let encoder = Self { context, codec, shape };
        // SAFETY: a live context that is not open yet, owned here, and a valid layout.
        unsafe {
            (*context).sample_rate = encoder.shape.rate;
            (*context).sample_fmt = encoder.shape.format;
            check(ffi::av_channel_layout_copy(&raw mut (*context).ch_layout, encoder.shape.layout.raw()))?;
            (*context).time_base = encoder.unit().into();
            // More of them would change nothing but the order in which packets are ready.
            (*context).thread_count = 1;
            match budget {
                Budget::Bits(bits) => (*context).bit_rate = bits as _,
                Budget::Quality(quality) => {
                    (*context).flags |= ffi::AV_CODEC_FLAG_QSCALE as i32;
                    (*context).global_quality = (quality * ffi::FF_QP2LAMBDA as f32) as i32;
                }
                Budget::Own => {}
            }
            if encoder.shape.format as i32 == AVSampleFormat::AV_SAMPLE_FMT_S32 as i32 {
                // What comes in 32 bits has 24.
                (*context).bits_per_raw_sample = 24;
            }
            if container.wants_global_header() {
                (*context).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            }
            if codec.is_experimental() {
                (*context).strict_std_compliance = ffi::FF_COMPLIANCE_EXPERIMENTAL as i32;
            }
            check(ffi::avcodec_open2(context, codec.raw(), std::ptr::null_mut()))?;
        }
        Ok(encoder)
    }

    pub(in crate::av) fn raw(&self) -> *const AVCodecContext {
        self.context
    }

    /// What it takes.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// FFmpeg's name of the codec, such as `opus`.
    #[must_use]
    pub fn codec_name(&self) -> String {
        self.codec.name()
    }

    /// Unit of its times: a sample.
    #[must_use]
    pub fn unit(&self) -> Rational {
        Rational::new(1, self.shape.rate)
    }

    /// Samples of a frame; only the last one may have fewer.
    pub(super) fn frame_size(&self) -> i32 {
        // SAFETY: a plain field of an open encoder.
        match unsafe { (*self.context).frame_size } {
            0 => CHUNK,
            size => size,
        }
    }

    /// Samples that come out before the first that went in.
    pub(super) fn delay(&self) -> i64 {
        // SAFETY: a plain field of an open encoder.
        unsafe { (*self.context).initial_padding }.into()
    }

    /// Gives it a frame, or the end. Only after [`SoundEncoder::receive`] answered `false`.
    pub(super) fn send(&mut self, frame: Option<&AvFrame>) -> Result<(), AvError> {
        let frame = frame.map_or(std::ptr::null(), AvFrame::raw);
        // SAFETY: an open encoder and a live frame, of which it takes a reference, or null for the end.
        check(unsafe { ffi::avcodec_send_frame(self.context, frame) }).map(drop)
    }

    /// The next packet; `false` if a frame is needed first, or at the end.
    pub(super) fn receive(&mut self, packet: &mut Packet) -> Result<bool, AvError> {
        // SAFETY: an open encoder and a live packet, which the call empties first.
        match unsafe { ffi::avcodec_receive_packet(self.context, packet.raw_mut()) } {
            0 => Ok(true),
            ffi::AVERROR_EOF => Ok(false),
            code if code == ffi::AVERROR(ffi::EAGAIN) => Ok(false),
            code => Err(AvError::from(code)),
        }
    }
}

/// The sample format for sound of 16 bits and sound with loss, or for `deep` sound. What codecs with loss compute with comes
/// first; where 16 bits do, those without loss are given no more.
fn format_for(codec: SoundCodec, deep: bool) -> Option<AVSampleFormat> {
    use AVSampleFormat::{
        AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_S16P, AV_SAMPLE_FMT_S32,
        AV_SAMPLE_FMT_S32P,
    };
    let floating = [AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_FLT];
    let (wide, narrow) = ([AV_SAMPLE_FMT_S32P, AV_SAMPLE_FMT_S32], [AV_SAMPLE_FMT_S16P, AV_SAMPLE_FMT_S16]);
    let order = if deep { [floating, wide, narrow] } else { [floating, narrow, wide] };
    let mut formats = Vec::new();
    // SAFETY: a static codec; its list ends with -1, where the walk stops. Its entries are read as numbers.
    unsafe {
        let mut next = (*codec.raw()).sample_fmts.cast::<i32>();
        while !next.is_null() && *next >= 0 {
            formats.extend(sample_format(*next));
            next = next.add(1);
        }
    }
    let has = |format: &AVSampleFormat| formats.iter().any(|known| *known as i32 == *format as i32);
    order.into_iter().flatten().find(has).or(formats.first().copied())
}
