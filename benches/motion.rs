//! What calm costs a 1280x720 frame: all of it happens on the small picture of 640x360.

use comicvid::frame::{Size, SmallRgb};
use comicvid::motion::{Calm, Pair};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;

const SIZE: Size = Size::new(640, 360);

/// A wavy picture, moved by `shift` pixels, with grain that depends on `seed`.
fn picture(shift: f32, seed: u32) -> SmallRgb {
    let value = |i: usize| {
        let (channel, at) = (i / SIZE.pixels(), i % SIZE.pixels());
        let (x, y) = ((at % 640) as f32 - shift, (at / 640) as f32 - 0.5 * shift);
        let wave = (x * 0.11 + channel as f32).sin() + (y * 0.17).cos() + (0.31 * x + 0.23 * y).sin();
        let grain = (i as u32 ^ seed).wrapping_mul(0x9E37_79B1) >> 24;
        0.5 + 0.12 * wave + grain as f32 / 16_000.0
    };
    SmallRgb { size: SIZE, planes: (0..3 * SIZE.pixels()).map(value).collect() }
}

fn calm(criterion: &mut Criterion) {
    for (name, speed) in [("still", 0.0), ("pan", 5.3)] {
        let pictures: Vec<SmallRgb> = (0..8).map(|time| picture(speed * time as f32, time)).collect();
        let mut group = criterion.benchmark_group(format!("motion/{name}"));
        group.bench_function("see", |bencher| {
            let mut calm = Calm::new(Calm::DEFAULT);
            let mut next = pictures.iter().cycle();
            bencher.iter_batched(
                || next.next().cloned().unwrap_or_else(|| picture(0.0, 0)),
                |mut small| black_box(calm.see(&mut small)),
                BatchSize::LargeInput,
            );
        });
        group.bench_function("flow", |bencher| bencher.iter(|| black_box(Pair::find(&pictures[1], &pictures[0]))));
        group.finish();
    }
}

criterion_group!(benches, calm);
criterion_main!(benches);
