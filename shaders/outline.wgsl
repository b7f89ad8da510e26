// Ink lines: difference of Gaussians across the edge at full size, averaged along it (flow-based XDoG, Winnemoeller
// 2012); and contours, where it says nothing, along the crest of the gradient (Canny 1986). The passes at full size draw
// the tiles of the picture that hold an edge and no others: a test inside the shader saves a software renderer nothing, it
// runs masked code too.

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
    // Luma beside them up to which lines are white.
    reverse: f32,
}

@group(0) @binding(14) var<uniform> outline: OutlineUniform;
// Part of the response at a line's rim that is there beside a line.
const OUTLINE_BESIDE: f32 = 0.3;
// Part of an edge's strength, which is about the most that it responds with, that its ink starts from: else the whole
// kernel's width is inked beside a strong edge, to the last sample and its jags.
const OUTLINE_CORE: f32 = 0.22;
// What thresholds are multiplied by in texture and at the clear outline of a thing: one direction prevails (from coherence
// OUTLINE_MIXED on, at OUTLINE_ONE it is all there is), and there are few edges around (gradients of OUTLINE_LONE of the
// edge's own; with OUTLINE_CROWD, it is one of many).
const OUTLINE_TEXTURE: f32 = 1.2;
const OUTLINE_CLEAR: f32 = 0.45;
const OUTLINE_MIXED: f32 = 0.5;
const OUTLINE_ONE: f32 = 0.9;
const OUTLINE_LONE: f32 = 0.35;
const OUTLINE_CROWD: f32 = 0.7;
// Over how much luma lines turn white.
const OUTLINE_TURN: f32 = 0.06;
// A difference of Gaussians peaks so many narrow sigmas from the edge.
const OUTLINE_PEAK: f32 = 1.3;
// Gradient, in luma per drawing pixel, from which on a soft edge is inked, and fully.
const CONTOUR_FROM: f32 = 0.012;
const CONTOUR_FULL: f32 = 0.022;
// Cells to both sides at which the crest of a gradient is looked for, and how peaked it must be.
const CONTOUR_REACH: f32 = 2.0;
const CONTOUR_FLAT: f32 = 0.1;
const CONTOUR_PEAKED: f32 = 0.5;
// How far it rises one way (see flow_rise) in texture, at a crisp edge and at a soft one.
const CONTOUR_UNEVEN: f32 = 0.42;
const CONTOUR_CRISP: f32 = 0.57;
const CONTOUR_SOFT: f32 = 0.76;
// Step of luma across an edge over its gradient up to which it is one of colour, and from which on one of luma.
const CONTOUR_COLOUR: f32 = 1.0;
const CONTOUR_LUMA: f32 = 2.2;
// How many times as steep an edge on skin must be.
const CONTOUR_SKIN: f32 = 3.0;
// Half a line's width in narrow sigmas, of the faintest edge and of one that steep.
const CONTOUR_THIN: f32 = 0.7;
const CONTOUR_THICK: f32 = 1.4;
const CONTOUR_STRONG: f32 = 0.05;
// Photo pixels by which the way to a crest changes from one to the next: where it jumps over it, between two crests, there is
// none.
const CONTOUR_WHOLE: f32 = 1.6;
const CONTOUR_TORN: f32 = 2.6;
// Cells along a contour at which it must go on.
const JOIN_NEAR: f32 = 2.0;
const JOIN_FAR: f32 = 4.0;
// Steps to both sides, and their length in cells of a 180th of the picture's short side, along which it is asked how far a
// line runs; what share of that is nothing, a tick, a line and all of it; and what its threshold is multiplied by then. How
// many times the threshold is as good as length.
const SUPPORT_STEPS: i32 = 4;
const SUPPORT_STEP: f32 = 2.0;
const SUPPORT_NONE: f32 = 0.02;
const SUPPORT_TICK: f32 = 0.3;
const SUPPORT_LINE: f32 = 0.55;
const SUPPORT_WHOLE: f32 = 0.85;
const SUPPORT_EASE: f32 = 0.5;
const SUPPORT_BOLD: vec2<f32> = vec2<f32>(1.5, 3.0);
// Cells on the side of a tile.
const OUTLINE_TILE: u32 = 4u;

