use super::*;
use crate::frame::{ColorInfo, Drawing, PixelFormat, Rational, Size, Stamp, StreamInfo};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

const SIZE: Size = Size::new(2, 2);

fn frame(index: u64) -> Frame<CpuImage> {
    let image = CpuImage::from_planes(SIZE, PixelFormat::Rgba8, ColorInfo::SRGB, vec![vec![0; 16]]);
    Frame { stamp: Stamp { index, pts: 40 * index.cast_signed(), duration: 40 }, image }
}

struct Count {
    next: u64,
    end: u64,
    fail_at: Option<u64>,
    pause: Duration,
    info: StreamInfo,
}

fn count(end: u64, live: bool) -> Count {
    let info = StreamInfo {
        time_base: Rational::new(1, 1000),
        frame_count: Some(end),
        live,
        ..StreamInfo::new(SIZE, PixelFormat::Rgba8, ColorInfo::SRGB)
    };
    Count { next: 0, end, fail_at: None, pause: Duration::ZERO, info }
}

impl FrameSource for Count {
    fn info(&self) -> &StreamInfo {
        &self.info
    }
    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        std::thread::sleep(self.pause);
        if Some(self.next) == self.fail_at {
            return Err(Error::Read { path: "a.mp4".into(), frames: self.next, source: "bad packet".into() });
        }
        if self.next == self.end {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(frame(self.next - 1)))
    }
}

struct Draw;

impl FrameFilter for Draw {
    type In = CpuImage;
    type Out = Drawn;
    fn push(&mut self, frame: Frame<CpuImage>) -> Result<Option<Frame<Drawn>>> {
        let photo = frame.image.clone();
        Ok(Some(frame.with(Drawn {
            photo,
            drawing: Some(Drawing { size: SIZE, rgba: vec![0; 16] }),
            motion: None,
            number: 0,
        })))
    }
    fn drain(&mut self) -> Result<Option<Frame<Drawn>>> {
        Ok(None)
    }
}

/// Holds two frames back, as a GPU with work in flight does.
#[derive(Default)]
struct Delay {
    held: VecDeque<Frame<CpuImage>>,
    panic_at: Option<u64>,
    fail_at: Option<u64>,
}

impl FrameFilter for Delay {
    type In = Drawn;
    type Out = CpuImage;
    fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
        assert!(Some(frame.stamp.index) != self.panic_at, "boom");
        if Some(frame.stamp.index) == self.fail_at {
            return Err(Error::gpu("lost"));
        }
        let photo = frame.image.photo.clone();
        self.held.push_back(frame.with(photo));
        Ok(if self.held.len() > 2 { self.held.pop_front() } else { None })
    }
    fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
        Ok(self.held.pop_front())
    }
}

#[derive(Clone, Default)]
struct Seen {
    at: Arc<Mutex<Vec<u64>>>,
    finished: Arc<AtomicBool>,
    fail_at: Option<u64>,
    pause: Duration,
}

impl Seen {
    fn indices(&self) -> Vec<u64> {
        self.at.lock().clone()
    }
    fn finished(&self) -> bool {
        self.finished.load(Ordering::SeqCst)
    }
}

impl FrameSink for Seen {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        std::thread::sleep(self.pause);
        if Some(frame.stamp.index) == self.fail_at {
            return Err(Error::write("b.mp4".as_ref(), "disk full"));
        }
        self.at.lock().push(frame.stamp.index);
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<()> {
        self.finished.store(true, Ordering::SeqCst);
        Ok(())
    }
}

fn run(source: Count, post: Delay, sink: &Seen, stop: &Stop) -> Result<Report> {
    let sink = Box::new(sink.clone());
    let pipeline =
        Pipeline { source: Box::new(source), stylizer: Box::new(Draw), post: Box::new(post), sink, first: 0 };
    pipeline.run(stop, &Meters::default())
}

#[test]
fn every_frame_of_a_file_arrives_in_order_and_the_sink_is_finished() {
    let seen = Seen::default();
    let report = run(count(100, false), Delay::default(), &seen, &Stop::default()).unwrap();
    assert_eq!(report, Report { read: 100, written: 100, dropped: 0 });
    assert_eq!(seen.indices(), (0..100).collect::<Vec<_>>());
    assert!(seen.finished());
}

#[test]
fn damage_is_reported_and_what_came_before_is_finished() {
    let seen = Seen::default();
    let source = Count { fail_at: Some(10), ..count(100, false) };
    let error = run(source, Delay::default(), &seen, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::Read { frames: 10, .. }), "{error:?}");
    assert_eq!(seen.indices().len(), 10);
    assert!(seen.finished());
}

#[test]
fn a_source_without_any_frame_leaves_no_file() {
    for source in [Count { fail_at: Some(0), ..count(100, false) }, count(0, false)] {
        let seen = Seen::default();
        let _ = run(source, Delay::default(), &seen, &Stop::default());
        assert!(!seen.finished());
    }
}

#[test]
fn a_sink_error_stops_an_endless_source() {
    let seen = Seen { fail_at: Some(5), ..Seen::default() };
    let error = run(count(u64::MAX, false), Delay::default(), &seen, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error:?}");
    assert!(!seen.finished());
}

#[test]
fn a_failing_or_panicking_stage_is_an_error_and_leaves_no_file() {
    for _ in 0..40 {
        let seen = Seen::default();
        let post = Delay { panic_at: Some(7), ..Delay::default() };
        let error = run(count(u64::MAX, false), post, &seen, &Stop::default()).unwrap_err();
        assert!(matches!(error, Error::Panicked { stage: "shaders", .. }), "{error:?}");
        assert!(!seen.finished());

        let seen = Seen::default();
        let post = Delay { fail_at: Some(7), ..Delay::default() };
        let error = run(count(u64::MAX, false), post, &seen, &Stop::default()).unwrap_err();
        assert!(matches!(error, Error::Gpu { .. }), "{error:?}");
        assert!(!seen.finished());
    }
}

#[test]
fn stop_finishes_the_file_cleanly() {
    let seen = Seen { pause: Duration::from_millis(1), ..Seen::default() };
    let stop = Stop::default();
    let asker = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(60));
            stop.request();
        })
    };
    let report = run(count(u64::MAX, false), Delay::default(), &seen, &stop).unwrap();
    asker.join().unwrap();
    assert_eq!(report.read, report.written);
    assert!(seen.finished());
}

#[test]
fn a_live_source_drops_old_frames_and_never_waits() {
    let seen = Seen { pause: Duration::from_millis(10), ..Seen::default() };
    let source = Count { pause: Duration::from_millis(1), ..count(200, true) };
    let report = run(source, Delay::default(), &seen, &Stop::default()).unwrap();
    assert_eq!(report.read, 200);
    assert!(report.dropped > 50, "{report:?}");
    assert_eq!(report.written + report.dropped, report.read);
    assert!(seen.indices().is_sorted());
    assert_eq!(seen.indices().last(), Some(&199));
}
