//! What draws, as the program builds it.

use super::{Detail, build};
use crate::config::Generator;
use crate::error::Error;
use crate::frame::{ColorInfo, Drawing, PixelFormat, Size, SmallRgb, StreamInfo};

fn info(size: Size) -> StreamInfo {
    StreamInfo::new(size, PixelFormat::I420, ColorInfo::BT709)
}

fn small(size: Size) -> SmallRgb {
    SmallRgb { size, planes: (0..size.pixels() * 3).map(|i| 0.25 + (i * 7 % 113) as f32 / 255.0).collect() }
}

fn draw(weights: &str, photo: &SmallRgb) -> Drawing {
    let generator = Generator { weights: weights.into(), ..Generator::default() };
    let mut draw = build(&generator, Detail::Standard, "cpu", &info(photo.size)).unwrap().draw;
    draw.draw(photo).unwrap()
}

#[test]
fn the_network_redraws_the_photo_and_none_passes_it_on() {
    let photo = small(Size::new(96, 64));
    let [passed, drawing] = ["none", "comic"].map(|weights| draw(weights, &photo));
    assert_eq!(passed, photo.to_drawing());
    assert_eq!(drawing.size, photo.size);
    let changed = passed.rgba.iter().zip(&drawing.rgba).filter(|(a, b)| a.abs_diff(**b) > 4).count();
    assert!(cfg!(not(feature = "torch")) || changed > drawing.rgba.len() / 10, "{changed}");
}

#[test]
fn pictures_of_any_size_are_drawn_at_theirs() {
    let mut draw = build(&Generator::default(), Detail::Draft, "auto", &info(Size::new(64, 48))).unwrap().draw;
    for size in [Size::new(64, 48), Size::new(32, 88), Size::new(8, 8)] {
        assert_eq!(draw.draw(&small(size)).unwrap().size, size);
    }
}

#[test]
fn wishes_that_cannot_be_met_are_errors() {
    let info = info(Size::new(64, 48));
    let attempt = |weights: &str, device| {
        let generator = Generator { weights: weights.into(), ..Generator::default() };
        build(&generator, Detail::Standard, device, &info).err()
    };
    assert!(matches!(attempt("comic", "gpu"), Some(Error::Device { .. })));
    assert!(matches!(attempt("comic", "cuda:99"), Some(Error::Device { .. })));
    #[cfg(feature = "torch")]
    assert!(matches!(attempt("/no/such/file", "cpu"), Some(Error::Weights { .. })));
    assert!(attempt("none", "cpu").is_none());
}
