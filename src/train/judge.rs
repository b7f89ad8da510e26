//! Judges a generator on pictures that training never saw: how much of the way from photos to comics it goes, and what it
//! keeps of the photo.
//!
//! *Style closed*: 1 less the squared maximum mean discrepancy (unbiased, Gaussian kernels; Gretton et al. 2012) between
//! drawings and held-out comics, divided by that between the same photos and the comics, in the statistics of
//! [`style`]. 0 is no better than the photos, 1 cannot be told from the comics, below 0 is worse than doing nothing. To be
//! asked in a space that no loss used as well: fine artefacts please the space that was trained in and no other.

use super::data::{self, Picture};
use super::dataset::is_held_out;
use super::perceptual::Features;
use super::{sheet, style};
use crate::config::Blend;
use crate::error::{Error, Result};
use crate::stylize::Weights;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, TchError, Tensor};

/// Pictures of either kind without which a discrepancy means nothing.
const FEWEST: usize = 8;
/// Squared widths of the kernels, in the median squared distance of photos and comics.
const WIDTHS: [f64; 3] = [0.25, 1.0, 4.0];

/// What to judge by.
#[derive(Clone, Debug)]
pub struct JudgeOptions {
    /// Folder of photos; those are used which training holds out.
    pub photos: PathBuf,
    /// Folder of comics, likewise.
    pub comics: PathBuf,
    /// Perceptual networks, see [`Features`].
    pub features: Vec<PathBuf>,
    /// Style to draw in.
    pub style: Blend,
    /// Picture of photos and drawings side by side to write, if any.
    pub sheet: Option<PathBuf>,
    /// Where to compute.
    pub device: Device,
}

/// The verdict.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Verdict {
    /// Photos judged on.
    pub photos: usize,
    /// Comics compared with.
    pub comics: usize,
    /// One a perceptual network.
    pub spaces: Vec<Space>,
    /// Mean change of luma (BT.709, R'G'B' in 0..=1) from photo to drawing; negative is darker.
    pub brightness: f64,
    /// Mean distance of the colours (R'G'B' less its mean) of 16 x 16 areas.
    pub colour: f64,
}

/// The verdict in one perceptual space.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Space {
    /// Of the network.
    pub name: String,
    /// See the module.
    pub style_closed: f64,
    /// Mean cosine of the coarsest maps of photo and drawing: 1 is everything kept.
    pub structure: f64,
}

/// Judges what `weights` draw.
///
/// # Errors
/// [`Error::Training`] where fewer than 8 pictures are held out, [`Error::Open`] and [`Error::Weights`] for files that
/// cannot be used, [`Error::Network`].
pub fn judge(weights: &Weights, options: &JudgeOptions) -> Result<Verdict> {
    let (photos, comics) = (held_out(&options.photos)?, held_out(&options.comics)?);
    if let Some(path) = &options.sheet {
        sheet::save(weights, &photos, path, options.device)?;
    }
    let _guard = tch::no_grad_guard();
    let code = weights.code(&options.style)?;
    let ready = || -> Result<_, TchError> {
        let (network, modulation) = weights.network.folded(&code)?;
        Ok((network.to(options.device, Kind::Float)?, modulation.to_device(options.device)?))
    };
    let (network, modulation) = ready().map_err(Error::network)?;
    let mut spaces: Vec<(Features, Crowds)> = Vec::new();
    for path in &options.features {
        spaces.push((Features::load(path, options.device)?, Crowds::default()));
    }
    let mut verdict = Verdict { photos: photos.len(), comics: comics.len(), ..Verdict::default() };
    let mut look = || -> Result<(), TchError> {
        for comic in &comics {
            let comic = data::tensor(comic, options.device)?;
            for (features, crowds) in &mut spaces {
                crowds.comics.push(style::statistics(&features.maps(&comic)?)?);
            }
        }
        for photo in &photos {
            let photo = data::tensor(photo, options.device)?;
            let drawing = network.forward(&photo, &modulation)?.f_clamp(0.0, 1.0)?;
            let (brightness, colour) = shift(&photo, &drawing)?;
            verdict.brightness += brightness / photos.len() as f64;
            verdict.colour += colour / photos.len() as f64;
            for (features, crowds) in &mut spaces {
                let (before, after) = (features.maps(&photo)?, features.maps(&drawing)?);
                crowds.photos.push(style::statistics(&before)?);
                crowds.drawings.push(style::statistics(&after)?);
                let cosine = |a: &Tensor, b: &Tensor| Tensor::f_cosine_similarity(a, b, 1, 1e-6)?.f_mean(Kind::Float);
                if let (Some(a), Some(b)) = (before.last(), after.last()) {
                    crowds.structure += cosine(a, b)?.f_double_value(&[])? / photos.len() as f64;
                }
            }
        }
        for (features, crowds) in &spaces {
            let style_closed = crowds.closed()?;
            let name = features.name().to_owned();
            verdict.spaces.push(Space { name, style_closed, structure: crowds.structure });
        }
        Ok(())
    };
    look().map_err(Error::network)?;
    Ok(verdict)
}

