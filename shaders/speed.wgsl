// Speed lines and smear: ink streaks along the motion, and colours of the picture before drawn out along it. What they
// follow is the motion's grid, so that what stands still stays untouched.

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

const SPEED_SAMPLES: i32 = 8;

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

// The colour drawn out along the motion.
fn speed_smear(color: vec3<f32>, pixel: vec2<i32>, fast: vec3<f32>) -> vec3<f32> {
    if fast.x * speed.smear <= 0.0 {
        return color;
    }
    var sum = color;
    for (var i = 1; i <= SPEED_SAMPLES; i += 1) {
        // The picture before holds what is here one motion back: from there on, further back.
        let way = fast.yz * (1.0 + speed.smear * f32(i) / f32(SPEED_SAMPLES));
        // Loaded, not sampled: the compiler of a software renderer (Mesa 22.3) crashes on a sampler in this loop.
        sum += textureLoad(history_before, photo_clamp(pixel + vec2<i32>(round(way))), 0).rgb;
    }
    return mix(color, sum / f32(SPEED_SAMPLES + 1), fast.x);
}

// Streaks: noise averaged along the motion (line integral convolution, Cabral and Leedom 1993), its crests inked.
fn speed_lines(color: vec3<f32>, pixel: vec2<i32>, fast: vec3<f32>) -> vec3<f32> {
    if fast.x * speed.color.a <= 0.0 {
        return color;
    }
    let along = normalize(fast.yz);
    var sum = 0.0;
    for (var i = -SPEED_SAMPLES; i <= SPEED_SAMPLES; i += 1) {
        let at = (vec2<f32>(pixel) + along * (f32(i) * 1.5 / speed.frequency)) * speed.frequency;
        sum += value_noise(at);
    }
    let crest = smoothstep(0.56, 0.62, sum / f32(2 * SPEED_SAMPLES + 1));
    return mix(color, speed.color.rgb, crest * fast.x * speed.color.a);
}

fn speed_apply(color: vec3<f32>, pixel: vec2<i32>) -> vec3<f32> {
    let fast = speed_at(pixel);
    return speed_lines(speed_smear(color, pixel, fast), pixel, fast);
}
