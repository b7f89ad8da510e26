// Where light and shade model a form, and luma without texture. Two passes over the cells: the second compares what the
// first has smoothed.

@group(0) @binding(39) var form_smooth_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(41) var form_smooth_in: texture_2d<f32>;
@group(0) @binding(42) var form_out: texture_storage_2d<rgba16float, write>;
// Per cell: mean luma of the drawing around (x), how far light models a form there (y, 0..=1), and how far texture may go
// (z, 0..=1); and the most luma beside it (w).
@group(0) @binding(40) var form: texture_2d<f32>;

// Cells on either side over which light has to rise.
const FORM_REACH: i32 = 3;
// Rise of luma a cell of a 180th of the picture's short side: what a wall has, what models a form, and what is an edge.
const FORM_EVEN: f32 = 0.0022;
const FORM_ROUND: f32 = 0.0055;
const FORM_STEEP: f32 = 0.03;
const FORM_EDGE: f32 = 0.06;
// Luma from which on paper and sky are thought to be all there is, and over how much below that they come to be; and what
// is a dark ground, of which steps would make rags.
const FORM_BRIGHT: f32 = 0.85;
const FORM_BELOW: f32 = 0.2;
const FORM_DARK: f32 = 0.1;
const FORM_ABOVE: f32 = 0.2;
// What is left on skin: people mind on faces what they like on cloth.
const FORM_SKIN: f32 = 0.8;
// Cells that count as beside another, and those opposite.
const FORM_BESIDE: array<vec2<i32>, 4> =
    array<vec2<i32>, 4>(vec2<i32>(3, 0), vec2<i32>(2, 2), vec2<i32>(0, 3), vec2<i32>(-2, 2));

// Luma and likeness to skin, weighted 1, 2, 1 either way, and how far the drawing may be simplified.
@compute @workgroup_size(64, 8)
fn form_smooth(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let last = vec2<i32>(frame.cell_size) - 1;
    var color = vec3<f32>(0.0);
    for (var y = -1; y <= 1; y += 1) {
        for (var x = -1; x <= 1; x += 1) {
            let at = clamp(vec2<i32>(id.xy) + vec2<i32>(x, y), vec2<i32>(0), last);
            // The mean of a cell's four pixels.
            let uv = 2.0 * (vec2<f32>(at) + 0.5) / vec2<f32>(frame.drawing_size);
            color += f32((2 - abs(x)) * (2 - abs(y))) * textureSampleLevel(small, linear, uv, 0.0).rgb;
        }
    }
    color /= 16.0;
    let simple = textureLoad(reduce_drawing, vec2<i32>(id.xy) * 2, 0).a;
    textureStore(form_smooth_out, vec2<i32>(id.xy), vec4<f32>(luma_of(color), skin_of(color), simple, 0.0));
}

fn form_luma(cell: vec2<i32>) -> f32 {
    return textureLoad(form_smooth_in, clamp(cell, vec2<i32>(0), vec2<i32>(frame.cell_size) - 1), 0).x;
}

// The lesser of two rises, nothing where they differ in sign: at eyes, on lines, and beside an edge light rises on one side
// only (the minmod limiter, Roe 1986).
fn form_rise(here: f32, before: f32, after: f32) -> f32 {
    let rises = vec2<f32>(here - before, after - here);
    return select(0.0, min(abs(rises.x), abs(rises.y)), rises.x * rises.y > 0.0);
}

@compute @workgroup_size(64, 8)
fn form_find(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let at = vec2<i32>(id.xy);
    let here = textureLoad(form_smooth_in, at, 0).xyz;
    let across = vec2<i32>(FORM_REACH, 0);
    let along = vec2<i32>(0, FORM_REACH);
    let rise = vec2<f32>(
        form_rise(here.x, form_luma(at - across), form_luma(at + across)),
        form_rise(here.x, form_luma(at - along), form_luma(at + along)),
    );
    let cells = f32(min(frame.cell_size.x, frame.cell_size.y)) / 180.0;
    let steepness = length(rise) * cells / f32(FORM_REACH);
    let round = smoothstep(FORM_EVEN, FORM_ROUND, steepness) * (1.0 - smoothstep(FORM_STEEP, FORM_EDGE, steepness));
    let middle = vec2<f32>(FORM_BRIGHT - here.x, here.x - FORM_DARK) / vec2<f32>(FORM_BELOW, FORM_ABOVE);
    let lit = clamp(min(middle.x, middle.y), 0.0, 1.0);
    var most = here.x;
    for (var i = 0; i < 8; i += 1) {
        let way = FORM_BESIDE[i & 3];
        most = max(most, form_luma(at + select(way, -way, i > 3)));
    }
    textureStore(form_out, at, vec4<f32>(here.x, round * lit * mix(1.0, FORM_SKIN, here.y) * here.z, here.z, most));
}

// The same around where the next pixels are.
var<private> form_here: vec4<f32>;

// Looks it up for the pixels around `at`, in photo pixels.
fn form_look(at: vec2<f32>) {
    form_here = textureSampleLevel(form, linear, at * frame.cells_per_pixel / vec2<f32>(frame.cell_size), 0.0);
}