/// Statistics of each picture, 1 x D.
#[derive(Default)]
struct Crowds {
    comics: Vec<Tensor>,
    photos: Vec<Tensor>,
    drawings: Vec<Tensor>,
    structure: f64,
}

impl Crowds {
    fn closed(&self) -> Result<f64, TchError> {
        let comics = Tensor::f_cat(&self.comics, 0)?;
        let scale = (comics.f_var_dim([0_i64].as_slice(), true, true)? + 1e-6).f_sqrt()?;
        let scaled = |crowd: &[Tensor]| Tensor::f_cat(crowd, 0)?.f_div(&scale);
        let (comics, photos, drawings) = (scaled(&self.comics)?, scaled(&self.photos)?, scaled(&self.drawings)?);
        let width = distances(&photos, &comics)?.f_median()?.f_double_value(&[])?;
        Ok(1.0 - discrepancy(&drawings, &comics, width)? / discrepancy(&photos, &comics, width)?)
    }
}

/// Unbiased squared maximum mean discrepancy.
fn discrepancy(a: &Tensor, b: &Tensor, width: f64) -> Result<f64, TchError> {
    let within = |x: &Tensor| -> Result<f64, TchError> {
        // A picture's likeness to itself says nothing: it is 1 and left out.
        let n = x.size()[0] as f64;
        Ok((likeness(x, x, width)? * n * n - n) / (n * (n - 1.0)))
    };
    Ok(within(a)? + within(b)? - 2.0 * likeness(a, b, width)?)
}

/// Mean of the kernels over all pairs.
fn likeness(a: &Tensor, b: &Tensor, width: f64) -> Result<f64, TchError> {
    let distances = distances(a, b)?;
    let mut sum = 0.0;
    for factor in WIDTHS {
        let kernel = (&distances / (-2.0 * factor * width)).f_exp()?;
        sum += kernel.f_mean(Kind::Double)?.f_double_value(&[])?;
    }
    Ok(sum / WIDTHS.len() as f64)
}

fn distances(a: &Tensor, b: &Tensor) -> Result<Tensor, TchError> {
    (a.f_unsqueeze(1)? - b.f_unsqueeze(0)?).f_square()?.f_sum_dim_intlist([2_i64].as_slice(), false, Kind::Double)
}

/// Mean change of luma, and mean distance of the colours of 16 x 16 areas.
fn shift(photo: &Tensor, drawing: &Tensor) -> Result<(f64, f64), TchError> {
    let change = (drawing - photo).f_avg_pool2d([16, 16], [16, 16], [0, 0], true, true, None)?;
    let weights = Tensor::f_from_slice(&[0.2126_f32, 0.7152, 0.0722])?.f_to_device(photo.device())?;
    let luma = (&change * weights.f_view([1, 3, 1, 1])?).f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?;
    let colour = (&change - &luma).f_square()?.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?.f_sqrt()?;
    let mean = |x: &Tensor| x.f_mean(Kind::Float)?.f_double_value(&[]);
    Ok((mean(&luma)?, mean(&colour)?))
}

fn held_out(folder: &Path) -> Result<Vec<Picture>> {
    let files = data::files(folder)?;
    let kept =
        files.iter().filter(|file| is_held_out(file)).map(|file| data::read(file)).collect::<Result<Vec<_>>>()?;
    if kept.len() < FEWEST {
        let (found, folder) = (kept.len(), folder.display());
        let reason = format!("{folder} holds {found} pictures that training leaves out, and {FEWEST} are needed");
        return Err(Error::Training { reason });
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(center: f64, count: usize) -> Vec<Tensor> {
        (0..count).map(|_| Tensor::randn([1, 6], (Kind::Float, Device::Cpu)) + center).collect()
    }

    #[test]
    fn closed_is_the_share_of_the_way_to_the_comics() {
        tch::manual_seed(2);
        let closed = |center: f64| {
            let crowds = Crowds {
                comics: crowd(0.0, 150),
                photos: crowd(2.0, 150),
                drawings: crowd(center, 150),
                structure: 0.0,
            };
            crowds.closed().unwrap()
        };
        assert!(closed(0.0) > 0.97);
        assert!(closed(2.0).abs() < 0.1);
        assert!(closed(3.0) < -0.1);
        let half = closed(1.0);
        assert!(half > 0.3 && half < 0.95, "{half}");
    }

    #[test]
    fn a_darker_picture_is_darker_and_no_other_colour() {
        let photo = Tensor::full([1, 3, 32, 32], 0.6, (Kind::Float, Device::Cpu));
        let (brightness, colour) = shift(&photo, &(&photo - 0.1)).unwrap();
        assert!((brightness + 0.1).abs() < 1e-4 && colour < 1e-4, "{brightness} {colour}");
    }
}
