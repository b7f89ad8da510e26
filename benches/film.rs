//! The whole path at 720p, ten frames a run: a moving pattern through generator, shaders and H.264 into a file:
//! `cargo bench --bench film`. (`comicvid bench` tells the same of any size and style, stage by stage.)

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that cannot start should panic")]

use comicvid::config;
use comicvid::frame::{Rational, Size};
use comicvid::gpu::Context;
use comicvid::pipeline::{Manner, Meters, Pipeline, Redraw, Stop};
use comicvid::post::PostChain;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::Pattern;
use comicvid::stage::FrameSource;
use comicvid::stylize::{self, Detail};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const SIZE: Size = Size::new(1280, 720);
const FRAMES: u64 = 10;

/// A run that is ready to start.
fn pipeline(folder: &std::path::Path) -> Pipeline {
    let settings = config::load("comic", &[]).unwrap();
    let source = Box::new(Pattern::new(SIZE, Rational::new(30, 1), FRAMES));
    let info = source.info().clone();
    let options = SinkOptions { overwrite: true, ..SinkOptions::default() };
    let sink = sink::create(&folder.join("film.mp4"), &info, &options).unwrap();
    let draw = stylize::build(&settings.generator, Detail::Standard, "cpu", &info).unwrap().draw;
    let stylizer = Box::new(Redraw::new(draw, &info, Detail::Standard, Manner::default()));
    let small = Detail::Standard.working_size(SIZE);
    let context = Context::new().unwrap();
    let post = PostChain::new(context, &settings, &info, (sink.format, sink.color), small).unwrap();
    Pipeline { source, stylizer, post: Box::new(post), sink: sink.sink, first: 0 }
}

fn film(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let mut group = c.benchmark_group("film");
    group.sample_size(10).throughput(Throughput::Elements(FRAMES));
    group.bench_function("720p comic", |b| {
        let run = |pipeline: Pipeline| pipeline.run(&Stop::default(), &Meters::default()).unwrap();
        b.iter_batched(|| pipeline(folder.path()), run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, film);
criterion_main!(benches);
