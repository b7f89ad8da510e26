//! Tests of the chain: shaders against their Rust structs with no GPU, colours against an independent oracle, effects
//! against scalar twins and golden pictures.

mod color;
mod effects;
mod golden;
mod history;
mod page;
mod paint;
mod shaders;
mod twins;

use super::PostChain;
use crate::config::Settings;
use crate::frame::{ColorInfo, CpuImage, Drawing, Drawn, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use crate::gpu::Context;
use crate::stage::FrameFilter;
use std::sync::OnceLock;

/// The device, shared by all tests; `None` where `COMICVID_NO_GPU=1` says that there is none.
fn context() -> Option<Context> {
    static CONTEXT: OnceLock<Option<Context>> = OnceLock::new();
    let context = CONTEXT.get_or_init(|| {
        if std::env::var("COMICVID_NO_GPU").is_ok_and(|v| v == "1") {
            return None;
        }
        Some(Context::new().unwrap_or_else(|e| {
            panic!("{e}\nthese tests draw: install a Vulkan driver (`apt install mesa-vulkan-drivers`), or set COMICVID_NO_GPU=1 to do without")
        }))
    });
    if context.is_none() {
        println!("SKIPPED: COMICVID_NO_GPU=1");
    }
    context.clone()
}

/// Settings that leave the photo alone; effects are added to them.
fn photo_only() -> Settings {
    let mut settings = Settings::default();
    settings.generator.strength = 0.0;
    settings
}

fn info(size: Size, format: PixelFormat, color: ColorInfo) -> StreamInfo {
    let one = Rational::new(1, 1);
    StreamInfo { time_base: one, ..StreamInfo::new(size, format, color) }
}

/// `photo` through a chain of its own; without a `drawing` a grey one goes along.
fn run(
    context: &Context,
    settings: &Settings,
    photo: CpuImage,
    output: (PixelFormat, ColorInfo),
    drawing: Option<Drawing>,
) -> CpuImage {
    let drawing = drawing.unwrap_or_else(|| Drawing { size: Size::new(8, 8), rgba: vec![128; 8 * 8 * 4] });
    let input = info(photo.size, photo.format, photo.color);
    let mut chain = PostChain::new(context.clone(), settings, &input, output, drawing.size).unwrap();
    let stamp = Stamp { index: 3, pts: -7, duration: 2 };
    assert!(
        chain
            .push(Frame { stamp, image: Drawn { photo, drawing: Some(drawing), motion: None, number: 0 } })
            .unwrap()
            .is_none()
    );
    let done = chain.drain().unwrap().unwrap();
    assert_eq!(done.stamp, stamp);
    assert!(chain.drain().unwrap().is_none());
    done.image
}

/// Rows of plane `plane` without padding.
fn packed(image: &CpuImage, plane: usize) -> Vec<u8> {
    let (_, rows, _) = image.format.plane_layout(plane, image.size);
    (0..rows).flat_map(|row| image.row(plane, row).to_vec()).collect()
}

/// An RGBA picture of `size` from a function of the pixel.
fn rgba(size: Size, color: impl Fn(u32, u32) -> [f32; 3]) -> CpuImage {
    let mut bytes = Vec::with_capacity(size.pixels() * 4);
    for (x, y) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))) {
        bytes.extend(color(x, y).map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8));
        bytes.push(255);
    }
    CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![bytes])
}

/// R'G'B' of an RGBA picture, row by row.
fn colors(image: &CpuImage) -> Vec<[f32; 3]> {
    packed(image, 0).chunks_exact(4).map(|p| [0, 1, 2].map(|c| f32::from(p[c]) / 255.0)).collect()
}

const RGBA: (PixelFormat, ColorInfo) = (PixelFormat::Rgba8, ColorInfo::SRGB);

#[test]
fn pictures_leave_in_order_and_none_is_lost() {
    let Some(context) = context() else { return };
    let size = Size::new(16, 16);
    let photo = |i: u8| rgba(size, |_, _| [f32::from(i) / 10.0; 3]);
    let input = info(size, PixelFormat::Rgba8, ColorInfo::SRGB);
    let small = Size::new(8, 8);
    let mut chain = PostChain::new(context, &photo_only(), &input, RGBA, small).unwrap();
    let mut out = Vec::new();
    for i in 0..7 {
        let stamp = Stamp { index: i.into(), pts: i64::from(i) * 3, duration: 3 };
        let drawing = Drawing { size: small, rgba: vec![0; 8 * 8 * 4] };
        out.extend(
            chain
                .push(Frame {
                    stamp,
                    image: Drawn { photo: photo(i), drawing: Some(drawing), motion: None, number: 0 },
                })
                .unwrap(),
        );
    }
    while let Some(frame) = chain.drain().unwrap() {
        out.push(frame);
    }
    assert_eq!(out.len(), 7);
    for (i, frame) in out.iter().enumerate() {
        assert_eq!(frame.stamp.pts, i as i64 * 3);
        assert_eq!(packed(&frame.image, 0), packed(&photo(i as u8), 0));
    }
}

