//! Inputs, the pass through the library, and what ffprobe says of the result.

use comicvid::error::Result;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, Damage, OpenOptions};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A folder of its own, with a film or more.
pub struct Films {
    folder: TempDir,
}

impl Films {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes `name` with ffmpeg's arguments, in which `@` is this folder.
    pub fn make(&self, name: &str, arguments: &str) -> PathBuf {
        let path = self.path(name);
        let folder = self.folder.path().to_string_lossy();
        let words = arguments.split_whitespace().map(|word| word.replace('@', &folder));
        let words: Vec<_> = words.chain([path.to_string_lossy().into_owned()]).collect();
        run("ffmpeg", &["-v", "error", "-y"], &words);
        path
    }

    /// Files in the folder, sorted.
    pub fn list(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Runs a program of FFmpeg's; its output.
pub fn run(program: &str, first: &[&str], rest: &[impl AsRef<str>]) -> String {
    let arguments: Vec<_> = first.iter().copied().chain(rest.iter().map(AsRef::as_ref)).collect();
    let output = Command::new(program).args(&arguments).output().unwrap_or_else(|e| {
        panic!("these tests need the program `{program}` ({e}): install FFmpeg (Debian, Ubuntu: `apt install ffmpeg`)")
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {} failed: {errors}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What came of a pass.
#[derive(Debug)]
pub struct Passed {
    pub frames: u64,
    pub notes: Vec<String>,
    pub damage: Damage,
    pub encoder: String,
}

/// Decodes `input` and encodes it again, everything else copied: the program without its middle.
pub fn pass_with(input: &Path, output: &Path, open: &OpenOptions, options: SinkOptions) -> Result<Passed> {
    let opened = source::open(input, open)?;
    let mut source = opened.source;
    let copy_from = opened.cut.map(|_| input.to_path_buf());
    let options = SinkOptions { copy_from, cut: opened.cut, ..options };
    let out = sink::create(output, source.info(), &options)?;
    let mut sink = out.sink;
    let mut frames = 0;
    while let Some(frame) = source.next_frame()? {
        assert_eq!(frame.stamp.index, frames, "frames are counted from 0");
        frames += 1;
        sink.write(frame)?;
    }
    assert!(source.next_frame()?.is_none(), "the end stays the end");
    sink.finish()?;
    Ok(Passed { frames, notes: out.notes, damage: opened.damage.get(), encoder: out.encoder })
}

/// [`pass_with`] by default, which must succeed with a whole input.
pub fn pass(input: &Path, output: &Path) -> Passed {
    let passed = pass_with(input, output, &OpenOptions::default(), SinkOptions::default()).expect("a pass");
    assert!(!passed.damage.any(), "{} is whole, yet: {}", input.display(), passed.damage);
    passed
}

/// Encoded without loss, so that pixels can be compared.
pub fn lossless() -> SinkOptions {
    SinkOptions { encoder: Some("ffv1".into()), ..SinkOptions::default() }
}

/// A point in time as a fraction in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Time(pub i64, pub i64);

impl Time {
    pub fn new(num: i64, den: i64) -> Self {
        let (mut a, mut b) = (num.abs(), den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self(num / a.max(1), den / a.max(1))
    }
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

/// ffprobe's answer as JSON.
pub fn probe(path: &Path, arguments: &str) -> Value {
    let words: Vec<_> = arguments.split_whitespace().collect();
    let path = path.to_string_lossy();
    let text = run("ffprobe", &["-v", "fatal", "-of", "json"], &[words, vec![&*path]].concat());
    serde_json::from_str(&text).expect("ffprobe writes JSON")
}

/// Streams as ffprobe shows them.
pub fn streams(path: &Path) -> Vec<Value> {
    probe(path, "-show_streams")["streams"].as_array().cloned().unwrap_or_default()
}

/// The drawn video stream: the first that is no cover picture.
pub fn video(path: &Path) -> Value {
    let cover = |s: &Value| s["disposition"]["attached_pic"] == 1;
    let found = streams(path).into_iter().find(|s| s["codec_type"] == "video" && !cover(s));
    found.unwrap_or_else(|| panic!("{} has no video", path.display()))
}

fn unit(stream: &Value) -> (i64, i64) {
    let text = stream["time_base"].as_str().expect("a time base");
    let (num, den) = text.split_once('/').expect("a fraction");
    (num.parse().expect("a number"), den.parse().expect("a number"))
}

fn time(value: &Value, unit: (i64, i64)) -> Option<Time> {
    value.as_i64().map(|t| Time::new(t * unit.0, unit.1))
}

/// When each frame is shown, as decoded.
pub fn shown(path: &Path) -> Vec<Time> {
    let stream = video(path);
    let select = format!("-select_streams {} -show_entries frame=best_effort_timestamp", stream["index"]);
    let frames = probe(path, &select);
    let frames = frames["frames"].as_array().cloned().unwrap_or_default();
    let unit = unit(&stream);
    frames.iter().map(|f| time(&f["best_effort_timestamp"], unit).expect("a timestamp")).collect()
}

/// A packet: presentation time, duration, hash of its data.
pub type PacketFacts = (Option<Time>, Option<Time>, String);

/// Packets of stream `index`.
pub fn packets(path: &Path, index: usize) -> Vec<PacketFacts> {
    let select = format!("-select_streams {index} -show_packets -show_data_hash md5");
    let found = probe(path, &select);
    let unit = unit(&streams(path)[index]);
    let packets = found["packets"].as_array().cloned().unwrap_or_default();
    let facts = |p: &Value| {
        (time(&p["pts"], unit), time(&p["duration"], unit), p["data_hash"].as_str().unwrap_or_default().to_owned())
    };
    packets.iter().map(facts).collect()
}

/// Hashes of the packets' data alone, in order.
pub fn hashes(path: &Path, index: usize) -> Vec<String> {
    packets(path, index).into_iter().map(|(_, _, hash)| hash).collect()
}

/// Hashes of the decoded frames, as FFmpeg shows them (turned upright).
pub fn pixels(path: &Path, before: &[&str], after: &[&str]) -> Vec<String> {
    let path = path.to_string_lossy();
    let first = [&["-v", "error"], before, &["-i"]].concat();
    let rest = [&[&*path, "-map", "0:V:0"], after, &["-f", "framemd5", "-"]].concat();
    let text = run("ffmpeg", &first, &rest);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit(',').next()).map(|hash| hash.trim().to_owned()).collect()
}

/// Test picture and tone, `seconds` long.
pub fn lavfi(size: &str, rate: &str, seconds: f64) -> String {
    format!("-f lavfi -i testsrc2=s={size}:r={rate}:d={seconds} -f lavfi -i sine=f=440:d={seconds}")
}

/// What makes x264 quick in tests.
pub const X264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 2 -g 25";

/// `input` with a display matrix; FFmpeg's way to ask for one changed with version 6.
pub fn turned(films: &Films, input: &str, name: &str, degrees: i32) -> PathBuf {
    let (from, to) = (films.path(input), films.path(name));
    let (from, to) = (from.to_string_lossy(), to.to_string_lossy());
    let new = ["-v", "error", "-y", "-display_rotation", &degrees.to_string(), "-i", &from, "-c", "copy", &to];
    let worked = Command::new("ffmpeg").args(new).output().expect("ffmpeg").status.success();
    if !worked {
        let rotate = format!("rotate={}", (360 - degrees) % 360);
        run("ffmpeg", &["-v", "error", "-y", "-i"], &[&*from, "-c", "copy", "-metadata:s:v:0", &rotate, &*to]);
    }
    films.path(name)
}
