//! Disks that die and disks that are full: real errors of the kernel's, from a disk of FUSE and from a small `tmpfs`.
//!
//! Mounting needs root (or `fusermount3`, for FUSE), so these run by `make test-rigs` only.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod disk;

use disk::Disk;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HOW: [&str; 8] = ["--set", "generator.weights=none", "--device", "cpu", "--encoder", "ffv1", "--segment", "10"];

/// Six shots of 12 frames, as large as it takes not to be read in one go.
fn film(path: &Path) {
    let mut arguments: Vec<String> = Vec::new();
    for picture in ["testsrc", "mandelbrot", "testsrc2", "smptebars", "rgbtestsrc", "cellauto"] {
        let source = format!("{picture}=size=320x192:rate=25");
        arguments.extend(["-f", "lavfi", "-t", "0.48", "-i", &source].map(str::to_owned));
    }
    let shots: String = (0..6).map(|i| format!("[{i}:v]format=yuv420p,setsar=1,noise=alls=20:allf=t[v{i}];")).collect();
    let all: String = (0..6).map(|i| format!("[v{i}]")).collect();
    let graph = format!("{shots}{all}concat=n=6:v=1:a=0[v]");
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(&arguments)
        .args(["-filter_complex", &graph, "-map", "[v]", "-c:v", "libx264", "-qp", "10"])
        .arg(path)
        .status();
    assert!(run.unwrap().success(), "these tests need ffmpeg: `./setup.sh --test` installs it");
}

fn comicvid(input: &Path, output: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"));
    command.args([input, output]).args(HOW).args(more).output().unwrap()
}

/// That the run failed as it should; answers with what it said.
fn failed(run: &Output) -> String {
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(1), "{told}");
    assert!(told.contains("error: ") && !told.contains("panicked"), "{told}");
    told
}

fn succeeded(run: &Output) {
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// Hashes of all frames of picture and sound, with their times, in the order of time.
fn frames(film: &Path) -> String {
    let run =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(film).args(["-f", "framemd5", "-"]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    // Which of two streams comes first changes from run to run of that program.
    let mut lines: Vec<_> = std::str::from_utf8(&run.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort_by_key(|line| {
        let mut numbers = line.split(',').map(|number| number.trim().parse::<u64>().unwrap_or(0));
        (numbers.next(), numbers.next())
    });
    lines.join("\n")
}

#[test]
#[ignore = "mounts a disk"]
fn what_a_dying_disk_does_not_give_is_an_error_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    film(&at("film.mkv"));
    let bytes = std::fs::read(at("film.mkv")).unwrap();
    let (size, mount) = (bytes.len() as u64, at("disk"));
    std::fs::create_dir(&mount).unwrap();
    let disk = Disk::mount(&mount, "film.mkv", bytes);
    let input = mount.join("film.mkv");
    succeeded(&comicvid(&input, &at("whole.mkv"), &["--resume"]));
    let whole = frames(&at("whole.mkv"));
    // From its first byte on: there is no film.
    disk.breaks(Some(0));
    failed(&comicvid(&input, &at("none.mkv"), &[]));
    assert!(!at("none.mkv").exists());
    for part in [3, 6, 9] {
        disk.breaks(Some(size * part / 10));
        let output = at(&format!("{part}.mkv"));
        let told = failed(&comicvid(&input, &output, &["--resume"]));
        assert!(told.to_lowercase().contains("input/output error"), "{told}");
        assert!(!output.exists(), "a part is no film");
        let kept = at(&format!("{part}.mkv.part/0001.packets"));
        assert!(kept.exists(), "{part}: a segment was finished by then");
        disk.breaks(None);
        succeeded(&comicvid(&input, &output, &["--resume"]));
        assert_eq!(frames(&output), whole, "{part}");
        // Without segments: what was read is a film, and the run has failed.
        disk.breaks(Some(size * part / 10));
        let output = at(&format!("plain-{part}.mkv"));
        failed(&comicvid(&input, &output, &[]));
        if output.exists() {
            assert!(whole.starts_with(frames(&output).trim_end().trim_end_matches(|c| c != '\n').trim_end()));
        }
        disk.breaks(None);
    }
}

#[test]
#[ignore = "mounts a disk"]
fn a_film_is_not_joined_without_the_rest_of_its_sound() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    film(&at("video.mkv"));
    // The sound goes on for long after the picture, at the end of the file, where no picture is looked for.
    let tone =
        ["-f", "lavfi", "-i", "anoisesrc=d=40", "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_s16le"];
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-i"]).arg(at("video.mkv")).args(tone).args(["-movflags", "+faststart"]);
    assert!(command.arg(at("film.mov")).status().unwrap().success());
    let bytes = std::fs::read(at("film.mov")).unwrap();
    let (size, mount) = (bytes.len() as u64, at("disk"));
    std::fs::create_dir(&mount).unwrap();
    let disk = Disk::mount(&mount, "film.mov", bytes);
    let input = mount.join("film.mov");
    succeeded(&comicvid(&input, &at("whole.mkv"), &["--resume"]));
    let whole = frames(&at("whole.mkv"));
    for (name, resume) in [("plain.mkv", &[][..]), ("parts.mkv", &["--resume"])] {
        disk.breaks(Some(size * 8 / 10));
        let told = failed(&comicvid(&input, &at(name), resume));
        assert!(told.contains("cannot copy all streams") && told.contains("nput/output error"), "{told}");
        assert!(!at(name).exists(), "the rest of its sound is missing");
        disk.breaks(None);
    }
    assert!(at("parts.mkv.part/0001.packets").exists(), "segments are kept");
    succeeded(&comicvid(&input, &at("parts.mkv"), &["--resume"]));
    assert!(frames(&at("parts.mkv")) == whole);
}

/// A small disk, mounted as long as it lives.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path, kib: u64) -> Self {
        Self::run(folder, &format!("size={kib}k"));
        Self(folder.to_owned())
    }

    fn grow(&self, kib: u64) {
        Self::run(&self.0, &format!("remount,size={kib}k"));
    }

    fn run(folder: &Path, options: &str) {
        let run = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(folder).output().unwrap();
        assert!(run.status.success(), "this needs root: {}", String::from_utf8_lossy(&run.stderr));
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // The folder is removed with the test's.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
#[ignore = "mounts a disk"]
fn a_full_disk_is_an_error_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let input = at("film.mkv");
    film(&input);
    succeeded(&comicvid(&input, &at("whole.mkv"), &["--resume"]));
    let (whole, size) = (frames(&at("whole.mkv")), at("whole.mkv").metadata().unwrap().len() / 1024);
    std::fs::create_dir(at("disk")).unwrap();
    let disk = Small::mount(&at("disk"), size * 6 / 10);
    let output = at("disk/film.mkv");
    for resume in [&[][..], &["--resume"]] {
        let told = failed(&comicvid(&input, &output, resume));
        assert!(told.to_lowercase().contains("no space left"), "{told}");
        assert!(!output.exists(), "a part is no film");
    }
    assert!(at("disk/film.mkv.part/0001.packets").exists(), "a segment was finished by then");
    // All segments fit, but not the film beside them.
    disk.grow(size * 15 / 10);
    let told = failed(&comicvid(&input, &output, &["--resume"]));
    assert!(told.to_lowercase().contains("no space left") && !output.exists(), "{told}");
    disk.grow(size * 4);
    succeeded(&comicvid(&input, &output, &["--resume"]));
    assert_eq!(frames(&output), whole);
    assert!(!at("disk/film.mkv.part").exists());
}
