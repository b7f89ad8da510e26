//! A camera that misbehaves on demand: what a source must make of it.

use super::*;
use crate::frame::{Clock, ColorInfo, PixelFormat, Rational, Size};
use crate::source::live::{Event, LiveSource};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

const MS: Duration = Duration::from_millis(1);
const SIZE: Size = Size::new(8, 4);

/// What the fake cameras do, set by the test while the source runs.
#[derive(Default)]
struct World {
    cameras: Vec<Listed>,
    refusal: Option<String>,
    /// What an open camera answers, one after the other; then nothing.
    answers: VecDeque<Result<Option<u64>, String>>,
    opened: Vec<String>,
}

#[derive(Clone, Default)]
struct Fake {
    world: Arc<Mutex<World>>,
    open: Arc<AtomicUsize>,
}

impl Fake {
    fn with(names: &[(&str, &str)]) -> Self {
        let fake = Self::default();
        fake.plug(names);
        fake
    }
    fn plug(&self, names: &[(&str, &str)]) {
        let listed = |(i, (name, bus)): (usize, &(&str, &str))| Listed {
            name: (*name).into(),
            bus: (*bus).into(),
            index: i as u32,
            path: Some(format!("/dev/video{i}").into()),
            refused: None,
        };
        self.world.lock().cameras = names.iter().enumerate().map(listed).collect();
    }
    fn answer(&self, answers: impl IntoIterator<Item = Result<Option<u64>, String>>) {
        self.world.lock().answers.extend(answers);
    }
    fn frames(&self, sequences: impl IntoIterator<Item = u64>) {
        self.answer(sequences.into_iter().map(|s| Ok(Some(s))));
    }
    fn source(&self, wanted: &str) -> Camera {
        Camera::new(Box::new(self.clone()), Selector::parse(wanted), Wish::default(), Clock::start())
    }
}

struct FakeDevice {
    fake: Fake,
    mode: Mode,
}

impl Device for FakeDevice {
    fn mode(&self) -> &Mode {
        &self.mode
    }
    fn next(&mut self, timeout: Duration) -> Result<Option<Grab>, String> {
        let answer = self.fake.world.lock().answers.pop_front();
        let Some(sequence) = answer.unwrap_or(Ok(None))? else {
            std::thread::sleep(timeout);
            return Ok(None);
        };
        let planes = vec![vec![7; SIZE.pixels()]];
        let image = CpuImage::from_planes(SIZE, PixelFormat::Gray { bits: 8 }, ColorInfo::BT709, planes);
        Ok(Some(Grab { image, captured: Instant::now(), sequence: Some(sequence) }))
    }
}

impl Drop for FakeDevice {
    fn drop(&mut self) {
        self.fake.open.fetch_sub(1, SeqCst);
    }
}

impl Backend for Fake {
    fn list(&self) -> Vec<Listed> {
        self.world.lock().cameras.clone()
    }
    fn modes(&self, _: &Listed) -> Vec<Mode> {
        Vec::new()
    }
    fn open(&self, camera: &Listed, _: &Wish) -> Result<Box<dyn Device>, String> {
        let mut world = self.world.lock();
        if let Some(refusal) = &world.refusal {
            return Err(refusal.clone());
        }
        world.opened.push(format!("{}@{}", camera.name, camera.bus));
        assert_eq!(self.open.fetch_add(1, SeqCst), 0, "the old device must be closed before it is opened again");
        let mode = Mode { size: SIZE, rate: Some(Rational::new(30000, 1001)), coding: Coding::Grey };
        Ok(Box::new(FakeDevice { fake: self.clone(), mode }))
    }
}

/// What happens next, silence left out.
fn next(source: &mut Camera) -> Event {
    let start = Instant::now();
    loop {
        let asked = Instant::now();
        let event = source.next(10 * MS).unwrap();
        // The thread must be able to stop: no answer may take much longer than it may.
        assert!(asked.elapsed() < Duration::from_secs(2));
        if !matches!(event, Event::Quiet) {
            return event;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "nothing happens");
    }
}

