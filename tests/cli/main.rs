//! The program as its user meets it: what it answers to good and bad commands, and what it leaves on the disk.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alpha;
mod compare;
mod devices;
mod farm;
mod many;
mod motion;
mod numbered;
mod pipe;
mod preview;
mod resume;
mod styles;
mod support;
mod watch;

use assert_cmd::Command;
use std::path::Path;
use std::time::Duration;
use support::{clip, count_frames, ffmpeg, probe};

fn comicvid() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"));
    command.timeout(Duration::from_secs(120));
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command that must fail with exit code 1, one error line and one hint, and leave `output` absent.
fn refused(arguments: &[&str], output: &Path) -> String {
    let run = comicvid().args(arguments).assert().code(1);
    let stderr = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    let errors: Vec<&str> = stderr.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(!output.exists(), "{} was left behind", output.display());
    let folder = output.parent().filter(|f| f.is_dir());
    let torsos = folder.into_iter().flat_map(|f| f.read_dir().unwrap()).filter_map(Result::ok);
    for entry in torsos {
        assert!(!entry.file_name().to_string_lossy().contains(".part."), "{:?} was left behind", entry.path());
    }
    stderr
}

#[test]
fn a_film_keeps_its_frames_its_time_and_its_sound() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.mp4"), folder.path().join("out.mp4"));
    clip(&input, "320x180", "1", &["-c:v", "libx264", "-bf", "2", "-c:a", "aac"]);
    let run = comicvid().arg(&input).arg(&output).args(["--json", "--device", "cpu"]).assert().success();
    let events = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let last: serde_json::Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "done");
    assert_eq!(last["frames"], 25);
    for entries in ["frame=pts_time", "stream=width,height,r_frame_rate,time_base,pix_fmt"] {
        assert_eq!(probe(&output, "v:0", entries), probe(&input, "v:0", entries), "{entries}");
    }
    assert_eq!(support::packet_hash(&output, "a:0"), support::packet_hash(&input, "a:0"));
    // It must be a drawing, not a copy: the same picture would differ by the codec's noise alone.
    assert!(support::mean_difference(&input, &output) > 4.0);
}

#[test]
fn a_picture_becomes_a_picture_of_the_same_size() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.png"), folder.path().join("out.png"));
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=161x91:rate=1", "-frames:v", "1"], &input);
    comicvid().arg(&input).arg(&output).assert().success();
    assert_eq!(probe(&output, "v:0", "stream=width,height"), "161,91\n");
    comicvid().arg(&input).arg(&output).assert().code(1);
    comicvid().arg(&input).arg(&output).arg("--overwrite").assert().success();
}

#[test]
fn strength_zero_without_effects_is_the_photo() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.png"), folder.path().join("out.png"));
    ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=1", "-frames:v", "1"], &input);
    let off = ["tone", "outline", "halftone", "paper"].map(|effect| format!("{effect}=off"));
    let mut command = comicvid();
    command.arg(&input).arg(&output).args(["--strength", "0"]);
    command.args(off.iter().flat_map(|o| ["--set", o.as_str()])).assert().success();
    assert!(support::mean_difference(&input, &output) < 1.0);
}

/// Draws a film of 40 s and, once frames are coming, interrupts `times` times; answers with the exit code.
fn interrupt(input: &Path, output: &Path, times: usize) -> Option<i32> {
    clip(input, "320x180", "40", &["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .args([input, output])
        .arg("--json")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut events = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let drawn = |line: &String| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        event["event"] == "progress" && event["frames"].as_u64() > Some(0)
    };
    assert!(events.any(|line| drawn(&line.unwrap())), "no progress was told");
    for _ in 0..times {
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        // Two signals at the same moment are one.
        std::thread::sleep(Duration::from_millis(50));
    }
    events.for_each(drop);
    child.wait().unwrap().code()
}

#[test]
fn interrupted_once_it_finishes_a_file_that_plays() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.mp4"), folder.path().join("out.mp4"));
    assert_eq!(interrupt(&input, &output, 1), Some(130));
    let frames = count_frames(&output);
    assert!((1..1000).contains(&frames), "{frames} frames");
}

#[test]
fn interrupted_twice_it_stops_at_once_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.mp4"), folder.path().join("out.mp4"));
    assert_eq!(interrupt(&input, &output, 2), Some(130));
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|e| e.unwrap().file_name()).collect();
    // A finish that was quicker than the second signal is fine; half a film is not.
    assert!(left.iter().all(|name| name == "in.mp4" || name == "out.mp4"), "{left:?}");
    assert!(!output.exists() || count_frames(&output) > 0);
}

