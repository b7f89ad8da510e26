//! A session with a camera and stages that do as they are told.

use super::*;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{Clock, ColorInfo, CpuImage, Drawing, Drawn, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use crate::sink::{Audience, SinkOptions};
use crate::source::live::{Event, LiveSource, Opened};
use crate::stage::{FrameFilter, FrameSink};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

const SIZE: Size = Size::new(32, 18);
const MS: Duration = Duration::from_millis(1);
/// No test waits longer.
const LONG: Duration = Duration::from_secs(20);

fn info(size: Size) -> StreamInfo {
    StreamInfo {
        time_base: Clock::UNIT,
        frame_rate: Some(Rational::new(30, 1)),
        live: true,
        ..StreamInfo::new(size, PixelFormat::I420, ColorInfo::BT709)
    }
}

/// A picture whose luma is `luma`, but 16 in the left column.
fn picture(size: Size, luma: u8) -> CpuImage {
    let planes = (0..3)
        .map(|plane| {
            let (columns, rows, _) = PixelFormat::I420.plane_layout(plane, size);
            let mut bytes = vec![if plane == 0 { luma } else { 128 }; columns as usize * rows as usize];
            if plane == 0 {
                bytes.chunks_exact_mut(columns as usize).for_each(|row| row[0] = 16);
            }
            bytes
        })
        .collect();
    CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes)
}

/// A camera that says what the test has it say.
struct Scripted {
    events: Receiver<Event>,
    rests: Arc<AtomicUsize>,
    nexts: Arc<AtomicUsize>,
}

impl LiveSource for Scripted {
    fn next(&mut self, timeout: Duration) -> Result<Event> {
        self.nexts.fetch_add(1, SeqCst);
        match self.events.recv_timeout(timeout) {
            Ok(event) => Ok(event),
            Err(RecvTimeoutError::Timeout) => Ok(Event::Quiet),
            Err(RecvTimeoutError::Disconnected) => Err(Error::open("script".as_ref(), "the script is over")),
        }
    }
    fn rest(&mut self) {
        self.rests.fetch_add(1, SeqCst);
    }
}

/// The test's end of a [`Scripted`].
struct Script {
    events: Sender<Event>,
    clock: Clock,
    index: u64,
    rests: Arc<AtomicUsize>,
    nexts: Arc<AtomicUsize>,
}

impl Script {
    fn new() -> (Self, Box<dyn LiveSource>) {
        let (events, received) = channel();
        let (rests, nexts) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let source = Scripted { events: received, rests: Arc::clone(&rests), nexts: Arc::clone(&nexts) };
        (Self { events, clock: Clock::start(), index: 0, rests, nexts }, Box::new(source))
    }
    fn open(&self, size: Size) {
        let opened = Opened { info: info(size), name: "fake".into(), mode: "as told".into() };
        self.events.send(Event::Opened(opened)).unwrap();
    }
    fn frame(&mut self, size: Size, luma: u8) {
        let stamp = Stamp { index: self.index, pts: self.clock.now(), duration: 33_333 };
        self.index += 1;
        self.events.send(Event::Frame(Frame { stamp, image: picture(size, luma) })).unwrap();
    }
}

/// How the fake stages behave.
#[derive(Clone, Default)]
struct Fake {
    network_takes: Duration,
    build_takes: Duration,
    broken: Option<&'static str>,
    panics: bool,
    /// Draws only every second frame.
    holds: bool,
    built: Arc<AtomicUsize>,
    builds: Arc<Mutex<Vec<String>>>,
}

/// Answers every second push only when it is asked for more.
struct FakeNetwork(Fake, String, u32, Option<Frame<Drawn>>);

impl FrameFilter for FakeNetwork {
    type In = CpuImage;
    type Out = Drawn;
    fn push(&mut self, frame: Frame<CpuImage>) -> Result<Option<Frame<Drawn>>> {
        assert!(!self.0.panics, "the fake network panics");
        std::thread::sleep(self.0.network_takes);
        let drawing = Drawing { size: Size::new(1, 1), rgba: vec![self.1.len() as u8, 0, 0, 255] };
        let photo = frame.image.clone();
        self.2 += 1;
        let drawing = (!self.0.holds || self.2 % 2 == 1).then_some(drawing);
        let drawn = frame.with(Drawn { photo, drawing, motion: None, number: 0 });
        Ok(if self.2 % 2 == 1 { Some(drawn) } else { self.3.replace(drawn) })
    }
    fn more(&mut self) -> Result<Option<Frame<Drawn>>> {
        Ok(self.3.take())
    }
    fn drain(&mut self) -> Result<Option<Frame<Drawn>>> {
        Ok(None)
    }
    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        Ok(settings.generator.weights == self.1)
    }
}

