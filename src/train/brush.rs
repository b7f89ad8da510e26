//! Draws pictures at their own size, in one style of some weights.

use super::data;
use crate::config::Blend;
use crate::error::{Error, Result};
use crate::stylize::{Canvas, Modulation, Network, Weights};
use image::RgbImage;
use tch::{Device, Kind, TchError, Tensor};

/// See the module.
pub struct Brush {
    network: Network,
    modulation: Modulation,
    canvas: Canvas,
    device: Device,
}

impl Brush {
    /// Of `weights`, in `style`.
    ///
    /// # Errors
    /// [`Error::Weights`] where the weights do not know the style, [`Error::Network`].
    pub fn new(weights: &Weights, style: &Blend, device: Device) -> Result<Self> {
        let code = weights.code(style)?;
        let ready = || -> Result<_, TchError> {
            let (network, modulation) = weights.network.folded(&code)?;
            Ok((network.to(device, Kind::Float)?, modulation.to_device(device)?, Canvas::new(device)?))
        };
        let (network, modulation, canvas) = ready().map_err(Error::network)?;
        Ok(Self { network, modulation, canvas, device })
    }

    /// The network's drawing; its sides are the photo's, cut to multiples of 8.
    ///
    /// # Errors
    /// [`Error::Network`].
    pub fn draw(&self, photo: &RgbImage) -> Result<RgbImage> {
        let _guard = tch::no_grad_guard();
        let draw = || {
            let photo = data::tensor(photo, self.device)?;
            let page = self.canvas.page([photo.size()[2], photo.size()[3]], [0, 0]);
            picture(&self.network.forward(&photo, &page, &self.modulation)?)
        };
        draw().map_err(Error::network)
    }
}

/// Of 1 x 3 x H x W in 0..=1.
fn picture(drawing: &Tensor) -> Result<RgbImage, TchError> {
    let (_, _, height, width) = drawing.size4()?;
    let bytes = (drawing.f_clamp(0.0, 1.0)? * 255.0).f_round()?.f_to_kind(Kind::Uint8)?.f_to_device(Device::Cpu)?;
    let bytes: Vec<u8> = Vec::try_from(bytes.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_view([-1])?)?;
    RgbImage::from_raw(width as u32, height as u32, bytes)
        .ok_or_else(|| TchError::Shape("a drawing of another size".into()))
}
