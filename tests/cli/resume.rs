//! Runs that are killed and go on.

use super::support::{ffmpeg, frame_hashes, packet_hash, probe};
use super::{comicvid, text};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const FAST: [&str; 4] = ["--set", "generator.weights=none", "--device", "cpu"];

/// Six shots of 12 frames with a tone; the cuts are plain to see.
pub fn film(path: &Path) {
    let sources = [
        "testsrc=size=160x96:rate=25",
        "mandelbrot=size=160x96:rate=25",
        "testsrc2=size=160x96:rate=25",
        "cellauto=size=160x96:rate=25:rule=110:random_seed=3",
        "mandelbrot=size=160x96:rate=25:start_scale=0.01:start_x=-0.7436:start_y=-0.1318",
        "testsrc=size=160x96:rate=25,hue=h=120,hflip",
    ];
    let mut arguments = Vec::new();
    for source in sources {
        arguments.extend(["-f", "lavfi", "-t", "0.48", "-i", source]);
    }
    arguments.extend(["-f", "lavfi", "-t", "2.88", "-i", "sine=f=330"]);
    let whole = (0..6).map(|i| format!("[{i}:v]format=yuv420p,setsar=1[v{i}];")).collect::<String>()
        + &(0..6).map(|i| format!("[v{i}]")).collect::<String>()
        + "concat=n=6:v=1:a=0[v]";
    arguments.extend(["-filter_complex", &whole, "-map", "[v]", "-map", "6:a", "-c:v", "libx264", "-c:a", "aac"]);
    ffmpeg(&arguments, path);
}

/// Kills a run of `arguments` once it has finished something, however busy the machine is, and more at random moments of
/// `usual`, the time that a whole one takes; then lets one finish. Answers with how many runs found something finished, and
/// the seed of the moments.
fn torment(arguments: &[&str], usual: Duration, kills: u32) -> (u32, u32) {
    let (film, journal) = (Path::new(arguments[1]), format!("{}.part/journal.json", arguments[1]));
    let found = || std::fs::read_to_string(&journal).is_ok_and(|journal| journal.contains("\"frames\""));
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let (mut state, mut went_on) = (u64::from(seed), 0);
    for kill in 0..kills {
        went_on += u32::from(found());
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = 0.1 + 0.7 * (state >> 40) as f64 / f64::from(1 << 24);
        let mut run = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if kill == 0 {
            while !found() && run.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
        } else {
            std::thread::sleep(usual.mul_f64(part));
        }
        // SIGKILL. Where the run was quicker, there is nothing to kill.
        let _ = run.kill();
        run.wait().unwrap();
        if film.exists() {
            break;
        }
    }
    went_on += u32::from(found());
    comicvid().args(arguments).assert().success();
    (went_on, seed)
}

pub fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// Everything that must be the same of two films.
pub fn facts(film: &str) -> (Vec<String>, String, String, String) {
    let film = Path::new(film);
    let times = probe(film, "v:0", "packet=pts,duration");
    (frame_hashes(film), times, packet_hash(film, "a:0"), probe(film, "v:0", "stream=time_base,pix_fmt,codec_name"))
}

/// When frames are shown; what a line has besides (side data) does not count.
pub fn times(film: &str) -> Vec<String> {
    let lines = probe(Path::new(film), "v:0", "frame=pts_time");
    let time = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    lines.lines().map(time).filter(|time| !time.is_empty()).collect()
}

fn nothing_is_left(folder: &Path) {
    let left: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    let torso = |path: &PathBuf| path.to_string_lossy().contains(".part");
    assert!(!left.iter().any(torso), "{left:?}");
}

