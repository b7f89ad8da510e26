// Brings the drawing to full size along the photo's edges. As in the fast guided filter (He and Sun 2015) the drawing
// is locally slope * luma + offset, fitted at low size. The slope is smoothed over the window; the offset is not, so
// that the drawing's own lines survive: full = drawing + slope * (luma - low luma), all enlarged bilinearly.

struct UpsampleUniform {
    // Variance of luma below which the photo is not followed.
    epsilon: f32,
    // Half width of the window in cells.
    radius: i32,
}

@group(0) @binding(7) var<uniform> upsample: UpsampleUniform;
@group(0) @binding(8) var upsample_means_out: texture_storage_2d<rgba32float, write>;
@group(0) @binding(9) var upsample_products_out: texture_storage_2d<rgba32float, write>;
@group(0) @binding(24) var upsample_means: texture_2d<f32>;
@group(0) @binding(25) var upsample_products: texture_2d<f32>;
@group(0) @binding(10) var upsample_slope_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(11) var upsample_slope: texture_2d<f32>;

// Means over a cell: (drawing, luma) and (drawing * luma, luma * luma).
@compute @workgroup_size(64, 8)
fn upsample_moments(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let corner = vec2<i32>(id.xy) * 2;
    var mean = vec4<f32>(0.0);
    var product = vec4<f32>(0.0);
    for (var i = 0; i < 4; i += 1) {
        let value = small_at(corner + vec2<i32>(i & 1, i >> 1u));
        mean += value;
        product += value * value.a;
    }
    textureStore(upsample_means_out, vec2<i32>(id.xy), mean * 0.25);
    textureStore(upsample_products_out, vec2<i32>(id.xy), product * 0.25);
}

@compute @workgroup_size(64, 8)
fn upsample_fit(@builtin(global_invocation_id) id: vec3<u32>) {
    if any(id.xy >= frame.cell_size) {
        return;
    }
    let last = vec2<i32>(frame.cell_size) - 1;
    var mean = vec4<f32>(0.0);
    var product = vec4<f32>(0.0);
    for (var y = -upsample.radius; y <= upsample.radius; y += 1) {
        for (var x = -upsample.radius; x <= upsample.radius; x += 1) {
            let at = clamp(vec2<i32>(id.xy) + vec2<i32>(x, y), vec2<i32>(0), last);
            mean += textureLoad(upsample_means, at, 0);
            product += textureLoad(upsample_products, at, 0);
        }
    }
    let side = f32(2 * upsample.radius + 1);
    mean /= side * side;
    let covariance = product / (side * side) - mean * mean.a;
    textureStore(upsample_slope_out, vec2<i32>(id.xy), upsample_slope_of(covariance));
}

// Covariance of (red, green, blue, luma) with luma -> slope per channel. A slope outside -1..=3 is a bad fit and
// would draw halos.
fn upsample_slope_of(covariance: vec4<f32>) -> vec4<f32> {
    let slope = covariance.rgb / (max(covariance.a, 0.0) + upsample.epsilon);
    return vec4<f32>(clamp(slope, vec3<f32>(-1.0), vec3<f32>(3.0)), 0.0);
}

// The drawing at `pixel` of the photo.
fn upsample_color(pixel: vec2<i32>) -> vec3<f32> {
    let uv = (vec2<f32>(pixel) + 0.5) / vec2<f32>(frame.photo_size);
    let low = textureSampleLevel(small, linear, uv, 0.0);
    let slope = textureSampleLevel(upsample_slope, linear, uv, 0.0).rgb;
    return clamp(low.rgb + slope * (photo_luma(pixel) - low.a), vec3<f32>(0.0), vec3<f32>(1.0));
}
