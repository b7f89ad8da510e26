//! One film by several devices of one machine.

use super::resume::{FAST, facts, film, path};
use super::{comicvid, text};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// As `FAST`, but for the device.
const HOW: [&str; 8] = ["--set", "generator.weights=none", "--segment", "6", "--encoder", "ffv1", "--lookahead", "2"];

#[test]
fn a_film_of_several_devices_is_that_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, one, several] = ["in.mp4", "one.mkv", "several.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    comicvid().args([&input, &one]).args(FAST).args(&HOW[4..]).assert().success();
    let run = comicvid().args([&input, &several]).args(HOW).args(["--devices", "cpu,cpu"]).assert().success();
    assert!(text(&run.get_output().stderr).contains("72 frames in"), "{run:?}");
    assert_eq!(facts(&several), facts(&one));
    assert!(!folder.join("several.mkv.part").exists());
    comicvid().args([&input, &several]).args(HOW).args(["--devices", "cpu"]).assert().code(1);
    // What a kill leaves that comes right after the film has its name.
    let part = folder.join("several.mkv.part");
    std::fs::create_dir(&part).unwrap();
    std::fs::write(part.join("0001.packets"), "packets").unwrap();
    let run = comicvid().args([&input, &several]).args(HOW).args(["--devices", "cpu"]).assert().success();
    assert!(text(&run.get_output().stderr).contains("is there already") && !part.exists(), "{run:?}");
    assert_eq!(facts(&several), facts(&one));
    // Sound that is encoded anew is that of one device, too.
    let [one, several] = ["one.webm", "several.webm"].map(|n| path(folder, n));
    let how = [&HOW[..4], &["--lookahead", "2"]].concat();
    comicvid().args([&input, &one]).args(&how).args(["--resume", "--device", "cpu"]).assert().success();
    comicvid().args([&input, &several]).args(&how).args(["--devices", "cpu,cpu"]).assert().success();
    assert_eq!(facts(&several), facts(&one));
    comicvid().args([&input, &several]).args(["--devices", "cpu", "--device", "cpu"]).assert().code(2);
}

#[test]
fn a_killed_one_goes_on_with_more_devices_and_without_those_that_fail() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, one, several] = ["in.mp4", "one.mkv", "several.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    comicvid().args([&input, &one]).args(FAST).args(&HOW[4..]).assert().success();
    let part = folder.join("several.mkv.part");
    let finished = || (1..=6).filter(|index| part.join(format!("{index:04}.json")).exists()).count();
    let mut run = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .args([&input, &several])
        .args(HOW)
        .args(["--devices", "cpu"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while finished() < 2 && run.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!((2..6).contains(&finished()), "{} segments", finished());
    let other = [&HOW[..], &["--devices", "cpu,cpu", "--quality", "30"]].concat();
    let told = comicvid().args([&input, &several]).args(other).assert().code(1);
    assert!(text(&told.get_output().stderr).contains("with 18 for quality, not with 30"));
    let told = comicvid().args(["join", &several]).assert().code(1);
    assert!(text(&told.get_output().stderr).contains("the same command goes on"));
    let run = comicvid().args([&input, &several]).args(HOW).args(["--devices", "cpu,cpu,cpu"]).assert().success();
    assert!(text(&run.get_output().stderr).contains("of 6 segments were drawn before"));
    assert_eq!(facts(&several), facts(&one));

    // A device that is not there is done without, as long as one is left.
    if cfg!(feature = "torch") {
        let network = ["--set", "generator.weights=comic", "--detail", "draft", "--length", "0.9", "--overwrite"];
        let draw = |output: &str, devices: &str| {
            let mut run = comicvid();
            run.args([&input, output]).args(network).args(["--devices", devices, "--segment", "6"]);
            (run.assert(), output.to_owned())
        };
        let (alone, alone_film) = draw(&path(folder, "alone.mkv"), "cpu");
        alone.success();
        let (both, both_film) = draw(&path(folder, "both.mkv"), "cuda:77,cpu");
        assert!(text(&both.success().get_output().stderr).contains("cuda:77 is done without"));
        assert_eq!(facts(&both_film), facts(&alone_film));
        let (none, _) = draw(&path(folder, "none.mkv"), "cuda:77");
        assert!(text(&none.code(1).get_output().stderr).contains("error: cannot use device cuda:77"));
    }
}
