//! Numbered pictures on the command line.

use super::comicvid;
use super::resume::{FAST, path};
use super::support::ffmpeg;

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
