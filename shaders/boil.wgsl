// Ink that is drawn anew: every drawing's lines wobble in their own way, as those of a hand do.

struct BoilUniform {
    // Photo pixels by which a line strays at most.
    reach: f32,
    // One over the length of a wave in photo pixels.
    frequency: f32,
    // Changes with every drawing.
    seed: u32,
}

@group(0) @binding(32) var<uniform> boil: BoilUniform;

// Ink and reach at `pixel`, from a place a little aside.
fn boil_ink_at(pixel: vec2<i32>) -> vec2<f32> {
    let at = vec2<f32>(pixel) * boil.frequency;
    // Far apart in the noise, so that no drawing is another one shifted a little.
    let start = vec2<f32>(vec2<u32>(boil.seed * 61u, boil.seed * 97u) & vec2<u32>(0xfffu));
    let aside = vec2<f32>(value_noise(at + start), value_noise(at + start + 517.5)) - 0.5;
    return outline_ink_at(photo_clamp(pixel + vec2<i32>(round(aside * 2.0 * boil.reach))));
}
