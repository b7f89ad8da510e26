//! sRGB to Oklab and back (B. Ottosson 2020). L is 0 (black) to 1 (white); a and b are about -0.4..=0.4.

use super::Plane;

fn decode(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn encode(value: f32) -> f32 {
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

/// Interleaved sRGB bytes to planes L, a, b.
pub fn from_srgb(rgb: &[u8], width: usize, height: usize) -> [Plane; 3] {
    let linear: Vec<f32> = (0..=255u8).map(|code| decode(f32::from(code) / 255.0)).collect();
    let mut planes = [(); 3].map(|()| Plane::filled(width, height, 0.0));
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|code| linear[usize::from(code)]);
        let l = (0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        planes[0].data[i] = 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s;
        planes[1].data[i] = 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s;
        planes[2].data[i] = 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s;
    }
    planes
}

/// Planes L, a, b back to interleaved sRGB bytes.
pub fn to_srgb(lab: &[Plane; 3]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(lab[0].data.len() * 3);
    for ((light, a), b) in lab[0].data.iter().zip(&lab[1].data).zip(&lab[2].data) {
        let l = (light + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let m = (light - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
        let s = (light - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        let colour = [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ];
        rgb.extend(colour.map(|value| (encode(value.clamp(0.0, 1.0)) * 255.0).round() as u8));
    }
    rgb
}
