// Strokes of a pen that run with the form, and others across them: noise, averaged along the edges (line integral convolution,
// Cabral and Leedom 1993; of pencil strokes, Mao 2001), and cut off at the shade that it has to give. Averages at the drawing's
// size, cut at full size.

@group(0) @binding(52) var hatch_way_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(53) var hatch_way: texture_2d<f32>;
@group(0) @binding(54) var hatch_grain_out: texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(55) var hatch_grain: texture_2d<f32>;
@group(0) @binding(56) var hatch_out: texture_storage_2d<rgba8unorm, write>;
// Per pixel of the drawing and for each way of strokes the share of the paper where ink comes first (xy), how much of the
// shade is drawn (z), and how much darker the photo is than around it, where a small face is (w).
@group(0) @binding(57) var hatch: texture_2d<f32>;

// Cells from one place to the next where the way is asked for, and on either side over which it is averaged.
const HATCH_STEP: u32 = 4u;
const HATCH_REACH: i32 = 7;
// Square of the gradient, in luma per drawing pixel, at which edges are as good as the screen's own angle.
const HATCH_PLAIN: f32 = 0.0008;
// Twice the angle between the two ways, 70 degrees: cosine and sine.
const HATCH_TURN: vec2<f32> = vec2<f32>(-0.7660444, 0.6427876);
// Samples to either side, and what lies between them in periods.
const HATCH_SAMPLES: i32 = 5;
const HATCH_STRIDE: f32 = 0.5;
// The noise's gain, and the deviation of its average.
const HATCH_GAIN: f32 = 0.9;
const HATCH_DEVIATION: f32 = 0.04;
// How fast noise gets unlike itself: over the square of the distance, in a lattice's steps.
const HATCH_APART: f32 = 2.0;
// What stays where it lies though it move a little, to and fro, in a lattice's steps.
const HATCH_NEAR: vec2<f32> = vec2<f32>(0.2, 0.7);
// How fast places that are stretched give way: over the fourth power of it.
const HATCH_TORN: f32 = 30.0;
// Share of the paper that a way inks, over shade and at most, and the shade at which the second begins.
const HATCH_RISE: f32 = 1.3;
const HATCH_INK: f32 = 0.42;
const HATCH_SECOND: f32 = 0.35;
// From which shade to which the paper fills up, and the share that is asked for then: more than all, as rims are soft.
const HATCH_FILL: vec2<f32> = vec2<f32>(0.68, 0.9);
const HATCH_OVER: f32 = 1.3;
// Part of the shade on skin, and on that of small faces: strokes as wide as an eye would cover it.
const HATCH_FACE: f32 = 0.2;
const HATCH_SKIN: f32 = 0.65;
// How far a small face may be simplified, at least and at most.
const HATCH_SMALL: vec2<f32> = vec2<f32>(0.3, 0.7);
// By how much eyes, brows and mouths are darker than what lies around, in 180ths of the drawing's short side.
const HATCH_EYE: vec2<f32> = vec2<f32>(0.025, 0.08);
const HATCH_AROUND: f32 = 2.0;
// How much skin there is around them.
const HATCH_FLESH: vec2<f32> = vec2<f32>(0.3, 0.6);
// Most of it that is told from more.
const HATCH_DARKEST: f32 = 0.25;

// Mean way of the edges (the tensor's deviatoric part), and the screen's own.
@compute @workgroup_size(64, 8)
fn hatch_find(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy * HATCH_STEP >= frame.cell_size) {
        return;
    }
    let last = vec2<i32>(frame.cell_size) - 1;
    let middle = vec2<i32>(id.xy * HATCH_STEP + HATCH_STEP / 2u);
    var sum = vec3<f32>(0.0);
    for (var y = 1 - HATCH_REACH; y < HATCH_REACH; y += 1) {
        for (var x = 1 - HATCH_REACH; x < HATCH_REACH; x += 1) {
            let tent = f32((HATCH_REACH - abs(x)) * (HATCH_REACH - abs(y)));
            sum += tent * textureLoad(flow, clamp(middle + vec2<i32>(x, y), vec2<i32>(0), last), 0).xyz;
        }
    }
    let reach = f32(HATCH_REACH * HATCH_REACH);
    // Where edges run this way and that, as on a house front, strokes that turned with each of them would be a tangle.
    let coherence = length(sum.xy) / max(sum.z, 1e-12);
    let found = coherence * coherence * sum.xy / (reach * reach);
    // Strokes run along the first axis: the gradient across them.
    let axis = halftone.axis * halftone.period;
    let own = -vec2<f32>(axis.x * axis.x - axis.y * axis.y, 2.0 * axis.x * axis.y);
    let uv = (vec2<f32>(id.xy) + 0.5) / vec2<f32>(textureDimensions(hatch_way_out));
    let way = hatch_calm(found + HATCH_PLAIN * own, uv);
    textureStore(hatch_way_out, vec2<i32>(id.xy), vec4<f32>(way, 0.0, 0.0));
}

