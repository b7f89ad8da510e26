//! Interlaced films: every frame at its exact time, and no comb left where something moves.

use crate::support::*;
use comicvid::source::{self, Deinterlace, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

const H264: &str = "-c:v libx264 -crf 10 -bf 2 -g 10 -flags +ildct+ilme -x264-params";
const MPEG2: &str = "-c:v mpeg2video -q:v 2 -bf 2 -flags +ildct+ilme";
/// Pixels that the bar moves from one field to the next.
const SPEED: usize = 6;

/// A bar of 60 lines that moves over grey, 40 fields of it, woven into 20 frames; the first field is the top one, or the
/// bottom one.
fn film(films: &Films, name: &str, top_first: bool) -> PathBuf {
    let (first, mark, x264) =
        if top_first { ("interleave_top", "tff", "tff=1") } else { ("interleave_bottom", "bff", "bff=1") };
    let codec = if name.contains("h264") { format!("{H264} {x264}") } else { MPEG2.to_owned() };
    let bar = "-f lavfi -i color=c=gray:s=192x96:r=50:d=0.8 -f lavfi -i color=c=white:s=24x60:r=50:d=0.8 \
               -f lavfi -i sine=d=0.8";
    let weave = format!("[0:v][1:v]overlay=x={SPEED}*n-24:y=18,format=yuv420p,tinterlace={first},setfield={mark}[v]");
    films.make(name, &format!("{bar} -filter_complex {weave} -map [v] -map 2:a {codec} -c:a mp2"))
}

/// A frame's luma row by row, and when it is shown.
type Luma = (Vec<Vec<u8>>, Time);

fn read(path: &Path, deinterlace: Deinterlace) -> Vec<Luma> {
    read_from(path, deinterlace, None)
}

fn read_from(path: &Path, deinterlace: Deinterlace, start: Option<Duration>) -> Vec<Luma> {
    let options = OpenOptions { deinterlace, start, ..OpenOptions::default() };
    let mut source = source::open(path, &options).expect("opened").source;
    let (unit, mut frames) = (source.info().time_base, Vec::new());
    let count = source.info().frame_count;
    while let Some(frame) = source.next_frame().expect("a frame") {
        let rows = (0..frame.image.size.height).map(|y| frame.image.row(0, y).to_vec()).collect();
        frames.push((rows, Time::new(frame.stamp.pts * i64::from(unit.num), i64::from(unit.den))));
    }
    assert!(count.is_none_or(|count| count.abs_diff(frames.len() as u64) <= 1), "{count:?} of {}", frames.len());
    frames
}

fn times(frames: &[Luma]) -> Vec<Time> {
    frames.iter().map(|(_, time)| *time).collect()
}

/// The most that a picture of these is combed: the part of its pixels that differ from those above and below by much and
/// in the same direction.
fn combed(frames: &[Luma]) -> f64 {
    let tooth = |above: u8, here: u8, below: u8| {
        let (a, b) = (i32::from(here) - i32::from(above), i32::from(here) - i32::from(below));
        a.signum() == b.signum() && a.abs().min(b.abs()) > 30
    };
    let part = |rows: &Vec<Vec<u8>>| {
        let teeth = rows.windows(3).map(|w| (0..w[1].len()).filter(|&x| tooth(w[0][x], w[1][x], w[2][x])).count());
        teeth.sum::<usize>() as f64 / (rows.len() * rows[0].len()) as f64
    };
    frames.iter().map(|(rows, _)| part(rows)).fold(0.0, f64::max)
}

/// Where the bar begins and ends in the line through the picture's middle, while it is in the picture as a whole.
fn bar(rows: &[Vec<u8>]) -> Option<(usize, usize)> {
    let bright = |x: &usize| rows[48][*x] > 180;
    let (first, last) = ((0..192).find(bright)?, (0..192).rev().find(bright)?);
    (first > 0 && last < 191).then_some((first, last))
}

#[test]
fn both_field_orders_lose_their_combs_and_keep_their_times() {
    let films = Films::new();
    for (name, top) in [("h264.mp4", true), ("h264-low.mp4", false), ("mpeg2.ts", true), ("mpeg2-low.mkv", false)] {
        let input = film(&films, name, top);
        let raw = read(&input, Deinterlace::Off);
        assert!(combed(&raw) > 0.02, "{name} is not interlaced: {}", combed(&raw));
        let plain = read(&input, Deinterlace::Auto);
        assert_eq!((plain.len(), times(&plain)), (20, times(&raw)), "{name}");
        assert!(combed(&plain) < 0.002, "{name}: {} of the pixels are combed", combed(&plain));
    }
}

#[test]
fn both_fields_are_two_moments_in_their_order() {
    let films = Films::new();
    for (name, top) in [("h264.mp4", true), ("h264-low.mkv", false), ("mpeg2-low.ts", false)] {
        let input = film(&films, name, top);
        let (raw, fields) = (read(&input, Deinterlace::Off), read(&input, Deinterlace::Field));
        assert_eq!(fields.len(), 40, "{name}");
        assert!(combed(&fields) < 0.002, "{name}: {} of the pixels are combed", combed(&fields));
        let (Time(first, unit), fifty) = (times(&raw)[0], 50);
        let even = |k: i64| Time::new(first * fifty + k * unit, unit * fifty);
        assert_eq!(times(&fields), (0..40).map(even).collect::<Vec<_>>(), "{name}");
        // In the wrong order the bar would jump back with every second picture.
        let places: Vec<_> = fields.iter().map(|(rows, _)| bar(rows)).collect();
        let steps = places.windows(2).filter_map(|w| Some((w[0]?, w[1]?)));
        let steps: Vec<_> = steps.map(|(a, b)| (b.0 as f64 + b.1 as f64 - a.0 as f64 - a.1 as f64) / 2.0).collect();
        assert!(steps.len() > 20 && steps.iter().all(|step| (step - SPEED as f64).abs() <= 1.0), "{name}: {steps:?}");
    }
}

#[test]
fn twice_the_rate_is_written_with_exact_times_beside_the_same_sound() {
    let films = Films::new();
    let (input, output) = (film(&films, "h264.mp4", true), films.path("out.mp4"));
    let open = OpenOptions { deinterlace: Deinterlace::Field, ..OpenOptions::default() };
    let passed = pass_with(&input, &output, &open, lossless_h264()).expect("a pass");
    assert_eq!((passed.frames, passed.damage.any()), (40, false));
    let (before, after) = (shown(&input), shown(&output));
    assert_eq!(after.iter().step_by(2).copied().collect::<Vec<_>>(), before);
    assert_eq!(video(&output)["avg_frame_rate"], "50/1");
    assert_eq!(video(&output)["field_order"], "progressive");
    assert_eq!(packets(&output, 1), packets(&input, 1), "the sound");
}

fn lossless_h264() -> comicvid::sink::SinkOptions {
    comicvid::sink::SinkOptions { quality: 0.0, ..Default::default() }
}

#[test]
fn what_is_not_marked_is_left_alone_unless_asked() {
    let films = Films::new();
    let input = films.make("plain.mp4", &format!("{} {X264} -c:a aac", lavfi("160x90", "25", 0.6)));
    let (auto, off) = (read(&input, Deinterlace::Auto), read(&input, Deinterlace::Off));
    assert!(auto == off && auto.len() == 15);
    let unmarked = film(&films, "h264.mp4", true);
    let coded = "-c:v ffv1 -vf setfield=prog -c:a copy";
    let unmarked = films.make("unmarked.mkv", &format!("-i {} {coded}", unmarked.display()));
    assert!(combed(&read(&unmarked, Deinterlace::Auto)) > 0.02);
    let asked = read(&unmarked, Deinterlace::Frame);
    assert!(asked.len() == 20 && combed(&asked) < 0.002);
}

#[test]
fn a_film_may_change_between_the_two_and_begin_anywhere() {
    let films = Films::new();
    let woven = film(&films, "mpeg2.ts", true);
    let plain = "-f lavfi -i testsrc2=s=192x96:r=25:d=0.4 -f lavfi -i sine=d=0.4 -pix_fmt yuv420p";
    let plain = films.make("plain.ts", &format!("{plain} -c:v mpeg2video -q:v 2 -c:a mp2"));
    let list = films.path("list.txt");
    let lines: String = [&plain, &woven, &plain].iter().map(|film| format!("file '{}'\n", film.display())).collect();
    std::fs::write(&list, lines).expect("written");
    let input = films.make("mixed.ts", &format!("-f concat -safe 0 -i {} -c copy", list.display()));
    let (auto, off) = (read(&input, Deinterlace::Auto), read(&input, Deinterlace::Off));
    assert_eq!(times(&auto), times(&off));
    let same: Vec<bool> = auto.iter().zip(&off).map(|(a, b)| a.0 == b.0).collect();
    assert!(same[..10].iter().all(|same| *same) && same[30..].iter().all(|same| *same), "{same:?}");
    assert!(combed(&auto[10..30]) < 0.002 && combed(&off[10..30]) > 0.02);
    let late = read_from(&input, Deinterlace::Auto, Some(Duration::from_millis(640)));
    assert!(late.len() == auto.len() - 16);
    assert!(late.iter().zip(&auto[16..]).all(|(late, whole)| late.0 == whole.0), "pixels do not depend on the start");
}
