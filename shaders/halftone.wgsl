// A screen in the shadows: dots or lines, anti-aliased analytically, or strokes of a pen (see `hatch.wgsl`).

struct HalftoneUniform {
    // Ink colour and amount.
    color: vec4<f32>,
    // Cosine and sine of the screen's angle over its period in photo pixels.
    axis: vec2<f32>,
    // Period in photo pixels.
    period: f32,
    // Lightness from which the paper stays clean.
    highlight: f32,
    // How far the shade itself gives way to clean paper.
    clean: f32,
    // 0 dots, 1 lines.
    pattern: u32,
    // How far ink takes the colour it stands on.
    tint: f32,
}

// How much deeper and purer than the colour that it stands on is an ink that takes it.
const HALFTONE_DEEP: f32 = 0.85;
const HALFTONE_PURE: f32 = 1.6;
// How far the ink of features takes what that of the shade does.
const HALFTONE_FEATURE: f32 = 0.5;
// Darkness from which on a screen closes up.
const HALFTONE_FULL: f32 = 0.9;

@group(0) @binding(17) var<uniform> halftone: HalftoneUniform;

// Ink under a stroke whose middle is `distance` away and whose half width is `half_width` (all in photo pixels).
fn halftone_stroke(distance: f32, half_width: f32) -> f32 {
    // Fades out below one pixel instead of vanishing.
    return clamp(half_width - distance + 0.5, 0.0, 1.0) * clamp(half_width * 2.0, 0.0, 1.0);
}

fn halftone_line(coordinate: f32, coverage: f32) -> f32 {
    let distance = abs(fract(coordinate) - 0.5) * halftone.period;
    return halftone_stroke(distance, 0.5 * coverage * halftone.period);
}

// What `halftone_apply` inks at `at` (photo pixels) for `darkness` 0..=1.
fn halftone_ink(at: vec2<f32>, darkness: f32) -> vec2<f32> {
    // Where dots or lines are about to touch, what is left between them is narrower than a pixel.
    return vec2<f32>(max(halftone_screen(at, darkness), smoothstep(HALFTONE_FULL, 1.0, darkness)), 0.0);
}

fn halftone_screen(at: vec2<f32>, darkness: f32) -> f32 {
    let u = dot(at, halftone.axis);
    let v = dot(at, vec2<f32>(-halftone.axis.y, halftone.axis.x));
    if halftone.pattern == 0u {
        // Dots grow to touch at pi/4 and overlap above: half the diagonal covers all.
        let distance = length(fract(vec2<f32>(u, v)) - 0.5) * halftone.period;
        return halftone_stroke(distance, sqrt(darkness * 0.5) * halftone.period);
    }
    return halftone_line(v, darkness);
}

// How dark the shade is that the screen has to give, 0..=1.
fn halftone_darkness(color: vec3<f32>) -> f32 {
    return clamp(1.0 - luma_of(color) / halftone.highlight, 0.0, 1.0);
}

// `ink`: share of the paper that is inked for the shade (x), and for features, which are darker (y).
fn halftone_apply(color: vec3<f32>, ink: vec2<f32>) -> vec3<f32> {
    let luma = luma_of(color);
    let own = clamp(HALFTONE_DEEP * luma + HALFTONE_PURE * (color - luma), vec3<f32>(0.0), vec3<f32>(1.0));
    let shade = mix(halftone.color.rgb, own, halftone.tint);
    let shaded = mix(mix(color, vec3<f32>(1.0), halftone.clean), shade, ink.x * halftone.color.a);
    let feature = mix(halftone.color.rgb, shade, HALFTONE_FEATURE);
    return mix(shaded, feature, ink.y * halftone.color.a);
}
