//! The virtual camera against a PipeWire of its own: a private daemon, a session manager, and GStreamer as the reader.

#![cfg(all(target_os = "linux", feature = "pipewire"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "pipewire/daemon.rs"]
mod daemon;

use comicvid::frame::{Clock, ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use comicvid::sink::Audience;
use comicvid::sink::pipewire::{PipewireSink, probe};
use comicvid::stage::FrameSink;
use daemon::{Daemon, objects, until};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Daemon and session manager are programs of the system, found by the environment of the process, so tests take turns.
static TURN: Mutex<()> = Mutex::new(());

const SIZE: Size = Size::new(320, 180);

fn info() -> StreamInfo {
    StreamInfo {
        time_base: Clock::UNIT,
        frame_rate: Some(Rational::new(30, 1)),
        live: true,
        ..StreamInfo::new(SIZE, PixelFormat::I420, ColorInfo::BT709)
    }
}

/// Red on the left, blue on the right, as BT.709 codes them; a white row walks down.
fn picture(number: u64) -> CpuImage {
    let (w, h) = (SIZE.width as usize, SIZE.height as usize);
    let half =
        |left: u8, right: u8, w: usize| -> Vec<u8> { (0..w).map(|x| if x < w / 2 { left } else { right }).collect() };
    let mut luma = half(63, 32, w).repeat(h);
    let row = number as usize % h;
    luma[row * w..(row + 1) * w].fill(235);
    let planes = vec![luma, half(102, 240, w / 2).repeat(h / 2), half(240, 118, w / 2).repeat(h / 2)];
    CpuImage::from_planes(SIZE, PixelFormat::I420, ColorInfo::BT709, planes)
}

/// A camera that is fed 30 pictures a second until it is dropped.
struct Producer {
    over: Arc<AtomicBool>,
    audience: Audience,
    thread: Option<JoinHandle<()>>,
}

impl Producer {
    fn start() -> Self {
        let (over, audience) = (Arc::<AtomicBool>::default(), Audience::default());
        let mut sink = Box::new(PipewireSink::open("testcam", &info(), audience.clone()).unwrap());
        let asked = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut number = 0;
            while !asked.load(SeqCst) {
                let stamp = Stamp { index: number, pts: 0, duration: 33_333 };
                sink.write(Frame { stamp, image: picture(number) }).unwrap();
                number += 1;
                std::thread::sleep(Duration::from_millis(33));
            }
            sink.finish().unwrap();
        });
        until("the camera", || objects("Node").contains("testcam"));
        Self { over, audience, thread: Some(thread) }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
        let joined = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(joined, Some(Ok(()))));
    }
}

/// GStreamer reads `count` pictures in `format` into a file.
fn reader(folder: &Path, name: &str, format: &str, count: u32) -> (Child, PathBuf) {
    reader_of("testcam", folder, name, format, count)
}

fn reader_of(camera: &str, folder: &Path, name: &str, format: &str, count: u32) -> (Child, PathBuf) {
    let file = folder.join(name);
    let caps = format!("video/x-raw,format={format},width=320,height=180");
    let arguments = [
        "-q",
        "pipewiresrc",
        &format!("num-buffers={count}"),
        &format!("target-object={camera}"),
        "!",
        &caps,
        "!",
        "filesink",
        &format!("location={}", file.display()),
    ];
    let child = Command::new("gst-launch-1.0").args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    (child.unwrap_or_else(|e| panic!("gst-launch-1.0 cannot be started ({e}): `./setup.sh --test` installs it")), file)
}

