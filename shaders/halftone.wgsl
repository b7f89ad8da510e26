// A screen in the shadows: dots, lines or crossed pen strokes, anti-aliased analytically.

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
    // 0 dots, 1 lines, 2 hatching.
    pattern: u32,
}

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

// Share of the paper that is inked at `at` (photo pixels) for `darkness` 0..=1.
fn halftone_ink(at: vec2<f32>, darkness: f32) -> f32 {
    let u = dot(at, halftone.axis);
    let v = dot(at, vec2<f32>(-halftone.axis.y, halftone.axis.x));
    if halftone.pattern == 0u {
        // Dots grow to touch at pi/4 and overlap above: half the diagonal covers all.
        let distance = length(fract(vec2<f32>(u, v)) - 0.5) * halftone.period;
        return halftone_stroke(distance, sqrt(darkness * 0.5) * halftone.period);
    }
    if halftone.pattern == 1u {
        return halftone_line(v, darkness);
    }
    // A pen: strokes of one width, a direction more per darker level, not quite straight.
    let sway = 0.25 * (value_noise(vec2<f32>(u, v) * 0.35) - 0.5);
    let level = darkness * 4.0;
    var ink = halftone_line(v + sway, 0.22 * clamp(level * 2.0, 0.0, 1.0));
    ink = max(ink, halftone_line(u + sway, 0.22 * clamp((level - 1.0) * 2.0, 0.0, 1.0)));
    ink = max(ink, halftone_line((u + v) * 0.70710678 + sway, 0.26 * clamp((level - 2.0) * 2.0, 0.0, 1.0)));
    // The deepest shade is filled.
    return max(ink, smoothstep(3.2, 3.5, level));
}

// `at`: place on the screen in photo pixels.
fn halftone_apply(color: vec3<f32>, at: vec2<f32>) -> vec3<f32> {
    let darkness = clamp(1.0 - luma_of(color) / halftone.highlight, 0.0, 1.0);
    let ground = mix(color, vec3<f32>(1.0), halftone.clean);
    if darkness <= 0.0 {
        return ground;
    }
    let ink = halftone_ink(at, darkness);
    return mix(ground, halftone.color.rgb, ink * halftone.color.a);
}
