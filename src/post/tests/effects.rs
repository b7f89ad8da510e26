//! Effects as the GPU draws them, against their twins and against what they are for.

use super::super::halftone::HalftoneUniform;
use super::super::paper::PaperUniform;
use super::super::tone::ToneUniform;
use super::twins::{self, Color, luma};
use super::{RGBA, colors, context, photo_only, rgba, run};
use crate::config::{Halftone, Outline, PRESETS, Paper, Pattern, Settings, Tone};
use crate::frame::{ColorInfo, CpuImage, Drawing, PixelFormat, Size};

const SIZE: Size = Size::new(72, 40);

fn rainbow() -> CpuImage {
    rgba(SIZE, |x, y| {
        let (u, v) = (x as f32 / 71.0, y as f32 / 39.0);
        [u, v, (0.5 + 0.5 * (u * 9.0).sin()) * v]
    })
}

/// How far the GPU's picture lies from the twin's, in codes: the most, leaving out one pixel in fifty that may fall on
/// the other side of a step.
fn compare(settings: &Settings, twin: impl Fn(Color, f32, f32) -> Color) {
    let Some(context) = context() else { return };
    let photo = rainbow();
    let before = colors(&photo);
    let after = colors(&run(&context, settings, photo, RGBA, None));
    let mut off: Vec<f32> = before
        .iter()
        .zip(&after)
        .enumerate()
        .map(|(i, (&before, after))| {
            let (x, y) = (i as u32 % SIZE.width, i as u32 / SIZE.width);
            let wanted = twin(before, x as f32 + 0.5, y as f32 + 0.5);
            (0..3).map(|c| (wanted[c].clamp(0.0, 1.0) - after[c]).abs() * 255.0).fold(0.0, f32::max)
        })
        .collect();
    off.sort_by(f32::total_cmp);
    let most = off[off.len() * 49 / 50];
    assert!(most <= 2.0, "off by {most} codes");
}

#[test]
fn tone_is_its_twin() {
    let tone = Tone { steps: 6, softness: 0.5, saturation: 1.6, contrast: 1.2, black: 0.1, ..Default::default() };
    let uniform = ToneUniform::from(&tone);
    compare(&Settings { tone: Some(tone), ..photo_only() }, |c, _, _| twins::tone(&uniform, c));
}

#[test]
fn halftone_is_its_twin() {
    for pattern in [Pattern::Dots, Pattern::Lines] {
        let halftone = Halftone { pattern, size: 40.0, clean: 0.3, ..Default::default() };
        let uniform = HalftoneUniform::new(&halftone, SIZE.height as f32 / 1080.0);
        let settings = Settings { halftone: Some(halftone), ..photo_only() };
        compare(&settings, |c, x, y| twins::halftone(&uniform, c, x, y));
    }
}

#[test]
fn paper_is_its_twin() {
    let paper = Paper { grain: 0.8, ..Default::default() };
    let uniform = PaperUniform::new(&paper, SIZE.height as f32 / 1080.0);
    compare(&Settings { paper: Some(paper), ..photo_only() }, |c, x, y| twins::paper(&uniform, c, x, y));
}

#[test]
fn a_long_line_is_inked_and_a_tick_as_faint_is_not() {
    let bar = |x: u32, from: u32, to: u32| (from..to).contains(&x);
    let photo = rgba(PAGE, |x, y| {
        let long = bar(y, 60, 64) && bar(x, 30, 290);
        let tick = bar(y, 130, 134) && bar(x, 150, 160);
        [if long || tick { 0.56 } else { 0.7 }; 3]
    });
    let Some(after) = inked(photo) else { return };
    let inked = |rows: std::ops::Range<usize>| {
        after[rows.start * 320..rows.end * 320].iter().filter(|&&color| luma(color) < 0.4).count()
    };
    assert!(inked(50..74) > 200, "{} pixels of the line", inked(50..74));
    assert_eq!(inked(120..144), 0, "of the tick");
}

/// A photo of [`PAGE`] with outlines, its drawing in the same colours.
fn inked(photo: CpuImage) -> Option<Vec<Color>> {
    let context = context()?;
    let outline = Outline { width: 12.0, threshold: 0.01, softness: 0.01, ..Default::default() };
    let settings = Settings { outline: Some(outline), ..photo_only() };
    let seen = colors(&photo);
    let drawing = rgba(Size::new(160, 96), |x, y| seen[(2 * y * PAGE.width + 2 * x) as usize]);
    let drawing = Drawing { size: drawing.size, rgba: super::packed(&drawing, 0) };
    Some(colors(&run(&context, &settings, photo, RGBA, Some(drawing))))
}

