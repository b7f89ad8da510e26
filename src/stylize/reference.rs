//! The style of pictures.

use super::device::introduce_cuda;
use super::weights::load;
use crate::config::{Blend, CODE, Code, Source};
use crate::error::{Error, Result};
use image::RgbImage;
use image::imageops::FilterType;
use std::path::{Path, PathBuf};
use tch::{Kind, TchError, Tensor};

/// Short side that pictures are brought to: at this size training saw them, so that a line is as wide as it was there.
const SHORT: u32 = 352;
/// Nobody means a reference of which a side is smaller.
const SMALLEST: u32 = 64;

/// The style of the pictures in these files, as the encoder of `weights` (a built-in name or a file) sees it: the mean of
/// their codes.
///
/// # Errors
/// [`Error::Weights`]; [`Error::Open`] for files that are no pictures or too small; [`Error::Network`].
pub fn style_of(weights: &str, pictures: &[PathBuf]) -> Result<Blend> {
    introduce_cuda();
    let network = load(weights)?.network;
    let encode = |picture: &RgbImage| -> Result<Code, TchError> {
        let _guard = tch::no_grad_guard();
        let code = Vec::<f32>::try_from(network.encode(&tensor(picture)?)?.f_view([-1])?)?;
        code.try_into().map_err(|_| TchError::Shape("a code of another length".into()))
    };
    let mut mean = [0.0; CODE];
    for path in pictures {
        let code = encode(&read(path)?).map_err(Error::network)?;
        mean.iter_mut().zip(code).for_each(|(mean, number)| *mean += number / pictures.len() as f32);
    }
    Ok(Blend::only(Source::Code(mean)))
}

fn read(path: &Path) -> Result<RgbImage> {
    let picture = image::open(path).map_err(|e| Error::open(path, e))?;
    let short = picture.width().min(picture.height());
    if short < SMALLEST {
        let reason = format!("{}x{} pixels show no style", picture.width(), picture.height());
        return Err(Error::open(path, std::io::Error::other(reason)));
    }
    let side = |side: u32| (f64::from(side) * f64::from(SHORT) / f64::from(short)).round() as u32;
    let (width, height) = (side(picture.width()), side(picture.height()));
    Ok(picture.resize_exact(width, height, FilterType::CatmullRom).into_rgb8())
}

/// 1 x 3 x H x W, R'G'B' in 0..=1.
fn tensor(picture: &RgbImage) -> Result<Tensor, TchError> {
    let (height, width) = (i64::from(picture.height()), i64::from(picture.width()));
    let bytes = Tensor::f_from_slice(picture.as_raw())?.f_view([1, height, width, 3])?;
    (bytes.f_permute([0, 3, 1, 2])?.f_to_kind(Kind::Float)? / 255.0).f_contiguous()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn pictures_of_other_styles_have_other_codes() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let stripes =
            |x: u32, y: u32| if (x / 9 + y / 30).is_multiple_of(2) { Rgb([0, 0, 0]) } else { Rgb([255, 255, 255]) };
        RgbImage::from_fn(200, 150, stripes).save(path("ink.png")).unwrap();
        RgbImage::from_fn(200, 150, |x, y| Rgb([x as u8, y as u8, 90])).save(path("soft.png")).unwrap();
        let style = |names: &[&str]| {
            let paths: Vec<_> = names.iter().map(|name| path(name)).collect();
            match style_of("comic", &paths).unwrap().parts() {
                [(Source::Code(code), share)] if *share == 1.0 => *code,
                other => panic!("{other:?}"),
            }
        };
        let (ink, soft, both) = (style(&["ink.png"]), style(&["soft.png"]), style(&["ink.png", "soft.png"]));
        let distance = |a: &Code, b: &Code| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        assert!(distance(&ink, &soft) > 0.1);
        assert!((distance(&ink, &both) - distance(&ink, &soft) / 2.0).abs() < 1e-3);
    }

    #[test]
    fn what_shows_no_style_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let small = folder.path().join("small.png");
        RgbImage::new(8, 300).save(&small).unwrap();
        for path in [small, folder.path().join("missing.png")] {
            assert!(matches!(style_of("comic", &[path]), Err(Error::Open { .. })));
        }
    }
}
