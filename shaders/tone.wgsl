// Lightness in soft steps, contrast and saturation, at constant hue.

struct ToneUniform {
    // Steps between levels (levels less one), 0 where lightness is continuous.
    intervals: f32,
    softness: f32,
    saturation: f32,
    contrast: f32,
    brightness: f32,
    keep_color: f32,
    form: f32,
    black: f32,
}

@group(0) @binding(13) var<uniform> tone: ToneUniform;

// How far luma lies off that around it where it is texture still, from where on it is a thing of its own, and the share of
// texture that steps along form take out, or add where it is features of a small face.
const TONE_TEXTURE: f32 = 0.02;
const TONE_THING: f32 = 0.07;
const TONE_FLAT: f32 = 0.5;
const TONE_FEATURES: f32 = 0.6;
// Softness of their steps where nothing is modelled: a wall's light runs evenly.
const TONE_EVEN: f32 = 0.75;

// Lightness -> its level; the way from one level to the next takes `softness` of their distance.
fn tone_level(lightness: f32, softness: f32) -> f32 {
    if tone.intervals < 0.5 {
        return lightness;
    }
    let t = lightness * tone.intervals;
    let level = floor(t);
    let rise = clamp((t - level - 0.5) / max(softness, 0.001) + 0.5, 0.0, 1.0);
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

// `value`: the largest channel, since blue is dark and not black.
fn tone_graded(lightness: f32, value: f32) -> f32 {
    let graded = clamp(tone_contrast(lightness) + tone.brightness, 0.0, 1.0);
    let above = max(graded, value) / max(tone.black, 1e-4);
    return graded * (1.0 - exp(-above * above));
}

// `around`: luma around `color`, how far (0..=1) light models a form there, and how far texture may go. In the measure of `tone.form`, steps are
// those of the luma around, so that they run in clean contours through whatever texture there is (compare the soft
// quantisation of Winnemoeller 2006, sharp where luma is steep).
fn tone_apply(color: vec3<f32>, around: vec3<f32>) -> vec3<f32> {
    let lightness = luma_of(color);
    let off = lightness - around.x;
    let texture = off * (1.0 - smoothstep(TONE_TEXTURE, TONE_THING, abs(off)));
    let value = max(max(color.r, color.g), color.b);
    let plain = tone_graded(lightness - tone.form * texture, value);
    let kept = 1.0 + tone.form * mix(TONE_FEATURES, -TONE_FLAT, around.z);
    let left = kept * (tone_graded(lightness, value) - plain);
    let softness = mix(tone.softness, max(tone.softness, TONE_EVEN), tone.form * (1.0 - around.y));
    let level = clamp(tone_level(plain, softness) + left, 0.0, 1.0);
    // Chroma follows lightness, or shadows turn neon and lights grey; not all the way, or lifted shadows turn to noise.
    let gain = clamp((level + 0.1) / (lightness + 0.1), 0.0, 1.6);
    return tone_fit(level, (color - lightness) * (tone.saturation * gain));
}
