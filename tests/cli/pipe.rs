//! Films from standard input and to standard output.

use super::resume::facts;
use super::support::{clip, frame_hashes, probe};
use super::{comicvid, text};
use std::path::Path;

const FAST: [&str; 4] = ["--set", "generator.weights=none", "--device", "cpu"];

/// `comicvid - -` on what is in `input`; what comes out becomes the file `output`. Answers with what was told.
fn pipe(input: &Path, output: &Path, how: &[&str]) -> String {
    let film = std::fs::read(input).unwrap();
    let run = comicvid().args(["-", "-"]).args(FAST).args(how).write_stdin(film).assert().success();
    std::fs::write(output, &run.get_output().stdout).unwrap();
    text(&run.get_output().stderr)
}

#[test]
fn a_film_through_pipes_is_the_film_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (input, filed, piped) = (at("in.mkv"), at("filed.mkv"), at("piped.mkv"));
    clip(&input, "160x96", "3", &["-c:v", "libx264", "-bf", "2", "-c:a", "aac", "-metadata", "title=Pipes"]);
    // Raw sound of megabytes: more than is read ahead.
    let how = ["--encoder", "ffv1", "--start", "0.5"];
    comicvid().arg(&input).arg(&filed).args(FAST).args(how).assert().success();
    let told = pipe(&input, &piped, &how);
    assert!(told.contains("62 frames") || told.contains("63 frames"), "{told}");
    assert_eq!(facts(piped.to_str().unwrap()), facts(filed.to_str().unwrap()));
    assert_eq!(probe(&piped, "v:0", "format_tags=title"), "Pipes\n");
}

#[test]
fn sound_is_encoded_anew_on_its_way_through_pipes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (input, filed, piped) = (at("in.mkv"), at("filed.webm"), at("piped.webm"));
    clip(&input, "160x96", "2", &["-c:v", "libx264", "-bf", "2", "-c:a", "aac"]);
    comicvid().arg(&input).arg(&filed).args(FAST).args(["--start", "0.5"]).assert().success();
    let told = pipe(&input, &piped, &["--start", "0.5", "--format", "webm"]);
    assert!(told.contains("stream 1 (aac audio) is encoded anew as opus"), "{told}");
    assert_eq!(facts(piped.to_str().unwrap()), facts(filed.to_str().unwrap()));
    let both = at("both.webm");
    comicvid().arg(&input).arg(&both).args(FAST).args(["--start", "0.5", "--side-by-side"]).assert().success();
    assert_eq!(facts(both.to_str().unwrap()).2, facts(filed.to_str().unwrap()).2, "its sound");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (input, filed, piped, pipe) = (at("in.mkv"), at("filed.mkv"), at("piped.mkv"), at("pipe"));
    clip(&input, "160x96", "2", &["-c:v", "libx264", "-bf", "2", "-c:a", "aac"]);
    let how = ["--encoder", "ffv1"];
    comicvid().arg(&input).arg(&filed).args(FAST).args(how).assert().success();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let film = std::fs::read(&input).unwrap();
    let write = |to: std::path::PathBuf| {
        let film = film.clone();
        std::thread::spawn(move || std::fs::write(to, film))
    };
    let writer = write(pipe.clone());
    comicvid().arg(&pipe).arg(&piped).args(FAST).args(how).assert().success();
    writer.join().unwrap().unwrap();
    assert_eq!(facts(piped.to_str().unwrap()), facts(filed.to_str().unwrap()));
    let run = comicvid().arg(&pipe).arg(at("again.mkv")).args(FAST).arg("--resume").assert().code(1);
    assert!(text(&run.get_output().stderr).contains("through a pipe"), "{run:?}");
}

#[test]
fn raw_pictures_go_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for format in ["yuv420p", "yuv444p10le", "gray"] {
        let (input, filed, piped) = (at("in.y4m"), at("filed.y4m"), at("piped.y4m"));
        clip(&input, "162x96", "0.6", &["-an", "-pix_fmt", format, "-strict", "-1"]);
        comicvid().arg(&input).arg(&filed).args(FAST).arg("--overwrite").assert().success();
        pipe(&input, &piped, &["--format", "y4m"]);
        let facts = |film: &Path| (frame_hashes(film), probe(film, "v:0", "stream=pix_fmt,r_frame_rate,width,height"));
        assert_eq!(facts(&piped), facts(&filed));
        assert_eq!(facts(&piped).0.len(), 15);
        assert_eq!(facts(&piped).1, format!("162,96,{format},25/1\n"));
        // A pipe holds what its file would.
        assert!(std::fs::read(&piped).unwrap() == std::fs::read(&filed).unwrap());
    }
}

#[test]
fn what_pipes_cannot_do_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("in.mp4");
    clip(&film, "64x64", "0.2", &["-c:v", "libx264", "-c:a", "aac"]);
    let (large, out) = (folder.path().join("large.mp4"), folder.path().join("out.mkv"));
    // ffmpeg writes the index of an mp4 at its end.
    clip(&large, "640x360", "2", &["-c:v", "mpeg4", "-q:v", "1", "-an"]);
    let bytes = std::fs::read(&large).unwrap();
    let refused = |arguments: &[&str], input: &[u8], code: i32, why: &str| {
        let run = comicvid().args(arguments).args(FAST).write_stdin(input).assert().code(code);
        let told = text(&run.get_output().stderr);
        assert!(told.contains(why) && !told.contains("panicked"), "{arguments:?}: {told}");
        assert!(run.get_output().stdout.is_empty());
    };
    let (film, out) = (film.to_str().unwrap(), out.to_str().unwrap());
    refused(&["-", out], &bytes, 1, "it is no video, or one that must be searched");
    refused(&["-", out], b"", 1, "cannot open -");
    refused(&["-", out, "--resume"], &bytes, 1, "cannot be gone on with");
    refused(&["plan", "-", out], &bytes, 1, "cannot");
    refused(&[film, "-", "--resume"], b"", 1, "cannot be gone on with");
    refused(&[film, "-", "--format", "mp4"], b"", 1, "not for pipes");
    refused(&[film, "-", "--format", "zip"], b"", 1, "\"zip\" is no file format");
    refused(&[film, "-", "--json"], b"", 2, "standard output");
    refused(&[film, &out.replace("mkv", "y4m"), "--resume"], b"", 1, "cannot be worked in segments");
    assert!(!Path::new(out).exists());
    // Any name may hold any format.
    let odd = out.replace("mkv", "png");
    comicvid().args([film, &odd, "--format", "mkv"]).args(FAST).assert().success();
    assert_eq!(frame_hashes(Path::new(&odd)).len(), 5);
}
