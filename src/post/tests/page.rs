//! What is put on paper: washes, tinted screens, strokes of a pen, and lines left white.

use super::super::PostChain;
use super::twins::{Color, luma};
use super::{RGBA, colors, context, info, packed, rgba, run};
use crate::config::{Anchor, Halftone, Outline, Pattern, Settings, Wash};
use crate::frame::{CpuImage, Drawing, Drawn, Frame, Motion, Size, Stamp};
use crate::gpu::Context;
use crate::stage::FrameFilter;
use half::f16;

const SIZE: Size = Size::new(320, 192);

/// `photo` with effects, its drawing like it.
fn drawn(settings: &Settings, photo: CpuImage) -> Option<Vec<Color>> {
    let context = context()?;
    let drawing = Some(like(&photo));
    Some(colors(&run(&context, settings, photo, RGBA, drawing)))
}

fn like(photo: &CpuImage) -> Drawing {
    Drawing { size: photo.size, rgba: packed(photo, 0) }
}

fn mean(values: impl Iterator<Item = f32> + Clone) -> f32 {
    values.clone().sum::<f32>() / values.count() as f32
}

#[test]
fn pigment_gathers_at_the_rim_of_a_wash_and_paper_stays_white() {
    let wash = Some(Wash { rim: 1.0, flow: 0.0, grain: 0.0 });
    let painted = rgba(SIZE, |x, _| if x < 160 { [0.4, 0.6, 0.5] } else { [1.0; 3] });
    let Some(after) = drawn(&Settings { wash, ..Settings::default() }, painted) else { return };
    let at = |x: usize| luma(after[96 * 320 + x]);
    assert!((at(80) - at(20)).abs() < 0.01 && at(158) < at(80) - 0.1, "{} {} {}", at(20), at(80), at(158));
    assert!(at(170) > 0.99);
}

#[test]
fn water_makes_a_wash_uneven_and_leaves_white_alone() {
    let spread = |level: f32, wash: Option<Wash>| {
        let after = drawn(&Settings { wash, ..Settings::default() }, rgba(SIZE, |_, _| [level; 3]))?;
        let of = |pick: fn(f32, f32) -> f32, start| after.iter().map(|&c| luma(c)).fold(start, pick);
        Some(of(f32::max, 0.0) - of(f32::min, 1.0))
    };
    for wash in [Wash { rim: 0.0, flow: 1.0, grain: 0.0 }, Wash { rim: 0.0, flow: 0.0, grain: 1.0 }] {
        let (Some(grey), Some(white)) = (spread(0.5, Some(wash.clone())), spread(1.0, Some(wash))) else { return };
        assert!(grey > 0.1 && white < 0.004, "{grey} {white}");
    }
}

#[test]
fn a_tinted_screen_is_of_the_colour_it_stands_on() {
    let dots = |tint: f32| {
        let halftone = Halftone { amount: 1.0, highlight: 1.0, clean: 1.0, tint, ..Halftone::default() };
        drawn(&Settings { halftone: Some(halftone), ..Settings::default() }, rgba(SIZE, |_, _| [0.7, 0.4, 0.3]))
    };
    let (Some(own), Some(ink)) = (dots(1.0), dots(0.0)) else { return };
    let reddest = |colors: &[Color]| colors.iter().map(|c| c[0] - c[2]).fold(0.0, f32::max);
    // Purer than the ground's 0.4; ink of one colour has none of it.
    assert!(reddest(&own) > 0.5 && reddest(&ink) < 0.1, "{} {}", reddest(&own), reddest(&ink));
}

fn hatch(amount: f32) -> Settings {
    let halftone = Halftone { pattern: Pattern::Hatch, size: 40.0, amount, clean: 1.0, ..Halftone::default() };
    let color = crate::config::Rgb([0; 3]);
    Settings { halftone: Some(Halftone { color, highlight: 0.9, ..halftone }), ..Settings::default() }
}

/// How much neighbours differ across and down, of a picture's middle.
fn differences(picture: &[Color]) -> [f32; 2] {
    let at = |x: usize, y: usize| luma(picture[y * 320 + x]);
    let places = || (60..130).flat_map(|y| (60..260).map(move |x| (x, y)));
    [
        mean(places().map(|(x, y)| (at(x + 1, y) - at(x, y)).abs())),
        mean(places().map(|(x, y)| (at(x, y + 1) - at(x, y)).abs())),
    ]
}

