//! Makes and measures clips with the `ffmpeg` programs, which are independent of the code under test.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

pub fn run(program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be started ({e}): `./setup.sh --test` installs it"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// `ffmpeg ARGUMENTS OUTPUT`.
pub fn ffmpeg(arguments: &[&str], output: &Path) {
    let fixed = ["-hide_banner", "-loglevel", "error", "-y"];
    run("ffmpeg", fixed.iter().chain(arguments).map(OsStr::new).chain([output.as_os_str()]));
}

/// A clip of moving shapes at 25 frames a second with a tone.
pub fn clip(output: &Path, size: &str, seconds: &str, codec: &[&str]) {
    let picture = format!("testsrc2=size={size}:rate=25:duration={seconds}");
    let tone = format!("sine=frequency=440:duration={seconds}");
    let mut arguments = vec!["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone, "-pix_fmt", "yuv420p"];
    arguments.extend_from_slice(codec);
    ffmpeg(&arguments, output);
}

/// `ffprobe`'s answer for `entries` of `stream`, as CSV without section names.
pub fn probe(file: &Path, stream: &str, entries: &str) -> String {
    let fixed = ["-v", "error", "-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"];
    String::from_utf8(run("ffprobe", fixed.iter().map(OsStr::new).chain([file.as_os_str()]))).unwrap()
}

/// Frames that decode.
pub fn count_frames(file: &Path) -> u64 {
    let fixed = ["-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames"];
    let of = ["-of", "csv=p=0"];
    let text = run("ffprobe", fixed.iter().chain(&of).map(OsStr::new).chain([file.as_os_str()]));
    String::from_utf8(text).unwrap().trim().parse().unwrap()
}

/// A hash over the untouched packets of a stream.
pub fn packet_hash(file: &Path, stream: &str) -> String {
    let map = format!("0:{stream}");
    let after = ["-map", &map, "-c", "copy", "-f", "streamhash", "-"];
    let before = ["-v", "error", "-i"];
    let arguments =
        before.iter().map(OsStr::new).chain([file.as_os_str()]).chain(after.iter().map(OsStr::new)).collect::<Vec<_>>();
    String::from_utf8(run("ffmpeg", arguments)).unwrap()
}

/// Mean absolute difference of the first frames, in steps of 1/255.
pub fn mean_difference(a: &Path, b: &Path) -> f64 {
    let (a, b) = (frame(a, 0), frame(b, 0));
    assert_eq!(a.len(), b.len(), "the pictures differ in size");
    let sum: u64 = a.iter().zip(&b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

/// R, G and B of frame `number`, rows packed.
pub fn frame(file: &Path, number: u32) -> Vec<u8> {
    let this = format!("select=eq(n\\,{number})");
    let after = ["-vf", &this, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    let before = ["-v", "error", "-i"].iter().map(OsStr::new);
    run("ffmpeg", before.chain([file.as_os_str()]).chain(after.iter().map(OsStr::new)))
}

/// A hash of each decoded frame.
pub fn frame_hashes(file: &Path) -> Vec<String> {
    let before = ["-v", "error", "-i"].iter().map(OsStr::new);
    let after = ["-map", "0:v:0", "-f", "framehash", "-hash", "md5", "-"].iter().map(OsStr::new);
    let text = run("ffmpeg", before.chain([file.as_os_str()]).chain(after));
    let lines = String::from_utf8(text).unwrap();
    let hash = |line: &str| line.rsplit(',').next().unwrap().trim().to_owned();
    lines.lines().filter(|line| !line.starts_with('#')).map(hash).collect()
}