@group(0) @binding(26) var outline_tiles_out: texture_storage_2d<r32uint, write>;
@group(0) @binding(27) var outline_tiles: texture_2d<u32>;
@group(0) @binding(45) var outline_crests_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(46) var outline_crests: texture_2d<f32>;
@group(0) @binding(15) var outline_response: texture_2d<f32>;
@group(0) @binding(16) var outline_ink: texture_2d<f32>;

fn outline_tile_grid() -> vec2<u32> {
    return (frame.cell_size + (OUTLINE_TILE - 1u)) / OUTLINE_TILE;
}

// Per tile: 1 where it is worth a look, for a cell in it or beside it, and twice the mean gradient in it, in 65536ths.
@compute @workgroup_size(64, 8)
fn outline_find(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= outline_tile_grid()) {
        return;
    }
    var strongest = 0.0;
    var sum = 0.0;
    let last = vec2<i32>(frame.cell_size) - 1;
    for (var y = -1; y <= i32(OUTLINE_TILE); y += 1) {
        for (var x = -1; x <= i32(OUTLINE_TILE); x += 1) {
            let cell = clamp(vec2<i32>(id.xy * OUTLINE_TILE) + vec2<i32>(x, y), vec2<i32>(0), last);
            let tensor = textureLoad(flow, cell, 0);
            strongest = max(strongest, flow_strength(tensor.xy));
            let inside = all(vec2<u32>(vec2<i32>(x, y)) < vec2<u32>(OUTLINE_TILE));
            sum += select(0.0, sqrt(tensor.z), inside);
        }
    }
    let worth = select(0u, 1u, strongest >= outline.gate_low);
    let mean = u32(min(sum / f32(OUTLINE_TILE * OUTLINE_TILE), 1.0) * 65536.0);
    textureStore(outline_tiles_out, vec2<i32>(id.xy), vec4<u32>(worth | (mean << 1u), 0u, 0u, 0u));
}

// What a tile's pixels need of the uniform: a software renderer reads it once a tile instead of at every pixel.
struct OutlineTile {
    @builtin(position) here: vec4<f32>,
    @location(0) @interpolate(flat) across: vec4<f32>,
    @location(1) @interpolate(flat) along: vec4<f32>,
    // spacing, stride, threshold, softness.
    @location(2) @interpolate(flat) steps: vec4<f32>,
    // gate_low, gate_high.
    @location(3) @interpolate(flat) gate: vec2<f32>,
    // Mean gradient around, in luma per drawing pixel.
    @location(4) crowd: f32,
}

fn outline_corner(position: vec4<f32>, crowd: f32) -> OutlineTile {
    let steps = vec4<f32>(outline.spacing, outline.stride, outline.threshold, outline.softness);
    let gate = vec2<f32>(outline.gate_low, outline.gate_high);
    return OutlineTile(position, outline.across, outline.along, steps, gate, crowd);
}

// Mean gradient of the four by four tiles around the upper left corner of tile `at`.
fn outline_crowd(at: vec2<u32>) -> f32 {
    let last = vec2<i32>(outline_tile_grid()) - 1;
    var sum = 0u;
    for (var i = 0; i < 16; i += 1) {
        let tile = clamp(vec2<i32>(at) + vec2<i32>((i & 3) - 2, (i >> 2u) - 2), vec2<i32>(0), last);
        sum += textureLoad(outline_tiles, tile, 0).x >> 1u;
    }
    return f32(sum) / (16.0 * 65536.0);
}

