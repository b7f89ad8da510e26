//! The shaders at 1280x720: each style as a whole, in pictures a second, photo and drawing in, planes out.
//!
//! `cargo bench --bench post`; on a software renderer the processor's other work is part of the figure.

use comicvid::config::{PRESETS, Settings, load};
use comicvid::frame::{ColorInfo, CpuImage, Drawing, Drawn, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use comicvid::gpu::Context;
use comicvid::post::PostChain;
use comicvid::stage::FrameFilter;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const SIZE: Size = Size::new(1280, 720);
const SMALL: Size = Size::new(640, 360);

/// Discs on a gradient, about as many edges as a street scene.
fn lightness(x: u32, y: u32) -> u8 {
    let (dx, dy) = (x as i32 % 160 - 80, y as i32 % 144 - 72);
    let disc = if dx * dx + dy * dy < 2500 { 90 } else { 0 };
    (40 + disc + x * 60 / SIZE.width + y * 40 / SIZE.height) as u8
}

fn drawn() -> Drawn {
    let luma = (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| lightness(x, y))).collect();
    let chroma = vec![120; SIZE.pixels() / 4];
    let photo = CpuImage::from_planes(SIZE, PixelFormat::I420, ColorInfo::BT709, vec![luma, chroma.clone(), chroma]);
    let pixels = (0..SMALL.height).flat_map(|y| (0..SMALL.width).map(move |x| lightness(2 * x, 2 * y)));
    let rgba = pixels.flat_map(|l| [l, l / 2 + 60, 200 - l / 2, 255]).collect();
    Drawn { photo, drawing: Some(Drawing { size: SMALL, rgba }), motion: None, number: 0 }
}

fn chain(context: &Context, settings: &Settings) -> comicvid::error::Result<PostChain> {
    let input =
        StreamInfo { time_base: Rational::new(1, 30), ..StreamInfo::new(SIZE, PixelFormat::I420, ColorInfo::BT709) };
    PostChain::new(context.clone(), settings, &input, (PixelFormat::I420, ColorInfo::BT709), SMALL)
}

#[allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails by panicking and talks to a person")]
fn styles(criterion: &mut Criterion) {
    let context = Context::new().unwrap();
    println!("{}", context.describe());
    let drawn = drawn();
    let mut group = criterion.benchmark_group("post 1280x720");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    for preset in PRESETS {
        let mut chain = chain(&context, &load(preset.name, &[]).unwrap()).unwrap();
        for time in chain.measure(&drawn).unwrap() {
            println!("{}: {} {:.2} ms", preset.name, time.pass, time.time.as_secs_f64() * 1e3);
        }
        let mut index = 0;
        group.bench_function(preset.name, |bencher| {
            bencher.iter(|| {
                index += 1;
                let stamp = Stamp { index, pts: index as i64, duration: 1 };
                chain.push(Frame { stamp, image: drawn.clone() }).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, styles);
criterion_main!(benches);
