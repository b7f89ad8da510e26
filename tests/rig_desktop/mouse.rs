//! What the mouse does, and what of it comes back next time.

use super::screen::{HEIGHT, Screen, WIDTH, colourful, columns, differing, flipped, paper};
use super::{drag, settle, shown, still};
use std::path::Path;
use std::time::Duration;

/// The first slider that is all the way to the right: its ends, and how far down it is.
fn full_slider(shot: &[u8]) -> ((usize, usize), usize) {
    let filled = |y: usize| {
        let yellow = |x: &usize| {
            let at = (y * WIDTH + x) * 3;
            matches!(shot[at..at + 3], [240..=255, 180..230, 0..100])
        };
        let first = (WIDTH * 3 / 4..WIDTH).find(yellow)?;
        let last = (first..WIDTH).take_while(yellow).last()?;
        // The frame of a style's tile is shorter.
        (last - first > 100).then_some((first, last))
    };
    let y = (0..HEIGHT).find(|y| filled(*y).is_some()).unwrap() + 2;
    (filled(y).unwrap(), y)
}

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn a_slider_acts_on_the_picture_and_settings_come_back() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    let camera = format!("file:{}", film.display());
    let (mut program, _) = shown(&screen, folder.path(), &["--camera", &camera, "--style", "ink"]);
    settle(&screen, |shot| paper(shot) > 0.1);
    screen.key("i");
    screen.key("b");
    screen.key("Tab");
    let photo = screen.wait("the photo alone", |shot| colourful(shot) > 0.75);
    screen.key("Tab");
    screen.key("b");
    let drawn = screen.wait("drawing and panel", |shot| paper(shot) > 0.1 && differing(shot, &photo) > 0.5);
    // The first slider is the strength of the drawing.
    let ((left, right), y) = full_slider(&drawn);
    let picture = |shot: &[u8]| columns(shot, 0..WIDTH * 3 / 4 - 10);
    screen.drag((right, y), (left - 10, y));
    screen.wait("another picture", |shot| differing(&picture(shot), &picture(&drawn)) > 0.1);
    screen.key("Tab");
    screen.key("b");
    screen.key("m");
    screen.wait("the photo mirrored", |shot| differing(shot, &flipped(&photo)) < 0.06);
    screen.key("b");
    screen.wait("the drawing again", |shot| paper(shot) > 0.1 && colourful(shot) < 0.01);
    // Until the lines have come to rest.
    std::thread::sleep(Duration::from_secs(2));
    let left_as = screen.shot();
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
    let style = std::fs::read_to_string(folder.path().join("comicvid/styles/ink.toml")).unwrap();
    assert!(style.contains("\nstrength = 0.0\n"), "{style}");

    let (mut program, window) = shown(&screen, folder.path(), &["--camera", &camera]);
    screen.wait("the window as it was left", |shot| differing(shot, &left_as) < 0.03);
    assert_eq!(screen.title(&window), "comicvid: ink");
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn the_line_between_photo_and_drawing_is_dragged() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    let camera = format!("file:{}", film.display());
    let (mut program, _) = shown(&screen, folder.path(), &["--camera", &camera, "--style", "ink"]);
    settle(&screen, |shot| paper(shot) > 0.1);
    screen.key("i");
    screen.key("Tab");
    screen.key("b");
    let photo = screen.wait("the photo all over", |shot| colourful(shot) > 0.75);
    screen.key("b");
    let drawing = screen.wait("the drawing all over", |shot| colourful(shot) < 0.01 && paper(shot) > 0.2);
    // Away from the line with its handle, and from the middle, which it leaves.
    let areas = [50..290, 350..600, 680..1230];
    let is = |shot: &[u8], wanted: [&[u8]; 3]| {
        let mut pairs = areas.iter().zip(wanted);
        pairs.all(|(area, wanted)| differing(&columns(shot, area.clone()), &columns(wanted, area.clone())) < 0.05)
    };
    assert!(!is(&photo, [&drawing; 3]) && !is(&drawing, [&photo; 3]));
    screen.key("c");
    screen.wait("both, side by side", |shot| is(shot, [&photo, &photo, &drawing]));
    screen.drag((WIDTH / 2, HEIGHT / 2), (WIDTH / 4, HEIGHT / 2));
    screen.wait("less of the photo", |shot| is(shot, [&photo, &drawing, &drawing]));
    screen.key("c");
    screen.wait("the drawing alone", |shot| is(shot, [&drawing; 3]));
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn a_picture_dropped_on_the_window_becomes_the_style() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    let camera = format!("file:{}", film.display());
    let (mut program, window) = shown(&screen, folder.path(), &["--camera", &camera, "--style", "comic"]);
    settle(&screen, |shot| colourful(shot) > 0.2);
    // The panel shows which style is in use; the readout would count on.
    for (key, least) in [("Tab", 0.1), ("i", 0.002)] {
        let before = screen.shot();
        screen.key(key);
        screen.wait(key, |shot| differing(shot, &before) > least);
    }
    std::thread::sleep(Duration::from_secs(2));
    let comic = screen.shot();
    let panel = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ink.jpg");
    drag::drop_file(&screen, window.parse().unwrap(), &panel);
    settle(&screen, |shot| differing(shot, &comic) > 0.1);
    let like_ink = screen.shot();
    // What is no picture is said to be none, and does no harm.
    let broken = folder.path().join("broken.png");
    std::fs::write(&broken, "no picture").unwrap();
    drag::drop_file(&screen, window.parse().unwrap(), &broken);
    screen.wait("a message", |shot| (0.001..0.1).contains(&differing(shot, &like_ink)));
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
    // It is there next time, and in use.
    let (mut program, window) = shown(&screen, folder.path(), &["--camera", &camera]);
    screen.wait("the style of the picture again", |shot| differing(shot, &like_ink) < 0.05);
    assert_eq!(screen.title(&window), "comicvid: like-ink");
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}
