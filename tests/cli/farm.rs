//! Films that are divided, drawn apart and joined.

use super::resume::{FAST, facts, film, long_shot, path};
use super::{comicvid, text};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// `comicvid plan`; answers with how many segments there are.
fn plan(input: &str, output: &str, how: &[&str]) -> usize {
    let run = comicvid().args(["plan", input, output, "--json"]).args(how).assert().success();
    let told = text(&run.get_output().stdout);
    let last: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["frames"]), (&"plan".into(), &72.into()), "{told}");
    last["segments"].as_array().unwrap().len()
}

/// `comicvid segment`, not yet started.
fn segment(output: &str, index: usize) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"));
    command.args(["segment", output, &index.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_film_of_many_hands_is_the_film_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, whole, joined] = ["in.mp4", "whole.mkv", "joined.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    let how = [&FAST[..], &["--encoder", "ffv1", "--lookahead", "2"]].concat();
    comicvid().args([&input, &whole]).args(&how).assert().success();
    let count = plan(&input, &joined, &[&how[..], &["--segment", "6"]].concat());
    assert_eq!(count, 6, "a segment for each shot");
    // Nobody can make a film of what is not there.
    let run = comicvid().args(["join", &joined]).assert().code(1);
    assert!(text(&run.get_output().stderr).contains("segments are not finished: 0, 1, 2, 3, 4, 5"));
    // Backwards, two at once, each one killed at first.
    for pair in [[5, 3], [4, 1], [2, 0]] {
        let mut killed = pair.map(|index| segment(&joined, index).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(150));
        for run in &mut killed {
            let _ = run.kill();
            run.wait().unwrap();
        }
        for mut run in pair.map(|index| segment(&joined, index).spawn().unwrap()) {
            assert!(run.wait().unwrap().success());
        }
    }
    // Once more does nothing; planning again finds all done.
    let run = comicvid().args(["segment", &joined, "2"]).assert().success();
    assert!(text(&run.get_output().stderr).contains("is there already"));
    comicvid().args(["segment", &joined, "6"]).assert().code(1);
    assert_eq!(plan(&input, &joined, &[&how[..], &["--segment", "6"]].concat()), 6);
    comicvid().args(["join", &joined]).assert().success();
    assert_eq!(facts(&joined), facts(&whole));
    assert!(!folder.join("joined.mkv.part").exists());
}

#[test]
fn with_encoders_that_look_back_it_is_that_of_a_run_in_segments() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, whole, joined] = ["in.mp4", "whole.mp4", "joined.mp4"].map(|n| path(folder, n));
    film(Path::new(&input));
    let how = [&FAST[..], &["--hold", "2", "--boil", "0.5", "--fps", "30", "--segment", "20"]].concat();
    comicvid().args([&input, &whole, "--resume"]).args(&how).assert().success();
    let run = comicvid().args(["plan", &input, &joined]).args(&how).assert().success();
    assert!(text(&run.get_output().stdout).contains("86 frames in 3 segments"), "{run:?}");
    for index in [1, 2, 0] {
        assert!(segment(&joined, index).status().unwrap().success());
    }
    comicvid().args(["join", &joined]).assert().success();
    assert_eq!(facts(&joined), facts(&whole));
}

#[test]
fn a_long_shot_is_drawn_by_many_hands() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, whole, joined] = ["in.mp4", "whole.mkv", "joined.mkv"].map(|n| path(folder, n));
    long_shot(Path::new(&input));
    for hold in ["1", "3"] {
        let how = [&FAST[..], &["--hold", hold, "--boil", "0.4", "--lookahead", "1", "--segment", "20"]].concat();
        comicvid().args([&input, &whole, "--resume", "--overwrite"]).args(&how).assert().success();
        let run = comicvid().args(["plan", &input, &joined, "--overwrite"]).args(&how).assert().success();
        assert!(text(&run.get_output().stdout).contains("150 frames in 4 segments of 30 to 40"), "{run:?}");
        for index in [3, 1, 2, 0] {
            assert!(segment(&joined, index).status().unwrap().success());
        }
        comicvid().args(["join", &joined]).assert().success();
        assert_eq!(facts(&joined), facts(&whole), "a drawing for {hold} frames");
    }
}

#[test]
fn what_has_changed_since_it_was_planned_is_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, output] = ["in.mp4", "out.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    let fails = |arguments: &[&str], why: &str| {
        let run = comicvid().args(arguments).assert().code(1);
        let told = text(&run.get_output().stderr);
        assert!(told.contains(why), "{told}");
    };
    fails(&["segment", &output, "0"], "there is no plan");
    plan(&input, &output, &FAST);
    fails(&[&["plan", &input, &output, "--quality", "30"], &FAST[..]].concat(), "with 18 for quality, not with 30");
    fails(&[&[&input, &output, "--resume"], &FAST[..]].concat(), "it is planned");
    std::fs::OpenOptions::new().append(true).open(&input).unwrap().set_len(100_000_000).unwrap();
    fails(&["segment", &output, "0"], "the input");
}
