//! Pictures of held-out photos, before and after, to look at.

use super::data::{self, Picture};
use crate::config::{Blend, Source};
use crate::error::{Error, Result};
use crate::stylize::Weights;
use image::RgbImage;
use std::path::Path;
use tch::{Device, Kind, TchError, Tensor};

/// Photos on a sheet of all styles.
const MOST: usize = 8;
/// Pixels across a sheet of one style, or what the widest pair takes.
const WIDTH: u32 = 2200;

/// Writes the sheet of the first of `photos` to `path`: photo left, then a drawing in each style that the weights know by
/// name.
///
/// # Errors
/// [`Error::Network`], [`Error::Create`].
pub fn all_styles(weights: &Weights, photos: &[Picture], path: &Path, device: Device) -> Result<()> {
    let styles: Vec<_> = weights.codes.keys().map(|name| Blend::only(Source::Named(name.clone()))).collect();
    save(weights, &photos[..photos.len().min(MOST)], &styles, 0, path, device)
}

/// Writes the sheet of all `photos` to `path`: each with its drawing in `style` to the right of it.
///
/// # Errors
/// [`Error::Network`], [`Error::Create`].
pub fn one_style(weights: &Weights, photos: &[Picture], style: &Blend, path: &Path, device: Device) -> Result<()> {
    save(weights, photos, std::slice::from_ref(style), WIDTH, path, device)
}

fn save(
    weights: &Weights,
    photos: &[Picture],
    styles: &[Blend],
    width: u32,
    path: &Path,
    device: Device,
) -> Result<()> {
    let _guard = tch::no_grad_guard();
    let strips = photos.iter().map(|photo| before_after(weights, photo, styles, device)).collect::<Result<Vec<_>>>()?;
    let width = strips.iter().map(RgbImage::width).max().unwrap_or(1).max(width);
    // As words in lines.
    let (mut x, mut y, mut line) = (0, 0, 0);
    let mut places = Vec::new();
    for strip in &strips {
        if x + strip.width() > width {
            (x, y, line) = (0, y + line, 0);
        }
        places.push((x, y));
        (x, line) = (x + strip.width(), line.max(strip.height()));
    }
    let mut sheet = RgbImage::new(width, (y + line).max(1));
    for (strip, (x, y)) in strips.iter().zip(places) {
        image::imageops::replace(&mut sheet, strip, x.into(), y.into());
    }
    sheet.save(path).map_err(|e| Error::create(path, e))
}

fn before_after(weights: &Weights, photo: &Picture, styles: &[Blend], device: Device) -> Result<RgbImage> {
    let draw = |photo: &Tensor, style: &Blend| -> Result<Tensor> {
        let code = weights.code(style)?;
        let try_draw = || {
            let (network, modulation) = weights.network.folded(&code)?;
            network.to(device, Kind::Float)?.forward(photo, &modulation.to_device(device)?)
        };
        try_draw().map_err(Error::network)
    };
    let input = data::tensor(photo, device).map_err(Error::network)?;
    let mut row = vec![input.shallow_clone()];
    for style in styles {
        row.push(draw(&input, style)?);
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
