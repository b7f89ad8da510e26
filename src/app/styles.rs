//! `comicvid styles`: what there is to choose from, and the user's own.

use super::progress::Voice;
use crate::cli;
use crate::config::{self, FIELDS, PRESETS, places};
use crate::error::{Error, Result};
use crate::stylize;
use std::io::Write;
use std::path::PathBuf;

/// Lists the styles, or the settings of one, or adds one.
///
/// # Errors
/// [`Error::UnknownStyle`] for a style that is not there; see [`add`].
pub fn run(args: &cli::Styles, voice: Voice) -> Result<()> {
    let text = match (&args.what, &args.settings) {
        (Some(cli::StylesWhat::Add(args)), _) => return add(args, voice),
        (None, None) => list()?,
        (None, Some(style)) => settings(style)?,
    };
    // A reader that closed the pipe (`| head`) has what it wanted.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// Keeps the style of pictures.
///
/// # Errors
/// A name that no file can have or that is taken, pictures that cannot be read, a folder that cannot be written.
fn add(args: &cli::AddStyle, voice: Voice) -> Result<()> {
    let refuse = |reason: &str| Err(Error::setting(&args.name, reason.to_owned()));
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if args.name.is_empty() || !args.name.chars().all(letters) {
        return refuse("a style's name is made of letters, digits, - and _");
    }
    if PRESETS.iter().any(|preset| preset.name == args.name) {
        return refuse("a style that comes with the program has this name");
    }
    let Some(folder) = places::styles() else { return refuse("there is no configuration folder to keep it in") };
    let path = folder.join(format!("{}.toml", args.name));
    if path.exists() && !args.overwrite {
        return refuse("there is a style of this name; --overwrite replaces it");
    }
    let mut settings = config::load(&args.base, &[])?;
    settings.generator.style = stylize::style_of(&settings.generator.weights, &args.pictures)?;
    settings.description = format!("Yours, from {}", pictures(&args.pictures));
    places::write(&path, &toml::to_string(&settings).map_err(|e| Error::write(&path, e))?)?;
    voice.say(&format!("{} is kept in {}; use it with --style {}", args.name, path.display(), args.name));
    Ok(())
}

fn pictures(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    match paths {
        [only] => name(only),
        [first, others @ ..] => format!("{} and {} more", name(first), others.len()),
        [] => String::new(),
    }
}

fn list() -> Result<String> {
    let mut text = String::new();
    for preset in PRESETS {
        let description = config::load(preset.name, &[])?.description;
        text += &format!("{:<12} {description}\n", preset.name);
    }
    let own = places::styles().map(|folder| places::style_files(&folder)).unwrap_or_default();
    for (name, _) in own.iter().filter(|(name, _)| PRESETS.iter().all(|preset| preset.name != name)) {
        // A file that is no style says so where it stands.
        let description = config::load(name, &[]).map_or_else(|error| error.to_string(), |style| style.description);
        text += &format!("{name:<12} {description}\n");
    }
    Ok(text)
}

fn settings(style: &str) -> Result<String> {
    let values = config::load(style, &[])?.values();
    let mut text = format!("{:<20} {:<14} {:<22} {}\n", "setting", "here", "range", "meaning");
    for field in FIELDS.iter().filter(|f| f.key.contains('.')) {
        let here = values.iter().find(|(key, _)| key == field.key);
        let here = here.map_or_else(|| "(off)".to_owned(), |(_, value)| value.to_string());
        text += &format!("{:<20} {here:<14} {:<22} {}\n", field.key, field.domain.to_string(), field.help);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_and_every_setting_is_listed() {
        let list = list().unwrap();
        assert!(PRESETS.iter().all(|p| list.contains(p.name)));
        let settings = settings("comic").unwrap();
        assert!(FIELDS.iter().filter(|f| f.key.contains('.')).all(|f| settings.contains(f.key)));
    }
}
