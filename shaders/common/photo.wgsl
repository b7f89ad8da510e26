// Reads the decoder's planes as they are: unsigned textures of 8 or 16 bits, one or two (U and V) or four channels.

// Layout of the photo: 0 planar, 1 semi-planar, 2 gray, 3 packed RGBA bytes.
override PHOTO_LAYOUT: u32 = 0u;
override PHOTO_SHIFT_X: u32 = 1u;
override PHOTO_SHIFT_Y: u32 = 1u;

@group(0) @binding(1) var photo_0: texture_2d<u32>;
@group(0) @binding(20) var photo_1: texture_2d<u32>;
@group(0) @binding(21) var photo_2: texture_2d<u32>;

fn photo_clamp(pixel: vec2<i32>) -> vec2<i32> {
    return clamp(pixel, vec2<i32>(0), vec2<i32>(frame.photo_size) - 1);
}

// Luma at `pixel`, 0..=1, edge repeated.
fn photo_luma(pixel: vec2<i32>) -> f32 {
    let codes = textureLoad(photo_0, photo_clamp(pixel), 0);
    if PHOTO_LAYOUT == 3u {
        return luma_of(vec3<f32>(codes.rgb) / 255.0);
    }
    return f32(codes.x) * frame.luma_scale.x + frame.luma_scale.y;
}

// Raw chroma codes of chroma sample `at`, edge repeated.
fn photo_chroma_at(at: vec2<i32>) -> vec2<f32> {
    let p = clamp(at, vec2<i32>(0), vec2<i32>(textureDimensions(photo_1)) - 1);
    let first = textureLoad(photo_1, p, 0);
    if PHOTO_LAYOUT == 1u {
        return vec2<f32>(first.xy);
    }
    return vec2<f32>(f32(first.x), f32(textureLoad(photo_2, p, 0).x));
}

// Raw chroma codes at luma pixel `p`: bilinear, honouring where the chroma samples lie.
fn photo_chroma(p: vec2<i32>) -> vec2<f32> {
    if PHOTO_SHIFT_X == 0u && PHOTO_SHIFT_Y == 0u {
        return photo_chroma_at(p);
    }
    let step = vec2<f32>(f32(1u << PHOTO_SHIFT_X), f32(1u << PHOTO_SHIFT_Y));
    let at = (vec2<f32>(p) - frame.chroma_origin) / step;
    let base = floor(at);
    let t = at - base;
    let i = vec2<i32>(base);
    let top = mix(photo_chroma_at(i), photo_chroma_at(i + vec2<i32>(1, 0)), t.x);
    let bottom = mix(photo_chroma_at(i + vec2<i32>(0, 1)), photo_chroma_at(i + vec2<i32>(1, 1)), t.x);
    return mix(top, bottom, t.y);
}

// R'G'B' at `pixel`, 0..=1, edge repeated.
fn photo_rgb(pixel: vec2<i32>) -> vec3<f32> {
    let p = photo_clamp(pixel);
    let codes = textureLoad(photo_0, p, 0);
    if PHOTO_LAYOUT == 3u {
        return vec3<f32>(codes.rgb) / 255.0;
    }
    var chroma = vec2<f32>(0.0);
    if PHOTO_LAYOUT != 2u {
        chroma = photo_chroma(p);
    }
    return clamp((frame.to_rgb * vec4<f32>(f32(codes.x), chroma, 1.0)).rgb, vec3<f32>(0.0), vec3<f32>(1.0));
}
