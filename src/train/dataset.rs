//! What is trained on: photos with the teacher's studies, comic panels, and the photos that are held out.

use super::TrainOptions;
use super::data::{self, CROP, Light, Place};
use super::teacher;
use crate::error::{Error, Result};
use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;
use std::path::{Path, PathBuf};
use tch::{Device, TchError, Tensor};

/// Pictures of either kind without which training is not tried.
const FEWEST: usize = 8;
/// One series in so many is held out, by the hash of its name: the same ones on every machine.
const HELD_OUT: u64 = 8;

/// A photo and the teacher's [`Study`](teacher::Study) of it.
pub struct Pair {
    photo: RgbImage,
    paint: RgbImage,
    ink: RgbImage,
}

/// The same crops of photos and of their studies, N x 3 x [`CROP`] x [`CROP`] each.
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
    pairs: Vec<Pair>,
    comics: Vec<RgbImage>,
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
        let (comics, kept): (Vec<_>, Vec<_>) = read_all(&options.comics)?.into_iter().partition(|(held, _)| !held);
        let comics = enough(comics, "comic panels", &options.comics)?.into_iter().map(|(_, comic)| comic).collect();
        let files = data::files(&options.photos)?;
        tell(&format!("reading {} photos and the teacher's studies of them", files.len()));
        let (mut pairs, mut held_out) = (Vec::new(), Vec::new());
        for (name, pair) in study_all(&files, &options.photos, &options.out.with_extension("teacher"))? {
            if !large(&pair.photo) {
                continue;
            }
            if is_held_out(Path::new(&name)) { held_out.push(pair.photo) } else { pairs.push(pair) }
        }
        let pairs = enough(pairs, "photos", &options.photos)?;
        let dataset = Self { pairs, comics, held_out, held_out_comics: kept.len() };
        tell(&format!("found {dataset}"));
        Ok(dataset)
    }

    /// `count` crops anywhere in any photos, in any [`Light`]. Lines are those of the photo as it is: faint ones in haze
    /// are inked like any other.
    ///
    /// # Errors
    /// libtorch's.
    pub fn photos(&self, count: usize, rng: &mut StdRng, device: Device) -> Result<Crops, TchError> {
        let [mut photo, mut paint, mut ink] = [const { Vec::new() }; 3];
        let plane = (CROP * CROP) as usize;
        for i in 0..count {
            let start = i * 3 * plane;
            let pair = &self.pairs[rng.random_range(0..self.pairs.len())];
            let place = Place::random(&pair.photo, rng);
            data::crop(&pair.photo, place, &mut photo);
            data::crop(&pair.paint, place, &mut paint);
            data::crop(&pair.ink, place, &mut ink);
            let light = Light::random(rng);
            light.shine(&mut photo[start..]);
            light.shine(&mut paint[start..]);
            ink[start + 2 * plane..].iter_mut().for_each(|lightness| *lightness = light.level(*lightness));
        }
        let batch = |planes: &[f32]| data::batch(planes, device);
        Ok(Crops { photo: batch(&photo)?, paint: batch(&paint)?, ink: batch(&ink)? })
    }

    /// `count` crops of comic panels that show more than gutter or caption.
    ///
    /// # Errors
    /// libtorch's.
    pub fn comics(&self, count: usize, rng: &mut StdRng, device: Device) -> Result<Tensor, TchError> {
        let size = 3 * (CROP * CROP) as usize;
        let mut planes = Vec::new();
        let mut tries = 0;
        while planes.len() < count * size {
            let comic = &self.comics[rng.random_range(0..self.comics.len())];
            data::crop(comic, Place::random(comic, rng), &mut planes);
            tries += 1;
            // A folder of nothing but white paper still ends.
            if tries < 200 && !data::is_drawing(&planes[planes.len() - size..]) {
                planes.truncate(planes.len() - size);
            }
        }
        data::batch(&planes, device)
    }
}

impl std::fmt::Display for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (photos, comics, kept) = (self.pairs.len(), self.comics.len(), self.held_out_comics);
        write!(f, "{photos} photos ({} more held out) and {comics} comic panels ({kept} more)", self.held_out.len())
    }
}

fn large(picture: &RgbImage) -> bool {
    picture.width() >= CROP && picture.height() >= CROP
}

fn enough<T>(found: Vec<T>, what: &str, folder: &Path) -> Result<Vec<T>> {
    if found.len() < FEWEST {
        let (found, folder) = (found.len(), folder.display());
        let reason = format!("{folder} holds {found} {what} of {CROP}x{CROP} pixels or more, and {FEWEST} are needed");
        return Err(Error::Training { reason });
    }
    Ok(found)
}

/// All pictures of `folder` that are large enough, with whether they are held out.
fn read_all(folder: &Path) -> Result<Vec<(bool, RgbImage)>> {
    let read = data::files(folder)?;
    let read = read.iter().map(|file| Ok((is_held_out(file), data::read(file)?))).collect::<Result<Vec<_>>>()?;
    Ok(read.into_iter().filter(|(_, picture)| large(picture)).collect())
}

/// Whether training must not see the picture. What stands before the first underscore of a file's name is its series (a
/// comic's episode, a shot): pictures of a series resemble each other and are held out together.
pub fn is_held_out(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    hash(stem.split('_').next().unwrap_or_default()).is_multiple_of(HELD_OUT)
}

/// Photos with their studies by path below `root`, in that order, made on all cores.
fn study_all(files: &[PathBuf], root: &Path, cache: &Path) -> Result<Vec<(String, Pair)>> {
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
fn study(file: &Path, cached: &Path) -> Result<Pair> {
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
