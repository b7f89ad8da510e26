//! Motion and cuts on the rendered sample, whose motion is known exactly although its picture is grainy and compressed.

#![allow(dead_code, missing_docs, reason = "shares the renderer's modules, not all of which are used here")]

#[path = "../examples/render_sample/math.rs"]
mod math;
#[path = "../examples/render_sample/part.rs"]
mod part;
#[path = "../examples/render_sample/render.rs"]
mod render;
#[path = "../examples/render_sample/robot.rs"]
mod robot;
#[path = "../examples/render_sample/scene.rs"]
mod scene;
#[path = "../examples/render_sample/shapes.rs"]
mod shapes;
#[path = "../examples/render_sample/town.rs"]
mod town;

use comicvid::frame::{Size, SmallRgb};
use comicvid::motion::{Calm, Pair};
use std::process::Command;

const SIZE: Size = Size::new(640, 360);

/// Frames `first` ..= `last` of the sample at 640x360.
fn frames(first: u32, last: u32) -> Vec<SmallRgb> {
    let filter = format!("select='between(n,{first},{last})',scale=640:360:flags=area");
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/clip.mp4");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i", clip, "-vf", &filter, "-vsync", "passthrough"])
        .args(["-pix_fmt", "gbrpf32le", "-f", "rawvideo", "-"])
        .output()
        .unwrap_or_else(|error| panic!("cannot run the `ffmpeg` program: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let planes: Vec<f32> = output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let frames = planes.chunks_exact(3 * SIZE.pixels()).map(|gbr| {
        let (gb, r) = gbr.split_at(2 * SIZE.pixels());
        let (g, b) = gb.split_at(SIZE.pixels());
        SmallRgb { size: SIZE, planes: [r, g, b].concat() }
    });
    let frames: Vec<SmallRgb> = frames.collect();
    assert_eq!(frames.len(), (last - first + 1) as usize);
    frames
}

#[test]
fn end_point_error_on_the_sample() {
    let town = scene::Scene::new();
    // A walk before a moving camera, then a calmer shot.
    for (frame, limit) in [(64, 0.7), (130, 0.35)] {
        let pictures = frames(frame, frame + 1);
        let pair = Pair::find(&pictures[0], &pictures[1]);
        let size = pair.flow.size;
        let truth = render::flow(&town.at(frame), &town.at(frame + 1), size.width as usize, size.height as usize);
        let (mut error, mut trusted, mut seen) = (0.0, 0.0, 0.0);
        for (i, [u, v]) in truth.pixels.iter().enumerate() {
            let (x, y) = ((i as u32 % size.width) as f32 + u, (i as u32 / size.width) as f32 + v);
            if x < 0.0 || y < 0.0 || x > size.width as f32 - 1.0 || y > size.height as f32 - 1.0 {
                continue;
            }
            seen += 1.0;
            if pair.confidence[i] > 0.5 {
                trusted += 1.0;
                error += (pair.flow.u[i] - u).hypot(pair.flow.v[i] - v) * pair.factor as f32;
            }
        }
        let (mean, part) = (error / trusted, trusted / seen);
        println!("frame {frame}: end-point error {mean:.3} px at {SIZE} over the {part:.3} that are trusted");
        assert!(mean < limit, "frame {frame}: mean end-point error of {mean} pixels");
        assert!(part > 0.9, "frame {frame}: only {part} of the picture is trusted");
    }
}

#[test]
fn the_cut_of_the_sample_is_found_and_nothing_else() {
    let cut = scene::SHOTS[0];
    let mut calm = Calm::new(Calm::DEFAULT);
    let found = frames(cut - 6, cut + 5).into_iter().map(|mut frame| calm.see(&mut frame).cut);
    let found: Vec<usize> = found.enumerate().filter_map(|(index, cut)| cut.then_some(index)).collect();
    assert_eq!(found, [0, 6]);
}
