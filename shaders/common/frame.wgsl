// What all shaders share. The constant `frame` (sizes, plane layouts, colour matrices) is written by src/post/run.rs.

fn luma_of(color: vec3<f32>) -> f32 {
    return dot(color, frame.luma.rgb);
}
