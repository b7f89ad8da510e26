//! Motion, cuts and calm on pictures whose motion is known.

#[path = "motion/scene.rs"]
mod scene;

use comicvid::frame::{Drawing, Size, SmallRgb};
use comicvid::motion::{Calm, Pair};
use scene::{Scene, add_noise, draw};

const SIZE: Size = Size::new(640, 360);
const SMALL: Size = Size::new(320, 180);

/// Mean end-point error in picture pixels over what is visible in both frames, away from `skip` pixels of the border
/// and the disc's rim; the part of it with confidence over one half; mean confidence of what was hidden.
fn errors(scene: &Scene, time: f32) -> (f32, f32, f32) {
    let pair = Pair::find(&scene.at(time), &scene.at(time - 1.0));
    let factor = pair.factor as f32;
    let width = pair.flow.size.width as usize;
    let (mut error, mut trusted, mut count) = (0.0, 0.0, 0.0);
    let (mut hidden, mut hidden_count) = (0.0, 0.0f32);
    for i in 0..pair.flow.size.pixels() {
        let (x, y) = (((i % width) as f32 + 0.5) * factor, ((i / width) as f32 + 0.5) * factor);
        match scene.motion(x, y, time) {
            Some((u, v)) => {
                let inside = |p: f32, length: u32| p > 0.0 && p < length as f32;
                if !inside(x + u, SIZE.width) || !inside(y + v, SIZE.height) {
                    continue;
                }
                count += 1.0;
                error += (pair.flow.u[i] * factor - u).hypot(pair.flow.v[i] * factor - v);
                trusted += f32::from(pair.confidence[i] > 0.5);
            }
            None => {
                hidden += pair.confidence[i];
                hidden_count += 1.0;
            }
        }
    }
    (error / count, trusted / count, hidden / hidden_count.max(1.0))
}

#[test]
fn end_point_error_on_known_motion() {
    let still = Scene::still(SIZE);
    let cases = [
        ("sub-pixel pan", Scene { pan: (0.4, -0.3), ..still }, 0.25),
        ("pan", Scene { pan: (5.3, 2.7), ..still }, 0.1),
        ("fast pan", Scene { pan: (21.5, -9.2), ..still }, 0.12),
        ("turn", Scene { turn: 0.02, ..still }, 0.15),
        ("zoom", Scene { zoom: 1.02, ..still }, 0.15),
        ("disc over pan", Scene { pan: (3.2, 1.1), radius: 70.0, speed: (-8.3, 4.6), ..still }, 0.2),
        ("fast disc", Scene { radius: 60.0, speed: (20.0, 0.0), ..still }, 0.15),
    ];
    for (name, scene, limit) in cases {
        let (error, trusted, hidden) = errors(&scene, 1.0);
        println!("{name}: error {error:.3} px, trusted {trusted:.3}, confidence of the hidden {hidden:.3}");
        assert!(error < limit, "{name}: mean end-point error of {error} pixels");
        assert!(trusted > 0.95, "{name}: only {trusted} of what is seen twice is trusted");
        assert!(hidden < 0.05, "{name}: what was hidden is trusted by {hidden}");
    }
}

