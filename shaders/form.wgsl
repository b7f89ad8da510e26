// Where light and shade model a form, and luma without texture.

@group(0) @binding(39) var form_out: texture_storage_2d<rgba16float, write>;
// Per cell: mean luma of the drawing around (x), and how far light rises there as on a form (y, 0..=1).
@group(0) @binding(40) var form: texture_2d<f32>;

// Cells on either side over which light has to rise.
const FORM_REACH: i32 = 3;
// Rise of luma a cell of a 180th of the picture's short side: what a wall has, what models a form, and what is an edge.
const FORM_EVEN: f32 = 0.0015;
const FORM_ROUND: f32 = 0.005;
const FORM_STEEP: f32 = 0.03;
const FORM_EDGE: f32 = 0.06;

fn form_luma(cell: vec2<i32>) -> f32 {
    let last = vec2<i32>(frame.cell_size) - 1;
    return luma_of(textureLoad(upsample_means, clamp(cell, vec2<i32>(0), last), 0).rgb);
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
    let here = form_luma(at);
    var beside = 0.0;
    var corners = 0.0;
    for (var i = 0; i < 4; i += 1) {
        let right = 1 - 2 * (i & 1);
        let down = 1 - (i & 2);
        beside += form_luma(at + select(vec2<i32>(right, 0), vec2<i32>(0, right), (i & 2) > 0));
        corners += form_luma(at + vec2<i32>(right, down));
    }
    let across = vec2<i32>(FORM_REACH, 0);
    let along = vec2<i32>(0, FORM_REACH);
    let rise = vec2<f32>(
        form_rise(here, form_luma(at - across), form_luma(at + across)),
        form_rise(here, form_luma(at - along), form_luma(at + along)),
    );
    let cells = f32(min(frame.cell_size.x, frame.cell_size.y)) / 180.0;
    let steepness = length(rise) * cells / f32(FORM_REACH);
    let modelled = smoothstep(FORM_EVEN, FORM_ROUND, steepness) * (1.0 - smoothstep(FORM_STEEP, FORM_EDGE, steepness));
    textureStore(form_out, at, vec4<f32>(0.25 * here + 0.125 * beside + 0.0625 * corners, modelled, 0.0, 0.0));
}

// The same around where the next pixels are.
var<private> form_here: vec2<f32>;

// Looks it up for the pixels around `at`, in photo pixels.
fn form_look(at: vec2<f32>) {
    form_here = textureSampleLevel(form, linear, at * frame.cells_per_pixel / vec2<f32>(frame.cell_size), 0.0).xy;
}
