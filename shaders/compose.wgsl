// Everything that looks at one pixel alone, in one pass: each pass over the frame costs memory traffic.
override with_tone: bool = false;
override with_outline: bool = false;
override with_halftone: bool = false;
override with_paper: bool = false;

@group(0) @binding(14) var photo: texture_2d<f32>;
@group(0) @binding(16) var result_out: PhotoOut;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let pixel = id.xy;
    if any(pixel >= frame.size) {
        return;
    }
    let source = textureLoad(photo, pixel, 0);
    let at = vec2f(pixel) + 0.5;
    var color = upsample(at / vec2f(frame.size), source.a);
    if with_tone {
        color = tone(color, source.rgb);
    }
    if with_halftone {
        color = halftone(color, at);
    }
    if with_outline {
        color = outline(color, pixel);
    }
    if with_paper {
        color = paper(color, at);
    }
    textureStore(result_out, pixel, vec4f(mix(source.rgb, color, frame.strength), 1.0));
}
