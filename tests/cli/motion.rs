//! What one frame may do to the next, by the whole program.

use super::comicvid;
use super::support::{ffmpeg, frame, frame_hashes};
use std::path::Path;

fn draw(input: &Path, output: &Path, arguments: &[&str]) {
    let fixed = ["--encoder", "ffv1", "--quiet", "--device", "cpu"];
    comicvid().arg(input).arg(output).args(fixed).args(arguments).assert().success();
}

#[test]
fn a_shot_is_drawn_as_if_nothing_had_been_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let [film, whole, second] = ["film.mkv", "whole.mkv", "second.mkv"].map(|name| folder.path().join(name));
    let shots = "[0:v][1:v]concat=n=2:v=1:a=0,format=yuv420p";
    let sources = ["testsrc2=size=320x180:rate=25", "mandelbrot=size=320x180:rate=25"];
    let inputs = sources.map(|source| ["-f", "lavfi", "-t", "0.4", "-i", source]).concat();
    ffmpeg(&[&inputs[..], &["-filter_complex", shots, "-c:v", "ffv1"]].concat(), &film);
    draw(&film, &whole, &[]);
    draw(&film, &second, &["--start", "0.4"]);
    let (whole, second) = (frame_hashes(&whole), frame_hashes(&second));
    assert_eq!((whole.len(), second.len()), (20, 10));
    assert_eq!(whole[10..], second);
}

#[test]
fn what_has_moved_on_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let [film, all, fresh] = ["film.mkv", "all.mkv", "fresh.mkv"].map(|name| folder.path().join(name));
    // A disc that moves by 20 pixels a frame to the right; where it was two frames ago, the ground is seen again.
    let disc = "color=0x707880:size=1280x720:rate=25,format=gbrp,geq=\
        r='if(lt(hypot(X-200-20*N,Y-360),90),230,p(X,Y))':\
        g='if(lt(hypot(X-200-20*N,Y-360),90),60,p(X,Y))':\
        b='if(lt(hypot(X-200-20*N,Y-360),90),40,p(X,Y))',format=yuv444p";
    ffmpeg(&["-f", "lavfi", "-i", disc, "-frames:v", "9", "-c:v", "ffv1"], &film);
    // The photo stands in for the drawing: memory is asked, not what a network sees around a disc.
    let photo = ["--set", "generator.weights=none"];
    draw(&film, &all, &photo);
    draw(&film, &fresh, &[&photo[..], &["--start", "0.32"]].concat());
    let (with_memory, without) = (frame(&all, 8), frame(&fresh, 0));
    // Two frames ago the disc was here; the ink around it begins 16 pixels before the disc of now.
    let (left, top) = (200 + 20 * 6 - 90, 360 - 40);
    let (ground, disc) = ([112.0, 120.0, 128.0], [230.0, 60.0, 40.0]);
    let colour: [f64; 3] = std::array::from_fn(|c| disc[c] - ground[c]);
    let length: f64 = colour.iter().map(|c| c * c).sum();
    for (x, y) in (0..3).flat_map(|x| (0..10).map(move |y| (left + 8 * x, top + 8 * y))) {
        let mut share = 0.0;
        for at in (0..64).map(|i| ((y + i / 8) * 1280 + x + i % 8) * 3) {
            for c in 0..3 {
                share += (f64::from(with_memory[at + c]) - f64::from(without[at + c])) * colour[c] / length / 64.0;
            }
        }
        assert!(share.abs() < 2.0 / 255.0, "{share} of the disc is left at {x}, {y}");
    }
}
