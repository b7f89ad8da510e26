//! Films by many hands.

use super::Film;
use clap::Args;
use std::path::PathBuf;

/// `comicvid plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  comicvid plan feature.mp4 comic.mkv --style ink --segment 500
  comicvid segment comic.mkv 0      # and 1, 2, …, anywhere, in any order, at once
  comicvid join comic.mkv

Segments end at cuts; the film is, frame for frame, that of `comicvid feature.mp4 comic.mkv --resume` with the same options.
farm/ has drivers for Ray and Slurm.")]
pub struct Plan {
    /// Video to draw
    pub input: PathBuf,
    /// File to write in the end; the plan and the segments lie beside it, in OUTPUT.part
    pub output: PathBuf,
    /// Frames after which a segment ends, at the next cut; twice as many without one
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..))]
    pub segment: u64,
    /// What is drawn of it, how, and how it is written
    #[command(flatten)]
    pub film: Film,
    /// Replace an existing output and what is there of it
    #[arg(long)]
    pub overwrite: bool,
    /// Report progress and the plan as JSON lines on stdout
    #[arg(long)]
    pub json: bool,
}

/// `comicvid segment`.
#[derive(Debug, Args)]
pub struct Segment {
    /// Output of `comicvid plan`
    pub output: PathBuf,
    /// Which segment, counted from 0
    pub index: usize,
    /// Report progress and outcome as JSON lines on stdout
    #[arg(long)]
    pub json: bool,
}

/// `comicvid join`.
#[derive(Debug, Args)]
pub struct Join {
    /// Output of `comicvid plan`
    pub output: PathBuf,
    /// Report the outcome as JSON lines on stdout
    #[arg(long)]
    pub json: bool,
}
