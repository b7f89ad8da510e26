// Sizes, plane layouts and colour matrices of a run. Bound at 0 by every pass.

struct Frame {
    // rgb = (to_rgb * (y, u, v, 1)).rgb of raw input codes, and (y, u, v) codes = (from_rgb * (r, g, b, 1)).xyz.
    to_rgb: mat4x4<f32>,
    from_rgb: mat4x4<f32>,
    // Luma weights of R', G', B'.
    luma: vec4<f32>,
    // Per plane of the output: first byte and bytes a row.
    out_offset: vec4<u32>,
    out_pitch: vec4<u32>,
    photo_size: vec2<u32>,
    drawing_size: vec2<u32>,
    // The drawing's size halved, rounded up: the grid of local statistics.
    cell_size: vec2<u32>,
    cells_per_pixel: vec2<f32>,
    // Where chroma sample 0 lies, in luma pixels.
    chroma_origin: vec2<f32>,
    // Normalised luma = raw code * x + y.
    luma_scale: vec2<f32>,
    // 0 is the photo, 1 the drawing.
    strength: f32,
}

@group(0) @binding(0) var<uniform> frame: Frame;

fn luma_of(color: vec3<f32>) -> f32 {
    return dot(color, frame.luma.rgb);
}
