// Paper: its colour where nothing is printed, and fibres, fixed to the page.
struct Paper {
    color: vec3f,
    grain: f32,
    // Pixels of a fibre.
    size: f32,
    unused_a: f32,
    unused_b: vec2f,
}
@group(0) @binding(5) var<uniform> paper_settings: Paper;

// Hash of a lattice point to 0..1 (PCG of Jarzynski and Olano 2020, first component).
fn hashed(at: vec2i) -> f32 {
    var v = vec2u(at) * 1664525u + 1013904223u;
    v.x += v.y * 1664525u;
    v.y += v.x * 1664525u;
    v ^= v >> vec2u(16u);
    v.x += v.y * 1664525u;
    return f32((v.x ^ (v.x >> 16u)) & 0xffffu) / 65535.0;
}

fn noise(at: vec2f) -> f32 {
    let cell = vec2i(floor(at));
    let part = smoothstep(vec2f(0.0), vec2f(1.0), fract(at));
    let upper = mix(hashed(cell), hashed(cell + vec2i(1, 0)), part.x);
    let lower = mix(hashed(cell + vec2i(0, 1)), hashed(cell + vec2i(1, 1)), part.x);
    return mix(upper, lower, part.y);
}

fn paper(color: vec3f, at: vec2f) -> vec3f {
    let p = at / paper_settings.size;
    let fibre = 0.6 * noise(p * vec2f(1.0, 0.55)) + 0.4 * noise(p.yx * vec2f(2.3, 1.1) + 17.0);
    return color * paper_settings.color * (1.0 - paper_settings.grain * 0.35 * fibre);
}
