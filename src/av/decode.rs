//! Packets into frames.

use super::demux::StreamRef;
use super::packet::Packet;
use super::picture::AvFrame;
use super::{AvError, allocated, check};
use ffmpeg_next::ffi::{self, AVCodec, AVCodecContext, AVCodecID};
use std::ffi::CStr;

/// Answer of [`Decoder::receive`].
pub enum Decoded {
    /// The next frame, in presentation order.
    Frame(AvFrame),
    /// Send another packet first.
    Hungry,
    /// The decoder was drained and is empty.
    End,
}

/// An open decoder, of pictures or of sound.
pub struct Decoder {
    context: *mut AVCodecContext,
}

// SAFETY: the context is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for Decoder {}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: allocated in `open`, freed here alone.
        unsafe { ffi::avcodec_free_context(&mut self.context) }
    }
}

impl Decoder {
    /// Opens the decoder for a stream, with `threads` threads (frame and slice threads as the codec can).
    ///
    /// # Errors
    /// This FFmpeg has no decoder for the codec, or it does not take the stream.
    pub fn open(stream: StreamRef<'_>, threads: usize) -> Result<Self, AvError> {
        // SAFETY: a live stream has codec parameters; every pointer below is checked or comes from a checked call.
        unsafe {
            let parameters = (*stream.raw()).codecpar;
            let codec = transparent(stream).unwrap_or_else(|| ffi::avcodec_find_decoder((*parameters).codec_id));
            if codec.is_null() {
                return Err(AvError::DecoderNotFound);
            }
            let decoder = Self { context: allocated(ffi::avcodec_alloc_context3(codec))? };
            let context = decoder.context;
            check(ffi::avcodec_parameters_to_context(context, parameters))?;
            (*context).pkt_timebase = (*stream.raw()).time_base;
            (*context).thread_count = i32::try_from(threads).unwrap_or(1);
            // OpenEXR holds light, not code values: sRGB's curve makes what a screen takes. No other decoder knows the name.
            let srgb = ffi::AVColorTransferCharacteristic::AVCOL_TRC_IEC61966_2_1 as i64;
            ffi::av_opt_set_int((*context).priv_data, c"apply_trc".as_ptr(), srgb, 0);
            check(ffi::avcodec_open2(context, codec, std::ptr::null_mut()))?;
            Ok(decoder)
        }
    }

    /// Opens the decoder of that name for packets that come from elsewhere than a file, with one thread.
    ///
    /// # Errors
    /// This FFmpeg has none of that name.
    pub fn by_name(name: &CStr) -> Result<Self, AvError> {
        super::init();
        // SAFETY: a NUL-terminated name; every pointer is checked.
        unsafe {
            let codec = ffi::avcodec_find_decoder_by_name(name.as_ptr());
            if codec.is_null() {
                return Err(AvError::DecoderNotFound);
            }
            let decoder = Self { context: allocated(ffi::avcodec_alloc_context3(codec))? };
            (*decoder.context).thread_count = 1;
            check(ffi::avcodec_open2(decoder.context, codec, std::ptr::null_mut()))?;
            Ok(decoder)
        }
    }

    /// Gives the decoder a packet, or the end of the stream. Only after [`Decoder::receive`] answered `Hungry`.
    ///
    /// # Errors
    /// The packet cannot be decoded; decoding can go on with the next.
    pub fn send(&mut self, packet: Option<&Packet>) -> Result<(), AvError> {
        let packet = packet.map_or(std::ptr::null(), Packet::raw);
        // SAFETY: an open decoder and a live packet, or null to drain.
        check(unsafe { ffi::avcodec_send_packet(self.context, packet) }).map(drop)
    }

    /// The next frame, if one is ready.
    ///
    /// # Errors
    /// A frame that cannot be decoded; decoding can go on.
    pub fn receive(&mut self) -> Result<Decoded, AvError> {
        let mut frame = AvFrame::new()?;
        // SAFETY: an open decoder and an empty frame.
        match unsafe { ffi::avcodec_receive_frame(self.context, frame.raw_mut()) } {
            0 => Ok(Decoded::Frame(frame)),
            ffi::AVERROR_EOF => Ok(Decoded::End),
            code if code == ffi::AVERROR(ffi::EAGAIN) => Ok(Decoded::Hungry),
            code => Err(AvError::from(code)),
        }
    }

    /// Forgets everything, after a seek or to go on after the end.
    pub fn flush(&mut self) {
        // SAFETY: an open decoder.
        unsafe { ffi::avcodec_flush_buffers(self.context) }
    }
}

/// The decoder for a stream of VP8 or VP9 that is transparent: FFmpeg's own ones do not see that.
fn transparent(stream: StreamRef<'_>) -> Option<*const AVCodec> {
    // SAFETY: a live stream has codec parameters and metadata, or null; entries are NUL-terminated; codecs are static.
    unsafe {
        let name = match (*(*stream.raw()).codecpar).codec_id {
            AVCodecID::AV_CODEC_ID_VP8 => c"libvpx",
            AVCodecID::AV_CODEC_ID_VP9 => c"libvpx-vp9",
            _ => return None,
        };
        let entry = ffi::av_dict_get((*stream.raw()).metadata, c"alpha_mode".as_ptr(), std::ptr::null(), 0);
        let mode = CStr::from_ptr(entry.as_ref()?.value);
        let codec = (mode == c"1").then(|| ffi::avcodec_find_decoder_by_name(name.as_ptr()))?;
        (!codec.is_null()).then_some(codec)
    }
}
