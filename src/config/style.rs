//! Finds a style and merges it: built-in preset or file, then `--set`, in that order.

use super::fields::{Domain, EFFECTS, FIELDS};
use super::settings::Settings;
use super::{blend, mix, places};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path};
use toml::{Table, Value};

/// A style that ships with the program.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What `--style` takes.
    pub name: &'static str,
    toml: &'static str,
}

/// Bytes of a style file; one with every setting has some two thousand.
const LONGEST: u64 = 1 << 20;

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, toml: include_str!(concat!("presets/", $name, ".toml")) }),*]
    };
}

/// Built-in styles, the default first.
pub const PRESETS: &[Preset] = presets!["comic", "ink", "pop", "noir", "manga", "watercolor", "pencil", "action"];

/// The settings of style `name` with `changes` made, in order. A name is that of a preset or of one of the user's own
/// styles (see [`places::styles`]), or the path of a TOML file, or a mixture: `comic:0.7,ink:0.3`.
///
/// A style given by its path may be a stranger's: its weights are built-in ones or a file in its own folder or below,
/// named relative to it. What `changes` and the user's own styles name is the user's.
///
/// A change is `table.field=value`, or `effect=off` and `effect=on` to switch an effect.
///
/// # Errors
/// [`Error::UnknownStyle`], or [`Error::Setting`] where a key is unknown or a value is out of its range.
pub fn load(name: &str, changes: &[(String, String)]) -> Result<Settings> {
    let mut table = match blend::shares(name) {
        Some(parts) if name.contains(':') && !Path::new(name).is_file() => mixture(name, &parts)?,
        _ => read(name)?,
    };
    for (key, value) in changes {
        change(&mut table, key, value)?;
    }
    settings(name, table)
}

/// The settings of the style file `path`, which is one of the user's own: what it names is taken at its word.
///
/// # Errors
/// [`Error::Open`]; as [`load`].
pub fn load_own(path: &Path) -> Result<Settings> {
    settings(&path.display().to_string(), parse_file(path)?)
}

fn settings(name: &str, table: Table) -> Result<Settings> {
    let settings = Settings::deserialize_table(table).map_err(|reason| Error::setting(name, reason))?;
    check(&settings)?;
    Ok(settings)
}

fn mixture(name: &str, parts: &[(&str, f32)]) -> Result<Table> {
    let styles = parts.iter().map(|(part, share)| Ok((load(part, &[])?, *share))).collect::<Result<Vec<_>>>()?;
    let mixed = mix::mix(name, &styles).ok_or_else(|| Error::setting(name, "these styles cannot be mixed"))?;
    Table::try_from(mixed).map_err(|e| Error::setting(name, e.to_string()))
}

fn read(name: &str) -> Result<Table> {
    if let Some(preset) = PRESETS.iter().find(|p| p.name == name) {
        return parse(name, preset.toml);
    }
    let own = places::styles().map(|folder| places::style_files(&folder)).unwrap_or_default();
    let mine = own.iter().find(|(own, _)| own == name).map(|(_, path)| path.as_path());
    let path = mine.unwrap_or(Path::new(name));
    if path.extension().is_none_or(|e| e != "toml") {
        let known = PRESETS.iter().map(|p| p.name).chain(own.iter().map(|(own, _)| own.as_str()));
        return Err(Error::UnknownStyle { name: name.into(), near: near(name, known) });
    }
    let mut table = parse_file(path)?;
    if mine.is_none() {
        keep_in(path.parent().unwrap_or(Path::new("")), &mut table)?;
    }
    Ok(table)
}

fn parse_file(path: &Path) -> Result<Table> {
    parse(&path.display().to_string(), &text(path).map_err(|e| Error::open(path, e))?)
}