/// Answers with a picture whose chroma is a hundred times the strength, and whose luma is the photo's.
struct FakePost {
    strength: f32,
    description: String,
    waiting: Option<Frame<CpuImage>>,
    last: Option<CpuImage>,
}

impl FrameFilter for FakePost {
    type In = Drawn;
    type Out = CpuImage;
    fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
        let photo = frame.image.photo.clone();
        let image = match &frame.image.drawing {
            Some(drawing) => {
                let mut planes: Vec<Vec<u8>> = (0..3).map(|p| photo.planes.plane(p).to_vec()).collect();
                planes[1].fill((self.strength * 100.0).round() as u8);
                planes[2].fill(drawing.rgba[0]);
                CpuImage::from_planes(photo.size, photo.format, photo.color, planes)
            }
            None => self.last.clone().ok_or_else(|| Error::gpu("there is no picture to show again"))?,
        };
        self.last = Some(image.clone());
        // Held back, as the real shaders do.
        Ok(self.waiting.replace(frame.with(image)))
    }
    fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
        Ok(self.waiting.take())
    }
    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        self.strength = settings.generator.strength;
        Ok(settings.description == self.description)
    }
}

impl Studio for Fake {
    fn stylizer(&self, settings: &Settings, _: &StreamInfo) -> Result<Made<Stylizer>> {
        let weights = settings.generator.weights.clone();
        self.builds.lock().push(weights.clone());
        if self.built.fetch_add(1, SeqCst) > 0 {
            std::thread::sleep(self.build_takes);
        }
        if self.broken == Some(&weights) {
            return Err(Error::Weights { name: weights, source: "broken on purpose".into() });
        }
        let stage = Box::new(FakeNetwork(self.clone(), weights, 0, None));
        Ok(Made { stage, runs_on: "fake network".into(), warnings: vec!["fake warning".into()] })
    }
    fn post(&self, settings: &Settings, _: &StreamInfo) -> Result<Made<Post>> {
        let stage = Box::new(FakePost {
            strength: settings.generator.strength,
            description: settings.description.clone(),
            waiting: None,
            last: None,
        });
        Ok(Made { stage, runs_on: "fake shaders".into(), warnings: Vec::new() })
    }
}

fn settings(weights: &str, strength: f32) -> Settings {
    let mut settings = Settings::default();
    (settings.generator.weights, settings.generator.strength) = (weights.into(), strength);
    settings
}

/// An output that counts: pictures, and the luma in the middle of the last.
#[derive(Clone, Default)]
struct Probe {
    pictures: Arc<AtomicU64>,
    luma: Arc<AtomicU64>,
    size: Arc<Mutex<Option<Size>>>,
    fails: bool,
}

impl FrameSink for Probe {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        if self.fails {
            return Err(Error::write("probe".as_ref(), "no space left"));
        }
        assert_eq!((frame.image.format, frame.image.color), (PixelFormat::I420, ColorInfo::BT709));
        *self.size.lock() = Some(frame.image.size);
        let middle = frame.image.row(0, frame.image.size.height / 2)[frame.image.size.width as usize / 2];
        self.luma.store(middle.into(), SeqCst);
        self.pictures.fetch_add(1, SeqCst);
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Probe {
    fn output(&self, name: &str, audience: Option<Audience>) -> Output {
        let probe = self.clone();
        Output { name: name.into(), audience, open: Box::new(move |_| Ok(Box::new(probe))) }
    }
}

fn start(script: &Script, source: Box<dyn LiveSource>, fake: &Fake, outputs: Vec<Output>) -> Session {
    Session::start(Setup {
        source,
        clock: script.clock,
        studio: Arc::new(fake.clone()),
        settings: settings("a", 0.5),
        view: View::default(),
        outputs,
        canvas: None,
        on_demand: false,
    })
    .unwrap()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG, "waited in vain for {what}");
        std::thread::sleep(MS);
    }
}

