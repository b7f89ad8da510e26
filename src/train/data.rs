//! Pictures to learn from: folders into memory, memory into batches of crops.

use super::look::luma;
use crate::error::{Error, Result};
use image::RgbImage;
use image::imageops::FilterType;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, TchError, Tensor};

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

/// A picture to crop, in the memory of the device that trains.
pub struct Picture {
    /// Bytes of R'G'B', 3 x H x W.
    planes: Tensor,
    width: u32,
    height: u32,
}

impl Picture {
    /// On `device`.
    ///
    /// # Errors
    /// libtorch's, as everywhere here.
    pub fn new(picture: &RgbImage, device: Device) -> Result<Self, TchError> {
        let (width, height) = picture.dimensions();
        let bytes = Tensor::f_from_slice(picture.as_raw())?.f_view([i64::from(height), i64::from(width), 3])?;
        let planes = bytes.f_permute([2, 0, 1])?.f_contiguous()?.f_to_device(device)?;
        Ok(Self { planes, width, height })
    }

    /// A place for a crop of that side.
    pub fn anywhere(&self, side: u32, rng: &mut StdRng) -> Place {
        let [x, y] = [self.width, self.height].map(|size| rng.random_range(0..=size - side));
        Place { x, y, side, mirrored: rng.next_u32() & 1 == 1 }
    }

    /// The bytes there, 3 x side x side.
    ///
    /// # Errors
    /// libtorch's.
    pub fn crop(&self, place: Place) -> Result<Tensor, TchError> {
        let side = i64::from(place.side);
        let crop = self.planes.f_narrow(1, i64::from(place.y), side)?.f_narrow(2, i64::from(place.x), side)?;
        if place.mirrored { crop.f_flip([2]) } else { Ok(crop) }
    }
}

/// Where a crop lies.
#[derive(Clone, Copy)]
pub struct Place {
    x: u32,
    y: u32,
    side: u32,
    mirrored: bool,
}

impl Place {
    /// Whether a comic's crop there shows a drawing: not mostly gutter, caption or empty paper.
    pub fn is_drawing(&self, comic: &RgbImage) -> bool {
        let row = 3 * comic.width() as usize;
        let (left, length) = (3 * self.x as usize, 3 * self.side as usize);
        let rows = comic.as_raw().chunks_exact(row).skip(self.y as usize).take(self.side as usize);
        let (mut white, mut sum, mut squares) = (0, 0_u64, 0_u64);
        for rgb in rows.flat_map(|row| row[left..left + length].as_chunks::<3>().0) {
            white += usize::from(rgb.iter().all(|&byte| byte >= 245));
            sum += rgb.iter().map(|&byte| u64::from(byte)).sum::<u64>();
            squares += rgb.iter().map(|&byte| u64::from(byte).pow(2)).sum::<u64>();
        }
        let pixels = (self.side * self.side) as usize;
        let [mean, square] = [sum, squares].map(|sum| sum as f64 / (3 * pixels) as f64);
        white * 16 < pixels && square - mean * mean > 0.003 * 255.0 * 255.0
    }
}

/// Crops as N x 3 x side x side in 0..=1.
///
/// # Errors
/// libtorch's.
pub fn batch(crops: &[Tensor]) -> Result<Tensor, TchError> {
    Ok(Tensor::f_stack(crops, 0)?.f_to_kind(Kind::Float)? / 255.0)
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
}

/// The lights of a batch.
pub struct Lights {
    gains: Tensor,
    contrast: Tensor,
    pivot: Tensor,
    saturation: Tensor,
}

impl Lights {
    /// One for each picture of a batch.
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(lights: &[Light], device: Device) -> Result<Self, TchError> {
        let column = |numbers: Vec<f32>| {
            let count = numbers.len() / lights.len().max(1);
            Tensor::f_from_slice(&numbers)?.f_view([-1, count as i64, 1, 1])?.f_to_device(device)
        };
        Ok(Self {
            gains: column(lights.iter().flat_map(|light| light.gains).collect())?,
            contrast: column(lights.iter().map(|light| light.contrast).collect())?,
            pivot: column(lights.iter().map(|light| light.pivot).collect())?,
            saturation: column(lights.iter().map(|light| light.saturation).collect())?,
        })
    }

    /// What pictures (N x 3 x H x W) become.
    ///
    /// # Errors
    /// libtorch's.
    pub fn shine(&self, pictures: &Tensor) -> Result<Tensor, TchError> {
        let luma = luma(pictures)?;
        let colour = (pictures - &luma).f_mul(&self.saturation)?;
        self.levels(&(luma + colour).f_mul(&self.gains)?)
    }

    /// What lightness (N x 1 x H x W) becomes.
    ///
    /// # Errors
    /// libtorch's.
    pub fn levels(&self, lightness: &Tensor) -> Result<Tensor, TchError> {
        ((lightness - &self.pivot).f_mul(&self.contrast)? + &self.pivot).f_clamp(0.0, 1.0)
    }
}

