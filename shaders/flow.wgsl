// Which way the edges run: the smoothed structure tensor of the photo's luma (Kang 2007 uses an edge tangent flow;
// Winnemoeller 2012 the tensor's eigenvector), on the cell grid.

@group(0) @binding(5) var<storage, read_write> flow_raw: array<vec4<f32>>;
@group(0) @binding(6) var flow_out: texture_storage_2d<rgba16float, write>;

// Half floats underflow below 6e-5, the square of a gradient of 2 codes: stored enlarged.
const FLOW_SCALE: f32 = 64.0;
const FLOW_RADIUS: i32 = 2;

// Sum of the tensor (xx, xy, yy) over the four pixels of a cell, from Sobel gradients.
@compute @workgroup_size(64, 1)
fn flow_tensor(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let corner = vec2<i32>(id.xy) * 2 - 1;
    var above: array<f32, 4>;
    var here: array<f32, 4>;
    var below: array<f32, 4>;
    for (var x = 0; x < 4; x += 1) {
        above[x] = small_at(corner + vec2<i32>(x, 0)).a;
        here[x] = small_at(corner + vec2<i32>(x, 1)).a;
    }
    var tensor = vec3<f32>(0.0);
    for (var y = 0; y < 2; y += 1) {
        for (var x = 0; x < 4; x += 1) {
            below[x] = small_at(corner + vec2<i32>(x, y + 2)).a;
        }
        for (var x = 0; x < 2; x += 1) {
            let dx = (above[x + 2] - above[x]) + 2.0 * (here[x + 2] - here[x]) + (below[x + 2] - below[x]);
            let dy = (below[x] - above[x]) + 2.0 * (below[x + 1] - above[x + 1]) + (below[x + 2] - above[x + 2]);
            tensor += vec3<f32>(dx * dx, dx * dy, dy * dy);
        }
        above = here;
        here = below;
    }
    // 8 is Sobel's gain, 4 the pixels.
    flow_raw[id.y * frame.cell_size.x + id.x] = vec4<f32>(tensor * (FLOW_SCALE / 256.0), 0.0);
}

// Gaussian of sigma 1.2 cells.
@compute @workgroup_size(64, 1)
fn flow_smooth(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let last = vec2<i32>(frame.cell_size) - 1;
    var sum = vec3<f32>(0.0);
    var total = 0.0;
    for (var y = -FLOW_RADIUS; y <= FLOW_RADIUS; y += 1) {
        for (var x = -FLOW_RADIUS; x <= FLOW_RADIUS; x += 1) {
            let at = clamp(vec2<i32>(id.xy) + vec2<i32>(x, y), vec2<i32>(0), last);
            let weight = exp(f32(x * x + y * y) * -0.3472);
            sum += weight * flow_raw[at.y * last.x + at.y + at.x].xyz;
            total += weight;
        }
    }
    textureStore(flow_out, vec2<i32>(id.xy), vec4<f32>(sum / total, 0.0));
}
