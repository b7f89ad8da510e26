//! Bad input: one error that says why, or everything that decodes and an account of the rest.

use crate::support::*;
use comicvid::error::Error;
use comicvid::sink::SinkOptions;
use comicvid::source::{self, OpenOptions};
use comicvid::stage::FrameSource;
use std::path::Path;

fn pass_damaged(input: &Path, output: &Path) -> Passed {
    let options = SinkOptions { overwrite: true, ..SinkOptions::default() };
    pass_with(input, output, &OpenOptions::default(), options).expect("what decodes is kept")
}

/// How many frames FFmpeg decodes.
fn decodable(path: &Path) -> usize {
    let frames = probe(path, "-select_streams v:0 -show_entries frame=pict_type");
    frames["frames"].as_array().map_or(0, Vec::len)
}

fn films(names: &[&str]) -> Films {
    let films = Films::new();
    for name in names {
        let codec = match *name {
            "a.webm" => "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus",
            "a.avi" => "-c:v mpeg4 -c:a mp3",
            "fragmented.mp4" => {
                "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac -movflags frag_keyframe+empty_moov"
            }
            _ => "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac -movflags +faststart",
        };
        films.make(name, &format!("{} {codec}", lavfi("320x180", "25", 4.0)));
    }
    films
}

#[test]
fn files_that_are_cut_off() {
    let names = ["a.mp4", "fragmented.mp4", "a.mkv", "a.webm", "a.avi", "a.mov"];
    let films = films(&names);
    for name in names {
        let whole = films.path(name);
        let passed = pass_damaged(&whole, &films.path("out.mp4"));
        assert!(!passed.damage.any() && passed.frames == 100, "{name} is whole: {passed:?}");
        let bytes = std::fs::read(&whole).expect("made");
        let cut = films.path(&format!("cut-{name}"));
        std::fs::write(&cut, &bytes[..bytes.len() * 6 / 10]).expect("written");
        let output = films.path("out.mp4");
        let passed = pass_damaged(&cut, &output);
        assert!(passed.damage.any(), "{name}: the damage went unnoticed: {passed:?}");
        assert!(passed.frames >= 40 && passed.frames < 100, "{name}: {passed:?}");
        assert!(passed.frames as usize >= decodable(&cut), "{name}: {passed:?}, but FFmpeg gets {}", decodable(&cut));
        assert_eq!(decodable(&output) as u64, passed.frames, "{name}: the output plays");
        assert!(!passed.damage.to_string().is_empty());
    }
}

#[test]
fn files_with_holes() {
    let names = ["a.mp4", "a.mkv", "a.avi", "a.ts"];
    let films = films(&names);
    for name in names {
        let mut bytes = std::fs::read(films.path(name)).expect("made");
        for hole in 0..4 {
            let at = bytes.len() * (40 + 12 * hole) / 100;
            // Noise, always the same.
            for (i, byte) in bytes[at..at + 700].iter_mut().enumerate() {
                *byte = (i * i * 31 + i * 7 + hole * 13) as u8;
            }
        }
        let holed = films.path(&format!("holed-{name}"));
        std::fs::write(&holed, bytes).expect("written");
        let output = films.path("out.mkv");
        let passed = pass_damaged(&holed, &output);
        assert!(passed.damage.any(), "{name}: the damage went unnoticed: {passed:?}");
        assert!(passed.frames as usize >= decodable(&holed), "{name}: {passed:?}, FFmpeg gets {}", decodable(&holed));
        assert_eq!(decodable(&output) as u64, passed.frames, "{name}: the output plays");
    }
}

#[test]
fn what_is_no_film_says_why() {
    let films = films(&["a.mov"]);
    let bytes = std::fs::read(films.path("a.mov")).expect("made");
    // A recording that was never finished: the index would have come at the end.
    films.make("late.mp4", "-i @/a.mov -c copy");
    let late = std::fs::read(films.path("late.mp4")).expect("made");
    std::fs::write(films.path("unfinished.mp4"), &late[..late.len() / 2]).expect("written");
    std::fs::write(films.path("text.mp4"), "this is no film at all, whatever its name says").expect("written");
    std::fs::write(films.path("empty.mp4"), "").expect("written");
    std::fs::write(films.path("head.mov"), &bytes[..600]).expect("written");
    films.make("sound.m4a", "-f lavfi -i sine=d=1 -c:a aac");
    std::fs::create_dir(films.path("folder.mp4")).expect("made");
    let before = films.list();
    for (name, why) in [
        ("absent.mp4", "No such file"),
        ("text.mp4", "no video"),
        ("empty.mp4", "no video"),
        ("head.mov", "cut off"),
        ("unfinished.mp4", "cut off"),
        ("sound.m4a", "no video stream"),
        ("folder.mp4", "directory"),
    ] {
        let result =
            pass_with(&films.path(name), &films.path("out.mp4"), &OpenOptions::default(), SinkOptions::default());
        let error = result.expect_err(name);
        assert!(matches!(error, Error::Open { .. }), "{name}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains(name) && !text.contains('\n'), "{name}: {text}");
        assert_eq!(films.list(), before, "{name} leaves nothing behind");
    }
}

/// Times of all frames until the end or an error, which is told, too.
fn times(source: &mut dyn FrameSource) -> (Vec<i64>, Option<Error>) {
    let mut times = Vec::new();
    loop {
        match source.next_frame() {
            Ok(Some(frame)) => times.push(frame.stamp.pts),
            Ok(None) => return (times, None),
            Err(error) => return (times, Some(error)),
        }
    }
}

#[test]
fn frames_that_were_read_before_reading_failed_are_delivered() {
    let films = Films::new();
    // Packets are larger than what is read ahead, so that what is cut off was not read.
    let noise =
        "-f lavfi -i testsrc2=s=320x240:r=25:d=2,noise=alls=60:allf=t -pix_fmt yuv420p -c:v libx264 -qp 10 -g 25";
    for (name, how) in [("plain.mkv", "-bf 0"), ("turned-round.mkv", "-bf 3 -b_strategy 0")] {
        let input = films.make(name, &format!("{noise} {how}"));
        let open = |path: &Path| {
            source::open(path, &OpenOptions { threads: 4, ..OpenOptions::default() }).expect("a film").source
        };
        let (whole, error) = times(&mut *open(&input));
        assert!(whole.len() == 50 && error.is_none(), "{name}");
        let half = std::fs::metadata(&input).expect("made").len() / 2;
        let short = films.path("short.mkv");
        std::fs::write(&short, &std::fs::read(&input).expect("made")[..half as usize]).expect("written");
        let decodable = times(&mut *open(&short)).0.len();
        let mut source = open(&input);
        std::fs::OpenOptions::new().write(true).open(&input).and_then(|file| file.set_len(half)).expect("cut off");
        let (found, error) = times(&mut *source);
        // Frame for frame, with none left out in between.
        assert!(whole.starts_with(&found), "{name}: {found:?}");
        let late = if name == "plain.mkv" { 0 } else { 4 };
        assert!(found.len() + late >= decodable, "{name}: {} of {decodable} frames", found.len());
        let Some(Error::Read { frames, source: why, .. }) = &error else { panic!("{name}: {error:?}") };
        assert!(*frames == found.len() as u64 && why.to_string().contains("shorter"), "{name}: {error:?}");
        assert!(matches!(source.next_frame(), Ok(None)), "{name}: it is told once");
    }
}