/// The reader's pictures, when it is done.
fn finished((mut child, file): (Child, PathBuf), bytes: usize) -> Vec<Vec<u8>> {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(40) {
            let _ = child.kill();
            panic!("the reader got {} bytes and waits", file.metadata().map_or(0, |m| m.len()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(file).unwrap().chunks_exact(bytes).map(<[u8]>::to_vec).collect()
}

/// Checks YUY2 pictures: BT.601's codes of red and blue, and the white row of another place in each. Answers with the
/// rows.
fn white_rows(pictures: &[Vec<u8>]) -> Vec<usize> {
    pictures
        .iter()
        .map(|picture| {
            let row = |y: usize| &picture[y * 640..(y + 1) * 640];
            let white: Vec<usize> = (0..180).filter(|y| row(*y)[0] > 230).collect();
            assert_eq!(white.len(), 1, "a picture of two: {white:?}");
            let plain = row((white[0] + 90) % 180);
            for (x, wanted) in [(40, [81, 90, 240]), (280, [41, 240, 110])] {
                let got = [plain[x * 2], plain[x / 2 * 4 + 1], plain[x / 2 * 4 + 3]];
                let near = got.iter().zip(wanted).all(|(g, w): (&u8, u8)| g.abs_diff(w) <= 2);
                assert!(near, "{got:?} for {wanted:?}");
            }
            white[0]
        })
        .collect()
}

#[test]
fn two_readers_get_every_picture_in_its_colours_and_one_may_leave() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let daemon = Daemon::start();
    let producer = Producer::start();
    let folder = daemon.folder.path();
    let (short, long) = (reader(folder, "short", "YUY2", 15), reader(folder, "long", "YUY2", 60));
    until("a watcher", || producer.audience.count() == 1);
    for (reading, count) in [(short, 15), (long, 60)] {
        let rows = white_rows(&finished(reading, 320 * 180 * 2));
        assert_eq!(rows.len(), count);
        assert!(rows.windows(2).all(|pair| (pair[0] + 1) % 180 == pair[1]), "a picture is missing: {rows:?}");
    }
    until("nobody", || producer.audience.count() == 0);
    // And again, in another layout.
    let pictures = finished(reader(folder, "nv12", "NV12", 5), 320 * 180 * 3 / 2);
    assert_eq!(pictures.len(), 5);
    assert!(pictures.iter().all(|p| p[320 * 180 + 90 * 160 + 80].abs_diff(90) <= 2));
}

#[test]
fn a_daemon_that_goes_and_comes_back_is_found_again() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut daemon = Daemon::start();
    let _producer = Producer::start();
    let folder = daemon.folder.path().to_owned();
    assert_eq!(finished(reader(&folder, "before", "YUY2", 5), 320 * 180 * 2).len(), 5);
    // The session manager ends with the daemon.
    daemon.stop(2);
    daemon.stop(1);
    let _ = std::fs::remove_file(folder.join("pipewire-0"));
    assert!(probe().is_err());
    daemon.pipewire();
    daemon.wireplumber();
    until("the camera", || objects("Node").contains("testcam"));
    assert_eq!(white_rows(&finished(reader(&folder, "after", "YUY2", 5), 320 * 180 * 2)).len(), 5);
}

#[test]
fn the_program_is_a_camera_that_works_when_it_is_watched() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let daemon = Daemon::start();
    let fixed = ["live", "--no-window", "--json", "--device", "cpu", "--detail", "draft", "--camera", "test"];
    let more = ["--size", "320x180", "--virtual-camera", "pipewire", "--on-demand", "--seconds", "100"];
    let mut live = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .args(fixed)
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(live.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut state = |wanted: &str| {
        let said = |line: &String| line.contains("\"status\"") && line.contains(&format!("\"state\":\"{wanted}\""));
        assert!(lines.by_ref().any(|line| said(&line)), "the camera never was {wanted}");
    };
    state("resting");
    until("the camera", || objects("Node").contains("Comicvid"));
    let reading = reader_of("Comicvid", daemon.folder.path(), "live", "YUY2", 60);
    state("running");
    let pictures = finished(reading, 320 * 180 * 2);
    // Cards are grey, the pattern is not.
    let colour = |p: &Vec<u8>| p.as_chunks::<4>().0.iter().filter(|q| q[1].abs_diff(128) > 20).count();
    assert!(pictures.len() == 60 && colour(&pictures[59]) > 1000, "{}", colour(&pictures[59]));
    state("resting");
    live.kill().unwrap();
    live.wait().unwrap();
}
