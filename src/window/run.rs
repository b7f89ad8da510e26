//! The event loop: window system in, session and painter out.

use super::Kept;
use super::action::{self, Action};
use super::controller::Controller;
use super::painter::{Painter, Scene};
use super::{theme, ui};
use crate::error::{Error, Result};
use crate::frame::Size;
use crate::live::Session;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::time::{Duration, Instant};
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{ElementState, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy};
use winit::keyboard::ModifiersState;
use winit::window::{Fullscreen, WindowId};

/// What other threads tell the window.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// There is a new picture, or the session has ended.
    Wake,
    /// For the user.
    Note(String),
    Close,
}

/// Speaks to the window from other threads.
#[derive(Clone)]
pub struct Remote {
    proxy: EventLoopProxy<Message>,
    /// A wake-up is under way: another would tell nothing new.
    waking: Arc<AtomicBool>,
}

impl Remote {
    /// Shows `text` to the user for a while.
    pub fn tell(&self, text: String) {
        self.send(Message::Note(text));
    }

    /// Closes the window.
    pub fn close(&self) {
        self.send(Message::Close);
    }

    fn wake(&self) {
        if !self.waking.swap(true, AcqRel) {
            self.send(Message::Wake);
        }
    }

    fn send(&self, message: Message) {
        // A window that has closed needs no messages.
        let _ = self.proxy.send_event(message);
    }
}

/// A connection to the window system.
pub struct Window {
    event_loop: EventLoop<Message>,
    remote: Remote,
}

impl Window {
    /// Connects to the window system. Must be called on the process's first thread.
    ///
    /// # Errors
    /// [`Error::Window`] where there is no display.
    pub fn open() -> Result<Self> {
        let event_loop = EventLoop::with_user_event().build().map_err(|e| window_error(&e))?;
        let remote = Remote { proxy: event_loop.create_proxy(), waking: Arc::default() };
        Ok(Self { event_loop, remote })
    }

    /// Speaks to the window from other threads.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Shows the pictures of `session`, until it ends or somebody closes the window. `hint` stays on the picture until it
    /// is closed; `kept` is brought up to date and not saved.
    ///
    /// # Errors
    /// [`Error::Window`], [`Error::Gpu`]: the window cannot be opened, or drawn on.
    pub fn run(self, session: &Session, kept: &mut Kept, hint: Option<String>) -> Result<()> {
        let Self { event_loop, remote } = self;
        let waker = remote.clone();
        session.set_waker(move || waker.wake());
        let outcome = std::thread::scope(|scope| {
            let mut shell = Shell {
                controller: Controller::new(session, scope, remote.clone(), kept, hint),
                remote,
                view: None,
                modifiers: ModifiersState::empty(),
                outcome: Ok(()),
            };
            event_loop.run_app(&mut shell).map_err(|e| window_error(&e))?;
            shell.outcome
        });
        session.set_waker(|| ());
        outcome
    }
}

/// The window and what paints it.
struct View {
    window: Arc<winit::window::Window>,
    widgets: egui_winit::State,
    painter: Painter,
    /// When the widgets want to be painted again.
    next: Option<Instant>,
    /// Nobody sees it.
    hidden: bool,
}

struct Shell<'scope, 'env> {
    controller: Controller<'scope, 'env>,
    remote: Remote,
    view: Option<View>,
    modifiers: ModifiersState,
    outcome: Result<()>,
}

impl<'scope, 'env> Shell<'scope, 'env> {
    fn open(&self, event_loop: &ActiveEventLoop) -> Result<View> {
        let [width, height] = self.controller.window_size();
        let attributes = winit::window::Window::default_attributes()
            .with_title(self.controller.title())
            .with_inner_size(LogicalSize::new(f64::from(width), f64::from(height)))
            .with_min_inner_size(LogicalSize::new(480.0, 320.0));
        let window = event_loop.create_window(attributes).map_err(|e| window_error(&e))?;
        let window = Arc::new(window);
        let painter = Painter::new(Arc::clone(&window), size(&window))?;
        let context = egui::Context::default();
        theme::apply(&context);
        let widgets = egui_winit::State::new(
            context,
            egui::ViewportId::ROOT,
            &window,
            Some(window.scale_factor() as f32),
            Some(winit::window::Theme::Dark),
            Some(painter.max_texture_side()),
        );
        Ok(View { window, widgets, painter, next: None, hidden: false })
    }

    fn act(&mut self, action: Action, event_loop: &ActiveEventLoop) {
        let window = self.view.as_ref().map(|view| &view.window);
        let fullscreen = window.is_some_and(|window| window.fullscreen().is_some());
        match action {
            Action::Quit => event_loop.exit(),
            Action::Back if self.controller.close_help() => {}
            Action::Back if !fullscreen => event_loop.exit(),
            Action::Back | Action::Fullscreen => {
                let wanted = (!fullscreen).then_some(Fullscreen::Borderless(None));
                window.inspect(|window| window.set_fullscreen(wanted));
            }
            _ => self.controller.act(action),
        }
        window.inspect(|window| window.request_redraw());
    }

