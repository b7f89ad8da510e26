//! Films that compare the original with the drawing.

use super::comicvid;
use super::resume::times;
use super::support::{clip, ffmpeg, frame, packet_hash, probe};
use std::path::{Path, PathBuf};
use std::process::Command;

const FAST: [&str; 4] = ["--set", "generator.weights=none", "--device", "cpu"];

fn draw(input: &Path, output: &Path, how: &[&str]) {
    comicvid().arg(input).arg(output).args(FAST).args(how).assert().success();
}

/// Hashes of the decoded planes of a part of each frame, as `crop` has it.
fn part(film: &Path, crop: &str) -> Vec<String> {
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(film)
        .args(["-map", "0:v:0", "-vf", &format!("crop={crop}:exact=1"), "-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit(',').next().unwrap().trim().to_owned()).collect()
}

/// Of 10-bit pictures with B-frames and sound.
fn film(folder: &Path) -> PathBuf {
    let input = folder.join("in.mkv");
    let tags = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"];
    let codec = ["-pix_fmt", "yuv420p10le", "-c:v", "libx264", "-bf", "2", "-c:a", "aac"];
    clip(&input, "160x96", "0.6", &[&codec[..], &tags[..]].concat());
    input
}

#[test]
fn both_halves_are_what_they_are_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (input, plain, both, split) = (film(folder.path()), at("plain.mkv"), at("both.mkv"), at("split.mkv"));
    // Held drawings must not hold the photos.
    let how = ["--encoder", "ffv1", "--hold", "2"];
    draw(&input, &plain, &how);
    draw(&input, &both, &[&how[..], &["--side-by-side"]].concat());
    draw(&input, &split, &[&how[..], &["--split", "0.25"]].concat());
    assert_eq!(probe(&both, "v:0", "stream=width,height"), "320,96\n");
    assert_eq!(probe(&split, "v:0", "stream=width,height"), "160,96\n");
    let (photo, drawing) = (part(&input, "160:96:0:0"), part(&plain, "160:96:0:0"));
    assert_eq!((photo.len(), part(&both, "160:96:0:0")), (15, photo));
    assert_eq!(part(&both, "160:96:160:0"), drawing);
    // 2 pixels are the line.
    assert_eq!(part(&split, "40:96:0:0"), part(&input, "40:96:0:0"));
    assert_eq!(part(&split, "118:96:42:0"), part(&plain, "118:96:42:0"));
    let tags = "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries,sample_aspect_ratio,time_base";
    for compared in [&both, &split] {
        assert_eq!(packet_hash(compared, "a:0"), packet_hash(&input, "a:0"));
        for entries in [tags, "packet=pts,duration"] {
            assert_eq!(probe(compared, "v:0", entries), probe(&plain, "v:0", entries), "{entries}");
        }
        assert_eq!(times(compared.to_str().unwrap()), times(input.to_str().unwrap()));
    }
}

#[test]
fn odd_sizes_and_pictures_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (photo, both, split) = (at("in.png"), at("both.png"), at("split.png"));
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=81x61:rate=1", "-frames:v", "1"], &photo);
    draw(&photo, &both, &["--side-by-side"]);
    draw(&photo, &split, &["--split", "0.5"]);
    assert_eq!(probe(&both, "v:0", "stream=width,height"), "164,61\n");
    assert_eq!(probe(&split, "v:0", "stream=width,height"), "81,61\n");
    let (photo, both, split) = (frame(&photo, 0), frame(&both, 0), frame(&split, 0));
    for row in 0..61 {
        let line = |picture: &[u8], width: usize, from: usize, to: usize| {
            picture[(row * width + from) * 3..(row * width + to) * 3].to_vec()
        };
        assert_eq!(line(&both, 164, 0, 81), line(&photo, 81, 0, 81));
        assert_eq!(line(&split, 81, 0, 40), line(&photo, 81, 0, 40));
        assert_eq!(line(&split, 81, 40, 42), [255; 6]);
        assert_eq!(line(&split, 81, 42, 81), line(&both, 164, 82 + 42, 82 + 81));
    }
    let (film, drawn) = (at("in.mkv"), at("out.mp4"));
    let source = "testsrc=size=81x61:rate=25:duration=0.2,format=yuv420p";
    ffmpeg(&["-f", "lavfi", "-i", source, "-c:v", "ffv1"], &film);
    draw(&film, &drawn, &["--side-by-side", "--resume"]);
    assert_eq!(probe(&drawn, "v:0", "stream=width,height"), "164,62\n");
    comicvid().arg(&film).arg(at("no.mkv")).args(["--side-by-side", "--split", "0.5"]).assert().code(2);
    comicvid().arg(&film).arg(at("no.mkv")).args(["--split", "1.5"]).assert().code(2);
}
