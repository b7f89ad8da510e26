//! `--resume` and `plan`: what a film depends on, so that no run goes on with another film than was begun.

use crate::av::numbered::Numbered;
use crate::av::pipe::is_pipe;
use crate::cli::Film;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::sink::Facts;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Everything that was typed, and what files it names were like then.
///
/// # Errors
/// [`Error::Open`]: `input` cannot be looked at.
pub fn facts(input: &Path, film: &Film, segment: u64, settings: &Settings) -> Result<Facts> {
    if is_pipe(input) {
        return Err(Error::open(input, "what comes through a pipe cannot be read again, so not be worked in segments"));
    }
    let mut facts = Facts::new();
    let mut add = |name: &str, value: String| facts.insert(name.to_owned(), value);
    add("the program", env!("CARGO_PKG_VERSION").to_owned());
    add("the input", state(input).map_err(|e| Error::open(input, e))?);
    for (key, value) in settings.values() {
        add(&key, value.to_string());
    }
    add("motion.show", settings.motion.show.to_string());
    let weights = &settings.generator.weights;
    // Built-in weights are no file.
    add("the weights", state(weights.as_ref()).unwrap_or_else(|_| weights.clone()));
    add("detail", format!("{:?}", film.machine.detail));
    add("device", film.machine.device.clone());
    let typed = |value: &Option<String>| value.clone().unwrap_or_else(|| "the default".into());
    add("start", typed(&film.start));
    add("length", typed(&film.length));
    add("fps", typed(&film.fps));
    add("hdr", format!("{:?}", film.hdr));
    add("deinterlace", format!("{:?}", film.deinterlace));
    add("format", typed(&film.format));
    add("encoder", typed(&film.encoder));
    add("hardware", film.hardware.to_string());
    add("quality", film.quality.to_string());
    add("segment", segment.to_string());
    let compared = film.split.map(|at| format!("split at {at}"));
    add("comparison", compared.unwrap_or_else(|| if film.side_by_side { "side by side" } else { "none" }.into()));
    let options: Vec<String> = film.encoder_option.iter().map(|(key, value)| format!("{key}={value}")).collect();
    add("the encoder's options", options.join(" "));
    Ok(facts)
}

/// Tells one state of a file, or of numbered ones, from another.
fn state(path: &Path) -> std::io::Result<String> {
    let Some(names) = Numbered::parse(path).filter(|_| !path.exists()) else { return state_of_one(path) };
    let found = names.found()?;
    let mut all = DefaultHasher::new();
    for number in &found {
        state_of_one(&names.file(*number))?.hash(&mut all);
    }
    Ok(format!("{} pictures ({:016x})", found.len(), all.finish()))
}

fn state_of_one(path: &Path) -> std::io::Result<String> {
    let found = std::fs::metadata(path)?;
    let changed = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} bytes of {}.{:09}", found.len(), changed.as_secs(), changed.subsec_nanos()))
}
