//! Packets into a file. Runs on the sink thread.

mod sound;

use super::container::Container;
use super::copy::Cut;
use super::demux::{Demuxer, Kind, StreamRef};
use super::encode::Encoder;
use super::packet::Packet;
use super::pipe::{claim_stdout, is_standard};
use super::{AvError, allocated, check, fields, file_url, light};
use crate::frame::Rational;
use ffmpeg_next::ffi::{self, AVCodecID, AVCodecParameters, AVDictionary, AVFormatContext, AVMediaType, AVStream};
use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;

/// A file that is being written.
pub struct Muxer {
    context: *mut AVFormatContext,
    container: Container,
    /// Writes to memory, for trials.
    trial: bool,
    /// Added to every timestamp, for containers that cannot show what lies before zero.
    offset: Option<(i64, Rational)>,
    /// Decoding time and duration of each stream's last packet, in the stream's ticks.
    last: Vec<Option<(i64, i64)>>,
}

// SAFETY: the context is owned here alone, and used by one thread at a time through `&mut self`.
unsafe impl Send for Muxer {}

impl Drop for Muxer {
    fn drop(&mut self) {
        // SAFETY: the output is closed once (closing sets the pointer to null), then the context is freed, here alone.
        unsafe {
            if self.trial && !(*self.context).pb.is_null() {
                let mut buffer = std::ptr::null_mut();
                ffi::avio_close_dyn_buf((*self.context).pb, &raw mut buffer);
                ffi::av_free(buffer.cast());
                (*self.context).pb = std::ptr::null_mut();
            }
            ffi::avio_closep(&raw mut (*self.context).pb);
            ffi::avformat_free_context(self.context);
        }
    }
}

impl Muxer {
    /// A muxer for `path` (`-` is standard output), which is not created before [`Muxer::begin`].
    ///
    /// # Errors
    /// Out of memory; a path with a NUL byte.
    pub fn new(container: Container, path: &Path) -> Result<Self, AvError> {
        super::init();
        let piped = is_standard(path);
        let url = match piped {
            true => CString::new(format!("pipe:{}", claim_stdout()?)).map_err(|_| AvError::InvalidData)?,
            false => file_url(path)?,
        };
        let mut context = std::ptr::null_mut();
        // SAFETY: a static format; the context is allocated by the call.
        unsafe {
            let null = std::ptr::null();
            check(ffi::avformat_alloc_output_context2(&raw mut context, container.raw(), null, url.as_ptr()))?;
            // Packets come nearly in order, so two seconds of waiting for a silent subtitle track are plenty; FFmpeg's
            // ten are a lot of memory with codecs of the studio.
            (*context).max_interleave_delta = 2_000_000;
            // Whoever reads a pipe wants to see what there is.
            (*context).flush_packets = c_int::from(piped);
            if container.is_y4m() {
                // More than 8 bits a sample are an extension, which everything understands that takes them at all.
                (*context).strict_std_compliance = ffi::FF_COMPLIANCE_UNOFFICIAL as c_int;
            }
        }
        let muxer = Self { context, container, trial: false, offset: None, last: Vec::new() };
        if container.is_matroska() {
            // FFmpeg would move the whole film because of decoding times before zero, which Matroska does not store, and
            // because of the few milliseconds of sound before zero that warm a decoder up, which it can store.
            // SAFETY: plain field of a live context.
            unsafe { (*context).avoid_negative_ts = 0 };
        }
        Ok(muxer)
    }

    fn add(&mut self) -> Result<*mut AVStream, AvError> {
        // SAFETY: a live context, exclusively borrowed.
        allocated(unsafe { ffi::avformat_new_stream(self.context, std::ptr::null()) })
    }

