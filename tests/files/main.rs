//! The file path without drawing: `source` into `sink`, checked with the `ffmpeg` and `ffprobe` programs, which also make
//! every input.

// Helpers of tests may panic as tests do.
#![allow(clippy::expect_used)]

mod alpha;
mod colour;
mod damage;
mod hdr;
mod interlaced;
mod leap;
mod matrix;
mod numbered;
mod output;
mod sound;
mod steady;
mod streams;
mod support;
mod timing;