/// Luma of a drawing of 160 x 96 in steps of tone, its photo alike.
fn stepped(form: f32, luma_at: impl Fn(u32, u32) -> f32) -> Option<Vec<f32>> {
    let context = context()?;
    let small = Size::new(160, 96);
    let photo = rgba(small, |x, y| [luma_at(x, y); 3]);
    let tone = Tone { steps: 6, softness: 0.1, form, ..Tone::NEUTRAL };
    let drawing = Drawing { size: small, rgba: super::packed(&photo, 0) };
    let settings = Settings { tone: Some(tone), ..Settings::default() };
    let done = colors(&run(&context, &settings, photo, RGBA, Some(drawing)));
    Some(done.into_iter().map(luma).collect())
}

#[test]
fn steps_of_form_run_straight_through_texture() {
    let texture = |x: u32, y: u32| ((x * 7919 + y * 104_729) ^ (x * y * 31)) % 5;
    let shaded = |x: u32, y: u32| 0.02 + 0.01 * y as f32 + (texture(x, y) as f32 - 2.0) * 0.012;
    let (Some(form), Some(all)) = (stepped(1.0, shaded), stepped(0.0, shaded)) else { return };
    let row = |luma: &[f32], y: usize| luma[y * 160 + 8..y * 160 + 152].to_vec();
    let spread = |row: Vec<f32>| row.iter().copied().fold(0.0, f32::max) - row.iter().copied().fold(1.0, f32::min);
    // Of middle tones.
    let uneven = |luma: &[f32]| (30..65).filter(|&y| spread(row(luma, y)) > 0.12).count();
    assert!(uneven(&form) == 0 && uneven(&all) > 5, "{} {}", uneven(&form), uneven(&all));
    let mean = |y: usize| row(&form, y).iter().sum::<f32>() / 144.0;
    let flat = (30..65).filter(|&y| mean(y) - mean(y - 1) < 0.006).count();
    assert!(flat > 17, "only {flat} of 35 rows are nearly as dark as the one above");
}

#[test]
fn the_even_light_of_a_wall_is_not_stepped() {
    let wall = |x: u32, _: u32| 0.4 + 0.001 * x as f32;
    let (Some(form), Some(all)) = (stepped(1.0, wall), stepped(0.0, wall)) else { return };
    let steepest = |luma: &[f32]| (1..160).map(|x| luma[x] - luma[x - 1]).fold(0.0, f32::max);
    assert!(steepest(&form) < 0.012 && steepest(&all) > 0.03, "{} {}", steepest(&form), steepest(&all));
}

const PAGE: Size = Size::new(320, 192);

#[test]
fn an_edge_is_inked_without_a_gap_on_its_dark_side() {
    let photo = rgba(PAGE, |x, y| if x + y / 4 < 160 { [0.45; 3] } else { [0.75; 3] });
    let Some(after) = inked(photo) else { return };
    for y in 8..184 {
        let row = &after[y * 320..(y + 1) * 320];
        let edge = 160 - y / 4;
        let darkest = row[edge - 5..edge].iter().map(|&c| luma(c)).fold(1.0, f32::min);
        assert!(darkest < 0.2, "row {y}: the line breaks ({darkest})");
        assert!(row[edge + 4..].iter().all(|&c| luma(c) > 0.7), "row {y}: ink on the light side");
        assert!(row[..edge - 12].iter().all(|&c| luma(c) > 0.4), "row {y}: ink far from the edge");
    }
}

#[test]
fn a_faint_edge_is_inked_where_it_is_clear_and_texture_as_strong_is_not() {
    let clear = rgba(PAGE, |x, y| [if x + y / 4 < 160 { 0.5 } else { 0.62 }; 3]);
    let mixed = rgba(PAGE, |x, y| {
        let (x, y) = (x / 6, y / 6);
        [if ((x * 7919 + y * 104_729) ^ (x * y * 31)) % 2 == 0 { 0.5 } else { 0.62 }; 3]
    });
    let (Some(clear), Some(mixed)) = (inked(clear), inked(mixed)) else { return };
    let inked = |after: &[Color]| after.iter().filter(|&&color| luma(color) < 0.4).count();
    assert!(inked(&clear) > 2 * 192, "{}", inked(&clear));
    assert!(inked(&mixed) < PAGE.pixels() / 200, "{}", inked(&mixed));
}

/// How many lines there are in each row between 40 and 150, and the first and last column with ink, of the darker luma `dark`.
fn lines(after: &[Color], dark: f32) -> (Vec<usize>, [usize; 2]) {
    let (mut counts, mut reach) = (Vec::new(), [usize::MAX, 0]);
    for y in 40..150 {
        let ink: Vec<bool> = (0..320).map(|x| luma(after[y * 320 + x]) < 0.6 * dark).collect();
        counts.push((1..320).filter(|&x| ink[x] && !ink[x - 1]).count());
        reach[0] = reach[0].min(ink.iter().position(|&ink| ink).unwrap_or(0));
        reach[1] = reach[1].max(ink.iter().rposition(|&ink| ink).unwrap_or(320));
    }
    (counts, reach)
}