/// Runs `Calm` over pictures with the stand-in generator; what left the gate, what was drawn, where shots start.
fn run(calm: f32, pictures: &[SmallRgb]) -> (Vec<SmallRgb>, Vec<Drawing>, Vec<usize>) {
    let mut calm = Calm::new(calm);
    let (mut passed, mut drawings, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
    for (index, picture) in pictures.iter().enumerate() {
        let mut small = picture.clone();
        if calm.before(&mut small).cut {
            cuts.push(index);
        }
        let mut drawing = draw(&small);
        calm.after(&mut drawing);
        passed.push(small);
        drawings.push(drawing);
    }
    (passed, drawings, cuts)
}

fn noisy(scene: &Scene, frames: std::ops::Range<u32>, sigma: f32) -> Vec<SmallRgb> {
    frames
        .map(|time| {
            let mut picture = scene.at(time as f32);
            add_noise(&mut picture, sigma, time);
            picture
        })
        .collect()
}

/// Mean absolute difference of two drawings, levels of 255.
fn change(a: &Drawing, b: &Drawing) -> f64 {
    let sum: u64 = a.rgba.iter().zip(&b.rgba).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / (a.size.pixels() * 3) as f64
}

fn mean_change(drawings: &[Drawing]) -> f64 {
    drawings.windows(2).map(|pair| change(&pair[0], &pair[1])).sum::<f64>() / (drawings.len() - 1) as f64
}

#[test]
fn off_is_bit_identical() {
    let scene = Scene { pan: (3.0, 1.0), ..Scene::still(SMALL) };
    let pictures = noisy(&scene, 0..3, 0.02);
    let (passed, drawings, cuts) = run(0.0, &pictures);
    assert_eq!(passed, pictures);
    assert_eq!(drawings, pictures.iter().map(draw).collect::<Vec<_>>());
    assert!(cuts.is_empty());
}

#[test]
fn a_still_picture_stays_bit_identical() {
    let picture = Scene::still(SMALL).at(0.0);
    let (_, drawings, cuts) = run(Calm::DEFAULT, &vec![picture; 4]);
    assert_eq!(cuts, [0]);
    assert!(drawings.iter().all(|drawing| *drawing == drawings[0]));
}

#[test]
fn camera_noise_does_not_reach_the_drawing() {
    let pictures = noisy(&Scene::still(SMALL), 0..8, 0.012);
    let untouched: Vec<Drawing> = pictures.iter().map(draw).collect();
    let input: Vec<Drawing> = pictures.iter().map(SmallRgb::to_drawing).collect();
    let (_, drawings, _) = run(Calm::DEFAULT, &pictures);
    let (input, raw, calmed) = (mean_change(&input), mean_change(&untouched), mean_change(&drawings[2..]));
    println!("still scene: input changes by {input:.2}, drawing by {raw:.2}, calmed drawing by {calmed:.2}");
    assert!(calmed <= 0.5 * input, "{calmed} is over half of {input}");
}

#[test]
fn after_a_cut_all_is_as_in_a_fresh_start() {
    let first = Scene { pan: (2.0, 0.0), ..Scene::still(SMALL) };
    let second = Scene { seed: 9, radius: 40.0, speed: (6.0, 0.0), ..Scene::still(SMALL) };
    let mut pictures = noisy(&first, 0..4, 0.01);
    pictures.extend(noisy(&second, 0..4, 0.01));
    let (passed, drawings, cuts) = run(Calm::DEFAULT, &pictures);
    assert_eq!(cuts, [0, 4]);
    let (fresh_passed, fresh_drawings, _) = run(Calm::DEFAULT, &pictures[4..]);
    assert_eq!(passed[4..], fresh_passed);
    assert_eq!(drawings[4..], fresh_drawings);
}

#[test]
fn what_has_gone_leaves_no_ghost() {
    // 10 pixels a frame here are 20 at 720 lines. The ground is dark and grey, so that red is the disc's colour alone.
    let size = Size::new(640, 360);
    let ground = [0.2, 0.2, 0.2];
    let disc = [0.95, 0.3, 0.2];
    let at = |time: f32| {
        let mut rgb = vec![0.0; 3 * size.pixels()];
        for i in 0..size.pixels() {
            let (x, y) = ((i % 640) as f32, (i / 640) as f32);
            let grain = 0.06 * (scene::texture(x, y, 3)[0] - 0.5);
            let on = (x - 150.0 - 10.0 * time).hypot(y - 180.0) < 50.0;
            for c in 0..3 {
                rgb[c * size.pixels() + i] = if on { disc[c] } else { ground[c] } + grain;
            }
        }
        SmallRgb { size, planes: rgb }
    };
    let pictures: Vec<SmallRgb> = (0..16).map(|time| at(time as f32)).collect();
    for calm in [Calm::DEFAULT, 1.0] {
        let (_, drawings, cuts) = run(calm, &pictures);
        assert_eq!(cuts, [0]);
        for time in 3..pictures.len() {
            // All that the disc covered two frames ago and has left, with its outline, since.
            let clean = draw(&pictures[time]);
            let worst = (0..size.pixels())
                .filter(|i| {
                    let (x, y) = ((i % 640) as f32, (i / 640) as f32);
                    let distance = |time: f32| (x - 150.0 - 10.0 * time).hypot(y - 180.0);
                    distance(time as f32 - 2.0) < 54.0 && distance(time as f32 - 1.0) > 54.0
                })
                .flat_map(|i| (0..3).map(move |c| i * 4 + c))
                .map(|at| drawings[time].rgba[at].abs_diff(clean.rgba[at]))
                .max();
            assert!(worst < Some(2), "calm {calm}, frame {time}: {worst:?} levels of the disc are left");
        }
    }
}

#[test]
fn a_shifted_film_gives_shifted_drawings() {
    // Shifted by whole patches, and compared away from the border, where the one film shows what the other does not.
    let scene = Scene { pan: (1.5, 0.5), radius: 30.0, speed: (4.0, 2.0), ..Scene::still(Size::new(352, 224)) };
    let wide: Vec<SmallRgb> = noisy(&scene, 0..4, 0.008);
    let crop = |left: usize| -> Vec<SmallRgb> {
        let size = Size::new(320, 224);
        let cut = |picture: &SmallRgb| {
            let rows = picture.planes.chunks_exact(352);
            SmallRgb { size, planes: rows.flat_map(|row| &row[left..left + 320]).copied().collect() }
        };
        wide.iter().map(cut).collect()
    };
    let (left, right) = (run(Calm::DEFAULT, &crop(0)).1, run(Calm::DEFAULT, &crop(32)).1);
    let (mut sum, mut count) = (0u64, 0u64);
    for y in 48..224 - 48 {
        for x in 48..320 - 32 - 48 {
            let (a, b) = ((y * 320 + x + 32) * 4, (y * 320 + x) * 4);
            sum += (0..3).map(|c| u64::from(left[3].rgba[a + c].abs_diff(right[3].rgba[b + c]))).sum::<u64>();
            count += 3;
        }
    }
    let mean = sum as f64 / count as f64;
    assert!(mean < 0.5, "shifted films differ by {mean} levels");
}
