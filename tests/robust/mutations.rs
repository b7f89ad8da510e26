//! Clips that are damaged at random. Most cases go through decoder and encoder alone, in a process that is watched from
//! another; some through the whole program. Nothing may panic, crash, hang, or leave a file under the final name that does
//! not play.

use super::chance::Chance;
use super::{clips, count, seed};
use comicvid::error::Error;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a case may take: all clips are shorter than a second, but what their heads promise is not.
const PATIENCE: Duration = Duration::from_secs(60);
/// One of so many cases goes through the whole program.
const WHOLE: u64 = 20;
/// Frames after which a case has shown what it can: a damaged head may promise millions.
const ENOUGH: u64 = 200;
/// What a process may take. A head may promise pictures of 16k by 16k.
const MEMORY: u64 = 6 << 30;

/// What damaged films are written as: those of H.264, then those that sound is encoded anew for, and pictures are only counted.
const CONTAINERS: [&str; 6] = ["mp4", "mkv", "mov", "ogv", "mpg", "mxf"];

/// The damaged clip of case `seed`, in `folder`.
fn case(seed: u64, clips: &[(&str, Vec<u8>)], folder: &Path) -> (PathBuf, PathBuf) {
    let mut chance = Chance::new(seed);
    let (name, bytes) = &clips[chance.below(clips.len())];
    let other = &clips[chance.below(clips.len())].1;
    let mut bytes = bytes.clone();
    clips::mutate(&mut bytes, other, &mut chance);
    let input = folder.join(format!("in-{name}"));
    std::fs::write(&input, bytes).unwrap();
    let picture = name.starts_with("photo");
    let extension = if picture { "png" } else { CONTAINERS[chance.below(CONTAINERS.len())] };
    (input, folder.join(format!("out.{extension}")))
}

/// Decodes and encodes, as the program does, without its middle.
fn pass(input: &Path, output: &Path) -> Result<u64, Error> {
    let opened = source::open(input, &OpenOptions { threads: 1, ..OpenOptions::default() })?;
    let mut source = opened.source;
    let size = source.info().size;
    let fast = opened.cut.is_some() && CONTAINERS[..3].iter().any(|name| output.ends_with(format!("out.{name}")));
    let options = SinkOptions {
        copy_from: opened.cut.map(|_| input.to_path_buf()),
        cut: opened.cut,
        encoder_options: if fast { vec![("preset".into(), "ultrafast".into())] } else { Vec::new() },
        ..SinkOptions::default()
    };
    let mut sink = sink::create(output, source.info(), &options)?.sink;
    let mut frames = 0;
    let enough = if size.pixels() > 1 << 22 { 3 } else { ENOUGH };
    while frames < enough {
        match source.next_frame() {
            Ok(Some(frame)) => sink.write(frame)?,
            Ok(None) | Err(Error::Read { frames: 1.., .. }) => break,
            Err(error) => return Err(error),
        }
        frames += 1;
    }
    if frames > 0 {
        sink.finish()?;
    }
    Ok(frames)
}

/// Whether FFmpeg decodes all of a file and finds pictures in it.
fn plays(film: &Path) -> Result<(), String> {
    let run = Command::new("ffmpeg")
        // As stamped: of a film whose other streams begin later, ffmpeg takes that for its start, and leaves out what is before.
        .args(["-v", "error", "-xerror", "-copyts", "-i"])
        .arg(film)
        .args(["-map", "0:v:0", "-f", "framecrc", "-"])
        .output()
        .unwrap();
    let frames = String::from_utf8_lossy(&run.stdout).lines().filter(|line| !line.starts_with('#')).count();
    if run.status.success() && frames > 0 {
        return Ok(());
    }
    Err(format!("{frames} frames; {}", String::from_utf8_lossy(&run.stderr)))
}

/// What is wrong with what was left in `folder`, if anything.
fn fault_of(output: &Path, folder: &Path) -> Option<String> {
    if output.exists()
        && let Err(why) = plays(output)
    {
        return Some(format!("the output does not play: {why}"));
    }
    let left = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    left.into_iter().find(|name| name.contains(".part")).map(|name| format!("{name} was left behind"))
}

fn whole_program(input: &Path, output: &Path) -> Option<String> {
    let run = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .args([input, output])
        .args(["--set", "generator.weights=none", "--device", "cpu", "--length", "1"])
        .timeout(PATIENCE)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    match run.status.code() {
        None => Some(format!("it crashed or hung ({}): {told}", run.status)),
        Some(0 | 1) if told.contains("panicked") => Some(told.into_owned()),
        Some(0) if !output.exists() => Some("exit code 0 without an output".into()),
        Some(1) if !told.lines().any(|line| line.starts_with("error: ")) => Some(format!("no reason: {told}")),
        Some(0 | 1) => None,
        Some(other) => Some(format!("exit code {other}: {told}")),
    }
}

