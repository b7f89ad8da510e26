//! A live run: camera in, drawing out, now.
//!
//! ```text
//!  capture           network            shaders            deliver           one thread an output
//! ┌──────────┐ new  ┌──────────┐       ┌──────────┐  new  ┌──────────┐  new  ┌───────────────────┐
//! │LiveSource│─────▶│ stylizer │──────▶│   post   │──────▶│ fit,     │──┬───▶│ HTTP, camera, file│
//! │ mirror   │ est  │          │ waits │          │  est  │ cards    │  │    └───────────────────┘
//! └──────────┘      └──────────┘       └──────────┘       └──────────┘  └───▶ [`Session::latest`]: a window
//! ```
//!
//! Links hold at most one frame and the newest wins, so latency stays bounded whatever is slow; what is thrown away is
//! counted. Between network and shaders there is no room at all: what the network has drawn is shown. A [`Session`] owns
//! the threads. Everything that a window or a command may do to it is a method of it, may be called from any thread, and
//! returns at once ([`Session::stop`] and the end of a recording excepted).
//!
//! * **Time**: frames are stamped in ticks of [`Clock`](crate::frame::Clock), microseconds since the session began, with
//!   the moment of capture. *Latency* is from there to the moment a picture is handed over.
//! * **Colour**: finished pictures are 8-bit 4:2:0, BT.709, limited range.
//! * **Settings** act on the next frame. What changes numbers alone is written into the running shaders; what changes
//!   shaders or weights is built beside them on a thread of its own, while frames go on.
//! * **The camera may go**: outputs then get a card that says so, a few times a second, and the camera is looked for.

mod capture;
mod card;
mod deliver;
mod draw;
mod latency;
mod output;
mod record;
mod session;
mod shared;
mod studio;
#[cfg(test)]
mod tests;

pub use latency::{Latencies, Latency};
pub use output::Output;
pub use record::{NO_PICTURE, Recording};
pub use session::{Session, Setup};
pub use shared::{CameraState, Kind, OutputStatus, Shown, Status, View};
pub use studio::{Made, Post, Studio, Stylizer};
