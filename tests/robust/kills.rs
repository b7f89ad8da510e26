//! Runs that are killed at random moments, and gone on with: the film must be the one of an undisturbed run.

use super::chance::Chance;
use super::{count, seed};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Five shots of 8 frames with a tone.
fn film(path: &Path) {
    let pictures = ["testsrc", "mandelbrot", "testsrc2", "smptebars", "rgbtestsrc"];
    let mut arguments: Vec<String> = Vec::new();
    for picture in pictures {
        let source = format!("{picture}=size=96x64:rate=25");
        arguments.extend(["-f", "lavfi", "-t", "0.32", "-i", &source].map(str::to_owned));
    }
    arguments.extend(["-f", "lavfi", "-t", "1.6", "-i", "sine"].map(str::to_owned));
    let shots: String = (0..5).map(|i| format!("[{i}:v]format=yuv420p,setsar=1[v{i}];")).collect();
    let all: String = (0..5).map(|i| format!("[v{i}]")).collect();
    let graph = format!("{shots}{all}concat=n=5:v=1:a=0[v]");
    let codec = ["-map", "[v]", "-map", "5:a", "-c:v", "libx264", "-c:a", "aac"];
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(&arguments)
        .args(["-filter_complex", &graph])
        .args(codec)
        .arg(path)
        .status();
    assert!(run.expect("these tests need ffmpeg: `./setup.sh --test` installs it").success());
}

fn comicvid(input: &Path, output: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"));
    command.args([input, output]).args(["--set", "generator.weights=none", "--device", "cpu", "--encoder", "ffv1"]);
    command.args(["--resume", "--segment", "4"]).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Hashes of all streams' packets, with their times.
fn facts(film: &Path) -> String {
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(film)
        .args(["-map", "0", "-c", "copy", "-f", "framehash", "-"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn killed_runs_end_in_the_film_of_undisturbed_ones() {
    let (kills, seed) = (count("COMICVID_KILLS", 4), seed());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (input, whole, killed) = (at("in.mp4"), at("whole.mkv"), at("killed.mkv"));
    film(&input);
    let start = Instant::now();
    assert!(comicvid(&input, &whole).status().unwrap().success());
    let (usual, wanted) = (start.elapsed(), facts(&whole));
    let mut chance = Chance::new(seed);
    let (mut done, mut went_on) = (0, 0);
    let mut late = 0;
    while done < kills {
        let mut run = comicvid(&input, &killed).spawn().unwrap();
        std::thread::sleep(usual.mul_f64(chance.part()));
        let finished = run.try_wait().unwrap().is_some();
        let _ = run.kill();
        let status: ExitStatus = run.wait().unwrap();
        if finished {
            // It was quicker than usual: nothing was killed.
            assert!(status.success(), "seed {seed}");
            late += 1;
            assert!(late < 20 + kills, "the runs are too quick to be killed");
        } else {
            done += 1;
            // Sometimes the next one is killed, too.
            let journal = at("killed.mkv.part/journal.json");
            went_on += u64::from(std::fs::read_to_string(journal).is_ok_and(|text| text.contains("\"frames\"")));
            if chance.below(3) == 0 && done < kills {
                continue;
            }
            assert!(comicvid(&input, &killed).status().unwrap().success(), "kill {done}, seed {seed}");
        }
        assert!(facts(&killed) == wanted, "the film differs after kill {done}, seed {seed}");
        let left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?} after kill {done}, seed {seed}");
        std::fs::remove_file(&killed).unwrap();
    }
    assert!(kills < 50 || went_on > 0, "no kill left anything to go on with, seed {seed}");
    let took: Duration = start.elapsed();
    println!("{kills} kills, {went_on} left something to go on with, {took:?}, seed {seed}");
}
