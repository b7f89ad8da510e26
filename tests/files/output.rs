//! Outputs: names, encoders, errors, pictures.

use crate::support::*;
use comicvid::error::Error;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions};
use comicvid::stage::CutShort;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn film(films: &Films) -> std::path::PathBuf {
    films.make("in.mp4", &format!("{} {X264} -c:a aac", lavfi("160x90", "25", 1.0)))
}

fn refused(input: &Path, output: &Path, options: SinkOptions) -> Error {
    pass_with(input, output, &OpenOptions::default(), options).expect_err("refused")
}

fn encoder(name: &str) -> SinkOptions {
    SinkOptions { encoder: Some(name.into()), ..SinkOptions::default() }
}

#[test]
fn every_container_gets_what_suits_it() {
    let films = Films::new();
    let input = film(&films);
    for (name, codec, format) in [
        ("a.mp4", "h264", "yuv420p"),
        ("a.mov", "h264", "yuv420p"),
        ("a.m4v", "h264", "yuv420p"),
        ("a.mkv", "h264", "yuv420p"),
        ("a.ts", "h264", "yuv420p"),
        ("a.flv", "h264", "yuv420p"),
        ("a.3gp", "h264", "yuv420p"),
        ("a.webm", "vp9", "yuv420p"),
        ("a.gif", "gif", "bgra"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.ogv", "theora", "yuv420p"),
        ("a.mpg", "mpeg1video", "yuv420p"),
        ("a.mxf", "mpeg2video", "yuv420p"),
    ] {
        let output = films.path(name);
        let passed = pass(&input, &output);
        let stream = video(&output);
        assert_eq!((&stream["codec_name"], &stream["pix_fmt"]), (&codec.into(), &format.into()), "{name}");
        assert_eq!((passed.frames, shown(&output).len()), (25, 25), "{name}: {passed:?}");
    }
}

#[test]
fn a_gif_has_the_colours_of_the_film() {
    let films = Films::new();
    let source = "-f lavfi -i gradients=s=160x90:r=10:d=1:c0=orange:c1=teal:c2=white:n=3,format=yuv420p";
    let input = films.make("in.mp4", &format!("{source} {X264} -qp 4"));
    let output = films.path("out.gif");
    pass(&input, &output);
    let raw = |path: &Path| {
        let out = films.path("raw");
        let (path, out) = (path.to_string_lossy(), out.to_string_lossy());
        run("ffmpeg", &["-v", "error", "-y", "-i"], &[&*path, "-pix_fmt", "rgb24", "-f", "rawvideo", &*out]);
        fs::read(&*out).expect("written")
    };
    let (before, after) = (raw(&input), raw(&output));
    assert_eq!(before.len(), after.len());
    let error: u64 = before.iter().zip(&after).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = error as f64 / before.len() as f64;
    assert!(mean < 4.0, "samples are off by {mean:.1} on average");
}

#[test]
fn the_index_comes_first() {
    let films = Films::new();
    let output = films.path("out.mp4");
    pass(&film(&films), &output);
    let bytes = fs::read(&output).expect("written");
    let at = |name: &[u8]| bytes.windows(4).position(|w| w == name).expect("a box");
    assert!(at(b"moov") < at(b"mdat"), "a player on a network can begin at once");
}

#[test]
fn less_quality_is_less_data() {
    let films = Films::new();
    let source = "-f lavfi -i testsrc2=s=320x180:r=25:d=0.6,noise=alls=20";
    let input = films.make("noisy.mkv", &format!("{source} -c:v ffv1"));
    for (name, extension) in [
        ("libx264", "mp4"),
        ("mpeg4", "mp4"),
        ("libvpx-vp9", "webm"),
        ("mjpeg", "avi"),
        ("libtheora", "ogv"),
        ("libx265", "mkv"),
    ] {
        let size = |quality: f32| {
            let output = films.path(&format!("{name}-{quality}.{extension}"));
            let options = SinkOptions { quality, ..encoder(name) };
            pass_with(&input, &output, &OpenOptions::default(), options).expect("a pass");
            fs::metadata(&output).expect("written").len()
        };
        let (fine, coarse) = (size(12.0), size(36.0));
        assert!(fine as f64 > coarse as f64 * 1.5, "{name}: {fine} bytes at 12, {coarse} at 36");
    }
}

#[test]
fn options_reach_the_encoder() {
    let films = Films::new();
    let input = film(&films);
    let options = |key: &str, value: &str| SinkOptions {
        encoder_options: vec![(key.into(), value.into())],
        ..SinkOptions::default()
    };
    let output = films.path("out.mp4");
    pass_with(&input, &output, &OpenOptions::default(), options("profile", "baseline")).expect("a pass");
    assert_eq!(video(&output)["profile"], "Constrained Baseline");
    assert_eq!(shown(&output), shown(&input), "without reordered frames");
    for (key, value) in [("nonsense", "1"), ("preset", "warp"), ("bf", "many"), ("pix_fmt", "pal8"), ("tune", "dog")] {
        let error = refused(&input, &films.path("x.mp4"), options(key, value));
        assert!(matches!(&error, Error::Setting { key: k, .. } if k == key), "{key}={value}: {error:?}");
    }
    let error = refused(&input, &films.path("x.mp4"), SinkOptions { quality: 99.0, ..SinkOptions::default() });
    assert!(matches!(&error, Error::Setting { key, .. } if key == "quality"), "{error}");
    assert!(!films.path("x.mp4").exists() && !films.path("x.part.mp4").exists());
}

#[test]
fn encoders_that_do_not_fit() {
    let films = Films::new();
    let input = film(&films);
    let text = refused(&input, &films.path("x.mp4"), encoder("x264")).to_string();
    assert!(text.contains("libx264") && text.contains("x264"), "{text}");
    let text = refused(&input, &films.path("x.webm"), encoder("libx264")).to_string();
    assert!(text.contains("webm files cannot hold") && text.contains("libvpx-vp9"), "{text}");
    let text = refused(&input, &films.path("x.mp4"), encoder("aac")).to_string();
    assert!(text.contains("no video encoder of that name"), "{text}");
    let error = refused(&input, &films.path("x.odd"), SinkOptions::default());
    assert!(matches!(&error, Error::Create { .. }) && error.to_string().contains(".odd"), "{error}");
    assert_eq!(films.list(), ["in.mp4"]);
}

#[test]
fn names_that_are_taken() {
    let films = Films::new();
    let input = film(&films);
    let output = films.path("out.mp4");
    fs::write(&output, "precious").expect("written");
    assert!(matches!(refused(&input, &output, SinkOptions::default()), Error::Exists { .. }));
    assert_eq!(fs::read(&output).expect("kept"), b"precious");
    let overwrite = || SinkOptions { overwrite: true, ..SinkOptions::default() };
    assert!(matches!(refused(&input, &input, overwrite()), Error::SameFile { .. }));
    pass_with(&input, &output, &OpenOptions::default(), overwrite()).expect("overwritten");
    assert_eq!(shown(&output).len(), 25);
    assert_eq!(films.list(), ["in.mp4", "out.mp4"]);
    let nowhere = films.path("absent/out.mp4");
    assert!(matches!(refused(&input, &nowhere, SinkOptions::default()), Error::Create { .. }));
}

#[test]
fn a_run_that_stops_leaves_nothing_under_the_name() {
    let films = Films::new();
    let input = film(&films);
    let opened = source::open(&input, &OpenOptions::default()).expect("opened");
    let mut source = opened.source;
    let options = SinkOptions { copy_from: Some(input.clone()), cut: opened.cut, ..SinkOptions::default() };
    let mut sink = sink::create(&films.path("out.mp4"), source.info(), &options).expect("created").sink;
    assert!(films.path("out.part.mp4").exists());
    sink.write(source.next_frame().expect("a frame").expect("not the end")).expect("written");
    drop(sink);
    assert_eq!(films.list(), ["in.mp4"]);
}

#[test]
fn an_interrupted_film_plays_and_its_sound_ends_with_it() {
    let films = Films::new();
    let input = films.make("in.mp4", &format!("{} {X264} -c:a aac", lavfi("160x90", "25", 8.0)));
    let stopped = Arc::new(AtomicBool::new(false));
    let opened = source::open(&input, &OpenOptions::default()).expect("opened");
    let mut source = opened.source;
    let options = SinkOptions {
        copy_from: Some(input.clone()),
        cut: opened.cut,
        cut_short: CutShort::by(stopped.clone()),
        ..SinkOptions::default()
    };
    let output = films.path("out.mp4");
    let mut sink = sink::create(&output, source.info(), &options).expect("created").sink;
    for _ in 0..50 {
        sink.write(source.next_frame().expect("a frame").expect("not the end")).expect("written");
    }
    stopped.store(true, Ordering::Relaxed);
    sink.finish().expect("finished");
    assert_eq!(shown(&output), shown(&input)[..50]);
    let (sound, whole) = (hashes(&output, 1), hashes(&input, 1));
    assert_eq!(sound, whole[..sound.len()]);
    assert!((80..=92).contains(&sound.len()), "two seconds of sound are 86 packets: {}", sound.len());
}

/// A disk that is full from the first byte: the file in progress is a link to it.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    for name in ["out.mp4", "out.mkv", "out.avi"] {
        let films = Films::new();
        let input = film(&films);
        let part = films.path(&name.replace('.', ".part."));
        std::os::unix::fs::symlink("/dev/full", &part).expect("linked");
        let error = refused(&input, &films.path(name), SinkOptions::default());
        assert!(error.to_string().contains("No space left"), "{name}: {error}");
        assert_eq!(films.list(), ["in.mp4"], "{name}");
    }
}