/// Sends frames until one that satisfies `done` is shown.
fn show_until(script: &mut Script, session: &Session, luma: u8, done: impl Fn(&Shown) -> bool) -> Arc<Shown> {
    let start = Instant::now();
    loop {
        script.frame(SIZE, luma);
        if let Some(shown) = session.wait(session.latest().map_or(0, |s| s.number), 50 * MS)
            && done(&shown)
        {
            return shown;
        }
        assert!(start.elapsed() < LONG, "waited in vain");
    }
}

fn middle(shown: &Shown) -> (u8, u8, u8) {
    let at = |plane: usize, x: usize| shown.picture.row(plane, 4)[x];
    (at(0, 16), at(1, 8), at(2, 8))
}

#[test]
fn frames_become_pictures_and_settings_act_on_the_next() {
    let (mut script, source) = Script::new();
    let session = start(&script, source, &Fake::default(), Vec::new());
    script.open(SIZE);
    let first = show_until(&mut script, &session, 90, |s| s.kind == Kind::Drawing);
    assert_eq!(middle(&first), (90, 50, 1));
    assert_eq!(first.photo.row(1, 0)[0], 128, "the photo is there, too");
    session.set_settings(settings("a", 0.7));
    // One frame may have been under way.
    let second = show_until(&mut script, &session, 91, |s| middle(s).1 != 50);
    assert_eq!(middle(&second), (91, 70, 1));
    assert!(second.number > first.number && second.captured > first.captured);
    assert_eq!(session.settings().generator.strength, 0.7);
    let status = session.stop().unwrap();
    assert_eq!(status.runs_on, [Some("fake network".into()), Some("fake shaders".into())]);
    assert!(status.drawn >= 2 && status.captured >= status.drawn + status.dropped);
}

#[test]
fn other_weights_are_built_while_frames_go_on() {
    let (mut script, source) = Script::new();
    let fake = Fake { build_takes: 300 * MS, broken: Some("broken"), ..Fake::default() };
    let session = start(&script, source, &fake, Vec::new());
    script.open(SIZE);
    show_until(&mut script, &session, 90, |s| s.kind == Kind::Drawing);
    session.set_settings(settings("bb", 0.5));
    let before = session.status().drawn;
    let new = show_until(&mut script, &session, 90, |s| middle(s).2 == 2);
    assert_eq!(middle(&new), (90, 50, 2));
    assert!(session.status().drawn > before + 3, "frames stood still while weights were loaded");
    // What cannot be used is told, and the old goes on.
    session.set_settings(settings("broken", 0.5));
    let mut notes = Vec::new();
    until("a note", || {
        script.frame(SIZE, 90);
        std::thread::sleep(5 * MS);
        notes.extend(session.take_notes());
        notes.iter().any(|n| n.contains("broken on purpose"))
    });
    assert!(notes.contains(&"fake warning".to_owned()), "{notes:?}");
    let still = show_until(&mut script, &session, 92, |s| middle(s).0 == 92);
    assert_eq!(middle(&still).2, 2);
    session.stop().unwrap();
    // It was not tried over and over.
    assert_eq!(*fake.builds.lock(), ["a", "bb", "broken"]);
}

#[test]
fn shaders_that_are_new_can_show_a_drawing_again() {
    let (mut script, source) = Script::new();
    let session = start(&script, source, &Fake { holds: true, ..Fake::default() }, Vec::new());
    script.open(SIZE);
    show_until(&mut script, &session, 90, |s| s.kind == Kind::Drawing);
    // New shaders over and over, so that some meet a held drawing first: that must not end the session.
    for round in 0..12 {
        let mut settings = settings("a", 0.5 + round as f32 / 100.0);
        settings.description = format!("round {round}");
        session.set_settings(settings);
        show_until(&mut script, &session, 90, |s| middle(s).1 == 50 + round);
    }
    session.stop().unwrap();
}

