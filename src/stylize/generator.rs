//! The generator, ready to draw. Runs on the network thread. The layers compute in f16 on CUDA, in bf16 on CPUs with
//! instructions for it (twice as fast as f32 here), else in f32; what they answer is added to the photo in f32.

use super::device::Chosen;
use super::network::Network;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{Drawing, Size, SmallRgb};
use crate::stage::Draw;
use tch::{Kind, TchError, Tensor};

/// See the module.
pub struct Generator {
    network: Network,
    /// What a style calls the network's weights.
    weights: Option<String>,
    device: tch::Device,
}

impl Generator {
    /// Draws one empty picture of `size`, so that libtorch's set-up costs no frame its time and a network that cannot
    /// run fails here.
    ///
    /// # Errors
    /// [`Error::Network`].
    pub fn new(network: &Network, chosen: &Chosen, size: Size) -> Result<Self> {
        let network = prepare(network, chosen.device, fastest(chosen.device)).map_err(Error::network)?;
        let mut generator = Self { network, weights: None, device: chosen.device };
        generator.draw(&SmallRgb { size, planes: vec![0.0; size.pixels() * 3] })?;
        Ok(generator)
    }

    /// Remembers what a style calls these weights, so that it goes on where another style asks for the same.
    #[must_use]
    pub fn named(self, weights: &str) -> Self {
        Self { weights: Some(weights.to_owned()), ..self }
    }

    fn try_draw(&self, photo: &SmallRgb) -> Result<SmallRgb, TchError> {
        // Saves the graph that training needs.
        let _guard = tch::no_grad_guard();
        let Size { width, height } = photo.size;
        let input = Tensor::f_from_slice(&photo.planes)?.f_view([1, 3, i64::from(height), i64::from(width)])?;
        let input = input.f_to_device(self.device)?;
        let drawing = self.network.forward(&input)?;
        let drawing = drawing.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
        let mut planes = vec![0.0_f32; photo.planes.len()];
        drawing.f_copy_data(&mut planes, photo.planes.len())?;
        Ok(SmallRgb { size: photo.size, planes })
    }
}

impl Draw for Generator {
    fn draw(&mut self, photo: &SmallRgb) -> Result<Drawing> {
        self.try_draw(photo).map(|drawing| drawing.to_drawing()).map_err(Error::network)
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        Ok(self.weights.as_ref() == Some(&settings.generator.weights))
    }
}

/// The type in which layers are fastest on `device` and exact enough.
fn fastest(device: tch::Device) -> Kind {
    #[cfg(target_arch = "x86_64")]
    let native = std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    let native = false;
    match device {
        tch::Device::Cuda(_) => Kind::Half,
        tch::Device::Cpu if native => Kind::BFloat16,
        _ => Kind::Float,
    }
}

fn prepare(network: &Network, device: tch::Device, kind: Kind) -> Result<Network, TchError> {
    let ready = |tensor: &Tensor| tensor.f_detach()?.f_to_device(device)?.f_to_kind(kind);
    let layers = network.layers.iter().map(|(weight, bias)| Ok((channels_last(&ready(weight)?)?, ready(bias)?)));
    Network::new(layers.collect::<Result<_, TchError>>()?)
}

/// The order of memory that convolutions want; shape and values stay.
fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stylize::load;

    #[test]
    fn half_precision_costs_no_shades() {
        let network = load("comic").unwrap();
        tch::manual_seed(2);
        let photo = Tensor::rand([1, 3, 96, 64], (Kind::Float, tch::Device::Cpu));
        let exact = network.forward(&photo).unwrap();
        let _guard = tch::no_grad_guard();
        let half = prepare(&network, tch::Device::Cpu, Kind::BFloat16).unwrap().forward(&photo).unwrap();
        assert_eq!(half.kind(), Kind::Float);
        let mean = (exact - half).abs().mean(Kind::Float).double_value(&[]);
        assert!(mean < 1.0 / 255.0, "{mean}");
    }
}
