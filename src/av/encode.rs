//! Frames into packets, with the frames' own timestamps.

use super::color::Tags;
use super::encoder::{COUNTED, Codec};
use super::hardware::Surfaces;
use super::packet::Packet;
use super::picture::AvFrame;
use super::pixel::AvFormat;
use super::{AvError, allocated, check, fields};
use crate::frame::{Light, Rational, Size, Stamp};
use ffmpeg_next::ffi::{self, AVCodecContext};
use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_void};

/// What an encoder is opened for.
#[derive(Clone, Debug)]
pub struct Spec<'a> {
    /// Frame size.
    pub size: Size,
    /// Pixel format, one of the encoder's.
    pub format: AvFormat,
    /// Colour tags to write.
    pub tags: Tags,
    /// What is known of the light of a film of high dynamic range.
    pub light: Light,
    /// Width to height of a pixel.
    pub sample_aspect: Rational,
    /// Unit of the frames' timestamps.
    pub time_base: Rational,
    /// Nominal frames per second.
    pub frame_rate: Option<Rational>,
    /// Headers go to the container.
    pub global_header: bool,
    /// On x264's scale.
    pub quality: f32,
    /// The user's options, which win over ours.
    pub options: &'a [(String, String)],
    /// Encoder threads; 0 leaves it to the encoder.
    pub threads: usize,
}

/// Why an encoder did not open.
#[derive(Debug)]
pub enum OpenError {
    /// One of the user's options: key, and what is wrong with it.
    Option(String, String),
    /// Anything else.
    Codec(AvError),
}

impl From<AvError> for OpenError {
    fn from(error: AvError) -> Self {
        Self::Codec(error)
    }
}

/// How the encoder is told the time.
enum Clock {
    /// In the stream's own unit.
    Stream,
    /// Frame by frame, for encoders that know only constant rates; the true stamps are kept and put back.
    Counted { first: u64, stamps: VecDeque<Stamp> },
}

/// An open encoder.
pub struct Encoder {
    context: *mut AVCodecContext,
    clock: Clock,
    time_base: Rational,
    light: Light,
    format: AvFormat,
    /// Where frames go before they are encoded, if the encoder takes none of the processor's memory.
    surfaces: Option<Surfaces>,
    frames: u64,
    /// Durations of frames that are inside the encoder, by timestamp.
    durations: VecDeque<(i64, i64)>,
}

// SAFETY: the context is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for Encoder {}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: a live context, of an encoder that opened or of one that did not.
        let open = unsafe { ffi::avcodec_is_open(self.context) } != 0;
        if open && self.frames == 0 && self.name() == "libsvtav1" {
            // Version 1.4 waits for ever where it is closed before it has seen a frame. Whether it takes this one matters
            // to nobody.
            let _ = self.encode_nothing();
        }
        // SAFETY: allocated in `attempt`, freed here alone.
        unsafe { ffi::avcodec_free_context(&mut self.context) }
    }
}

impl Encoder {
    /// Opens `codec`. Where it does not take the stream's time unit, frames are counted for it instead.
    ///
    /// # Errors
    /// A user's option that does not exist or has a bad value; whatever else the encoder does not take.
    pub fn open(codec: Codec, spec: &Spec<'_>) -> Result<Self, OpenError> {
        super::init();
        let counted = || spec.frame_rate.unwrap_or(Rational::new(25, 1)).inverse();
        let clock = || Clock::Counted { first: 0, stamps: VecDeque::new() };
        if codec.counts_frames() {
            return Self::attempt(codec, spec, counted(), clock());
        }
        let first = match Self::attempt(codec, spec, spec.time_base, Clock::Stream) {
            Err(OpenError::Codec(error)) => error,
            other => return other,
        };
        if let Ok(encoder) = Self::attempt(codec, spec, counted(), clock()) {
            return Ok(encoder);
        }
        // Encoders check some values only as they open. Which one is it?
        for culprit in spec.options {
            let others: Vec<_> = spec.options.iter().filter(|o| *o != culprit).cloned().collect();
            let without = Spec { options: &others, ..spec.clone() };
            if Self::attempt(codec, &without, spec.time_base, Clock::Stream).is_ok() {
                let reason = format!("{} does not open with the value \"{}\"", codec.name(), culprit.1);
                return Err(OpenError::Option(culprit.0.clone(), reason));
            }
        }
        Err(OpenError::Codec(first))
    }

