//! Perceptual networks, frozen: what losses and judgement see pictures through.
//!
//! Input N x 3 x H x W, R'G'B' in 0..=1. Which network a safetensors file holds is told by its tensors:
//!
//! * A VGG-19 of any width, such as the compressed one of Wang et al. 2020 (Collaborative Distillation): `normalise` (1x1
//!   convolution from RGB to what the network was trained on) and `convB_I` (3x3) up to conv4_1 at least.
//! * SqueezeNet 1.1 (Iandola et al. 2016), trained on BGR in 0..=255 less its mean: `conv1` and `fireN.squeeze1x1`,
//!   `.expand1x1`, `.expand3x3`.
//!
//! Each layer has `.weight` (outputs x inputs x side x side) and `.bias`.

use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use tch::{Device, TchError, Tensor};

/// Convolutions per block of the VGG.
const BLOCKS: [usize; 4] = [2, 2, 4, 1];
/// Fire modules of SqueezeNet.
const FIRES: std::ops::RangeInclusive<usize> = 2..=9;
/// Mean R, G, B of what SqueezeNet was trained on.
const MEAN: [f32; 3] = [123.68, 116.779, 103.939];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Vgg,
    SqueezeNet,
}

/// A network.
pub struct Features {
    kind: Kind,
    tensors: HashMap<String, Tensor>,
}

impl Features {
    /// Loads the file.
    ///
    /// # Errors
    /// [`Error::Weights`] where it cannot be read or lacks a layer.
    pub fn load(path: &Path, device: Device) -> Result<Self> {
        let failed = |source: crate::error::Cause| Error::Weights { name: path.display().to_string(), source };
        let read = Tensor::read_safetensors(path).map_err(|e| failed(e.into()))?;
        let mut tensors: HashMap<String, Tensor> = read.into_iter().map(|(k, t)| (k, t.to_device(device))).collect();
        let kind = if tensors.contains_key("fire2.squeeze1x1.weight") { Kind::SqueezeNet } else { Kind::Vgg };
        for layer in layers(kind) {
            for part in ["weight", "bias"] {
                if !tensors.contains_key(&format!("{layer}.{part}")) {
                    return Err(failed(format!("it has no {layer}.{part}").into()));
                }
            }
        }
        if kind == Kind::SqueezeNet {
            let mean = Tensor::f_from_slice(&MEAN).and_then(|mean| mean.f_view([1, 3, 1, 1])?.f_to_device(device));
            tensors.insert("mean".into(), mean.map_err(Error::network)?);
        }
        Ok(Self { kind, tensors })
    }

    /// In bfloat16, which a GPU computes several times as fast as f32; statistics of its maps are f32 all the same.
    ///
    /// # Errors
    /// libtorch's.
    pub fn halved(self) -> Result<Self, TchError> {
        let half = |(name, tensor): (String, Tensor)| Ok((name, tensor.f_to_kind(tch::Kind::BFloat16)?));
        Ok(Self { tensors: self.tensors.into_iter().map(half).collect::<Result<_, TchError>>()?, ..self })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Vgg => "VGG-19",
            Kind::SqueezeNet => "SqueezeNet",
        }
    }

    /// Maps after their ReLU, fine to coarse: conv1_1, conv2_1, conv3_1, conv4_1 of the VGG; conv1, fire3, fire5, fire9 of
    /// SqueezeNet.
    ///
    /// # Errors
    /// libtorch's.
    pub fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>, TchError> {
        let picture = picture.f_to_kind(self.tensors.values().next().map_or(tch::Kind::Float, Tensor::kind))?;
        match self.kind {
            Kind::Vgg => self.vgg(&picture),
            Kind::SqueezeNet => self.squeezenet(&picture),
        }
    }

    fn vgg(&self, picture: &Tensor) -> Result<Vec<Tensor>, TchError> {
        let mut x = self.conv(picture, "normalise", 1)?;
        let mut maps = Vec::new();
        for (block, layers) in BLOCKS.iter().enumerate() {
            if block > 0 {
                x = x.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)?;
            }
            for layer in 1..=*layers {
                let name = format!("conv{}_{layer}", block + 1);
                x = self.conv(&x.f_reflection_pad2d([1; 4])?, &name, 1)?.f_relu()?;
                if layer == 1 {
                    maps.push(x.shallow_clone());
                }
            }
        }
        Ok(maps)
    }

    fn squeezenet(&self, picture: &Tensor) -> Result<Vec<Tensor>, TchError> {
        let pool = |x: &Tensor| x.f_max_pool2d([3, 3], [2, 2], [0, 0], [1, 1], false);
        let bgr = (picture * 255.0 - &self.tensors["mean"]).f_flip([1])?;
        let first = self.conv(&bgr, "conv1", 2)?.f_relu()?;
        let mut x = pool(&first)?;
        let mut maps = vec![first];
        for number in FIRES {
            let squeezed = self.conv(&x, &format!("fire{number}.squeeze1x1"), 1)?.f_relu()?;
            let padded = squeezed.f_constant_pad_nd([1; 4])?;
            let one = self.conv(&squeezed, &format!("fire{number}.expand1x1"), 1)?;
            let three = self.conv(&padded, &format!("fire{number}.expand3x3"), 1)?;
            x = Tensor::f_cat(&[one, three], 1)?.f_relu()?;
            if matches!(number, 3 | 5 | 9) {
                maps.push(x.shallow_clone());
            }
            if matches!(number, 3 | 5) {
                x = pool(&x)?;
            }
        }
        Ok(maps)
    }

    fn conv(&self, x: &Tensor, name: &str, stride: i64) -> Result<Tensor, TchError> {
        let (weight, bias) = (&self.tensors[&format!("{name}.weight")], &self.tensors[&format!("{name}.bias")]);
        x.f_conv2d(weight, Some(bias), [stride; 2], [0, 0], [1, 1], 1)
    }
}

fn layers(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Vgg => {
            let blocks = BLOCKS.iter().enumerate();
            let convolutions = blocks.flat_map(|(b, n)| (1..=*n).map(move |i| format!("conv{}_{i}", b + 1)));
            convolutions.chain(["normalise".to_owned()]).collect()
        }
        Kind::SqueezeNet => {
            let parts = ["squeeze1x1", "expand1x1", "expand3x3"];
            let fires = FIRES.flat_map(|n| parts.map(|part| format!("fire{n}.{part}")));
            fires.chain(["conv1".to_owned()]).collect()
        }
    }
}
