//! Many inputs at once, and a drop folder.

use super::support::{clip, count_frames, frame_hashes};
use super::{comicvid, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FAST: [&str; 4] = ["--set", "generator.weights=none", "--device", "cpu"];
const CODEC: [&str; 4] = ["-c:v", "libx264", "-c:a", "aac"];

#[test]
fn several_at_once_are_what_they_are_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let names = ["a.mkv", "b.mkv", "c.mkv", "d.mkv"];
    for (name, size) in names.iter().zip(["96x64", "64x96", "128x64", "64x64"]) {
        clip(&at(name), size, "0.4", &CODEC);
    }
    std::fs::write(at("e.mkv"), b"no film").unwrap();
    let inputs = names.iter().chain(["e.mkv"].iter()).map(|name| at(name)).collect::<Vec<_>>();
    let how = [&FAST[..], &["--encoder", "ffv1", "--json", "--out"]].concat();
    comicvid().args(&inputs).args(&how).arg(at("one")).assert().code(1);
    let run = comicvid().args(&inputs).args(&how).arg(at("many")).args(["--jobs", "3"]).assert().code(1);
    let told = text(&run.get_output().stdout);
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.iter().filter(|event| event["event"] == "done").count(), 4, "{told}");
    let summary = events.last().unwrap();
    assert_eq!((&summary["done"], &summary["failed"], &summary["left"]), (&4.into(), &1.into(), &0.into()));
    // The table is in the inputs' order, whoever was first.
    let listed = summary["files"].as_array().unwrap().iter().map(|file| file["input"].as_str().unwrap().to_owned());
    assert!(listed.eq(inputs.iter().map(|path| path.to_str().unwrap().to_owned())));
    for name in names {
        let films = ["one", "many"].map(|run| frame_hashes(&at(run).join(name)));
        assert_eq!((films[0].len(), &films[0]), (10, &films[1]), "{name}");
    }
    comicvid().args([at("a.mkv"), at("out.mkv")]).args(["--jobs", "2"]).assert().code(2);
}

/// A run that watches `inbox`, once it says so.
fn watch(inbox: &Path, out: &Path) -> Child {
    let mut run = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .arg("--watch")
        .arg(inbox)
        .arg("--out")
        .arg(out)
        .args(FAST)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("watching ")));
    std::thread::spawn(move || lines.for_each(drop));
    run
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn interrupt(mut run: Child) -> Option<i32> {
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    run.wait().unwrap().code()
}

#[test]
fn what_is_dropped_is_drawn_once_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (inbox, out) = (at("inbox"), at("out"));
    std::fs::create_dir_all(inbox.join("below")).unwrap();
    clip(&at("film.mp4"), "96x64", "0.4", &CODEC);
    std::fs::copy(at("film.mp4"), inbox.join("first.mp4")).unwrap();
    std::fs::write(inbox.join("notes.txt"), b"not for drawing").unwrap();
    let run = watch(&inbox, &out);
    wait_for(&out.join("first.mp4"));
    // A film that takes its time to come.
    let bytes = std::fs::read(at("film.mp4")).unwrap();
    let mut slow = std::fs::File::create(inbox.join("below/slow.mp4")).unwrap();
    for part in bytes.chunks(bytes.len() / 4 + 1) {
        slow.write_all(part).unwrap();
        slow.sync_all().unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        assert!(!out.join("below/slow.mp4").exists());
    }
    drop(slow);
    wait_for(&out.join("below/slow.mp4"));
    assert_eq!((count_frames(&out.join("first.mp4")), count_frames(&out.join("below/slow.mp4"))), (10, 10));
    assert_eq!(interrupt(run), Some(0));

    // Another run leaves alone what is there, and fails with what is no film.
    let drawn = std::fs::metadata(out.join("first.mp4")).unwrap().modified().unwrap();
    std::fs::copy(at("film.mp4"), inbox.join("second.mp4")).unwrap();
    std::fs::write(inbox.join("broken.mp4"), b"no film").unwrap();
    let run = watch(&inbox, &out);
    wait_for(&out.join("second.mp4"));
    assert_eq!(interrupt(run), Some(1));
    assert_eq!(std::fs::metadata(out.join("first.mp4")).unwrap().modified().unwrap(), drawn);
    assert!(!out.join("broken.mp4").exists() && !out.join("notes.txt").exists());
}

#[test]
fn a_watch_needs_two_folders() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let fails = |arguments: &[&str], code| {
        let run = comicvid().args(arguments).assert().code(code);
        text(&run.get_output().stderr)
    };
    fails(&["--watch", here], 2);
    fails(&["in.mp4", "--watch", here, "--out", "out"], 2);
    assert!(fails(&["--watch", here, "--out", here], 1).contains("a folder of their own"));
    assert!(fails(&["--watch", "/nowhere/at/all", "--out", here], 1).contains("/nowhere/at/all"));
    assert!(fails(&["--watch", here, "--out", "out", "--name", "{number}.mp4"], 1).contains("{number}"));
}
