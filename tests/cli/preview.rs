//! The sheet of styles.

use super::support::{clip, ffmpeg, probe};
use super::{comicvid, text};
use std::path::Path;

const FAST: [&str; 4] = ["--set", "generator.weights=none", "--device", "cpu"];

/// The sheet's size and its bytes.
fn sheet(file: &Path) -> ((u32, u32), Vec<u8>) {
    let size = probe(file, "v:0", "stream=width,height");
    let (width, height) = size.trim().split_once(',').unwrap();
    ((width.parse().unwrap(), height.parse().unwrap()), std::fs::read(file).unwrap())
}

#[test]
fn a_film_is_shown_in_every_style_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.mkv");
    clip(&input, "160x96", "2", &["-c:v", "libx264"]);
    let styles = ["--style", "noir", "--style", "pop", "--moments", "3"];
    comicvid().arg("preview").arg(&input).args(FAST).args(styles).assert().success();
    let ((width, height), _) = sheet(&folder.path().join("in-preview.png"));
    // Three pictures beside each other, a row of photos and two of drawings, each with its caption.
    assert!((3 * 160..3 * 180).contains(&width) && (3 * 96..3 * 150).contains(&height), "{width}x{height}");
    // It is there already; and a style that is none is told before anything is done.
    comicvid().arg("preview").arg(&input).args(FAST).args(styles).assert().code(1);
    let run = comicvid().arg("preview").arg(&input).args(["--style", "noirr", "--overwrite"]).assert().code(1);
    assert!(text(&run.get_output().stderr).contains("did you mean noir"));
}

#[test]
fn pictures_have_one_moment_and_styles_differ() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    ffmpeg(&["-f", "lavfi", "-i", "mandelbrot=size=161x91:rate=1", "-frames:v", "1"], &at("in.png"));
    let of = |style: &str| {
        let output = at(&format!("{style}.png"));
        comicvid().arg("preview").args([&at("in.png"), &output]).args(FAST).args(["--style", style]).assert().success();
        sheet(&output)
    };
    let (noir, pop) = (of("noir"), of("pop"));
    assert_eq!(noir.0, pop.0);
    assert_ne!(noir.1, pop.1);
}
