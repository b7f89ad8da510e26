// Reads the decoder's planes as they are: bytes or little-endian 16-bit samples, packed in words, rows padded to words.

// Layout of the photo: 0 planar, 1 semi-planar, 2 gray, 3 packed RGBA bytes.
override PHOTO_LAYOUT: u32 = 0u;
override PHOTO_BYTES: u32 = 1u;
override PHOTO_SHIFT_X: u32 = 1u;
override PHOTO_SHIFT_Y: u32 = 1u;

@group(0) @binding(1) var<storage, read> photo: array<u32>;

// The sample of `bytes` (1 or 2) at byte `at`, as a raw code.
fn photo_sample(at: u32) -> f32 {
    let word = photo[at >> 2u] >> ((at & 3u) * 8u);
    if PHOTO_BYTES == 2u {
        return f32(word & 0xffffu);
    }
    return f32(word & 0xffu);
}

fn photo_clamp(pixel: vec2<i32>) -> vec2<u32> {
    return vec2<u32>(clamp(pixel, vec2<i32>(0), vec2<i32>(frame.photo_size) - 1));
}

// Luma at `pixel`, 0..=1, edge repeated.
fn photo_luma(pixel: vec2<i32>) -> f32 {
    let p = photo_clamp(pixel);
    if PHOTO_LAYOUT == 3u {
        return luma_of(unpack4x8unorm(photo[(frame.photo_pitch.x >> 2u) * p.y + p.x]).rgb);
    }
    let code = photo_sample(frame.photo_pitch.x * p.y + p.x * PHOTO_BYTES);
    return code * frame.luma_scale.x + frame.luma_scale.y;
}

// Raw chroma codes of chroma sample `at`, edge repeated.
fn photo_chroma_at(at: vec2<i32>) -> vec2<f32> {
    let size = (frame.photo_size + (vec2<u32>(1u << PHOTO_SHIFT_X, 1u << PHOTO_SHIFT_Y) - 1u))
        >> vec2<u32>(PHOTO_SHIFT_X, PHOTO_SHIFT_Y);
    let p = vec2<u32>(clamp(at, vec2<i32>(0), vec2<i32>(size) - 1));
    if PHOTO_LAYOUT == 1u {
        let byte = frame.photo_offset.y + frame.photo_pitch.y * p.y + p.x * PHOTO_BYTES * 2u;
        return vec2<f32>(photo_sample(byte), photo_sample(byte + PHOTO_BYTES));
    }
    let u = frame.photo_offset.y + frame.photo_pitch.y * p.y + p.x * PHOTO_BYTES;
    let v = frame.photo_offset.z + frame.photo_pitch.z * p.y + p.x * PHOTO_BYTES;
    return vec2<f32>(photo_sample(u), photo_sample(v));
}

// Raw chroma codes at luma pixel `p`: bilinear, honouring where the chroma samples lie.
fn photo_chroma(p: vec2<u32>) -> vec2<f32> {
    if PHOTO_SHIFT_X == 0u && PHOTO_SHIFT_Y == 0u {
        return photo_chroma_at(vec2<i32>(p));
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
    if PHOTO_LAYOUT == 3u {
        return unpack4x8unorm(photo[(frame.photo_pitch.x >> 2u) * p.y + p.x]).rgb;
    }
    let y = photo_sample(frame.photo_pitch.x * p.y + p.x * PHOTO_BYTES);
    var chroma = vec2<f32>(0.0);
    if PHOTO_LAYOUT != 2u {
        chroma = photo_chroma(p);
    }
    return clamp((frame.to_rgb * vec4<f32>(y, chroma, 1.0)).rgb, vec3<f32>(0.0), vec3<f32>(1.0));
}
