//! What the filter hands on, with a counter in place of the generator.

use super::*;
use crate::error::Error;
use crate::frame::{ColorInfo, Drawing, PixelFormat, Size, SmallRgb, Stamp};
use crate::pipeline::{Division, Scout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const SIZE: Size = Size::new(192, 112);

/// Gives the photo back and counts.
#[derive(Clone, Default)]
struct Copyist(Arc<AtomicU32>);

impl Draw for Copyist {
    fn draw(&mut self, photo: &SmallRgb) -> Result<Drawing> {
        self.0.fetch_add(1, Relaxed);
        Ok(photo.to_drawing())
    }
}

struct Broken;

impl Draw for Broken {
    fn draw(&mut self, _: &SmallRgb) -> Result<Drawing> {
        Err(Error::network("out of memory"))
    }
}

fn info(size: Size) -> StreamInfo {
    StreamInfo::new(size, PixelFormat::Rgba8, ColorInfo::SRGB)
}

/// A frame of coarse random texture: `scene` chooses it, `time` adds grain and moves it two pixels a frame.
fn frame(scene: u32, time: u32, size: Size) -> Frame<CpuImage> {
    let hash = |x: u32, y: u32, seed: u32| {
        let mut h = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
        h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
        (h ^ (h >> 13)) >> 8
    };
    let mut rgba = Vec::with_capacity(size.pixels() * 4);
    for (x, y) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))) {
        let block = hash((x + 2 * time) / 11, y / 9, scene);
        let grain = hash(x, y, 1000 + time) % 7;
        rgba.extend([block % 200, block / 200 % 200, block / 40_000 % 200].map(|c| (c + 20 + grain) as u8));
        rgba.push(255);
    }
    let image = CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![rgba]);
    Frame { stamp: Stamp { index: time.into(), pts: i64::from(time) * 40, duration: 40 }, image }
}

fn run(manner: Manner, frames: impl Iterator<Item = Frame<CpuImage>>) -> (Vec<Frame<Drawn>>, u32) {
    let copyist = Copyist::default();
    let mut filter = Redraw::new(Box::new(copyist.clone()), &info(SIZE), Detail::Standard, manner);
    let mut out: Vec<_> = frames.filter_map(|frame| filter.push(frame).unwrap()).collect();
    out.extend(std::iter::from_fn(|| filter.drain().unwrap()));
    (out, copyist.0.load(Relaxed))
}

fn drawings(frames: &[Frame<Drawn>]) -> Vec<Option<Drawing>> {
    frames.iter().map(|frame| frame.image.drawing.clone()).collect()
}

#[test]
fn without_calm_each_drawing_is_that_of_its_photo() {
    let manner = Manner { calm: 0.0, ..Manner::default() };
    let (together, _) = run(manner, (0..3).map(|time| frame(1, time, SIZE)));
    for (time, drawn) in together.iter().enumerate() {
        let image = frame(1, time as u32, SIZE).image;
        let small = Reduce::new(SIZE, image.format, image.color, Detail::Standard.working_size(SIZE)).run(&image);
        assert_eq!(drawn.image.drawing, Some(small.to_drawing()));
        assert_eq!(drawn.image.motion, None);
        assert_eq!((drawn.stamp.pts, drawn.image.photo.size), (time as i64 * 40, SIZE));
    }
}

#[test]
fn calm_changes_drawings_and_a_cut_forgets_all() {
    let film = (0..4).map(|time| frame(1, time, SIZE)).chain((4..8).map(|time| frame(2, time, SIZE)));
    let (all, _) = run(Manner::default(), film);
    let (fresh, _) = run(Manner::default(), (4..8).map(|time| frame(2, time, SIZE)));
    assert_eq!(drawings(&all[4..]), drawings(&fresh));
    let motion = |frames: &[Frame<Drawn>]| frames.iter().map(|f| f.image.motion.is_some()).collect::<Vec<_>>();
    assert_eq!(motion(&all), [false, true, true, true, false, true, true, true]);
    let (off, _) = run(Manner { calm: 0.0, ..Manner::default() }, (4..8).map(|time| frame(2, time, SIZE)));
    assert_eq!(drawings(&off)[0], drawings(&fresh)[0]);
    assert_ne!(drawings(&off)[1..], drawings(&fresh)[1..]);
}

#[test]
fn held_frames_cost_no_drawing_and_a_cut_gets_one_at_once() {
    for calm in [0.0, Manner::default().calm] {
        let manner = Manner { calm, hold: 3, ..Manner::default() };
        let film = (0..5).map(|time| frame(1, time, SIZE)).chain((5..10).map(|time| frame(2, time, SIZE)));
        let (out, drawn) = run(manner, film);
        let new: Vec<bool> = out.iter().map(|frame| frame.image.drawing.is_some()).collect();
        assert_eq!(new, [true, false, false, true, false, true, false, false, true, false]);
        assert_eq!((drawn, out.len()), (4, 10));
        assert!(out.iter().enumerate().all(|(i, frame)| frame.stamp.pts == i as i64 * 40));
    }
}

#[test]
fn frames_of_another_size_start_anew() {
    let other = Size::new(104, 200);
    let film = [frame(1, 0, SIZE), frame(1, 1, SIZE), frame(1, 2, other), frame(1, 3, other)];
    let (out, _) = run(Manner::default(), film.into_iter());
    let sizes: Vec<Size> = out.iter().map(|frame| frame.image.drawing.as_ref().unwrap().size).collect();
    let [a, b] = [SIZE, other].map(|size| Detail::Standard.working_size(size));
    assert_eq!(sizes, [a, a, b, b]);
    assert_eq!(out[2].image.motion, None);
}

