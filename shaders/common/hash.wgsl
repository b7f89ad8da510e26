// Deterministic noise of whole coordinates: the same on every device, so the page does not depend on who prints it.

// PCG (Jarzynski and Olano 2020) of a lattice point, 0..1.
fn hash(at: vec2<i32>) -> f32 {
    return f32(hash_word(at) >> 8u) / 16777216.0;
}

// Two of them, coarser.
fn hash_pair(at: vec2<i32>) -> vec2<f32> {
    let word = hash_word(at);
    return vec2<f32>(f32(word >> 16u), f32(word & 0xffffu)) / 65536.0;
}

fn hash_word(at: vec2<i32>) -> u32 {
    let seed = bitcast<vec2<u32>>(at);
    let state = (seed.x * 747796405u + seed.y * 2891336453u) * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

// Value noise: the lattice's hash, smoothly interpolated.
fn value_noise(at: vec2<f32>) -> f32 {
    let base = floor(at);
    let t = at - base;
    let s = t * t * (3.0 - 2.0 * t);
    let i = vec2<i32>(base);
    let top = mix(hash(i), hash(i + vec2<i32>(1, 0)), s.x);
    let bottom = mix(hash(i + vec2<i32>(0, 1)), hash(i + vec2<i32>(1, 1)), s.x);
    return mix(top, bottom, s.y);
}
