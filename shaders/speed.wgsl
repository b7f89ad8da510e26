// Speed lines and smear: ink streaks along the motion, and colours of the picture before drawn out along it. What they
// follow is the motion's grid, so that what stands still stays untouched. Drawn at half the size, where the loops cost a
// quarter; within the last pass they would also crash the compiler of a software renderer (Mesa 22.3).

struct SpeedUniform {
    // Ink of the streaks and their opacity.
    color: vec4<f32>,
    // Motion between two drawings from which streaks begin, and from which they are full, in picture heights.
    low: f32,
    high: f32,
    // How far colours are drawn out, in motions; 0 leaves them alone.
    smear: f32,
    // One over the width of a streak in photo pixels.
    frequency: f32,
}

@group(0) @binding(33) var<uniform> speed: SpeedUniform;
// Smeared colour, and how much ink lies over it.
@group(0) @binding(36) var speed_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(37) var speed_drawn: texture_2d<f32>;

const SPEED_SAMPLES: i32 = 8;
// Samples of a streak on either side.
const SPEED_REACH: i32 = 15;

// How fast `pixel` moves: 0 (slow, or not known) ..= 1; and the way back in photo pixels.
fn speed_at(pixel: vec2<i32>) -> vec3<f32> {
    let size = vec2<f32>(frame.photo_size);
    let uv = (vec2<f32>(pixel) + 0.5) / size;
    let motion = textureSampleLevel(history_motion, linear, uv * history.fill, 0.0);
    let back = motion.xy * size;
    // For a new shot there is no motion, whatever the texture holds.
    let known = select(0.0, smoothstep(0.2, 0.6, motion.z), history.moving > 0.0);
    return vec3<f32>(known * smoothstep(speed.low, speed.high, length(back) / size.y), back);
}

// The picture before, drawn out along the motion.
fn speed_smear(pixel: vec2<i32>, back: vec2<f32>) -> vec3<f32> {
    var sum = vec3<f32>(0.0);
    for (var i = 1; i <= SPEED_SAMPLES; i += 1) {
        // It holds what is here one motion back: from there on, further back.
        let way = back * (1.0 + speed.smear * f32(i) / f32(SPEED_SAMPLES));
        sum += textureLoad(history_before, photo_clamp(pixel + vec2<i32>(round(way))), 0).rgb;
    }
    return sum / f32(SPEED_SAMPLES);
}

// Streaks: noise averaged along the motion (line integral convolution, Cabral and Leedom 1993), its crests inked.
fn speed_lines(pixel: vec2<i32>, back: vec2<f32>) -> f32 {
    let along = normalize(back);
    var sum = 0.0;
    var total = 0.0;
    for (var i = -SPEED_REACH; i <= SPEED_REACH; i += 1) {
        // Steps below the noise's own size and a window that fades, or its lattice shows as barbs.
        let at = vec2<f32>(pixel) * speed.frequency + along * (f32(i) * 0.8);
        let weight = 1.0 - pow(f32(i) / f32(SPEED_REACH + 1), 2.0);
        sum += weight * value_noise(at);
        total += weight;
    }
    return smoothstep(0.56, 0.62, sum / total);
}

@compute @workgroup_size(64, 8)
fn speed_draw(@builtin(global_invocation_id) id: vec3<u32>) {
    let size = textureDimensions(speed_out);
    if any(id.xy >= size) {
        return;
    }
    let pixel = photo_clamp(vec2<i32>(id.xy) * 2);
    let fast = speed_at(pixel);
    var drawn = vec4<f32>(textureLoad(history_before, pixel, 0).rgb, 0.0);
    if fast.x > 0.0 {
        drawn = vec4<f32>(speed_smear(pixel, fast.yz), fast.x * speed_lines(pixel, fast.yz) * speed.color.a);
    }
    textureStore(speed_out, vec2<i32>(id.xy), drawn);
}

fn speed_apply(color: vec3<f32>, pixel: vec2<i32>) -> vec3<f32> {
    let uv = (vec2<f32>(pixel) + 0.5) / vec2<f32>(frame.photo_size);
    let drawn = textureSampleLevel(speed_drawn, linear, uv, 0.0);
    // The picture itself is the first of the samples along the way.
    let share = speed_at(pixel).x * min(speed.smear * 4.0, 1.0) * (1.0 - 1.0 / f32(SPEED_SAMPLES + 1));
    return mix(mix(color, drawn.rgb, share), speed.color.rgb, drawn.a);
}
