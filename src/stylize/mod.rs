//! From photo to drawing, on the network thread: planes are reduced to a small RGB picture, and the generator redraws it.

mod classic;
mod reduce;
#[cfg(feature = "torch")]
mod network;
mod size;

pub use classic::Classic;
pub use reduce::{Reduce, SmallRgb};
#[cfg(feature = "torch")]
pub use network::{LAYERS, Network};
pub use size::Detail;
