//! Calm in motion: what stays the same in front of the camera stays the same in the drawing.
//!
//! [`Calm`] stands before the generator on the network's thread: it finds the motion since the previous picture, holds
//! back what is only noise and finds cuts. The shaders carry what was drawn along that motion, at full size
//! (`post/history`). Everything here works on the small picture (a few hundred lines, sRGB-encoded); motion itself is
//! found on a *low grid* of at most 200 lines. Plain CPU code, deterministic.
//!
//! ```text
//! small RGB ─▶ low picture ─▶ flow ─▶ confidence ─▶ cut? ─▶ gate ─▶ generator ─▶ drawing
//!                               └────────── Motion (low grid) ──────────────────────▶ shaders
//! ```

mod ahead;
mod blend;
mod calm;
mod confidence;
mod cut;
mod drift;
mod flow;
mod gate;
mod light;
mod noise;
mod pair;
mod patch;
mod plane;
mod view;
mod warp;

pub use ahead::{Glimpse, look_ahead};
pub use calm::{Calm, Step};
pub use cut::Cuts;
pub use flow::Flow;
pub use pair::Pair;
pub use view::view;
