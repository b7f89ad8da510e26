//! What is trained on: photos with the teacher's studies, comic panels, and the photos that are held out.

use super::TrainOptions;
use super::data::{self, Grain, Light, Lights, Picture};
use super::teacher;
use crate::error::{Error, Result};
use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;
use std::path::{Path, PathBuf};
use tch::{TchError, Tensor};

/// Pictures of either kind without which training is not tried.
const FEWEST: usize = 8;
/// One series in so many is held out, by the hash of its name: the same ones on every machine.
const HELD_OUT: u64 = 8;

/// A photo and the teacher's [`Study`](teacher::Study) of it.
struct Pair<T> {
    photo: T,
    paint: T,
    ink: T,
}

/// A panel, here and in the device's memory.
struct Comic {
    image: RgbImage,
    picture: Picture,
}

/// The same crops of photos and of their studies, N x 3 x side x side each.
pub struct Crops {
    /// Photos.
    pub photo: Tensor,
    /// Paint.
    pub paint: Tensor,
    /// Fine lines, bold lines, lightness.
    pub ink: Tensor,
}

/// See the module.
pub struct Dataset {
    pairs: Vec<Pair<Picture>>,
    comics: Vec<Comic>,
    /// Side of a crop.
    side: u32,
    grain: Grain,
    /// Photos that no step sees.
    pub held_out: Vec<RgbImage>,
    /// Number of comic panels that no step sees.
    held_out_comics: usize,
}

impl Dataset {
    /// Reads both folders; has the teacher study what it has not studied before.
    ///
    /// # Errors
    /// [`Error::Open`], and [`Error::Training`] where there is too little.
    pub fn load(options: &TrainOptions, tell: &mut dyn FnMut(&str)) -> Result<Self> {
        let (device, side) = (options.device, options.crop);
        let (comics, kept) = read_all(&options.comics, side)?;
        let comics = enough(comics, "comic panels", &options.comics, side)?;
        let files = data::files(&options.photos)?;
        tell(&format!("reading {} photos and the teacher's studies of them", files.len()));
        let (mut pairs, mut held_out) = (Vec::new(), Vec::new());
        for (name, pair) in study_all(&files, &options.photos, &options.out.with_extension("teacher"))? {
            if !large(&pair.photo, side) {
                continue;
            }
            if is_held_out(Path::new(&name)) { held_out.push(pair.photo) } else { pairs.push(pair) }
        }
        let pairs = enough(pairs, "photos", &options.photos, side)?;
        let picture = |image: &RgbImage| Picture::new(image, device).map_err(Error::network);
        let comic = |image: RgbImage| Ok(Comic { picture: picture(&image)?, image });
        let on_device = |pair: Pair<RgbImage>| {
            Ok(Pair { photo: picture(&pair.photo)?, paint: picture(&pair.paint)?, ink: picture(&pair.ink)? })
        };
        let dataset = Self {
            pairs: pairs.into_iter().map(on_device).collect::<Result<_>>()?,
            comics: comics.into_iter().map(comic).collect::<Result<_>>()?,
            grain: Grain::new(side, options.seed, device).map_err(Error::network)?,
            side,
            held_out,
            held_out_comics: kept.len(),
        };
        tell(&format!("found {dataset}"));
        Ok(dataset)
    }

    /// `count` crops anywhere in any photos, in any [`Light`]. Lines are those of the photo as it is: faint ones in haze
    /// are inked like any other.
    ///
    /// # Errors
    /// libtorch's.
    pub fn photos(&self, count: usize, rng: &mut StdRng) -> Result<Crops, TchError> {
        let [mut photos, mut paints, mut inks] = [const { Vec::new() }; 3];
        let mut lights = Vec::new();
        for _ in 0..count {
            let Pair { photo, paint, ink } = &self.pairs[rng.random_range(0..self.pairs.len())];
            let place = photo.anywhere(self.side, rng);
            for (crops, picture) in [(&mut photos, photo), (&mut paints, paint), (&mut inks, ink)] {
                crops.push(picture.crop(place)?);
            }
            lights.push(Light::random(rng));
        }
        let ink = data::batch(&inks)?;
        let lights = Lights::new(&lights, ink.device())?;
        let (lines, lightness) = (ink.f_narrow(1, 0, 2)?, lights.levels(&ink.f_narrow(1, 2, 1)?)?);
        Ok(Crops {
            photo: lights.shine(&data::batch(&photos)?)?,
            paint: lights.shine(&data::batch(&paints)?)?,
            ink: Tensor::f_cat(&[lines, lightness], 1)?,
        })
    }

