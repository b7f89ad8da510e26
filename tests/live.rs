//! `comicvid live` as its user meets it: a stream that an independent program decodes, a recording, honest refusals.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `comicvid live`, ended with the test.
struct Live {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Live {
    fn start(arguments: &[&str]) -> Self {
        let fixed = ["live", "--no-window", "--json", "--device", "cpu", "--detail", "draft"];
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
            .args(fixed)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next event of a kind for which `wanted` holds.
    fn event(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for line in self.lines.by_ref() {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if event["event"] == kind && wanted(&event) {
                return event;
            }
        }
        panic!("the program ended without the event {kind}");
    }

    /// Where it serves.
    fn address(&mut self) -> String {
        let note = self.event("note", |e| e["message"].as_str().unwrap().starts_with("serving "));
        let message = note["message"].as_str().unwrap().to_owned();
        message.split_whitespace().nth(1).unwrap().to_owned()
    }

    fn exit_code(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < Duration::from_secs(60), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be started ({e}): `./setup.sh --test` installs it"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn clip(path: &Path) {
    let picture = "testsrc2=size=192x108:rate=15:duration=2";
    run("ffmpeg", &["-v", "error", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", path.to_str().unwrap()]);
}

#[test]
fn a_player_decodes_the_stream_and_sees_the_drawing_move() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("clip.mp4");
    clip(&film);
    let camera = format!("file:{}", film.display());
    let mut live = Live::start(&["--camera", &camera, "--serve", "127.0.0.1:0", "--seconds", "60"]);
    let stream = format!("{}stream.mjpg", live.address());
    // Until the camera runs a card is served, which is larger.
    live.event("status", |e| e["drawn"].as_u64() > Some(3));
    // Two players at once.
    let players: Vec<_> = (0..2)
        .map(|_| {
            let stream = stream.clone();
            let raw = ["-frames:v", "6", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
            std::thread::spawn(move || {
                let input = ["-v", "error", "-f", "mpjpeg", "-i", &stream];
                run("ffmpeg", &[&input[..], &raw[..]].concat())
            })
        })
        .collect();
    for player in players {
        let bytes = player.join().unwrap();
        let frames: Vec<&[u8]> = bytes.chunks_exact(192 * 108 * 3).collect();
        assert_eq!(frames.len(), 6);
        assert!(frames.iter().any(|f| f != &frames[0]), "nothing moves");
        // The clip is bright and coloured; a card is grey.
        let colour = frames[5].chunks_exact(3).filter(|p| p[0].abs_diff(p[2]) > 60).count();
        assert!(colour > 192 * 108 / 20, "{colour} coloured pixels");
    }
    let status = live.event("status", |e| e["outputs"][0]["delivered"].as_u64() > Some(5));
    assert!(status["latency_ms"]["median"].as_f64().unwrap() > 0.0);
    assert_eq!(status["camera"]["state"], "running");
}

#[test]
fn it_stops_by_itself_with_a_recording_and_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("take.mp4");
    let path = film.to_str().unwrap();
    let mut live = Live::start(&["--camera", "test", "--size", "160x96", "--seconds", "4", "--record", path]);
    let done = live.event("done", |_| true);
    assert_eq!(live.exit_code(), Some(0));
    let [captured, drawn, dropped] = ["captured", "drawn", "dropped"].map(|k| done[k].as_u64().unwrap());
    assert!(drawn > 0 && captured >= drawn + dropped && captured - drawn - dropped < 8, "{done}");
    let entries = ["-v", "error", "-count_frames", "-select_streams", "v:0"];
    let show = ["-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", path];
    let text = String::from_utf8(run("ffprobe", &[&entries[..], &show[..]].concat())).unwrap();
    let fields: Vec<u64> = text.trim().split(',').map(|f| f.parse().unwrap()).collect();
    assert_eq!(fields[..2], [160, 96]);
    assert!(fields[2] > 0 && fields[2] <= drawn + 1, "{fields:?} of {drawn}");
    // It is not replaced without being told to.
    let mut again = Live::start(&["--camera", "test", "--seconds", "1", "--record", path]);
    again.event("error", |e| e["message"].as_str().unwrap().contains("exists"));
    assert_eq!(again.exit_code(), Some(1));
}

#[test]
fn a_recording_that_never_began_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("take.mp4");
    let path = film.to_str().unwrap();
    // It is over at once; or there is no picture but the card that says so.
    for (camera, seconds) in [("test", "0.01"), ("no camera is called so", "4")] {
        let mut live = Live::start(&["--camera", camera, "--seconds", seconds, "--record", path]);
        let error = live.event("error", |_| true);
        assert!(error["message"].as_str().unwrap().contains("nothing was recorded"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("longer"), "{error}");
        assert_eq!(live.exit_code(), Some(1));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}

#[test]
fn what_cannot_be_is_said_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, reason) in [
        (["--camera", "test", "--serve", &address], "in use"),
        (["--camera", "test", "--serve", "somewhere"], "not an address"),
        (["--camera", "file:/nonexistent.mp4", "--style", "comic"], "cannot open"),
        (["--camera", "test", "--style", "comik"], "no style"),
        (["--camera", "test", "--size", "huge"], "not a size"),
    ] {
        let mut live = Live::start(&arguments);
        let error = live.event("error", |_| true);
        assert!(error["message"].as_str().unwrap().contains(reason), "{error}");
        assert_eq!(live.exit_code(), Some(1), "{arguments:?}");
    }
}
