//! A picture of held-out photos, before and after, to look at while training.

use super::data::{self, Picture};
use crate::error::{Error, Result};
use crate::stylize::Network;
use image::RgbImage;
use std::path::Path;
use tch::{Device, Kind, TchError, Tensor};

/// Photos on a sheet.
const MOST: usize = 8;

/// Writes the sheet of `photos` to `path`: photo left, drawing right.
///
/// # Errors
/// [`Error::Network`], [`Error::Create`].
pub fn save(network: &Network, photos: &[Picture], path: &Path, device: Device) -> Result<()> {
    let _guard = tch::no_grad_guard();
    let rows = photos.iter().take(MOST).map(|photo| before_after(network, photo, device));
    let rows = rows.collect::<Result<Vec<_>, _>>().map_err(Error::network)?;
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

fn before_after(network: &Network, photo: &Picture, device: Device) -> Result<RgbImage, TchError> {
    let input = data::tensor(photo, device)?;
    let both = Tensor::f_cat(&[&input, &network.forward(&input)?], 3)?;
    let bytes = (both.f_clamp(0.0, 1.0)? * 255.0).f_round()?.f_to_kind(Kind::Uint8)?.f_to_device(Device::Cpu)?;
    let bytes: Vec<u8> = Vec::try_from(bytes.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_view([-1])?)?;
    RgbImage::from_raw(photo.width / 8 * 16, photo.height / 8 * 8, bytes)
        .ok_or_else(|| TchError::Shape("a drawing of another size".into()))
}
