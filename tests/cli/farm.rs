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

/// The folder of a planned film, with all segments drawn: as a kill leaves it that comes right after the film has its name.
fn drawn(folder: &Path, input: &str, output: &str) -> std::path::PathBuf {
    let count = plan(input, output, &[&FAST[..], &["--segment", "20"]].concat());
    for index in 0..count {
        assert!(segment(output, index).status().unwrap().success());
    }
    let part = folder.join(format!("{}.part", Path::new(output).file_name().unwrap().to_str().unwrap()));
    assert!(part.join("plan.json").exists());
    part
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in from.read_dir().unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn what_a_killed_join_leaves_is_swept_away_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, output] = ["in.mp4", "out.webm"].map(|n| path(folder, n));
    film(Path::new(&input));
    let part = drawn(folder, &input, &output);
    let kept = folder.join("kept");
    copy(&part, &kept);
    // Killed while it writes: the next one writes it anew.
    std::fs::write(folder.join("out.part.webm"), "half a film").unwrap();
    let run = comicvid().args(["join", &output]).assert().success();
    assert!(text(&run.get_output().stderr).contains("encoded anew as opus"), "{run:?}");
    let whole = facts(&output);
    assert!(!part.exists() && !folder.join("out.part.webm").exists());
    // Killed when the film had its name, before it removed anything, and in the midst of that.
    for gone in [&[][..], &["plan.json"], &["plan.json", "0001.packets", "0002.json"]] {
        copy(&kept, &part);
        // They are older than the film.
        for entry in part.read_dir().unwrap().map(Result::unwrap) {
            let time = std::fs::metadata(&output).unwrap().modified().unwrap() - Duration::from_secs(1);
            std::fs::File::options().write(true).open(entry.path()).unwrap().set_modified(time).unwrap();
        }
        gone.iter().for_each(|name| std::fs::remove_file(part.join(name)).unwrap());
        let run = comicvid().args(["join", &output]).assert().success();
        assert!(text(&run.get_output().stderr).contains("is there already"), "{gone:?}: {run:?}");
        assert!(!part.exists(), "{gone:?}");
        assert_eq!(facts(&output), whole);
    }
    // Newer than the film: they are to replace it, which only an --overwrite of the plan allows.
    copy(&kept, &part);
    let newer = std::fs::metadata(&output).unwrap().modified().unwrap() + Duration::from_secs(5);
    std::fs::File::options().write(true).open(part.join("0001.json")).unwrap().set_modified(newer).unwrap();
    comicvid().args(["join", &output]).assert().code(1);
    assert!(part.join("plan.json").exists());
}

#[test]
fn a_plan_that_was_killed_before_it_was_written_is_no_reason_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, output] = ["in.mp4", "out.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    let part = folder.join("out.mkv.part");
    std::fs::create_dir(&part).unwrap();
    std::fs::write(part.join("plan.0123456789abcdef.tmp"), "{").unwrap();
    drawn(folder, &input, &output);
    comicvid().args(["join", &output]).assert().success();
    assert!(!part.exists() && Path::new(&output).exists());
    // What is not of this program's making is not touched.
    let other = folder.join("other.mkv.part");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("diary.txt"), "dear diary").unwrap();
    comicvid().args(["plan", &input, &path(folder, "other.mkv")]).args(FAST).assert().code(1);
    assert!(other.join("diary.txt").exists());
}
