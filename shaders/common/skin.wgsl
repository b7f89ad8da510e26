// Where skin is, by its colour alone: people mind on faces what they like on cloth.

// Chroma of skin (Cb and Cr of full-range BT.601, of 1; Chai and Ngan 1999), from and to, and over how much it comes to be.
const SKIN_FROM: vec2<f32> = vec2<f32>(0.302, 0.522);
const SKIN_TO: vec2<f32> = vec2<f32>(0.498, 0.678);
const SKIN_SOFT: f32 = 0.02;

// How much a colour is like skin, of 1. Wood and sand are, too.
fn skin_of(color: vec3<f32>) -> f32 {
    let luma = dot(color, vec3<f32>(0.299, 0.587, 0.114));
    let chroma = vec2<f32>(color.b - luma, color.r - luma) / vec2<f32>(1.772, 1.402) + 0.5;
    let soft = vec2<f32>(SKIN_SOFT);
    let like = smoothstep(SKIN_FROM - soft, SKIN_FROM + soft, chroma)
        * (1.0 - smoothstep(SKIN_TO - soft, SKIN_TO + soft, chroma));
    return like.x * like.y;
}
