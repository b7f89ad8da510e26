// Ink lines: difference of Gaussians across the edge at full size, averaged along it (flow-based XDoG, Winnemoeller
// 2012). Both passes draw rather than dispatch, because
// `discard` leaves flat places at once where a software renderer would run masked code to its end.

struct OutlineUniform {
    // Ink colour and opacity.
    color: vec4<f32>,
    // Weights across at 0, 1, 2, 3 times `spacing`: wide Gaussian less narrow; over both sides they sum to 0.
    across: vec4<f32>,
    // Weights along at 0, 1, 2, 3 times `stride`; over both sides they sum to 1.
    along: vec4<f32>,
    // Photo pixels between samples.
    spacing: f32,
    stride: f32,
    threshold: f32,
    softness: f32,
    // Strength of flow below which nothing is drawn, and from which all is.
    gate_low: f32,
    gate_high: f32,
}

@group(0) @binding(14) var<uniform> outline: OutlineUniform;
@group(0) @binding(15) var outline_response: texture_2d<f32>;
@group(0) @binding(16) var outline_ink: texture_2d<f32>;

// Response per photo pixel: positive on the dark side of an edge and on a dark line. Cleared to 0.
@fragment
fn outline_across(@builtin(position) here: vec4<f32>) -> @location(0) vec4<f32> {
    let word = flow_at(here.xy);
    let strength = flow_strength(word);
    if strength < outline.gate_low {
        discard;
    }
    let step = flow_normal(word) * outline.spacing;
    let sum = outline.across.x * outline_luma(here.xy)
        + outline.across.y * (outline_luma(here.xy + step) + outline_luma(here.xy - step))
        + outline.across.z * (outline_luma(here.xy + 2.0 * step) + outline_luma(here.xy - 2.0 * step))
        + outline.across.w * (outline_luma(here.xy + 3.0 * step) + outline_luma(here.xy - 3.0 * step));
    return vec4<f32>(sum * smoothstep(outline.gate_low, outline.gate_high, strength));
}

fn outline_luma(at: vec2<f32>) -> f32 {
    return photo_luma(vec2<i32>(at));
}

fn outline_response_at(at: vec2<f32>) -> f32 {
    return textureLoad(outline_response, photo_clamp(vec2<i32>(at)), 0).x;
}

// Ink per photo pixel, 0..=1. Cleared to 0.
@fragment
fn outline_along(@builtin(position) here: vec4<f32>) -> @location(0) vec4<f32> {
    let middle = outline_response_at(here.xy);
    // Far below the threshold its neighbours along the line will not lift it over.
    if middle < 0.25 * outline.threshold {
        discard;
    }
    let normal = flow_normal(flow_at(here.xy));
    let step = vec2<f32>(-normal.y, normal.x) * outline.stride;
    let response = outline.along.x * middle
        + outline.along.y * (outline_response_at(here.xy + step) + outline_response_at(here.xy - step))
        + outline.along.z * (outline_response_at(here.xy + 2.0 * step) + outline_response_at(here.xy - 2.0 * step))
        + outline.along.w * (outline_response_at(here.xy + 3.0 * step) + outline_response_at(here.xy - 3.0 * step));
    return vec4<f32>(smoothstep(outline.threshold, outline.threshold + outline.softness, response));
}

fn outline_apply(color: vec3<f32>, pixel: vec2<i32>) -> vec3<f32> {
    let ink = textureLoad(outline_ink, pixel, 0).x;
    return mix(color, outline.color.rgb, ink * outline.color.a);
}
