//! Files into packets, and what is known of their streams.

use super::clock::Clock;
use super::log::Listener;
use super::orient::Orientation;
use super::packet::Packet;
use super::pipe::{ESPIPE, PipeInput, is_pipe};
use super::{AvError, NO_PTS, allocated, check, fields, file_url, light, meaningful, text};
use crate::frame::{Light, Rational};
use ffmpeg_next::Dictionary;
use ffmpeg_next::ffi::{self, AVFormatContext, AVMediaType, AVStream};
use std::path::Path;

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Moving pictures.
    Video,
    /// One picture that belongs to the whole file: cover art.
    Cover,
    /// Sound.
    Audio,
    /// Text or pictures over the film.
    Subtitle,
    /// A file inside the file: fonts, mostly.
    Attachment,
    /// Time codes, telemetry, …
    Data,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Video => "video",
            Self::Cover => "cover picture",
            Self::Audio => "audio",
            Self::Subtitle => "subtitle",
            Self::Attachment => "attachment",
            Self::Data => "data",
        })
    }
}

/// Why there is no packet.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk, the network or the pipe below fails.
    #[error("{0}")]
    Io(AvError),
    /// Somebody has cut the file off since it was opened.
    #[error("the file has become shorter while it was read")]
    Shrunk,
    /// The file is damaged; reading may go on.
    #[error("{0}")]
    Damage(AvError),
}

/// An open file.
pub struct Demuxer {
    context: *mut AVFormatContext,
    /// Dropped before the context, whose address may then be another's.
    listener: Option<Listener>,
    /// For files whose clock may jump.
    clock: Option<Clock>,
    /// Bytes of the file as it was opened; negative where that is not known.
    size_at_first: i64,
    /// Where the context reads, unless it is a file. Fields are dropped after the context is closed.
    input: Option<PipeInput>,
}

// SAFETY: the context is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for Demuxer {}

impl Drop for Demuxer {
    fn drop(&mut self) {
        self.listener = None;
        // SAFETY: opened in `open`, closed here alone.
        unsafe { ffi::avformat_close_input(&mut self.context) }
    }
}

impl Demuxer {
    /// Opens a file, or a pipe (standard input for `-`), and probes its streams.
    ///
    /// # Errors
    /// Whatever makes it unreadable: absent, not a media file, damaged head; a pipe that was read before.
    pub fn open(path: &Path) -> Result<Self, AvError> {
        Self::open_with(path, Dictionary::new())
    }

    /// Opens numbered pictures (`shot_%04d.png`) from number `first` on, `rate` of them a second.
    ///
    /// # Errors
    /// As [`Demuxer::open`].
    pub fn open_numbered(path: &Path, first: u64, rate: Rational) -> Result<Self, AvError> {
        let mut options = Dictionary::new();
        options.set("pattern_type", "sequence");
        options.set("start_number", &first.to_string());
        options.set("framerate", &format!("{}/{}", rate.num, rate.den));
        Self::open_with(path, options)
    }

    fn open_with(path: &Path, options: Dictionary) -> Result<Self, AvError> {
        super::init();
        let url = file_url(path)?;
        let mut context = std::ptr::null_mut();
        let input = is_pipe(path).then(|| PipeInput::open(path)).transpose()?;
        if let Some(input) = &input {
            // SAFETY: no preconditions; a new context is exclusively owned.
            unsafe {
                context = allocated(ffi::avformat_alloc_context())?;
                (*context).pb = input.raw();
            }
        }
        // SAFETY: given up by its wrapper, and freed below.
        let mut options = unsafe { options.disown() };
        // SAFETY: a null context is allocated by the call; whichever it is, it is freed by it on failure.
        let opened =
            unsafe { ffi::avformat_open_input(&mut context, url.as_ptr(), std::ptr::null(), &raw mut options) };
        // SAFETY: the call leaves a dictionary of what it did not take, or null.
        unsafe { ffi::av_dict_free(&raw mut options) };
        check(opened)?;
        let mut demuxer = Self { context, listener: None, clock: None, size_at_first: -1, input };
        demuxer.size_at_first = demuxer.size();
        // SAFETY: an open context.
        check(unsafe { ffi::avformat_find_stream_info(demuxer.context, std::ptr::null_mut()) })?;
        demuxer.listener = Some(Listener::new(context));
        demuxer.clock = demuxer.has_loose_clock().then(Clock::default);
        Ok(demuxer)
    }

    pub(crate) fn raw(&self) -> *const AVFormatContext {
        self.context
    }