#[test]
fn a_lost_camera_is_a_card_for_everybody_until_it_returns() {
    let (mut script, source) = Script::new();
    let probe = Probe::default();
    let session = start(&script, source, &Fake::default(), vec![probe.output("probe", None)]);
    script.open(SIZE);
    show_until(&mut script, &session, 200, |s| s.kind == Kind::Drawing);
    until("the output", || probe.luma.load(SeqCst) == 200);
    script.events.send(Event::Lost("it was unplugged".into())).unwrap();
    until("a card", || session.latest().is_some_and(|s| s.kind == Kind::Card));
    assert_eq!(session.status().camera, CameraState::Lost { reason: "it was unplugged".into() });
    let number = session.latest().unwrap().number;
    let so_far = probe.pictures.load(SeqCst);
    until("cards again and again", || probe.pictures.load(SeqCst) > so_far + 2);
    assert_eq!(session.latest().unwrap().number, number, "the same card is no new picture");
    assert_eq!(*probe.size.lock(), Some(SIZE), "outputs keep their size");
    // Another mode, after the break.
    let larger = Size::new(48, 48);
    script.open(larger);
    until("the camera", || {
        script.frame(larger, 180);
        std::thread::sleep(5 * MS);
        session.latest().is_some_and(|s| s.kind == Kind::Drawing && s.picture.size == larger)
    });
    until("the output", || probe.luma.load(SeqCst) == 180);
    assert_eq!(*probe.size.lock(), Some(SIZE));
    session.stop().unwrap();
}

#[test]
fn without_a_camera_outputs_open_all_the_same() {
    let (script, source) = Script::new();
    let probe = Probe::default();
    let session = start(&script, source, &Fake::default(), vec![probe.output("probe", None)]);
    until("a card", || session.latest().is_some_and(|s| s.kind == Kind::Card));
    until("the output", || probe.pictures.load(SeqCst) > 0);
    assert_eq!(*probe.size.lock(), Some(Size::new(1280, 720)));
    drop(session);
    drop(script);
}

#[test]
fn what_is_slow_drops_frames_and_stays_in_time() {
    let (mut script, source) = Script::new();
    let fake = Fake { network_takes: 40 * MS, ..Fake::default() };
    let session = start(&script, source, &fake, Vec::new());
    script.open(SIZE);
    for _ in 0..100 {
        script.frame(SIZE, 90);
        std::thread::sleep(4 * MS);
    }
    until("the last frame", || {
        let status = session.status();
        status.captured == 100 && status.drawn + status.dropped == 100
    });
    let status = session.stop().unwrap();
    assert!(status.dropped > 30, "{status:?}");
    // One frame in the network and one waiting: two and a bit times 40 ms, and never 100 frames of queue (4 s).
    assert!(status.overall.p99 < 1000 * MS, "{status:?}");
}

#[test]
fn bypass_freeze_and_mirror() {
    let (mut script, source) = Script::new();
    let probe = Probe::default();
    let session = start(&script, source, &Fake::default(), vec![probe.output("probe", None)]);
    script.open(SIZE);
    show_until(&mut script, &session, 90, |s| s.kind == Kind::Drawing);
    session.set_view(View { bypass: true, mirror: true, freeze: false });
    let photo = show_until(&mut script, &session, 91, |s| s.kind == Kind::Photo && middle(s).0 == 91);
    assert_eq!(middle(&photo), (91, 128, 128));
    let row = photo.picture.row(0, 3);
    assert_eq!((row[0], row[31]), (91, 16), "left and right are exchanged");
    session.set_view(View { freeze: true, ..session.view() });
    std::thread::sleep(20 * MS);
    let frozen = session.latest().unwrap().number;
    let so_far = probe.pictures.load(SeqCst);
    for _ in 0..10 {
        script.frame(SIZE, 200);
        std::thread::sleep(2 * MS);
    }
    until("the frozen picture again", || probe.pictures.load(SeqCst) > so_far + 1);
    assert_eq!((session.latest().unwrap().number, probe.luma.load(SeqCst)), (frozen, 91));
    session.set_view(View::default());
    show_until(&mut script, &session, 92, |s| s.kind == Kind::Drawing && middle(s).0 == 92);
    session.stop().unwrap();
}