/// White noise to take parts of. libtorch's own generator is one for the whole process, and another on each device, and the
/// host's costs more than the step that it is for.
pub struct Grain {
    tile: Tensor,
    side: i64,
}

impl Grain {
    /// For crops of that side; the same for the same `seed`.
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(side: u32, seed: u64, device: Device) -> Result<Self, TchError> {
        let mut rng = StdRng::seed_from_u64(seed);
        let side = i64::from(3 * side);
        let reach = 3.0_f32.sqrt();
        let values: Vec<f32> = (0..3 * side * side).map(|_| rng.random_range(-reach..reach)).collect();
        Ok(Self { tile: Tensor::f_from_slice(&values)?.f_view([3, side, side])?.f_to_device(device)?, side })
    }

    /// Of deviation 1 in the shape of `like` (N x 3 x H x W, no larger than crops): another part for each picture.
    ///
    /// # Errors
    /// libtorch's.
    pub fn like(&self, like: &Tensor, rng: &mut StdRng) -> Result<Tensor, TchError> {
        let (count, _, height, width) = like.size4()?;
        let parts = (0..count).map(|_| {
            let [top, left] = [height, width].map(|length| rng.random_range(0..=self.side - length));
            self.tile.f_narrow(1, top, height)?.f_narrow(2, left, width)
        });
        Tensor::f_stack(&parts.collect::<Result<Vec<_>, _>>()?, 0)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_light_is_the_photos_own_and_the_rest_duller() {
        let mut rng = StdRng::seed_from_u64(2);
        let lights: Vec<Light> = (0..200).map(|_| Light::random(&mut rng)).collect();
        // Two pixels, red and blue, in each light.
        let before = Tensor::from_slice(&[0.9_f32, 0.1, 0.2, 0.5, 0.1, 0.9]).view([1, 3, 1, 2]).repeat([200, 1, 1, 1]);
        let after = Lights::new(&lights, Device::Cpu).unwrap().shine(&before).unwrap();
        let same = (&after - &before).abs().amax([1, 2, 3].as_slice(), false).lt(1e-6);
        let count = i64::try_from(same.sum(Kind::Int64)).unwrap();
        assert!((70..130).contains(&count), "{count}");
        assert!(after.min().double_value(&[]) >= 0.0 && after.max().double_value(&[]) <= 1.0);
        // Neither is as much what it was.
        let other = same.logical_not();
        let channel = |at: i64| after.narrow(1, at, 1).view([200, 2]);
        for (pixel, [more, less]) in [(0, [0, 2]), (1, [2, 0])] {
            let strength = (channel(more) - channel(less)).select(1, pixel).masked_select(&other);
            assert!(strength.min().double_value(&[]) > 0.0 && strength.max().double_value(&[]) < 0.8, "{strength:?}");
        }
    }

    #[test]
    fn grain_is_white_and_another_each_time() {
        let grain = Grain::new(48, 1, Device::Cpu).unwrap();
        let like = Tensor::zeros([2, 3, 40, 48], (Kind::Float, Device::Cpu));
        let found = grain.like(&like, &mut StdRng::seed_from_u64(3)).unwrap();
        assert_eq!(found.size(), like.size());
        let (mean, deviation) = (found.mean(Kind::Float).double_value(&[]), found.std(true).double_value(&[]));
        assert!(mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
        let neighbours = (found.narrow(3, 1, 47) * found.narrow(3, 0, 47)).mean(Kind::Float).double_value(&[]);
        let pictures = (found.narrow(0, 0, 1) * found.narrow(0, 1, 1)).mean(Kind::Float).double_value(&[]);
        assert!(neighbours.abs() < 0.05 && pictures.abs() < 0.05, "{neighbours} {pictures}");
    }

    #[test]
    fn a_crop_is_what_lies_there() {
        let image = RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8, y as u8, 7]));
        let picture = Picture::new(&image, Device::Cpu).unwrap();
        let value = |crop: &Tensor, at: [i64; 3]| crop.int64_value(&at);
        for mirrored in [false, true] {
            let crop = picture.crop(Place { x: 5, y: 9, side: 16, mirrored }).unwrap();
            assert_eq!(crop.size(), [3, 16, 16]);
            let left = if mirrored { 20 } else { 5 };
            assert_eq!([0, 1, 2].map(|c| value(&crop, [c, 3, 0])), [left, 12, 7]);
        }
    }

    #[test]
    fn paper_and_captions_are_no_drawings() {
        let place = Place { x: 0, y: 0, side: 32, mirrored: false };
        let drawing = RgbImage::from_fn(32, 32, |x, y| image::Rgb([(x * 8) as u8, (y * 8) as u8, 40]));
        let even = RgbImage::from_pixel(32, 32, image::Rgb([120; 3]));
        let caption = RgbImage::from_fn(32, 32, |x, _| image::Rgb([if x < 4 { 20 } else { 250 }; 3]));
        assert_eq!([&drawing, &even, &caption].map(|picture| place.is_drawing(picture)), [true, false, false]);
    }
}