    /// How many streams there are.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        // SAFETY: plain field of an open context.
        unsafe { (*self.context).nb_streams as usize }
    }

    /// Facts of stream `index`, below [`Demuxer::stream_count`].
    #[must_use]
    pub fn stream(&self, index: usize) -> StreamRef<'_> {
        assert!(index < self.stream_count(), "stream {index} of {}", self.stream_count());
        // SAFETY: `streams` has `nb_streams` entries, which live as long as the context.
        StreamRef { stream: unsafe { *(*self.context).streams.add(index) }, demuxer: self }
    }

    /// Facts of every stream, in order.
    pub fn streams(&self) -> impl Iterator<Item = StreamRef<'_>> {
        (0..self.stream_count()).map(|index| self.stream(index))
    }

    /// The video stream to draw: of those that are no cover art, a default one before others, the largest, the first.
    #[must_use]
    pub fn video_stream(&self) -> Option<usize> {
        let videos = self.streams().filter(|s| s.kind() == Kind::Video);
        videos.min_by_key(|s| (!s.is_default(), std::cmp::Reverse(s.pixels()), s.index())).map(|s| s.index())
    }

    /// Drops the packets of streams that `keep` does not want, where the container allows without reading them. Those of
    /// a file with a loose clock go on coming: its jumps must be seen alike by all who read it.
    pub fn keep(&mut self, keep: impl Fn(usize) -> bool) {
        if self.clock.is_some() {
            return;
        }
        for index in 0..self.stream_count() {
            let discard = if keep(index) { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
            // SAFETY: `index` is below `nb_streams`; exclusively borrowed.
            unsafe { (**(*self.context).streams.add(index)).discard = discard };
        }
    }

    /// The next packet in file order, into `packet`; `false` at the end of the file.
    ///
    /// # Errors
    /// Damage, or the disk's. Reading may go on after the former.
    pub fn read(&mut self, packet: &mut Packet) -> Result<bool, ReadError> {
        packet.clear();
        // SAFETY: an open context and an empty packet, both exclusively borrowed.
        let read = check(unsafe { ffi::av_read_frame(self.context, packet.raw_mut()) });
        // Demuxers take it for the end, or for damage.
        if let Some(error) = self.io_error() {
            return Err(ReadError::Io(error));
        }
        match read {
            Ok(_) => {
                self.correct(packet);
                Ok(true)
            }
            Err(_) if self.size() < self.size_at_first => Err(ReadError::Shrunk),
            Err(AvError::Eof) => Ok(false),
            Err(error) => Err(ReadError::Damage(error)),
        }
    }

    /// Why the disk, the network or the pipe below gives nothing more, if that is not the end.
    fn io_error(&self) -> Option<AvError> {
        // SAFETY: an open context; formats that read no bytes have no stream of them.
        let code = unsafe { (*self.context).pb.as_ref() }.map_or(0, |io| io.error);
        check(code).err().filter(|error| *error != AvError::Eof)
    }

    /// Bytes of the file as it is now; negative where that is not known.
    fn size(&self) -> i64 {
        // SAFETY: an open context; formats that read no bytes have no stream of them.
        unsafe { if (*self.context).pb.is_null() { -1 } else { ffi::avio_size((*self.context).pb) } }
    }

    /// Takes the jumps of a loose clock out.
    fn correct(&mut self, packet: &mut Packet) {
        let stream = packet.stream();
        let unit = self.stream(stream).time_base();
        let (pts, dts) = (packet.pts(), packet.dts());
        if let (Some(clock), Some(at)) = (&mut self.clock, dts.or(pts)) {
            let duration = packet.duration().unwrap_or(0);
            let by = clock.correction(stream, at, duration, unit);
            packet.set_times(pts.map(|t| t + by), dts.map(|t| t + by), duration);
        }
    }

    /// Goes to the last key frame at or before `pts` of `stream` (of the file as a whole, in microseconds, for `None`).
    ///
    /// # Errors
    /// The file cannot be searched: standard input, say.
    pub fn seek(&mut self, stream: Option<usize>, pts: i64) -> Result<(), AvError> {
        if self.input.is_some() {
            return Err(AvError::Other { errno: ESPIPE });
        }
        let stream = stream.map_or(-1, |s| s as i32);
        if let Some(clock) = &mut self.clock {
            clock.forget();
        }
        // SAFETY: an open context, exclusively borrowed.
        check(unsafe { ffi::av_seek_frame(self.context, stream, pts, ffi::AVSEEK_FLAG_BACKWARD as i32) }).map(drop)
    }

    /// Damage that the demuxer stepped over without telling in any other way than its log: Matroska's does that, and logs
    /// no error for sound files.
    #[must_use]
    pub fn silent_errors(&self) -> u64 {
        let silent = self.format_name().starts_with("matroska");
        self.listener.as_ref().filter(|_| silent).map_or(0, Listener::errors)
    }

    /// When the file's first stream begins, in microseconds; 0 where unknown.
    #[must_use]
    pub fn start_time(&self) -> i64 {
        // SAFETY: plain field of an open context.
        Some(unsafe { (*self.context).start_time }).filter(|t| *t != NO_PTS).unwrap_or(0)
    }

    /// Length in microseconds, where the container says or implies it.
    #[must_use]
    pub fn duration(&self) -> Option<i64> {
        // SAFETY: plain field of an open context.
        Some(unsafe { (*self.context).duration }).filter(|t| *t != NO_PTS && *t > 0)
    }

    /// The clock starts anywhere and may jump: a broadcast (MPEG transport and program streams).
    #[must_use]
    pub fn has_loose_clock(&self) -> bool {
        // SAFETY: an open context has a format, which is static.
        unsafe { (*(*self.context).iformat).flags & ffi::AVFMT_TS_DISCONT as i32 != 0 }
    }

    /// Short names of the container format, comma separated, such as `matroska,webm`.
    #[must_use]
    pub fn format_name(&self) -> String {
        // SAFETY: as `has_loose_clock`; the name is NUL-terminated.
        unsafe { text((*(*self.context).iformat).name) }
    }
}