// A quad per tile: two triangles where it is worth a look, else nothing.
@vertex
fn outline_tile(@builtin(vertex_index) vertex: u32, @builtin(instance_index) tile: u32) -> OutlineTile {
    let columns = outline_tile_grid().x;
    let at = vec2<u32>(tile % columns, tile / columns);
    if (textureLoad(outline_tiles, at, 0).x & 1u) == 0u {
        return outline_corner(vec4<f32>(0.0, 0.0, 0.0, 1.0), 0.0);
    }
    let corner = vec2<u32>(vertex & 1u, vertex >> 1u);
    let pixel = round(vec2<f32>((at + corner) * OUTLINE_TILE) / frame.cells_per_pixel);
    let clip = pixel / vec2<f32>(frame.photo_size) * 2.0 - 1.0;
    return outline_corner(vec4<f32>(clip.x, -clip.y, 0.0, 1.0), outline_crowd(at + corner));
}

// Response per photo pixel: positive on the dark side of an edge and on a dark line. Cleared to 0.
@fragment
fn outline_across(tile: OutlineTile) -> @location(0) vec4<f32> {
    let here = tile.here;
    let tensor = flow_at(here.xy);
    let step = flow_normal(tensor.xy) * tile.steps.x;
    let sum = tile.across.x * outline_luma(here.xy)
        + tile.across.y * (outline_luma(here.xy + step) + outline_luma(here.xy - step))
        + tile.across.z * (outline_luma(here.xy + 2.0 * step) + outline_luma(here.xy - 2.0 * step))
        + tile.across.w * (outline_luma(here.xy + 3.0 * step) + outline_luma(here.xy - 3.0 * step));
    return vec4<f32>(sum * smoothstep(tile.gate.x, tile.gate.y, flow_strength(tensor.xy)));
}

fn outline_luma(at: vec2<f32>) -> f32 {
    return photo_luma(vec2<i32>(at));
}

// Interpolated: samples along a line lie pixels apart, and each would print whatever crosses it once more.
fn outline_response_at(at: vec2<f32>) -> f32 {
    return textureSampleLevel(outline_response, linear, at / vec2<f32>(frame.photo_size), 0.0).x;
}

// Threshold and softness, which of the style are `steps`, of an edge among others of mean gradient `crowd`.
fn outline_steps(tensor: vec4<f32>, crowd: f32, steps: vec2<f32>) -> vec2<f32> {
    let lone = 1.0 - smoothstep(OUTLINE_LONE, OUTLINE_CROWD, crowd / max(flow_strength(tensor.xy), 1e-6));
    return steps * mix(OUTLINE_TEXTURE, OUTLINE_CLEAR, outline_prevails(tensor) * lone);
}

// Whether one direction prevails, 0..=1.
fn outline_prevails(tensor: vec4<f32>) -> f32 {
    return smoothstep(OUTLINE_MIXED, OUTLINE_ONE, flow_coherence(tensor));
}

// The response of which half is inked.
fn outline_half(tensor: vec4<f32>, steps: vec2<f32>) -> f32 {
    return max(steps.x + 0.5 * steps.y, OUTLINE_CORE * flow_strength(tensor.xy));
}

