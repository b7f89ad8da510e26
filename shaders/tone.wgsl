// Lightness in soft steps, contrast and saturation, at constant hue.

struct ToneUniform {
    // Steps between levels (levels less one), 0 where lightness is continuous.
    intervals: f32,
    softness: f32,
    saturation: f32,
    contrast: f32,
    brightness: f32,
    keep_color: f32,
}

@group(0) @binding(13) var<uniform> tone: ToneUniform;

// Lightness -> its level; the way from one level to the next takes `softness` of their distance.
fn tone_level(lightness: f32) -> f32 {
    if tone.intervals < 0.5 {
        return lightness;
    }
    let t = lightness * tone.intervals;
    let level = floor(t);
    let rise = clamp((t - level - 0.5) / max(tone.softness, 0.001) + 0.5, 0.0, 1.0);
    return (level + rise) / tone.intervals;
}

// `lightness` plus `chroma`, the chroma shortened as far as the cube of colours demands: hue stays.
fn tone_fit(lightness: f32, chroma: vec3<f32>) -> vec3<f32> {
    let high = max(max(chroma.r, chroma.g), chroma.b);
    let low = min(min(chroma.r, chroma.g), chroma.b);
    let room = min((1.0 - lightness) / max(high, 1e-4), lightness / max(-low, 1e-4));
    return lightness + chroma * min(room, 1.0);
}

// Takes the photo's chroma in the measure of `keep_color`.
fn tone_keep_color(color: vec3<f32>, photo_color: vec3<f32>) -> vec3<f32> {
    let lightness = luma_of(color);
    let chroma = mix(color - lightness, photo_color - luma_of(photo_color), tone.keep_color);
    return tone_fit(lightness, chroma);
}

// Contrast around mid grey. More of it bends towards black and white instead of running into them: lights keep shape.
fn tone_contrast(lightness: f32) -> f32 {
    let shoulder = max(tone.contrast - 1.0, 0.0);
    let way = 2.0 * lightness - 1.0;
    let bent = min(abs(way), 0.5 * tone.contrast / max(shoulder, 1e-6));
    return 0.5 + 0.5 * sign(way) * min(bent * (tone.contrast - shoulder * bent), 1.0);
}

fn tone_apply(color: vec3<f32>) -> vec3<f32> {
    let lightness = luma_of(color);
    let graded = clamp(tone_contrast(lightness) + tone.brightness, 0.0, 1.0);
    let level = tone_level(graded);
    // Chroma follows lightness, or shadows turn neon and lights grey; not all the way, or lifted shadows turn to noise.
    let gain = clamp((level + 0.1) / (lightness + 0.1), 0.0, 1.6);
    return tone_fit(level, (color - lightness) * (tone.saturation * gain));
}
