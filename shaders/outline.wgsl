// Ink lines: a difference of Gaussians across the edge, averaged along it (flow-based XDoG, Kang et al. 2007,
// Winnemöller et al. 2012). The edge's direction comes from the structure tensor of the small luma, which is calm; the
// difference is evaluated at full size, so that lines are crisp.
struct Outline {
    color: vec3f,
    opacity: f32,
    // Standard deviation of the inner Gaussian in pixels of this frame.
    sigma: f32,
    threshold: f32,
    softness: f32,
    unused: f32,
}
@group(0) @binding(3) var<uniform> outline_settings: Outline;
@group(0) @binding(30) var<storage, read> luma_small: array<f32>;
@group(0) @binding(31) var<storage, read_write> tensor_out: array<vec4f>;
@group(0) @binding(32) var<storage, read> tensor_in: array<vec4f>;
@group(0) @binding(33) var flow_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(34) var flow: texture_2d<f32>;
@group(0) @binding(35) var photo_luma: texture_2d<f32>;
@group(0) @binding(36) var lines_out: texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(37) var lines: texture_2d<f32>;
@group(0) @binding(38) var line_sampler: sampler;

// Luma difference that the stored response 0..1 stands for.
const RESPONSE: f32 = 0.2;

fn small_luma(x: i32, y: i32) -> f32 {
    let last = vec2i(frame.small) - 1;
    return luma_small[u32(clamp(y, 0, last.y)) * frame.small.x + u32(clamp(x, 0, last.x))];
}

// Structure tensor (xx, xy, yy) from Scharr gradients (luma per small pixel).
@compute @workgroup_size(16, 4)
fn tensor(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= frame.small) {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    let nw = small_luma(x - 1, y - 1);
    let n = small_luma(x, y - 1);
    let ne = small_luma(x + 1, y - 1);
    let w = small_luma(x - 1, y);
    let e = small_luma(x + 1, y);
    let sw = small_luma(x - 1, y + 1);
    let s = small_luma(x, y + 1);
    let se = small_luma(x + 1, y + 1);
    let gx = (3.0 * (ne - nw) + 10.0 * (e - w) + 3.0 * (se - sw)) / 32.0;
    let gy = (3.0 * (sw - nw) + 10.0 * (s - n) + 3.0 * (se - ne)) / 32.0;
    tensor_out[id.y * frame.small.x + id.x] = vec4f(gx * gx, gx * gy, gy * gy, 0.0);
}

fn smoothed(at: vec2i, along: vec2i) -> vec4f {
    let last = vec2i(frame.small) - 1;
    var weights = array<f32, 3>(0.30, 0.24, 0.11);
    var sum = vec4f(0.0);
    for (var k = -2; k <= 2; k++) {
        let p = clamp(at + k * along, vec2i(0), last);
        sum += tensor_in[u32(p.y) * frame.small.x + u32(p.x)] * weights[abs(k)];
    }
    return sum;
}

@compute @workgroup_size(16, 4)
fn flow_rows(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= frame.small) {
        return;
    }
    tensor_out[id.y * frame.small.x + id.x] = smoothed(vec2i(id.xy), vec2i(1, 0));
}

// Direction along the edge in xy, its gradient (luma per small pixel) in z, how much one direction prevails in w (0..1).
@compute @workgroup_size(16, 4)
fn flow_columns(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= frame.small) {
        return;
    }
    let t = smoothed(vec2i(id.xy), vec2i(0, 1));
    let difference = t.x - t.z;
    let root = sqrt(difference * difference + 4.0 * t.y * t.y);
    let strong = 0.5 * (t.x + t.z + root);
    // Of the two ways to write the eigenvector, the one that does not cancel.
    var across = vec2f(strong - t.z, t.y);
    if difference < 0.0 {
        across = vec2f(t.y, strong - t.x);
    }
    let length = max(length(across), 1e-9);
    let along = vec2f(-across.y, across.x) / length;
    textureStore(flow_out, id.xy, vec4f(along, sqrt(max(strong, 0.0)), root / max(t.x + t.z, 1e-9)));
}

@compute @workgroup_size(16, 4)
fn edges(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= frame.size) {
        return;
    }
    // The nearest direction: two that point opposite ways must not be averaged.
    let here = textureLoad(flow, id.xy * frame.small / frame.size, 0);
    // A response above the threshold needs a gradient: most of a picture is flat and is done here.
    if here.z < 0.35 * outline_settings.threshold {
        textureStore(lines_out, id.xy, vec4f(0.0));
        return;
    }
    let texel = 1.0 / vec2f(frame.size);
    let at = (vec2f(id.xy) + 0.5) * texel;
    let step = vec2f(here.y, -here.x) * outline_settings.sigma * texel;
    let center = textureLoad(photo_luma, id.xy, 0).a;
    var pairs: vec3f;
    pairs.x = textureSampleLevel(photo_luma, line_sampler, at + step, 0.0).a
        + textureSampleLevel(photo_luma, line_sampler, at - step, 0.0).a;
    pairs.y = textureSampleLevel(photo_luma, line_sampler, at + 2.0 * step, 0.0).a
        + textureSampleLevel(photo_luma, line_sampler, at - 2.0 * step, 0.0).a;
    pairs.z = textureSampleLevel(photo_luma, line_sampler, at + 3.0 * step, 0.0).a
        + textureSampleLevel(photo_luma, line_sampler, at - 3.0 * step, 0.0).a;
    // Samples one sigma apart of Gaussians of one sigma and of 1.6, each summing to one.
    let inner = 0.39905 * center + dot(pairs, vec3f(0.24204, 0.05400, 0.00443));
    let outer = 0.25586 * center + dot(pairs, vec3f(0.21046, 0.11714, 0.04447));
    let response = (outer - inner) * mix(0.5, 1.0, here.w);
    textureStore(lines_out, id.xy, vec4f(clamp(response / RESPONSE, 0.0, 1.0)));
}

// The colour with ink on it.
fn outline(color: vec3f, pixel: vec2u) -> vec3f {
    let here = textureLoad(flow, pixel * frame.small / frame.size, 0);
    if here.z < 0.35 * outline_settings.threshold {
        return color;
    }
    let texel = 1.0 / vec2f(frame.size);
    let at = (vec2f(pixel) + 0.5) * texel;
    let step = here.xy * max(outline_settings.sigma * 1.2, 1.0) * texel;
    var response = 0.36 * textureLoad(lines, pixel, 0).r;
    response += 0.22 * (textureSampleLevel(lines, line_sampler, at + step, 0.0).r
        + textureSampleLevel(lines, line_sampler, at - step, 0.0).r);
    response += 0.10 * (textureSampleLevel(lines, line_sampler, at + 2.0 * step, 0.0).r
        + textureSampleLevel(lines, line_sampler, at - 2.0 * step, 0.0).r);
    response *= RESPONSE;
    let ink = smoothstep(outline_settings.threshold, outline_settings.threshold + outline_settings.softness, response);
    return mix(color, outline_settings.color, ink * outline_settings.opacity);
}
