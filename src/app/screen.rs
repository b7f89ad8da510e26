//! The window of `comicvid live`, with what the user keeps from one time to the next.

use super::engine;
use crate::cli;
use crate::config::{self, PRESETS, Settings};
use crate::error::Result;
use crate::live::Session;
use crate::pipeline::Stop;
use crate::window::{Kept, Window};

/// A window that is about to open.
pub struct Screen {
    window: Window,
    kept: Kept,
}

impl Screen {
    /// Connects to the display. The style is what was typed, else what was used last.
    ///
    /// # Errors
    /// There is no display; an unknown style or setting.
    pub fn open(look: &cli::Look) -> Result<Self> {
        let window = Window::open()?;
        let mut kept = Kept::load(config::places::folder())?;
        if *look != cli::Look::default() {
            let name = look.style.as_deref().unwrap_or(PRESETS[0].name);
            kept.styles.bring(name, engine::settings(look)?);
        }
        Ok(Self { window, kept })
    }

    /// What to draw with at first.
    pub fn settings(&self) -> Settings {
        self.kept.styles.settings().clone()
    }

    /// Whether the picture was mirrored when the window was left.
    pub const fn mirror(&self) -> bool {
        self.kept.memory.mirror
    }

    /// Shows the session on this thread while `watch` runs on another, and is told what the user should know; either ends
    /// the other.
    ///
    /// # Errors
    /// The window cannot be shown; what `watch` answers; the settings cannot be saved.
    pub fn show(
        mut self,
        session: &Session,
        hint: Option<&str>,
        stop: &Stop,
        watch: impl FnOnce(&dyn Fn(&str)) -> Result<()> + Send,
    ) -> Result<()> {
        let remote = self.window.remote();
        let outcome = std::thread::scope(|scope| {
            let watcher = scope.spawn(move || {
                let outcome = watch(&|note| remote.tell(note.to_owned()));
                remote.close();
                outcome
            });
            let shown = self.window.run(session, &mut self.kept, hint.map(str::to_owned));
            stop.request();
            shown.and(watcher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        outcome.and(self.kept.save())
    }
}
