// The photo's luma at the drawing's size: the mean of the area that a small pixel covers.
@group(0) @binding(14) var photo: texture_2d<f32>;
@group(0) @binding(15) var<storage, read_write> guide_out: array<f32>;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let at = id.xy;
    if any(at >= frame.small) {
        return;
    }
    let low = at * frame.size / frame.small;
    let high = max((at + 1u) * frame.size / frame.small, low + 1u);
    var sum = 0.0;
    for (var y = low.y; y < high.y; y++) {
        for (var x = low.x; x < high.x; x++) {
            sum += textureLoad(photo, vec2u(x, y), 0).a;
        }
    }
    let count = (high - low);
    guide_out[at.y * frame.small.x + at.x] = sum / f32(count.x * count.y);
}
