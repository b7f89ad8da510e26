//! The generator at each detail, from decoder planes to drawing, on the CPU: `cargo bench --bench network`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot start should panic")]

use comicvid::config::Generator;
use comicvid::frame::{ColorInfo, CpuImage, PixelFormat, Size, StreamInfo};
use comicvid::stylize::{Detail, Reduce, build};
use criterion::{Criterion, criterion_group, criterion_main};

const PHOTO: Size = Size::new(1280, 720);

fn photo() -> CpuImage {
    let planes = (0..3).map(|plane| {
        let (columns, rows, _) = PixelFormat::I420.plane_layout(plane, PHOTO);
        (0..columns * rows).map(|i| 64 + (i.wrapping_mul(2_654_435_761) >> 25) as u8).collect()
    });
    CpuImage::from_planes(PHOTO, PixelFormat::I420, ColorInfo::BT709, planes.collect())
}

fn network(c: &mut Criterion) {
    let info = StreamInfo::new(PHOTO, PixelFormat::I420, ColorInfo::BT709);
    let photo = photo();
    let mut group = c.benchmark_group("network");
    group.sample_size(20);
    group.bench_function("reduce", |b| {
        let small = Detail::Standard.working_size(PHOTO);
        let mut reduce = Reduce::new(PHOTO, photo.format, photo.color, small);
        b.iter(|| reduce.run(&photo));
    });
    for (name, detail) in [("draft", Detail::Draft), ("standard", Detail::Standard), ("fine", Detail::Fine)] {
        let mut draw = build(&Generator::default(), detail, "cpu", &info).unwrap().draw;
        let small = detail.working_size(PHOTO);
        let mut reduce = Reduce::new(PHOTO, photo.format, photo.color, small);
        group.bench_function(name, |b| b.iter(|| draw.draw(&reduce.run(&photo)).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, network);
criterion_main!(benches);