// Noise of no more than one size, one for each way: a lattice's, less what lies around; what is coarser is taken out, or
// strokes would come in clouds. Neighbours share most of the lattice's points, and each hash is good for both.
fn hatch_noise(at: vec2<f32>) -> vec2<f32> {
    let base = vec2<i32>(floor(at));
    let t = fract(at);
    let s = t * t * (3.0 - 2.0 * t);
    let across = vec4<f32>(0.0, 1.0 - s.x, s.x, 0.0);
    let down = vec4<f32>(0.0, 1.0 - s.y, s.y, 0.0);
    var sum = vec2<f32>(0.0);
    for (var y = 0; y < 4; y += 1) {
        for (var x = 0; x < 4; x += 1) {
            if (x == 0 || x == 3) && (y == 0 || y == 3) {
                continue;
            }
            let beside = select(0.0, across[x - 1], x > 0) + select(0.0, across[x + 1], x < 3);
            let above = select(0.0, down[y - 1], y > 0) + select(0.0, down[y + 1], y < 3);
            let weight = across[x] * down[y] - 0.25 * (beside * down[y] + above * across[x]);
            sum += weight * hash_pair(base + vec2<i32>(x, y) - 1);
        }
    }
    return 0.5 + HATCH_GAIN * sum;
}

// Noise of two places of a pixel, which take turns, and where they are torn of the page's, as strong as one alone: all are one
// and the same where nothing moves.
fn hatch_turns(page: vec2<f32>, moved: vec4<f32>, torn: vec2<f32>, share: f32) -> vec2<f32> {
    let way = moved - page.xyxy;
    let far = smoothstep(vec2<f32>(HATCH_NEAR.x), vec2<f32>(HATCH_NEAR.y), vec2<f32>(length(way.xy), length(way.zw)));
    let places = page.xyxy + way * far.xxyy;
    let whole = 1.0 / (1.0 + HATCH_TORN * torn * torn);
    let first = (1.0 - share) * whole.x;
    let second = share * whole.y;
    let weights = array<f32, 3>(first, second, 1.0 - first - second);
    let spots = array<vec2<f32>, 3>(places.xy, places.zw, page);
    var sum = vec2<f32>(0.0);
    var i = select(0, 2, all(places == page.xyxy));
    let alone = i == 2;
    // A loop that nobody stays in is left, by a software renderer, too.
    loop {
        sum += select(weights[i], 1.0, alone) * (hatch_noise(spots[i]) - 0.5);
        continuing {
            i += 1;
            break if i > 2;
        }
    }
    var strength = 1.0;
    for (var k = 0; k < 3; k += 1) {
        let j = (k + 1) % 3;
        let apart = spots[k] - spots[j];
        strength -= 2.0 * weights[k] * weights[j] * (1.0 - exp(-HATCH_APART * dot(apart, apart)));
    }
    return 0.5 + sum / sqrt(strength);
}

// Lays the noise out on the page, or on what moves.
@compute @workgroup_size(64, 8)
fn hatch_scatter(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.drawing_size) {
        return;
    }
    let pixel = (vec2<f32>(id.xy) + 0.5) * vec2<f32>(frame.photo_size) / vec2<f32>(frame.drawing_size);
    // A period is light and dark.
    let noise = hatch_laid(pixel, 2.0 / halftone.period);
    textureStore(hatch_grain_out, vec2<i32>(id.xy), vec4<f32>(noise, 0.0, 0.0));
}

fn hatch_way_at(at: vec2<f32>) -> vec2<f32> {
    return textureSampleLevel(hatch_way, linear, at / vec2<f32>(frame.drawing_size), 0.0).xy;
}

// `tensor` turned by the angle between the two ways.
fn hatch_turned(tensor: vec2<f32>) -> vec2<f32> {
    return vec2<f32>(
        HATCH_TURN.x * tensor.x - HATCH_TURN.y * tensor.y,
        HATCH_TURN.y * tensor.x + HATCH_TURN.x * tensor.y,
    );
}