#[test]
fn a_killed_run_goes_on_and_nobody_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, plain, whole, killed] = ["in.mp4", "plain.mkv", "whole.mkv", "killed.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    // Without loss, and with all that remembers: calm, looking ahead.
    let how = [&FAST[..], &["--encoder", "ffv1", "--lookahead", "2"]].concat();
    let segments = ["--resume", "--segment", "6"];
    comicvid().args([&input, &plain]).args(&how).assert().success();
    let start = Instant::now();
    comicvid().args([&input, &whole]).args(&how).args(segments).assert().success();
    let usual = start.elapsed();
    // A film that is worked in segments is the film that is not.
    assert_eq!(facts(&whole), facts(&plain));
    let arguments = [&[&*input, &*killed], &how[..], &segments].concat();
    let (went_on, seed) = torment(&arguments, usual, 5);
    assert!(went_on > 0, "no run found anything that one before it had finished (seed {seed})");
    assert_eq!(facts(&killed), facts(&plain), "seed {seed}");
    nothing_is_left(folder);
    // Once more: there is nothing left to do.
    let run = comicvid().args(&arguments).assert().success();
    assert!(text(&run.get_output().stderr).contains("is there already"));
}

#[test]
fn encoders_that_look_back_are_not_disturbed_either() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, whole, killed] = ["in.mp4", "whole.mp4", "killed.mp4"].map(|n| path(folder, n));
    film(Path::new(&input));
    let how = [&FAST[..], &["--hold", "2", "--boil", "0.5", "--resume", "--segment", "5"]].concat();
    let start = Instant::now();
    comicvid().args([&input, &whole]).args(&how).assert().success();
    let usual = start.elapsed();
    let (_, seed) = torment(&[&[&*input, &*killed], &how[..]].concat(), usual, 3);
    assert_eq!(facts(&killed), facts(&whole), "seed {seed}");
    assert_eq!(times(&whole), times(&input));
    nothing_is_left(folder);
}

#[test]
fn what_memory_held_before_does_not_show() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let input = path(folder, "in.mp4");
    long_shot(Path::new(&input));
    // glibc fills what it hands out with this.
    let films: Vec<_> = ["0", "85", "255"]
        .map(|fill| {
            let film = path(folder, &format!("{fill}.mp4"));
            let how = ["--resume", "--segment", "20", "--boil", "0.4"];
            comicvid().env("MALLOC_PERTURB_", fill).args([&input, &film]).args(FAST).args(how).assert().success();
            facts(&film)
        })
        .into();
    assert_eq!(films[0], films[1]);
    assert_eq!(films[0], films[2]);
}

#[test]
fn what_was_begun_otherwise_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, output] = ["in.mp4", "out.mkv"].map(|n| path(folder, n));
    film(Path::new(&input));
    let how = [&[&*input, &*output], &FAST[..], &["--resume", "--segment", "5"]].concat();
    // A folder stands where the film belongs, so that it fails in its last moment, with all segments made.
    let lock = folder.join("out.mkv.part");
    std::fs::create_dir(folder.join("out.part.mkv")).unwrap();
    comicvid().args(&how).assert().code(1);
    assert!(lock.join("journal.json").exists() && !Path::new(&output).exists());
    let run = comicvid().args(&how).args(["--quality", "30"]).assert().code(1);
    let told = text(&run.get_output().stderr);
    assert!(told.contains("begun with 18 for quality, not with 30") && told.contains("--overwrite"), "{told}");
    std::fs::remove_dir(folder.join("out.part.mkv")).unwrap();
    let run = comicvid().args(&how).assert().success();
    assert!(text(&run.get_output().stderr).contains("72 frames were drawn before"));
    assert_eq!(frame_hashes(Path::new(&output)).len(), 72);
    nothing_is_left(folder);
}

/// One shot of 150 frames that moves and rests, with a tone.
pub fn long_shot(path: &Path) {
    let scene = "mandelbrot=size=160x96:rate=25:start_scale=0.5:end_scale=0.1,drawbox=w=60:h=40:c=gray:t=fill";
    let tone = ["-f", "lavfi", "-t", "6", "-i", "sine=f=330", "-c:a", "aac"];
    ffmpeg(&[&["-f", "lavfi", "-t", "6", "-i", scene][..], &tone, &["-c:v", "libx264"]].concat(), path);
}

