//! Styles: presets, files and `--set`, merged in that order.

mod settings;

pub use settings::{Generator, Halftone, Outline, Paper, Pattern, Rgb, Settings, Tone, Upsample};
