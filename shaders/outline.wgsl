// Ink lines: difference of Gaussians across the edge at full size, averaged along it (flow-based XDoG, Winnemoeller
// 2012). `outline_across` leaves the response and the tangent per pixel, `outline_apply` averages and inks.

const OUTLINE_TAPS: u32 = 8u;

struct OutlineUniform {
    // Ink colour and opacity.
    color: vec4<f32>,
    // Weights across: wide Gaussian less narrow Gaussian at 0, 1, 2, … times `spacing`; they sum to 0 over both sides.
    across: array<vec4<f32>, 2>,
    // Weights along, at 0, 1, 2, … times `stride`; they sum to 1 over both sides.
    along: array<vec4<f32>, 2>,
    across_taps: u32,
    along_taps: u32,
    // Photo pixels between taps.
    spacing: f32,
    stride: f32,
    threshold: f32,
    softness: f32,
    // Squared gradient (of flow's scale) below which nothing is drawn, and from which all is.
    gate_low: f32,
    gate_high: f32,
}

@group(0) @binding(14) var<uniform> outline: OutlineUniform;
@group(0) @binding(15) var<storage, read_write> outline_field: array<u32>;
@group(0) @binding(16) var flow: texture_2d<f32>;

// Response times this is stored in 16 bits: a step from black to white gives about 0.13.
const OUTLINE_SCALE: f32 = 4.0;

@compute @workgroup_size(64, 1)
fn outline_across(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.photo_size) {
        return;
    }
    let index = id.y * frame.photo_size.x + id.x;
    let tensor = textureSampleLevel(flow, linear, (vec2<f32>(id.xy) + 0.5) / vec2<f32>(frame.photo_size), 0.0).xyz;
    let difference = tensor.x - tensor.z;
    let root = sqrt(difference * difference + 4.0 * tensor.y * tensor.y);
    // Coherent edges count in full, corners and texture in part.
    let edge = root;
    if edge < outline.gate_low {
        outline_field[index] = 0u;
        return;
    }
    // Unit vector across the edge: the tensor's eigenvector of the larger eigenvalue, from the half angle.
    let cosine = difference / root;
    let normal = vec2<f32>(sqrt(max(0.5 + 0.5 * cosine, 0.0)), select(1.0, -1.0, tensor.y < 0.0) * sqrt(max(0.5 - 0.5 * cosine, 0.0)));
    let here = vec2<f32>(id.xy) + 0.5;
    var sum = outline.across[0].x * photo_luma(vec2<i32>(id.xy));
    for (var i = 1u; i < outline.across_taps; i += 1u) {
        let reach = normal * (f32(i) * outline.spacing);
        sum += outline.across[i >> 2u][i & 3u] * (photo_luma(vec2<i32>(here + reach)) + photo_luma(vec2<i32>(here - reach)));
    }
    sum *= smoothstep(outline.gate_low, outline.gate_high, edge);
    outline_field[index] = outline_pack(sum, vec2<f32>(-normal.y, normal.x));
}

// Tangent in the low half (two snorm bytes), response in the high half.
fn outline_pack(response: f32, tangent: vec2<f32>) -> u32 {
    let code = u32(i32(round(clamp(response * OUTLINE_SCALE, -1.0, 1.0) * 32767.0)));
    return (code << 16u) | (pack4x8snorm(vec4<f32>(tangent, 0.0, 0.0)) & 0xffffu);
}

fn outline_response(word: u32) -> f32 {
    return f32(bitcast<i32>(word) >> 16u);
}

fn outline_at(at: vec2<f32>) -> f32 {
    let p = vec2<u32>(clamp(vec2<i32>(at), vec2<i32>(0), vec2<i32>(frame.photo_size) - 1));
    return outline_response(outline_field[p.y * frame.photo_size.x + p.x]);
}

fn outline_apply(color: vec3<f32>, pixel: vec2<i32>) -> vec3<f32> {
    let word = outline_field[u32(pixel.y) * frame.photo_size.x + u32(pixel.x)];
    if word == 0u {
        return color;
    }
    let tangent = unpack4x8snorm(word).xy;
    let here = vec2<f32>(pixel) + 0.5;
    var sum = outline.along[0].x * outline_response(word);
    for (var i = 1u; i < outline.along_taps; i += 1u) {
        let reach = tangent * (f32(i) * outline.stride);
        sum += outline.along[i >> 2u][i & 3u] * (outline_at(here + reach) + outline_at(here - reach));
    }
    let response = sum / (32767.0 * OUTLINE_SCALE);
    let ink = smoothstep(outline.threshold, outline.threshold + outline.softness, response);
    return mix(color, outline.color.rgb, ink * outline.color.a);
}