    /// Adds the encoder's stream; with the metadata of `of`, the stream it was made from.
    ///
    /// # Errors
    /// Out of memory.
    pub fn add_encoded(&mut self, encoder: &Encoder, unit: Rational, of: Option<StreamRef<'_>>) -> Result<(), AvError> {
        let stream = self.add()?;
        // SAFETY: an open encoder, a new stream and a stream that lives through the call.
        unsafe {
            check(ffi::avcodec_parameters_from_context((*stream).codecpar, encoder.raw()))?;
            if self.container.is_mov() && (*encoder.raw()).codec_id == AVCodecID::AV_CODEC_ID_HEVC {
                // Apple's players show H.265 under this name alone, which says that the headers are in the file's head.
                (*(*stream).codecpar).codec_tag = u32::from_le_bytes(*b"hvc1");
            }
            (*stream).time_base = unit.into();
            (*stream).sample_aspect_ratio = (*encoder.raw()).sample_aspect_ratio;
            (*stream).avg_frame_rate = (*encoder.raw()).framerate;
            (*stream).r_frame_rate = (*encoder.raw()).framerate;
            if let Some(screen) = encoder.light().screen {
                let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_MASTERING_DISPLAY_METADATA;
                add_side_data(stream, kind, &light::screen_bytes(&screen))?;
            }
            if let Some(content) = encoder.light().content {
                let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_CONTENT_LIGHT_LEVEL;
                add_side_data(stream, kind, &light::content_bytes(&content))?;
            }
            if let Some(of) = of {
                (*stream).disposition = (*of.raw()).disposition;
                copy_dictionary(&raw mut (*stream).metadata, (*of.raw()).metadata)?;
                forget_packets(&raw mut (*stream).metadata);
            }
        }
        Ok(())
    }

    /// Adds a stream whose packets will be copied from `input`.
    ///
    /// # Errors
    /// Out of memory.
    pub fn add_copied(&mut self, input: StreamRef<'_>) -> Result<(), AvError> {
        let stream = self.add()?;
        // SAFETY: a new stream and one that lives through the call.
        unsafe {
            let (from, to) = ((*input.raw()).codecpar, (*stream).codecpar);
            check(ffi::avcodec_parameters_copy(to, from))?;
            (*to).codec_tag = self.tag_for(from);
            (*stream).time_base = (*input.raw()).time_base;
            (*stream).disposition = (*input.raw()).disposition;
            (*stream).sample_aspect_ratio = (*input.raw()).sample_aspect_ratio;
            (*stream).avg_frame_rate = (*input.raw()).avg_frame_rate;
            (*stream).r_frame_rate = (*input.raw()).r_frame_rate;
            copy_dictionary(&raw mut (*stream).metadata, (*input.raw()).metadata)?;
            copy_side_data(stream, input.raw())?;
            if self.container.is_matroska() && input.kind() == Kind::Cover {
                attach_cover(stream, &raw const (*input.raw()).attached_pic)?;
            }
        }
        Ok(())
    }

    /// The stream's four-character code where it means the same in this container, else 0: the muxer's choice.
    ///
    /// # Safety
    /// `parameters` are live.
    unsafe fn tag_for(&self, parameters: *const AVCodecParameters) -> u32 {
        // SAFETY: a static format, its static tables (null for none), live parameters.
        unsafe {
            let (tags, tag, id) = ((*self.container.raw()).codec_tag, (*parameters).codec_tag, (*parameters).codec_id);
            let mut other = 0;
            let keeps = tags.is_null()
                || ffi::av_codec_get_id(tags, tag) == id
                || ffi::av_codec_get_tag2(tags, id, &raw mut other) == 0;
            if keeps { tag } else { 0 }
        }
    }

    /// Whether a file with the streams so far and this one could be begun: tried, in memory, since FFmpeg's muxers
    /// tell in no other way.
    #[must_use]
    pub fn would_take(&self, input: StreamRef<'_>) -> bool {
        self.trial(|trial| trial.add_copied(input)).is_ok()
    }

