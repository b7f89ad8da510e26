//! Judges a generator on pictures that training never saw: how much of the way from photos to comics it goes, and what it
//! keeps of the photo.
//!
//! *Style closed*: 1 less the squared maximum mean discrepancy (unbiased, Gaussian kernels; Gretton et al. 2012) between
//! drawings and held-out comics, divided by that between the same photos and the comics, in the statistics of
//! [`style`]. 0 is no better than the photos, 1 cannot be told from the comics, below 0 is worse than doing nothing. To be
//! asked in a space that no loss used as well: fine artefacts please the space that was trained in and no other. The same
//! is asked of comics that training may see: what artists themselves reach in another episode is the most that can be hoped
//! for.

use super::data;
use super::dataset::is_held_out;
use super::perceptual::Features;
use super::{sheet, style};
use crate::error::{Error, Result};
use image::RgbImage;
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
    /// Of the photos as a whole.
    pub all: Shift,
    /// Of what has the colour of skin (Chai and Ngan 1999), faces above all.
    pub skin: Shift,
    /// Of what is blue, light and flat in the upper half.
    pub sky: Shift,
}

/// What becomes of the colours of 16 x 16 areas.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Shift {
    /// Mean change of luma (BT.709, R'G'B' in 0..=1) from photo to drawing; negative is darker.
    pub brightness: f64,
    /// Mean distance of the colours (R'G'B' less luma).
    pub colour: f64,
    /// Areas that were looked at.
    pub areas: u64,
}

impl Shift {
    /// Takes the areas where `mask` is 1 (N x 1 x h x w, as `luma` and `colour`, the changes).
    fn add(&mut self, luma: &Tensor, colour: &Tensor, mask: &Tensor) -> Result<(), TchError> {
        let sum = |x: &Tensor| (x * mask).f_sum(Kind::Double)?.f_double_value(&[]);
        let (before, now) = (self.areas as f64, mask.f_sum(Kind::Double)?.f_double_value(&[])?);
        if now > 0.0 {
            self.brightness = (self.brightness * before + sum(luma)?) / (before + now);
            self.colour = (self.colour * before + sum(colour)?) / (before + now);
            self.areas += now as u64;
        }
        Ok(())
    }
}

/// The verdict in one perceptual space.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Space {
    /// Of the network.
    pub name: String,
    /// See the module.
    pub style_closed: f64,
    /// The same of as many comics that are not held out: what is to be hoped for. Nothing where there are fewer than 8.
    pub comics_closed: Option<f64>,
    /// Mean cosine of the coarsest maps of photo and drawing: 1 is everything kept.
    pub structure: f64,
}

