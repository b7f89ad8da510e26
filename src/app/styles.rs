//! `comicvid styles`: what there is to choose from.

use crate::cli;
use crate::config::{self, FIELDS, PRESETS};
use crate::error::Result;
use std::io::Write;

/// Lists the styles, or the settings of one.
///
/// # Errors
/// [`Error::UnknownStyle`](crate::error::Error::UnknownStyle) for a style that is not there.
pub fn run(args: &cli::Styles) -> Result<()> {
    let text = match &args.settings {
        None => list()?,
        Some(style) => settings(style)?,
    };
    // A reader that closed the pipe (`| head`) has what it wanted.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn list() -> Result<String> {
    let mut text = String::new();
    for preset in PRESETS {
        let description = config::load(preset.name, &[])?.description;
        text += &format!("{:<12} {description}\n", preset.name);
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