#[test]
fn pen_strokes_run_along_the_edges() {
    // Stripes that only the photo has: the shade is the same all over.
    let Some(context) = context() else { return };
    let stripes = |down: bool| {
        let photo = rgba(SIZE, |x, y| [if (if down { x } else { y } / 20).is_multiple_of(2) { 0.3 } else { 0.7 }; 3]);
        let drawing = like(&rgba(SIZE, |_, _| [0.55; 3]));
        differences(&colors(&run(&context, &hatch(1.0), photo, RGBA, Some(drawing))))
    };
    let ([across, down], [other_across, other_down]) = (stripes(true), stripes(false));
    assert!(across > 1.5 * down && other_down > 1.5 * other_across, "{across} {down} {other_across} {other_down}");
}

#[test]
fn a_darker_shade_gets_more_strokes() {
    let shares = [0.95, 0.8, 0.6, 0.4, 0.2, 0.0].map(|level| {
        let after = drawn(&hatch(1.0), rgba(SIZE, |_, _| [level; 3]))?;
        Some(1.0 - mean(after.iter().map(|&c| luma(c))))
    });
    let [Some(paper), .., Some(black)] = shares else { return };
    assert!(paper < 0.01 && black > 0.99, "{paper} {black}");
    assert!(shares.windows(2).all(|pair| pair[1] > pair[0].map(|share| share + 0.04)), "{shares:?}");
}

#[test]
fn eyes_of_a_small_face_are_dark_whatever_the_ink_stands_on() {
    let Some(context) = context() else { return };
    // A shade that no stroke is drawn for.
    let eye = |x: u32, y: u32| (150..160).contains(&x) && (95..97).contains(&y);
    let mean_of_eye = |simple: u8| {
        let mut settings = hatch(1.0);
        let halftone = settings.halftone.as_mut().unwrap();
        (halftone.tint, halftone.highlight) = (1.0, 0.3);
        let photo = rgba(SIZE, |x, y| [0.85, 0.62, 0.52].map(|c| if eye(x, y) { c - 0.2 } else { c }));
        let mut drawing = like(&photo);
        drawing.rgba.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = simple);
        let after = colors(&run(&context, &settings, photo, RGBA, Some(drawing)));
        mean((95..97).flat_map(|y| (151..159).map(move |x| (x, y))).map(|(x, y)| luma(after[y * 320 + x])))
    };
    let (face, wall) = (mean_of_eye(0), mean_of_eye(255));
    assert!(face < 0.35 && wall > 0.9, "{face} {wall}");
}

/// Pictures of `photo` by number, their drawings a grey of one shade; each goes `motion`, in photo pixels to the right, from the
/// one before, or rests.
fn film(
    context: &Context,
    settings: &Settings,
    motion: f32,
    numbers: std::ops::Range<u32>,
    photo: impl Fn(u32) -> CpuImage,
) -> Vec<Vec<u8>> {
    let input = info(SIZE, RGBA.0, RGBA.1);
    let mut chain = PostChain::new(context.clone(), settings, &input, RGBA, SIZE).unwrap();
    let grid = Motion::grid(SIZE);
    let cell = [-motion / SIZE.width as f32, 0.0, 1.0, f32::from(motion == 0.0)].map(f16::from_f32);
    numbers
        .map(|number| {
            let light = vec![[f16::ZERO; 4]; Motion::blocks(grid).pixels()];
            let cells = vec![cell; grid.pixels()];
            let motion = (number > 0).then_some(Motion { size: grid, fill: [1.0; 2], cells, light, noise: 0.0 });
            let drawing = Some(like(&rgba(SIZE, |_, _| [0.55; 3])));
            let image = Drawn { photo: photo(number), drawing, motion, number };
            chain.push(Frame { stamp: Stamp { index: number.into(), pts: 0, duration: 1 }, image }).unwrap();
            packed(&chain.drain().unwrap().unwrap().image, 0)
        })
        .collect()
}

#[test]
fn the_way_of_pen_strokes_rests_with_what_rests() {
    let Some(context) = context() else { return };
    // Stripes that seem to lie this way and that, in turn.
    let stripes = |x: u32, y: u32, n: u32| {
        let (sin, cos) = (if n.is_multiple_of(2) { 0.25f32 } else { -0.25 }).sin_cos();
        0.5 + 0.1 * (0.5 * (x as f32 * cos + y as f32 * sin)).sin()
    };
    let changes = |calm: f32| {
        let mut settings = hatch(1.0);
        settings.motion.calm = calm;
        let pictures = film(&context, &settings, 0.0, 0..12, |n| rgba(SIZE, |x, y| [stripes(x, y, n); 3]));
        let differ = |pair: &[Vec<u8>]| pair[0].iter().zip(&pair[1]).filter(|(a, b)| a.abs_diff(**b) > 60).count();
        pictures[6..].windows(2).map(differ).sum::<usize>()
    };
    let (calm, restless) = (changes(0.85), changes(0.0));
    assert!(restless > 1000 && calm < restless / 3, "{calm} {restless}");
}

