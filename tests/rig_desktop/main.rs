//! The live part on a desktop that nobody looks at: the window and its keys, and OBS as a viewer of the stream.
//!
//! They need an X server, `xdotool` and OBS, so these run by `make test-rigs` only: `cargo test --test rig_desktop -- --ignored`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../rig_camera/cpu.rs"]
mod cpu;
mod drag;
mod files;
mod keys;
mod mouse;
mod obs;
mod screen;

use screen::{HEIGHT, Screen, WIDTH};
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

/// The program with its window, and that window.
fn opened(screen: &Screen, folder: &Path, arguments: &[&str]) -> (Running, String) {
    let program = Running(live(screen, folder, arguments).stderr(Stdio::null()).spawn().unwrap());
    let window = screen.xdotool(&["search", "--sync", "--onlyvisible", "--pid", &program.0.id().to_string()]);
    (program, window.lines().last().unwrap().to_owned())
}

/// Waits for a drawing, and until the messages of the beginning are gone, which stay for five seconds.
fn settle(screen: &Screen, drawn: impl Fn(&[u8]) -> bool) {
    screen.wait("the drawing", drawn);
    std::thread::sleep(Duration::from_secs(6));
}

/// The program with its window all over the screen, and that window.
fn shown(screen: &Screen, folder: &Path, arguments: &[&str]) -> (Running, String) {
    let (program, window) = opened(screen, folder, arguments);
    screen.xdotool(&["windowmove", &window, "0", "0"]);
    screen.xdotool(&["windowsize", "--sync", &window, &WIDTH.to_string(), &HEIGHT.to_string()]);
    screen.xdotool(&["windowfocus", "--sync", &window]);
    (program, window)
}
