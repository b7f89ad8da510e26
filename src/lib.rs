//! comicvid: turns video into a comic.
//!
//! ```text
//!  source thread        network thread (tch)            gpu thread (wgpu)                  sink thread
//! ┌────────────┐ link ┌───────────────────────┐ link ┌───────────────────────────┐ link ┌───────────┐
//! │FrameSource │─────▶│ planes → small RGB    │─────▶│ upload planes + drawing   │─────▶│ FrameSink │
//! │file, still │      │ generator → Drawing   │      │ upsample tone ink halftone│      │file, still│
//! └────────────┘      └───────────────────────┘      │ paper → planes, download  │      └───────────┘
//!                                                    └───────────────────────────┘
//! ```
//!
//! The network works small, the shaders work big: the generator answers with colour at a few hundred lines, the
//! shaders bring that to full size along the photo's own edges and ink it.

pub mod app;
pub mod av;
pub mod cli;
pub mod config;
pub mod error;
pub mod eval;
pub mod frame;
pub mod gpu;
pub mod motion;
pub mod pipeline;
pub mod post;
pub mod sink;
pub mod source;
pub mod stage;
pub mod stylize;
#[cfg(feature = "torch")]
pub mod train;
