//! One small picture per effect, as it looked when somebody last looked at it. `UPDATE_GOLDEN=1` writes them anew.

use super::{RGBA, context, packed, photo_only, rgba, run};
use crate::config::{Halftone, Outline, Paint, Paper, Pattern, Settings, Tone, Wash};
use crate::frame::{CpuImage, Drawing, Size};
use std::path::{Path, PathBuf};

const SIZE: Size = Size::new(48, 32);
/// Bytes of a golden picture: they are for a glance, not for an archive.
const MOST_BYTES: u64 = 4096;
/// Codes that drivers may differ by, and how many pixels may differ by more (steps fall on either side).
const TOLERANCE: (u8, usize) = (6, SIZE.pixels() / 50);

/// A sun over a hill: a round edge, a straight one, a gradient, two hues.
fn scene() -> CpuImage {
    rgba(SIZE, |x, y| {
        let (u, v) = (x as f32, y as f32);
        if (u - 14.0).hypot(v - 12.0) < 8.0 {
            [0.95, 0.75, 0.2]
        } else if v > 30.0 - u * 0.4 {
            [0.15, 0.4 - v * 0.006, 0.2]
        } else {
            [0.35 + v * 0.01, 0.55 + v * 0.01, 0.85]
        }
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Why two pictures are not alike; `None` where they are.
fn fault(ours: &[u8], golden: &[u8]) -> Option<String> {
    if ours.len() != golden.len() {
        return Some(format!("{} bytes instead of {}", ours.len(), golden.len()));
    }
    let differs = |(a, b): (&[u8], &[u8])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > TOLERANCE.0);
    let count = ours.chunks_exact(3).zip(golden.chunks_exact(3)).filter(|&p| differs(p)).count();
    (count > TOLERANCE.1).then(|| format!("{count} pixels differ by more than {} codes", TOLERANCE.0))
}

fn save(path: &PathBuf, rgb: &[u8], width: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let height = rgb.len() as u32 / 3 / width;
    image::RgbImage::from_raw(width, height, rgb.to_vec()).unwrap().save(path).unwrap();
}

fn check(name: &str, settings: &Settings) {
    let Some(context) = context() else { return };
    let scene = scene();
    // The drawing: the scene at half its size, in three levels a channel.
    let small = Size::new(24, 16);
    let bytes = packed(&scene, 0);
    let rgba = (0..small.pixels() * 4)
        .map(|i| {
            let (x, y, c) = (i / 4 % 24 * 2, i / 4 / 24 * 2, i % 4);
            if c == 3 { 255 } else { (bytes[(y * 48 + x) * 4 + c] / 86) * 127 }
        })
        .collect();
    let done = run(&context, settings, scene, RGBA, Some(Drawing { size: small, rgba }));
    let ours: Vec<u8> = packed(&done, 0).chunks_exact(4).flat_map(|p| p[..3].to_vec()).collect();
    let path = root().join("tests/golden").join(format!("{name}.png"));
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        save(&path, &ours, SIZE.width);
        assert!(std::fs::metadata(&path).unwrap().len() <= MOST_BYTES, "{name}.png is too large");
    }
    let golden = image::open(&path).unwrap_or_else(|e| panic!("{}: {e}; UPDATE_GOLDEN=1 writes it", path.display()));
    let golden = golden.to_rgb8().into_raw();
    if let Some(fault) = fault(&ours, &golden) {
        // Golden, ours, difference, one under the other.
        let difference = ours.iter().zip(&golden).map(|(a, b)| a.abs_diff(*b).saturating_mul(4));
        let sheet: Vec<u8> = golden.iter().copied().chain(ours.iter().copied()).chain(difference).collect();
        let at = root().join("target/golden").join(format!("{name}.png"));
        save(&at, &sheet, SIZE.width);
        panic!("{name}: {fault}; see {}", at.display());
    }
}

#[test]
fn upsample() {
    check("upsample", &Settings::default());
}

#[test]
fn paint() {
    // Six pixels of so small a drawing.
    let paint = Paint { length: 405.0, crispness: 1.0 };
    check("paint", &Settings { paint: Some(paint), ..Settings::default() });
}

#[test]
fn tone() {
    let tone = Tone { steps: 4, softness: 0.2, saturation: 1.8, keep_color: 0.5, ..Default::default() };
    check("tone", &Settings { tone: Some(tone), ..photo_only() });
}

#[test]
fn outline() {
    let outline = Outline { width: 12.0, threshold: 0.01, ..Default::default() };
    check("outline", &Settings { outline: Some(outline), ..photo_only() });
}

#[test]
fn halftone() {
    let halftone = Halftone { pattern: Pattern::Hatch, size: 40.0, highlight: 0.9, ..Default::default() };
    check("halftone", &Settings { halftone: Some(halftone), ..photo_only() });
}

#[test]
fn wash() {
    check("wash", &Settings { wash: Some(Wash { rim: 2.0, flow: 1.0, grain: 0.5 }), ..Settings::default() });
}

#[test]
fn paper() {
    check("paper", &Settings { paper: Some(Paper { grain: 1.0, ..Default::default() }), ..photo_only() });
}

#[test]
fn the_comparer_can_fail() {
    let a = packed(&scene(), 0);
    assert!(fault(&a, &a).is_none());
    let mut b = a.clone();
    b.iter_mut().step_by(3).for_each(|v| *v = v.wrapping_add(40));
    assert!(fault(&a, &b).is_some());
    assert!(fault(&a, &a[3..]).is_some());
}