/// Runs the cases `COMICVID_CASES` (from..to) and tells each on stdout: a process of its own, which may die.
#[test]
#[ignore = "the process that `damaged_clips_do_no_harm` watches"]
fn worker() {
    let cases = std::env::var("COMICVID_CASES").unwrap();
    let (from, to) = cases.split_once("..").unwrap();
    let folder = PathBuf::from(std::env::var("COMICVID_FOLDER").unwrap());
    let clips = clips::make(&folder);
    limit_memory();
    for seed in from.parse::<u64>().unwrap()..to.parse().unwrap() {
        let own = tempfile::tempdir_in(&folder).unwrap();
        let (input, output) = case(seed, &clips, own.path());
        println!("case {seed} {} -> {}", input.display(), output.display());
        let fault = if seed % WHOLE == 0 {
            whole_program(&input, &output)
        } else {
            match catch_unwind(AssertUnwindSafe(|| pass(&input, &output))) {
                Ok(Ok(0)) if output.exists() => Some("there is an output without frames".into()),
                Ok(Ok(_)) => None,
                Ok(Err(error)) => output.exists().then(|| format!("there is an output after: {error}")),
                Err(_) => Some("it panicked".into()),
            }
        };
        let fault = fault.or_else(|| fault_of(&output, own.path()));
        let drawn = if output.exists() { "film" } else { "refused" };
        println!(
            "{} {seed} {}",
            if fault.is_some() { "fault" } else { drawn },
            fault.unwrap_or_default().replace('\n', " ")
        );
    }
}

#[cfg(unix)]
fn limit_memory() {
    let limit = libc::rlimit { rlim_cur: MEMORY, rlim_max: MEMORY };
    // SAFETY: a plain call with a live structure.
    unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) };
}

#[cfg(not(unix))]
fn limit_memory() {}

/// Lets a worker run from case `from` to before `to`; answers with the first case that was not reached, what went wrong,
/// and how many films there were.
fn watch(from: u64, to: u64, folder: &Path) -> (u64, Option<String>, u64) {
    let mut worker = Command::new(std::env::current_exe().unwrap())
        .args(["mutations::worker", "--exact", "--ignored", "--nocapture"])
        .env("COMICVID_CASES", format!("{from}..{to}"))
        .env("COMICVID_FOLDER", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (tell, lines) = channel();
    let stdout = BufReader::new(worker.stdout.take().unwrap());
    let reader =
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| drop(tell.send(line))));
    let (mut current, mut next, mut films) = (String::new(), from, 0);
    let fault = loop {
        match lines.recv_timeout(PATIENCE + Duration::from_secs(10)) {
            Ok(line) if line.starts_with("case ") => {
                current = line;
                next += 1;
            }
            Ok(line) if line.starts_with("fault ") => break Some(format!("{current}: {line}")),
            Ok(line) => films += u64::from(line.starts_with("film ")),
            Err(RecvTimeoutError::Timeout) => break Some(format!("{current}: it hangs")),
            Err(RecvTimeoutError::Disconnected) => break None,
        }
    };
    if fault.is_some() {
        let _ = worker.kill();
    }
    let status = worker.wait().unwrap();
    reader.join().unwrap();
    let crash = || (!status.success()).then(|| format!("{current}: the process ended with {status}"));
    (next, fault.or_else(crash), films)
}

#[test]
fn damaged_clips_do_no_harm() {
    let (cases, seed) = (count("COMICVID_MUTATIONS", 60), seed());
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in clips::make(folder.path()) {
        // A program that refuses everything would pass all that follows.
        let output = folder.path().join(if name.starts_with("photo") { "whole.png" } else { "whole.mkv" });
        let fault = whole_program(&folder.path().join(name), &output);
        assert!(fault.is_none() && plays(&output) == Ok(()), "{name}, undamaged: {fault:?}");
        std::fs::remove_file(&output).unwrap();
    }
    let (start, end) = (Instant::now(), seed + cases);
    let (mut next, mut faults, mut films) = (seed, Vec::new(), 0);
    while next < end {
        let (reached, fault, drawn) = watch(next, (next + 250).min(end), folder.path());
        assert!(reached > next, "the worker does not work: {fault:?}");
        next = reached;
        films += drawn;
        faults.extend(fault.inspect(|fault| println!("{fault}")));
        println!("{} of {cases} cases, {films} films, {} faults, {:?}", next - seed, faults.len(), start.elapsed());
    }
    let list = faults.join("\n");
    assert!(faults.is_empty(), "of {cases} cases from {seed} on (COMICVID_SEED), {} failed:\n{list}", faults.len());
}
