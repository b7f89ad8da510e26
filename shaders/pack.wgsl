// The result as the encoder's planes. One invocation writes a block of 8 x 2 pixels, which is whole words in every
// plane.

// 0 Y'CbCr, 1 luma alone, 2 packed RGBA.
override kind: u32 = 0;
override sample_bytes: u32 = 1;
override semi_planar: bool = false;
override shift_x: u32 = 1;
override shift_y: u32 = 1;
// Chroma sits on the left luma column.
override sited_left: bool = true;

struct Pack {
    // Codes = matrix * R'G'B' + base.
    matrix: mat3x3f,
    base: vec3f,
    // Bits to shift a sample left by.
    low_bits: u32,
    // First word and words from row to row of each plane.
    start: vec4u,
    stride: vec4u,
    // Largest code.
    white: f32,
}
@group(0) @binding(17) var result: texture_2d<f32>;
@group(0) @binding(18) var<uniform> pack: Pack;
@group(0) @binding(19) var<storage, read_write> packed: array<u32>;

fn codes(x: u32, y: u32) -> vec3f {
    let last = frame.size - 1u;
    let rgb = textureLoad(result, min(vec2u(x, y), last), 0).rgb;
    return pack.matrix * rgb + pack.base;
}

fn sample(value: f32) -> u32 {
    return u32(clamp(value, 0.0, pack.white) + 0.5) << pack.low_bits;
}

fn two(a: f32, b: f32) -> u32 {
    return sample(a) | (sample(b) << 16u);
}

fn four(v: vec4f) -> u32 {
    return sample(v.x) | (sample(v.y) << 8u) | (sample(v.z) << 16u) | (sample(v.w) << 24u);
}

fn row_of(plane: u32, row: u32) -> u32 {
    return pack.start[plane] + row * pack.stride[plane];
}

// Mean of the luma pixels that a chroma sample stands for.
fn chroma(column: u32, row: u32) -> vec2f {
    let x = column << shift_x;
    let y = row << shift_y;
    var sum = vec2f(0.0);
    for (var k = 0u; k < (1u << shift_y); k++) {
        if shift_x == 0u {
            sum += codes(x, y + k).yz;
        } else if sited_left {
            // A tent around the left column.
            sum += 0.25 * (codes(max(x, 1u) - 1u, y + k).yz + codes(x + 1u, y + k).yz) + 0.5 * codes(x, y + k).yz;
        } else {
            sum += 0.5 * (codes(x, y + k).yz + codes(x + 1u, y + k).yz);
        }
    }
    return sum / f32(1u << shift_y);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let x0 = id.x * 8u;
    let y0 = id.y * 2u;
    if x0 >= frame.size.x || y0 >= frame.size.y {
        return;
    }
    for (var y = y0; y < y0 + 2u; y++) {
        if kind == 2u {
            for (var i = 0u; i < 8u; i++) {
                let rgb = textureLoad(result, min(vec2u(x0 + i, y), frame.size - 1u), 0).rgb;
                packed[row_of(0u, y) + x0 + i] = pack4x8unorm(vec4f(rgb, 1.0));
            }
        } else if sample_bytes == 1u {
            for (var i = 0u; i < 8u; i += 4u) {
                let x = x0 + i;
                let v = vec4f(codes(x, y).x, codes(x + 1u, y).x, codes(x + 2u, y).x, codes(x + 3u, y).x);
                packed[row_of(0u, y) + x / 4u] = four(v);
            }
        } else {
            for (var i = 0u; i < 8u; i += 2u) {
                packed[row_of(0u, y) + (x0 + i) / 2u] = two(codes(x0 + i, y).x, codes(x0 + i + 1u, y).x);
            }
        }
    }
    if kind != 0u {
        return;
    }
    let columns = 8u >> shift_x;
    let c0 = x0 >> shift_x;
    let r0 = y0 >> shift_y;
    for (var row = r0; row < r0 + (2u >> shift_y); row++) {
        if sample_bytes == 1u {
            for (var i = 0u; i < columns; i += 4u) {
                let column = c0 + i;
                let a = chroma(column, row);
                let b = chroma(column + 1u, row);
                let c = chroma(column + 2u, row);
                let d = chroma(column + 3u, row);
                if semi_planar {
                    packed[row_of(1u, row) + column / 2u] = four(vec4f(a, b));
                    packed[row_of(1u, row) + column / 2u + 1u] = four(vec4f(c, d));
                } else {
                    packed[row_of(1u, row) + column / 4u] = four(vec4f(a.x, b.x, c.x, d.x));
                    packed[row_of(2u, row) + column / 4u] = four(vec4f(a.y, b.y, c.y, d.y));
                }
            }
        } else {
            for (var i = 0u; i < columns; i += 2u) {
                let column = c0 + i;
                let a = chroma(column, row);
                let b = chroma(column + 1u, row);
                if semi_planar {
                    packed[row_of(1u, row) + column] = two(a.x, a.y);
                    packed[row_of(1u, row) + column + 1u] = two(b.x, b.y);
                } else {
                    packed[row_of(1u, row) + column / 2u] = two(a.x, b.x);
                    packed[row_of(2u, row) + column / 2u] = two(a.y, b.y);
                }
            }
        }
    }
}
