// What every pass knows of the frame at hand.
struct Frame {
    // Pixels of the photo and of the result.
    size: vec2u,
    // Pixels of the drawing.
    small: vec2u,
    // Pixels of this frame per pixel of one 1080 lines high.
    scale: f32,
    // 0 photo, 1 full drawing.
    strength: f32,
    unused: vec2f,
}
@group(0) @binding(0) var<uniform> frame: Frame;

fn luma(color: vec3f) -> f32 {
    return dot(color, vec3f(0.2126, 0.7152, 0.0722));
}
