// Lightness in steps, contrast, saturation; hue stays.
struct Tone {
    // 0: continuous.
    steps: f32,
    softness: f32,
    saturation: f32,
    contrast: f32,
    brightness: f32,
    keep_color: f32,
    unused: vec2f,
}
@group(0) @binding(2) var<uniform> tone_settings: Tone;

fn tone(color: vec3f, photo: vec3f) -> vec3f {
    let light = luma(color);
    var target_light = light;
    if tone_settings.steps > 0.0 {
        let at = light * tone_settings.steps;
        let rise = clamp((fract(at) - 0.5) / max(tone_settings.softness, 1e-3) + 0.5, 0.0, 1.0);
        target_light = (floor(at) + rise) / tone_settings.steps;
    }
    target_light = (target_light - 0.5) * tone_settings.contrast + 0.5 + tone_settings.brightness;
    let chroma = mix(color - light, photo - luma(photo), tone_settings.keep_color);
    return clamp(target_light + chroma * tone_settings.saturation, vec3f(0.0), vec3f(1.0));
}
