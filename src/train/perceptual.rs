//! Perceptual features: a compressed VGG-19 (Wang et al. 2020, Collaborative Distillation).
//!
//! Input N x 3 x H x W, R'G'B' in 0..=1. Tensors of the file: `normalise` (1x1 convolution that turns RGB into the centred
//! BGR the network was trained on) and `convB_I` (3x3) for the layers of VGG-19 up to conv5_1, each `.weight` and `.bias`.

use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use tch::{Device, TchError, Tensor};

/// Convolutions per block.
const BLOCKS: [usize; 4] = [2, 2, 4, 1];

/// The network, frozen.
pub struct Features {
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
        let tensors: HashMap<String, Tensor> = read.into_iter().map(|(k, t)| (k, t.to_device(device))).collect();
        let layers = BLOCKS.iter().enumerate().flat_map(|(b, n)| (1..=*n).map(move |i| format!("conv{}_{i}", b + 1)));
        for layer in layers.chain(["normalise".to_owned()]) {
            for part in ["weight", "bias"] {
                if !tensors.contains_key(&format!("{layer}.{part}")) {
                    return Err(failed(format!("it has no {layer}.{part}").into()));
                }
            }
        }
        Ok(Self { tensors })
    }

    /// The maps of conv1_1, conv2_1, conv3_1 and conv4_1 after their ReLU.
    ///
    /// # Errors
    /// libtorch's.
    pub fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>, TchError> {
        let mut x = picture.f_conv2d(
            &self.tensors["normalise.weight"],
            Some(&self.tensors["normalise.bias"]),
            [1, 1],
            [0, 0],
            [1, 1],
            1,
        )?;
        let mut maps = Vec::new();
        for (block, layers) in BLOCKS.iter().enumerate() {
            if block > 0 {
                x = x.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)?;
            }
            for layer in 1..=*layers {
                let name = format!("conv{}_{layer}", block + 1);
                let (w, b) = (&self.tensors[&format!("{name}.weight")], &self.tensors[&format!("{name}.bias")]);
                x = x.f_reflection_pad2d([1; 4])?.f_conv2d(w, Some(b), [1, 1], [0, 0], [1, 1], 1)?.f_relu()?;
                if layer == 1 {
                    maps.push(x.shallow_clone());
                }
            }
        }
        Ok(maps)
    }
}
