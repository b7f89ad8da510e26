//! Strokes: what they even out, and what they keep.

use super::twins::luma;
use super::{RGBA, colors, context, packed, rgba, run};
use crate::config::{Paint, Settings};
use crate::frame::{Drawing, Size};

const SIZE: Size = Size::new(160, 96);

/// Luma of a drawing that is its photo, painted over.
fn painted(paint: Option<Paint>, luma_at: impl Fn(u32, u32) -> f32) -> Option<Vec<f32>> {
    let context = context()?;
    let photo = rgba(SIZE, |x, y| [luma_at(x, y); 3]);
    let drawing = Drawing { size: SIZE, rgba: packed(&photo, 0) };
    let done = run(&context, &Settings { paint, ..Settings::default() }, photo, RGBA, Some(drawing));
    Some(colors(&done).into_iter().map(luma).collect())
}

/// Strokes that reach ten pixels.
const LONG: Paint = Paint { length: 112.5, crispness: 0.0 };

/// Noise without a direction, -1..=1.
fn noise(x: u32, y: u32) -> f32 {
    let word = (x.wrapping_mul(747_796_405) ^ y.wrapping_mul(2_891_336_453)).wrapping_mul(277_803_737);
    (word >> 16) as f32 / 32_767.5 - 1.0
}

fn deviation(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let count = values.clone().count() as f32;
    let mean = values.clone().sum::<f32>() / count;
    (values.map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt()
}

#[test]
fn texture_is_evened_out_and_edges_stay() {
    let textured = |x: u32, y: u32| if x < 80 { 0.3 } else { 0.7 } + 0.06 * noise(x, y);
    let (Some(plain), Some(strokes)) = (painted(None, textured), painted(Some(LONG), textured)) else { return };
    let area = |luma: &[f32]| {
        deviation((10..86).flat_map(|y| luma[y * 160 + 20..y * 160 + 60].to_vec()).collect::<Vec<_>>().into_iter())
    };
    assert!(area(&strokes) < 0.5 * area(&plain), "{} of {}", area(&strokes), area(&plain));
    for y in 10..86 {
        let row = &strokes[y * 160..(y + 1) * 160];
        assert!(row[83] - row[76] > 0.3, "row {y}: {} beside {}", row[76], row[83]);
    }
}

#[test]
fn a_round_edge_stays_round() {
    let distance = |x: u32, y: u32| (x as f32 - 80.0).hypot(y as f32 - 48.0);
    let disc = |x: u32, y: u32| 0.3 + 0.4 * (distance(x, y) - 25.0).clamp(0.0, 1.0);
    let Some(strokes) = painted(Some(LONG), disc) else { return };
    let wrong = (0..160 * 96).filter(|&i| {
        let (x, y) = (i % 160, i / 160);
        (distance(x, y) - 25.5).abs() > 2.0 && (strokes[i as usize] - disc(x, y)).abs() > 0.1
    });
    assert_eq!(wrong.count(), 0);
}

#[test]
fn letters_stay_legible() {
    // Bars of two pixels and gaps of two, in rows of six: as small as letters get.
    let letters = |x: u32, y: u32| if x % 4 < 2 && y % 12 < 6 { 0.05 } else { 0.95 };
    let Some(strokes) = painted(Some(LONG), letters) else { return };
    for (x, y) in (20..140).flat_map(|x| (20..76).map(move |y| (x, y))).filter(|(x, y)| x % 4 == 1 && y % 12 == 3) {
        let (bar, gap) = (strokes[y * 160 + x], strokes[y * 160 + x + 2]);
        assert!(gap - bar > 0.5, "{bar} beside {gap} at {x}, {y}");
    }
}

#[test]
fn eyes_are_spared_more_than_texture_as_strong() {
    let Some(context) = context() else { return };
    let speckled = |color: [f32; 3]| {
        let photo = rgba(SIZE, |x, y| color.map(|c| c - if x % 8 < 3 && y % 8 < 3 { 0.2 } else { 0.0 }));
        let before: Vec<f32> = colors(&photo).into_iter().map(luma).collect();
        let drawing = Drawing { size: SIZE, rgba: packed(&photo, 0) };
        let settings = Settings { paint: Some(LONG), ..Settings::default() };
        let after = colors(&run(&context, &settings, photo, RGBA, Some(drawing)));
        // Of a row through the specks, the share that is left of their contrast.
        let row = |luma: &dyn Fn(usize) -> f32| {
            deviation((20..140).map(|x| luma(49 * 160 + x)).collect::<Vec<_>>().into_iter())
        };
        row(&|i| luma(after[i])) / row(&|i| before[i])
    };
    let (skin, grey) = (speckled([0.85, 0.62, 0.52]), speckled([0.66; 3]));
    assert!(skin > 0.7 && skin > grey + 0.1, "{skin} of it on skin, {grey} on grey");
}

#[test]
fn soft_edges_are_drawn_together() {
    let soft = |x: u32, _: u32| 0.3 + 0.4 / (1.0 + (-(x as f32 - 79.5) / 2.0).exp());
    let crisp = |crispness| painted(Some(Paint { crispness, ..LONG }), soft);
    let (Some(without), Some(with)) = (crisp(0.0), crisp(1.5)) else { return };
    let steepest = |luma: &[f32]| (1..160).map(|x| luma[48 * 160 + x] - luma[48 * 160 + x - 1]).fold(0.0, f32::max);
    assert!(steepest(&with) > 1.3 * steepest(&without), "{} of {}", steepest(&with), steepest(&without));
    // What is even on either side is neither lighter nor darker for it.
    for x in [20, 60, 100, 140] {
        let at = 48 * 160 + x;
        assert!((with[at] - without[at]).abs() < 0.01, "{} of {} at {x}", with[at], without[at]);
    }
}
