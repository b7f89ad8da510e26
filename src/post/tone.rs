//! Lightness in soft steps, contrast, saturation and the photo's own colours, at constant hue.

use super::fragment::Fragment;
use crate::config;

/// The WGSL of `tone_apply` and `tone_keep_color`.
pub(super) const SOURCE: &str = include_str!("../../shaders/tone.wgsl");

/// `ToneUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct ToneUniform {
    pub intervals: f32,
    pub softness: f32,
    pub saturation: f32,
    pub contrast: f32,
    pub brightness: f32,
    pub keep_color: f32,
}

impl From<&config::Tone> for ToneUniform {
    fn from(tone: &config::Tone) -> Self {
        Self {
            intervals: if tone.steps == 0 { 0.0 } else { tone.steps.max(2) as f32 - 1.0 },
            softness: tone.softness,
            saturation: tone.saturation,
            contrast: tone.contrast,
            brightness: tone.brightness,
            keep_color: tone.keep_color,
        }
    }
}

/// The effect's part of the last pass.
pub(super) fn fragment(tone: &config::Tone) -> Fragment {
    let call = if tone.keep_color > 0.0 {
        "tone_apply(tone_keep_color(color, photo_rgb(pixel)))"
    } else {
        "tone_apply(color)"
    };
    Fragment {
        source: SOURCE,
        call,
        page: false,
        binding: 13,
        uniform: bytemuck::bytes_of(&ToneUniform::from(tone)).to_vec(),
    }
}
