//! Styles: presets, files and `--set`, merged in that order; mixtures of them; where the user's own are kept.

mod blend;
mod fields;
mod mix;
pub mod places;
mod settings;
mod style;

pub use blend::{Blend, CODE, Code, Source};
pub use fields::{Domain, FIELDS, Field};
pub use settings::{
    Anchor, Generator, Halftone, Motion, Outline, Paint, Paper, Pattern, Rgb, Settings, Speed, Tone, Upsample, Wash,
};
pub use style::{PRESETS, Preset, load, load_own};
