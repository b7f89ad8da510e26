//! The styles to choose from, each with the user's own changes, kept in the user's configuration folder.
//!
//! A style that was changed is saved whole as `styles/NAME.toml`, an ordinary style file that `--style` takes too. Any
//! other style file in that folder is offered as well.

use crate::config::places::{style_files, write};
use crate::config::{self, PRESETS, Settings};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// One style.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub name: String,
    /// As it came.
    pub original: Settings,
    /// As it is now.
    pub settings: Settings,
    /// Was changed and not saved.
    changed: bool,
}

impl Entry {
    fn new(name: String, original: Settings) -> Self {
        Self { name, settings: original.clone(), original, changed: false }
    }
}

/// All styles, one of them chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Styles {
    entries: Vec<Entry>,
    chosen: usize,
    /// Where changes are kept; `None` where the user has no configuration folder.
    folder: Option<PathBuf>,
}

impl Styles {
    /// The built-in styles and those of `folder`, which need not exist. Files there that are no styles are left out, with a
    /// warning in the log.
    ///
    /// # Errors
    /// A built-in style does not load: a defect.
    pub fn load(folder: Option<PathBuf>) -> Result<Self> {
        let mut entries = Vec::new();
        for preset in PRESETS {
            entries.push(Entry::new(preset.name.to_owned(), config::load(preset.name, &[])?));
        }
        for (name, path) in folder.as_deref().map(style_files).unwrap_or_default() {
            match (config::load_own(&path), entries.iter_mut().find(|e| e.name == name)) {
                (Ok(settings), Some(entry)) => entry.settings = settings,
                (Ok(settings), None) => entries.push(Entry::new(name, settings)),
                (Err(error), _) => tracing::warn!("{} is left out: {error}", path.display()),
            }
        }
        Ok(Self { entries, chosen: 0, folder })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn chosen(&self) -> usize {
        self.chosen
    }

    /// Name of the chosen style.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.entries[self.chosen].name
    }

    /// Settings of the chosen style.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.entries[self.chosen].settings
    }

    /// Chooses a style by name; false where there is none of that name.
    pub fn choose(&mut self, name: &str) -> bool {
        let found = self.entries.iter().position(|e| e.name == name);
        self.chosen = found.unwrap_or(self.chosen);
        found.is_some()
    }

    /// Chooses `name` with these settings, as they were typed or come from a file; a style of another name is added.
    pub fn bring(&mut self, name: &str, settings: Settings) {
        let name = Path::new(name).file_stem().and_then(|s| s.to_str()).unwrap_or(name);
        if self.choose(name) {
            self.entries[self.chosen].settings = settings;
        } else {
            self.chosen = self.entries.len();
            self.entries.push(Entry::new(name.to_owned(), settings));
        }
    }

    /// Chooses `name` with these settings, and keeps it: it is saved with what was changed.
    pub(super) fn keep(&mut self, name: &str, settings: Settings) {
        self.bring(name, settings);
        self.entries[self.chosen].changed = true;
    }

    pub(super) fn choose_at(&mut self, index: usize) {
        self.chosen = index.min(self.entries.len() - 1);
    }

    /// Chooses the one so many places on, round the end.
    pub(super) fn step(&mut self, by: isize) {
        let count = self.entries.len() as isize;
        self.chosen = (self.chosen as isize + by).rem_euclid(count) as usize;
    }

    /// Changes the chosen style.
    pub(super) fn set(&mut self, settings: Settings) {
        let entry = &mut self.entries[self.chosen];
        entry.changed |= entry.settings != settings;
        entry.settings = settings;
    }

    /// Whether the chosen style is another than it came.
    pub(super) fn is_changed(&self) -> bool {
        let entry = &self.entries[self.chosen];
        entry.settings != entry.original
    }

    /// Makes the chosen style what it was.
    pub(super) fn reset(&mut self) {
        self.set(self.entries[self.chosen].original.clone());
    }

    /// Saves every style that was changed. One that is as it came again needs no file.
    ///
    /// # Errors
    /// The folder or a file in it cannot be written.
    pub fn save(&mut self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for entry in self.entries.iter_mut().filter(|e| e.changed) {
            let path = folder.join(format!("{}.toml", entry.name));
            if entry.settings == entry.original && PRESETS.iter().any(|p| p.name == entry.name) {
                std::fs::remove_file(&path).or_else(absent).map_err(|e| Error::write(&path, e))?;
            } else {
                let text = toml::to_string(&entry.settings).map_err(|e| Error::write(&path, e))?;
                write(&path, &text)?;
            }
            entry.changed = false;
        }
        Ok(())
    }
}

