//! The live part on a desktop that nobody looks at: the window and its keys, and OBS as a viewer of the stream.
//!
//! They need an X server, `xdotool` and OBS, so these run by `make test-rigs` only: `cargo test --test rig_desktop -- --ignored`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drag;
mod obs;
mod screen;

use screen::{HEIGHT, Screen, WIDTH, colourful, differing, paper};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program that is ended with the test.
pub struct Running(pub Child);

impl Running {
    fn exit_code(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < Duration::from_secs(30), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A film of one coloured picture, and that picture.
fn still(folder: &Path) -> [std::path::PathBuf; 2] {
    let [film, picture] = ["still.mkv", "still.png"].map(|name| folder.join(name));
    let make = |filter: &str, codec: &[&str], path: &Path| {
        let input = ["-v", "error", "-f", "lavfi", "-i", filter];
        assert!(Command::new("ffmpeg").args(input).args(codec).arg(path).status().unwrap().success());
    };
    let once = "testsrc2=size=640x360:rate=10,trim=end_frame=1";
    make(once, &["-pix_fmt", "rgb24"], &picture);
    make(&format!("{once},loop=19:1"), &["-c:v", "ffv1", "-pix_fmt", "yuv444p"], &film);
    [film, picture]
}

fn live(screen: &Screen, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = screen.command(assert_cmd::cargo::cargo_bin!("comicvid").to_str().unwrap());
    command.args(["live", "--device", "cpu", "--detail", "draft"]).args(arguments);
    // Settings of its own, and a place for its snapshots.
    command.env("XDG_CONFIG_HOME", folder).env("XDG_PICTURES_DIR", folder).env("HOME", folder).current_dir(folder);
    command
}

/// The program with its window all over the screen, and that window.
fn shown(screen: &Screen, folder: &Path, arguments: &[&str]) -> (Running, String) {
    let program = Running(live(screen, folder, arguments).stderr(Stdio::null()).spawn().unwrap());
    let window = screen.xdotool(&["search", "--sync", "--onlyvisible", "--pid", &program.0.id().to_string()]);
    let window = window.lines().last().unwrap().to_owned();
    screen.xdotool(&["windowmove", &window, "0", "0"]);
    screen.xdotool(&["windowsize", "--sync", &window, &WIDTH.to_string(), &HEIGHT.to_string()]);
    screen.xdotool(&["windowfocus", "--sync", &window]);
    (program, window)
}

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn the_window_shows_the_drawing_and_obeys_its_keys() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    let camera = format!("file:{}", film.display());
    // Black on white: no drawing of a colourful picture could differ more from it.
    let arguments = ["--camera", &camera, "--style", "ink"];
    let (mut program, _) = shown(&screen, folder.path(), &arguments);
    screen.wait("the drawing", |shot| paper(shot) > 0.1);
    // From here on nothing moves but what the keys move.
    screen.key("space");
    std::thread::sleep(Duration::from_secs(2));
    // ... and the readout, which counts on.
    let counting = screen.shot();
    screen.key("i");
    let plain = screen.wait("no readout", |shot| differing(shot, &counting) > 0.002);
    for (key, least) in [("Tab", 0.1), ("h", 0.05)] {
        screen.key(key);
        screen.wait(key, |shot| differing(shot, &plain) > least);
        screen.key(key);
        screen.wait(&format!("{key} again"), |shot| differing(shot, &plain) < 0.001);
    }
    // The picture as the camera gives it, and another style, are not what was there.
    screen.key("space");
    screen.key("b");
    let bypassed = screen.wait("bypass", |shot| differing(shot, &plain) > 0.1);
    screen.key("b");
    screen.wait("no bypass", |shot| differing(shot, &bypassed) > 0.1);
    screen.key("Right");
    screen.wait("the next style", |shot| differing(shot, &plain) > 0.1);
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
    screen.wait("the drawing", |shot| colourful(shot) > 0.2);
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
    let like_ink = screen.wait("the style of the picture", |shot| differing(shot, &comic) > 0.1);
    // What is no picture is said to be none, and does no harm.
    let broken = folder.path().join("broken.png");
    std::fs::write(&broken, "no picture").unwrap();
    drag::drop_file(&screen, window.parse().unwrap(), &broken);
    screen.wait("a message", |shot| (0.001..0.1).contains(&differing(shot, &like_ink)));
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}

#[test]
#[ignore = "needs OBS: `make test-rigs`"]
fn obs_shows_the_stream() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, picture] = still(folder.path());
    let camera = format!("file:{}", film.display());
    let arguments = ["--camera", &camera, "--size", "640x360", "--no-window", "--json", "--serve", "127.0.0.1:0"];
    let started = live(&screen, folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut program = Running(started.unwrap());
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address =
        lines.find_map(|line| Some(line.split_once("serving ")?.1.split_whitespace().next()?.to_owned())).unwrap();
    // A pipe that nobody reads would hold the program up.
    std::thread::spawn(move || lines.for_each(drop));
    let drawn = folder.path().join("drawn.png");
    let draw = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .arg(&picture)
        .arg(&drawn)
        .args(["--device", "cpu", "--detail", "draft", "--quiet"])
        .status();
    assert!(draw.unwrap().success());

    let mut obs = obs::Obs::start(&screen, folder.path());
    let shot = folder.path().join("obs.png");
    obs.open_stream(&format!("{address}stream.mjpg"));
    let wanted = image::open(&drawn).unwrap().to_rgb8();
    let start = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let difference = obs.screenshot(&shot).then(|| {
            let seen = image::open(&shot).unwrap().to_rgb8();
            assert_eq!(seen.dimensions(), wanted.dimensions());
            let sum: u64 = seen.iter().zip(wanted.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            sum as f64 / wanted.len() as f64
        });
        // JPEG at 4:2:0 blurs the colours of the test picture's fine patterns.
        if difference.is_some_and(|difference| difference < 10.0) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(40), "OBS shows something else: {difference:?}");
    }
}