    fn trial(&self, add: impl FnOnce(&mut Self) -> Result<(), AvError>) -> Result<(), AvError> {
        let mut trial = Self::new(self.container, Path::new("trial"))?;
        trial.trial = true;
        // SAFETY: live contexts; streams 0..nb_streams exist; the buffer is freed when `trial` is dropped.
        unsafe {
            for index in 0..(*self.context).nb_streams as usize {
                let mine = *(*self.context).streams.add(index);
                let copy = trial.add()?;
                check(ffi::avcodec_parameters_copy((*copy).codecpar, (*mine).codecpar))?;
                (*copy).time_base = (*mine).time_base;
                (*copy).avg_frame_rate = (*mine).avg_frame_rate;
                (*copy).disposition = (*mine).disposition;
                copy_dictionary(&raw mut (*copy).metadata, (*mine).metadata)?;
            }
            add(&mut trial)?;
            check(ffi::avio_open_dyn_buf(&raw mut (*trial.context).pb))?;
            check(ffi::avformat_write_header(trial.context, std::ptr::null_mut()))?;
        }
        Ok(())
    }

    /// Copies the file's metadata, and its chapters as far as they lie in `cut`.
    ///
    /// # Errors
    /// Out of memory.
    pub fn add_metadata(&mut self, input: &Demuxer, cut: Cut) -> Result<(), AvError> {
        // SAFETY: two live contexts; chapters 0..nb_chapters exist.
        unsafe {
            let (from, to) = (input.raw(), self.context);
            copy_dictionary(&raw mut (*to).metadata, (*from).metadata)?;
            for key in [c"major_brand", c"minor_version", c"compatible_brands", c"encoder", c"DURATION"] {
                forget(&raw mut (*to).metadata, key);
            }
            let count = (*from).nb_chapters as usize;
            if count == 0 {
                return Ok(());
            }
            (*to).chapters = allocated(ffi::av_calloc(count, size_of::<*mut ffi::AVChapter>()))?.cast();
            for index in 0..count {
                let chapter = *(*from).chapters.add(index);
                let unit = Rational::from((*chapter).time_base);
                if cut.is_after((*chapter).start, unit) || cut.is_before((*chapter).end - 1, unit) {
                    continue;
                }
                let copy = allocated(ffi::av_mallocz(size_of::<ffi::AVChapter>()))?.cast::<ffi::AVChapter>();
                let shift = cut.shift_in(unit);
                let first = cut.start.map_or(i64::MIN, |s| cut.unit.rescale(s, unit));
                let last = cut.end.map_or(i64::MAX, |e| cut.unit.rescale(e, unit));
                (*copy).id = (*chapter).id;
                (*copy).time_base = (*chapter).time_base;
                (*copy).start = (*chapter).start.max(first) - shift;
                (*copy).end = (*chapter).end.min(last) - shift;
                // Owned by the context from here on, which frees it with its dictionary.
                *(*to).chapters.add((*to).nb_chapters as usize) = copy;
                (*to).nb_chapters += 1;
                copy_dictionary(&raw mut (*copy).metadata, (*chapter).metadata)?;
            }
        }
        Ok(())
    }

    /// Creates the file and writes its head. `ticks` is the unit that the video's timestamps must survive in.
    ///
    /// # Errors
    /// The file cannot be created, or the container does not take the streams.
    pub fn begin(&mut self, ticks: Rational, starts: &[(i64, Rational)]) -> Result<(), AvError> {
        let mut options = Options::default();
        if self.container.is_mov() {
            options.set(c"movflags", "+faststart+write_colr")?;
            // Times of a track are counted in its own unit: the source's, where it is not too coarse to be usual (the
            // muxer then takes a multiple of it).
            if ticks.den >= 600 {
                options.set(c"video_track_timescale", &ticks.den.to_string())?;
            }
            options.set(c"movie_timescale", &movie_timescale(ticks, starts).to_string())?;
        }
        // SAFETY: a live context with its path; unknown options are left in the dictionary, which frees itself.
        unsafe {
            let flags = ffi::AVIO_FLAG_WRITE as i32;
            check(ffi::avio_open(&raw mut (*self.context).pb, (*self.context).url, flags))?;
            check(ffi::avformat_write_header(self.context, &raw mut options.0))?;
        }
        Ok(())
    }