fn hatch_grain_at(at: vec2<f32>) -> vec2<f32> {
    return textureSampleLevel(hatch_grain, linear, at / vec2<f32>(frame.drawing_size), 0.0).xy;
}

// How much darker the photo is at `here`, in pixels of the drawing, than on a ring around it, of HATCH_DARKEST.
fn hatch_feature(here: vec2<f32>) -> f32 {
    let size = vec2<f32>(frame.drawing_size);
    let reach = HATCH_AROUND * min(size.x, size.y) / 180.0;
    // Hair and collars are darker than what lies around, too: luma, and skin.
    var around = vec2<f32>(0.0);
    var way = vec2<f32>(reach, 0.0);
    for (var i = 0; i < 8; i += 1) {
        around += textureSampleLevel(flow_seen, linear, (here + way) / size, 0.0).xz;
        way = 0.70710678 * vec2<f32>(way.x - way.y, way.x + way.y);
    }
    let own = textureSampleLevel(flow_seen, linear, here / size, 0.0).x;
    around *= 0.125;
    return smoothstep(HATCH_FLESH.x, HATCH_FLESH.y, around.y) * clamp((around.x - own) / HATCH_DARKEST, 0.0, 1.0);
}

// Averages the noise along both ways, and looks for features.
@compute @workgroup_size(64, 8)
fn hatch_along(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.drawing_size) {
        return;
    }
    let here = vec2<f32>(id.xy) + 0.5;
    let start = hatch_way_at(here);
    let stride = HATCH_STRIDE * halftone.period * 2.0 * frame.cells_per_pixel.x;
    var sum = hatch_grain_at(here);
    for (var side = -1.0; side < 2.0; side += 2.0) {
        var first = side * flow_tangent(start);
        var second = side * flow_tangent(hatch_turned(start));
        var along = here;
        var across = here;
        for (var i = 0; i < HATCH_SAMPLES; i += 1) {
            along += stride * first;
            across += stride * second;
            sum += vec2<f32>(hatch_grain_at(along).x, hatch_grain_at(across).y);
            first = flow_onward(hatch_way_at(along), first);
            second = flow_onward(hatch_turned(hatch_way_at(across)), second);
        }
    }
    let off = sum / f32(2 * HATCH_SAMPLES + 1) - 0.5;
    // The share of a normal distribution that lies below (logistic approximation).
    let share = 1.0 / (1.0 + exp(-1.702 * off / (HATCH_GAIN * HATCH_DEVIATION)));
    let skin = textureLoad(flow_seen, vec2<i32>(id.xy), 0).z;
    let simple = textureLoad(reduce_drawing, vec2<i32>(id.xy), 0).a;
    let face = 1.0 - smoothstep(HATCH_SMALL.x, HATCH_SMALL.y, simple);
    let kept = mix(1.0, mix(HATCH_SKIN, HATCH_FACE, face), skin);
    textureStore(hatch_out, vec2<i32>(id.xy), vec4<f32>(share, kept, face * hatch_feature(here)));
}

// Share of ink at `pixel` for a shade of 0..=1 (x), and of a small face's features (y).
fn hatch_ink(pixel: vec2<i32>, shade: f32) -> vec2<f32> {
    let uv = (vec2<f32>(pixel) + 0.5) / vec2<f32>(frame.photo_size);
    let laid = textureSampleLevel(hatch, linear, uv, 0.0);
    let shares = laid.xy;
    let darkness = shade * laid.z;
    let drawn = clamp(HATCH_RISE * (darkness - vec2<f32>(0.0, HATCH_SECOND)), vec2<f32>(0.0), vec2<f32>(HATCH_INK));
    let wanted = mix(drawn, vec2<f32>(HATCH_OVER), smoothstep(HATCH_FILL.x, HATCH_FILL.y, darkness));
    // A rim as wide as a pixel.
    let rim = max(2.0 / halftone.period, 0.05);
    let ink = smoothstep(vec2<f32>(-0.5), vec2<f32>(0.5), (wanted - shares) / rim) * step(vec2<f32>(1e-4), wanted);
    return vec2<f32>(max(ink.x, ink.y), smoothstep(HATCH_EYE.x, HATCH_EYE.y, HATCH_DARKEST * laid.w));
}