#[test]
fn pen_strokes_go_along_with_what_moves_and_lie_on_the_page_where_nothing_does() {
    let Some(context) = context() else { return };
    let pictures = |anchor: Anchor, motion: f32| {
        let mut settings = hatch(1.0);
        settings.motion.calm = 0.85;
        settings.halftone.as_mut().unwrap().anchor = anchor;
        film(&context, &settings, motion, 0..40, |_| rgba(SIZE, |_, _| [0.55; 3]))
    };
    // Mean difference of each picture from the one before, shifted by 4, from the first turn on.
    let shifted = |anchor: Anchor| {
        let pictures = pictures(anchor, 4.0);
        let places = || (20..170usize).flat_map(|y| (40..280usize).map(move |x| 4 * (320 * y + x)));
        let differ = |pair: &[Vec<u8>]| mean(places().map(|at| pair[1][at + 16].abs_diff(pair[0][at]).into()));
        pictures[12..].windows(2).map(differ).collect::<Vec<_>>()
    };
    let (object, page) = (shifted(Anchor::Object), shifted(Anchor::Page));
    for (object, page) in object.iter().zip(&page) {
        assert!(*page > 20.0 && *object < 0.5 * page, "{object} of {page}");
    }
    assert_eq!(pictures(Anchor::Object, 0.0), pictures(Anchor::Page, 0.0));
}

#[test]
fn lines_on_a_dark_ground_are_left_white() {
    let bars = |reverse: f32| {
        let outline = Outline { width: 12.0, threshold: 0.01, softness: 0.01, reverse, ..Outline::default() };
        let photo = rgba(SIZE, |x, y| {
            let bar = (60..66).contains(&(y % 96)) && (30..290).contains(&x);
            let ground = if y < 96 { 0.15 } else { 0.75 };
            [if bar { ground - 0.1 } else { ground }; 3]
        });
        drawn(&Settings { outline: Some(outline), ..Settings::default() }, photo)
    };
    let (Some(reversed), Some(plain)) = (bars(0.3), bars(0.0)) else { return };
    let white = |picture: &[Color]| picture[..96 * 320].iter().filter(|&&c| luma(c) > 0.8).count();
    let black = |picture: &[Color]| picture[96 * 320..].iter().filter(|&&c| luma(c) < 0.3).count();
    assert!(white(&reversed) > 300 && white(&plain) == 0, "{} {}", white(&reversed), white(&plain));
    assert!(black(&plain) > 300 && black(&reversed) == black(&plain), "{} {}", black(&reversed), black(&plain));
}

#[test]
fn ink_does_not_glow_on_black() {
    let color = crate::config::Rgb([80, 60, 60]);
    let outline = Outline { width: 12.0, threshold: 0.01, softness: 0.01, color, ..Outline::default() };
    let beside = |ground: f32| {
        let photo = rgba(SIZE, |x, _| [if x < 160 { ground } else { 0.9 }; 3]);
        let after = drawn(&Settings { outline: Some(outline.clone()), ..Settings::default() }, photo)?;
        let row = after[96 * 320 + 130..96 * 320 + 160].iter().map(|&c| luma(c) - ground);
        Some((row.clone().fold(0.0, f32::min), row.fold(0.0, f32::max)))
    };
    let (Some((_, lightest)), Some((darkest, _))) = (beside(0.02), beside(0.5)) else { return };
    assert!(lightest < 0.01 && darkest < -0.2, "{lightest} {darkest}");
}

#[test]
fn a_line_between_black_and_white_stays_black() {
    let outline = Outline { width: 12.0, threshold: 0.01, softness: 0.01, reverse: 0.3, ..Outline::default() };
    let photo = rgba(SIZE, |x, _| [if x < 160 { 0.2 } else { 0.9 }; 3]);
    let Some(after) = drawn(&Settings { outline: Some(outline), ..Settings::default() }, photo) else { return };
    for y in 10..180 {
        let row = &after[y * 320..y * 320 + 158];
        assert!(row.iter().all(|&c| luma(c) < 0.25), "row {y}");
        assert!(row.iter().any(|&c| luma(c) < 0.12), "row {y} has no line");
    }
}