#[test]
fn pictures() {
    let films = Films::new();
    let input = films.make("in.png", "-f lavfi -i testsrc2=s=60x40 -frames:v 1 -pix_fmt rgb24");
    for name in ["a.png", "a.bmp", "a.tiff", "a.webp", "a.jpg"] {
        let output = films.path(name);
        pass(&input, &output);
        let (before, after) = (image::open(&input).expect("read"), image::open(&output).expect("read"));
        let (before, after) = (before.into_rgb8(), after.into_rgb8());
        assert_eq!(after.dimensions(), (60, 40));
        let worst = before.iter().zip(after.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        let mean = before.iter().zip(after.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() / 7200;
        assert!(
            if name == "a.jpg" { mean < 8 } else { worst == Some(0) },
            "{name}: off by {worst:?}, {mean} on average"
        );
    }
    // A picture as a film of one frame, a film of one frame as a picture, a film as a picture.
    pass(&input, &films.path("one.mp4"));
    assert_eq!(shown(&films.path("one.mp4")).len(), 1);
    pass(&films.path("one.mp4"), &films.path("again.png"));
    let long = film(&films);
    let error = refused(&long, &films.path("film.png"), SinkOptions::default());
    assert!(error.to_string().contains("does not fit into one picture"), "{error}");
    assert!(matches!(refused(&input, &films.path("a.png"), SinkOptions::default()), Error::Exists { .. }));
}

#[test]
fn photos_are_turned_as_the_camera_says() {
    let films = Films::new();
    let plain = films.make("plain.jpg", "-f lavfi -i testsrc2=s=64x48 -frames:v 1 -q:v 2");
    let jpeg = fs::read(plain).expect("made");
    // Behind the start marker: an EXIF block whose one entry says "turn clockwise by a quarter".
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let turned = [&jpeg[..2], exif, &jpeg[2..]].concat();
    fs::write(films.path("turned.jpg"), turned).expect("written");
    pass(&films.path("turned.jpg"), &films.path("out.png"));
    let out = image::open(films.path("out.png")).expect("read").into_rgb8();
    let original = image::open(films.path("plain.jpg")).expect("read").rotate90().into_rgb8();
    assert_eq!(out.dimensions(), (48, 64));
    assert_eq!(out, original);
}

#[test]
fn an_animated_png_is_a_film() {
    let films = Films::new();
    let input = films.make("anim.png", "-f lavfi -i testsrc2=s=64x48:r=10:d=1 -f apng");
    let passed = pass(&input, &films.path("out.mp4"));
    assert_eq!(passed.frames, 10);
}

#[test]
fn encoders_that_get_no_frame_are_closed_all_the_same() {
    let films = Films::new();
    let input = films.make("in.mp4", &format!("{} {X264}", lavfi("160x96", "25", 0.2)));
    let (send, answers) = std::sync::mpsc::channel();
    let info = source::open(&input, &OpenOptions::default()).expect("a film").source.info().clone();
    let output = films.path("out.mkv");
    std::thread::spawn(move || {
        for encoder in ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks", "ffv1"] {
            let options = SinkOptions { encoder: Some(encoder.into()), ..SinkOptions::default() };
            let _ = send.send(sink::foretell(&output, &info, &options).map(|found| found.encoder));
        }
    });
    for encoder in ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks", "ffv1"] {
        let answer = answers.recv_timeout(std::time::Duration::from_secs(60)).expect("it hangs");
        assert_eq!(answer.expect("it opens"), encoder);
    }
    // FFmpeg has names for these in QuickTime's format, and writes them into mp4 only.
    for encoder in ["libsvtav1", "libvpx-vp9"] {
        let options = SinkOptions { encoder: Some(encoder.into()), ..SinkOptions::default() };
        let result = pass_with(&input, &films.path("out.mov"), &OpenOptions::default(), options.clone());
        assert!(matches!(&result, Err(Error::Encoder { .. })), "{encoder}: {result:?}");
        pass_with(&input, &films.path(&format!("{encoder}.mp4")), &OpenOptions::default(), options).expect(encoder);
    }
}

#[test]
fn apples_players_find_h265_under_their_name() {
    let films = Films::new();
    let input = films.make("in.mkv", &format!("{} {X264}", lavfi("160x96", "25", 0.2)));
    for (name, tag) in [("out.mp4", "hvc1"), ("out.mov", "hvc1")] {
        let options = SinkOptions { encoder: Some("libx265".into()), ..SinkOptions::default() };
        pass_with(&input, &films.path(name), &OpenOptions::default(), options).expect("a pass");
        assert_eq!(video(&films.path(name))["codec_tag_string"], tag, "{name}");
    }
}
