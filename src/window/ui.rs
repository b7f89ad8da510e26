//! The widgets of a frame: what is told, what was clicked. Knows neither window system nor session.

use super::action::Action;
use super::geometry::{Area, letterbox};
use super::styles::Styles;
use super::{hud, panel};
use crate::frame::{Rational, Size};
use crate::live::{Latency, Status, View};
use egui::{Rect, Sense, pos2, vec2};
use std::time::{Duration, Instant};

/// How long a message stays.
const MESSAGE: Duration = Duration::from_secs(5);

/// The widgets' own state.
#[derive(Debug)]
pub(super) struct State {
    pub panel: bool,
    pub readout: bool,
    pub help: bool,
    pub compare: bool,
    /// Where the photo ends, 0..=1 along the picture.
    pub split: f32,
    /// Stays until it is closed.
    pub hint: Option<String>,
    messages: Vec<(Instant, String)>,
}

impl State {
    pub fn new(panel: bool, readout: bool, hint: Option<String>) -> Self {
        Self { panel, readout, help: false, compare: false, split: 0.5, hint, messages: Vec::new() }
    }

    /// Shows `text` for a while. The same text does not pile up.
    pub fn tell(&mut self, text: String, now: Instant) {
        self.messages.retain(|(_, known)| *known != text);
        self.messages.push((now, text));
        let surplus = self.messages.len().saturating_sub(4);
        self.messages.drain(..surplus);
    }

    /// Drops messages that have been there long enough.
    pub fn expire(&mut self, now: Instant) {
        self.messages.retain(|(since, _)| now.saturating_duration_since(*since) < MESSAGE);
    }

    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(|(_, text)| text.as_str())
    }
}

/// What the widgets tell.
pub(super) struct Facts<'a> {
    pub status: &'a Status,
    /// From capture until a picture was presented, and pictures presented a second; lately.
    pub presented: (Latency, f64),
    pub view: View,
    /// Size of the picture and shape of its pixels.
    pub picture: Option<(Size, Rational)>,
    /// The picture is a drawing, so there is a photo to compare it with.
    pub drawn: bool,
    pub fullscreen: bool,
}

/// What the widgets ask for.
#[derive(Default)]
pub(super) struct Answer {
    pub actions: Vec<Action>,
    /// Where the picture goes, in points.
    pub area: Area,
}

/// Lays out one frame.
pub(super) fn build(ui: &mut egui::Ui, state: &mut State, styles: &mut Styles, facts: &Facts<'_>) -> Answer {
    let mut answer = Answer::default();
    if state.panel {
        panel::show(ui, styles, facts, state, &mut answer.actions);
    }
    let free = ui.available_rect_before_wrap();
    let (size, aspect) = facts.picture.unwrap_or((Size::new(16, 9), Rational::new(1, 1)));
    answer.area = letterbox(Area::new(free.left(), free.top(), free.width(), free.height()), size, aspect);
    let picture = rect(answer.area);

    let response = ui.interact(free, ui.scope_id().with("picture"), Sense::click_and_drag());
    if response.double_clicked() {
        answer.actions.push(Action::Fullscreen);
    }
    if state.compare && facts.drawn {
        if let Some(at) = response.interact_pointer_pos().filter(|_| response.dragged()) {
            state.split = answer.area.along(at.x);
        }
        if response.hovered() || response.dragged() {
            ui.set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
        hud::split(ui, picture, state.split, styles.name());
    }
    hud::show(ui, free, state, facts, styles, &mut answer.actions);
    answer
}

fn rect(area: Area) -> Rect {
    Rect::from_min_size(pos2(area.left, area.top), vec2(area.width, area.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_by_themselves_and_do_not_pile_up() {
        let (mut state, start) = (State::new(false, false, None), Instant::now());
        for i in 0..6 {
            state.tell(format!("message {i}"), start);
        }
        state.tell("message 4".to_owned(), start + Duration::from_secs(3));
        assert_eq!(state.messages().collect::<Vec<_>>(), ["message 2", "message 3", "message 5", "message 4"]);
        state.expire(start + Duration::from_secs(6));
        assert_eq!(state.messages().collect::<Vec<_>>(), ["message 4"]);
        state.expire(start + Duration::from_secs(9));
        assert_eq!(state.messages().count(), 0);
    }
}
