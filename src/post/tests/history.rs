//! What the picture before may do to the next one, and what not.

use super::super::PostChain;
use super::{RGBA, context, info, packed, rgba};
use crate::config::{Anchor, Halftone, Outline, PRESETS, Settings, Speed, load};
use crate::frame::{CpuImage, Drawing, Drawn, Frame, Motion, Size, Stamp};
use crate::stage::FrameFilter;
use half::f16;

const SIZE: Size = Size::new(96, 64);
const SMALL: Size = Size::new(48, 32);

fn settings(calm: f32) -> Settings {
    let mut settings = Settings { outline: Some(Outline::default()), ..Settings::default() };
    settings.motion.calm = calm;
    settings
}

/// A bright bar at `x` on a ground of `level`.
fn photo(x: u32, level: f32) -> CpuImage {
    rgba(SIZE, |column, _| if (x..x + 12).contains(&column) { [0.9; 3] } else { [level; 3] })
}

/// A drawing as the photo is.
fn drawing(photo: &CpuImage) -> Drawing {
    let bytes = packed(photo, 0);
    let at = |i: usize| ((i / 48 * 2) * 96 + i % 48 * 2) * 4;
    Drawing { size: SMALL, rgba: (0..SMALL.pixels()).flat_map(|i| bytes[at(i)..at(i) + 4].to_vec()).collect() }
}

/// The same motion everywhere: back by `u` picture widths, trusted by `confidence`, still by `still`.
fn motion(u: f32, confidence: f32, still: f32) -> Option<Motion> {
    let size = Motion::grid(SMALL);
    let cell = [u, 0.0, confidence, still].map(f16::from_f32);
    Some(Motion {
        size,
        fill: [1.0; 2],
        cells: vec![cell; size.pixels()],
        light: vec![[f16::ZERO; 4]; Motion::blocks(size).pixels()],
        noise: 0.01,
    })
}

fn run(calm: f32, film: Vec<(CpuImage, Option<Motion>)>) -> Option<Vec<Vec<u8>>> {
    let input = info(SIZE, RGBA.0, RGBA.1);
    let mut chain = PostChain::new(context()?, &settings(calm), &input, RGBA, SMALL).unwrap();
    let mut out = Vec::new();
    for (index, (photo, motion)) in film.into_iter().enumerate() {
        let stamp = Stamp { index: index as u64, pts: 0, duration: 1 };
        let drawing = Some(drawing(&photo));
        out.extend(chain.push(Frame { stamp, image: Drawn { photo, drawing, motion, number: index as u32 } }).unwrap());
    }
    out.extend(std::iter::from_fn(|| chain.drain().unwrap()));
    Some(out.iter().map(|frame| packed(&frame.image, 0)).collect())
}

/// The greatest difference between two pictures in the columns from `first` to `last`.
fn worst(a: &[u8], b: &[u8], first: usize, last: usize) -> u8 {
    let row = |i: usize| (first..last).contains(&(i / 4 % 96));
    (0..a.len()).filter(|&i| row(i)).map(|i| a[i].abs_diff(b[i])).max().unwrap_or(0)
}

#[test]
fn a_picture_without_motion_is_as_if_there_were_no_memory() {
    let film = |motion: fn() -> Option<Motion>| {
        vec![(photo(10, 0.3), None), (photo(14, 0.3), motion()), (photo(60, 0.6), None), (photo(64, 0.62), motion())]
    };
    let (Some(calm), Some(off)) = (run(0.7, film(|| motion(-4.0 / 96.0, 1.0, 0.0))), run(0.0, film(|| None))) else {
        return;
    };
    assert!(calm[0] == off[0]);
    assert!(calm[2] == off[2]);
    assert!(calm[3] != off[3]);
}

