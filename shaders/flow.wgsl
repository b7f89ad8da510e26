// Which way the edges run: the smoothed structure tensor of the photo's luma and colour (Di Zenzo 1986 of more than one
// channel; Kang 2007 uses an edge tangent flow; Winnemoeller 2012 the tensor's eigenvector), on the cell grid. Kept is its
// deviatoric part (xx - yy, 2 xy): the gradient's square at twice its angle, which can be interpolated where a direction,
// being the same either way round, cannot. Then its trace, and the square of the mean gradient, which texture has none of:
// there is as much up in it as down.

@group(0) @binding(43) var flow_seen_out: texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(44) var flow_seen: texture_2d<f32>;
@group(0) @binding(5) var flow_tensor_out: texture_storage_2d<rgba32float, write>;
@group(0) @binding(23) var flow_tensor_in: texture_2d<f32>;
@group(0) @binding(6) var flow_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(22) var flow: texture_2d<f32>;

// Luma of the photo under each pixel of the drawing, how far its colour is from grey (what is white has an edge before what
// is blue or yellow, however light), and how much it is like skin.
@compute @workgroup_size(64, 8)
fn flow_see(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.drawing_size) {
        return;
    }
    let at = vec2<i32>(id.xy);
    let color = photo_rgb(vec2<i32>((2u * id.xy + 1u) * frame.photo_size / (2u * frame.drawing_size)));
    let grey = 1.0 + min(color.r, min(color.g, color.b)) - luma_of(color);
    textureStore(flow_seen_out, at, vec4<f32>(textureLoad(small, at, 0).a, grey, skin_of(color), 0.0));
}

fn flow_seen_at(at: vec2<i32>) -> vec2<f32> {
    return textureLoad(flow_seen, clamp(at, vec2<i32>(0), vec2<i32>(frame.drawing_size) - 1), 0).xy;
}

// Mean of the tensor (xx, xy, yy) over the four pixels of a cell, from Sobel gradients, and of both channels' sum.
@compute @workgroup_size(64, 8)
fn flow_tensor(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let corner = vec2<i32>(id.xy) * 2 - 1;
    var above: array<vec2<f32>, 4>;
    var here: array<vec2<f32>, 4>;
    var below: array<vec2<f32>, 4>;
    for (var x = 0; x < 4; x += 1) {
        above[x] = flow_seen_at(corner + vec2<i32>(x, 0));
        here[x] = flow_seen_at(corner + vec2<i32>(x, 1));
    }
    var tensor = vec3<f32>(0.0);
    var mean = vec2<f32>(0.0);
    for (var y = 0; y < 2; y += 1) {
        for (var x = 0; x < 4; x += 1) {
            below[x] = flow_seen_at(corner + vec2<i32>(x, y + 2));
        }
        mean += here[1] + here[2];
        for (var x = 0; x < 2; x += 1) {
            let dx = (above[x + 2] - above[x]) + 2.0 * (here[x + 2] - here[x]) + (below[x + 2] - below[x]);
            let dy = (below[x] - above[x]) + 2.0 * (below[x + 1] - above[x + 1]) + (below[x + 2] - above[x + 2]);
            tensor += vec3<f32>(dot(dx, dx), dot(dx, dy), dot(dy, dy));
        }
        above = here;
        here = below;
    }
    // 8 is Sobel's gain, 4 the pixels.
    textureStore(flow_tensor_out, vec2<i32>(id.xy), vec4<f32>(tensor / 256.0, (mean.x + mean.y) * 0.25));
}

// A tent of half width 3 cells, close to a Gaussian of sigma 1.2, and its slope.
@compute @workgroup_size(64, 8)
fn flow_smooth(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let last = vec2<i32>(frame.cell_size) - 1;
    var sum = vec3<f32>(0.0);
    var gradient = vec2<f32>(0.0);
    for (var y = -2; y <= 2; y += 1) {
        for (var x = -2; x <= 2; x += 1) {
            let at = clamp(vec2<i32>(id.xy) + vec2<i32>(x, y), vec2<i32>(0), last);
            let tensor = textureLoad(flow_tensor_in, at, 0);
            let tent = vec2<i32>(3 - abs(x), 3 - abs(y));
            sum += f32(tent.x * tent.y) * tensor.xyz;
            gradient += vec2<f32>(vec2<i32>(sign(x) * tent.y, sign(y) * tent.x)) * tensor.w;
        }
    }
    let tensor = sum / 81.0;
    // On a slope of 1 a pixel, 2 a cell, the sum is 108.
    let mean = gradient / 108.0;
    let kept = vec4<f32>(tensor.x - tensor.z, 2.0 * tensor.y, tensor.x + tensor.z, dot(mean, mean));
    textureStore(flow_out, vec2<i32>(id.xy), kept);
}

// Interpolated at `pixel` of the photo: from cell to cell, lines would step.
fn flow_at(pixel: vec2<f32>) -> vec4<f32> {
    return flow_in(pixel * frame.cells_per_pixel);
}

// The same at `at`, in cells.
fn flow_in(at: vec2<f32>) -> vec4<f32> {
    return textureSampleLevel(flow, linear, at / vec2<f32>(frame.cell_size), 0.0);
}

// How far one direction prevails: 0 (in noise, in texture, at a corner) ..= 1 (one edge).
fn flow_coherence(tensor: vec4<f32>) -> f32 {
    return length(tensor.xy) / max(tensor.z, 1e-12);
}

// How far it goes up one way all over, 0 (in texture, on a line) ..= 1 (a soft edge); at a crisp edge the pixels beside it
// go nowhere, and it is 0.58.
fn flow_rise(tensor: vec4<f32>) -> f32 {
    return sqrt(tensor.w / max(tensor.z, 1e-12));
}

// How strong the edge is: the gradient of luma and colour per drawing pixel, less where no direction prevails, as in noise and
// corners.
fn flow_strength(tensor: vec2<f32>) -> f32 {
    return sqrt(length(tensor));
}

// The direction across the edge: the eigenvector of the larger eigenvalue.
fn flow_normal(tensor: vec2<f32>) -> vec2<f32> {
    let cosine = tensor.x / max(length(tensor), 1e-12);
    let side = select(1.0, -1.0, tensor.y < 0.0);
    return vec2<f32>(sqrt(max(0.5 + 0.5 * cosine, 0.0)), side * sqrt(max(0.5 - 0.5 * cosine, 0.0)));
}

// The direction along the edge.
fn flow_tangent(tensor: vec2<f32>) -> vec2<f32> {
    let normal = flow_normal(tensor);
    return vec2<f32>(-normal.y, normal.x);
}

// The same, of its two ways the one that goes on from `way`.
fn flow_onward(tensor: vec2<f32>, way: vec2<f32>) -> vec2<f32> {
    let next = flow_tangent(tensor);
    return select(-next, next, dot(next, way) >= 0.0);
}
