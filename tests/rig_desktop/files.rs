//! What the window writes: snapshots and recordings.

use super::screen::{Screen, paper};
use super::{shown, still};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Waits until a file has its name, which it gets when it is whole.
fn written(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "{} does not appear", path.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn a_snapshot_is_the_picture_and_a_recording_plays() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    let camera = format!("file:{}", film.display());
    let (mut program, _) = shown(&screen, folder.path(), &["--camera", &camera, "--style", "ink"]);
    screen.wait("the drawing", |shot| paper(shot) > 0.1);
    // Until the film is open, the card that says so is shown, and in ink it is as white.
    let snapshots = (1..=30).map(|number| {
        screen.key("s");
        let snapshot = folder.path().join(format!("comicvid-{number:04}.png"));
        written(&snapshot);
        std::thread::sleep(Duration::from_millis(200));
        (number, image::open(&snapshot).unwrap().to_rgb8())
    });
    let (number, picture) = snapshots.into_iter().find(|(_, s)| s.dimensions() == (640, 360)).expect("a drawing");
    let white = picture.pixels().filter(|pixel| pixel.0.iter().all(|c| *c > 200)).count();
    assert!(white > 640 * 360 / 5, "{white} white pixels are no drawing in ink");

    let begun = Instant::now();
    screen.key("r");
    std::thread::sleep(Duration::from_secs(3));
    let recording = folder.path().join(format!("comicvid-{:04}.mp4", number + 1));
    assert!(!recording.exists(), "it has its name only when it is whole");
    screen.key("r");
    written(&recording);
    let longest = begun.elapsed().as_secs_f64();
    let entries = ["-v", "error", "-count_frames", "-show_entries", "stream=width,height,nb_read_frames,duration"];
    let probe = Command::new("ffprobe").args(entries).args(["-of", "csv=p=0"]).arg(&recording).output().unwrap();
    assert!(probe.status.success() && probe.stderr.is_empty(), "{}", String::from_utf8_lossy(&probe.stderr));
    let text = String::from_utf8(probe.stdout).unwrap();
    let [width, height, seconds, frames] = text.trim().split(',').collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert_eq!((width, height), ("640", "360"));
    let (seconds, frames): (f64, u32) = (seconds.parse().unwrap(), frames.parse().unwrap());
    assert!(frames >= 3 && (1.0..longest + 1.0).contains(&seconds), "{text}");
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}