    /// `count` crops of comic panels that show more than gutter or caption.
    ///
    /// # Errors
    /// libtorch's.
    pub fn comics(&self, count: usize, rng: &mut StdRng) -> Result<Tensor, TchError> {
        let mut crops = Vec::new();
        let mut tries = 0;
        while crops.len() < count {
            let Comic { image, picture } = &self.comics[rng.random_range(0..self.comics.len())];
            let place = picture.anywhere(self.side, rng);
            tries += 1;
            // A folder of nothing but white paper still ends.
            if tries >= 50 * count || place.is_drawing(image) {
                crops.push(picture.crop(place)?);
            }
        }
        data::batch(&crops)
    }

    /// White noise of deviation 1 in the shape of `like` (N x 3 x H x W, no larger than crops).
    ///
    /// # Errors
    /// libtorch's.
    pub fn noise(&self, like: &Tensor, rng: &mut StdRng) -> Result<Tensor, TchError> {
        self.grain.like(like, rng)
    }
}

impl std::fmt::Display for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (photos, comics, kept) = (self.pairs.len(), self.comics.len(), self.held_out_comics);
        write!(f, "{photos} photos ({} more held out) and {comics} comic panels ({kept} more)", self.held_out.len())
    }
}

fn large(picture: &RgbImage, side: u32) -> bool {
    picture.width() >= side && picture.height() >= side
}

fn enough<T>(found: Vec<T>, what: &str, folder: &Path, side: u32) -> Result<Vec<T>> {
    if found.len() < FEWEST {
        let (found, folder) = (found.len(), folder.display());
        let reason = format!("{folder} holds {found} {what} of {side}x{side} pixels or more, and {FEWEST} are needed");
        return Err(Error::Training { reason });
    }
    Ok(found)
}

/// All pictures of `folder` that are large enough, those that are held out apart.
fn read_all(folder: &Path, side: u32) -> Result<(Vec<RgbImage>, Vec<RgbImage>)> {
    let (mut seen, mut held_out) = (Vec::new(), Vec::new());
    for file in data::files(folder)? {
        let picture = data::read(&file)?;
        if large(&picture, side) {
            if is_held_out(&file) { held_out.push(picture) } else { seen.push(picture) }
        }
    }
    Ok((seen, held_out))
}

/// Whether training must not see the picture. What stands before the first underscore of a file's name is its series (a
/// comic's episode, a shot): pictures of a series resemble each other and are held out together.
pub fn is_held_out(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    hash(stem.split('_').next().unwrap_or_default()).is_multiple_of(HELD_OUT)
}

/// Photos with their studies by path below `root`, in that order, made on all cores.
fn study_all(files: &[PathBuf], root: &Path, cache: &Path) -> Result<Vec<(String, Pair<RgbImage>)>> {
    std::fs::create_dir_all(cache).map_err(|e| Error::create(cache, e))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let work = |start: usize| {
        let own = files.iter().skip(start).step_by(cores);
        own.map(|file| {
            let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
            let pair = study(file, &cache.join(format!("{:016x}", hash(&format!("{}/{name}", teacher::VERSION)))))?;
            Ok((name, pair))
        })
        .collect::<Result<Vec<_>>>()
    };
    let made: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|start| scope.spawn(move || work(start))).collect();
        workers.into_iter().map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut all: Vec<_> = made.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

/// The photo in `file` and its study, which is kept in two pictures whose names begin with `cached`.
fn study(file: &Path, cached: &Path) -> Result<Pair<RgbImage>> {
    let photo = data::read(file)?;
    let names = ["paint.png", "ink.png"].map(|end| cached.with_extension(end));
    let fits = |picture: &RgbImage| picture.dimensions() == photo.dimensions();
    if let (Ok(paint), Ok(ink)) = (data::read(&names[0]), data::read(&names[1]))
        && fits(&paint)
        && fits(&ink)
    {
        return Ok(Pair { photo, paint, ink });
    }
    let (width, height) = photo.dimensions();
    let study = teacher::study(photo.as_raw(), width as usize, height as usize);
    let keep = |rgb: Vec<u8>, name: &Path| {
        let mut picture = RgbImage::new(width, height);
        picture.copy_from_slice(&rgb);
        picture.save(name).map_err(|e| Error::create(name, e))?;
        Ok(picture)
    };
    Ok(Pair { photo, paint: keep(study.paint, &names[0])?, ink: keep(study.ink, &names[1])? })
}

/// FNV-1a: stable across machines and releases, unlike the standard library's.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