/// The text of a regular file: a device has no end, and a pipe may never begin.
fn text(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// Makes the path of the weights that a style in `folder` names one from here; it may not lead out of the folder.
fn keep_in(folder: &Path, style: &mut Table) -> Result<()> {
    let Some(Value::String(weights)) = style.get_mut("generator").and_then(|generator| generator.get_mut("weights"))
    else {
        return Ok(());
    };
    let plain = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    let file = folder.join(&*weights);
    if !Path::new(weights).components().all(plain) || leads_out(folder, &file) {
        return Err(Error::setting("generator.weights", "a style's weights must lie in the style's own folder"));
    }
    // Any other name is that of built-in weights.
    if file.exists() {
        *weights = file.to_string_lossy().into_owned();
    }
    Ok(())
}

/// Whether links make of `file`, if it is there, one outside of `folder`.
fn leads_out(folder: &Path, file: &Path) -> bool {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match (here.canonicalize(), file.canonicalize()) {
        (Ok(folder), Ok(file)) => !file.starts_with(folder),
        _ => false,
    }
}

fn parse(name: &str, text: &str) -> Result<Table> {
    text.parse().map_err(|e: toml::de::Error| Error::setting(name, e.message().to_owned()))
}

fn change(table: &mut Table, key: &str, value: &str) -> Result<()> {
    if EFFECTS.contains(&key) {
        match value {
            "off" => drop(table.remove(key)),
            "on" => drop(table.entry(key).or_insert_with(|| Value::Table(Table::new()))),
            _ => return Err(Error::setting(key, "an effect is switched with on or off")),
        }
        return Ok(());
    }
    let Some(field) = FIELDS.iter().find(|f| f.key == key) else {
        let near = near(key, FIELDS.iter().map(|f| f.key));
        let reason = if near.is_empty() {
            "there is no such setting; `comicvid styles --settings` lists them".to_owned()
        } else {
            format!("there is no such setting; did you mean {}?", near.join(" or "))
        };
        return Err(Error::setting(key, reason));
    };
    let value = literal(field.domain, value)
        .ok_or_else(|| Error::setting(key, format!("\"{value}\" is not in {}", field.domain)))?;
    match key.split_once('.') {
        None => drop(table.insert(key.into(), value)),
        Some((group, field)) => {
            let entry = table.entry(group).or_insert_with(|| Value::Table(Table::new()));
            let Some(entry) = entry.as_table_mut() else {
                return Err(Error::setting(group, "must be a table"));
            };
            entry.insert(field.into(), value);
        }
    }
    Ok(())
}

fn literal(domain: Domain, text: &str) -> Option<Value> {
    match domain {
        Domain::Number(..) => text.parse().ok().map(Value::Float),
        Domain::Integer(..) => text.parse().ok().map(Value::Integer),
        Domain::Word(words) => words.contains(&text).then(|| Value::String(text.into())),
        Domain::Color | Domain::Text => Some(Value::String(text.into())),
    }
}

/// Every number must be in its range, wherever it came from.
fn check(settings: &Settings) -> Result<()> {
    for (key, value) in settings.values() {
        let Some(field) = FIELDS.iter().find(|f| f.key == key) else { continue };
        let inside = match (field.domain, &value) {
            (Domain::Number(low, high), Value::Float(v)) => (low..=high).contains(v),
            (Domain::Integer(low, high), Value::Integer(v)) => (low..=high).contains(v),
            _ => true,
        };
        if !inside {
            return Err(Error::setting(key, format!("{value} is not in {}", field.domain)));
        }
    }
    Ok(())
}

impl Settings {
    fn deserialize_table(table: Table) -> Result<Self, String> {
        table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())
    }

    /// Every setting in force as `(table.field, value)`; effects that are off are left out.
    #[must_use]
    pub fn values(&self) -> Vec<(String, Value)> {
        let mut out = Vec::new();
        // A `Settings` holds tables of plain values alone, so it always has a TOML form.
        for (group, value) in Table::try_from(self).unwrap_or_default() {
            match value {
                Value::Table(fields) => {
                    out.extend(fields.into_iter().map(|(field, value)| (format!("{group}.{field}"), widen(value))));
                }
                other => out.push((group, other)),
            }
        }
        out
    }
}

/// An `f32` of 0.1 would print as 0.10000000149: go by its shortest decimal form.
fn widen(value: Value) -> Value {
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "the value came from an f32")]
        Value::Float(v) => Value::Float((v as f32).to_string().parse().unwrap_or(v)),
        other => other,
    }
}