/// Facts of one stream of an open file.
#[derive(Clone, Copy)]
pub struct StreamRef<'a> {
    stream: *mut AVStream,
    demuxer: &'a Demuxer,
}

impl StreamRef<'_> {
    pub(crate) fn raw(&self) -> *const AVStream {
        self.stream
    }

    /// Position in the file's list.
    #[must_use]
    pub fn index(&self) -> usize {
        // SAFETY: plain field of a live stream.
        usize::try_from(unsafe { (*self.stream).index }).unwrap_or(0)
    }

    /// What it carries.
    #[must_use]
    pub fn kind(&self) -> Kind {
        // SAFETY: a live stream has codec parameters; its type is read as a number, for streams may be of no known type.
        let (kind, disposition) =
            unsafe { (fields::get(&raw const (*(*self.stream).codecpar).codec_type), (*self.stream).disposition) };
        let is = |media: AVMediaType| kind == media as i32;
        if is(AVMediaType::AVMEDIA_TYPE_VIDEO) {
            let cover = ffi::AV_DISPOSITION_ATTACHED_PIC as i32;
            if disposition & cover != 0 { Kind::Cover } else { Kind::Video }
        } else if is(AVMediaType::AVMEDIA_TYPE_AUDIO) {
            Kind::Audio
        } else if is(AVMediaType::AVMEDIA_TYPE_SUBTITLE) {
            Kind::Subtitle
        } else if is(AVMediaType::AVMEDIA_TYPE_ATTACHMENT) {
            Kind::Attachment
        } else {
            Kind::Data
        }
    }

    /// Marked as the one to play.
    #[must_use]
    pub fn is_default(&self) -> bool {
        // SAFETY: plain field of a live stream.
        unsafe { (*self.stream).disposition & ffi::AV_DISPOSITION_DEFAULT as i32 != 0 }
    }

    fn pixels(&self) -> i64 {
        // SAFETY: a live stream has codec parameters.
        unsafe { i64::from((*(*self.stream).codecpar).width) * i64::from((*(*self.stream).codecpar).height) }
    }

    /// FFmpeg's name of the codec.
    #[must_use]
    pub fn codec_name(&self) -> String {
        // SAFETY: a live stream has codec parameters, whose identifier FFmpeg itself set; the name is static.
        unsafe { text(ffi::avcodec_get_name((*(*self.stream).codecpar).codec_id)) }
    }

    /// Unit of its timestamps.
    #[must_use]
    pub fn time_base(&self) -> Rational {
        // SAFETY: plain field of a live stream.
        meaningful(unsafe { (*self.stream).time_base }).unwrap_or(Rational::new(1, 1_000_000))
    }

    /// Presentation time of its first frame, in its ticks.
    #[must_use]
    pub fn start_time(&self) -> Option<i64> {
        // SAFETY: plain field of a live stream.
        Some(unsafe { (*self.stream).start_time }).filter(|t| *t != NO_PTS)
    }

    /// Length in its ticks, where the container says.
    #[must_use]
    pub fn duration(&self) -> Option<i64> {
        // SAFETY: plain field of a live stream.
        Some(unsafe { (*self.stream).duration }).filter(|t| *t != NO_PTS && *t > 0)
    }

    /// [`StreamRef::duration`] where it is written in the file, not estimated from what is there: in the head of mp4 and
    /// its kin, or in a tag of Matroska.
    #[must_use]
    pub fn stated_duration(&self) -> Option<i64> {
        if let Some(tag) = self.tag(c"DURATION") {
            let time = crate::frame::parse_time(&tag)?;
            return Some(
                Rational::new(1, 1_000_000_000).rescale(i64::try_from(time.as_nanos()).ok()?, self.time_base()),
            );
        }
        let stated = ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM as i32;
        // SAFETY: an enum field of an open context, read as a number.
        let method = unsafe { fields::get(&raw const (*self.demuxer.context).duration_estimation_method) };
        self.duration().filter(|_| method == stated)
    }

    /// When its file ends, in microseconds of its clock, where the container says or implies it.
    #[must_use]
    pub fn end_of_file(&self) -> Option<i64> {
        Some(self.demuxer.start_time().saturating_add(self.demuxer.duration()?))
    }

    /// How many frames the container's index has.
    #[must_use]
    pub fn frame_count(&self) -> Option<u64> {
        // SAFETY: plain field of a live stream.
        u64::try_from(unsafe { (*self.stream).nb_frames }).ok().filter(|n| *n > 0)
    }

    /// Nominal frames per second.
    #[must_use]
    pub fn frame_rate(&self) -> Option<Rational> {
        let context = self.demuxer.context;
        // SAFETY: the stream belongs to the context; without a frame the call only reads.
        meaningful(unsafe { ffi::av_guess_frame_rate(context, self.stream, std::ptr::null_mut()) })
    }

    /// Width to height of a pixel, from the container before the codec.
    #[must_use]
    pub fn sample_aspect(&self) -> Option<Rational> {
        let context = self.demuxer.context;
        // SAFETY: as `frame_rate`.
        meaningful(unsafe { ffi::av_guess_sample_aspect_ratio(context, self.stream, std::ptr::null_mut()) })
    }

    /// A value of the stream's metadata; `key` in any case.
    #[must_use]
    pub fn tag(&self, key: &std::ffi::CStr) -> Option<String> {
        // SAFETY: a live stream's dictionary (null is an empty one); entries hold NUL-terminated strings.
        unsafe {
            let entry = ffi::av_dict_get((*self.stream).metadata, key.as_ptr(), std::ptr::null(), 0);
            (!entry.is_null()).then(|| text((*entry).value))
        }
    }

    /// How the picture lies on the screen.
    #[must_use]
    pub fn orientation(&self) -> Orientation {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
        let (data, size) = self.side_data(kind);
        if data.is_null() || size < 36 {
            return Orientation::UPRIGHT;
        }
        // SAFETY: at least nine 32-bit numbers, of any alignment.
        let matrix = std::array::from_fn(|i| unsafe { data.cast::<i32>().add(i).read_unaligned() });
        Orientation::from_display_matrix(&matrix)
    }

    /// What the container says of the film's light.
    #[must_use]
    pub fn light(&self) -> Light {
        let bytes = |kind| {
            let (data, size) = self.side_data(kind);
            // SAFETY: as many bytes as it says, which live as long as the stream does.
            (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data, size) })
        };
        let screen = bytes(ffi::AVPacketSideDataType::AV_PKT_DATA_MASTERING_DISPLAY_METADATA);
        light::parse(screen, bytes(ffi::AVPacketSideDataType::AV_PKT_DATA_CONTENT_LIGHT_LEVEL))
    }

    /// Data that goes with the stream as a whole. FFmpeg moved it from the stream to its parameters.
    #[cfg(not(ffmpeg_side_data_in_parameters))]
    fn side_data(&self, kind: ffi::AVPacketSideDataType) -> (*const u8, usize) {
        let mut size = 0;
        // SAFETY: a live stream; the data lives as long as the stream does.
        (unsafe { ffi::av_stream_get_side_data(self.stream, kind, &raw mut size) }, size)
    }

    #[cfg(ffmpeg_side_data_in_parameters)]
    fn side_data(&self, kind: ffi::AVPacketSideDataType) -> (*const u8, usize) {
        // SAFETY: a live stream has codec parameters; the data lives as long as they do.
        unsafe {
            let parameters = (*self.stream).codecpar;
            let found =
                ffi::av_packet_side_data_get((*parameters).coded_side_data, (*parameters).nb_coded_side_data, kind);
            if found.is_null() { (std::ptr::null(), 0) } else { ((*found).data, (*found).size as usize) }
        }
    }
}
