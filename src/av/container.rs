//! Output containers: which one a file name means and what it takes.

use super::demux::{Kind, StreamRef};
use super::encoder::Codec;
use super::text;
use crate::frame::ColorInfo;
use ffmpeg_next::ffi::{self, AVCodecID, AVOutputFormat};
use std::ffi::CString;
use std::path::Path;

/// What says when sound is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundClock {
    /// Its packets' times.
    Own,
    /// Nothing: it begins with the file.
    Zero,
}

/// A container format that FFmpeg writes.
#[derive(Clone, Copy)]
pub struct Container(&'static AVOutputFormat);

// SAFETY: output formats are static tables that are never written to.
unsafe impl Send for Container {}

impl Container {
    /// The one that the file's extension stands for.
    #[must_use]
    pub fn for_path(path: &Path) -> Option<Self> {
        let name = CString::new(path.file_name()?.as_encoded_bytes()).ok()?;
        // SAFETY: NUL-terminated strings or null; the result is static or null.
        unsafe { ffi::av_guess_format(std::ptr::null(), name.as_ptr(), std::ptr::null()).as_ref() }.map(Self)
    }

    /// By FFmpeg's name (`matroska`) or a usual extension (`mkv`).
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let own = CString::new(name).ok()?;
        // SAFETY: NUL-terminated strings or null; the result is static or null.
        let found = unsafe { ffi::av_guess_format(own.as_ptr(), std::ptr::null(), std::ptr::null()).as_ref() };
        found.map(Self).or_else(|| Self::for_path(Path::new(&format!("x.{name}"))))
    }

    /// QuickTime's own format, where this is mp4: it holds more kinds of sound (PCM, before FFmpeg 6.1), and whatever
    /// reads mp4 through FFmpeg, QuickTime or VLC reads it under the name of mp4 too.
    #[must_use]
    pub fn roomier(self) -> Option<Self> {
        if !matches!(self.name().as_str(), "mp4" | "ipod") {
            return None;
        }
        // SAFETY: NUL-terminated strings or null; the result is static or null.
        unsafe { ffi::av_guess_format(c"mov".as_ptr(), std::ptr::null(), std::ptr::null()).as_ref() }.map(Self)
    }

    pub(crate) fn raw(self) -> *const AVOutputFormat {
        self.0
    }

    /// FFmpeg's short name, such as `matroska`.
    #[must_use]
    pub fn name(self) -> String {
        // SAFETY: a static NUL-terminated string.
        unsafe { text(self.0.name) }
    }

    /// QuickTime and its descendants (mp4, m4v, 3gp, …).
    #[must_use]
    pub fn is_mov(self) -> bool {
        matches!(self.name().as_str(), "mov" | "mp4" | "ipod" | "3gp" | "3g2" | "psp" | "ismv" | "f4v")
    }

    /// Matroska and WebM.
    #[must_use]
    pub fn is_matroska(self) -> bool {
        matches!(self.name().as_str(), "matroska" | "webm")
    }

    /// Raw pictures, one after the other.
    #[must_use]
    pub fn is_y4m(self) -> bool {
        self.name() == "yuv4mpegpipe"
    }

    /// Frames follow each other at one distance: there are no timestamps in the file.
    #[must_use]
    pub fn is_constant_rate(self) -> bool {
        self.name() == "avi"
            || self.is_y4m()
            || self.0.flags & ffi::AVFMT_VARIABLE_FPS as i32 == 0 && self.name() == "mxf"
    }

    /// The first picture is shown at once, whatever its time.
    #[must_use]
    pub fn begins_with_pictures(self) -> bool {
        self.name() == "mxf" || self.is_y4m()
    }

    /// It knows the rates of broadcasts and of cinemas, and no others.
    #[must_use]
    pub fn wants_usual_rates(self) -> bool {
        self.name() == "mxf"
    }

    /// One picture a file, or a device: not for a film.
    #[must_use]
    pub fn is_film(self) -> bool {
        let flags = self.0.flags as i32;
        flags & (ffi::AVFMT_NOFILE as i32 | ffi::AVFMT_NEEDNUMBER as i32) == 0
            && self.0.video_codec != AVCodecID::AV_CODEC_ID_NONE
            && self.name() != "image2"
    }

    /// Codec headers go into the file's head rather than into the stream.
    #[must_use]
    pub fn wants_global_header(self) -> bool {
        self.0.flags as i32 & ffi::AVFMT_GLOBALHEADER as i32 != 0
    }

    /// Whether streams of this codec can be stored. Where FFmpeg cannot tell, they can.
    #[must_use]
    pub fn takes(self, codec: Codec) -> bool {
        // FFmpeg has names for them in QuickTime's own format, and then writes them into mp4 only.
        let mp4_only = [AVCodecID::AV_CODEC_ID_AV1, AVCodecID::AV_CODEC_ID_VP9];
        if self.name() == "mov" && mp4_only.contains(&codec.id()) {
            return false;
        }
        self.takes_id(codec.id())
    }

    /// As [`Container::takes`], of any codec.
    pub(super) fn takes_id(self, codec: AVCodecID) -> bool {
        // SAFETY: a static format and a codec identifier of FFmpeg's.
        unsafe { ffi::avformat_query_codec(self.0, codec, ffi::FF_COMPLIANCE_NORMAL as i32) != 0 }
    }

    /// What FFmpeg itself takes for sound.
    pub(super) fn own_sound(self) -> AVCodecID {
        self.0.audio_codec
    }

    /// It holds pictures alone.
    #[must_use]
    pub fn is_silent(self) -> bool {
        self.own_sound() == AVCodecID::AV_CODEC_ID_NONE
    }

    /// Sound has 48,000 samples a second.
    #[must_use]
    pub fn wants_studio_sound(self) -> bool {
        self.name() == "mxf"
    }

    /// What says when sound is heard in its files.
    #[must_use]
    pub fn sound_clock(self) -> SoundClock {
        match self.name().as_str() {
            "mxf" | "avi" => SoundClock::Zero,
            _ => SoundClock::Own,
        }
    }

    /// Encoders to try where none is asked for, best first: H.264 where the container is at home with it, then
    /// what FFmpeg itself takes for the container. For a `color` of high dynamic range, those of H.265 and AV1, which
    /// players show in it; with `alpha`, those that keep it, ProRes 4444 and FFV1.
    #[must_use]
    pub fn default_encoders(self, color: ColorInfo, alpha: bool) -> Vec<Codec> {
        let high_range = color.is_high_range();
        let h264 = self.is_mov() || matches!(self.name().as_str(), "matroska" | "flv" | "mpegts");
        let named: &[&str] = match self.name().as_str() {
            "mov" if alpha => &["prores_ks", "qtrle"],
            "matroska" if alpha => &["ffv1"],
            _ if h264 && high_range => {
                &["libx265", "libsvtav1", "libaom-av1", "hevc_videotoolbox", "hevc_nvenc", "hevc_qsv"]
            }
            _ if h264 => &["libx264", "libopenh264", "h264_videotoolbox", "h264_nvenc", "h264_qsv"],
            "webm" => &["libvpx-vp9", "libvpx"],
            "avi" => &["mpeg4"],
            _ => &[],
        };
        let own = Codec::by_id(self.0.video_codec);
        named.iter().filter_map(|name| Codec::by_name(name)).chain(own).collect()
    }

    /// Encoders of graphics devices, in the order in which they are tried: those of the maker before those of all makers.
    #[must_use]
    pub fn hardware_encoders(self, color: ColorInfo) -> Vec<Codec> {
        let codecs: &[&str] = match self.name().as_str() {
            "webm" => &["av1", "vp9"],
            _ if color.is_high_range() => &["hevc", "av1"],
            _ => &["h264", "hevc"],
        };
        let makers = ["nvenc", "videotoolbox", "qsv", "amf", "vaapi"];
        let names = codecs.iter().flat_map(|codec| makers.map(|maker| format!("{codec}_{maker}")));
        names.filter_map(|name| Codec::by_name(&name)).filter(|codec| self.takes(*codec)).collect()
    }

    /// Names of encoders whose streams can be stored, the well-known ones first, at most `most`.
    #[must_use]
    pub fn encoders(self, most: usize) -> Vec<String> {
        const KNOWN: [&str; 12] = [
            "libx264",
            "libx265",
            "libsvtav1",
            "libvpx-vp9",
            "libvpx",
            "mpeg4",
            "prores_ks",
            "ffv1",
            "mjpeg",
            "mpeg2video",
            "libtheora",
            "gif",
        ];
        let known = KNOWN.iter().filter_map(|name| Codec::by_name(name));
        let own = Codec::by_id(self.0.video_codec);
        let mut names: Vec<_> = own.into_iter().chain(known).filter(|c| self.takes(*c)).map(Codec::name).collect();
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.truncate(most);
        names
    }

    /// The muxer makes this stream anew from metadata and chapters, so copying it would double it.
    #[must_use]
    pub fn recreates(self, stream: StreamRef<'_>) -> bool {
        // SAFETY: a live stream has codec parameters.
        let tag = unsafe { (*(*stream.raw()).codecpar).codec_tag }.to_le_bytes();
        stream.kind() == Kind::Data && matches!(&tag, b"tmcd" | b"text")
    }
}