fn lost(source: &mut Camera) -> String {
    match next(source) {
        Event::Lost(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn opened(source: &mut Camera) -> String {
    match next(source) {
        Event::Opened(opened) => {
            assert_eq!((opened.info.size, opened.info.frame_rate), (SIZE, Some(Rational::new(30000, 1001))));
            opened.name
        }
        other => panic!("{other:?}"),
    }
}

fn index(source: &mut Camera) -> u64 {
    match next(source) {
        Event::Frame(frame) => {
            assert_eq!(frame.stamp.duration, 33_367);
            frame.stamp.index
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn frames_come_with_the_cameras_own_gaps() {
    let fake = Fake::with(&[("Cam", "usb-1")]);
    fake.frames([100, 101, 104, 105]);
    let mut source = fake.source("");
    assert_eq!(opened(&mut source), "Cam");
    assert_eq!([(); 4].map(|()| index(&mut source)), [0, 1, 4, 5]);
}

#[test]
fn an_unplugged_camera_is_found_again_by_name_among_others() {
    let fake = Fake::with(&[("Other", "usb-1"), ("Cam", "usb-2")]);
    fake.frames([1]);
    fake.answer([Err("it was unplugged".into())]);
    let mut source = fake.source("cam");
    assert_eq!((opened(&mut source).as_str(), index(&mut source)), ("Cam", 0));
    fake.plug(&[("Other", "usb-1")]);
    assert!(lost(&mut source).contains("unplugged"));
    assert_eq!(fake.open.load(SeqCst), 0, "it is closed");
    assert_eq!(lost(&mut source), "Cam is not there");
    // Now with another number, and a twin on another bus.
    fake.plug(&[("Cam", "usb-9"), ("Other", "usb-1"), ("Cam", "usb-2")]);
    fake.frames([1, 2]);
    let back = Instant::now();
    assert_eq!(opened(&mut source), "Cam");
    assert!(back.elapsed() < Duration::from_secs(2));
    assert_eq!(fake.world.lock().opened, ["Cam@usb-2", "Cam@usb-2"]);
    assert_eq!([index(&mut source), index(&mut source)], [1, 2], "the count goes on");
}

#[test]
fn a_camera_that_stalls_is_closed_and_opened_again() {
    let fake = Fake::with(&[("Cam", "usb-1")]);
    fake.frames([1, 2]);
    let mut source = fake.source("0");
    opened(&mut source);
    assert_eq!([index(&mut source), index(&mut source)], [0, 1]);
    assert!(lost(&mut source).contains("delivers no pictures"));
    // It opens, but still delivers nothing: that is no return.
    fake.frames([1]);
    assert_eq!((opened(&mut source).as_str(), index(&mut source)), ("Cam", 2));
}

#[test]
fn a_camera_that_is_busy_is_told_once_and_tried_again() {
    let fake = Fake::with(&[("Cam", "usb-1")]);
    fake.world.lock().refusal = Some("another program uses it".into());
    let mut source = fake.source("/dev/video0");
    assert_eq!(lost(&mut source), "Cam cannot be opened: another program uses it");
    let start = Instant::now();
    while start.elapsed() < 600 * MS {
        assert!(matches!(source.next(10 * MS).unwrap(), Event::Quiet));
    }
    fake.world.lock().refusal = None;
    fake.frames([1]);
    assert_eq!(opened(&mut source), "Cam");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let mut source = Fake::with(&[("Cam", "usb-1")]).source("Webcam");
    assert_eq!(lost(&mut source), "there is no camera called \"Webcam\"; there is \"Cam\"");
    let mut source = Fake::default().source("");
    assert_eq!(lost(&mut source), "there is no camera");
}

#[test]
fn a_rest_closes_the_camera_and_asking_opens_it() {
    let fake = Fake::with(&[("Cam", "usb-1")]);
    fake.frames([1, 2]);
    let mut source = fake.source("");
    opened(&mut source);
    index(&mut source);
    source.rest();
    assert_eq!(fake.open.load(SeqCst), 0);
    assert_eq!(opened(&mut source), "Cam");
}

#[test]
fn a_camera_that_may_be_used_comes_before_one_that_may_not() {
    let fake = Fake::with(&[("Locked", "usb-1"), ("Cam", "usb-2")]);
    fake.world.lock().cameras[0].refused = Some("it may not be used".into());
    fake.frames([1]);
    assert_eq!(opened(&mut fake.source("")), "Cam");
}

#[test]
#[cfg(unix)]
fn a_link_leads_to_the_camera_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["video0", "video1"].map(|name| folder.path().join(name));
    for path in [&first, &second] {
        std::fs::write(path, "").unwrap();
    }
    let by_id = folder.path().join("usb-Maker_Cam-index0");
    std::os::unix::fs::symlink("video1", &by_id).unwrap();
    let selector = Selector::parse(by_id.to_str().unwrap());
    let listed = |path: &Path| Listed {
        name: "Cam".into(),
        bus: String::new(),
        index: 0,
        path: Some(path.to_owned()),
        refused: None,
    };
    assert!(selector.matches(&listed(&second)) && !selector.matches(&listed(&first)));
    assert!(Selector::Path(first.clone()).matches(&listed(&first)));
    // It goes when the camera does.
    std::fs::remove_file(&second).unwrap();
    assert!(!selector.matches(&listed(&first)));
}

#[test]
fn selectors_are_told_apart() {
    assert_eq!(Selector::parse("2"), Selector::Index(2));
    assert_eq!(Selector::parse("/dev/video2"), Selector::Path("/dev/video2".into()));
    assert_eq!(Selector::parse("C920"), Selector::Name("C920".into()));
    assert_eq!(Selector::parse(""), Selector::Any);
}
