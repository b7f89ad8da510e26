//! Encoders: by name, what they take, and one quality scale for all of them.

use super::pixel::AvFormat;
use super::{light, text};
use crate::frame::{ColorInfo, Light, Packing, PixelFormat};
use ffmpeg_next::ffi::{self, AVCodec, AVCodecID, AVMediaType, AVPixelFormat};
use std::ffi::{CString, c_int};

/// The codec that knows no times: see [`Codec::counts_frames`].
pub(super) const COUNTED: AVCodecID = AVCodecID::AV_CODEC_ID_THEORA;

/// A video encoder that this FFmpeg has.
#[derive(Clone, Copy)]
pub struct Codec(&'static AVCodec);

// SAFETY: codecs are static tables that are never written to.
unsafe impl Send for Codec {}

impl Codec {
    /// By FFmpeg's name, such as `libx264`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: a NUL-terminated string; the result is static or null.
        unsafe { ffi::avcodec_find_encoder_by_name(name.as_ptr()).as_ref() }.and_then(Self::video)
    }

    /// FFmpeg's first choice for a codec.
    pub(crate) fn by_id(id: AVCodecID) -> Option<Self> {
        // SAFETY: an identifier of FFmpeg's; the result is static or null.
        unsafe { ffi::avcodec_find_encoder(id).as_ref() }.and_then(Self::video)
    }

    fn video(codec: &'static AVCodec) -> Option<Self> {
        (codec.type_ == AVMediaType::AVMEDIA_TYPE_VIDEO).then_some(Self(codec))
    }

    /// Names of all encoders that look like `name`, nearest first, at most three.
    #[must_use]
    pub fn near(name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut state = std::ptr::null_mut();
        // SAFETY: the documented iteration; the result is static or null.
        while let Some(codec) = unsafe { ffi::av_codec_iterate(&raw mut state).as_ref() } {
            // SAFETY: a static codec.
            let encodes = unsafe { ffi::av_codec_is_encoder(codec) } != 0;
            if let Some(codec) = Self::video(codec).filter(|_| encodes) {
                let (candidate, asked) = (codec.name(), name.to_lowercase());
                let alike = strsim::jaro_winkler(&asked, candidate.trim_start_matches("lib"))
                    .max(strsim::jaro_winkler(&asked, &candidate));
                // `h264` and `h265` name codecs, of which the encoders know.
                // SAFETY: an identifier of FFmpeg's; the name is static.
                let of_codec = unsafe { text(ffi::avcodec_get_name(codec.id())) };
                found.push((alike.max(strsim::jaro_winkler(&asked, &of_codec)), candidate));
            }
        }
        found.retain(|(alike, _)| *alike > 0.75);
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.into_iter().take(3).map(|(_, name)| name).collect()
    }

    pub(crate) fn raw(self) -> *const AVCodec {
        self.0
    }

    pub(crate) fn id(self) -> AVCodecID {
        self.0.id
    }

    /// FFmpeg's name.
    #[must_use]
    pub fn name(self) -> String {
        // SAFETY: a static NUL-terminated string.
        unsafe { text(self.0.name) }
    }

    /// Pixel formats it takes; empty where it does not say.
    #[must_use]
    pub fn formats(self) -> Vec<AvFormat> {
        let mut formats = Vec::new();
        let mut next = self.0.pix_fmts;
        if self.id() == AVCodecID::AV_CODEC_ID_WRAPPED_AVFRAME {
            // It takes everything, but is for Y4M, which does not.
            let wide = ["9le", "10le", "12le", "14le", "16le"];
            let names = ["420p", "422p", "444p"].map(|p| format!("yuv{p}"));
            let wider = names.iter().flat_map(|name| wide.map(|bits| format!("{name}{bits}")));
            let all = ["gray".to_owned(), "yuv411p".to_owned()].into_iter().chain(names.clone()).chain(wider);
            return all.filter_map(|name| AvFormat::by_name(&name)).collect();
        }
        if next.is_null() {
            return formats;
        }
        loop {
            // SAFETY: the static list ends with -1, where the walk stops.
            let format = unsafe { next.cast::<c_int>().read() };
            if format == AVPixelFormat::AV_PIX_FMT_NONE as c_int {
                return formats;
            }
            formats.push(AvFormat(format));
            // SAFETY: not yet at the end of the list.
            next = unsafe { next.add(1) };
        }
    }

    /// The encoder's format nearest to `source` that every player of its codec shows: 4:2:0 for codecs that films are
    /// handed out in (8 bits for H.264 and older ones, 10 where the dynamic range is high, up to 10 for the rest), `source`
    /// itself for those of the studio. One with `alpha` where that is wanted and there is one.
    #[must_use]
    pub fn format_for(self, source: PixelFormat, color: ColorInfo, alpha: bool) -> Option<AvFormat> {
        use AVCodecID::{
            AV_CODEC_ID_AV1, AV_CODEC_ID_FLV1, AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG1VIDEO,
            AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_THEORA, AV_CODEC_ID_VP8, AV_CODEC_ID_VP9,
        };
        let most_bits = match self.id() {
            AV_CODEC_ID_H264 if color.is_high_range() => Some(10),
            AV_CODEC_ID_H264
            | AV_CODEC_ID_MPEG1VIDEO
            | AV_CODEC_ID_MPEG2VIDEO
            | AV_CODEC_ID_MPEG4
            | AV_CODEC_ID_FLV1
            | AV_CODEC_ID_THEORA
            | AV_CODEC_ID_VP8 => Some(8),
            AV_CODEC_ID_HEVC | AV_CODEC_ID_AV1 | AV_CODEC_ID_VP9 => Some(10),
            _ => None,
        };
        let aim = match most_bits {
            Some(most) => {
                PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: source.bits().min(most), packing: Packing::Planar }
            }
            None => source,
        };
        let formats = self.formats();
        if self.takes_surfaces() {
            return AvFormat::by_name(if aim.bits() > 8 { "p010le" } else { "nv12" });
        }
        // A palette made for the film instead of GIF's fixed one.
        let palette = AvFormat::by_name("pal8").filter(|f| formats.contains(f));
        if self.id() == AVCodecID::AV_CODEC_ID_GIF && palette.is_some() {
            return palette;
        }
        if formats.is_empty() {
            return AvFormat::of(aim);
        }
        let usable = formats.iter().filter_map(|f| f.reading().map(|r| (*f, r)));
        // Colour first, then what needs no second conversion, then the nearest, then FFmpeg's own order.
        let colorless = |format| matches!(format, PixelFormat::Gray { .. }) && !matches!(aim, PixelFormat::Gray { .. });
        usable
            .min_by_key(|(f, r)| {
                (alpha && !f.has_alpha(), colorless(r.format), !r.direct, super::pixel::distance(aim, r.format))
            })
            .map(|(format, _)| format)
    }

    /// It takes frames in the memory of a graphics device, and no others.
    pub(super) fn takes_surfaces(self) -> bool {
        let formats = self.formats();
        !formats.is_empty() && formats.iter().all(|format| format.name() == "vaapi")
    }

    /// Sizes must be whole multiples of a chroma sample.
    #[must_use]
    pub fn wants_whole_samples(self) -> bool {
        matches!(self.id(), AVCodecID::AV_CODEC_ID_H264 | AVCodecID::AV_CODEC_ID_HEVC)
    }

    /// Takes whatever unit it is given for the length of a frame, and writes that down as the film's rate.
    #[must_use]
    pub fn counts_frames(self) -> bool {
        self.id() == COUNTED
    }

    /// Options that make it as good as x264 at CRF `quality`, about; and as fast as a film that is drawn meanwhile
    /// needs. Whether the encoder has an option is asked through `has`.
    #[must_use]
    pub fn options(self, quality: f32, light: &Light, has: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
        let name = self.name();
        // x264 and its successors count 0 to 51, libvpx and the AV1 encoders 0 to 63.
        let wide = (quality * 63.0 / 51.0).round().clamp(0.0, 63.0);
        let whole = quality.round().clamp(0.0, 51.0);
        let qscale = |q: f32| {
            let lambda = (q * ffi::FF_QP2LAMBDA as f32).round();
            vec![("flags", "+qscale".to_owned()), ("global_quality", lambda.to_string())]
        };
        let options = match name.as_str() {
            // Measured at 1280x720 on two cores: see benches/codec.rs.
            "libx264" | "libx264rgb" => {
                let mut options = vec![("preset", "veryfast".into()), ("crf", quality.to_string())];
                if has_avx512() {
                    // In version 164, what AVX-512 code looks ahead at depends on what memory held before, where the
                    // width is no multiple of 128: no film would be the same twice.
                    options.push(("x264opts", "asm=AVX2".into()));
                }
                options
            }
            "libx265" => vec![
                ("preset", "veryfast".into()),
                ("crf", quality.to_string()),
                // It writes to the terminal by itself.
                (
                    "x265-params",
                    ["log-level=error".to_owned()].into_iter().chain(light::x265(light)).collect::<Vec<_>>().join(":"),
                ),
            ],
            "libvpx" => vec![
                ("crf", wide.max(4.0).to_string()),
                // CRF in VP8 is a floor under a bit rate, which must not be what limits.
                ("b", "60M".into()),
                ("deadline", "good".into()),
                ("cpu-used", "5".into()),
            ],
            "libvpx-vp9" => vec![
                ("crf", wide.to_string()),
                ("b", "0".into()),
                ("deadline", "good".into()),
                ("cpu-used", "5".into()),
                ("row-mt", "1".into()),
            ],
            "libaom-av1" => {
                vec![("crf", wide.to_string()), ("b", "0".into()), ("cpu-used", "8".into()), ("row-mt", "1".into())]
            }
            "libsvtav1" => vec![("crf", wide.to_string()), ("preset", "10".into())],
            "librav1e" => vec![("qp", (whole * 5.0).to_string()), ("speed", "10".into())],
            "libtheora" => qscale(10.0 - whole * 10.0 / 51.0),
            _ if name.ends_with("_nvenc") => {
                vec![("rc", "vbr".into()), ("cq", quality.max(1.0).to_string()), ("b", "0".into())]
            }
            _ if name.ends_with("_qsv") => vec![("global_quality", whole.max(1.0).to_string())],
            _ if name.ends_with("_vaapi") => vec![("rc_mode", "CQP".into()), ("global_quality", whole.to_string())],
            _ if name.ends_with("_amf") => {
                vec![("rc", "cqp".into()), ("qp_i", whole.to_string()), ("qp_p", whole.to_string())]
            }
            _ if name.ends_with("_videotoolbox") => qscale((100.0 - whole * 100.0 / 51.0).max(1.0)),
            "mpeg4" | "libxvid" | "mpeg1video" | "mpeg2video" | "mjpeg" | "msmpeg4" | "msmpeg4v2" | "wmv1" | "wmv2"
            | "h263" | "h263p" | "flv" | "snow" | "h261" | "svq1" | "asv1" | "asv2" | "amv" => {
                // Quantiser steps: H.264's is 0.625 * 2^(QP/6), that of MPEG's scale is 2 * q.
                qscale((0.3125 * (quality / 6.0).exp2()).clamp(1.0, 31.0))
            }
            _ if has("crf") => vec![("crf", quality.to_string())],
            _ => Vec::new(),
        };
        options.into_iter().filter(|(key, _)| has(key)).collect()
    }
}

