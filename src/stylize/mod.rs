//! From photo to drawing, on the network thread: [`Reduce`] makes a small RGB picture of a frame's planes, and what
//! [`build`] chooses redraws it: the [`Generator`] on a device, or [`Classic`] without a network.

#[cfg(feature = "torch")]
mod along;
#[cfg(feature = "torch")]
mod canvas;
mod classic;
mod device;
#[cfg(feature = "torch")]
mod edges;
#[cfg(feature = "torch")]
mod encoder;
#[cfg(feature = "torch")]
mod flatten;
#[cfg(feature = "torch")]
mod generator;
#[cfg(feature = "torch")]
mod grading;
#[cfg(feature = "torch")]
mod layers;
#[cfg(feature = "torch")]
mod lines;
#[cfg(feature = "torch")]
mod modulation;
#[cfg(feature = "torch")]
mod network;
mod reduce;
#[cfg(feature = "torch")]
mod reference;
#[cfg(feature = "torch")]
mod region;
mod size;
#[cfg(feature = "torch")]
mod skin;
#[cfg(feature = "torch")]
mod strokes;
#[cfg(test)]
mod tests;
#[cfg(feature = "torch")]
mod weights;

pub use classic::Classic;
pub use device::{Device, devices};
pub use reduce::{Reduce, SmallRgb};
pub use size::Detail;
#[cfg(feature = "torch")]
pub use {
    canvas::{Canvas, Page},
    device::Chosen,
    generator::Generator,
    layers::{CODE, LAYERS, Layer, macs},
    modulation::{INK, Modulation},
    network::{Network, Sheet},
    reference::style_of,
    skin::skin,
    weights::{Weights, built_in, load, replace, save},
};

use crate::config;
use crate::error::Result;
use crate::frame::StreamInfo;
use crate::stage::Draw;

/// Who draws, and what to tell about it.
pub struct Built {
    /// Who draws.
    pub draw: Box<dyn Draw>,
    /// Where it computes, for people: `CPU (2 threads)`, `CUDA 0`, `none (no network)`.
    pub device: String,
    /// Why the device is not the one that was hoped for.
    pub warning: Option<String>,
}

/// Who draws as `generator` asks for, for frames of `info`, on `device` (`auto`, `cpu`, `cuda` or `cuda:N`). Strength is
/// not its business: photo and drawing are mixed at full size, after the shaders.
///
/// # Errors
/// [`Error::Device`](crate::error::Error::Device) for a device that is not there,
/// [`Error::Weights`](crate::error::Error::Weights), [`Error::Network`](crate::error::Error::Network).
pub fn build(generator: &config::Generator, detail: Detail, device: &str, info: &StreamInfo) -> Result<Built> {
    let device: Device = device.parse()?;
    if generator.weights == "none" {
        return Ok(classic(None));
    }
    network(generator, detail, device, info)
}

fn classic(warning: Option<String>) -> Built {
    Built { draw: Box::new(Classic), device: "none (no network)".into(), warning }
}

#[cfg(feature = "torch")]
fn network(generator: &config::Generator, detail: Detail, device: Device, info: &StreamInfo) -> Result<Built> {
    let weights = load(&generator.weights)?;
    let chosen = device.choose()?;
    let draw = Box::new(Generator::new(weights, generator, &chosen, detail.working_size(info.size))?);
    Ok(Built { draw, device: chosen.name, warning: chosen.warning })
}

/// The style of pictures, which a network would see.
///
/// # Errors
/// [`Error::Weights`](crate::error::Error::Weights): this program was built without networks.
#[cfg(not(feature = "torch"))]
pub fn style_of(weights: &str, _: &[std::path::PathBuf]) -> Result<config::Blend> {
    let source = "this program was built without libtorch, which sees the style of pictures".into();
    Err(crate::error::Error::Weights { name: weights.into(), source })
}

#[cfg(not(feature = "torch"))]
fn network(_: &config::Generator, _: Detail, device: Device, _: &StreamInfo) -> Result<Built> {
    if let Device::Cuda(_) = device {
        let reason = "this program was built without libtorch".into();
        return Err(crate::error::Error::Device { device: device.to_string(), reason });
    }
    let warning = "this program was built without libtorch: the shaders alone draw";
    Ok(classic(Some(warning.into())))
}