/// Judges what `draw` makes of photos: pictures of their size, or of sides cut to multiples of 8.
///
/// # Errors
/// [`Error::Training`] where fewer than 8 pictures are held out, [`Error::Open`] and [`Error::Weights`] for files that
/// cannot be used, [`Error::Network`], and those of `draw`.
pub fn judge(options: &JudgeOptions, draw: &mut dyn FnMut(&RgbImage) -> Result<RgbImage>) -> Result<Verdict> {
    let (photos, comics) = (held_out(&options.photos)?, held_out(&options.comics)?);
    let others = others(&options.comics, comics.len())?;
    let drawings = photos.iter().map(draw).collect::<Result<Vec<_>>>()?;
    if let Some(path) = &options.sheet {
        sheet::pairs(&photos, &drawings, path)?;
    }
    let _guard = tch::no_grad_guard();
    let mut spaces: Vec<(Features, Crowds)> = Vec::new();
    for path in &options.features {
        spaces.push((Features::load(path, options.device)?, Crowds::default()));
    }
    let mut verdict = Verdict { photos: photos.len(), comics: comics.len(), ..Verdict::default() };
    let mut look = || -> Result<(), TchError> {
        for (features, crowds) in &mut spaces {
            let statistics = |comics: &[RgbImage]| -> Result<Vec<Tensor>, TchError> {
                let of = |comic| style::statistics(&features.maps(&data::tensor(comic, options.device)?)?);
                comics.iter().map(of).collect()
            };
            (crowds.comics, crowds.others) = (statistics(&comics)?, statistics(&others)?);
        }
        for (photo, drawing) in photos.iter().zip(&drawings) {
            let [photo, drawing] = [data::tensor(photo, options.device)?, data::tensor(drawing, options.device)?];
            shift(&mut verdict, &photo, &drawing)?;
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
            let style_closed = crowds.closed(&crowds.drawings)?;
            let enough = crowds.others.len() >= FEWEST;
            let comics_closed = if enough { Some(crowds.closed(&crowds.others)?) } else { None };
            let name = features.name().to_owned();
            verdict.spaces.push(Space { name, style_closed, comics_closed, structure: crowds.structure });
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
    others: Vec<Tensor>,
    photos: Vec<Tensor>,
    drawings: Vec<Tensor>,
    structure: f64,
}

impl Crowds {
    /// How much of the way from the photos to the comics `drawings` have gone.
    fn closed(&self, drawings: &[Tensor]) -> Result<f64, TchError> {
        let comics = Tensor::f_cat(&self.comics, 0)?;
        let scale = (comics.f_var_dim([0_i64].as_slice(), true, true)? + 1e-6).f_sqrt()?;
        let scaled = |crowd: &[Tensor]| Tensor::f_cat(crowd, 0)?.f_div(&scale);
        let (comics, photos, drawings) = (scaled(&self.comics)?, scaled(&self.photos)?, scaled(drawings)?);
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

/// Adds to the verdict's shifts.
fn shift(verdict: &mut Verdict, photo: &Tensor, drawing: &Tensor) -> Result<(), TchError> {
    let areas = |x: &Tensor| x.f_avg_pool2d([16, 16], [16, 16], [0, 0], true, true, None);
    let luma_of = |x: &Tensor| -> Result<Tensor, TchError> {
        let weights = Tensor::f_from_slice(&[0.2126_f32, 0.7152, 0.0722])?.f_to_device(x.device())?;
        (x * weights.f_view([1, 3, 1, 1])?).f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)
    };
    let before = areas(photo)?;
    let change = areas(drawing)? - &before;
    let luma = luma_of(&change)?;
    let colour = (&change - &luma).f_square()?.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?.f_sqrt()?;
    verdict.all.add(&luma, &colour, &luma.f_ones_like()?)?;

    let light = luma_of(&before)?;
    let channel = |c: i64| before.f_narrow(1, c, 1);
    let (red, blue) = (channel(0)?, channel(2)?);
    // BT.709 differences over their range, as codes of 8 bits about 128.
    let cb = (&blue - &light) * (224.0 / 1.8556) + 128.0;
    let cr = (&red - &light) * (224.0 / 1.5748) + 128.0;
    let between = |x: &Tensor, low: f64, high: f64| x.f_ge(low)?.f_logical_and(&x.f_le(high)?);
    let skin = between(&cb, 77.0, 127.0)?.f_logical_and(&between(&cr, 133.0, 173.0)?)?;
    let skin = skin.f_logical_and(&light.f_ge(0.2)?)?;
    verdict.skin.add(&luma, &colour, &skin.f_to_kind(Kind::Float)?)?;

    let contrast = (areas(&luma_of(photo)?.f_square()?)? - light.f_square()?).f_relu()?.f_sqrt()?;
    let blue = cb.f_ge(132.0)?.f_logical_and(&cr.f_le(128.0)?)?;
    let flat = contrast.f_le(0.03)?.f_logical_and(&light.f_ge(0.35)?)?;
    let upper = light.f_zeros_like()?;
    let half = (upper.size()[2] + 1) / 2;
    let _ = upper.f_narrow(2, 0, half)?.f_fill_(1.0)?;
    let sky = blue.f_logical_and(&flat)?.f_to_kind(Kind::Float)? * upper;
    verdict.sky.add(&luma, &colour, &sky)
}

fn held_out(folder: &Path) -> Result<Vec<RgbImage>> {
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

/// `count` pictures that are not held out, or as many as there are, from all over the folder.
fn others(folder: &Path, count: usize) -> Result<Vec<RgbImage>> {
    let files = data::files(folder)?;
    let files: Vec<_> = files.iter().filter(|file| !is_held_out(file)).collect();
    let count = count.min(files.len());
    (0..count).map(|i| data::read(files[i * files.len() / count])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tests::normal;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn closed_is_the_share_of_the_way_to_the_comics() {
        let mut rng = StdRng::seed_from_u64(2);
        let mut crowd = |center: f64, count| (0..count).map(|_| normal([1, 6], &mut rng) + center).collect::<Vec<_>>();
        let mut closed = |center: f64| {
            let crowds = Crowds { comics: crowd(0.0, 150), photos: crowd(2.0, 150), ..Crowds::default() };
            crowds.closed(&crowd(center, 150)).unwrap()
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
        let mut verdict = Verdict::default();
        shift(&mut verdict, &photo, &(&photo - 0.1)).unwrap();
        let Shift { brightness, colour, areas } = verdict.all;
        assert!((brightness + 0.1).abs() < 1e-4 && colour < 1e-4 && areas == 4, "{brightness} {colour} {areas}");
        assert_eq!((verdict.skin.areas, verdict.sky.areas), (0, 0));
    }

    #[test]
    fn skin_and_sky_are_found_and_counted_apart() {
        let flat = |color: [f32; 3]| Tensor::from_slice(&color).view([1, 3, 1, 1]).expand([1, 3, 32, 64], false);
        let (skin, sky) = (flat([0.85, 0.62, 0.52]), flat([0.5, 0.7, 0.95]));
        // Sky above skin; below, a second sky is water.
        let photo = Tensor::cat(&[&sky, &skin, &sky, &sky], 2);
        let drawing = Tensor::cat(&[&sky + 0.1, &skin - 0.2, &sky + 0.3, &sky + 0.3], 2);
        let mut verdict = Verdict::default();
        shift(&mut verdict, &photo, &drawing).unwrap();
        let Verdict { skin, sky, .. } = verdict;
        assert_eq!((skin.areas, sky.areas), (8, 8));
        assert!((skin.brightness + 0.2).abs() < 1e-4 && (sky.brightness - 0.1).abs() < 1e-4, "{skin:?} {sky:?}");
    }
}
