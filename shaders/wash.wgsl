// Washes of watercolour: pigment lies thicker at the rim of a wash and in the hollows of the paper, and thinner where water
// stood. Its density bends colours as glazes do (Bousseau 2006): white paper stays white.

struct WashUniform {
    // One over the size of a pool of water and of the paper's tooth, in photo pixels.
    pool: f32,
    tooth: f32,
    // How much thicker pigment lies at rims, in pools and in the tooth.
    rim: f32,
    flow: f32,
    grain: f32,
}

@group(0) @binding(51) var<uniform> wash: WashUniform;

// Luma by which the paper around is lighter, at which half of a rim is there.
const WASH_RIM: f32 = 0.05;

// `around`: luma around `color`.
fn wash_apply(color: vec3<f32>, around: f32, pixel: vec2<i32>) -> vec3<f32> {
    let at = vec2<f32>(pixel) + 0.5;
    let darker = max(around - luma_of(color), 0.0);
    let rim = darker / (darker + WASH_RIM);
    // Three octaves: water stands in pools of all sizes.
    let pool = at * wash.pool;
    let larger = 4.0 * value_noise(pool) + 2.0 * value_noise(pool * 2.03 + 31.0);
    let water = (larger + value_noise(pool * 4.1 + 57.0)) / 3.5 - 1.0;
    let tooth = at * wash.tooth;
    let hollow = value_noise(tooth) + value_noise(tooth * 1.9 + 11.0) - 1.0;
    let density = wash.rim * rim + wash.flow * water + wash.grain * hollow;
    return clamp(color - (color - color * color) * density, vec3<f32>(0.0), vec3<f32>(1.0));
}