#[test]
fn a_damaged_film_keeps_what_decodes_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut, output) =
        (folder.path().join("whole.mkv"), folder.path().join("cut.mkv"), folder.path().join("out.mkv"));
    clip(&whole, "320x180", "3", &["-c:v", "libx264", "-g", "10", "-c:a", "aac"]);
    let bytes = std::fs::read(&whole).unwrap();
    let mut damaged = bytes[..bytes.len() * 6 / 10].to_vec();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 2000].fill(0x55);
    std::fs::write(&cut, &damaged).unwrap();
    let run = comicvid().args([&cut, &output]).assert().code(1);
    let stderr = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    assert!(stderr.contains("error: cannot read"), "{stderr}");
    assert!(count_frames(&output) > 10);
}

#[test]
fn bad_input_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let film = at("film.mp4");
    clip(Path::new(&film), "64x64", "0.2", &["-c:v", "libx264", "-c:a", "aac"]);
    let sound = at("sound.m4a");
    ffmpeg(&["-f", "lavfi", "-i", "sine=duration=0.2"], Path::new(&sound));
    let noise = at("noise.mp4");
    std::fs::write(&noise, (0..20_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>())
        .unwrap();
    let empty = at("empty.mp4");
    std::fs::write(&empty, b"").unwrap();
    let weights = at("bad.safetensors");
    std::fs::write(&weights, b"\x10\0\0\0\0\0\0\0not really json!").unwrap();
    let out = at("out.mp4");

    let cases: &[(&[&str], &str)] = &[
        (&[&at("nowhere.mp4"), &out], "nowhere.mp4"),
        (&[&sound, &out], "no video stream"),
        (&[&noise, &out], "noise.mp4"),
        (&[&empty, &out], "empty.mp4"),
        (&[folder.path().to_str().unwrap(), &out], "cannot open"),
        (&[&film, &out, "--style", "comik"], "comic"),
        (&[&film, &out, "--set", "outline.widht=2"], "outline.width"),
        (&[&film, &out, "--set", "outline.width=thick"], "outline.width"),
        (&[&film, &out, "--encoder", "libx265x"], "libx265x"),
        (&[&film, &at("out.webm"), "--encoder", "libx264"], "libx264"),
        (&[&film, &out, "--encoder-option", "presett=fast"], "presett"),
        (&[&film, &at("out.xyz")], "out.xyz"),
        (&[&film, &at("no/such/folder/out.mp4")], "cannot create"),
        (&[&film, &out, "--fps", "fast"], "fast"),
        (&[&film, &out, "--start", "1:2:3:4"], "1:2:3:4"),
        (&[&film, &out, "--start", "5000"], "film.mp4"),
        (&[&film, &out, "--device", "cuda:77"], "cuda:77"),
        (&[&film, &out, "--device", "toaster"], "toaster"),
    ];
    let damaged = format!("generator.weights={weights}");
    let with_network: &[(&[&str], &str)] = &[(&[&film, &out, "--set", &damaged], "bad.safetensors")];
    let with_network = if cfg!(feature = "torch") { with_network } else { &[] };
    for (arguments, names) in cases.iter().chain(with_network) {
        let stderr = refused(arguments, Path::new(arguments[1]));
        assert!(stderr.contains(names), "{arguments:?} does not name {names}: {stderr}");
    }
}

#[test]
fn the_input_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (film, alias) = (folder.path().join("film.mp4"), folder.path().join("alias.mp4"));
    clip(&film, "64x64", "0.2", &["-c:v", "libx264", "-c:a", "aac"]);
    std::fs::hard_link(&film, &alias).unwrap();
    let before = std::fs::read(&film).unwrap();
    for output in [&film, &alias, &folder.path().join(".").join("film.mp4")] {
        let run = comicvid().arg(&film).arg(output).arg("--overwrite").assert().code(1);
        let stderr = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(stderr.contains("both input and output"), "{stderr}");
    }
    assert_eq!(std::fs::read(&film).unwrap(), before);
}