#[test]
fn a_soft_edge_is_inked_once_where_it_is_steepest() {
    // From column 144 to 176: no line of a difference of Gaussians.
    let slope = |x: u32, y: u32| ((x + y / 8) as f32 - 156.0) / 24.0;
    let photo = rgba(PAGE, |x, y| [0.5 + 0.3 * slope(x, y).clamp(0.0, 1.0); 3]);
    let Some(after) = inked(photo) else { return };
    let (counts, [first, last]) = lines(&after, 0.5);
    assert!(counts.iter().all(|&count| count == 1), "{counts:?}");
    // The middle of the slope moves from 163 to 150.
    assert!(first > 140 && last < 172, "{first} {last}");
}

#[test]
fn a_change_of_colour_alone_is_inked() {
    // A grey wall before a blue sky, both of luma 0.7.
    let sides = |x: u32, y: u32| if x + y / 8 < 160 { [0.7; 3] } else { [0.41, 0.76, 0.96] };
    let Some(after) = inked(rgba(PAGE, sides)) else { return };
    let (counts, [first, last]) = lines(&after, 0.7);
    assert!(counts.iter().all(|&count| count == 1), "{counts:?}");
    assert!(first > 125 && last < 170, "{first} {last}");
    let plain = rgba(PAGE, |_, _| [0.41, 0.76, 0.96]);
    assert!(inked(plain).is_some_and(|after| after.iter().all(|&color| luma(color) > 0.65)));
}

#[test]
fn noise_and_soft_shading_are_not_inked() {
    // A gradient under noise of two codes, which a decoder's blocks and a camera's sensor look like.
    let photo = rgba(PAGE, |x, y| {
        let noise = ((x * 7919 + y * 104_729) ^ (x * y * 31)) % 5;
        [0.3 + 0.4 * x as f32 / 320.0 + (noise as f32 - 2.0) / 255.0; 3]
    });
    let before = colors(&photo);
    let Some(after) = inked(photo) else { return };
    let worst = before.iter().zip(&after).map(|(b, a)| (luma(*b) - luma(*a)).abs()).fold(0.0, f32::max);
    assert!(worst < 0.02, "ink of {worst} on noise");
}

#[test]
fn a_drawing_that_follows_luma_comes_back_crisp() {
    let Some(context) = context() else { return };
    // The drawing is 0.9 - 0.5 luma of a checked photo four times its size: enlarged, it must be that of the photo.
    let big = Size::new(256, 128);
    let photo_luma = |x: u32, y: u32| if (x / 32 + y / 32).is_multiple_of(2) { 0.2 } else { 0.8 };
    let drawn = |l: f32| 0.9 - 0.5 * l;
    let photo = rgba(big, |x, y| [photo_luma(x, y); 3]);
    let small = Size::new(64, 32);
    let rgba = rgba(small, |x, y| [drawn(photo_luma(x * 4, y * 4)); 3]);
    let drawing = Drawing { size: small, rgba: super::packed(&rgba, 0) };
    let done = colors(&run(&context, &Settings::default(), photo, (PixelFormat::Rgba8, RGBA.1), Some(drawing)));
    for (i, color) in done.iter().enumerate() {
        let (x, y) = (i as u32 % big.width, i as u32 / big.width);
        let wanted = drawn(photo_luma(x, y));
        assert!((color[0] - wanted).abs() < 0.04, "{x},{y}: {} instead of {wanted}", color[0]);
    }
}

#[test]
fn the_same_picture_gives_the_same_bytes() {
    let Some(context) = context() else { return };
    let settings = crate::config::load("comic", &[]).unwrap();
    let once = || super::packed(&run(&context, &settings, rainbow(), RGBA, None), 0);
    assert_eq!(once(), once());
}

#[test]
fn pictures_of_any_size_are_drawn() {
    let Some(context) = context() else { return };
    for preset in PRESETS {
        let settings = crate::config::load(preset.name, &[]).unwrap();
        for (size, small) in [((1, 1), (8, 8)), ((2, 3), (8, 8)), ((129, 3), (128, 8)), ((9, 130), (8, 128))] {
            let photo = rgba(Size::new(size.0, size.1), |x, y| [(x + y) as f32 % 2.0, 0.5, 0.2]);
            let small = Size::new(small.0, small.1);
            let drawing = Drawing { size: small, rgba: vec![200; small.pixels() * 4] };
            let done = run(&context, &settings, photo, (PixelFormat::I420, ColorInfo::BT709), Some(drawing));
            assert_eq!(done.size, Size::new(size.0, size.1));
            // Black ink is the darkest there is: nothing was left unwritten.
            assert!(super::packed(&done, 0).iter().all(|&y| y >= 16), "{} {size:?}", preset.name);
        }
    }
}
