//! Numbered pictures on the command line.

use super::resume::{FAST, path};
use super::support::{ffmpeg, frame_hashes};
use super::{comicvid, text};
use std::path::Path;

#[test]
fn pictures_keep_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, output, film] = ["in_%03d.png", "out_%03d.jpg", "film.mp4"].map(|n| path(folder, n));
    let pictures = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.2", "-start_number", "86"];
    ffmpeg(&pictures, input.as_ref());
    comicvid().args([&input, &output]).args(FAST).assert().success();
    let names = |prefix: &str| {
        let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        names
    };
    assert_eq!(names("out"), ["out_086.jpg", "out_087.jpg", "out_088.jpg", "out_089.jpg", "out_090.jpg"]);
    comicvid().args([&input, &film, "--fps", "12"]).args(FAST).assert().success();
    let rate = super::support::probe(film.as_ref(), "v:0", "stream=avg_frame_rate,nb_frames");
    assert_eq!(rate.trim(), "12/1,5");
}

#[test]
fn a_film_of_pictures_is_gone_on_with_while_they_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [input, whole, output] = ["in_%03d.png", "whole.mkv", "out.mkv"].map(|n| path(folder, n));
    // Three shots of 8 pictures.
    let shots = ["testsrc", "mandelbrot", "testsrc2"].map(|shot| format!("{shot}=size=96x64:rate=25,trim=end_frame=8"));
    let [a, b, c] = shots.each_ref().map(String::as_str);
    let film = ["-f", "lavfi", "-i", a, "-f", "lavfi", "-i", b, "-f", "lavfi", "-i", c];
    ffmpeg(&[&film[..], &["-filter_complex", "concat=n=3"]].concat(), input.as_ref());
    let how = [&FAST[..], &["--encoder", "ffv1", "--resume", "--segment", "6"]].concat();
    comicvid().args([&input, &whole]).args(&how).assert().success();
    // A folder stands where the film belongs: it fails in its last moment.
    let blocked = folder.join("out.part.mkv");
    std::fs::create_dir(&blocked).unwrap();
    comicvid().args([&input, &output]).args(&how).assert().code(1);
    std::fs::remove_dir(&blocked).unwrap();
    let picture = folder.join("in_020.png");
    let (kept, old) = (std::fs::read(&picture).unwrap(), std::fs::metadata(&picture).unwrap().modified().unwrap());
    std::fs::copy(folder.join("in_003.png"), &picture).unwrap();
    let run = comicvid().args([&input, &output]).args(&how).assert().code(1);
    assert!(text(&run.get_output().stderr).contains("for the input"), "{run:?}");
    // As it was, and as old.
    std::fs::write(&picture, kept).unwrap();
    std::fs::File::options().write(true).open(&picture).unwrap().set_modified(old).unwrap();
    let run = comicvid().args([&input, &output]).args(&how).assert().success();
    assert!(text(&run.get_output().stderr).contains("24 frames were drawn before"), "{run:?}");
    assert_eq!(frame_hashes(Path::new(&output)), frame_hashes(Path::new(&whole)));
    let pictures = path(folder, "out_%03d.png");
    let run = comicvid().args([&whole, &pictures, "--resume"]).args(FAST).assert().code(1);
    assert!(text(&run.get_output().stderr).contains("pictures are not worked in segments"), "{run:?}");
}