#[test]
fn pictures_are_never_written_over_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name);
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "3"], &name("shot_%04d.png"));
    #[cfg(unix)]
    std::os::unix::fs::symlink(name("shot_0002.png"), name("other_0002.png")).unwrap();
    let before = ["shot_0001.png", "shot_0002.png", "shot_0003.png"].map(|file| std::fs::read(name(file)).unwrap());
    let (still, shots) = (name("shot_0001.png"), name("shot_%04d.png"));
    let linked = name(if cfg!(unix) { "other_%04d.png" } else { "shot_%04d.png" });
    for (input, output) in [(&still, &still), (&shots, &shots), (&shots, &linked), (&still, &shots)] {
        let run = comicvid().arg(input).arg(output).arg("--overwrite").assert().code(1);
        let stderr = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(stderr.contains("both input and output"), "{stderr}");
    }
    comicvid()
        .args([&still, &name("shot_0002.png")])
        .args(["--out".as_ref(), folder.path()])
        .arg("--overwrite")
        .assert()
        .code(1);
    let after = ["shot_0001.png", "shot_0002.png", "shot_0003.png"].map(|file| std::fs::read(name(file)).unwrap());
    assert!(before == after);
}

#[test]
fn usage_errors_exit_with_2_and_help_needs_no_library() {
    comicvid().assert().code(2);
    comicvid().args(["a.mp4", "b.mp4", "--strength", "7"]).assert().code(2);
    comicvid().args(["a.mp4", "b.mp4", "--no-such-flag"]).assert().code(2);
    let help = comicvid().arg("--help").assert().success();
    let text = String::from_utf8_lossy(&help.get_output().stdout).into_owned();
    assert!(text.contains("--style") && text.contains("Examples:"), "{text}");
}

#[test]
fn completions_and_styles_go_to_stdout() {
    for (arguments, word) in [
        (&["completions", "bash"][..], "_comicvid"),
        (&["styles"], "comic"),
        (&["styles", "--settings"], "outline.width"),
    ] {
        let run = comicvid().args(arguments).assert().success();
        assert!(String::from_utf8_lossy(&run.get_output().stdout).contains(word), "{arguments:?}");
    }
}

#[test]
fn drawing_on_twos_halves_the_pictures_and_keeps_time_and_sound() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.mp4"), folder.path().join("out.mkv"));
    clip(&input, "320x180", "1", &["-c:v", "libx264", "-c:a", "aac"]);
    let lossless = ["--encoder", "ffv1", "--device", "cpu", "--hold", "2"];
    comicvid().arg(&input).arg(&output).args(lossless).assert().success();
    let times = |file: &Path| -> Vec<f64> {
        // A line may go on with side data, whose end is a line of its own.
        let seconds = |line: &str| line.split(',').next().unwrap().parse::<f64>().ok();
        probe(file, "v:0", "frame=pts_time").lines().filter_map(seconds).collect()
    };
    assert_eq!(times(&output).len(), 25);
    // Matroska counts in milliseconds.
    let drift = times(&input).into_iter().zip(times(&output)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(drift < 0.001, "{drift}");
    assert_eq!(support::packet_hash(&output, "a:0"), support::packet_hash(&input, "a:0"));
    let frames = support::frame_hashes(&output);
    for (index, pair) in frames.windows(2).enumerate() {
        assert_eq!(pair[0] == pair[1], index % 2 == 0, "frames {index} and {}", index + 1);
    }
}

#[test]
fn eval_measures_a_film_beside_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let (calm, shaky) = (folder.path().join("calm.mkv"), folder.path().join("shaky.mkv"));
    let source = ["-f", "lavfi", "-i", "mandelbrot=size=160x96:rate=10:end_scale=2.5:start_scale=2.6", "-t", "0.8"];
    ffmpeg(&[&source[..], &["-c:v", "ffv1"]].concat(), &calm);
    ffmpeg(&[&source[..], &["-vf", "noise=alls=20:allf=t", "-c:v", "ffv1"]].concat(), &shaky);
    let eval = |arguments: &[&Path]| {
        let run = comicvid().arg("eval").args(arguments).arg("--json").assert().success();
        let report: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        report["warping_error"]["ratio"].as_f64().unwrap()
    };
    assert_eq!(eval(&[&calm, &calm]), 1.0);
    assert!(eval(&[&calm, &shaky]) > 1.5);
    assert!(eval(&[&shaky, &calm]) < 0.7);
    let table = comicvid().arg("eval").args([&calm, &shaky]).assert().success();
    let table = String::from_utf8(table.get_output().stdout.clone()).unwrap();
    assert!(table.contains("warping error") && table.contains("still change"), "{table}");
}