#[test]
fn flicker_of_a_still_picture_is_held_down() {
    let film = |still| {
        (0..8)
            .map(|i| {
                (photo(40, 0.4 + f32::from(i % 2 == 0) * 0.02), if i > 0 { motion(0.0, still, still) } else { None })
            })
            .collect::<Vec<_>>()
    };
    let (Some(calm), Some(off)) = (run(0.7, film(1.0)), run(0.7, film(0.0))) else { return };
    let change = |film: &[Vec<u8>]| worst(&film[6], &film[7], 0, 96);
    assert!(change(&off) >= 4, "{}", change(&off));
    assert!(2 * change(&calm) <= change(&off), "{} of {}", change(&calm), change(&off));
}

#[test]
fn what_moves_as_the_motion_says_is_carried_and_stays_sharp() {
    // Whole pixels of the drawing, so that fresh pictures are shifted copies of each other.
    let film = || {
        (0..6)
            .map(|i| (photo(10 + 8 * i, 0.4), if i > 0 { motion(-8.0 / 96.0, 1.0, 0.0) } else { None }))
            .collect::<Vec<_>>()
    };
    let (Some(carried), Some(fresh)) = (run(1.0, film()), run(0.0, film())) else { return };
    // The first columns came from outside the picture.
    assert!(worst(&carried[5], &fresh[5], 16, 96) <= 3, "{}", worst(&carried[5], &fresh[5], 16, 96));
}

#[test]
fn what_moves_by_parts_of_pixels_stays_sharp() {
    // Waves of eight pixels that go one and a half to the right each time, too faint for ink.
    let waves =
        |i: u32| rgba(SIZE, |x, _| [0.5 + 0.04 * ((x as f32 - 1.5 * i as f32) * std::f32::consts::TAU / 8.0).sin(); 3]);
    let film = |moving: bool| {
        let motion = move |i: u32| if moving && i > 0 { motion(-1.5 / 96.0, 1.0, 0.0) } else { None };
        (0..20).map(|i| (waves(i), motion(i))).collect::<Vec<_>>()
    };
    let (Some(carried), Some(fresh)) = (run(1.0, film(true)), run(1.0, film(false))) else { return };
    let deviation = |picture: &[u8]| {
        let row: Vec<f32> = (40..88).map(|x| f32::from(picture[(30 * 96 + x) * 4])).collect();
        let mean = row.iter().sum::<f32>() / row.len() as f32;
        (row.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / row.len() as f32).sqrt()
    };
    let (carried, fresh) = (deviation(&carried[19]), deviation(&fresh[19]));
    assert!(carried > 0.8 * fresh && carried < 1.1 * fresh, "{carried} of {fresh}");
}

#[test]
fn light_that_changes_is_followed_at_once_and_paper_stays_as_it_is() {
    let film = |level: fn(u8) -> f32, change: f32| {
        let motion = move || {
            let change = [change, change, change, 0.0].map(f16::from_f32);
            motion(0.0, 1.0, 1.0).map(|motion| Motion { light: vec![change; motion.light.len()], ..motion })
        };
        (0..8).map(|i| (photo(200, level(i)), if i > 0 { motion() } else { None })).collect::<Vec<_>>()
    };
    let dimming = |i: u8| 0.8 - 0.02 * f32::from(i);
    let (Some(told), Some(untold), Some(fresh)) =
        (run(0.85, film(dimming, -0.02)), run(0.85, film(dimming, 0.0)), run(0.0, film(dimming, 0.0)))
    else {
        return;
    };
    assert!(worst(&untold[7], &fresh[7], 0, 96) > 15, "{}", worst(&untold[7], &fresh[7], 0, 96));
    assert!(worst(&told[7], &fresh[7], 0, 96) <= 1, "{}", worst(&told[7], &fresh[7], 0, 96));
    // A drawing that does not change with the light, as one in ink.
    let (Some(paper), Some(still)) = (run(0.85, film(|_| 0.8, -0.02)), run(0.0, film(|_| 0.8, 0.0))) else { return };
    assert!(worst(&paper[7], &still[7], 0, 96) <= 1);
}

