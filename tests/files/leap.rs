//! A film entered in its midst is, from there on, the film as it is read from its beginning.

use crate::support::*;
use comicvid::frame::{Mark, Stamp};
use comicvid::source::{self, Deinterlace, OpenOptions, Skip};
use comicvid::stage::{CutShort, FrameSource};
use std::path::Path;
use std::time::Duration;

/// Name, and how it is encoded, with a key frame every half second.
const FILMS: [(&str, &str); 12] = [
    ("h264.mp4", "-c:v libx264 -bf 3"),
    ("h264.mkv", "-c:v libx264 -bf 3"),
    ("h264-open.mp4", "-c:v libx264 -x264-params open-gop=1:bframes=3"),
    ("h264-refresh.mkv", "-c:v libx264 -x264-params intra-refresh=1"),
    ("hevc.mkv", "-c:v libx265 -x265-params log-level=none:open-gop=1"),
    ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
    ("mpeg4.avi", "-c:v mpeg4 -bf 2"),
    ("mpeg2.mkv", "-c:v mpeg2video -bf 2"),
    ("prores.mov", "-c:v prores_ks"),
    ("variable.mkv", "-c:v libx264 -bf 3 -vf select='not(eq(mod(n\\,5)\\,2))' -vsync vfr"),
    ("late.mp4", "-c:v libx264 -bf 3 -output_ts_offset 3"),
    ("lasting.mp4", "-c:v libx264 -bf 3 -g 200"),
];

fn open(film: &Path, options: &OpenOptions) -> Box<dyn FrameSource> {
    source::open(film, options).expect("a film").source
}

fn rest(source: impl FnMut() -> Option<(Mark, Stamp)>) -> Vec<(Mark, Stamp)> {
    std::iter::from_fn(source).collect()
}

fn next(source: &mut dyn FrameSource) -> Option<(Mark, Stamp)> {
    source.next_frame().expect("whole").map(|frame| (Mark::of(&frame), frame.stamp))
}

/// Enters the film at several frames; answers with how many of them were leapt to.
fn entered(film: &Path, options: &OpenOptions) -> usize {
    let mut source = open(film, options);
    let whole = rest(|| next(&mut *source));
    assert!(whole.len() > 40, "{}: {} frames", film.display(), whole.len());
    let places = [1, 14, 37, whole.len() - 1];
    let leapt = places.map(|index| {
        let leap = Skip::leap(open(film, options), &whole[index].0, CutShort::default()).expect("readable");
        leap.is_some_and(|mut leap| {
            assert_eq!(rest(|| next(&mut leap)), whole[index..], "{} from {index}", film.display());
            true
        })
    });
    leapt.into_iter().filter(|leapt| *leapt).count()
}

#[test]
fn a_film_is_the_same_from_wherever_it_is_entered() {
    let films = Films::new();
    for (name, codec) in FILMS {
        let format = if name.ends_with("mov") { "yuv422p10le" } else { "yuv420p" };
        let film = films.make(name, &format!("{} -g 12 -pix_fmt {format} {codec} -an", lavfi("160x96", "25", 3.0)));
        assert_eq!(entered(&film, &OpenOptions::default()), 4, "{name} is not entered everywhere");
    }
    let part = OpenOptions {
        start: Some(Duration::from_millis(500)),
        length: Some(Duration::from_secs(2)),
        ..OpenOptions::default()
    };
    assert_eq!(entered(&films.path("h264.mp4"), &part), 4);
}

#[test]
fn fields_know_what_was_before_them() {
    let films = Films::new();
    let codec = "-c:v mpeg2video -vf interlace -flags +ilme+ildct -g 12 -pix_fmt yuv420p -an";
    let film = films.make("fields.mkv", &format!("{} {codec}", lavfi("160x96", "50", 3.0)));
    for deinterlace in [Deinterlace::Auto, Deinterlace::Field] {
        let options = OpenOptions { deinterlace, ..OpenOptions::default() };
        assert_eq!(entered(&film, &options), 4, "{deinterlace:?}");
    }
}

#[test]
fn what_cannot_be_searched_or_is_not_what_it_was_is_not_leapt_into() {
    let films = Films::new();
    let codec = "-c:v libx264 -g 12 -pix_fmt yuv420p -an";
    let film = films.make("a.mkv", &format!("{} {codec}", lavfi("160x96", "25", 3.0)));
    let clock = films.make("a.ts", "-i @/a.mkv -c copy");
    assert_eq!(entered(&clock, &OpenOptions::default()), 0, "a broadcast's times may come twice");
    let whole = {
        let mut source = open(&film, &OpenOptions::default());
        rest(|| next(&mut *source))
    };
    let mark = whole[30].0;
    let leaps = |mark: Mark| {
        Skip::leap(open(&film, &OpenOptions::default()), &mark, CutShort::default()).expect("readable").is_some()
    };
    assert!(leaps(mark));
    assert!(!leaps(Mark { crc: mark.crc ^ 1, ..mark }));
    assert!(!leaps(Mark { pts: mark.pts + 1, ..mark }));
    assert!(!leaps(Mark { pts: mark.pts + 1_000_000, ..mark }));
}
