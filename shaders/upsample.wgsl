// The drawing at full size: locally a linear function of the photo's luma (fast guided filter, He and Sun 2015). The
// function is fitted where drawing and photo are small, and applied where the photo is large, so edges are the photo's.
struct Upsample {
    radius: i32,
    // Variance of luma below which the photo's texture is not followed.
    epsilon: f32,
    unused: vec2f,
}
@group(0) @binding(1) var<uniform> upsample_settings: Upsample;
@group(0) @binding(20) var<storage, read> guide: array<f32>;
@group(0) @binding(21) var drawing: texture_2d<f32>;
@group(0) @binding(22) var<storage, read_write> sums_out: array<vec4f>;
@group(0) @binding(23) var<storage, read> sums: array<vec4f>;
@group(0) @binding(24) var slope_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(25) var offset_out: texture_storage_2d<rgba16float, write>;
@group(0) @binding(26) var slope: texture_2d<f32>;
@group(0) @binding(27) var offset: texture_2d<f32>;
@group(0) @binding(6) var linear: sampler;

fn small_index(x: i32, y: i32) -> u32 {
    let last = vec2i(frame.small) - 1;
    return u32(clamp(y, 0, last.y)) * frame.small.x + u32(clamp(x, 0, last.x));
}

// Sums over a row of the window: (I * J, I) and (J, I * I), where I is luma and J the drawing.
@compute @workgroup_size(16, 4)
fn fit_rows(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= frame.small) {
        return;
    }
    let at = vec2i(id.xy);
    let last = i32(frame.small.x) - 1;
    var products = vec4f(0.0);
    var colors = vec4f(0.0);
    for (var k = -upsample_settings.radius; k <= upsample_settings.radius; k++) {
        let x = clamp(at.x + k, 0, last);
        let light = guide[u32(at.y) * frame.small.x + u32(x)];
        let color = textureLoad(drawing, vec2i(x, at.y), 0).rgb;
        products += vec4f(light * color, light);
        colors += vec4f(color, light * light);
    }
    let index = 2u * (id.y * frame.small.x + id.x);
    sums_out[index] = products;
    sums_out[index + 1u] = colors;
}

@compute @workgroup_size(16, 4)
fn fit_columns(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= frame.small) {
        return;
    }
    let at = vec2i(id.xy);
    var products = vec4f(0.0);
    var colors = vec4f(0.0);
    for (var k = -upsample_settings.radius; k <= upsample_settings.radius; k++) {
        let index = 2u * small_index(at.x, at.y + k);
        products += sums[index];
        colors += sums[index + 1u];
    }
    let side = f32(2 * upsample_settings.radius + 1);
    products /= side * side;
    colors /= side * side;
    let variance = max(colors.a - products.a * products.a, 0.0);
    let covariance = products.rgb - products.a * colors.rgb;
    let a = covariance / (variance + upsample_settings.epsilon);
    textureStore(slope_out, id.xy, vec4f(a, 0.0));
    textureStore(offset_out, id.xy, vec4f(colors.rgb - a * products.a, 0.0));
}

// The drawing's colour at a point (0..1 of the frame) where the photo has this luma.
fn upsample(uv: vec2f, light: f32) -> vec3f {
    let a = textureSampleLevel(slope, linear, uv, 0.0).rgb;
    let b = textureSampleLevel(offset, linear, uv, 0.0).rgb;
    return clamp(a * light + b, vec3f(0.0), vec3f(1.0));
}
