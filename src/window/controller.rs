//! What the window's actions do to the session, and what the window tells of it. Knows neither window system nor painter.

use super::Kept;
use super::action::{Action, key_of};
use super::places;
use super::run::Remote;
use super::styles::name_like;
use super::ui::{self, Answer, Facts, State};
use crate::config;
use crate::error::Result;
use crate::frame::{ColorInfo, Frame, PixelFormat, Rational, Stamp, StreamInfo};
use crate::live::{CameraState, Kind, Latencies, Session, Shown, Status};
use crate::sink::{self, Seat, SinkOptions};
use crate::stylize;
use std::path::Path;
use std::sync::Arc;
use std::thread::Scope;
use std::time::{Duration, Instant};

/// How often numbers change: faster ones cannot be read.
const NUMBERS: Duration = Duration::from_millis(500);

/// See the module. `scope` is for what takes long.
pub(super) struct Controller<'scope, 'env> {
    session: &'env Session,
    scope: &'scope Scope<'scope, 'env>,
    remote: Remote,
    kept: &'env mut Kept,
    state: State,
    /// As it was at the time beside it.
    status: (Status, Instant),
    /// From capture to the screen.
    latencies: Latencies,
    /// Number of the picture that was presented last.
    last: u64,
    /// Keeps an on-demand camera open while somebody can see the window.
    seat: Option<Seat>,
}

impl<'scope, 'env> Controller<'scope, 'env> {
    pub fn new(
        session: &'env Session,
        scope: &'scope Scope<'scope, 'env>,
        remote: Remote,
        kept: &'env mut Kept,
        hint: Option<String>,
    ) -> Self {
        let mut state = State::new(kept.memory.panel, kept.memory.readout, hint);
        let now = Instant::now();
        state.tell(format!("{} shows all keys", key_of(Action::Help)), now);
        Self {
            session,
            scope,
            remote,
            kept,
            state,
            status: (session.status(), now),
            latencies: Latencies::default(),
            last: 0,
            seat: Some(session.watch()),
        }
    }

    pub fn is_over(&self) -> bool {
        self.session.is_over()
    }

    pub fn title(&self) -> String {
        format!("comicvid: {}", self.kept.styles.name())
    }

    /// As it was left, in points.
    pub fn window_size(&self) -> [f32; 2] {
        self.kept.memory.size
    }

    pub fn resized(&mut self, points: [f32; 2]) {
        self.kept.memory.size = points;
    }

    pub fn set_visible(&mut self, visible: bool) {
        self.seat = visible.then(|| self.session.watch());
    }

    pub fn tell(&mut self, text: String) {
        self.state.tell(text, Instant::now());
    }

    /// Answers whether the help card was there.
    pub fn close_help(&mut self) -> bool {
        std::mem::take(&mut self.state.help)
    }

    /// The picture to show.
    pub fn look(&self) -> Option<Arc<Shown>> {
        self.session.latest()
    }

    /// Where the photo ends, if it is to be compared with `shown`.
    pub fn split(&self, shown: Option<&Shown>) -> Option<f32> {
        shown.filter(|shown| self.state.compare && shown.kind == Kind::Drawing).map(|_| self.state.split)
    }

    /// Lays the widgets out, and hands what they changed to the session.
    pub fn build(&mut self, ui: &mut egui::Ui, shown: Option<&Shown>, fullscreen: bool) -> Answer {
        let now = Instant::now();
        // A card comes with another state of the camera.
        let card = shown.is_some_and(|shown| shown.kind == Kind::Card && shown.number != self.last);
        if card || now.saturating_duration_since(self.status.1) >= NUMBERS {
            self.status = (self.session.status(), now);
        }
        self.state.expire(now);
        let facts = Facts {
            status: &self.status.0,
            presented: self.latencies.recent(now),
            view: self.session.view(),
            picture: shown.map(|shown| (shown.picture.size, shown.aspect)),
            drawn: shown.is_some_and(|shown| shown.kind == Kind::Drawing),
            fullscreen,
        };
        let answer = ui::build(ui, &mut self.state, &mut self.kept.styles, &facts);
        self.tune();
        answer
    }

    /// When numbers or messages change by themselves. Without a camera no number does.
    pub fn repaint_after(&self) -> Duration {
        let Status { camera, recording, .. } = &self.status.0;
        let counting = self.state.readout && matches!(camera, CameraState::Running { .. });
        let changing = counting || recording.is_some() || self.state.messages().next().is_some();
        if changing { NUMBERS } else { Duration::MAX }
    }

