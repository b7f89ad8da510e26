//! Pictures to learn from: folders into memory, memory into batches of crops.

use crate::error::{Error, Result};
use image::RgbImage;
use image::imageops::FilterType;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, TchError, Tensor};

/// Side of a training crop.
pub const CROP: u32 = 160;
/// Short side that pictures are brought to: about the lines the generator works at.
const SHORT: u32 = 352;

/// All picture files below `folder`, sorted by path so that a seed means the same everywhere.
///
/// # Errors
/// [`Error::Open`] where the folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|e| Error::open(&folder, e))? {
            let path = entry.map_err(|e| Error::open(&folder, e))?.path();
            if path.is_dir() {
                open.push(path);
            } else if image::ImageFormat::from_path(&path).is_ok() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a picture; larger ones are reduced to a short side of 352.
///
/// # Errors
/// [`Error::Open`].
pub fn read(path: &Path) -> Result<RgbImage> {
    let image = image::open(path).map_err(|e| Error::open(path, e))?;
    let short = image.width().min(image.height()).max(1);
    let image = if short > SHORT {
        let side = |s: u32| (f64::from(s) * f64::from(SHORT) / f64::from(short)).round() as u32;
        image.resize_exact(side(image.width()), side(image.height()), FilterType::CatmullRom)
    } else {
        image
    };
    Ok(image.into_rgb8())
}

/// Where a crop lies.
#[derive(Clone, Copy)]
pub struct Place {
    x: u32,
    y: u32,
    mirrored: bool,
}

impl Place {
    /// Anywhere in `picture`, mirrored half the time.
    pub fn random(picture: &RgbImage, rng: &mut StdRng) -> Self {
        let x = rng.random_range(0..=picture.width() - CROP);
        let y = rng.random_range(0..=picture.height() - CROP);
        Self { x, y, mirrored: rng.next_u32() & 1 == 1 }
    }
}

/// The light that a crop is taken in. Cameras of calls stand in haze and under cold or warm lamps, photographers do not:
/// what is drawn must not hang on either.
#[derive(Clone, Copy)]
pub struct Light {
    gains: [f32; 3],
    /// Contrast around a grey, and that grey.
    contrast: f32,
    pivot: f32,
    saturation: f32,
}

impl Light {
    /// As the photo was taken half the time, else any.
    pub fn random(rng: &mut StdRng) -> Self {
        if rng.random_bool(0.5) {
            return Self { gains: [1.0; 3], contrast: 1.0, pivot: 0.5, saturation: 1.0 };
        }
        Self {
            gains: [0; 3].map(|_| rng.random_range(0.95..1.05)),
            contrast: rng.random_range(0.45..1.0),
            pivot: rng.random_range(0.3..0.8),
            saturation: rng.random_range(0.1..1.0),
        }
    }

    /// Lights planes of R', G' and B'.
    pub fn shine(&self, planes: &mut [f32]) {
        let (red, rest) = planes.split_at_mut(planes.len() / 3);
        let (green, blue) = rest.split_at_mut(rest.len() / 2);
        for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
            let luma = 0.2126 * *red + 0.7152 * *green + 0.0722 * *blue;
            for (value, gain) in [red, green, blue].into_iter().zip(self.gains) {
                *value = self.level((luma + (*value - luma) * self.saturation) * gain);
            }
        }
    }

    /// What a lightness becomes.
    pub fn level(&self, lightness: f32) -> f32 {
        (self.pivot + (lightness - self.pivot) * self.contrast).clamp(0.0, 1.0)
    }
}

/// Appends the crop's planes, R'G'B' in 0..=1.
pub fn crop(picture: &RgbImage, place: Place, out: &mut Vec<f32>) {
    for channel in 0..3 {
        for y in place.y..place.y + CROP {
            let row = (y * picture.width()) as usize;
            for i in 0..CROP {
                let x = place.x + if place.mirrored { CROP - 1 - i } else { i };
                out.push(f32::from(picture.as_raw()[(row + x as usize) * 3 + channel]) / 255.0);
            }
        }
    }
}

/// N x 3 x CROP x CROP.
///
/// # Errors
/// libtorch's.
pub fn batch(planes: &[f32], device: Device) -> Result<Tensor, TchError> {
    let side = i64::from(CROP);
    Ok(Tensor::f_from_slice(planes)?.f_view([-1, 3, side, side])?.to_device(device))
}

/// The picture as 1 x 3 x H x W in 0..=1, its sides cut to multiples of 8.
///
/// # Errors
/// libtorch's.
pub fn tensor(picture: &RgbImage, device: Device) -> Result<Tensor, TchError> {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let bytes = Tensor::f_from_slice(picture.as_raw())?.f_view([1, height, width, 3])?.f_to_device(device)?;
    let bytes = bytes.f_narrow(1, 0, height / 8 * 8)?.f_narrow(2, 0, width / 8 * 8)?.f_permute([0, 3, 1, 2])?;
    (bytes.f_to_kind(Kind::Float)? / 255.0).f_contiguous()
}

/// Whether a comic crop shows a drawing: not mostly gutter, caption or empty paper.
#[must_use]
pub fn is_drawing(planes: &[f32]) -> bool {
    let pixels = (CROP * CROP) as usize;
    let white = (0..pixels).filter(|i| (0..3).all(|c| planes[c * pixels + i] > 0.96)).count();
    let mean = planes.iter().sum::<f32>() / planes.len() as f32;
    let variance = planes.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / planes.len() as f32;
    white * 16 < pixels && variance > 0.003
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn half_of_the_light_is_the_photos_own_and_the_rest_duller() {
        let mut rng = StdRng::seed_from_u64(2);
        let before = [0.9_f32, 0.1, 0.2, 0.5, 0.1, 0.9];
        let mut same = 0;
        for _ in 0..200 {
            let light = Light::random(&mut rng);
            let mut after = before;
            light.shine(&mut after);
            if after.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-6) {
                same += 1;
                continue;
            }
            assert!(after.iter().all(|value| (0.0..=1.0).contains(value)), "{after:?}");
            // The first pixel stays red, the second blue, neither as much as before.
            let [red, blue] = [after[0] - after[4], after[5] - after[1]];
            assert!((0.0..0.9).contains(&red) && (0.0..0.9).contains(&blue), "{after:?}");
            assert!(light.level(0.2) < light.level(0.8));
        }
        assert!((70..130).contains(&same), "{same}");
    }
}