    fn attempt(codec: Codec, spec: &Spec<'_>, unit: Rational, clock: Clock) -> Result<Self, OpenError> {
        // SAFETY: a static codec; the context is checked.
        let context = allocated(unsafe { ffi::avcodec_alloc_context3(codec.raw()) })?;
        let mut encoder = Self {
            context,
            clock,
            time_base: spec.time_base,
            light: spec.light,
            format: spec.format,
            surfaces: None,
            frames: 0,
            durations: VecDeque::new(),
        };
        // SAFETY: a live context that is not open yet, owned here; tags are numbers that FFmpeg knows.
        unsafe {
            (*context).width = spec.size.width as i32;
            (*context).height = spec.size.height as i32;
            fields::set(&raw mut (*context).pix_fmt, spec.format.0);
            (*context).time_base = unit.into();
            (*context).framerate = spec.frame_rate.unwrap_or(Rational::new(0, 1)).into();
            (*context).sample_aspect_ratio = spec.sample_aspect.into();
            fields::set(&raw mut (*context).colorspace, spec.tags.matrix);
            fields::set(&raw mut (*context).color_range, spec.tags.range);
            fields::set(&raw mut (*context).color_primaries, spec.tags.primaries);
            fields::set(&raw mut (*context).color_trc, spec.tags.transfer);
            fields::set(&raw mut (*context).chroma_sample_location, spec.tags.siting);
            (*context).thread_count = i32::try_from(spec.threads).unwrap_or(0);
            if spec.global_header {
                (*context).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            }
        }
        if codec.takes_surfaces() {
            let surfaces = Surfaces::new(spec.size, spec.format)?;
            // SAFETY: a live context that is not open yet.
            unsafe { surfaces.attach(context) }?;
            encoder.surfaces = Some(surfaces);
        }
        let ours = codec.options(spec.quality, &spec.light, |key| encoder.has(key));
        for (key, value) in &ours {
            encoder.set(key, value)?;
        }
        for (key, value) in spec.options {
            // A list of its own: what the user says of one parameter leaves the others as they are.
            let list = ours.iter().find(|(name, _)| name == key && name.ends_with("-params"));
            let joined = list.map(|(_, ours)| format!("{ours}:{value}"));
            encoder.set(key, joined.as_ref().unwrap_or(value)).map_err(|error| {
                let reason = match error {
                    AvError::OptionNotFound => format!("the encoder {} has no such option", codec.name()),
                    _ => format!("the encoder {} does not take the value \"{value}\"", codec.name()),
                };
                OpenError::Option(key.clone(), reason)
            })?;
        }
        // SAFETY: a live context and the codec it was allocated for.
        check(unsafe { ffi::avcodec_open2(context, codec.raw(), std::ptr::null_mut()) })?;
        Ok(encoder)
    }

    /// Encodes a frame of whatever memory holds, for nobody.
    fn encode_nothing(&mut self) -> Result<(), AvError> {
        let mut frame = AvFrame::with_buffer(self.size(), self.format)?;
        self.send(&mut frame, Stamp { index: 0, pts: 0, duration: 1 })?;
        self.end()?;
        let mut packet = Packet::new()?;
        while self.receive(&mut packet)? {}
        Ok(())
    }

    fn has(&self, key: &str) -> bool {
        let Ok(key) = CString::new(key) else { return false };
        let (object, unit): (*mut c_void, *const _) = (self.context.cast(), std::ptr::null());
        // SAFETY: an `AVCodecContext` is an options object; the result is only compared with null.
        let found = unsafe {
            let (flags, children) = (ffi::AV_OPT_FLAG_ENCODING_PARAM as i32, ffi::AV_OPT_SEARCH_CHILDREN as i32);
            ffi::av_opt_find(object, key.as_ptr(), unit, flags, children)
        };
        !found.is_null()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), AvError> {
        if !self.has(key) {
            return Err(AvError::OptionNotFound);
        }
        let (key, value) = (CString::new(key), CString::new(value));
        let (Ok(key), Ok(value)) = (key, value) else { return Err(AvError::InvalidData) };
        let children = ffi::AV_OPT_SEARCH_CHILDREN as i32;
        // SAFETY: an `AVCodecContext` is an options object; both strings are NUL-terminated.
        check(unsafe { ffi::av_opt_set(self.context.cast(), key.as_ptr(), value.as_ptr(), children) }).map(drop)
    }

    pub(crate) fn raw(&self) -> *const AVCodecContext {
        self.context
    }

    /// What it was opened with.
    #[must_use]
    pub fn light(&self) -> &Light {
        &self.light
    }

    /// Unit of the timestamps that go in and come out.
    #[must_use]
    pub fn time_base(&self) -> Rational {
        self.time_base
    }