    /// Paints a frame and does what its widgets ask for.
    fn paint(&mut self, event_loop: &ActiveEventLoop) -> Result<()> {
        let Some(view) = &mut self.view else { return Ok(()) };
        if view.hidden || size(&view.window).pixels() == 0 {
            return Ok(());
        }
        let shown = self.controller.look();
        let input = view.widgets.take_egui_input(&view.window);
        let context = view.widgets.egui_ctx().clone();
        let fullscreen = view.window.fullscreen().is_some();
        let mut answer = ui::Answer::default();
        let output = context.run_ui(input, |ui| answer = self.controller.build(ui, shown.as_deref(), fullscreen));
        view.widgets.handle_platform_output(&view.window, output.platform_output);
        let widgets = context.tessellate(output.shapes, output.pixels_per_point);
        let mut textures = output.textures_delta;
        view.painter.update_textures(&mut textures);
        let scene = Scene {
            shown: shown.as_deref(),
            area: answer.area.scaled(output.pixels_per_point),
            split: self.controller.split(shown.as_deref()),
            widgets: &widgets,
            scale: output.pixels_per_point,
        };
        view.window.pre_present_notify();
        if view.painter.paint(&scene)?
            && let Some(shown) = &shown
        {
            self.controller.presented(shown);
        }
        view.painter.free_textures(&mut textures);
        let delay = output.viewport_output.get(&egui::ViewportId::ROOT).map(|output| output.repaint_delay);
        let delay = delay.unwrap_or(Duration::MAX).min(self.controller.repaint_after());
        view.next = Instant::now().checked_add(delay);
        view.window.set_title(&self.controller.title());
        if !answer.actions.is_empty() {
            answer.actions.into_iter().for_each(|action| self.act(action, event_loop));
        }
        Ok(())
    }

    fn fail(&mut self, error: Error, event_loop: &ActiveEventLoop) {
        self.outcome = Err(error);
        event_loop.exit();
    }
}

impl ApplicationHandler<Message> for Shell<'_, '_> {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.view.is_none() {
            match self.open(event_loop) {
                Ok(view) => self.view = Some(view),
                Err(error) => self.fail(error, event_loop),
            }
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, message: Message) {
        match message {
            Message::Wake => self.remote.waking.store(false, Release),
            Message::Note(text) => self.controller.tell(text),
            Message::Close => event_loop.exit(),
        }
        if self.controller.is_over() {
            event_loop.exit();
        }
        self.view.iter().for_each(|view| view.window.request_redraw());
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(view) = &mut self.view else { return };
        let typing = view.widgets.egui_ctx().text_edit_focused();
        match &event {
            WindowEvent::ModifiersChanged(modifiers) => self.modifiers = modifiers.state(),
            WindowEvent::KeyboardInput { event: key, .. } if !typing => {
                let plain = (self.modifiers - ModifiersState::SHIFT).is_empty();
                if let Some(action) = action::action(key).filter(|_| plain) {
                    let again = key.repeat && !matches!(action, Action::NextStyle | Action::PreviousStyle);
                    if key.state == ElementState::Pressed && !again {
                        self.act(action, event_loop);
                    }
                    // Widgets would move their own focus with Tab and arrows.
                    return;
                }
            }
            _ => {}
        }
        // To a request to paint the widgets would answer with a request to paint, for ever.
        let repaint = view.widgets.on_window_event(&view.window, &event).repaint;
        if repaint && !matches!(event, WindowEvent::RedrawRequested) {
            view.window.request_redraw();
        }
        match event {
            WindowEvent::CloseRequested => event_loop.exit(),
            WindowEvent::Resized(to) => {
                view.painter.resize(Size::new(to.width, to.height));
                if view.window.fullscreen().is_none() {
                    let points = to.to_logical::<f32>(view.window.scale_factor());
                    self.controller.resized([points.width, points.height]);
                }
                view.window.request_redraw();
            }
            WindowEvent::Occluded(hidden) => {
                view.hidden = hidden;
                self.controller.set_visible(!hidden);
                view.window.request_redraw();
            }
            WindowEvent::DroppedFile(path) => {
                self.controller.dropped(&path);
                view.window.request_redraw();
            }
            WindowEvent::RedrawRequested => {
                if let Err(error) = self.paint(event_loop) {
                    self.fail(error, event_loop);
                }
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let Some(view) = &mut self.view else { return };
        match view.next {
            Some(next) if next <= Instant::now() => {
                view.next = None;
                view.window.request_redraw();
                event_loop.set_control_flow(ControlFlow::Wait);
            }
            Some(next) => event_loop.set_control_flow(ControlFlow::WaitUntil(next)),
            None => event_loop.set_control_flow(ControlFlow::Wait),
        }
    }

    fn exiting(&mut self, _: &ActiveEventLoop) {
        // The surface must go before the connection to the window system does.
        self.view = None;
    }
}

fn size(window: &winit::window::Window) -> Size {
    let size = window.inner_size();
    Size::new(size.width, size.height)
}

/// winit's reason, without the place in its source that it begins with.
fn window_error(error: &dyn std::fmt::Display) -> Error {
    let text = error.to_string();
    let plain =
        text.split_once(".rs:").and_then(|(_, rest)| rest.split_once(": ")).map(|(_, reason)| reason.to_owned());
    Error::Window { reason: plain.unwrap_or(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_source_file() {
        let reason = |text: &str| match window_error(&text) {
            Error::Window { reason } => reason,
            other => panic!("{other}"),
        };
        assert_eq!(reason("os error at /x/winit/linux/mod.rs:765: DISPLAY is not set."), "DISPLAY is not set.");
        assert_eq!(reason("not on the first thread"), "not on the first thread");
    }
}