// Per cell, of the edge to which the difference of Gaussians says nothing, since it is soft or of colour alone: where light
// is steepest, in photo pixels towards the light (x), how much of a contour it is, 0..=1 (y), and half its width (z). That
// place is the crest of the Gaussian through the gradient's squares here and to both sides.
@compute @workgroup_size(64, 8)
fn outline_crest(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let here = (vec2<f32>(id.xy) + 0.5) / frame.cells_per_pixel;
    let tensor = textureLoad(flow, vec2<i32>(id.xy), 0);
    let strength = flow_strength(tensor.xy);
    let reach = CONTOUR_REACH / min(frame.cells_per_pixel.x, frame.cells_per_pixel.y);
    var normal = flow_normal(tensor.xy);
    normal *= select(1.0, -1.0, outline_light(here + normal * reach) < outline_light(here - normal * reach));
    let one = log(max(flow_at(here + normal * reach).z, 1e-7));
    let other = log(max(flow_at(here - normal * reach).z, 1e-7));
    let bend = 2.0 * log(max(tensor.z, 1e-7)) - one - other;
    let off = clamp(0.5 * (one - other) / max(bend, 1e-3), -2.0, 2.0) * reach;

    let top = here + normal * off;
    let aside = normal * outline.spacing * OUTLINE_PEAK;
    let step = abs(outline_luma(top + 2.0 * aside) - outline_luma(top - 2.0 * aside));
    let colour = 1.0 - smoothstep(CONTOUR_COLOUR, CONTOUR_LUMA, step / max(strength, 1e-6));
    let rise = flow_rise(tensor);
    let kind = max(smoothstep(CONTOUR_CRISP, CONTOUR_SOFT, rise), colour * smoothstep(CONTOUR_UNEVEN, CONTOUR_CRISP, rise));
    let steps = vec2<f32>(outline.threshold, outline.softness);
    let half = outline_half(tensor, outline_steps(tensor, outline_crowd(id.xy / OUTLINE_TILE), steps));
    let response = max(outline_response_at(here), max(outline_response_at(top + aside), outline_response_at(top - aside)));
    let inked = smoothstep(0.6 * half, half, response);
    let line = smoothstep(0.25 * half, 0.6 * half, response);
    let skin = textureSampleLevel(flow_seen, linear, here / vec2<f32>(frame.photo_size), 0.0).z;
    let steep = strength / mix(1.0, CONTOUR_SKIN, skin);
    let contour = outline_prevails(tensor) * kind * (1.0 - inked)
        * smoothstep(CONTOUR_FLAT, CONTOUR_PEAKED, bend) * smoothstep(CONTOUR_FROM, CONTOUR_FULL, steep);
    let wide = outline.spacing * mix(CONTOUR_THIN, CONTOUR_THICK, smoothstep(CONTOUR_FROM, CONTOUR_STRONG, steep));
    textureStore(outline_crests_out, vec2<i32>(id.xy), vec4<f32>(off, contour, wide, max(contour, line)));
}

// Joins contours where they break off for a moment: a cell is as much of one as those before and behind it are, both of them
// (compare the hysteresis of Canny 1986). And asks how far lines run.
@compute @workgroup_size(64, 8)
fn outline_join(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let at = vec2<i32>(id.xy);
    let along = flow_tangent(textureLoad(flow, at, 0).xy);
    let here = vec2<f32>(id.xy) + 0.5;
    let before = vec2<f32>(outline_contour(here - along * JOIN_NEAR), outline_contour(here - along * JOIN_FAR));
    let behind = vec2<f32>(outline_contour(here + along * JOIN_NEAR), outline_contour(here + along * JOIN_FAR));
    let crest = textureLoad(outline_crests, at, 0);
    let joined = max(crest.y, min(max(before.x, before.y), max(behind.x, behind.y)));
    textureStore(outline_crests_out, at, vec4<f32>(crest.x, joined, crest.z, outline_support(here, along, crest.w)));
}

// What share of the way along the edge at `here`, in cells, is inked, of 1.
fn outline_support(here: vec2<f32>, along: vec2<f32>, middle: f32) -> f32 {
    let step = max(SUPPORT_STEP * f32(min(frame.cell_size.x, frame.cell_size.y)) / 180.0, 1.0);
    var sum = middle;
    for (var side = -1.0; side < 2.0; side += 2.0) {
        var at = here;
        var way = side * along;
        for (var i = 0; i < SUPPORT_STEPS; i += 1) {
            at += step * way;
            // What has turned round is a speck, and no line.
            let ahead = max(side * dot(way, along), 0.0);
            sum += ahead * textureSampleLevel(outline_crests, linear, at / vec2<f32>(frame.cell_size), 0.0).w;
            way = flow_onward(flow_in(at).xy, way);
        }
    }
    return sum / f32(2 * SUPPORT_STEPS + 1);
}

// The tiles of those in which there is a line or a contour, or beside which: ink is drawn in no others.
@compute @workgroup_size(64, 8)
fn outline_mark(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= outline_tile_grid()) {
        return;
    }
    var most = 0.0;
    let last = vec2<i32>(frame.cell_size) - 1;
    for (var y = -1; y <= i32(OUTLINE_TILE); y += 1) {
        for (var x = -1; x <= i32(OUTLINE_TILE); x += 1) {
            let cell = clamp(vec2<i32>(id.xy * OUTLINE_TILE) + vec2<i32>(x, y), vec2<i32>(0), last);
            most = max(most, textureLoad(outline_crests, cell, 0).w);
        }
    }
    let tile = textureLoad(outline_tiles, vec2<i32>(id.xy), 0).x;
    let marked = select(tile & ~1u, tile, most > SUPPORT_NONE);
    textureStore(outline_tiles_out, vec2<i32>(id.xy), vec4<u32>(marked, 0u, 0u, 0u));
}

