// The last pass: works the picture out and packs it as the encoder's planes. An invocation fills one word of each
// chroma plane and the luma above it, so that no two write to one word.

// Layout of the output: as PHOTO_LAYOUT.
override OUT_LAYOUT: u32 = 0u;
override OUT_BYTES: u32 = 1u;
override OUT_SHIFT_X: u32 = 1u;
override OUT_SHIFT_Y: u32 = 1u;
// Bits a sample is shifted up (P010 keeps its value in the high bits).
override OUT_LIFT: u32 = 0u;
override OUT_MAX: f32 = 255.0;
// Largest R'G'B': less than 1 where the signal could be brighter than its film is said to be.
override OUT_CEILING: f32 = 1.0;

@group(0) @binding(19) var<storage, read_write> packed: array<u32>;

fn pack_code(value: f32) -> u32 {
    return u32(clamp(value + 0.5, 0.0, OUT_MAX)) << OUT_LIFT;
}

@compute @workgroup_size(64, 8)
fn pack(@builtin(global_invocation_id) id: vec3<u32>) {
    let per_word = 4u / OUT_BYTES;
    // Eight neighbours share a block two wide and four high: they meet fewer different edges than eight in a row.
    let block = vec2<u32>((id.x >> 3u) * 2u + (id.x & 1u), id.y * 4u + ((id.x >> 1u) & 3u));
    let extent = vec2<u32>(per_word << OUT_SHIFT_X, 1u << OUT_SHIFT_Y);
    let corner = block * extent;
    if any(corner >= frame.photo_size) {
        return;
    }
    let last = vec2<i32>(frame.photo_size) - 1;
    let area = 1.0 / f32(1u << (OUT_SHIFT_X + OUT_SHIFT_Y));
    var luma_words = vec2<u32>(0u);
    var u_word = 0u;
    var v_word = 0u;
    for (var sample = 0u; sample < per_word; sample += 1u) {
        var chroma = vec2<f32>(0.0);
        let width = 1u << OUT_SHIFT_X;
        picture_near(vec2<f32>(corner + vec2<u32>(sample * width, 0u)) + 0.5 * vec2<f32>(f32(width), f32(extent.y)));
        for (var y = 0u; y < extent.y; y += 1u) {
            for (var x = 0u; x < width; x += 1u) {
                let column = (sample << OUT_SHIFT_X) + x;
                let at = corner + vec2<u32>(column, y);
                var color = picture(min(vec2<i32>(at), last));
                if OUT_CEILING < 1.0 {
                    color = min(color, vec3<f32>(OUT_CEILING));
                }
                if OUT_LAYOUT == 3u {
                    if at.x < frame.photo_size.x {
                        packed[(frame.out_pitch.x >> 2u) * at.y + at.x] = pack4x8unorm(vec4<f32>(color, 1.0));
                    }
                    continue;
                }
                let codes = (frame.from_rgb * vec4<f32>(color, 1.0)).xyz;
                luma_words[y] |= pack_code(codes.x) << ((column % per_word) * OUT_BYTES * 8u);
                chroma += codes.yz;
            }
        }
        if OUT_LAYOUT == 3u {
            continue;
        }
        let column = (sample + 1u) << OUT_SHIFT_X;
        if column % per_word == 0u {
            pack_luma(corner + vec2<u32>(column - per_word, 0u), extent.y, luma_words);
            luma_words = vec2<u32>(0u);
        }
        let shift = sample * OUT_BYTES * 8u;
        u_word |= pack_code(chroma.x * area) << shift;
        v_word |= pack_code(chroma.y * area) << shift;
    }
    if OUT_LAYOUT == 0u {
        let x = block.x * 4u;
        packed[(frame.out_offset.y + frame.out_pitch.y * block.y + x) >> 2u] = u_word;
        packed[(frame.out_offset.z + frame.out_pitch.z * block.y + x) >> 2u] = v_word;
    } else if OUT_LAYOUT == 1u {
        pack_interleaved(block, u_word, v_word);
    }
}

// One word of luma in each of `rows` rows, where the picture has them.
fn pack_luma(at: vec2<u32>, rows: u32, words: vec2<u32>) {
    for (var y = 0u; y < rows; y += 1u) {
        if at.x < frame.photo_size.x && at.y + y < frame.photo_size.y {
            packed[(frame.out_pitch.x * (at.y + y) + at.x * OUT_BYTES) >> 2u] = words[y];
        }
    }
}

// U and V words -> two words of pairs.
fn pack_interleaved(block: vec2<u32>, u_word: u32, v_word: u32) {
    let first = (frame.out_offset.y + frame.out_pitch.y * block.y + block.x * 8u) >> 2u;
    var low = (u_word & 0xffffu) | (v_word << 16u);
    var high = (u_word >> 16u) | (v_word & 0xffff0000u);
    if OUT_BYTES == 1u {
        low = pack_spread(u_word) | (pack_spread(v_word) << 8u);
        high = pack_spread(u_word >> 16u) | (pack_spread(v_word >> 16u) << 8u);
    }
    packed[first] = low;
    if block.x * 8u + 4u < frame.out_pitch.y {
        packed[first + 1u] = high;
    }
}

// Two low bytes, a byte apart.
fn pack_spread(word: u32) -> u32 {
    return (word & 0xffu) | ((word & 0xff00u) << 8u);
}