#[test]
fn a_failing_generator_fails_the_run() {
    let mut filter = Redraw::new(Box::new(Broken), &info(SIZE), Detail::Standard, Manner::default());
    assert!(matches!(filter.push(frame(1, 0, SIZE)), Err(Error::Network { .. })));
}

#[test]
fn looking_ahead_holds_frames_back_loses_none_and_stops_at_cuts() {
    let manner = Manner { ahead: 2, ..Manner::default() };
    let film = || (0..5).map(|time| frame(1, time, SIZE)).chain((5..9).map(|time| frame(2, time, SIZE)));
    let mut filter = Redraw::new(Box::new(Copyist::default()), &info(SIZE), Detail::Standard, manner);
    let held: Vec<bool> = film().map(|frame| filter.push(frame).unwrap().is_none()).collect();
    assert_eq!(held.iter().filter(|held| **held).count(), 2);
    let (ahead, drawn) = run(manner, film());
    assert_eq!(ahead.iter().map(|frame| frame.stamp.index).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    assert_eq!(drawn, 9);
    // Each shot by itself gives the same frames, and the last of a shot has nothing to look at.
    let (first, _) = run(manner, (0..5).map(|time| frame(1, time, SIZE)));
    let (second, _) = run(manner, (5..9).map(|time| frame(2, time, SIZE)));
    assert!(drawings(&ahead[..5]) == drawings(&first));
    assert!(drawings(&ahead[5..]) == drawings(&second));
    let (past, _) = run(Manner::default(), film());
    assert!(drawings(&ahead[4..5]) == drawings(&past[4..5]));
    assert!(drawings(&ahead[1..2]) != drawings(&past[1..2]));
    // With drawings on twos likewise.
    let (twos, drawn) = run(Manner { hold: 2, ..manner }, film());
    assert_eq!((twos.len(), drawn), (9, 5));
    // A live source waits for nothing.
    let live = StreamInfo { live: true, ..info(SIZE) };
    let mut filter = Redraw::new(Box::new(Copyist::default()), &live, Detail::Standard, manner);
    assert!(filter.push(frame(1, 0, SIZE)).unwrap().is_some());
}

/// Draws every second picture brighter.
struct Flicker(u8);

impl Draw for Flicker {
    fn draw(&mut self, photo: &SmallRgb) -> Result<Drawing> {
        self.0 ^= 1;
        let mut drawing = photo.to_drawing();
        drawing.rgba.iter_mut().for_each(|value| *value = value.saturating_add(20 * self.0));
        Ok(drawing)
    }
}

#[test]
fn looking_ahead_evens_out_what_the_past_cannot() {
    // A still picture; the first drawing has no past to lean on.
    let first = |ahead: u32| {
        let manner = Manner { ahead, ..Manner::default() };
        let mut filter = Redraw::new(Box::new(Flicker(0)), &info(SIZE), Detail::Standard, manner);
        let mut out: Vec<_> = (0..4).filter_map(|_| filter.push(frame(1, 0, SIZE)).unwrap()).collect();
        out.extend(std::iter::from_fn(|| filter.drain().unwrap()));
        let drawing = out[0].image.drawing.clone().unwrap();
        drawing.rgba.iter().map(|value| u64::from(*value)).sum::<u64>() as f64 / drawing.rgba.len() as f64
    };
    let [past, one, two] = [0, 1, 2].map(first);
    assert!(past - one > 4.0, "{past} {one}");
    assert!(two < past && two > one, "{past} {one} {two}");
}

#[test]
fn a_scout_divides_as_a_run_does() {
    // Cuts at 5, 12, 13 and 21; a shot that must be divided in its midst.
    let scene = |time: u32| [5, 12, 13, 21].iter().filter(|cut| time >= **cut).count() as u32;
    let film = || (0..40).map(|time| frame(scene(time), time, SIZE));
    let usual = Manner::default();
    let manners = [
        usual,
        Manner { hold: 3, ..usual },
        Manner { calm: 0.0, boil: true, ..usual },
        Manner { calm: 0.0, ..usual },
        Manner { ahead: 2, ..usual },
    ];
    for manner in manners {
        let told = Divisions::default();
        let redraw = Redraw::new(Box::new(Copyist::default()), &info(SIZE), Detail::Draft, manner);
        let mut redraw = redraw.dividing(6, 0, told.clone());
        let mut run = Vec::new();
        for frame in film() {
            let index = frame.stamp.index;
            redraw.push(frame).unwrap();
            while redraw.more().unwrap().is_some() {}
            run.extend(told.at(index));
        }
        let mut scout = Scout::new(Detail::Draft, manner, 6);
        let mut reducer = scout.reducer();
        let mut look = |frame: &Frame<CpuImage>| scout.look(frame, &reducer.run(&frame.image));
        let seen: Vec<Division> = film().filter_map(|frame| look(&frame)).collect();
        assert_eq!(seen, run, "{manner:?}");
        assert!(seen.len() > 2 && seen.iter().any(|division| division.warm_up > 0) != (manner.forgets()), "{seen:?}");
    }
}
