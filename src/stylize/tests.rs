//! The stage as the program uses it.

use super::{Detail, build};
use crate::config::Generator;
use crate::error::Error;
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};

fn info(size: Size) -> StreamInfo {
    StreamInfo {
        size,
        format: PixelFormat::I420,
        color: ColorInfo::BT709,
        sample_aspect: Rational::new(1, 1),
        time_base: Rational::new(1, 25),
        frame_rate: None,
        frame_count: None,
        live: false,
    }
}

fn photo(size: Size) -> CpuImage {
    let planes = (0..3).map(|plane| {
        let (columns, rows, _) = PixelFormat::I420.plane_layout(plane, size);
        (0..columns * rows).map(|i| 64 + (i * 7 % 113) as u8).collect()
    });
    CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes.collect())
}

fn draw(weights: &str, size: Size) -> Vec<u8> {
    let generator = Generator { weights: weights.into(), ..Generator::default() };
    let mut stage = build(&generator, Detail::Standard, "cpu", &info(size)).unwrap().filter;
    let stamp = Stamp { index: 4, pts: 160, duration: 40 };
    let drawn = stage.push(Frame { stamp, image: photo(size) }).unwrap().unwrap();
    assert_eq!(drawn.stamp, stamp);
    assert_eq!(drawn.image.drawing.size, Detail::Standard.working_size(size));
    assert_eq!(drawn.image.photo.size, size);
    assert!(stage.drain().unwrap().is_none());
    drawn.image.drawing.rgba
}

#[test]
fn the_network_redraws_the_photo_and_none_passes_it_on() {
    let size = Size::new(97, 61);
    let [photo, drawing] = ["none", "comic"].map(|weights| draw(weights, size));
    let small = Detail::Standard.working_size(size);
    let mut reduce = super::Reduce::new(size, PixelFormat::I420, ColorInfo::BT709, small);
    assert_eq!(photo, reduce.run(&self::photo(size)).to_drawing().rgba);
    assert!(drawing.chunks_exact(4).all(|pixel| pixel[3] == 255));
    let changed = photo.iter().zip(&drawing).filter(|(a, b)| a.abs_diff(**b) > 4).count();
    assert!(cfg!(not(feature = "torch")) || changed > photo.len() / 10, "{changed}");
}

#[test]
fn frames_of_another_size_are_drawn_at_theirs() {
    let generator = Generator::default();
    let mut stage = build(&generator, Detail::Draft, "auto", &info(Size::new(64, 48))).unwrap().filter;
    for size in [Size::new(64, 48), Size::new(33, 90), Size::new(1, 1)] {
        let stamp = Stamp { index: 0, pts: 0, duration: 1 };
        let drawn = stage.push(Frame { stamp, image: photo(size) }).unwrap().unwrap();
        assert_eq!(drawn.image.drawing.size, Detail::Draft.working_size(size));
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
