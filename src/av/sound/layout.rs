//! Shapes of sound: rate, sample format and where its channels belong.

use super::choice::SoundCodec;
use crate::av::picture::AvFrame;
use crate::av::{AvError, check, fields, text};
use ffmpeg_next::ffi::{self, AVChannelLayout, AVSampleFormat};
use std::ffi::{CStr, c_char};

/// Which channels there are.
pub(super) struct Layout(AVChannelLayout);

// SAFETY: plain data, and a list of channels that is owned here alone.
unsafe impl Send for Layout {}

impl Drop for Layout {
    fn drop(&mut self) {
        // SAFETY: a valid layout, which is of no use afterwards.
        unsafe { ffi::av_channel_layout_uninit(&raw mut self.0) }
    }
}

impl Layout {
    fn empty() -> Self {
        // SAFETY: all zeroes are FFmpeg's own value for a layout of nothing.
        Self(unsafe { std::mem::zeroed() })
    }

    /// A copy of FFmpeg's; of channels that are merely counted, the usual ones of that number.
    ///
    /// # Safety
    /// `from` is a valid layout.
    pub(super) unsafe fn of(from: *const AVChannelLayout) -> Result<Self, AvError> {
        let mut layout = Self::empty();
        // SAFETY: by the contract; the order is read as a number.
        unsafe {
            check(ffi::av_channel_layout_copy(&raw mut layout.0, from))?;
            let unspecified = ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC as i32;
            if fields::get(&raw const layout.0.order) == unspecified {
                ffi::av_channel_layout_default(&raw mut layout.0, (*from).nb_channels);
            }
        }
        Ok(layout)
    }

    /// By FFmpeg's name, such as `5.1`.
    pub(super) fn named(name: &CStr) -> Option<Self> {
        let mut layout = Self::empty();
        // SAFETY: an empty layout and a NUL-terminated name.
        check(unsafe { ffi::av_channel_layout_from_string(&raw mut layout.0, name.as_ptr()) }).ok()?;
        Some(layout)
    }

    pub(super) fn raw(&self) -> *const AVChannelLayout {
        &raw const self.0
    }

    /// How many channels there are.
    pub(super) fn channels(&self) -> i32 {
        self.0.nb_channels
    }

    /// FFmpeg's name.
    pub(super) fn name(&self) -> String {
        let mut name = [0 as c_char; 256];
        // SAFETY: as many bytes as are said, the last of which stays zero.
        unsafe {
            ffi::av_channel_layout_describe(self.raw(), name.as_mut_ptr(), name.len() - 1);
            text(name.as_ptr())
        }
    }

    /// The same channels in the same order.
    pub(super) fn is(&self, other: &Self) -> bool {
        // SAFETY: two valid layouts.
        unsafe { ffi::av_channel_layout_compare(self.raw(), other.raw()) == 0 }
    }

    pub(super) fn copy(&self) -> Result<Self, AvError> {
        // SAFETY: a valid layout.
        unsafe { Self::of(self.raw()) }
    }

    /// Of `layouts`, this one; else one of as many channels, or a few more; else the one that loses fewest.
    pub(super) fn nearest(&self, layouts: Vec<Self>) -> Option<Self> {
        let rank = |other: &Self| {
            let missing = self.channels() - other.channels();
            (!self.is(other), missing > 0, missing.abs())
        };
        layouts.into_iter().min_by_key(rank)
    }

    /// Those that the encoder takes; `None` where it does not say.
    pub(super) fn of_encoder(codec: SoundCodec) -> Result<Option<Vec<Self>>, AvError> {
        /// Xiph's codecs know one layout for each number of channels.
        const XIPH: [&CStr; 8] = [c"mono", c"stereo", c"3.0", c"quad", c"5.0", c"5.1", c"6.1", c"7.1"];
        if codec.is_opus() || codec.is_vorbis() {
            return Ok(Some(XIPH.into_iter().filter_map(Self::named).collect()));
        }
        // SAFETY: a static codec.
        let mut next = unsafe { (*codec.raw()).ch_layouts };
        if next.is_null() {
            return Ok(None);
        }
        let mut layouts = Vec::new();
        // SAFETY: the static list ends with an empty layout, where the walk stops.
        unsafe {
            while (*next).nb_channels > 0 {
                layouts.push(Self::of(next)?);
                next = next.add(1);
            }
        }
        Ok(Some(layouts))
    }
}