/// Names close to `name`, nearest first, at most three.
fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = known.map(|k| (strsim::jaro_winkler(name, k), k)).collect();
    scored.retain(|(score, _)| *score > 0.75);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, k)| k.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Halftone, Outline, Paint, Paper, Speed, Tone, Wash};
    use std::collections::BTreeSet;

    fn set(key: &str, value: &str) -> Vec<(String, String)> {
        vec![(key.to_owned(), value.to_owned())]
    }

    #[test]
    fn every_preset_loads_and_says_what_it_is() {
        for preset in PRESETS {
            let settings = load(preset.name, &[]).unwrap();
            assert!(!settings.description.is_empty(), "{} has no description", preset.name);
        }
    }

    #[test]
    fn fields_and_settings_name_the_same_keys() {
        let all = Settings {
            paint: Some(Paint::default()),
            tone: Some(Tone::default()),
            wash: Some(Wash::default()),
            outline: Some(Outline::default()),
            halftone: Some(Halftone::default()),
            speed: Some(Speed::default()),
            paper: Some(Paper::default()),
            ..Settings::default()
        };
        let settings: BTreeSet<String> = all.values().into_iter().map(|(key, _)| key).collect();
        let fields: BTreeSet<String> = FIELDS.iter().map(|f| f.key.to_owned()).collect();
        assert_eq!(settings, fields);
        check(&all).unwrap();
    }

    #[test]
    fn a_change_reaches_its_field_and_switches_the_effect_on() {
        let settings = load("comic", &set("halftone.size", "12")).unwrap();
        assert_eq!(settings.halftone.unwrap().size, 12.0);
        let settings = load("comic", &set("outline", "off")).unwrap();
        assert!(settings.outline.is_none());
    }

    #[test]
    fn an_unknown_key_names_its_neighbours() {
        let error = load("comic", &set("outline.widht", "2")).unwrap_err().to_string();
        assert!(error.contains("outline.width"), "{error}");
        let error = load("comik", &[]).unwrap_err();
        assert!(matches!(&error, Error::UnknownStyle { near, .. } if near[0] == "comic"), "{error:?}");
    }

    #[test]
    fn a_value_out_of_range_is_an_error_from_the_command_line_and_from_a_file() {
        for (key, value) in [("outline.width", "99"), ("outline.width", "wide"), ("tone.steps", "1.5")] {
            assert!(matches!(load("comic", &set(key, value)), Err(Error::Setting { .. })), "{key}={value}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "description = \"mine\"\n[outline]\nwidth = 99.0\n").unwrap();
        let error = load(path.to_str().unwrap(), &[]).unwrap_err();
        assert!(matches!(&error, Error::Setting { key, .. } if key == "outline.width"), "{error:?}");
        std::fs::write(&path, "[outline]\ncolour = 1\n").unwrap();
        assert!(matches!(load(path.to_str().unwrap(), &[]), Err(Error::Setting { .. })));
    }

    #[test]
    fn a_strangers_style_finds_its_weights_beside_it_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("pack");
        std::fs::create_dir_all(pack.join("more")).unwrap();
        std::fs::write(folder.path().join("secret.safetensors"), "").unwrap();
        std::fs::write(pack.join("more/own.safetensors"), "").unwrap();
        let style = pack.join("style.toml");
        let weights = |named: &str| {
            std::fs::write(&style, format!("[generator]\nweights = {named:?}\n")).unwrap();
            load(style.to_str().unwrap(), &[]).map(|settings| settings.generator.weights)
        };
        assert_eq!(weights("more/own.safetensors").unwrap(), pack.join("more/own.safetensors").to_str().unwrap());
        assert_eq!(weights("none").unwrap(), "none");
        let outside = folder.path().join("secret.safetensors");
        let mut refused = vec!["../secret.safetensors", outside.to_str().unwrap(), "/dev/zero"];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, pack.join("link.safetensors")).unwrap();
            refused.push("link.safetensors");
        }
        for named in refused {
            let error = weights(named).unwrap_err();
            assert!(matches!(&error, Error::Setting { key, .. } if key == "generator.weights"), "{named}: {error:?}");
        }
        // The user may say so.
        let own = load(style.to_str().unwrap(), &set("generator.weights", outside.to_str().unwrap()));
        assert!(own.is_err(), "the style itself is refused");
        std::fs::write(&style, "").unwrap();
        let own = load(style.to_str().unwrap(), &set("generator.weights", outside.to_str().unwrap())).unwrap();
        assert_eq!(own.generator.weights, outside.to_str().unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_no_style() {
        let folder = tempfile::tempdir().unwrap();
        let style = folder.path().join("style.toml");
        std::os::unix::fs::symlink("/dev/zero", &style).unwrap();
        assert!(matches!(load(style.to_str().unwrap(), &[]), Err(Error::Open { .. })));
    }
}