// How much of a contour there is at `at`, in cells.
fn outline_contour(at: vec2<f32>) -> f32 {
    return textureSampleLevel(outline_crests, linear, at / vec2<f32>(frame.cell_size), 0.0).y;
}

// What the crest parts: light from dark, and grey from colours.
fn outline_light(at: vec2<f32>) -> f32 {
    let seen = textureSampleLevel(flow_seen, linear, at / vec2<f32>(frame.photo_size), 0.0);
    return seen.x + seen.y;
}

// Ink per photo pixel, 0..=1, and whether a line is near (1) or not (0). Cleared to 0.
@fragment
fn outline_along(tile: OutlineTile) -> @location(0) vec4<f32> {
    let here = tile.here;
    let middle = outline_response_at(here.xy);
    let tensor = flow_at(here.xy);
    let along = flow_tangent(tensor.xy) * tile.steps.y;
    let response = tile.along.x * middle
        + tile.along.y * (outline_response_at(here.xy + along) + outline_response_at(here.xy - along))
        + tile.along.z * (outline_response_at(here.xy + 2.0 * along) + outline_response_at(here.xy - 2.0 * along))
        + tile.along.w * (outline_response_at(here.xy + 3.0 * along) + outline_response_at(here.xy - 3.0 * along));
    // A line's rim is as wide as a pixel at least: what is steeper would flicker as it moves.
    let steps = outline_steps(tensor, tile.crowd, tile.steps.zw);
    let rim = max(steps.y, abs(dpdx(response)) + abs(dpdy(response)));
    let uv = here.xy * frame.cells_per_pixel / vec2<f32>(frame.cell_size);
    let crest = textureSampleLevel(outline_crests, linear, uv, 0.0);
    let long = smoothstep(SUPPORT_TICK, SUPPORT_LINE, crest.w);
    let half = outline_half(tensor, steps) * mix(1.0, SUPPORT_EASE, smoothstep(SUPPORT_TICK, SUPPORT_WHOLE, crest.w));
    let bold = smoothstep(SUPPORT_BOLD.x, SUPPORT_BOLD.y, response / half);
    let near = outline_full(response, steps.y, OUTLINE_BESIDE * half);
    let line = outline_full(response, rim, half);
    let torn = smoothstep(CONTOUR_WHOLE, CONTOUR_TORN, length(vec2<f32>(dpdx(crest.x), dpdy(crest.x))));
    let contour = crest.y * long * (1.0 - torn) * (1.0 - smoothstep(crest.z - 0.5, crest.z + 0.5, abs(crest.x)));
    let around = crest.y * (1.0 - smoothstep(2.0 * crest.z, 3.0 * crest.z, abs(crest.x)));
    return vec4<f32>(max(line * max(long, bold), contour), max(near, around), 0.0, 0.0);
}

// Ink where the response is `response`: half of it at `half`, all within `rim`.
fn outline_full(response: f32, rim: f32, half: f32) -> f32 {
    return smoothstep(half - 0.5 * rim, half + 0.5 * rim, response);
}

fn outline_ink_at(pixel: vec2<i32>) -> vec2<f32> {
    return textureLoad(outline_ink, pixel, 0).xy;
}

// `around`: the most luma of the drawing beside the line. Ink is never lighter than what it covers: on black it would glow.
fn outline_apply(color: vec3<f32>, ink: f32, around: f32) -> vec3<f32> {
    let white = smoothstep(0.5 * OUTLINE_TURN, -0.5 * OUTLINE_TURN, around - outline.reverse);
    return mix(color, mix(min(color, outline.color.rgb), vec3<f32>(1.0), white), ink * outline.color.a);
}
