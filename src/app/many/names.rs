//! How outputs are called.

use super::inputs::{Input, PICTURES};
use crate::error::{Error, Result};
use crate::sink;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Stem,
    Extension,
    Number,
}

/// What outputs are called: text with `{stem}`, `{ext}`, `{style}`, `{number}`. A slash makes folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

impl Pattern {
    /// Takes `pattern` apart; `style` is what `{style}` stands for.
    ///
    /// # Errors
    /// [`Error::Setting`]: an unknown word in braces, an open brace, a name outside of the folder.
    pub fn parse(pattern: &str, style: &str) -> Result<Self> {
        let refused = |why: String| Error::setting("name", why);
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some((text, braced)) = rest.split_once('{') {
            let (word, after) = braced.split_once('}').ok_or_else(|| refused(format!("\"{pattern}\" lacks a }}")))?;
            pieces.push(Piece::Text(text.to_owned()));
            pieces.push(match word {
                "stem" => Piece::Stem,
                "ext" => Piece::Extension,
                "number" => Piece::Number,
                "style" => Piece::Text(style.to_owned()),
                _ => {
                    return Err(refused(format!(
                        "there is {{stem}}, {{ext}}, {{style}} and {{number}}, not {{{word}}}"
                    )));
                }
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let inside = Path::new(pattern).components().all(|c| matches!(c, Component::Normal(_)));
        if pattern.is_empty() || !inside {
            return Err(refused(format!("\"{pattern}\" is not the name of a file inside the folder")));
        }
        Ok(Self(pieces))
    }

    /// Whether `{number}` is part of it.
    pub fn counts(&self) -> bool {
        self.0.contains(&Piece::Number)
    }

    /// Where the `number`th input goes, seen from the folder of all outputs.
    pub fn fill(&self, input: &Input, number: usize) -> PathBuf {
        let mut name = OsString::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => name.push(text),
                Piece::Stem => name.push(input.path.file_stem().unwrap_or_default()),
                Piece::Extension => name.push(extension(&input.path)),
                Piece::Number => name.push(format!("{number:04}")),
            }
        }
        input.below.join(name)
    }
}

/// The input's where files of that kind can be written, else what everything shows.
fn extension(input: &Path) -> String {
    let own = input.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if sink::is_format(Path::new(&format!("x.{own}"))) {
        own
    } else if PICTURES.contains(&&*own) {
        "png".to_owned()
    } else {
        "mp4".to_owned()
    }
}

/// What `{style}` stands for: the style's name, or that of its file.
pub fn style_name(style: &str) -> String {
    let file = Path::new(style).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    file.filter(|_| style.ends_with(".toml")).unwrap_or_else(|| style.replace(['/', '\\'], "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(pattern: &str, path: &str, below: &str) -> PathBuf {
        let input = Input { path: path.into(), below: below.into() };
        Pattern::parse(pattern, "noir").unwrap().fill(&input, 7)
    }

    #[test]
    fn words_are_filled_in_and_folders_kept() {
        assert_eq!(fill("{stem}.{ext}", "x/holiday.MOV", "2024"), Path::new("2024/holiday.mov"));
        assert_eq!(fill("{style}/{number} {stem}.mkv", "a b.mp4", ""), Path::new("noir/0007 a b.mkv"));
        assert_eq!(fill("{stem}-comic.{ext}", "old.rm", ""), Path::new("old-comic.rm"));
        assert_eq!(fill("{stem}.{ext}", "old.rmvb", ""), Path::new("old.mp4"));
        assert_eq!(fill("{stem}.{ext}", "photo.jpe", ""), Path::new("photo.png"));
        assert_eq!(fill("{stem}.{ext}", "photo.jpg", ""), Path::new("photo.jpg"));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for wrong in ["", "/tmp/{stem}", "../{stem}", "{stem", "{stam}.mp4", "a/../../{stem}"] {
            assert!(Pattern::parse(wrong, "comic").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_style_file_gives_its_name() {
        assert_eq!((style_name("noir"), style_name("my/own.toml")), ("noir".into(), "own".into()));
    }
}
