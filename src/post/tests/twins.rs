//! Scalar twins of the pointwise effects, written from their definitions, with the properties that they must have.

use super::super::halftone::HalftoneUniform;
use super::super::paper::PaperUniform;
use super::super::tone::ToneUniform;
use crate::config;
use proptest::prelude::*;

pub(super) type Color = [f32; 3];

/// Luma under BT.709 weights: those of a packed RGB picture.
pub(super) fn luma([r, g, b]: Color) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn mix(a: Color, b: Color, t: f32) -> Color {
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
}

fn level(tone: &ToneUniform, lightness: f32) -> f32 {
    if tone.intervals < 0.5 {
        return lightness;
    }
    let t = lightness * tone.intervals;
    let rise = ((t.fract() - 0.5) / tone.softness.max(0.001) + 0.5).clamp(0.0, 1.0);
    (t.floor() + rise) / tone.intervals
}

fn contrast(contrast: f32, lightness: f32) -> f32 {
    let shoulder = (contrast - 1.0).max(0.0);
    let way = 2.0 * lightness - 1.0;
    let bent = way.abs().min(0.5 * contrast / shoulder.max(1e-6));
    // `signum` of 0 is 1, but then there is nothing to turn.
    0.5 + 0.5 * way.signum() * (bent * (contrast - shoulder * bent)).min(1.0)
}

pub(super) fn tone(tone: &ToneUniform, color: Color) -> Color {
    let lightness = luma(color);
    let graded = (contrast(tone.contrast, lightness) + tone.brightness).clamp(0.0, 1.0);
    let value = color.iter().copied().fold(graded, f32::max);
    let graded = graded * (1.0 - (-(value / tone.black.max(1e-4)).powi(2)).exp());
    let level = level(tone, graded);
    let gain = ((level + 0.1) / (lightness + 0.1)).clamp(0.0, 1.6);
    let chroma = color.map(|c| (c - lightness) * tone.saturation * gain);
    let high = chroma.iter().copied().fold(f32::MIN, f32::max);
    let low = chroma.iter().copied().fold(f32::MAX, f32::min);
    let room = ((1.0 - level) / high.max(1e-4)).min(level / (-low).max(1e-4)).min(1.0);
    chroma.map(|c| level + c * room)
}

fn hash(x: i32, y: i32) -> f32 {
    let seed = (x as u32).wrapping_mul(747_796_405).wrapping_add((y as u32).wrapping_mul(2_891_336_453));
    let state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (((word >> 22) ^ word) >> 8) as f32 / 16_777_216.0
}

fn noise(x: f32, y: f32) -> f32 {
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (i, j) = (x.floor() as i32, y.floor() as i32);
    let (s, t) = (smooth(x - x.floor()), smooth(y - y.floor()));
    let top = hash(i, j) + (hash(i + 1, j) - hash(i, j)) * s;
    let bottom = hash(i, j + 1) + (hash(i + 1, j + 1) - hash(i, j + 1)) * s;
    top + (bottom - top) * t
}

pub(super) fn paper(paper: &PaperUniform, color: Color, x: f32, y: f32) -> Color {
    let (x, y) = (x * paper.frequency, y * paper.frequency);
    let grain = 0.65 * noise(x * 0.55, y * 1.3) + 0.35 * noise(x * 0.21 + 17.0, y * 0.21 + 17.0);
    std::array::from_fn(|c| color[c] * paper.color[c] * (1.0 + paper.grain * 0.4 * (grain - 0.75)))
}

fn stroke(distance: f32, half_width: f32) -> f32 {
    (half_width - distance + 0.5).clamp(0.0, 1.0) * (half_width * 2.0).clamp(0.0, 1.0)
}

/// Share of ink; dots and lines alone.
pub(super) fn screen(halftone: &HalftoneUniform, x: f32, y: f32, darkness: f32) -> f32 {
    let [cos, sin] = halftone.axis;
    let fract = |v: f32| v - v.floor() - 0.5;
    let (u, v) = (fract(x * cos + y * sin), fract(y * cos - x * sin));
    let screen = match halftone.pattern {
        0 => stroke(u.hypot(v) * halftone.period, (darkness * 0.5).sqrt() * halftone.period),
        _ => stroke(v.abs() * halftone.period, 0.5 * darkness * halftone.period),
    };
    let t = ((darkness - 0.9) / 0.1).clamp(0.0, 1.0);
    screen.max(t * t * (3.0 - 2.0 * t))
}

