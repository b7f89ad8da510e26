// Paper: a tint for white and a grain that takes the light, both fixed to the page.

struct PaperUniform {
    // What white becomes.
    color: vec4<f32>,
    // One over the size of the fibres in photo pixels.
    frequency: f32,
    grain: f32,
}

@group(0) @binding(18) var<uniform> paper: PaperUniform;

fn paper_apply(color: vec3<f32>, pixel: vec2<i32>) -> vec3<f32> {
    let at = (vec2<f32>(pixel) + 0.5) * paper.frequency;
    // Fibres lie mostly across the page; a coarser cloud keeps them from looking printed.
    let grain = 0.65 * value_noise(at * vec2<f32>(0.55, 1.3)) + 0.35 * value_noise(at * 0.21 + 17.0);
    return color * paper.color.rgb * (1.0 + paper.grain * 0.4 * (grain - 0.75));
}