    /// `shown` is on the screen.
    pub fn presented(&mut self, shown: &Shown) {
        if shown.number != self.last {
            self.last = shown.number;
            if shown.kind != Kind::Card {
                self.latencies.add(Instant::now(), self.session.age(shown));
            }
        }
    }

    /// Does what concerns the session and the widgets; what concerns the window itself is left out.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::NextStyle => self.step(1),
            Action::PreviousStyle => self.step(-1),
            Action::Bypass | Action::Freeze | Action::Mirror => {
                let mut view = self.session.view();
                match action {
                    Action::Bypass => view.bypass ^= true,
                    Action::Freeze => view.freeze ^= true,
                    _ => view.mirror ^= true,
                }
                self.kept.memory.mirror = view.mirror;
                self.session.set_view(view);
            }
            Action::Compare => self.state.compare ^= true,
            Action::Panel => {
                self.state.panel ^= true;
                self.kept.memory.panel = self.state.panel;
            }
            Action::Readout => {
                self.state.readout ^= true;
                self.kept.memory.readout = self.state.readout;
            }
            Action::Help => self.state.help ^= true,
            Action::Snapshot => self.snapshot(),
            Action::Record => self.record(),
            Action::Fullscreen | Action::Back | Action::Quit => {}
        }
    }

    fn step(&mut self, by: isize) {
        self.kept.styles.step(by);
        self.tune();
        if !self.state.panel {
            self.tell(self.kept.styles.name().to_owned());
        }
    }

    /// Brings the session's settings up to what is chosen.
    fn tune(&self) {
        let wanted = self.kept.styles.settings();
        if *self.session.settings() != *wanted {
            self.session.set_settings(wanted.clone());
        }
    }

    fn snapshot(&mut self) {
        let Some(shown) = self.session.latest() else { return };
        let (path, remote) = (places::snapshot(), self.remote.clone());
        self.scope.spawn(move || {
            remote.tell(match save(&shown, &path) {
                Ok(()) => format!("saved {}", path.display()),
                Err(error) => error.to_string(),
            });
        });
    }

    fn record(&mut self) {
        if self.session.status().recording.is_some() {
            let (session, remote) = (self.session, self.remote.clone());
            self.scope.spawn(move || match session.stop_recording() {
                Ok(Some(done)) => remote.tell(format!("recorded {} ({} pictures)", done.path.display(), done.frames)),
                Ok(None) => {}
                Err(error) => remote.tell(error.to_string()),
            });
        } else {
            let path = places::recording();
            match self.session.record(&path, SinkOptions::default()) {
                Ok(()) => self.tell(format!("recording to {}", path.display())),
                Err(error) => self.tell(error.to_string()),
            }
        }
        self.status = (self.session.status(), Instant::now());
    }

    /// A file was dropped on the window: a style, or a picture to draw in the style of.
    pub fn dropped(&mut self, path: &Path) {
        let (Some(name), Some(stem)) = (path.to_str(), path.file_stem().and_then(|stem| stem.to_str())) else {
            return self.tell("a file's name cannot be read".to_owned());
        };
        let is_style = path.extension().is_some_and(|extension| extension == "toml");
        let brought = if is_style {
            config::load(name, &[])
        } else {
            let mut settings = self.kept.styles.settings().clone();
            stylize::style_of(&settings.generator.weights, &[path.to_owned()]).map(|style| {
                settings.generator.style = style;
                settings.description = format!("Yours, from {stem}");
                settings
            })
        };
        match brought {
            Ok(settings) => {
                let name = if is_style { name.to_owned() } else { name_like(stem) };
                self.kept.styles.keep(&name, settings);
                self.tune();
                self.tell(self.kept.styles.name().to_owned());
            }
            Err(error) => self.tell(error.to_string()),
        }
    }
}

/// Writes a picture file.
fn save(shown: &Shown, path: &Path) -> Result<()> {
    let info = StreamInfo {
        time_base: Rational::new(1, 1),
        frame_count: Some(1),
        ..StreamInfo::new(shown.picture.size, PixelFormat::I420, ColorInfo::BT709)
    };
    let mut output = sink::create(path, &info, &SinkOptions::default())?;
    output.sink.write(Frame { stamp: Stamp { index: 0, pts: 0, duration: 1 }, image: shown.picture.clone() })?;
    output.sink.finish()
}