    /// Tells when the first picture is shown. In a container that cannot show anything before its zero (mp4, Matroska)
    /// the whole film is moved there.
    pub fn first_picture(&mut self, pts: i64, unit: Rational) {
        if pts < 0 && (self.container.is_mov() || self.container.is_matroska()) {
            self.offset = Some((-pts, unit));
        }
    }

    /// Writes a packet, whose times are in `unit`. It is empty afterwards.
    ///
    /// # Errors
    /// The disk's, or a packet that the container does not take.
    pub fn write(&mut self, packet: &mut Packet, unit: Rational) -> Result<(), AvError> {
        if let Some((offset, of)) = self.offset {
            let by = of.rescale(offset, unit);
            let moved = |t: Option<i64>| t.map(|t| t + by);
            packet.set_times(moved(packet.pts()), moved(packet.dts()), packet.duration().unwrap_or(0));
        }
        let by = self.forgotten_delay(packet.stream(), unit);
        if by != 0 {
            let moved = |t: Option<i64>| t.map(|t| t + by);
            packet.set_times(moved(packet.pts()), moved(packet.dts()), packet.duration().unwrap_or(0));
        }
        // SAFETY: a live context with its head written; the packet names one of its streams, and is reference-counted.
        unsafe {
            debug_assert!(packet.stream() < (*self.context).nb_streams as usize);
            let stream = *(*self.context).streams.add(packet.stream());
            ffi::av_packet_rescale_ts(packet.raw_mut(), unit.into(), (*stream).time_base);
            (*packet.raw_mut()).pos = -1;
        }
        self.order(packet);
        // SAFETY: as above.
        unsafe { check(ffi::av_interleaved_write_frame(self.context, packet.raw_mut())).map(drop) }
    }

    /// Makes decoding times complete and increasing, as muxers insist on: damaged files have others, and the
    /// milliseconds of Matroska are too coarse for some sound. Whatever is in order stays as it is.
    fn order(&mut self, packet: &mut Packet) {
        let stream = packet.stream();
        if self.last.len() <= stream {
            self.last.resize(stream + 1, None);
        }
        // SAFETY: a static format; `stream` is one of the context's, which have codec parameters.
        let (loose, sparse) = unsafe {
            let kind = fields::get(&raw const (*(**(*self.context).streams.add(stream)).codecpar).codec_type);
            let sparse = [AVMediaType::AVMEDIA_TYPE_SUBTITLE, AVMediaType::AVMEDIA_TYPE_DATA];
            let loose = (*self.container.raw()).flags as i32 & ffi::AVFMT_TS_NONSTRICT as i32 != 0;
            (loose, sparse.iter().any(|k| *k as i32 == kind))
        };
        let step = i64::from(!loose && !sparse);
        let (pts, mut dts, duration) = (packet.pts(), packet.dts(), packet.duration().unwrap_or(0));
        match self.last[stream] {
            Some((last, _)) if dts.is_some_and(|t| t < last + step) => dts = Some(last + step),
            Some((last, length)) if dts.is_none() => dts = pts.or(Some(last + length)).map(|t| t.max(last + step)),
            _ => dts = dts.or(pts),
        }
        packet.set_times(pts.max(dts), dts, duration);
        self.last[stream] = dts.map(|t| (t, duration));
    }

    /// What must be added to a stream's timestamps because FFmpeg before 6 writes Opus' delay into Matroska's head, which
    /// readers subtract, and does not add it to the timestamps itself.
    fn forgotten_delay(&self, stream: usize, unit: Rational) -> i64 {
        // SAFETY: `stream` is one of the context's, which have codec parameters.
        let (id, padding) = unsafe {
            let parameters = (**(*self.context).streams.add(stream)).codecpar;
            ((*parameters).codec_id, (*parameters).initial_padding)
        };
        // SAFETY: no preconditions.
        let old = unsafe { ffi::avformat_version() } >> 16 < 60;
        if old && self.container.is_matroska() && id == ffi::AVCodecID::AV_CODEC_ID_OPUS && padding > 0 {
            Rational::new(1, 48_000).rescale(padding.into(), unit)
        } else {
            0
        }
    }

