//! Timestamps survive exactly.

use crate::support::*;
use comicvid::av::copy::Cut;
use comicvid::frame::Rational;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions, Retime};
use comicvid::stage::FrameSource;
use std::time::Duration;

/// The pass keeps every frame's time and every audio packet.
fn kept(films: &Films, input: &str, output: &str) -> Vec<Time> {
    let (input, output) = (films.path(input), films.path(output));
    let passed = pass(&input, &output);
    let before = shown(&input);
    assert_eq!(shown(&output), before, "frame times of {}", output.display());
    assert_eq!(passed.frames, before.len() as u64);
    before
}

#[test]
fn ntsc_rates_with_reordered_frames() {
    let films = Films::new();
    for (name, rate) in [("a.mp4", "24000/1001"), ("b.mp4", "60000/1001"), ("c.mp4", "25")] {
        let source = lavfi("160x90", rate, 1.5);
        films.make(name, &format!("{source} {X264} -c:a aac -shortest"));
        kept(&films, name, &format!("out-{name}"));
        let (before, after) = (films.path(name), films.path(&format!("out-{name}")));
        assert_eq!(video(&after)["time_base"], video(&before)["time_base"]);
        assert_eq!(video(&after)["duration_ts"], video(&before)["duration_ts"], "the last frame keeps its duration");
        assert_eq!(video(&after)["avg_frame_rate"], video(&before)["avg_frame_rate"]);
        assert_eq!(packets(&after, 1), packets(&before, 1), "sound: its data, times and durations");
    }
}

#[test]
fn variable_rate_in_ninety_thousandths() {
    let films = Films::new();
    // Steps that are multiples of no frame time, with a long gap.
    let uneven = "-vf setpts=N*3003+1237*mod(N\\,3)+45000*gte(N\\,20) -vsync passthrough -enc_time_base 1:90000";
    let source = "-f lavfi -i testsrc2=s=160x90:r=30:d=1.5,settb=1/90000";
    films.make("vfr.mp4", &format!("{source} {uneven} {X264} -video_track_timescale 90000"));
    let times = kept(&films, "vfr.mp4", "out.mp4");
    let gaps: Vec<_> =
        times.windows(2).map(|w| Time::new(w[1].0 * w[0].1 - w[0].0 * w[1].1, w[0].1 * w[1].1)).collect();
    assert!(gaps.windows(2).any(|w| w[0] != w[1]), "the input has no variable rate: {gaps:?}");
    films.make("vfr.mkv", &format!("{source} {uneven} {X264}"));
    kept(&films, "vfr.mkv", "out.mkv");
    kept(&films, "vfr.mkv", "from-mkv.mp4");
}

#[test]
fn a_late_start_stays_late() {
    let films = Films::new();
    let source = "-itsoffset 1.523 -f lavfi -i testsrc2=s=160x90:r=24:d=0.5 -f lavfi -i sine=d=2";
    films.make("late.mkv", &format!("{source} {X264} -c:a aac"));
    for output in ["late-out.mkv", "late-out.mp4"] {
        let times = kept(&films, "late.mkv", output);
        assert!(times[0].0 * 2 > times[0].1 * 3, "the input starts late: {times:?}");
        assert_eq!(hashes(&films.path(output), 1), hashes(&films.path("late.mkv"), 1));
    }
}

#[test]
fn a_broadcast_keeps_its_clock() {
    let films = Films::new();
    films.make("air.ts", &format!("{} -c:v mpeg2video -c:a mp2", lavfi("160x96", "25", 1.0)));
    let times = kept(&films, "air.ts", "air.mkv");
    assert!(times[0].0 > times[0].1, "transport streams start at 1.4 s: {times:?}");
    kept(&films, "air.ts", "air.mp4");
}

#[test]
fn a_film_that_begins_before_zero_is_moved_as_a_whole() {
    let films = Films::new();
    let input = films.make("in.mp4", &format!("{} {X264} -c:a alac", lavfi("160x90", "25", 1.0)));
    for name in ["out.mp4", "out.mkv"] {
        let output = films.path(name);
        let opened = source::open(&input, &OpenOptions::default()).expect("opened");
        let mut source = opened.source;
        // Half a second earlier, with all the rest.
        let half = i64::from(source.info().time_base.den) / 2;
        let cut = opened.cut.map(|cut| Cut { shift: half, ..cut });
        let options = SinkOptions { copy_from: Some(input.clone()), cut, ..SinkOptions::default() };
        let mut sink = sink::create(&output, source.info(), &options).expect("created").sink;
        while let Some(mut frame) = source.next_frame().expect("a frame") {
            frame.stamp.pts -= half;
            sink.write(frame).expect("written");
        }
        sink.finish().expect("finished");
        assert_eq!(shown(&output), shown(&input), "{name}: moved back to zero");
        assert_eq!(packets(&output, 1)[0].0, Some(Time::new(0, 1)), "{name}: the sound moves along");
        assert_eq!(hashes(&output, 1), hashes(&input, 1), "{name}");
    }
}