#[test]
fn a_picture_of_another_size_is_an_error() {
    let Some(context) = context() else { return };
    let input = info(Size::new(16, 16), PixelFormat::Rgba8, ColorInfo::SRGB);
    let mut chain = PostChain::new(context, &photo_only(), &input, RGBA, Size::new(8, 8)).unwrap();
    let stamp = Stamp { index: 0, pts: 0, duration: 0 };
    let drawing = Drawing { size: Size::new(8, 8), rgba: vec![0; 8 * 8 * 4] };
    let photo = rgba(Size::new(17, 16), |_, _| [0.0; 3]);
    let error = chain
        .push(Frame { stamp, image: Drawn { photo, drawing: Some(drawing), motion: None, number: 0 } })
        .unwrap_err();
    assert!(error.to_string().contains("16x16") && error.to_string().contains("17x16"), "{error}");
}

#[test]
fn other_settings_give_what_a_chain_made_for_them_gives() {
    let Some(context) = context() else { return };
    let size = Size::new(48, 32);
    let photo = rgba(size, |x, y| [x as f32 / 48.0, y as f32 / 32.0, if x > y { 0.9 } else { 0.1 }]);
    let rgba: Vec<u8> = (0..24 * 16).flat_map(|i| [(i % 251) as u8, (i * 7 % 256) as u8, 90, 255]).collect();
    let drawing = Drawing { size: Size::new(24, 16), rgba };
    let before = crate::config::load("comic", &[]).unwrap();
    let mut after = before.clone();
    after.generator.strength = 0.6;
    let mut chain =
        PostChain::new(context.clone(), &before, &info(size, PixelFormat::Rgba8, ColorInfo::SRGB), RGBA, drawing.size)
            .unwrap();
    // Full and partial strength are different shaders.
    assert!(!chain.retune(&after).unwrap());
    after = before.clone();
    let (outline, tone) = (after.outline.as_mut().unwrap(), after.tone.as_mut().unwrap());
    (outline.width, tone.saturation) = (9.0, 0.3);
    after.paint.as_mut().unwrap().length = 60.0;
    assert!(chain.retune(&after).unwrap());
    let stamp = Stamp { index: 0, pts: 0, duration: 1 };
    let drawn = Drawn { photo: photo.clone(), drawing: Some(drawing.clone()), motion: None, number: 0 };
    chain.push(Frame { stamp, image: drawn }).unwrap();
    let tuned = packed(&chain.drain().unwrap().unwrap().image, 0);
    let draw = |settings| packed(&run(&context, settings, photo.clone(), RGBA, Some(drawing.clone())), 0);
    assert_eq!(tuned, draw(&after));
    assert_ne!(tuned, draw(&before));
}

#[test]
fn a_device_that_is_lost_is_an_error_and_nothing_hangs() {
    if context().is_none() {
        return;
    }
    // Of its own: the others go on with theirs.
    let context = Context::new().unwrap();
    let size = Size::new(64, 48);
    let (info, output) = (info(size, PixelFormat::Rgba8, ColorInfo::SRGB), (PixelFormat::Rgba8, ColorInfo::SRGB));
    let mut chain = PostChain::new(context.clone(), &Settings::default(), &info, output, size).unwrap();
    let mut push = |index: u64| {
        let bytes = vec![100; size.pixels() * 4];
        let photo = CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![bytes.clone()]);
        let drawing = Some(Drawing { size, rgba: bytes });
        let image = Drawn { photo, drawing, motion: None, number: index as u32 };
        chain.push(Frame { stamp: Stamp { index, pts: index as i64, duration: 1 }, image }).map(drop)
    };
    (0..3).for_each(|index| push(index).unwrap());
    context.lose();
    // Pictures that were under way may still come.
    let error = (3..8).find_map(|index| push(index).err());
    assert!(matches!(error, Some(crate::error::Error::Gpu { .. })), "{error:?}");
}
