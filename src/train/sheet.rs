//! Pictures of held-out photos, before and after, to look at.

use super::brush::Brush;
use crate::config::{Blend, Source};
use crate::error::{Error, Result};
use crate::stylize::Weights;
use image::RgbImage;
use image::imageops::replace;
use std::path::Path;
use tch::Device;

/// Photos on a sheet of all styles.
const MOST: usize = 8;
/// Pixels across a sheet of one style, or what the widest pair takes.
const WIDTH: u32 = 2200;

/// Writes the sheet of the first of `photos` to `path`: photo left, then a drawing in each style that the weights know by
/// name.
///
/// # Errors
/// [`Error::Network`], [`Error::Create`].
pub fn all_styles(weights: &Weights, photos: &[RgbImage], path: &Path, device: Device) -> Result<()> {
    let named = |name: &String| Brush::new(weights, &Blend::only(Source::Named(name.clone())), device);
    let brushes = weights.codes.keys().map(named).collect::<Result<Vec<_>>>()?;
    let strip = |photo: &RgbImage| -> Result<RgbImage> {
        let drawings = brushes.iter().map(|brush| brush.draw(photo)).collect::<Result<Vec<_>>>()?;
        Ok(beside(&[photo].into_iter().chain(&drawings).collect::<Vec<_>>()))
    };
    save(&photos.iter().take(MOST).map(strip).collect::<Result<Vec<_>>>()?, 0, path)
}

/// Writes the sheet of all `photos` to `path`: each with its drawing to the right of it.
///
/// # Errors
/// [`Error::Create`].
pub fn pairs(photos: &[RgbImage], drawings: &[RgbImage], path: &Path) -> Result<()> {
    let strips: Vec<_> = photos.iter().zip(drawings).map(|(photo, drawing)| beside(&[photo, drawing])).collect();
    save(&strips, WIDTH, path)
}

/// As words in lines.
fn save(strips: &[RgbImage], width: u32, path: &Path) -> Result<()> {
    let width = strips.iter().map(RgbImage::width).max().unwrap_or(1).max(width);
    let (mut x, mut y, mut line) = (0, 0, 0);
    let mut places = Vec::new();
    for strip in strips {
        if x + strip.width() > width {
            (x, y, line) = (0, y + line, 0);
        }
        places.push((x, y));
        (x, line) = (x + strip.width(), line.max(strip.height()));
    }
    let mut sheet = RgbImage::new(width, (y + line).max(1));
    for (strip, (x, y)) in strips.iter().zip(places) {
        replace(&mut sheet, strip, x.into(), y.into());
    }
    sheet.save(path).map_err(|e| Error::create(path, e))
}

fn beside(pictures: &[&RgbImage]) -> RgbImage {
    let height = pictures.iter().map(|picture| picture.height()).max().unwrap_or(1);
    let mut strip = RgbImage::new(pictures.iter().map(|picture| picture.width()).sum(), height);
    let mut x = 0;
    for picture in pictures {
        replace(&mut strip, *picture, x, 0);
        x += i64::from(picture.width());
    }
    strip
}
