//! From high dynamic range to standard: transfer functions and the curve between them. Light is in units of reference
//! white, 203 cd/m² (ITU-R BT.2408), which becomes the white of the result.

use crate::frame::pq::{self, USUAL_PEAK, WHITE};

/// Light of a PQ signal, 0..=1.
pub fn from_pq(signal: f32) -> f32 {
    pq::from_pq(signal) / WHITE
}

/// The reverse of [`from_pq`].
pub fn to_pq(light: f32) -> f32 {
    pq::to_pq(light * WHITE)
}

/// Light of the scene of an HLG signal, both 0..=1 (the inverse OETF of ITU-R BT.2100). What a screen shows of it takes
/// [`hlg_gain`] more.
pub fn from_hlg(signal: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 1.0 - 4.0 * A;
    let c = 0.5 - A * (4.0 * A).ln();
    let signal = signal.clamp(0.0, 1.0);
    if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - c) / A).exp() + B) / 12.0 }
}

/// How much brighter than its scene a screen of 1000 cd/m² shows a pixel of this luminance (the OOTF of ITU-R BT.2100,
/// system gamma 1.2), in units of reference white.
pub fn hlg_gain(luminance: f32) -> f32 {
    luminance.max(0.0).powf(0.2) * USUAL_PEAK / WHITE
}

/// What becomes of `light` where `peak` shall become 1: dark and middle tones stay, bright ones are drawn together (the
/// EETF of ITU-R BT.2390-11, section 5.4.1: a Hermite spline over the PQ signal).
pub fn compress(light: f32, peak: f32) -> f32 {
    if peak <= 1.0 {
        return light;
    }
    let top = to_pq(peak);
    let most = to_pq(1.0) / top;
    let knee = 1.5 * most - 0.5;
    let signal = (to_pq(light) / top).min(1.0);
    if signal < knee {
        return light;
    }
    let t = (signal - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let bent = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (3.0 * t2 - 2.0 * t3) * most;
    from_pq(bent * top)
}

/// The signal that makes a standard screen show `light`, both 0..=1 (the inverse EOTF of ITU-R BT.1886, black at 0).
pub fn to_bt1886(light: f32) -> f32 {
    light.clamp(0.0, 1.0).powf(1.0 / 2.4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hlg_white_is_reference_white() {
        // BT.2408: 75 % of HLG is 203 cd/m² on a screen of 1000.
        let scene = from_hlg(0.75);
        assert!((scene * hlg_gain(scene) - 1.0).abs() < 0.01, "{}", scene * hlg_gain(scene));
        assert!((from_hlg(1.0) - 1.0).abs() < 1e-4 && from_hlg(0.0) == 0.0);
        assert!((from_hlg(0.5) - 1.0 / 12.0).abs() < 1e-6);
    }

    #[test]
    fn the_curve_keeps_the_dark_and_ends_at_white() {
        let peak = USUAL_PEAK / WHITE;
        assert_eq!(compress(0.1, peak), 0.1);
        assert!((compress(peak, peak) - 1.0).abs() < 1e-3);
        let steps: Vec<f32> = (0..=20).map(|i| compress(peak * i as f32 / 25.0, peak)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
        // Where nothing is brighter than white, nothing is changed.
        assert_eq!(compress(0.9, 1.0), 0.9);
    }
}