#[test]
fn a_line_where_none_is_drawn_any_more_is_clamped_away() {
    // The worst case: the bar has gone, and the motion claims that nothing changed.
    let film = vec![(photo(40, 0.4), None), (photo(200, 0.4), motion(0.0, 1.0, 1.0))];
    let gone = vec![(photo(200, 0.4), None), (photo(200, 0.4), motion(0.0, 1.0, 1.0))];
    let (Some(film), Some(gone)) = (run(1.0, film), run(1.0, gone)) else { return };
    assert!(worst(&film[0], &gone[0], 0, 96) > 100);
    assert!(worst(&film[1], &gone[1], 0, 96) <= 42, "{}", worst(&film[1], &gone[1], 0, 96));
}

#[test]
fn what_cannot_be_followed_is_inked_lightly_and_not_at_once() {
    let darkest = |confidence: f32| -> Option<Vec<u8>> {
        let film = (0..12).map(|i| (photo(40, 0.4), if i > 0 { motion(0.1, confidence, 0.0) } else { None }));
        let least = |picture: &Vec<u8>| picture.chunks_exact(4).map(|pixel| pixel[1]).min().unwrap_or(255);
        Some(run(0.8, film.collect())?.iter().map(least).collect())
    };
    let Some(lost) = darkest(0.0) else { return };
    assert!(lost[1] > lost[0] && lost[1] - lost[0] < 20 && lost[11] > lost[0] + 30, "{lost:?}");
    // No lighter than some ink, and no change once it is.
    assert!(lost[10] == lost[11] && lost[11] < 90, "{lost:?}");
}

/// What the shaders of all effects together may be too much for.
#[test]
fn every_style_is_drawn() {
    let Some(context) = context() else { return };
    let input = info(SIZE, RGBA.0, RGBA.1);
    for preset in PRESETS {
        let mut chain = PostChain::new(context.clone(), &load(preset.name, &[]).unwrap(), &input, RGBA, SMALL).unwrap();
        let mut draw = |number: u32| {
            let photo = photo(40 + 4 * number, 0.4);
            let motion = motion(-4.0 / 96.0, 1.0, 0.0).filter(|_| number > 0);
            let image = Drawn { drawing: Some(drawing(&photo)), photo, motion, number };
            chain.push(Frame { stamp: Stamp { index: number.into(), pts: 0, duration: 1 }, image }).unwrap();
            packed(&chain.drain().unwrap().unwrap().image, 0)
        };
        let (first, second) = (draw(0), draw(1));
        assert!(first != second, "{}", preset.name);
    }
}

#[test]
fn a_motion_of_another_size_is_an_error() {
    let Some(context) = context() else { return };
    let input = info(SIZE, RGBA.0, RGBA.1);
    let mut chain = PostChain::new(context, &settings(0.7), &input, RGBA, SMALL).unwrap();
    let photo = photo(10, 0.4);
    let motion = motion(0.0, 1.0, 1.0).map(|motion| Motion { size: Size::new(5, 5), ..motion });
    let mut push = |number, motion| {
        let image = Drawn { drawing: Some(drawing(&photo)), photo: photo.clone(), motion, number };
        chain.push(Frame { stamp: Stamp { index: 0, pts: 0, duration: 1 }, image })
    };
    // Where drawings were lost on the way, no motion is looked at.
    assert!(push(0, None).is_ok() && push(2, motion.clone()).is_ok());
    assert!(push(3, motion).unwrap_err().to_string().contains("5x5"));
}

#[test]
fn boiling_lines_stray_with_the_drawing_and_repeat_with_the_shot() {
    let Some(context) = context() else { return };
    let (size, small) = (Size::new(480, 360), Size::new(240, 176));
    let input = info(size, RGBA.0, RGBA.1);
    let mut settings = settings(0.7);
    settings.motion.boil = 1.0;
    let mut chain = PostChain::new(context, &settings, &input, RGBA, small).unwrap();
    let mut draw = |number: u32| {
        let photo = rgba(size, |x, y| if x + y > 400 { [0.9; 3] } else { [0.2; 3] });
        let drawing = Some(Drawing { size: small, rgba: vec![200; small.pixels() * 4] });
        let image = Drawn { photo, drawing, motion: None, number };
        let stamp = Stamp { index: number.into(), pts: 0, duration: 1 };
        assert!(chain.push(Frame { stamp, image }).unwrap().is_none());
        packed(&chain.drain().unwrap().unwrap().image, 0)
    };
    let [first, second, again] = [0, 1, 0].map(&mut draw);
    assert!(first == again, "a drawing of the same number wobbles in another way");
    let differ = first.iter().zip(&second).filter(|(a, b)| a.abs_diff(**b) > 60).count();
    assert!(differ > 300, "only {differ} bytes differ");
}

