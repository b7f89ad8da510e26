// Where a screen that sticks to what is drawn lies at a pixel: see `post/anchor`.

// Per cell of the motion's grid: from the pixel to its place on the screen, in photo pixels.
@group(0) @binding(35) var anchor: texture_2d<f32>;

// Bilinear by hand: full floats cannot be sampled everywhere, and half floats are too coarse for a long way.
fn anchored(pixel: vec2<i32>) -> vec2<f32> {
    let here = vec2<f32>(pixel) + 0.5;
    let size = vec2<i32>(textureDimensions(anchor));
    let at = here / vec2<f32>(frame.photo_size) * history.fill * vec2<f32>(size) - 0.5;
    let first = vec2<i32>(floor(at));
    let part = fract(at);
    let last = size - 1;
    let a = clamp(first, vec2<i32>(0), last);
    let b = clamp(first + 1, vec2<i32>(0), last);
    let upper = mix(textureLoad(anchor, a, 0).xy, textureLoad(anchor, vec2<i32>(b.x, a.y), 0).xy, part.x);
    let lower = mix(textureLoad(anchor, vec2<i32>(a.x, b.y), 0).xy, textureLoad(anchor, b, 0).xy, part.x);
    return here + mix(upper, lower, part.y);
}
