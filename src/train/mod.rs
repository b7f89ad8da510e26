//! Training.
pub mod adam;
pub mod data;
pub mod discriminator;
pub mod loss;
pub mod perceptual;
pub mod run;
pub mod teacher;

use std::path::PathBuf;

/// What to train on, for how long, into which file.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Folder of photos.
    pub photos: PathBuf,
    /// Folder of comic panels.
    pub comics: PathBuf,
    /// Perceptual network.
    pub features: PathBuf,
    /// Weights to write.
    pub out: PathBuf,
    /// How long, over all runs.
    pub minutes: f64,
    /// Go on from the checkpoint beside `out`.
    pub resume: bool,
    /// Seed of every random choice.
    pub seed: u64,
    /// Where to compute.
    pub device: tch::Device,
}
