//! Which encoder a container's sound gets, and how many bits.
//!
//! | codec | one channel | two | more, each |
//! |---|---|---|---|
//! | Opus | 96 kbit/s | 160 | 64 |
//! | Vorbis | quality 6: about 110 | 190 | 90 |
//! | AAC | 128 | 192 | 85 |
//! | MPEG layer 2 | 192 | 384 | |
//! | MPEG layer 3 | 128 | 256 | |
//! | AC-3 | 192 | 256 | 448 in all |
//! | FLAC, PCM | what it takes | | |

use crate::av::container::Container;
use crate::av::text;
use ffmpeg_next::ffi::{self, AVCodec, AVCodecID};
use std::ffi::{CStr, c_int};

/// An encoder of sound that this FFmpeg has.
#[derive(Clone, Copy)]
pub(super) struct SoundCodec(&'static AVCodec);

// SAFETY: codecs are static tables that are never written to.
unsafe impl Send for SoundCodec {}

/// How much of the sound an encoder keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Budget {
    /// Bits a second.
    Bits(i64),
    /// On the codec's own scale, whatever that takes.
    Quality(f32),
    /// All of it, or as the encoder likes.
    Own,
}

impl SoundCodec {
    fn by_name(name: &CStr) -> Option<Self> {
        // SAFETY: a NUL-terminated name; the result is static or null.
        unsafe { ffi::avcodec_find_encoder_by_name(name.as_ptr()).as_ref() }.map(Self)
    }

    fn by_id(id: AVCodecID) -> Option<Self> {
        // SAFETY: an identifier of FFmpeg's; the result is static or null.
        unsafe { ffi::avcodec_find_encoder(id).as_ref() }.map(Self)
    }

    pub(super) fn raw(self) -> *const AVCodec {
        self.0
    }

    pub(super) fn id(self) -> AVCodecID {
        self.0.id
    }

    pub(super) fn is_opus(self) -> bool {
        self.id() == AVCodecID::AV_CODEC_ID_OPUS
    }

    pub(super) fn is_vorbis(self) -> bool {
        self.id() == AVCodecID::AV_CODEC_ID_VORBIS
    }

    /// FFmpeg's name of the codec, such as `opus`.
    pub(super) fn name(self) -> String {
        // SAFETY: an identifier of FFmpeg's; the name is static.
        unsafe { text(ffi::avcodec_get_name(self.id())) }
    }

    /// FFmpeg itself warns of it.
    pub(super) fn is_experimental(self) -> bool {
        self.0.capabilities as u32 & ffi::AV_CODEC_CAP_EXPERIMENTAL as u32 != 0
    }

    /// The rate it gets for sound of `rate`: that, the next higher one that it takes, or its highest.
    pub(super) fn rate_for(self, rate: i32, container: Container) -> i32 {
        if self.is_opus() || container.wants_studio_sound() {
            // Opus counts in this rate whatever it is given.
            return 48_000;
        }
        let mut rates = Vec::new();
        let mut next: *const c_int = self.0.supported_samplerates;
        if !next.is_null() {
            // SAFETY: the static list ends with 0, where the walk stops.
            unsafe {
                while *next != 0 {
                    rates.push(*next);
                    next = next.add(1);
                }
            }
        }
        if self.id() == AVCodecID::AV_CODEC_ID_MP2 {
            // The half rates have other bit rates, and few players.
            rates.retain(|rate| *rate >= 32_000);
        }
        let above = rates.iter().copied().filter(|r| *r >= rate).min();
        above.or(rates.iter().copied().max()).unwrap_or(rate)
    }

    /// What so many channels get.
    pub(super) fn budget(self, channels: i32) -> Budget {
        let bits = |one: i64, two: i64, each: i64| match channels {
            ..=1 => one,
            2 => two,
            more => each * i64::from(more),
        };
        let thousands = match self.id() {
            AVCodecID::AV_CODEC_ID_OPUS => bits(96, 160, 64),
            AVCodecID::AV_CODEC_ID_VORBIS => return Budget::Quality(6.0),
            AVCodecID::AV_CODEC_ID_AAC => bits(128, 192, 85),
            AVCodecID::AV_CODEC_ID_MP2 => bits(192, 384, 192),
            AVCodecID::AV_CODEC_ID_MP3 => bits(128, 256, 128),
            AVCodecID::AV_CODEC_ID_AC3 if channels > 2 => 448,
            AVCodecID::AV_CODEC_ID_AC3 => bits(192, 256, 0),
            _ => return Budget::Own,
        };
        Budget::Bits(thousands * 1000)
    }
}

