// The drawing with the photo's luma beside it: RGB of the drawing, alpha = mean luma of the photo under each pixel.

@group(0) @binding(2) var reduce_drawing: texture_2d<f32>;
@group(0) @binding(3) var reduce_out: texture_storage_2d<rgba8unorm, write>;

@compute @workgroup_size(64, 8)
fn reduce(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.drawing_size) {
        return;
    }
    // Photo pixels whose centres lie in this pixel's footprint; at least one, where the drawing is the larger.
    let first = (id.xy * frame.photo_size) / frame.drawing_size;
    let end = max(((id.xy + 1u) * frame.photo_size) / frame.drawing_size, first + 1u);
    var sum = 0.0;
    for (var y = first.y; y < end.y; y += 1u) {
        for (var x = first.x; x < end.x; x += 1u) {
            sum += photo_luma(vec2<i32>(vec2<u32>(x, y)));
        }
    }
    let count = (end - first).x * (end - first).y;
    let at = vec2<i32>(id.xy);
    textureStore(reduce_out, at, vec4<f32>(textureLoad(reduce_drawing, at, 0).rgb, sum / f32(count)));
}
