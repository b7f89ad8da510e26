//! Trains the generator: first on a classical comic filter (the teacher) in a look fitted to the panels and in random looks,
//! each known to the network by reference pictures alone; then against a discriminator that knows real panels, with the
//! teacher's lines as an anchor. Runs on the calling thread; the teacher draws on all cores.
//!
//! | file | job |
//! |---|---|
//! | `data`, `dataset` | pictures, crops, what is held out |
//! | [`teacher`], `look`, `fit` | the classical filter, the looks that it draws in, the one nearest to the panels |
//! | `perceptual`, `discriminator`, `loss`, `style` | what the generator is asked for |
//! | `recipe` | one step |
//! | `codes` | the style codes that go into a weights file |
//! | `adam`, `state` | everything that changes, and its checkpoint |
//! | [`judge`](judge()) | how good a generator is |
//! | `run`, `sheet` | the loop, the log, pictures to look at |
//!
//! Beside the weights file `NAME.safetensors` lie `NAME.checkpoint` (everything that a resumed run needs, on any machine),
//! `NAME.jsonl` (losses), `NAME.png` (held-out photos before and after) and `NAME.teacher/` (the teacher's drawings).

mod adam;
mod brush;
mod codes;
mod data;
mod dataset;
mod discriminator;
mod fit;
mod judge;
mod look;
mod loss;
mod perceptual;
mod recipe;
mod run;
mod sheet;
mod state;
mod style;
pub mod teacher;
#[cfg(test)]
mod tests;

pub use brush::Brush;
pub use judge::{JudgeOptions, Shift, Space, Verdict, judge};
pub use run::run;

use std::path::PathBuf;

/// What to train on, for how long, into which file.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Folder of photos, searched recursively.
    pub photos: PathBuf,
    /// Folder of comic panels, searched recursively.
    pub comics: PathBuf,
    /// Perceptual network: a safetensors file with `normalise` and `conv1_1` to `conv4_1`.
    pub features: PathBuf,
    /// Weights to write.
    pub out: PathBuf,
    /// How long, over all runs.
    pub minutes: f64,
    /// Go on from the checkpoint beside `out`.
    pub resume: bool,
    /// Weights to start from, a built-in name or a file; random ones where there are none. Nothing to a resumed training.
    pub from: Option<String>,
    /// Side of the crops to learn from, in pixels, a multiple of 16.
    pub crop: u32,
    /// Crops of panels, and of photos drawn in their style, that a step sees; beside them as many in other looks.
    pub batch: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Where to compute.
    pub device: tch::Device,
}