#[test]
fn streaks_follow_what_is_fast_and_nothing_else() {
    let Some(context) = context() else { return };
    let input = info(SIZE, RGBA.0, RGBA.1);
    let picture = |speed: Option<Speed>, u: f32| {
        let settings = Settings { speed, outline: None, ..settings(0.7) };
        let mut chain = PostChain::new(context.clone(), &settings, &input, RGBA, SMALL).unwrap();
        let mut last = Vec::new();
        for number in 0..2 {
            let photo = photo(40, 0.6);
            let motion = motion(u, 1.0, 0.0).filter(|_| number > 0);
            let image = Drawn { drawing: Some(drawing(&photo)), photo, motion, number };
            let stamp = Stamp { index: number.into(), pts: 0, duration: 1 };
            chain.push(Frame { stamp, image }).unwrap();
            last = packed(&chain.drain().unwrap().unwrap().image, 0);
        }
        last
    };
    let lines = || Some(Speed { lines: 1.0, smear: 0.0, ..Speed::default() });
    // In picture widths: 0.1 is 144 pixels at 1080 lines of this shape, 0.002 under three.
    assert!(picture(lines(), 0.002) == picture(None, 0.002));
    let (plain, streaked) = (picture(None, 0.1), picture(lines(), 0.1));
    let inked = plain.iter().zip(&streaked).filter(|(a, b)| a.abs_diff(**b) > 40).count();
    assert!(inked > plain.len() / 50 && inked < plain.len() / 2, "{inked} of {}", plain.len());
    let smeared = picture(Some(Speed { lines: 0.0, smear: 2.0, ..Speed::default() }), 0.1);
    assert!(smeared != plain);
}

#[test]
fn a_screen_stays_on_the_page_or_goes_along_with_the_motion() {
    let Some(context) = context() else { return };
    let input = info(SIZE, RGBA.0, RGBA.1);
    let film = |anchor: Anchor| {
        let halftone = Some(Halftone { anchor, amount: 1.0, angle: 0.0, ..Halftone::default() });
        let settings = Settings { halftone, outline: None, ..settings(0.7) };
        let mut chain = PostChain::new(context.clone(), &settings, &input, RGBA, SMALL).unwrap();
        [0, 1, 2].map(|number: u32| {
            let photo = rgba(SIZE, |_, _| [0.3; 3]);
            let motion = motion(-4.0 / 96.0, 1.0, 0.0).filter(|_| number > 0);
            let image = Drawn { drawing: Some(drawing(&photo)), photo, motion, number };
            chain.push(Frame { stamp: Stamp { index: number.into(), pts: 0, duration: 1 }, image }).unwrap();
            packed(&chain.drain().unwrap().unwrap().image, 0)
        })
    };
    let (page, object) = (film(Anchor::Page), film(Anchor::Object));
    assert!(page[0] == page[2] && page[0] == object[0]);
    // Eight pixels to the right of where they were, which is not a whole number of dots.
    let row = |picture: &[u8], from: usize, to: usize| picture[(30 * 96 + from) * 4..(30 * 96 + to) * 4].to_vec();
    let (moved, before) = (row(&object[2], 40, 80), row(&object[0], 32, 72));
    let worst = moved.iter().zip(&before).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(6), "{worst:?}");
    assert!(row(&object[2], 40, 80) != row(&object[0], 40, 80));
}