/// What samples are.
pub(super) struct Shape {
    /// Samples a second, of each channel.
    pub(super) rate: i32,
    pub(super) format: AVSampleFormat,
    pub(super) layout: Layout,
}

impl Shape {
    /// That of a decoded frame; channels that were merely counted are given their usual places in it.
    pub(super) fn of_frame(frame: &mut AvFrame) -> Result<Self, AvError> {
        let raw = frame.raw_mut();
        // SAFETY: plain fields of a live frame of sound, exclusively borrowed, and its layout.
        unsafe {
            let layout = Layout::of(&raw const (*raw).ch_layout)?;
            check(ffi::av_channel_layout_copy(&raw mut (*raw).ch_layout, layout.raw()))?;
            let format = sample_format((*raw).format).ok_or(AvError::InvalidData)?;
            if (*raw).sample_rate <= 0 || layout.channels() <= 0 {
                return Err(AvError::InvalidData);
            }
            Ok(Self { rate: (*raw).sample_rate, format, layout })
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        (self.rate, self.format as i32) == (other.rate, other.format as i32) && self.layout.is(&other.layout)
    }

    /// FFmpeg's name of the sample format.
    pub(super) fn format_name(&self) -> String {
        // SAFETY: one of FFmpeg's formats; the name is static.
        unsafe { text(ffi::av_get_sample_fmt_name(self.format)) }
    }

    /// A frame with room for so many samples, which are unset.
    pub(super) fn frame(&self, samples: i32) -> Result<AvFrame, AvError> {
        let mut frame = AvFrame::new()?;
        let raw = frame.raw_mut();
        // SAFETY: a fresh frame, to which its shape is given before its memory is asked for.
        unsafe {
            (*raw).nb_samples = samples;
            (*raw).sample_rate = self.rate;
            (*raw).format = self.format as i32;
            check(ffi::av_channel_layout_copy(&raw mut (*raw).ch_layout, self.layout.raw()))?;
            check(ffi::av_frame_get_buffer(raw, 0))?;
        }
        Ok(frame)
    }

    /// Of each plane (all channels are in one, or each is in its own): how many there are, and bytes of a sample in it.
    pub(super) fn planes(&self) -> (usize, usize) {
        let channels = usize::try_from(self.layout.channels()).unwrap_or(0);
        // SAFETY: no preconditions.
        let (bytes, planar) =
            unsafe { (ffi::av_get_bytes_per_sample(self.format), ffi::av_sample_fmt_is_planar(self.format)) };
        let bytes = usize::try_from(bytes).unwrap_or(0);
        if planar != 0 { (channels, bytes) } else { (1, bytes * channels) }
    }
}

/// FFmpeg's sample format of that number.
pub(super) fn sample_format(number: i32) -> Option<AVSampleFormat> {
    use AVSampleFormat::{
        AV_SAMPLE_FMT_DBL, AV_SAMPLE_FMT_DBLP, AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16,
        AV_SAMPLE_FMT_S16P, AV_SAMPLE_FMT_S32, AV_SAMPLE_FMT_S32P, AV_SAMPLE_FMT_S64, AV_SAMPLE_FMT_S64P,
        AV_SAMPLE_FMT_U8, AV_SAMPLE_FMT_U8P,
    };
    let known = [
        AV_SAMPLE_FMT_U8,
        AV_SAMPLE_FMT_S16,
        AV_SAMPLE_FMT_S32,
        AV_SAMPLE_FMT_FLT,
        AV_SAMPLE_FMT_DBL,
        AV_SAMPLE_FMT_U8P,
        AV_SAMPLE_FMT_S16P,
        AV_SAMPLE_FMT_S32P,
        AV_SAMPLE_FMT_FLTP,
        AV_SAMPLE_FMT_DBLP,
        AV_SAMPLE_FMT_S64,
        AV_SAMPLE_FMT_S64P,
    ];
    known.into_iter().find(|format| *format as i32 == number)
}
