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
    pub form: f32,
    pub black: f32,
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
            form: tone.form,
            black: tone.black,
        }
    }
}

/// The effect's part of the last pass. `formed`: there is a `form_here`.
pub(super) fn fragment(tone: &config::Tone, formed: bool) -> Fragment {
    let call = match (tone.keep_color > 0.0, formed) {
        (true, true) => "tone_apply(tone_keep_color(color, photo_rgb(pixel)), form_here.xyz)",
        (true, false) => "tone_apply(tone_keep_color(color, photo_rgb(pixel)), vec3<f32>(luma_of(color), 1.0, 1.0))",
        (false, true) => "tone_apply(color, form_here.xyz)",
        (false, false) => "tone_apply(color, vec3<f32>(luma_of(color), 1.0, 1.0))",
    };
    Fragment {
        source: SOURCE,
        call,
        page: false,
        binding: 13,
        uniform: bytemuck::bytes_of(&ToneUniform::from(tone)).to_vec(),
    }
}