    /// Writes what is left, and closes the file.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(self) -> Result<(), AvError> {
        // SAFETY: a live context with its head written; the output is closed once, which sets the pointer to null.
        unsafe {
            let written = check(ffi::av_write_trailer(self.context));
            // Late errors of buffered writing show up here alone.
            let pending = if (*self.context).pb.is_null() { 0 } else { (*(*self.context).pb).error };
            let closed = check(ffi::avio_closep(&raw mut (*self.context).pb));
            written?;
            check(pending.min(0))?;
            closed.map(drop)
        }
    }
}

/// Unit of edit lists in mp4, through which a late start and the sound before zero are expressed: one in which the starts
/// of all streams are whole numbers, if there is one of sensible size.
fn movie_timescale(video: Rational, starts: &[(i64, Rational)]) -> i32 {
    let mut own = i64::from(video.den);
    while own < 1000 {
        own *= 2;
    }
    let others = starts.iter().map(|(_, unit)| i64::from(unit.den));
    let common = others.clone().fold(own, |scale, den| {
        let next = scale / gcd(scale, den) * den;
        if next <= 10_000_000 { next } else { scale }
    });
    let exact = |scale: i64| {
        starts.iter().all(|(start, unit)| {
            i128::from(*start) * i128::from(unit.num) * i128::from(scale) % i128::from(unit.den) == 0
        })
    };
    // The sounds' own units first: what they have before zero is told in samples, and no start tells of it.
    let mut candidates = others.filter(|den| *den >= 1000).chain([own, common]);
    let scale = candidates.find(|scale| exact(*scale)).unwrap_or(own);
    i32::try_from(scale).unwrap_or(video.den)
}

const fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Options for a call that takes a dictionary.
struct Options(*mut AVDictionary);

impl Default for Options {
    fn default() -> Self {
        Self(std::ptr::null_mut())
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: a dictionary that is owned here, or null.
        unsafe { ffi::av_dict_free(&raw mut self.0) }
    }
}

impl Options {
    fn set(&mut self, key: &CStr, value: &str) -> Result<(), AvError> {
        let value = CString::new(value).map_err(|_| AvError::InvalidData)?;
        // SAFETY: NUL-terminated strings, which are copied.
        check(unsafe { ffi::av_dict_set(&raw mut self.0, key.as_ptr(), value.as_ptr(), 0) }).map(drop)
    }
}

/// # Safety
/// `to` points to a dictionary or to null, `from` is a dictionary or null.
unsafe fn copy_dictionary(to: *mut *mut AVDictionary, from: *const AVDictionary) -> Result<(), AvError> {
    // SAFETY: by the contract.
    check(unsafe { ffi::av_dict_copy(to, from, 0) }).map(drop)
}

/// Copies what goes with a stream as a whole: a second film's rotation, the loudness of a sound. Newer versions of FFmpeg
/// have it among the parameters, which are copied anyway.
///
/// # Safety
/// `to` is a new stream of a muxer, `from` a live one.
#[cfg(not(ffmpeg_side_data_in_parameters))]
unsafe fn copy_side_data(to: *mut AVStream, from: *const AVStream) -> Result<(), AvError> {
    // SAFETY: by the contract; the stream's list has as many entries as it says.
    unsafe {
        for index in 0..usize::try_from((*from).nb_side_data).unwrap_or(0) {
            let data = (*from).side_data.add(index);
            let bytes = std::slice::from_raw_parts((*data).data, (*data).size as usize);
            add_side_data(to, (*data).type_, bytes)?;
        }
    }
    Ok(())
}

