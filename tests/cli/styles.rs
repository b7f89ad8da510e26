//! Styles of one's own: from pictures, mixed, kept. What makes a code of pictures needs the network.

use super::support::{ffmpeg, mean_difference};
use super::{comicvid, refused};
use std::path::Path;

/// A photo and a panel of black strokes on white, in `folder`.
fn pictures(folder: &Path) -> [std::path::PathBuf; 2] {
    let [photo, panel] = ["photo.png", "panel.png"].map(|name| folder.join(name));
    ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1"], &photo);
    let strokes = "color=white:size=320x240,geq=lum='if(lt(mod(X+Y,23),3),0,255)':cb=128:cr=128";
    ffmpeg(&["-f", "lavfi", "-i", strokes, "-frames:v", "1"], &panel);
    [photo, panel]
}

#[test]
fn a_mixture_lies_between_its_styles() {
    let folder = tempfile::tempdir().unwrap();
    let [photo, _] = pictures(folder.path());
    let draw = |style: &str| {
        let output = folder.path().join(format!("{}.png", style.replace([':', ','], "-")));
        comicvid().arg(&photo).arg(&output).args(["--style", style, "--quiet"]).assert().success();
        output
    };
    let (comic, ink, both) = (draw("comic"), draw("ink"), draw("comic:0.5,ink:0.5"));
    let apart = mean_difference(&comic, &ink);
    assert!(mean_difference(&comic, &both) < apart && mean_difference(&ink, &both) < apart);
    let wrong = folder.path().join("wrong.png");
    let error = refused(&[photo.to_str().unwrap(), wrong.to_str().unwrap(), "--style", "comic:1,nior:1"], &wrong);
    assert!(error.contains("noir"), "{error}");
}

#[cfg(feature = "torch")]
#[test]
fn a_style_from_pictures_is_kept_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let [photo, panel] = pictures(folder.path());
    let mine = || {
        let mut command = comicvid();
        command.env("XDG_CONFIG_HOME", folder.path());
        command
    };
    mine().args(["styles", "add", "strokes"]).arg(&panel).assert().success();
    // A name that is taken, by the user's style or by the program's, and one that would leave the folder.
    for name in ["strokes", "comic", "../strokes"] {
        mine().args(["styles", "add", name]).arg(&panel).assert().code(1);
    }
    let list = mine().arg("styles").assert().success();
    assert!(super::text(&list.get_output().stdout).contains("strokes      Yours, from panel.png"));

    let [plain, kept, at_once] =
        ["plain", "kept", "at-once"].map(|name| folder.path().join(name).with_extension("png"));
    let draw = |arguments: &[&str], output: &Path| {
        mine().arg(&photo).arg(output).arg("--quiet").args(arguments).assert().success();
    };
    draw(&[], &plain);
    draw(&["--style", "strokes"], &kept);
    draw(&["--style-image", panel.to_str().unwrap()], &at_once);
    assert_eq!(mean_difference(&kept, &at_once), 0.0);
    assert!(mean_difference(&kept, &plain) > 4.0);
}

// The classical filter that stands in for the network keeps them anyway.
#[cfg(feature = "torch")]
#[test]
fn the_photos_colours_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let [photo, _] = pictures(folder.path());
    let draw = |keep: &str| {
        let output = folder.path().join(format!("{keep}.png"));
        // Hatching is black on white.
        let changes = ["--set", "tone.saturation=1", "--set", "halftone=off"];
        let arguments = ["--style", "ink", "--keep-color", keep, "--quiet"];
        comicvid().arg(&photo).arg(&output).args(arguments).args(changes).assert().success();
        output
    };
    let (grey, coloured) = (draw("0"), draw("1"));
    assert!(mean_difference(&grey, &coloured) > 4.0);
}
