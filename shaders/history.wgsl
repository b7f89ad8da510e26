// The picture before, carried along the motion and mixed into the new one where the motion can be trusted: colours and
// ink at full size, before anything that is fixed to the page. What is carried is clamped (Karis 2014): colours to
// those that the new picture has nearly, ink to there where a line is drawn or next to one. So nothing lingers.

struct HistoryUniform {
    // Part of the motion's grid that the picture fills.
    fill: vec2<f32>,
    // The same of the blocks of light.
    light_fill: vec2<f32>,
    // Weight of the picture before where nothing changed, and where things move as the motion says; 0 for a new shot.
    still: f32,
    moving: f32,
}

@group(0) @binding(28) var<uniform> history: HistoryUniform;
// Per cell: way back in parts of the picture (xy), confidence (z), stillness (w).
@group(0) @binding(29) var history_motion: texture_2d<f32>;
@group(0) @binding(30) var history_before: texture_2d<f32>;
@group(0) @binding(31) var history_out: texture_storage_2d<rgba16float, write>;
// Per block: change of light since the picture before.
@group(0) @binding(38) var history_light: texture_2d<f32>;

// How far a colour carried on may lie from the new one.
const HISTORY_SLACK: f32 = 0.12;
// How many times a change of light shows in a drawing, at most.
const HISTORY_GAIN: f32 = 1.5;
// Share of the ink that is left out where the motion is not known, and how fast it goes, a picture.
const HISTORY_LIGHT: f32 = 0.6;
const HISTORY_FADE: f32 = 0.85;

// The motion and the change of light around where the next pixels are.
var<private> history_here: vec4<f32>;
var<private> history_lit: vec3<f32>;

// Looks them up for the pixels around `at`, in photo pixels; a cell is wider than a few of them.
fn history_look(at: vec2<f32>) {
    let uv = at / vec2<f32>(frame.photo_size);
    history_here = textureSampleLevel(history_motion, linear, uv * history.fill, 0.0);
    history_lit = HISTORY_GAIN * textureSampleLevel(history_light, linear, uv * history.light_fill, 0.0).rgb;
}

// The picture before around `uv`, by Catmull and Rom's cubic (1974) without its corners, which weigh least: five samples
// that the sampler makes of two by two (Jimenez 2016). Bilinear means, of one picture after the other, would leave nothing
// but a blur of what moves.
fn history_carried(uv: vec2<f32>) -> vec4<f32> {
    let size = vec2<f32>(frame.photo_size);
    let at = uv * size;
    let middle = floor(at - 0.5) + 0.5;
    let f = at - middle;
    let w0 = f * (-0.5 + f * (1.0 - 0.5 * f));
    let w1 = 1.0 + f * f * (-2.5 + 1.5 * f);
    let w2 = f * (0.5 + f * (2.0 - 1.5 * f));
    let w3 = f * f * (-0.5 + 0.5 * f);
    let w = w1 + w2;
    let near = (middle + w2 / w) / size;
    let below = (middle - 1.0) / size;
    let above = (middle + 2.0) / size;
    // Where nothing moves, the first is all. A loop that nobody stays in is left, by a software renderer, too, which runs
    // both sides of every test.
    let last = select(0, 4, any(abs(f - round(f)) > vec2<f32>(0.004)));
    var sum = vec4<f32>(0.0);
    var total = 0.0;
    var i = 0;
    loop {
        let weight = select(w0, w3, (i & 1) == 0);
        let beside = select(below, above, (i & 1) == 0);
        let across = i == 1 || i == 2;
        let down = i > 2;
        let share = select(w.x, weight.x, across) * select(w.y, weight.y, down);
        let place = vec2<f32>(select(near.x, beside.x, across), select(near.y, beside.y, down));
        sum += share * textureSampleLevel(history_before, linear, place, 0.0);
        total += share;
        continuing {
            i += 1;
            break if i > last;
        }
    }
    return sum / total;
}

// `fresh`: colour and ink of the new picture at `pixel`; `reach`: 1 where a line is near, 0 where not.
fn history_blend(fresh: vec4<f32>, reach: f32, pixel: vec2<i32>) -> vec4<f32> {
    let uv = (vec2<f32>(pixel) + 0.5) / vec2<f32>(frame.photo_size);
    let motion = history_here;
    let known = smoothstep(0.0, 0.2, motion.z);
    let before = history_carried(uv + select(vec2<f32>(0.0), motion.xy, known > 0.0));
    let slack = vec4<f32>(vec3<f32>(HISTORY_SLACK), max(reach, HISTORY_SLACK));
    // Where the light has changed, what is carried changes with it, as far as the new picture has: paper stays white.
    let lit = clamp(fresh.rgb - before.rgb, min(history_lit, vec3<f32>(0.0)), max(history_lit, vec3<f32>(0.0)));
    let kept = clamp(before + vec4<f32>(lit, 0.0), fresh - slack, fresh + slack);
    var blended = mix(fresh, kept, known * mix(history.moving, history.still, motion.w));
    // What moves in ways that cannot be followed is inked lightly: its lines are new in each picture. Not at once, or
    // a new shot would start with a blink.
    let light = fresh.a * (1.0 - HISTORY_LIGHT * history.moving * (1.0 - known));
    blended.a = min(blended.a, max(light, HISTORY_FADE * before.a));
    textureStore(history_out, pixel, blended);
    return blended;
}
