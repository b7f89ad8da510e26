//! Several inputs to a folder.

use super::support::{clip, count_frames, ffmpeg, probe};
use super::{comicvid, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FAST: [&str; 4] = ["--set", "generator.weights=none", "--device", "cpu"];

/// Two films, a picture below a folder, and a film that is none.
fn inputs() -> (TempDir, [PathBuf; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("shots/day 2")).unwrap();
    clip(&at("shots/a.mp4"), "96x64", "0.4", &["-c:v", "libx264", "-c:a", "aac"]);
    clip(&at("shots/b.mkv"), "64x96", "0.2", &["-c:v", "libx264", "-c:a", "aac"]);
    let picture = ["-f", "lavfi", "-i", "testsrc=size=80x60:rate=1", "-frames:v", "1"];
    ffmpeg(&picture, &at("shots/day 2/photo.png"));
    std::fs::write(at("broken.mp4"), b"no film").unwrap();
    let named = [at("broken.mp4"), at("shots"), at("out")];
    (folder, named)
}

fn last_event(output: &std::process::Output) -> Value {
    serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap()
}

/// What lies in a folder and below.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(listed(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let (_folder, [broken, shots, out]) = inputs();
    let run = comicvid().args([&broken, &shots]).arg("--out").arg(&out).args(FAST).arg("--json").assert().code(1);
    let summary = last_event(run.get_output());
    assert_eq!((&summary["event"], &summary["done"], &summary["failed"]), (&"summary".into(), &3.into(), &1.into()));
    // What is the same of every film is told once, if at all.
    assert!(text(&run.get_output().stdout).matches("software renderer").count() <= 1);
    assert_eq!(listed(&out), [out.join("a.mp4"), out.join("b.mkv"), out.join("day 2/photo.png")]);
    assert_eq!((count_frames(&out.join("a.mp4")), count_frames(&out.join("b.mkv"))), (10, 5));
    assert_eq!(probe(&out.join("b.mkv"), "v:0", "stream=width,height"), "64,96\n");
    assert_eq!(probe(&out.join("day 2/photo.png"), "v:0", "stream=width,height"), "80,60\n");

    // Again: whatever is there stays, and is an error each.
    let run = comicvid().args([&broken, &shots]).arg("-o").arg(&out).args(FAST).assert().code(1);
    let told = text(&run.get_output().stderr);
    assert!(told.contains("0 done, 4 failed") && told.matches("exists already").count() == 6, "{told}");
}

#[test]
fn names_follow_the_pattern_and_never_meet() {
    let (_folder, [_, shots, out]) = inputs();
    let pattern = ["--name", "{style}/{stem}-{number}.mkv", "--style", "noir"];
    let films = [shots.join("a.mp4"), shots.join("b.mkv")];
    comicvid().args(&films).arg("--out").arg(&out).args(FAST).args(pattern).assert().success();
    assert_eq!(listed(&out), [out.join("noir/a-0001.mkv"), out.join("noir/b-0002.mkv")]);

    let run = comicvid().args(&films).arg("--out").arg(&out).args(FAST).args(["--name", "same.mkv"]).assert().code(1);
    let told = text(&run.get_output().stderr);
    assert!(told.contains("1 done, 1 failed") && told.contains("--name"), "{told}");
    comicvid().args(&films).arg("--out").arg(&out).args(["--name", "../{stem}.mkv"]).assert().code(1);
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let (_folder, [broken, shots, out]) = inputs();
    let run = comicvid().args([&broken, &shots]).arg("--out").arg(&out).args(["--dry-run", "--json"]).assert().code(1);
    assert!(!out.exists());
    let told = text(&run.get_output().stdout);
    let events: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let plans: Vec<_> = events.iter().filter(|e| e["event"] == "plan").collect();
    assert_eq!(plans.len(), 3);
    assert_eq!((&plans[0]["frames"], &plans[0]["width"], &plans[0]["height"]), (&10.into(), &96.into(), &64.into()));
    assert_eq!((&plans[0]["encoder"], &plans[2]["encoder"]), (&"libx264".into(), &"png".into()));
    assert!(plans[0]["estimated_seconds"].as_f64().unwrap() > 0.0);

    // One file alone.
    let film = shots.join("a.mp4");
    let run = comicvid().args([&film, &out.with_extension("mov")]).arg("--dry-run").assert().success();
    assert!(text(&run.get_output().stdout).contains("10 frames, 96x64 at 25 fps, libx264; about 0:0"));
    assert!(!out.with_extension("mov").exists());
    let run = comicvid().args([&film, &film]).arg("--dry-run").assert().code(1);
    assert!(text(&run.get_output().stderr).contains("both input and output"));
}

#[test]
fn a_dry_run_foretells_how_large_a_film_will_be() {
    let folder = tempfile::tempdir().unwrap();
    let [film, out] = ["in.mp4", "out.mkv"].map(|name| folder.path().join(name));
    let inputs = ["-f", "lavfi", "-i", "mandelbrot=size=160x96:rate=25", "-f", "lavfi", "-i", "sine", "-t", "6"];
    ffmpeg(&inputs, &film);
    for encoder in ["libx264", "ffv1"] {
        let how = [&FAST[..], &["--encoder", encoder, "--overwrite"]].concat();
        let run = comicvid().args([&film, &out]).args(&how).args(["--dry-run", "--json"]).assert().success();
        let plan: Value = serde_json::from_str(&text(&run.get_output().stdout)).unwrap();
        comicvid().args([&film, &out]).args(&how).assert().success();
        let (foretold, is) = (plan["estimated_bytes"].as_f64().unwrap(), out.metadata().unwrap().len() as f64);
        assert!((0.6..1.7).contains(&(foretold / is)), "{encoder}: {foretold} foretold, {is} written");
    }
}
