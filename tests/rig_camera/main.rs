//! Capture against a camera of FUSE: what the kernel's interface really does, with frames of which every one is known.
//!
//! Mounting needs root or `fusermount3`, so these run by `make test-rigs` only: `cargo test --test rig_camera -- --ignored`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cpu;
mod device;
mod program;

use comicvid::frame::{Clock, CpuImage, Frame, Rational, Size, StreamInfo};
use comicvid::frame::{ColorInfo, PixelFormat, Stamp};
use comicvid::sink::loopback::{LoopbackSink, devices};
use comicvid::source::live::camera::{Backend, Camera, Nokhwa, Selector, V4l, Wish};
use comicvid::source::live::{Event, LiveSource};
use comicvid::stage::FrameSink;
use device::luma;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_millis(100);

/// What the camera says next, silence left out.
fn next(source: &mut Camera) -> Event {
    let start = Instant::now();
    loop {
        let asked = Instant::now();
        let event = source.next(WAIT).unwrap();
        assert!(asked.elapsed() < Duration::from_secs(3), "it hangs");
        if !matches!(event, Event::Quiet) {
            return event;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "nothing happens");
    }
}

fn opened(source: &mut Camera) -> (StreamInfo, String) {
    loop {
        match next(source) {
            Event::Opened(opened) => return (opened.info, opened.mode),
            Event::Lost(_) => {}
            Event::Frame(_) => panic!("a frame before the opening"),
            Event::Quiet => {}
        }
    }
}

fn frame(source: &mut Camera) -> Frame<CpuImage> {
    match next(source) {
        Event::Frame(frame) => frame,
        other => panic!("{other:?}"),
    }
}

