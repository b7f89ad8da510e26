//! A picture of held-out photos, before and after in each style, to look at.

use super::data::{self, Picture};
use crate::config::{Blend, Source};
use crate::error::{Error, Result};
use crate::stylize::Weights;
use image::RgbImage;
use std::path::Path;
use tch::{Device, Kind, TchError, Tensor};

/// Photos on a sheet.
const MOST: usize = 8;

/// Writes the sheet of `photos` to `path`: photo left, then a drawing in each
/// style that the weights know by name.
///
/// # Errors
/// [`Error::Network`], [`Error::Create`].
pub fn save(weights: &Weights, photos: &[Picture], path: &Path, device: Device) -> Result<()> {
    let _guard = tch::no_grad_guard();
    let rows = photos.iter().take(MOST).map(|photo| before_after(weights, photo, device));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let width = rows.iter().map(RgbImage::width).max().unwrap_or(1);
    let height = rows.iter().map(RgbImage::height).sum::<u32>().max(1);
    let mut sheet = RgbImage::new(width, height);
    let mut y = 0;
    for row in &rows {
        image::imageops::replace(&mut sheet, row, 0, y);
        y += i64::from(row.height());
    }
    sheet.save(path).map_err(|e| Error::create(path, e))
}

fn before_after(weights: &Weights, photo: &Picture, device: Device) -> Result<RgbImage> {
    let draw = |photo: &Tensor, name: &String| -> Result<Tensor> {
        let code = weights.code(&Blend::only(Source::Named(name.clone())))?;
        let try_draw = || {
            let (network, modulation) = weights.network.folded(&code)?;
            network.to(device, Kind::Float)?.forward(photo, &modulation.to_device(device)?)
        };
        try_draw().map_err(Error::network)
    };
    let input = data::tensor(photo, device).map_err(Error::network)?;
    let mut row = vec![input.shallow_clone()];
    for name in weights.codes.keys() {
        row.push(draw(&input, name)?);
    }
    picture(&row).map_err(Error::network)
}

/// Pictures side by side.
fn picture(row: &[Tensor]) -> Result<RgbImage, TchError> {
    let all = Tensor::f_cat(row, 3)?;
    let (_, _, height, width) = all.size4()?;
    let bytes = (all.f_clamp(0.0, 1.0)? * 255.0).f_round()?.f_to_kind(Kind::Uint8)?.f_to_device(Device::Cpu)?;
    let bytes: Vec<u8> = Vec::try_from(bytes.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_view([-1])?)?;
    RgbImage::from_raw(width as u32, height as u32, bytes)
        .ok_or_else(|| TchError::Shape("a drawing of another size".into()))
}
