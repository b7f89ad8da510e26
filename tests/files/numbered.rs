//! Numbered pictures as a film, and a film as numbered pictures.

use crate::support::*;
use comicvid::error::Error;
use comicvid::frame::Rational;
use comicvid::sink::SinkOptions;
use comicvid::source::{self, OpenOptions};
use std::path::Path;

/// Red, green and blue of a picture file.
fn rgb(path: &Path) -> Vec<u8> {
    image::open(path).expect("a picture").into_rgb8().into_raw()
}

fn difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[test]
fn pictures_from_any_number_on_are_a_film_of_the_rate_asked_for() {
    let films = Films::new();
    films.make("shot_%04d.png", "-f lavfi -i testsrc2=s=96x64:r=24:d=0.5 -start_number 1001");
    let (input, output) = (films.path("shot_%04d.png"), films.path("film.mkv"));
    let open = OpenOptions { picture_rate: Some(Rational::new(24, 1)), ..OpenOptions::default() };
    assert_eq!(source::open(&input, &open).expect("opened").first_number, Some(1001));
    let lossless = SinkOptions { encoder_options: vec![("pix_fmt".into(), "bgr0".into())], ..lossless() };
    let passed = pass_with(&input, &output, &open, lossless).expect("a pass");
    assert_eq!((passed.frames, passed.damage.any()), (12, false));
    assert_eq!(video(&output)["avg_frame_rate"], "24/1");
    films.make("back_%04d.png", &format!("-i {} -start_number 1001", output.display()));
    for number in 1001..=1012 {
        let [before, after] = ["shot", "back"].map(|name| rgb(&films.path(&format!("{name}_{number}.png"))));
        assert!(difference(&before, &after) < 0.01, "{number}");
    }
}

#[test]
fn a_film_becomes_a_picture_a_frame() {
    let films = Films::new();
    let input = films.make("in.mp4", &format!("{} {X264} -crf 5", lavfi("96x64", "25", 0.4)));
    let output = films.path("out_%d.png");
    assert_eq!(pass(&input, &output).frames, 10);
    // As careful about chroma as we are.
    let flags = "-sws_flags bicubic+accurate_rnd+full_chroma_int+full_chroma_inp";
    films.make("its_%d.png", &format!("-i {} -map 0:v {flags}", input.display()));
    for number in 1..=10 {
        let [ours, theirs] = ["out", "its"].map(|name| rgb(&films.path(&format!("{name}_{number}.png"))));
        assert!(difference(&ours, &theirs) < 3.0, "{number}: {}", difference(&ours, &theirs));
    }
    assert!(!films.list().iter().any(|name| name.contains("part") || name == "out_11.png"), "{:?}", films.list());
    // What is there is replaced only where that was asked for.
    let again = |overwrite| {
        let options = SinkOptions { overwrite, ..SinkOptions::default() };
        pass_with(&input, &output, &OpenOptions::default(), options)
    };
    assert!(matches!(again(false), Err(Error::Exists { path }) if path.ends_with("out_1.png")));
    assert!(again(true).is_ok());
}

#[test]
fn gaps_and_nothing_are_refused() {
    let films = Films::new();
    films.make("shot_%02d.jpg", "-f lavfi -i testsrc2=s=96x64:r=24:d=0.5");
    for number in ["04", "05"] {
        std::fs::remove_file(films.path(&format!("shot_{number}.jpg"))).expect("removed");
    }
    let refused = |name: &str| match source::open(&films.path(name), &OpenOptions::default()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{name} was opened"),
    };
    assert!(refused("shot_%02d.jpg").ends_with("pictures 4 to 5 are missing"));
    assert!(refused("shoot_%02d.jpg").ends_with("there is no picture of such a name"));
}

#[test]
fn light_becomes_code_values() {
    let films = Films::new();
    // Half the light: 188 of 255 by sRGB's curve.
    films.make("grey_%d.exr", "-f lavfi -i color=c=0x808080:s=32x32:r=25:d=0.12,format=gbrpf32le");
    assert_eq!(pass(&films.path("grey_%d.exr"), &films.path("out_%d.png")).frames, 3);
    let values = rgb(&films.path("out_2.png"));
    assert!(values.iter().all(|value| value.abs_diff(188) <= 1), "{:?}", &values[..6]);
}

#[test]
fn more_than_eight_bits_stay_more_than_eight() {
    let films = Films::new();
    // A ramp of 256 steps that are each less than one of 8 bits.
    let ramp = "color=s=256x4:r=25:d=0.12,format=gbrp16le,geq=r='20000+X':g='30000-X':b='40000+X'";
    films.make("deep_%d.png", &format!("-f lavfi -i {ramp} -pix_fmt rgb48be"));
    let levels = |path: &Path| image::open(path).expect("a picture").into_rgb16().into_raw();
    let wanted = levels(&films.path("deep_1.png"));
    assert_eq!((wanted[0], wanted[3 * 255]), (20_000, 20_255));
    let near = |path: &Path, most: u16| {
        let found = levels(path);
        let off = found.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(found.len() == wanted.len() && off <= Some(most), "{}: {off:?}", path.display());
    };
    // As a film, which FFmpeg's scaler takes apart with 14 bits, and as a picture alone.
    for name in ["film_%d.png", "film_%d.tiff"] {
        pass(&films.path("deep_%d.png"), &films.path(name));
        near(&films.path(&name.replace("%d", "1")), 24);
    }
    for name in ["alone.png", "alone.tiff"] {
        pass(&films.path("deep_2.png"), &films.path(name));
        near(&films.path(name), 2);
    }
    // Light, which comes back through FFmpeg's curve.
    pass(&films.path("deep_%d.png"), &films.path("light_%d.exr"));
    let light = image::open(films.path("light_1.exr")).expect("a picture").into_rgb32f();
    let srgb = |level: f32| if level <= 0.040_45 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) };
    for (found, wanted) in light.as_raw().iter().zip(&wanted) {
        assert!((found - srgb(f32::from(*wanted) / 65535.0)).abs() < 1e-3, "{found} for {wanted}");
    }
    pass(&films.path("light_%d.exr"), &films.path("back_%d.png"));
    near(&films.path("back_1.png"), 60);
}