/// Encoders for sound of so many channels in `container`, best first. `deep` is sound of more than 16 bits without loss.
pub(super) fn candidates(container: Container, channels: i32, deep: bool) -> Vec<SoundCodec> {
    let named: &[&CStr] = match container.name().as_str() {
        "webm" => &[c"libopus", c"libvorbis", c"opus", c"vorbis"],
        "ogg" | "ogv" => &[c"libvorbis", c"libopus", c"flac", c"vorbis", c"opus"],
        "mpeg" | "vob" | "dvd" | "svcd" | "vcd" if channels > 2 => &[c"ac3", c"mp2", c"libtwolame"],
        "mpeg" | "vob" | "dvd" | "svcd" | "vcd" => &[c"mp2", c"libtwolame", c"ac3"],
        "mxf" if deep => &[c"pcm_s24le", c"pcm_s16le"],
        "mxf" => &[c"pcm_s16le", c"pcm_s24le"],
        "avi" if channels > 2 => &[c"ac3"],
        "avi" => &[c"libmp3lame", c"ac3"],
        _ => &[],
    };
    let named = named.iter().filter_map(|name| SoundCodec::by_name(name));
    let rest = [SoundCodec::by_name(c"aac"), SoundCodec::by_id(container.own_sound())];
    let mut found: Vec<SoundCodec> = Vec::new();
    for codec in named.chain(rest.into_iter().flatten()) {
        if container.takes_id(codec.id()) && !found.iter().any(|known| std::ptr::eq(known.raw(), codec.raw())) {
            found.push(codec);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(container: &str, channels: i32, deep: bool) -> String {
        candidates(Container::by_name(container).unwrap(), channels, deep).first().unwrap().name()
    }

    #[test]
    fn every_container_gets_what_its_players_know() {
        assert_eq!((first("webm", 2, false), first("webm", 6, false)), ("opus".into(), "opus".into()));
        assert_eq!(first("ogv", 2, false), "vorbis");
        assert_eq!((first("mpg", 2, false), first("mpg", 6, false)), ("mp2".into(), "ac3".into()));
        assert_eq!((first("mxf", 2, false), first("mxf", 8, true)), ("pcm_s16le".into(), "pcm_s24le".into()));
        assert_eq!((first("mov", 2, false), first("flv", 1, true)), ("aac".into(), "aac".into()));
        assert_eq!(first("asf", 2, false), "aac");
        let experimental = candidates(Container::by_name("webm").unwrap(), 2, false);
        let at = experimental.iter().position(|codec| codec.is_experimental()).unwrap();
        assert!(at > 0 && experimental[..at].iter().all(|codec| !codec.is_experimental()));
    }

    #[test]
    fn rates_go_up_rather_than_down() {
        let rate = |name: &CStr, container: &str, rate| {
            SoundCodec::by_name(name).unwrap().rate_for(rate, Container::by_name(container).unwrap())
        };
        assert_eq!(rate(c"libopus", "webm", 44_100), 48_000);
        assert_eq!((rate(c"mp2", "mpg", 22_050), rate(c"mp2", "mpg", 44_100)), (32_000, 44_100));
        assert_eq!((rate(c"mp2", "mpg", 96_000), rate(c"ac3", "mpg", 33_000)), (48_000, 44_100));
        assert_eq!((rate(c"libvorbis", "ogv", 37_800), rate(c"pcm_s16le", "mxf", 44_100)), (37_800, 48_000));
    }

    #[test]
    fn more_channels_get_more_bits() {
        for name in [c"libopus", c"aac", c"mp2", c"ac3"] {
            let codec = SoundCodec::by_name(name).unwrap();
            let bits = |channels| match codec.budget(channels) {
                Budget::Bits(bits) => bits,
                other => panic!("{other:?}"),
            };
            assert!(bits(1) < bits(2) && bits(2) < bits(6), "{name:?}");
        }
        assert_eq!(SoundCodec::by_name(c"pcm_s16le").unwrap().budget(2), Budget::Own);
    }
}