    /// Size of the frames it takes.
    #[must_use]
    pub fn size(&self) -> Size {
        // SAFETY: plain fields of a live context.
        unsafe { Size::new((*self.context).width.max(0) as u32, (*self.context).height.max(0) as u32) }
    }

    /// Pixel format of the frames it takes.
    #[must_use]
    pub fn format(&self) -> AvFormat {
        self.format
    }

    /// Name of the encoder.
    #[must_use]
    pub fn name(&self) -> String {
        // SAFETY: an open context has its codec, whose name is static.
        unsafe { CStr::from_ptr((*(*self.context).codec).name) }.to_string_lossy().into_owned()
    }

    /// Whether its codec counts frames: see [`Codec::counts_frames`].
    #[must_use]
    pub fn counts_frames(&self) -> bool {
        // SAFETY: a plain field of a live context.
        unsafe { (*self.context).codec_id == COUNTED }
    }

    /// Gives the encoder a frame. Only after [`Encoder::receive`] answered `None`.
    ///
    /// # Errors
    /// The encoder fails.
    pub fn send(&mut self, frame: &mut AvFrame, stamp: Stamp) -> Result<(), AvError> {
        let pts = match &mut self.clock {
            Clock::Stream => stamp.pts,
            Clock::Counted { stamps, .. } => {
                stamps.push_back(stamp);
                i64::try_from(self.frames).unwrap_or(i64::MAX)
            }
        };
        self.frames += 1;
        self.durations.push_back((stamp.pts, stamp.duration));
        frame.set_pts(pts);
        // MPEG's encoders take a fixed quantiser from the frame, not from the context.
        // SAFETY: plain fields of an open encoder and of a frame that is exclusively borrowed.
        unsafe { (*frame.raw_mut()).quality = (*self.context).global_quality };
        let uploaded = self.surfaces.as_ref().map(|surfaces| surfaces.upload(frame)).transpose()?;
        let frame = uploaded.as_ref().unwrap_or(frame);
        // SAFETY: an open encoder and a live frame, of which it takes a reference.
        check(unsafe { ffi::avcodec_send_frame(self.context, frame.raw()) }).map(drop)
    }

    /// Announces the end: [`Encoder::receive`] then gives what is left.
    ///
    /// # Errors
    /// The encoder fails.
    pub fn end(&mut self) -> Result<(), AvError> {
        // SAFETY: an open encoder; null announces the end.
        match unsafe { ffi::avcodec_send_frame(self.context, std::ptr::null()) } {
            ffi::AVERROR_EOF => Ok(()),
            code => check(code).map(drop),
        }
    }

    /// The next packet, in decoding order, into `packet`; `false` if a frame is needed first, or at the end.
    ///
    /// # Errors
    /// The encoder fails.
    pub fn receive(&mut self, packet: &mut Packet) -> Result<bool, AvError> {
        // SAFETY: an open encoder and a live packet, which the call empties first.
        match unsafe { ffi::avcodec_receive_packet(self.context, packet.raw_mut()) } {
            0 => {}
            ffi::AVERROR_EOF => return Ok(false),
            code if code == ffi::AVERROR(ffi::EAGAIN) => return Ok(false),
            code => return Err(AvError::from(code)),
        }
        let (mut pts, mut dts) = (packet.pts(), packet.dts());
        if let Clock::Counted { first, stamps } = &mut self.clock {
            let at = |count: i64| counted(stamps, *first, count);
            (pts, dts) = (pts.map(at), dts.map(at));
            // Decoding times never run back, so stamps well behind the last one are done with.
            let done = packet.dts().and_then(|d| u64::try_from(d).ok()).unwrap_or(0);
            while stamps.len() > 2 && *first + 1 < done {
                stamps.pop_front();
                *first += 1;
            }
        }
        let known = pts.and_then(|pts| self.durations.iter().position(|(at, _)| *at == pts));
        let duration = known.and_then(|i| self.durations.remove(i)).map_or(0, |(_, duration)| duration);
        packet.set_times(pts, dts, duration);
        Ok(true)
    }
}

/// The true time of frame `count`; before the first one, by extrapolation.
fn counted(stamps: &VecDeque<Stamp>, first: u64, count: i64) -> i64 {
    let index = count - i64::try_from(first).unwrap_or(i64::MAX);
    let Some(front) = stamps.front() else { return count };
    match usize::try_from(index).ok().map(|i| stamps.get(i).or(stamps.back())) {
        Some(stamp) => stamp.map_or(count, |s| s.pts),
        None => front.pts + index * front.duration.max(1),
    }
}