#[test]
fn a_shot_longer_than_a_segment_is_divided_and_nobody_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, plain, whole, killed] = ["in.mp4", "plain.mkv", "whole.mkv", "killed.mkv"].map(|n| path(folder, n));
    long_shot(Path::new(&input));
    let how = [&FAST[..], &["--encoder", "ffv1", "--lookahead", "2", "--boil", "0.3"]].concat();
    let segments = ["--resume", "--segment", "20"];
    comicvid().args([&input, &plain]).args(&how).assert().success();
    let start = Instant::now();
    let run = comicvid().args([&input, &whole]).args(&how).args(segments).assert().success();
    let usual = start.elapsed();
    let told = text(&run.get_output().stderr);
    assert!(told.contains("150 frames in"), "those that only warm up are not counted: {told}");
    let (drawn, undivided) = (frame_hashes(Path::new(&whole)), frame_hashes(Path::new(&plain)));
    assert_eq!((drawn.len(), &drawn[..40]), (150, &undivided[..40]));
    assert_ne!(drawn, undivided, "nothing was divided");
    assert_eq!(times(&whole), times(&plain));
    let (_, seed) = torment(&[&[&*input, &*killed], &how[..], &segments].concat(), usual, 4);
    assert_eq!(facts(&killed), facts(&whole), "seed {seed}");
    nothing_is_left(folder);
}

/// Sound that is encoded anew, and pictures that are only counted.
#[test]
fn what_the_container_changes_is_the_same_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let input = path(folder, "in.mp4");
    film(Path::new(&input));
    for (format, codec, frames) in [("webm", "opus", "72"), ("ogv", "vorbis", "86")] {
        let [plain, whole, killed] = ["plain", "whole", "killed"].map(|n| path(folder, &format!("{n}.{format}")));
        let rate: &[&str] = if format == "ogv" { &["--fps", "30"] } else { &[] };
        let how = [&FAST[..], rate, &["--lookahead", "2"]].concat();
        let segments = ["--resume", "--segment", "6"];
        let run = comicvid().args([&input, &plain]).args(&how).assert().success();
        let told = text(&run.get_output().stderr);
        assert!(told.contains(&format!("encoded anew as {codec}")) && told.contains(frames), "{told}");
        let start = Instant::now();
        let run = comicvid().args([&input, &whole]).args(&how).args(segments).assert().success();
        assert!(text(&run.get_output().stderr).contains(&format!("encoded anew as {codec}")), "{run:?}");
        let usual = start.elapsed();
        let (_, seed) = torment(&[&[&*input, &*killed], &how[..], &segments].concat(), usual, 3);
        assert_eq!(facts(&killed), facts(&whole), "seed {seed}");
        let sound = |film: &str| probe(Path::new(film), "a:0", "packet=pts,duration,size");
        assert_eq!(sound(&killed), sound(&whole), "seed {seed}");
        // How pictures are divided is nothing to the sound.
        assert_eq!(packet_hash(Path::new(&whole), "a:0"), packet_hash(Path::new(&plain), "a:0"));
        // In Theora a picture that is shown again may be an empty packet, which is no frame; a segment begins with a whole one.
        assert!(format == "ogv" || times(&whole) == times(&plain));
        nothing_is_left(folder);
    }
}

/// Whether there is a device or not, there is a film, in one encoder's packets.
#[test]
fn without_a_device_that_encodes_the_processor_does_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, output] = ["in.mp4", "out.mp4"].map(|n| path(folder, n));
    film(Path::new(&input));
    for resume in [&[][..], &["--resume", "--segment", "20"]] {
        let run =
            comicvid().args([&input, &output, "--hardware", "--overwrite"]).args(FAST).args(resume).assert().success();
        let told = text(&run.get_output().stderr);
        let encoder = told.lines().next().unwrap().rsplit(", ").next().unwrap().to_owned();
        let software = encoder == "libx264";
        let wanted = "no encoder of a graphics device opens (tried";
        assert_eq!(told.contains(wanted), software, "{told}");
        assert_eq!(frame_hashes(Path::new(&output)).len(), 72);
    }
    comicvid().args(["plan", &input, &output, "--hardware", "--overwrite"]).args(FAST).assert().code(1);
}