#[cfg(ffmpeg_side_data_in_parameters)]
unsafe fn copy_side_data(_: *mut AVStream, _: *const AVStream) -> Result<(), AvError> {
    Ok(())
}

/// Adds what goes with a stream as a whole.
///
/// # Safety
/// `to` is a new stream of a muxer.
unsafe fn add_side_data(to: *mut AVStream, kind: ffi::AVPacketSideDataType, bytes: &[u8]) -> Result<(), AvError> {
    // SAFETY: by the contract; what is allocated is as long as `bytes`.
    unsafe {
        #[cfg(not(ffmpeg_side_data_in_parameters))]
        let place = ffi::av_stream_new_side_data(to, kind, bytes.len() as _);
        #[cfg(ffmpeg_side_data_in_parameters)]
        let place = {
            let (list, count) =
                (&raw mut (*(*to).codecpar).coded_side_data, &raw mut (*(*to).codecpar).nb_coded_side_data);
            let entry = allocated(ffi::av_packet_side_data_new(list, count, kind, bytes.len() as _, 0))?;
            (*entry).data
        };
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), allocated(place)?, bytes.len());
    }
    Ok(())
}

/// # Safety
/// `from` points to a dictionary or to null.
unsafe fn forget(from: *mut *mut AVDictionary, key: &CStr) {
    // SAFETY: by the contract; a null value deletes.
    unsafe { ffi::av_dict_set(from, key.as_ptr(), std::ptr::null::<c_char>(), 0) };
}

/// Forgets what was true of the source's packets and of its orientation alone.
///
/// # Safety
/// As [`forget`].
unsafe fn forget_packets(from: *mut *mut AVDictionary) {
    let keys = [c"rotate", c"encoder", c"encoder-eng", c"DURATION", c"alpha_mode", c"vendor_id"];
    let counts = [c"BPS", c"NUMBER_OF_FRAMES", c"NUMBER_OF_BYTES"];
    let tools = [c"_STATISTICS_WRITING_APP", c"_STATISTICS_WRITING_DATE_UTC", c"_STATISTICS_TAGS"];
    for key in keys.into_iter().chain(counts).chain(tools) {
        // SAFETY: by the contract.
        unsafe { forget(from, key) };
    }
}

/// Makes a cover picture an attachment, as Matroska wants it.
///
/// # Safety
/// `stream` is a new stream of a muxer, `picture` a live packet.
unsafe fn attach_cover(stream: *mut AVStream, picture: *const ffi::AVPacket) -> Result<(), AvError> {
    // SAFETY: by the contract; the copy is as long as the picture plus FFmpeg's padding.
    unsafe {
        let parameters = (*stream).codecpar;
        let size = usize::try_from((*picture).size).unwrap_or(0);
        if (*picture).data.is_null() || size == 0 {
            return Err(AvError::InvalidData);
        }
        let padded = size + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
        let copy = allocated(ffi::av_mallocz(padded))?.cast::<u8>();
        std::ptr::copy_nonoverlapping((*picture).data, copy, size);
        ffi::av_freep((&raw mut (*parameters).extradata).cast());
        (*parameters).extradata = copy;
        (*parameters).extradata_size = (*picture).size;
        (*parameters).codec_type = AVMediaType::AVMEDIA_TYPE_ATTACHMENT;
        (*stream).disposition = 0;
        let png = (*parameters).codec_id == ffi::AVCodecID::AV_CODEC_ID_PNG;
        let (mime, name) = if png { (c"image/png", c"cover.png") } else { (c"image/jpeg", c"cover.jpg") };
        let keep = ffi::AV_DICT_DONT_OVERWRITE as i32;
        check(ffi::av_dict_set(&raw mut (*stream).metadata, c"mimetype".as_ptr(), mime.as_ptr(), keep))?;
        check(ffi::av_dict_set(&raw mut (*stream).metadata, c"filename".as_ptr(), name.as_ptr(), keep))?;
    }
    Ok(())
}
