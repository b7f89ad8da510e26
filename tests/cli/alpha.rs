//! Transparent films on the command line.

use super::resume::{FAST, path};
use super::support::{ffmpeg, frame, run};
use super::{comicvid, text};
use std::ffi::OsStr;

/// Opaque where a disc is that moves.
const DISC: &str = "testsrc2=size=96x64:rate=25:duration=0.4,format=gbrap,\
    geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*lt(hypot(X-20-T*100,Y-32),20)'";

/// Alpha of all frames, one byte a pixel.
fn alpha(film: &str) -> Vec<u8> {
    let how = ["-v", "error", "-i", film, "-vf", "alphaextract,format=gray", "-f", "rawvideo", "-"];
    run("ffmpeg", how.map(OsStr::new))
}

#[test]
fn a_drawing_is_as_transparent_as_its_photo() {
    let folder = tempfile::tempdir().unwrap();
    let [input, whole, parts, opaque, both] =
        ["in.mov", "whole.mov", "parts.mkv", "opaque.mp4", "both.mov"].map(|name| path(folder.path(), name));
    ffmpeg(&["-f", "lavfi", "-i", DISC, "-c:v", "qtrle"], input.as_ref());
    let wanted = alpha(&input);
    assert_eq!(wanted.len(), 10 * 96 * 64);
    assert!(wanted.contains(&0) && wanted.contains(&255));
    comicvid().args([&input, &whole]).args(FAST).assert().success();
    assert!(alpha(&whole).iter().zip(&wanted).all(|(a, b)| a.abs_diff(*b) <= 1));
    comicvid().args([&input, &parts, "--resume", "--segment", "3"]).args(FAST).assert().success();
    assert_eq!(alpha(&parts), wanted);
    // A drawing that is held keeps the shape that it was drawn in.
    comicvid().args([&input, &parts, "--hold", "2", "--overwrite"]).args(FAST).assert().success();
    let held = alpha(&parts);
    let frames: Vec<&[u8]> = held.chunks(96 * 64).collect();
    assert!(frames.chunks(2).all(|pair| pair[0] == pair[1]) && frames[0] != frames[2]);

    let run = comicvid().args([&input, &opaque]).args(FAST).assert().success();
    assert!(text(&run.get_output().stderr).contains("transparency is laid on white"), "{run:?}");
    let white = |film: &str, x: usize, width: usize| {
        let picture = frame(film.as_ref(), 0);
        let at = (2 * width + x) * 3;
        assert!(picture[at..at + 3].iter().all(|level| *level > 245), "{:?} at {x} of {film}", &picture[at..at + 3]);
    };
    white(&opaque, 90, 96);
    // Where the disc is, there is its drawing.
    let disc = frame(opaque.as_ref(), 0)[(32 * 96 + 20) * 3..][..3].to_vec();
    assert!(disc.iter().any(|level| *level < 235), "{disc:?}");
    let still = path(folder.path(), "still_%02d.jpg");
    comicvid().args([&input, &still]).args(FAST).assert().success();
    white(&path(folder.path(), "still_01.jpg"), 90, 96);
    let run = comicvid().args([&input, &both, "--side-by-side"]).args(FAST).assert().success();
    assert!(!text(&run.get_output().stderr).contains("transparency"), "two pictures in one have nothing behind them");
    // Beside the disc there is white, whatever colour is coded there.
    let both = frame(both.as_ref(), 0);
    for x in [90, 96 + 90] {
        let at = (2 * 192 + x) * 3;
        assert!(both[at..at + 3].iter().all(|level| *level > 245), "{:?} at {x}", &both[at..at + 3]);
    }
}
