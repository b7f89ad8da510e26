// What `reduce` made, read by the passes after it.

@group(0) @binding(4) var small: texture_2d<f32>;
@group(0) @binding(12) var linear: sampler;

fn small_at(at: vec2<i32>) -> vec4<f32> {
    return textureLoad(small, clamp(at, vec2<i32>(0), vec2<i32>(frame.drawing_size) - 1), 0);
}
