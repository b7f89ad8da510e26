//! Motion, cuts and calm on pictures whose motion is known.

#[path = "motion/scene.rs"]
mod scene;

use comicvid::eval::Temporal;
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
        if calm.see(&mut small).cut {
            cuts.push(index);
        }
        drawings.push(draw(&small));
        passed.push(small);
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
    let pictures: Vec<SmallRgb> = (0..8).map(|time| at(time as f32)).collect();
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
    assert!(mean < 1.0, "shifted films differ by {mean} levels");
}

/// `scene` from `frames`, each multiplied by what `gain` says of it and clipped, with a little noise.
fn lit(scene: &Scene, frames: std::ops::Range<u32>, gain: impl Fn(u32) -> f32) -> Vec<SmallRgb> {
    let light = |time: u32| {
        let mut picture = scene.at(time as f32);
        picture.planes.iter_mut().for_each(|value| *value = (*value * gain(time)).min(1.0));
        add_noise(&mut picture, 0.006, time);
        picture
    };
    frames.map(light).collect()
}

#[test]
fn flashes_fades_pans_and_fast_motion_are_no_cuts() {
    let still = Scene::still(SMALL);
    let pan = Scene { pan: (24.0, -7.0), ..still };
    let shake = |time: u32| {
        let scene = Scene { pan: (18.0 * (time as f32 * 2.1).sin(), 14.0 * (time as f32 * 1.3).cos()), ..still };
        scene.at(1.0)
    };
    let near = Scene { radius: 60.0, speed: (22.0, 3.0), pan: (-2.0, 0.0), ..still };
    let cases: [(&str, Vec<SmallRgb>); 8] = [
        ("flash", lit(&still, 0..6, |time| if time == 3 { 2.5 } else { 1.0 })),
        ("white flash", lit(&still, 0..6, |time| if time == 3 { 50.0 } else { 1.0 })),
        ("light off", lit(&still, 0..6, |time| if time < 3 { 1.0 } else { 0.25 })),
        ("fade to black and back", lit(&still, 0..24, |time| (time as f32 - 12.0).abs() / 12.0)),
        ("pan", lit(&pan, 0..6, |_| 1.0)),
        ("shake", (0..8).map(shake).collect()),
        ("fast thing", lit(&near, 0..7, |_| 1.0)),
        ("zoom", lit(&Scene { zoom: 1.06, turn: 0.04, ..still }, 0..6, |_| 1.0)),
    ];
    for (name, pictures) in cases {
        assert_eq!(run(Calm::DEFAULT, &pictures).2, [0], "{name}");
    }
}

#[test]
fn fades_do_not_lag() {
    let pictures = lit(&Scene::still(SMALL), 0..30, |time| 1.0 - 0.025 * time as f32);
    let (passed, ..) = run(1.0, &pictures);
    for (time, (passed, picture)) in passed.iter().zip(&pictures).enumerate().skip(1) {
        let lag = passed.planes.iter().zip(&picture.planes).map(|(a, b)| a - b).sum::<f32>();
        let lag = lag / picture.planes.len() as f32 * 255.0;
        let worst = passed.planes.iter().zip(&picture.planes).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) * 255.0;
        assert!(lag.abs() < 0.5, "frame {time} lags by {lag} levels");
        assert!(worst < 16.0, "a pixel of frame {time} is off by {worst} levels");
    }
}

#[test]
fn eval_tells_flicker_from_calm() {
    let scene = Scene { radius: 30.0, speed: (3.0, 1.0), ..Scene::still(SMALL) };
    let pictures = noisy(&scene, 0..4, 0.01);
    let measure = |output: &dyn Fn(usize) -> SmallRgb| {
        let mut temporal = Temporal::default();
        for (index, picture) in pictures.iter().enumerate() {
            temporal.push(picture.clone(), output(index));
        }
        temporal.report()
    };
    let same = measure(&|index| pictures[index].clone());
    assert_eq!((same.warping_ratio(), same.still_ratio(), same.pairs, same.cuts), (1.0, 1.0, 3, 0));
    assert!(same.still_part > 0.6, "{same:?}");
    let clean = measure(&|index| scene.at(index as f32));
    assert!(clean.still_ratio() < 0.01 && clean.warping_ratio() < 0.6, "{clean:?}");
    let flicker = measure(&|index| {
        let mut picture = pictures[index].clone();
        picture.planes.iter_mut().for_each(|value| *value += if index % 2 == 0 { 0.02 } else { 0.0 });
        picture
    });
    assert!(flicker.still_ratio() > 1.3 && flicker.warping_ratio() > 1.3, "{flicker:?}");
}

#[test]
fn motion_is_handed_on_in_parts_of_the_picture() {
    let scene = Scene { pan: (4.0, 2.0), ..Scene::still(SIZE) };
    let mut calm = Calm::new(Calm::DEFAULT);
    calm.see(&mut scene.at(0.0));
    assert_eq!(calm.motion(), None);
    calm.see(&mut scene.at(1.0));
    let motion = calm.motion().unwrap();
    let middle = motion.cells[(motion.size.height / 2 * motion.size.width + motion.size.width / 2) as usize];
    let [u, v, confidence, still] = middle.map(f32::from);
    assert!((u * 640.0 + 4.0).abs() < 0.2 && (v * 360.0 + 2.0).abs() < 0.2, "{u} {v}");
    assert!(confidence > 0.9 && still < 0.1, "{confidence} {still}");
    assert_eq!(comicvid::motion::view(&motion, SIZE).rgba.len(), SIZE.pixels() * 4);
}
