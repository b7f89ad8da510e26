// Strokes of a brush: drawing and photo's luma are averaged along the edges and drawn apart across them, at the drawing's
// size (coherence-enhancing filtering, Kyprianidis and Kang 2011). Texture becomes strokes that run with it, and what is
// ragged gets one clean contour.

struct PaintUniform {
    // Drawing pixels from sample to sample along a stroke.
    stride: f32,
    // Drawing pixels that an edge is drawn from on either side.
    pull: f32,
}

@group(0) @binding(47) var<uniform> paint: PaintUniform;
@group(0) @binding(48) var paint_out: texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(49) var paint_shift_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(50) var paint_shift: texture_2d<f32>;

// Samples to either side, and their weights: a Gaussian of one and a half strides.
const PAINT_SAMPLES: i32 = 3;
const PAINT_WEIGHTS: array<f32, 3> = array<f32, 3>(0.8007, 0.4111, 0.1353);
// Distance of colours at which half is mixed in: an edge between two as light as each other has no direction.
const PAINT_OTHER: f32 = 0.17;
// Drawing pixels to both sides between which an edge's bend is measured, and the bends and slopes of luma at which half of
// the pull is felt: what is even stays.
const PAINT_REACH: f32 = 1.5;
const PAINT_BEND: f32 = 0.012;
const PAINT_SLOPE: f32 = 0.012;
// Gradients, in luma per drawing pixel, across the lesser way: what texture has, and what letters have.
const PAINT_FUR: f32 = 0.05;
const PAINT_LETTER: f32 = 0.1;
// How many times as steep a corner on skin is taken to be, and within how many drawing pixels.
const PAINT_FACE: f32 = 3.0;
const PAINT_BESIDE: i32 = 4;

fn paint_at(at: vec2<f32>) -> vec4<f32> {
    return textureSampleLevel(small, linear, at / vec2<f32>(frame.drawing_size), 0.0);
}

// How much of a corner there is, of 1: light changes steeply both ways, as in letters, and, less steeply, in eyes and mouths.
fn paint_corner(tensor: vec4<f32>, skin: f32) -> f32 {
    let gradient = sqrt(max(0.5 * (tensor.z - length(tensor.xy)), 0.0));
    return smoothstep(PAINT_FUR, PAINT_LETTER, gradient * mix(1.0, PAINT_FACE, skin));
}

// Whether there is skin at or beside `at`.
fn paint_skin(at: vec2<i32>) -> f32 {
    let last = vec2<i32>(frame.drawing_size) - 1;
    var skin = textureLoad(flow_seen, at, 0).z;
    for (var i = 0; i < 4; i += 1) {
        let beside = vec2<i32>(PAINT_BESIDE * (1 - 2 * (i & 1)), PAINT_BESIDE * (1 - (i & 2)));
        skin = max(skin, textureLoad(flow_seen, clamp(at + beside, vec2<i32>(0), last), 0).z);
    }
    return skin;
}

// Mean along the curve that runs with the edges (line integral convolution, Cabral and Leedom 1993).
@compute @workgroup_size(64, 8)
fn paint_along(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.drawing_size) {
        return;
    }
    let here = vec2<f32>(id.xy) + 0.5;
    let tensor = flow_in(0.5 * here);
    let start = flow_tangent(tensor.xy);
    let simple = textureLoad(reduce_drawing, vec2<i32>(id.xy), 0).a;
    let stride = paint.stride * simple * (1.0 - paint_corner(tensor, paint_skin(vec2<i32>(id.xy))));
    let middle = paint_at(here);
    var sum = middle;
    var total = 1.0;
    for (var side = -1.0; side < 2.0; side += 2.0) {
        var tangent = side * start;
        var at = here + stride * tangent;
        for (var i = 0;;) {
            let color = paint_at(at);
            let off = color.rgb - middle.rgb;
            let weight = PAINT_WEIGHTS[i] / (1.0 + dot(off, off) / (PAINT_OTHER * PAINT_OTHER));
            sum += weight * color;
            total += weight;
            i += 1;
            if i == PAINT_SAMPLES {
                break;
            }
            tangent = flow_onward(flow_in(0.5 * at).xy, tangent);
            at += stride * tangent;
        }
    }
    textureStore(paint_out, vec2<i32>(id.xy), sum / total);
}

// From where each pixel is taken, in parts of the drawing: from the side of the edge to which it belongs (a shock filter, Osher
// and Rudin 1990). It is shifted at full size: here, edges would come in steps. What is seen of the photo is shifted
// here, for the way of edges to be found anew.
@compute @workgroup_size(64, 8)
fn paint_across(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.drawing_size) {
        return;
    }
    let here = vec2<f32>(id.xy) + 0.5;
    let normal = flow_normal(flow_in(0.5 * here).xy);
    let middle = luma_of(paint_at(here).rgb);
    let one = luma_of(paint_at(here + PAINT_REACH * normal).rgb);
    let other = luma_of(paint_at(here - PAINT_REACH * normal).rgb);
    let bend = one + other - 2.0 * middle;
    let slope = one - other;
    let way = bend / (abs(bend) + PAINT_BEND) * slope / (abs(slope) + PAINT_SLOPE);
    let shift = -way * paint.pull * normal;
    let seen = textureLoad(flow_seen, vec2<i32>(id.xy), 0);
    textureStore(flow_seen_out, vec2<i32>(id.xy), vec4<f32>(paint_at(here + shift).a, seen.yzw));
    textureStore(paint_shift_out, vec2<i32>(id.xy), vec4<f32>(shift / vec2<f32>(frame.drawing_size), 0.0, 0.0));
}

// What is painted at `pixel` of the photo.
fn paint_color(pixel: vec2<i32>) -> vec3<f32> {
    let uv = (vec2<f32>(pixel) + 0.5) / vec2<f32>(frame.photo_size);
    return textureSampleLevel(small, linear, uv + textureSampleLevel(paint_shift, linear, uv, 0.0).xy, 0.0).rgb;
}