#[test]
fn one_frame_and_a_gif() {
    let films = Films::new();
    films.make("one.mp4", &format!("{} {X264} -frames:v 1 -an", lavfi("160x90", "24", 1.0)));
    assert_eq!(kept(&films, "one.mp4", "one-out.mp4").len(), 1);
    films.make("anim.gif", "-f lavfi -i testsrc2=s=160x90:r=12:d=1");
    let times = kept(&films, "anim.gif", "gif-out.mp4");
    assert_eq!(times.len(), 12);
    kept(&films, "anim.gif", "gif-out.gif");
}

#[test]
fn an_excerpt_is_exact() {
    let films = Films::new();
    // Key frames every two seconds and reordered frames: the start lies between.
    let x264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 3 -g 50 -sc_threshold 0";
    films.make("long.mp4", &format!("{} {x264} -c:a aac", lavfi("160x90", "25", 6.0)));
    films.make("long.mkv", "-i @/long.mp4 -c copy");
    films.make("long.ts", "-i @/long.mp4 -c copy");
    for name in ["long.mp4", "long.mkv", "long.ts"] {
        let input = films.path(name);
        let output = films.path(&format!("{name}.mkv"));
        let open = OpenOptions {
            start: Some(Duration::from_millis(3200)),
            length: Some(Duration::from_millis(1000)),
            ..OpenOptions::default()
        };
        let passed = pass_with(&input, &output, &open, lossless()).expect("an excerpt");
        let all = pixels(&input, &[], &[]);
        // Transport streams start at an odd time of their own, so T falls between two frames.
        let first =
            if name.ends_with("ts") { all.iter().position(|p| *p == pixels(&output, &[], &[])[0]) } else { Some(80) };
        let first = first.expect("the first frame is one of the input's");
        assert!((80..=81).contains(&first), "{name}: begins with frame {first}");
        assert_eq!(passed.frames, 25, "{name}");
        assert_eq!(pixels(&output, &[], &[]), all[first..first + 25], "{name}: pixels");
        let times = shown(&output);
        assert!(times[0].0 >= 0 && times[0].0 * 25 < times[0].1, "{name}: begins at {:?}", times[0]);
        let sound = hashes(&output, 1);
        let whole = hashes(&input, 1);
        assert!((40..=46).contains(&sound.len()), "{name}: {} packets of sound", sound.len());
        // In transport streams every packet has a header of its own, which Matroska keeps in one place.
        assert!(
            name.ends_with("ts") || whole.windows(sound.len()).any(|w| w == sound),
            "{name}: the sound is not a part of the input's"
        );
        assert!(!passed.damage.any(), "{name}: {}", passed.damage);
    }
    let beyond = OpenOptions { start: Some(Duration::from_secs(60)), ..OpenOptions::default() };
    let error = pass_with(&films.path("long.mp4"), &films.path("x.mp4"), &beyond, lossless()).expect_err("too late");
    assert!(error.to_string().contains("no frame at or after"), "{error}");
    let between = OpenOptions {
        start: Some(Duration::from_millis(3210)),
        length: Some(Duration::from_millis(10)),
        ..OpenOptions::default()
    };
    let error = source::open(&films.path("long.mp4"), &between).err().expect("no frame begins within it");
    assert!(error.to_string().contains("no frame in the part"), "{error}");
}

#[test]
fn a_film_trimmed_by_its_edit_list_is_whole() {
    let films = Films::new();
    let input = films.make("in.mp4", &format!("{} {X264} -bf 0 -an", lavfi("160x90", "25", 4.0)));
    let mut bytes = std::fs::read(&input).expect("made");
    // As phones trim: the data stays, the one edit is shortened to a second (the movie counts milliseconds).
    let edit = bytes.windows(4).position(|w| w == b"elst").expect("an edit list") + 12;
    assert_eq!(bytes[edit..edit + 4], 4000u32.to_be_bytes());
    bytes[edit..edit + 4].copy_from_slice(&1000u32.to_be_bytes());
    std::fs::write(&input, bytes).expect("written");
    assert_eq!(kept(&films, "in.mp4", "out.mp4").len(), 25);
}

#[test]
fn a_constant_rate_is_exact() {
    let films = Films::new();
    let input = films.make("ntsc.mp4", &format!("{} {X264} -c:a aac", lavfi("160x90", "30000/1001", 2.0)));
    let output = films.path("film.mp4");
    let opened = source::open(&input, &OpenOptions::default()).expect("opened");
    let mut source = Retime::new(opened.source, Rational::new(24, 1)).expect("a rate");
    let options = SinkOptions { copy_from: Some(input.clone()), cut: opened.cut, ..SinkOptions::default() };
    let mut sink = sink::create(&output, source.info(), &options).expect("created").sink;
    while let Some(frame) = source.next_frame().expect("a frame") {
        sink.write(frame).expect("written");
    }
    sink.finish().expect("finished");
    let expected: Vec<_> = (0..48).map(|k| Time::new(k, 24)).collect();
    assert_eq!(shown(&output), expected);
    assert_eq!(hashes(&output, 1), hashes(&input, 1));
}
