//! Styles: presets, files and `--set`, merged in that order.

mod fields;
mod settings;
mod style;

pub use fields::{Domain, FIELDS, Field};
pub use settings::{Generator, Halftone, Motion, Outline, Paper, Pattern, Rgb, Settings, Speed, Tone, Upsample};
pub use style::{PRESETS, Preset, load};