fn lost(source: &mut Camera) -> String {
    loop {
        match next(source) {
            Event::Lost(reason) => return reason,
            Event::Frame(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn camera(folder: &Path, clock: Clock) -> Camera {
    Camera::new(Box::new(V4l::in_folder(folder)), Selector::Any, Wish::default(), clock)
}

/// Takes frames and checks that each is one whole frame of the camera's, and none is older than the last. Answers with
/// how far the indices went, and the largest age.
fn check(source: &mut Camera, clock: Clock, count: usize, tolerance: u8) -> (u64, Duration) {
    let mut last: Option<Frame<CpuImage>> = None;
    let (mut first, mut oldest) = (None, Duration::ZERO);
    for _ in 0..count {
        let frame = frame(source);
        oldest = oldest.max(clock.since(frame.stamp.pts));
        let image = &frame.image;
        let value = image.row(0, 0)[0];
        let whole = (0..image.size.height).all(|y| image.row(0, y).iter().all(|v| v.abs_diff(value) <= tolerance));
        assert!(whole, "a frame of two pictures");
        if let Some(last) = last {
            assert!(frame.stamp.index > last.stamp.index && frame.stamp.pts > last.stamp.pts);
            // The picture is the one that the index says.
            let step = (frame.stamp.index - last.stamp.index) as u32;
            let before = last.image.row(0, 0)[0];
            let known =
                (0..200).any(|s| luma(s).abs_diff(before) <= tolerance && luma(s + step).abs_diff(value) <= tolerance);
            assert!(known, "{before} and, {step} later, {value}");
        }
        first.get_or_insert(frame.stamp.index);
        last = Some(frame);
    }
    (last.unwrap().stamp.index - first.unwrap(), oldest)
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn sizes_rates_and_formats() {
    for (size, interval, code, rate, mode) in [
        (Size::new(320, 180), (1, 30), *b"YUYV", (30, 1), "320x180 YUYV at 30 fps"),
        (Size::new(640, 360), (1001, 30000), *b"YUYV", (30000, 1001), "640x360 YUYV at 29.97 fps"),
        (Size::new(1920, 1080), (1, 15), *b"NV12", (15, 1), "1920x1080 NV12 at 15 fps"),
        (Size::new(640, 480), (1, 30), *b"MJPG", (30, 1), "640x480 MJPEG at 30 fps"),
        (Size::new(640, 400), (2, 15), *b"GREY", (15, 2), "640x400 grey at 7.5 fps"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let _camera = device::Camera::mount(folder.path(), size, interval, code);
        let backend = V4l::in_folder(folder.path());
        let listed = backend.list();
        assert_eq!((listed.len(), listed[0].name.as_str()), (1, "FUSE camera"));
        let clock = Clock::start();
        let mut source = camera(folder.path(), clock);
        let (info, said) = opened(&mut source);
        assert_eq!((info.size, info.frame_rate, said.as_str()), (size, Some(Rational::new(rate.0, rate.1)), mode));
        let tolerance = if &code == b"MJPG" { 3 } else { 0 };
        check(&mut source, clock, 12, tolerance);
    }
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn a_mode_that_is_missing_gives_way_to_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let _camera = device::Camera::mount(folder.path(), Size::new(640, 360), (1, 15), *b"YUYV");
    let (clock, wish) = (Clock::start(), Wish { size: Size::new(1920, 1080), rate: Rational::new(60, 1) });
    let mut source = Camera::new(Box::new(V4l::in_folder(folder.path())), Selector::Any, wish, clock);
    let (info, said) = opened(&mut source);
    assert_eq!((info.size, said.as_str()), (Size::new(640, 360), "640x360 YUYV at 15 fps"));
    check(&mut source, clock, 5, 0);
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn a_camera_without_a_format_that_is_understood_says_which_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let device = device::Camera::mount(folder.path(), Size::new(320, 180), (1, 30), *b"H264");
    let backend = V4l::in_folder(folder.path());
    assert_eq!(backend.list().iter().map(|camera| backend.modes(camera).len()).collect::<Vec<_>>(), [0]);
    let clock = Clock::start();
    let mut source = camera(folder.path(), clock);
    let reason = lost(&mut source);
    assert_eq!(reason, "FUSE camera cannot be opened: it has no format that is understood (it has H264)");
    // It is told once, and tried again.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        assert!(matches!(source.next(WAIT).unwrap(), Event::Quiet));
    }
    device.state().code = *b"YUYV";
    opened(&mut source);
    check(&mut source, clock, 5, 0);
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn a_slow_reader_gets_the_newest_frame() {
    let folder = tempfile::tempdir().unwrap();
    let _camera = device::Camera::mount(folder.path(), Size::new(320, 180), (1, 30), *b"YUYV");
    let clock = Clock::start();
    let mut source = camera(folder.path(), clock);
    opened(&mut source);
    let mut ages = Vec::new();
    for _ in 0..6 {
        std::thread::sleep(Duration::from_millis(400));
        ages.push(clock.since(frame(&mut source).stamp.pts));
    }
    // Buffers fill while nobody reads: what is read then is the last of four, or the next. The first in, first out that
    // drivers do would be 1.2 s behind by now.
    ages.sort();
    assert!(ages[3] < Duration::from_millis(400), "{ages:?}");
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn damaged_frames_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let camera_ = device::Camera::mount(folder.path(), Size::new(320, 180), (1, 30), *b"MJPG");
    camera_.state().damage_every = Some(3);
    let clock = Clock::start();
    let mut source = camera(folder.path(), clock);
    opened(&mut source);
    let (span, _) = check(&mut source, clock, 12, 3);
    assert!(span >= 15, "a third of {span} frames was damaged, and 12 came");
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn stalled_unplugged_busy_and_back_under_another_number() {
    let folder = tempfile::tempdir().unwrap();
    let device = device::Camera::mount(folder.path(), Size::new(320, 180), (1, 30), *b"YUYV");
    let clock = Clock::start();
    let mut source = camera(folder.path(), clock);
    opened(&mut source);
    check(&mut source, clock, 5, 0);

    device.state().stalled = true;
    let start = Instant::now();
    assert!(lost(&mut source).contains("delivers no pictures"));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    device.state().stalled = false;
    opened(&mut source);
    check(&mut source, clock, 5, 0);

    device.unplug();
    let reason = lost(&mut source);
    assert!(reason.contains("unplugged"), "{reason}");
    std::thread::sleep(Duration::from_millis(500));
    device.state().busy = true;
    device.plug(3);
    let reason = lost(&mut source);
    assert!(reason.contains("not there") || reason.contains("another program"), "{reason}");
    std::thread::sleep(Duration::from_millis(300));
    device.state().busy = false;
    let back = Instant::now();
    opened(&mut source);
    assert!(back.elapsed() < Duration::from_secs(2), "{:?}", back.elapsed());
    check(&mut source, clock, 5, 0);
}

/// The fake camera among the system's devices, where nokhwa looks.
struct Bound {
    number: u32,
    place: PathBuf,
}

impl Bound {
    /// Under the first number that is free: other runs may be under way, and one that was killed leaves its own behind.
    fn new(node: &Path) -> Self {
        let mut places = (93..256).map(|number| (number, PathBuf::from(format!("/dev/video{number}"))));
        let made = |place: &Path| match std::fs::File::create_new(place) {
            Ok(_) => true,
            Err(e) if e.kind() == ErrorKind::AlreadyExists => false,
            Err(e) => panic!("{} cannot be made ({e})", place.display()),
        };
        let (number, place) = places.find(|(_, place)| made(place)).unwrap();
        let bound = Self { number, place };
        let mounted = Command::new("mount").arg("--bind").args([node, &bound.place]).status().unwrap();
        assert!(mounted.success(), "this needs root");
        bound
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.place).status();
        let _ = std::fs::remove_file(&self.place);
    }
}

#[test]
#[ignore = "mounts with FUSE over a device of /dev, as root: make test-rigs"]
fn nokhwas_cameras_are_watched_alike() {
    let folder = tempfile::tempdir().unwrap();
    let device = device::Camera::mount(folder.path(), Size::new(320, 180), (1, 30), *b"YUYV");
    let bound = Bound::new(&folder.path().join("video0"));
    let clock = Clock::start();
    let mut source = Camera::new(Box::new(Nokhwa), Selector::Index(bound.number), Wish::default(), clock);
    let (info, mode) = opened(&mut source);
    assert_eq!((info.size, mode.as_str()), (Size::new(320, 180), "320x180 YUYV at 30 fps"));
    for _ in 0..10 {
        let image = frame(&mut source).image;
        let value = image.row(0, 0)[0];
        assert!((0..180).all(|y| image.row(0, y).iter().all(|v| *v == value)), "a frame of two pictures");
    }
    // nokhwa itself would wait for ever here.
    device.state().stalled = true;
    assert!(lost(&mut source).contains("delivers no pictures"));
    source.rest();
    device.state().stalled = false;
    // The thread that was left behind ends with the frame it waited for.
    std::thread::sleep(Duration::from_millis(300));
    drop(source);
}

fn live_info(size: Size) -> StreamInfo {
    StreamInfo {
        time_base: Clock::UNIT,
        frame_rate: Some(Rational::new(30, 1)),
        live: true,
        ..StreamInfo::new(size, PixelFormat::I420, ColorInfo::BT709)
    }
}

fn grey(size: Size, number: u64) -> Frame<CpuImage> {
    let chroma = vec![128; size.pixels() / 4];
    let planes = vec![vec![luma(number as u32); size.pixels()], chroma.clone(), chroma];
    let image = CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes);
    Frame { stamp: Stamp { index: number, pts: 0, duration: 0 }, image }
}

/// Writes `count` pictures, at a pace that a reader can keep, and answers with what arrived.
fn written(device: &device::Camera, sink: &mut LoopbackSink, size: Size, count: u64) -> Vec<Vec<u8>> {
    device.state().received.clear();
    for number in 1..=count {
        sink.write(grey(size, number)).unwrap();
        let start = Instant::now();
        while (device.state().received.len() as u64) < number {
            assert!(start.elapsed() < Duration::from_secs(10), "picture {number} does not arrive");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    device.state().received.drain(..).collect()
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn a_virtual_camera_gets_every_picture_whole() {
    let folder = tempfile::tempdir().unwrap();
    let size = Size::new(320, 180);
    let device = device::Camera::mount_virtual(folder.path(), size);
    let path = folder.path().join("video0");
    assert_eq!(devices(folder.path()), [(path.clone(), "FUSE camera".to_owned())]);
    let mut sink = LoopbackSink::open(&path, &live_info(size)).unwrap();
    for (number, picture) in (1..).zip(written(&device, &mut sink, size, 12)) {
        assert_eq!(picture, [luma(number), 128].repeat(size.pixels()), "picture {number}");
    }
    Box::new(sink).finish().unwrap();
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn a_dead_virtual_camera_is_revived_and_a_lost_one_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let size = Size::new(320, 180);
    let device = device::Camera::mount_virtual(folder.path(), size);
    device.state().dead = true;
    let path = folder.path().join("video0");
    let mut sink = LoopbackSink::open(&path, &live_info(size)).unwrap();
    assert_eq!(written(&device, &mut sink, size, 3).len(), 3);
    // The module is loaded anew: the open file is dead, the device is there.
    device.unplug();
    device.plug(0);
    assert_eq!(written(&device, &mut sink, size, 3).len(), 3);
    device.unplug();
    assert!((0..3).any(|n| sink.write(grey(size, n)).is_err()), "a device that is gone is told");
}

#[test]
#[ignore = "mounts with FUSE: make test-rigs"]
fn a_reader_that_holds_the_size_gets_the_picture_fitted_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let held = Size::new(320, 240);
    let device = device::Camera::mount_virtual(folder.path(), held);
    device.state().locked = true;
    let size = Size::new(320, 180);
    let mut sink = LoopbackSink::open(&folder.path().join("video0"), &live_info(size)).unwrap();
    assert_eq!(sink.size(), held);
    let picture = &written(&device, &mut sink, size, 1)[0];
    let row = |y: usize| &picture[y * 640..(y + 1) * 640];
    assert_eq!((row(10)[0], row(120)[0], row(230)[0]), (16, luma(1), 16), "black above and below");
    device.state().code = *b"NV12";
    let error = LoopbackSink::open(&folder.path().join("video0"), &live_info(size)).err().unwrap().to_string();
    assert!(error.contains("NV12"), "{error}");
}