#[test]
fn a_recording_holds_what_was_shown_in_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.mkv");
    let (mut script, source) = Script::new();
    let session = start(&script, source, &Fake::default(), Vec::new());
    assert!(session.record(&path, SinkOptions::default()).is_err(), "there is nothing to record yet");
    script.open(SIZE);
    show_until(&mut script, &session, 90, |s| s.kind == Kind::Drawing);
    until("outputs", || session.record(&path, SinkOptions::default()).is_ok());
    assert!(session.record(&path, SinkOptions::default()).is_err(), "one at a time");
    let begin = Instant::now();
    for luma in 0..12 {
        show_until(&mut script, &session, 100 + luma * 10, |s| middle(s).0 == 100 + luma * 10);
        std::thread::sleep(20 * MS);
    }
    let took = begin.elapsed();
    assert_eq!(session.status().recording.as_deref(), Some(path.as_path()));
    let recording = session.stop_recording().unwrap().unwrap();
    assert_eq!(recording.path, path);
    session.stop().unwrap();
    let mut film = crate::source::open(&path, &Default::default()).unwrap();
    let unit = film.source.info().time_base;
    let (mut lumas, mut times) = (Vec::new(), Vec::new());
    while let Some(frame) = film.source.next_frame().unwrap() {
        lumas.push(frame.image.row(0, 9)[16]);
        times.push(frame.stamp.pts as f64 * unit.as_f64());
    }
    assert!(lumas.len() as u64 == recording.frames && lumas.len() >= 12, "{} of {recording:?}", lumas.len());
    assert!(lumas.windows(2).all(|w| w[0] <= w[1] + 2), "{lumas:?}");
    let length = times.last().unwrap() - times[0];
    assert!(length > 0.2 && length < took.as_secs_f64() + 0.1, "{times:?}");
}

#[test]
fn an_output_that_fails_harms_no_other() {
    let (mut script, source) = Script::new();
    let (good, bad) = (Probe::default(), Probe { fails: true, ..Probe::default() });
    let outputs = vec![bad.output("bad", None), good.output("good", None)];
    let session = start(&script, source, &Fake::default(), outputs);
    script.open(SIZE);
    show_until(&mut script, &session, 90, |s| s.kind == Kind::Drawing);
    until("the failure", || session.status().outputs.iter().any(|o| o.failure.is_some()));
    let so_far = good.pictures.load(SeqCst);
    until("the good output", || {
        script.frame(SIZE, 90);
        good.pictures.load(SeqCst) > so_far + 3
    });
    let status = session.stop().unwrap();
    let failure = status.outputs[0].failure.clone().unwrap();
    assert!(failure.contains("no space left"), "{failure}");
    assert!(status.outputs[1].failure.is_none() && status.outputs[1].delivered > 3);
}

#[test]
fn failures_and_panics_end_the_session_with_their_reason() {
    let run = |fake: Fake| {
        let (mut script, source) = Script::new();
        let woken = Arc::new(AtomicBool::new(false));
        let session = start(&script, source, &fake, Vec::new());
        let seen = Arc::clone(&woken);
        session.set_waker(move || seen.store(true, SeqCst));
        script.open(SIZE);
        script.frame(SIZE, 90);
        until("the end", || session.is_over());
        assert!(woken.load(SeqCst));
        session.stop().unwrap_err()
    };
    let error = run(Fake { broken: Some("a"), ..Fake::default() });
    assert!(matches!(&error, Error::Weights { .. }), "{error}");
    let error = run(Fake { panics: true, ..Fake::default() });
    assert!(matches!(&error, Error::Panicked { stage: "network", message } if message.contains("panics")), "{error}");
    // A source that is over for good.
    let (script, source) = Script::new();
    let session = start(&script, source, &Fake::default(), Vec::new());
    drop(script);
    until("the end", || session.is_over());
    assert!(matches!(session.stop(), Err(Error::Open { .. })));
}

#[test]
fn on_demand_the_camera_rests_until_somebody_watches() {
    let (script, source) = Script::new();
    let audience = Audience::default();
    let output = Probe::default().output("watched", Some(audience.clone()));
    let session = Session::start(Setup {
        source,
        clock: script.clock,
        studio: Arc::new(Fake::default()),
        settings: settings("a", 0.5),
        view: View::default(),
        outputs: vec![output],
        canvas: Some(SIZE),
        on_demand: true,
    })
    .unwrap();
    until("rest", || session.status().camera == CameraState::Resting);
    std::thread::sleep(150 * MS);
    assert_eq!(script.nexts.load(SeqCst), 0, "nobody watched yet, so the camera was never opened");
    let seat = audience.enter();
    until("the camera", || script.nexts.load(SeqCst) > 0);
    assert_ne!(session.status().camera, CameraState::Resting);
    drop(seat);
    let rests = script.rests.load(SeqCst);
    until("rest again", || session.status().camera == CameraState::Resting);
    assert_eq!(script.rests.load(SeqCst), rests + 1);
    let asked = script.nexts.load(SeqCst);
    std::thread::sleep(150 * MS);
    assert_eq!(script.nexts.load(SeqCst), asked, "the camera is left alone");
    let _seat = session.watch();
    until("the camera", || session.status().camera != CameraState::Resting);
    session.stop().unwrap();
}
