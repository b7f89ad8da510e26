//! The window of a live run: the newest picture, and everything one may do to it.
//!
//! ```text
//!  winit ──events──▶ run ──keys──▶ action ─┐
//!                     │                    ├──▶ live::Session
//!                     ├──▶ ui: panel, hud ─┘
//!                     └──▶ painter ──▶ gpu::{Surface, Show}, egui's renderer ──▶ screen
//! ```
//!
//! * **Thread**: the process's first, as window systems want it. What takes long (a snapshot, the end of a recording)
//!   runs beside it.
//! * **Units**: widgets are laid out in points; a point is a pixel at a scale factor of 1. The painter works in pixels.
//! * **Colour**: pictures are shown with the codes they have, as R'G'B' under BT.709, which screens take for sRGB.
//! * **Pace**: a frame is painted for every new picture and for every change of the widgets, at most one for each
//!   refresh of the display. Where nothing changes, nothing runs.

mod action;
mod controller;
mod controls;
mod geometry;
mod hud;
mod memory;
mod painter;
mod panel;
mod places;
mod run;

mod styles;
mod theme;
mod thumbnails;
mod ui;

pub use memory::Memory;
pub use run::{Remote, Window};
pub use styles::Styles;

use crate::error::Result;
use std::path::PathBuf;

/// What outlasts the window.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Where it is kept; `None` keeps nothing.
    pub folder: Option<PathBuf>,
    /// The styles, with the user's changes.
    pub styles: Styles,
    /// How the window was left.
    pub memory: Memory,
}

impl Kept {
    /// What `folder` holds, with the style chosen that was in use.
    ///
    /// # Errors
    /// See [`Styles::load`].
    pub fn load(folder: Option<PathBuf>) -> Result<Self> {
        let memory = Memory::load(folder.as_deref());
        let mut styles = Styles::load(folder.as_ref().map(|folder| folder.join("styles")))?;
        styles.choose(&memory.style);
        Ok(Self { folder, styles, memory })
    }

    /// Saves it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&mut self) -> Result<()> {
        self.memory.style = self.styles.name().to_owned();
        self.styles.save()?;
        self.folder.as_deref().map_or(Ok(()), |folder| self.memory.save(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_in_use_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = Some(home.path().join("comicvid"));
        let mut kept = Kept::load(folder.clone()).unwrap();
        kept.styles.step(2);
        let name = kept.styles.name().to_owned();
        kept.memory.mirror = true;
        kept.save().unwrap();
        let again = Kept::load(folder).unwrap();
        assert_eq!((again.styles.name(), again.memory.mirror), (name.as_str(), true));
        Kept::load(None).unwrap().save().unwrap();
    }
}