pub(super) fn halftone(halftone: &HalftoneUniform, color: Color, x: f32, y: f32) -> Color {
    let darkness = (1.0 - luma(color) / halftone.highlight).clamp(0.0, 1.0);
    let ground = mix(color, [1.0; 3], halftone.clean);
    let [r, g, b, amount] = halftone.color;
    if darkness <= 0.0 { ground } else { mix(ground, [r, g, b], screen(halftone, x, y, darkness) * amount) }
}

fn unit() -> impl Strategy<Value = f32> {
    0.0f32..=1.0
}

proptest! {
    #[test]
    fn tone_stays_in_the_cube_and_keeps_hue(
        r in unit(), g in unit(), b in unit(), steps in 0u32..=32, softness in unit(), contrast in 0.0f32..=3.0,
        saturation in 0.0f32..=3.0,
    ) {
        let settings = config::Tone { steps, softness, contrast, saturation, ..Default::default() };
        let before = [r, g, b];
        let after = tone(&ToneUniform::from(&settings), before);
        prop_assert!(after.iter().all(|c| (-1e-4..=1.0001).contains(c)), "{after:?}");
        // The largest channel stays the largest: no hue jumps to another.
        for (i, j) in [(0, 1), (1, 2), (0, 2)] {
            prop_assert!((before[i] - before[j]) * (after[i] - after[j]) >= -1e-4);
        }
    }

    #[test]
    fn tone_levels_rise_and_full_softness_is_none(a in unit(), b in unit(), steps in 2u32..=32, softness in unit()) {
        let settings = config::Tone { steps, softness, ..Default::default() };
        let uniform = ToneUniform::from(&settings);
        prop_assert!(level(&uniform, a.min(b)) <= level(&uniform, a.max(b)) + 1e-5);
        let soft = ToneUniform { softness: 1.0, ..uniform };
        prop_assert!((level(&soft, a) - a).abs() < 1e-4);
    }

    #[test]
    fn contrast_keeps_order_and_more_of_it_both_ends(a in unit(), b in unit(), by in 0.0f32..=3.0) {
        prop_assert!(contrast(by, a.min(b)) <= contrast(by, a.max(b)) + 1e-5);
        prop_assert!((contrast(by, 0.5) - 0.5).abs() < 1e-6);
        if by >= 1.0 {
            prop_assert!(contrast(by, 0.0).abs() < 1e-5 && (contrast(by, 1.0) - 1.0).abs() < 1e-5);
            // A light that is no white does not become one as long as contrast is moderate.
            prop_assert!(by > 1.9 || a > 0.99 || contrast(by, a) < 1.0);
        } else {
            prop_assert!((contrast(by, a) - (0.5 + (a - 0.5) * by)).abs() < 1e-5);
        }
    }

    #[test]
    fn a_screen_darkens_with_the_shade(
        x in 0.0f32..4000.0, y in 0.0f32..2000.0, a in unit(), b in unit(), size in 3.0f32..40.0, angle in -180.0f32..180.0,
    ) {
        for pattern in [config::Pattern::Dots, config::Pattern::Lines] {
            let settings = config::Halftone { pattern, size, angle, ..Default::default() };
            let uniform = HalftoneUniform::new(&settings, 1.0);
            let (less, more) = (screen(&uniform, x, y, a.min(b)), screen(&uniform, x, y, a.max(b)));
            prop_assert!((0.0..=1.0).contains(&less) && less <= more + 1e-5);
            prop_assert!(screen(&uniform, x, y, 0.0) == 0.0);
        }
    }

    #[test]
    fn paper_never_lightens_much(x in 0.0f32..4000.0, y in 0.0f32..2000.0, grain in unit(), size in 1.0f32..16.0) {
        let settings = config::Paper { grain, size, ..Default::default() };
        let white = paper(&PaperUniform::new(&settings, 1.0), [1.0; 3], x, y);
        prop_assert!(white.iter().all(|c| (0.65..=1.1001).contains(c)), "{white:?}");
    }
}
