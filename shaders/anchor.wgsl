// Where a screen that sticks to what is drawn lies at a pixel: see `post/anchor`.

// Per cell of the motion's grid: from the pixel to its place on the screen, in photo pixels, and to another place (zw), for
// what is drawn in two turns.
@group(0) @binding(35) var anchor: texture_2d<f32>;

// Square of how much longer or shorter what lies there is, for both.
var<private> anchor_torn: vec2<f32>;

// Bilinear by hand: full floats cannot be sampled everywhere, and half floats are too coarse for a long way.
fn anchored(pixel: vec2<i32>) -> vec4<f32> {
    let here = vec2<f32>(pixel) + 0.5;
    let size = vec2<i32>(textureDimensions(anchor));
    let at = here / vec2<f32>(frame.photo_size) * history.fill * vec2<f32>(size) - 0.5;
    let first = vec2<i32>(floor(at));
    let part = fract(at);
    let last = size - 1;
    let a = clamp(first, vec2<i32>(0), last);
    let b = clamp(first + 1, vec2<i32>(0), last);
    let upper = mix(textureLoad(anchor, a, 0), textureLoad(anchor, vec2<i32>(b.x, a.y), 0), part.x);
    let lower = mix(textureLoad(anchor, vec2<i32>(a.x, b.y), 0), textureLoad(anchor, b, 0), part.x);
    let across = textureLoad(anchor, vec2<i32>(b.x, a.y), 0) - textureLoad(anchor, a, 0);
    let down = textureLoad(anchor, vec2<i32>(a.x, b.y), 0) - textureLoad(anchor, a, 0);
    let squares = across * across + down * down;
    let cell = vec2<f32>(frame.photo_size) / (history.fill * vec2<f32>(size));
    anchor_torn = vec2<f32>(squares.x + squares.y, squares.z + squares.w) / (cell.x * cell.y);
    return here.xyxy + mix(upper, lower, part.y);
}
