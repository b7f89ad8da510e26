//! From photo to drawing, on the network thread: planes are reduced to a small RGB picture, and the generator redraws it.

mod classic;
mod reduce;
mod size;

pub use classic::Classic;
pub use reduce::{Reduce, SmallRgb};
pub use size::Detail;
