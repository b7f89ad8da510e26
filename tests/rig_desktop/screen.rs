//! A screen that nobody looks at, and what is on it.

use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const WIDTH: usize = 1280;
pub const HEIGHT: usize = 800;

/// An X server of its own, ended with the test.
pub struct Screen {
    server: Child,
    pub display: String,
}

impl Screen {
    pub fn new() -> Self {
        let size = format!("{WIDTH}x{HEIGHT}x24");
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &size, "+extension", "GLX", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("Xvfb cannot be started ({e}): `./setup.sh --test` installs it"));
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb names no display");
        Self { server, display: format!(":{}", number.trim()) }
    }

    /// A program that shows itself here.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY").env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
    }

    /// R, G and B of all that is shown.
    pub fn shot(&self) -> Vec<u8> {
        let size = format!("{WIDTH}x{HEIGHT}");
        let input = ["-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", &size, "-i", &self.display];
        let output = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
        let done = self.command("ffmpeg").args(input).args(output).output().unwrap();
        assert!(done.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    /// Types into the window that has the focus.
    pub fn key(&self, name: &str) {
        self.xdotool(&["key", name]);
    }

    /// Presses the left button at a place, moves to another, and lets go; slowly enough to be seen between.
    pub fn drag(&self, from: (usize, usize), to: (usize, usize)) {
        let go = |(x, y): (usize, usize)| {
            self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
            std::thread::sleep(Duration::from_millis(200));
        };
        go(from);
        self.xdotool(&["mousedown", "1"]);
        go(((from.0 + to.0) / 2, (from.1 + to.1) / 2));
        go(to);
        self.xdotool(&["mouseup", "1"]);
    }

    pub fn title(&self, window: &str) -> String {
        self.xdotool(&["getwindowname", window]).trim().to_owned()
    }

    /// Width and height of the inside of a window.
    pub fn size_of(&self, window: &str) -> [String; 2] {
        let text = self.xdotool(&["getwindowgeometry", "--shell", window]);
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        [value("WIDTH="), value("HEIGHT=")]
    }

    pub fn xdotool(&self, arguments: &[&str]) -> String {
        let done = self.command("xdotool").args(arguments).output();
        let done = done.unwrap_or_else(|e| panic!("xdotool cannot be started ({e}): `./setup.sh --test` installs it"));
        assert!(done.status.success(), "xdotool {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// The first picture for which `wanted` holds. Where none comes, the last one is kept for a person to look at.
    pub fn wait(&self, what: &str, wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let start = Instant::now();
        loop {
            let shot = self.shot();
            if wanted(&shot) {
                return shot;
            }
            if start.elapsed() > Duration::from_secs(40) {
                let path = keep(what, &shot);
                panic!("{what}: it does not come; see {path}");
            }
            std::thread::sleep(Duration::from_millis(150));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn keep(name: &str, shot: &[u8]) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name.replace(' ', "-")).with_extension("png");
    image::save_buffer(&path, shot, WIDTH as u32, HEIGHT as u32, image::ColorType::Rgb8).unwrap();
    path.display().to_string()
}

/// Share of the pixels that differ clearly.
pub fn differing(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let pixels = a.as_chunks::<3>().0.iter().zip(b.as_chunks::<3>().0);
    let count = pixels.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 24)).count();
    count as f64 / (a.len() / 3) as f64
}

/// These columns of the screen.
pub fn columns(shot: &[u8], range: Range<usize>) -> Vec<u8> {
    shot.chunks_exact(WIDTH * 3).flat_map(|row| &row[range.start * 3..range.end * 3]).copied().collect()
}

/// Left and right exchanged.
pub fn flipped(shot: &[u8]) -> Vec<u8> {
    shot.chunks_exact(WIDTH * 3).flat_map(|row| row.as_chunks::<3>().0.iter().rev().flatten()).copied().collect()
}

/// Share of the pixels that are nearly white; none in a window that nothing has been painted in yet, which is white all over.
pub fn paper(shot: &[u8]) -> f64 {
    let count = shot.as_chunks::<3>().0.iter().filter(|pixel| pixel.iter().all(|c| *c > 200)).count();
    let share = count as f64 / (WIDTH * HEIGHT) as f64;
    if share > 0.95 { 0.0 } else { share }
}

/// Share of the pixels that are clearly coloured.
pub fn colourful(shot: &[u8]) -> f64 {
    let range = |pixel: &&[u8; 3]| pixel.iter().max().zip(pixel.iter().min()).is_some_and(|(a, b)| a - b > 64);
    let count = shot.as_chunks::<3>().0.iter().filter(range).count();
    count as f64 / (WIDTH * HEIGHT) as f64
}