/// The name of the style of the picture file `stem`: one that `--style` takes as it is. A picture may be called as a style
/// is, and must not take its place.
pub(super) fn name_like(stem: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    format!("like-{}", stem.chars().map(letter).collect::<String>())
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuned(styles: &Styles, strength: f32) -> Settings {
        let mut settings = styles.settings().clone();
        settings.generator.strength = strength;
        settings
    }

    #[test]
    fn changes_come_back_and_leave_when_they_are_undone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("comicvid/styles");
        let mut styles = Styles::load(Some(folder.clone())).unwrap();
        styles.save().unwrap();
        assert!(!folder.exists(), "nothing was changed, so nothing is saved");
        assert!(styles.choose("noir"));
        styles.set(tuned(&styles, 0.25));
        assert!(styles.is_changed());
        styles.save().unwrap();

        let mut again = Styles::load(Some(folder.clone())).unwrap();
        assert_eq!(again.name(), "comic");
        assert!(!again.is_changed() && again.choose("noir") && again.is_changed());
        assert_eq!(again.settings(), styles.settings());
        // The command takes the file too.
        let path = folder.join("noir.toml");
        assert_eq!(config::load(path.to_str().unwrap(), &[]).unwrap(), *styles.settings());

        again.reset();
        again.save().unwrap();
        assert!(!path.exists());
        assert_eq!(*Styles::load(Some(folder)).unwrap().settings(), config::load("comic", &[]).unwrap());
    }

    #[test]
    fn files_of_the_folder_are_offered_and_broken_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.toml"), "[generator]\nstrength = 0.5\n").unwrap();
        std::fs::write(folder.path().join("broken.toml"), "[generator]\nstrength = 7.5\n").unwrap();
        let mut styles = Styles::load(Some(folder.path().into())).unwrap();
        assert_eq!(styles.entries().len(), PRESETS.len() + 1);
        styles.step(-1);
        assert_eq!((styles.name(), styles.settings().generator.strength), ("mine", 0.5));
        styles.step(1);
        assert_eq!(styles.name(), PRESETS[0].name);
        assert!(!styles.choose("broken"));
    }

    #[test]
    fn a_style_with_weights_from_elsewhere_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("styles");
        let mut styles = Styles::load(Some(folder.clone())).unwrap();
        let mut settings = styles.settings().clone();
        settings.generator.weights = home.path().join("mine.safetensors").display().to_string();
        styles.keep("mine", settings.clone());
        styles.save().unwrap();
        let mut again = Styles::load(Some(folder)).unwrap();
        assert!(again.choose("mine"));
        assert_eq!(*again.settings(), settings);
    }

    #[test]
    fn a_style_made_of_a_picture_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut styles = Styles::load(Some(folder.path().into())).unwrap();
        let code = std::array::from_fn(|i| i as f32 / 16.0);
        let mut settings = tuned(&styles, 0.5);
        settings.generator.style = config::Blend::only(config::Source::Code(code));
        let name = name_like("my: ink, 2/3");
        assert_eq!(name, "like-my--ink--2-3");
        styles.keep(&name, settings.clone());
        styles.save().unwrap();

        let mut again = Styles::load(Some(folder.path().into())).unwrap();
        assert!(again.choose(&name));
        assert_eq!(*again.settings(), settings);
        // Another picture of the same name.
        again.keep(&name, tuned(&again, 0.75));
        again.save().unwrap();
        let last = Styles::load(Some(folder.path().into())).unwrap();
        assert_eq!(last.entries().len(), again.entries().len());
        assert_eq!(last.entries()[last.entries().len() - 1].settings.generator.strength, 0.75);
    }

    #[test]
    fn what_was_typed_is_chosen_and_is_not_saved_until_it_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let mut styles = Styles::load(Some(folder.path().into())).unwrap();
        let typed = tuned(&styles, 0.5);
        styles.bring("ink", typed.clone());
        assert_eq!((styles.name(), styles.settings()), ("ink", &typed));
        styles.bring("some/where/odd.toml", typed.clone());
        assert_eq!((styles.name(), styles.is_changed()), ("odd", false));
        styles.save().unwrap();
        assert_eq!(style_files(folder.path()), []);
        styles.set(tuned(&styles, 0.75));
        styles.save().unwrap();
        assert_eq!(style_files(folder.path()), [("odd".to_owned(), folder.path().join("odd.toml"))]);
    }
}