/// Whether x264 would choose its AVX-512 code. What has that has AVX2.
fn has_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bw");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(name: &str) -> Codec {
        Codec::by_name(name).unwrap_or_else(|| panic!("this FFmpeg has no {name}"))
    }

    #[test]
    fn names_that_are_nearly_right_are_found() {
        assert!(Codec::by_name("x264").is_none());
        assert!(Codec::near("x264").contains(&"libx264".to_owned()));
        assert!(Codec::near("libx246").contains(&"libx264".to_owned()));
        assert!(Codec::by_name("aac").is_none(), "an audio encoder is no video encoder");
    }

    #[test]
    fn films_go_out_as_players_like_them_and_masters_as_they_came() {
        let ten = PixelFormat::Yuv { shift_x: 1, shift_y: 0, bits: 10, packing: Packing::Planar };
        let name = |codec: Codec, source| codec.format_for(source, ColorInfo::BT709, false).map(AvFormat::name);
        assert_eq!(name(codec("libx264"), ten).as_deref(), Some("yuv420p"));
        assert_eq!(name(codec("libx264"), PixelFormat::Rgba8).as_deref(), Some("yuv420p"));
        assert_eq!(name(codec("prores_ks"), ten).as_deref(), Some("yuv422p10le"));
        assert_eq!(name(codec("ffv1"), ten).as_deref(), Some("yuv422p10le"));
        let pq = ColorInfo { transfer: ColorInfo::PQ, ..ColorInfo::BT709 };
        let high = codec("libx264").format_for(ten, pq, false).map(AvFormat::name);
        assert_eq!(high.as_deref(), Some("yuv420p10le"), "8 bits do not hold a high dynamic range");
        let clear = |codec: Codec, source| codec.format_for(source, ColorInfo::BT709, true).map(AvFormat::name);
        assert_eq!(clear(codec("prores_ks"), PixelFormat::I420).as_deref(), Some("yuva444p10le"));
        assert_eq!(clear(codec("ffv1"), ten).as_deref(), Some("yuva422p10le"));
        assert_eq!(clear(codec("libx264"), ten).as_deref(), Some("yuv420p"), "it has none");
        assert_eq!(name(codec("gif"), PixelFormat::I420).as_deref(), Some("pal8"));
        assert_eq!(name(codec("ffv1"), PixelFormat::Gray { bits: 8 }).as_deref(), Some("gray"));
    }

    #[test]
    fn quality_means_about_the_same_everywhere() {
        let of = |name: &str, quality| codec(name).options(quality, &Light::default(), |_| true);
        assert!(of("libx264", 18.0).contains(&("crf", "18".into())));
        assert!(of("libvpx-vp9", 51.0).contains(&("crf", "63".into())));
        // CRF 18 is a step of 5, which MPEG writes as 2.5.
        assert!(of("mpeg4", 18.0).contains(&("global_quality", (2.5f32 * 118.0).to_string())));
        assert!(of("ffv1", 18.0).is_empty() || !of("ffv1", 18.0).iter().any(|(k, _)| *k == "global_quality"));
    }
}
