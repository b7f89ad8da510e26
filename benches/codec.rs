//! What reading and writing cost at 1280x720: elements are frames. `cargo bench --bench codec`
//!
//! A run on two cores has 125 ms a frame for everything; decoding should take less than 10 core-milliseconds of them and
//! encoding, with the preset that `av::encoder` chooses, less than 25.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot go on should stop")]

use comicvid::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;

const SIZE: Size = Size::new(1280, 720);
const FRAMES: u64 = 48;

/// Drifting waves, an edge that moves the other way, and a little noise: detail and motion of an ordinary shot.
fn picture(index: u64) -> CpuImage {
    let wave = |x: u32, y: u32, scale: f32, shift: f32| {
        ((x as f32 / scale + shift).sin() + (y as f32 / (scale * 0.7) - shift * 0.6).cos()) * 0.25 + 0.5
    };
    let shift = index as f32 * 0.09;
    let mut seed = index as u32 * 747_796_405 + 1;
    let mut noise = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 30) as f32
    };
    let edge = 1280 - (index as u32 * 7) % 1280;
    let mut plane = |width: u32, height: u32, scale: f32, noisy: bool| -> Vec<u8> {
        let mut samples = Vec::with_capacity((width * height) as usize);
        for y in 0..height {
            for x in 0..width {
                let step = if x * 1280 / width > edge { 40.0 } else { 0.0 };
                let grain = if noisy { noise() } else { 0.0 };
                samples.push((wave(x, y, scale, shift) * 150.0 + step + grain + 20.0) as u8);
            }
        }
        samples
    };
    let planes = vec![plane(1280, 720, 23.0, true), plane(640, 360, 40.0, false), plane(640, 360, 31.0, false)];
    CpuImage::from_planes(SIZE, PixelFormat::I420, ColorInfo::BT709, planes)
}

fn encode(frames: &[CpuImage], path: &Path) {
    let info = StreamInfo {
        time_base: Rational::new(1, 30),
        frame_rate: Some(Rational::new(30, 1)),
        ..StreamInfo::new(SIZE, PixelFormat::I420, ColorInfo::BT709)
    };
    let options = SinkOptions { overwrite: true, ..SinkOptions::default() };
    let mut sink = sink::create(path, &info, &options).expect("created").sink;
    for (index, image) in frames.iter().enumerate() {
        let stamp = Stamp { index: index as u64, pts: index as i64, duration: 1 };
        sink.write(Frame { stamp, image: image.clone() }).expect("written");
    }
    sink.finish().expect("finished");
}

fn codec(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    let frames: Vec<_> = (0..FRAMES).map(picture).collect();
    encode(&frames, &path);
    let mut group = c.benchmark_group("codec-720p");
    group.throughput(Throughput::Elements(FRAMES)).sample_size(10);
    group.bench_function("decode", |b| {
        b.iter(|| {
            let mut source = source::open(&path, &OpenOptions::default()).expect("opened").source;
            let mut count = 0;
            while let Some(frame) = source.next_frame().expect("a frame") {
                black_box(frame.image.row(0, 0)[0]);
                count += 1;
            }
            assert_eq!(count, FRAMES);
        });
    });
    let output = folder.path().join("again.mp4");
    group.bench_function("encode", |b| b.iter(|| encode(&frames, &output)));
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
