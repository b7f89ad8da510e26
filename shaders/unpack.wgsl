// Decoder planes to R'G'B' and luma at full size. One invocation a pixel.

// 0 Y'CbCr, 1 luma alone, 2 packed RGBA.
override kind: u32 = 0;
override sample_bytes: u32 = 1;
override semi_planar: bool = false;
override shift_x: u32 = 1;
override shift_y: u32 = 1;

struct Planes {
    start: vec4u,
    stride: vec4u,
}
struct Unpack {
    // R'G'B' = matrix * codes + base.
    matrix: mat3x3f,
    base: vec3f,
    // Bits to shift a stored sample right by.
    low_bits: u32,
    // Where chroma sits, in chroma samples, and the largest column and row.
    chroma_offset: vec2f,
    chroma_last: vec2f,
}
@group(0) @binding(10) var<storage, read> planes: array<u32>;
@group(0) @binding(11) var<uniform> offsets: Planes;
@group(0) @binding(12) var<uniform> unpack: Unpack;
@group(0) @binding(13) var photo_out: PhotoOut;

fn stored(plane: u32, column: u32, row: u32) -> f32 {
    let byte = offsets.start[plane] + row * offsets.stride[plane] + column * sample_bytes;
    let word = planes[byte >> 2u] >> ((byte & 3u) * 8u);
    if sample_bytes == 1u {
        return f32(word & 0xffu);
    }
    return f32((word & 0xffffu) >> unpack.low_bits);
}

fn chroma(column: u32, row: u32) -> vec2f {
    if semi_planar {
        return vec2f(stored(1u, column * 2u, row), stored(1u, column * 2u + 1u, row));
    }
    return vec2f(stored(1u, column, row), stored(2u, column, row));
}

fn chroma_at(pixel: vec2u) -> vec2f {
    if shift_x == 0u && shift_y == 0u {
        return chroma(pixel.x, pixel.y);
    }
    let step = vec2f(f32(1u << shift_x), f32(1u << shift_y));
    let at = clamp((vec2f(pixel) + 0.5) / step - 0.5 + unpack.chroma_offset, vec2f(0.0), unpack.chroma_last);
    let low = vec2u(at);
    let high = min(low + 1u, vec2u(unpack.chroma_last));
    let part = at - vec2f(low);
    let upper = mix(chroma(low.x, low.y), chroma(high.x, low.y), part.x);
    let lower = mix(chroma(low.x, high.y), chroma(high.x, high.y), part.x);
    return mix(upper, lower, part.y);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let pixel = id.xy;
    if any(pixel >= frame.size) {
        return;
    }
    var rgb: vec3f;
    var light: f32;
    if kind == 2u {
        let word = planes[(offsets.start.x + pixel.y * offsets.stride.x) / 4u + pixel.x];
        rgb = unpack4x8unorm(word).rgb;
        light = luma(rgb);
    } else {
        let y = stored(0u, pixel.x, pixel.y);
        var codes = vec3f(y, 0.0, 0.0);
        if kind == 0u {
            codes = vec3f(y, chroma_at(pixel));
        }
        rgb = unpack.matrix * codes + unpack.base;
        light = luma(rgb);
    }
    textureStore(photo_out, pixel, vec4f(clamp(rgb, vec3f(0.0), vec3f(1.0)), clamp(light, 0.0, 1.0)));
}
