// A 4:2:0 picture in a rectangle of a window, enlarged bilinearly; colours stay the codes they are.

struct ShowUniform {
    // (y, u, v, 1), each 0..=1 of the largest code -> (r, g, b, 1).
    to_rgb: mat4x4<f32>,
    // Left, top, right and bottom in clip space.
    corners: vec4<f32>,
    // Added to texture coordinates where chroma is sampled: it does not lie where a texel's middle is.
    chroma_shift: vec2<f32>,
}

@group(0) @binding(0) var<uniform> show: ShowUniform;
@group(0) @binding(1) var show_y: texture_2d<f32>;
@group(0) @binding(2) var show_u: texture_2d<f32>;
@group(0) @binding(3) var show_v: texture_2d<f32>;
@group(0) @binding(4) var show_linear: sampler;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
}

@vertex
fn show_corner(@builtin(vertex_index) index: u32) -> Corner {
    let at = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    return Corner(vec4<f32>(mix(show.corners.xy, show.corners.zw, at), 0.0, 1.0), at);
}

// Luma over the area that a pixel of the window covers: four samples are enough down to a quarter of the size.
fn luma(at: vec2<f32>) -> f32 {
    let x = dpdx(at) * 0.25;
    let y = dpdy(at) * 0.25;
    return (textureSample(show_y, show_linear, at - x - y).r + textureSample(show_y, show_linear, at + x - y).r
        + textureSample(show_y, show_linear, at - x + y).r + textureSample(show_y, show_linear, at + x + y).r) * 0.25;
}

@fragment
fn show_picture(corner: Corner) -> @location(0) vec4<f32> {
    let chroma = corner.at + show.chroma_shift;
    let u = textureSample(show_u, show_linear, chroma).r;
    let v = textureSample(show_v, show_linear, chroma).r;
    return vec4<f32>(saturate((show.to_rgb * vec4<f32>(luma(corner.at), u, v, 1.0)).rgb), 1.0);
}
