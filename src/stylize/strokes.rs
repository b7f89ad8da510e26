//! Brush strokes that follow form: paint is never quite even, and its unevenness runs along what is painted.
//!
//! A [`Canvas`] holds strokes in eight directions, a tile of each that repeats: the same dabs of a brush (Haeberli 1990),
//! turned. At each place those two directions show that lie next to the photo's own, which is the smaller eigenvector of
//! its structure tensor (Förstner and Gülch 1987), found at a quarter of the size; where nothing has a direction, the hand
//! wanders, as it does on the canvas every time, and presses less. So strokes bend around a face and along a sleeve, at the
//! cost of a sum over eight tiles, where line integral convolution (Cabral and Leedom 1993), which looks alike, costs ten
//! times that; they stay on the page while nothing moves, and noise turns none of them.
//!
//! Strokes have two channels, of deviation about 1: how light the paint is, and how warm. How much of them shows is the
//! network's business: without them all texture that a drawing can have is the photo's.

use std::sync::OnceLock;
use tch::{Device, Kind, TchError, Tensor};

/// Directions of strokes, evenly over half a turn.
pub(super) const DIRECTIONS: i64 = 8;
/// Lightness and warmth.
pub(super) const CHANNELS: i64 = 2;
/// Side of the tile.
const TILE: usize = 256;
/// Deviations of a dab along and across, in pixels.
const ALONG: f32 = 7.0;
const ACROSS: f32 = 1.5;
/// Side of the square that holds a dab, of which the middle is its centre.
const REACH: usize = 21;
/// Side of the tile that says how the hand wanders, in places of a quarter of the size, and waves it is made of.
const WANDERING: usize = 64;
const WAVES: usize = 8;
/// Dabs that lie upon each other at a place, on average.
const DEPTH: f32 = 2.0;
/// How alike the tiles of neighbouring directions are, so that their mixture is as strong as either.
const ALIKE: f64 = 0.5;
/// Places around whose slopes are a place's direction: deviation of a Gaussian, and where it ends.
const SMOOTH: f32 = 1.5;
const WITHIN: i64 = 4;
/// Twice the angle between directions.
const STEP: f32 = std::f32::consts::TAU / DIRECTIONS as f32;
/// Square of the slope of luma (of 1, a place, by Sobel's filters) from which on the hand follows it rather than wanders,
/// some times what noise amounts to; and where it presses half as much more as there is to press.
const FAINT: f64 = 64.0 * 1e-5;
const CLEAR: f64 = 64.0 * 1e-4;
/// How hard the hand presses where nothing has a direction, of 1.
const LEAST: f64 = 0.3;
/// What warm is: R'G'B' that add no luma (BT.709).
const WARM: [f32; 3] = [0.7523, -0.0977, -1.2477];

/// See the module.
#[derive(Debug)]
pub struct Canvas {
    tile: Tile,
    /// How the hand wanders: unit vectors of twice the angle, 1 x 2 x [`WANDERING`] x [`WANDERING`].
    wandering: Tensor,
}

/// A part of a canvas to draw a picture on.
#[derive(Debug)]
pub struct Page {
    tile: Tile,
    /// Height and width.
    size: [i64; 2],
    /// Where on the canvas it begins, down and right.
    origin: [i64; 2],
    /// As the canvas's, 1 x 2 x H/4 x W/4.
    wandering: Tensor,
}

/// Strokes in every direction, which repeat.
#[derive(Debug)]
struct Tile {
    /// [`CHANNELS`] x [`DIRECTIONS`] x side x side.
    strokes: Tensor,
    /// The same, row by row.
    pixels: &'static [Pixel],
    side: i64,
}

/// A number for each direction.
type Shares = [f32; DIRECTIONS as usize];
/// How light the strokes are that a pixel has, and how warm.
type Pixel = [Shares; CHANNELS as usize];

impl Tile {
    fn new(pixels: &'static [Pixel], device: Device) -> Result<Self, TchError> {
        let side = pixels.len().isqrt() as i64;
        let numbers = Tensor::f_from_slice(pixels.as_flattened().as_flattened())?;
        let strokes = numbers.f_view([side, side, CHANNELS, DIRECTIONS])?.f_permute([2, 3, 0, 1])?;
        Ok(Self { strokes: strokes.f_contiguous()?.f_to_device(device)?, pixels, side })
    }
}

impl Canvas {
    /// The canvas, the same every time, on `device`.
    ///
    /// # Errors
    /// libtorch's, as everywhere here.
    pub fn new(device: Device) -> Result<Self, TchError> {
        static MADE: OnceLock<(Vec<Pixel>, Vec<f32>)> = OnceLock::new();
        let (pixels, vectors) = MADE.get_or_init(|| (pixels(), wandering()));
        let side = WANDERING as i64;
        let wandering = Tensor::f_from_slice(vectors)?.f_view([1, 2, side, side])?.f_to_device(device)?;
        Ok(Self { tile: Tile::new(pixels, device)?, wandering })
    }

    /// The page of `size` (height, width, multiples of 4) that begins at `origin` (down, right), for the canvas has no end.
    ///
    /// # Errors
    /// libtorch's.
    pub fn page(&self, size: [i64; 2], origin: [i64; 2]) -> Result<Page, TchError> {
        let Tile { strokes, pixels, side } = &self.tile;
        let tile = Tile { strokes: strokes.shallow_clone(), pixels, side: *side };
        let quarter = |[down, right]: [i64; 2]| [down / 4, right / 4];
        let wandering = part(&self.wandering, quarter(size), quarter(origin))?;
        Ok(Page { tile, size, origin, wandering })
    }
}

impl Page {
    /// One of `size` (height, width) without strokes.
    ///
    /// # Errors
    /// libtorch's.
    pub fn blank(size: [i64; 2], device: Device) -> Result<Self, TchError> {
        const NONE: &[Pixel] = &[[[0.0; DIRECTIONS as usize]; CHANNELS as usize]];
        let wandering = Tensor::f_zeros([1, 2, size[0] / 4, size[1] / 4], (Kind::Float, device))?;
        Ok(Self { tile: Tile::new(NONE, device)?, size, origin: [0, 0], wandering })
    }

    /// [`CHANNELS`] x [`DIRECTIONS`] x H x W.
    fn strokes(&self) -> Result<Tensor, TchError> {
        part(&self.tile.strokes, self.size, self.origin)
    }
}

/// What lies at `origin` (down, right) of `tile` (A x B x side x side), which repeats: A x B x `size`.
fn part(tile: &Tensor, size: [i64; 2], origin: [i64; 2]) -> Result<Tensor, TchError> {
    let places = |dim: usize| {
        let places = Tensor::f_arange(size[dim], (Kind::Int64, tile.device()))? + origin[dim];
        places.f_remainder(tile.size()[2 + dim])
    };
    tile.f_index_select(2, &places(0)?)?.f_index_select(3, &places(1)?)
}

/// What of a page shows where, on one device.
#[derive(Debug)]
pub(super) struct Strokes {
    /// Sobel's filters, rightwards and downwards.
    slopes: Tensor,
    /// A Gaussian of deviation [`SMOOTH`], twice.
    smooth: Tensor,
    /// From twice an angle, as a vector, to how near each direction is.
    towards: Tensor,
    /// [`WARM`].
    warm: Tensor,
}

impl Strokes {
    /// On `device`.
    ///
    /// # Errors
    /// libtorch's, as below.
    pub fn new(device: Device) -> Result<Self, TchError> {
        let filter = |taps: &[f32], shape: [i64; 4]| Tensor::f_from_slice(taps)?.f_to_device(device)?.f_view(shape);
        let slopes = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0, -1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0];
        let gauss = |i: i64| (-0.5 * (i as f32 / SMOOTH).powi(2)).exp();
        let sum: f32 = (-WITHIN..=WITHIN).map(gauss).sum();
        let rows = (-WITHIN..=WITHIN).flat_map(|y| (-WITHIN..=WITHIN).map(move |x| (x, y)));
        let smooth: Vec<f32> = rows.map(|(x, y)| gauss(x) * gauss(y) / (sum * sum)).collect();
        let side = 2 * WITHIN + 1;
        let angles = (0..DIRECTIONS).map(|i| i as f32 * STEP);
        let towards: Vec<f32> = angles.flat_map(|angle| [angle.cos(), angle.sin()]).collect();
        Ok(Self {
            slopes: filter(&slopes, [2, 1, 3, 3])?,
            smooth: filter(&[&smooth[..], &smooth[..]].concat(), [2, 1, side, side])?,
            towards: filter(&towards, [DIRECTIONS, 2, 1, 1])?,
            warm: filter(&WARM, [1, 3, 1, 1])?,
        })
    }

    /// How much of each direction of `page` shows where the photo has this luma (N x 1 x h x w, at a quarter of its size):
    /// of middle luma [`LEAST`]..=1 in all, of white and black next to nothing. N x [`DIRECTIONS`] x h x w.
    ///
    /// # Errors
    /// libtorch's.
    pub fn directions(&self, page: &Page, luma: &Tensor) -> Result<Tensor, TchError> {
        let filtered = |map: &Tensor, filter: &Tensor, reach: i64, groups: i64| {
            let padded = map.f_replication_pad2d([reach; 4])?;
            padded.f_conv2d(filter, None::<Tensor>, [1, 1], [0, 0], [1, 1], groups)
        };
        let sum = |x: &Tensor| x.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float);
        // A root has no slope at 0.
        let length = |x: &Tensor| (sum(&x.f_square()?)? + 1e-12).f_sqrt();
        let slopes = filtered(luma, &self.slopes, 1, 1)?;
        let (right, down) = (slopes.f_narrow(1, 0, 1)?, slopes.f_narrow(1, 1, 1)?);
        // Twice the angle, so that up and down agree; the negative of the slope's is that across it.
        let twice = Tensor::f_cat(&[down.f_square()? - right.f_square()?, &right * &down * -2.0], 1)?;
        let twice = filtered(&twice, &self.smooth, WITHIN, 2)?;
        let clear = length(&twice)?;
        let pressed = (&clear / (&clear + CLEAR)) * (1.0 - LEAST) + LEAST;
        // Paper and black keep nearly even.
        let pressed = pressed.f_mul(&luma.f_mul(&(luma * -4.0 + 4.0))?.f_clamp(1e-4, 1.0)?.f_sqrt()?)?;
        let twice = twice + &page.wandering * FAINT;
        let near = filtered(&twice.f_div(&length(&twice)?)?, &self.towards, 0, 1)?;
        let shown = (near - f64::from(STEP.cos())).f_relu()?;
        let strength = sum(&shown.f_square()?)? * (1.0 - ALIKE) + sum(&shown)?.f_square()? * ALIKE;
        shown.f_mul(&pressed)?.f_div(&(strength + 1e-6).f_sqrt()?)
    }

    /// What a `page` adds to the paint, of whose directions `shown` says how much (N x [`DIRECTIONS`] x H/4 x W/4) and
    /// `amounts` how light and how warm it is (N x [`CHANNELS`] x 1 x 1): N x 3 x H x W. On the CPU it is plain Rust, in a
    /// fraction of the time that tensors take, where no gradient is asked for.
    ///
    /// # Errors
    /// libtorch's.
    pub fn of(&self, page: &Page, shown: &Tensor, amounts: &Tensor) -> Result<Tensor, TchError> {
        let plain = shown.device() == Device::Cpu && shown.size()[0] == 1;
        if plain && !shown.requires_grad() && !amounts.requires_grad() {
            return of_host(page, shown, amounts);
        }
        self.of_device(page, shown, amounts)
    }

    /// [`Self::of`] in tensors, wherever they are.
    fn of_device(&self, page: &Page, shown: &Tensor, amounts: &Tensor) -> Result<Tensor, TchError> {
        let shown = shown.f_upsample_bilinear2d(page.size, false, None, None)?;
        let strokes = page.strokes()?;
        let channel = |channel: i64| {
            let sum = shown.f_mul(&strokes.f_narrow(0, channel, 1)?)?;
            sum.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?.f_mul(&amounts.f_narrow(1, channel, 1)?)
        };
        Ok(channel(0)? + channel(1)?.f_mul(&self.warm)?)
    }
}

/// [`Strokes::of`] of one picture in plain Rust.
fn of_host(page: &Page, shown: &Tensor, amounts: &Tensor) -> Result<Tensor, TchError> {
    let [height, width] = page.size.map(|side| side as usize);
    let side = page.tile.side as usize;
    let [top, left] = page.origin.map(|place| place as usize % side);
    let amounts = Vec::<f32>::try_from(amounts.f_reshape([-1])?)?;
    let columns = shown.size()[3] as usize;
    let cells = Vec::<f32>::try_from(shown.f_permute([0, 2, 3, 1])?.f_reshape([-1])?)?;
    let (cells, _): (&[Shares], _) = cells.as_chunks();
    let rows: Vec<&[Shares]> = cells.chunks_exact(columns).collect();
    let mut planes = vec![0.0_f32; 3 * height * width];
    let (red, rest) = planes.split_at_mut(height * width);
    let (green, blue) = rest.split_at_mut(height * width);
    let across: Vec<_> = (0..width).map(|x| between(x, columns)).collect();
    let mut line = vec![Shares::default(); columns];
    for y in 0..height {
        let pixels = page.tile.pixels[(top + y) % side * side..][..side].iter().cycle().skip(left);
        let (above, below, share) = between(y, rows.len());
        for ((line, above), below) in line.iter_mut().zip(rows[above]).zip(rows[below]) {
            *line = mixed(above, below, share);
        }
        for (x, ((left, right, share), [light, warm])) in across.iter().zip(pixels).enumerate() {
            let shown = mixed(&line[*left], &line[*right], *share);
            let sum = |strokes: &Shares| strokes.iter().zip(&shown).map(|(a, b)| a * b).sum::<f32>();
            let (light, warm) = (sum(light) * amounts[0], sum(warm) * amounts[1]);
            let at = y * width + x;
            [red[at], green[at], blue[at]] = WARM.map(|channel| light + warm * channel);
        }
    }
    Tensor::f_from_slice(&planes)?.f_view([1, 3, page.size[0], page.size[1]])
}

/// The two of `count` places that pixel number `pixel`, a quarter as large, lies between, and the second's share, as
/// libtorch's bilinear interpolation has it.
fn between(pixel: usize, count: usize) -> (usize, usize, f32) {
    let at = ((pixel as f32 + 0.5) / 4.0 - 0.5).max(0.0);
    let first = at as usize;
    (first.min(count - 1), (first + 1).min(count - 1), at - first as f32)
}

fn mixed(a: &Shares, b: &Shares, share: f32) -> Shares {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}

/// The tile's pixels, row by row.
fn pixels() -> Vec<Pixel> {
    let count = (DEPTH * (TILE * TILE) as f32 / (std::f32::consts::TAU * ALONG * ACROSS)) as usize;
    let mut chance = Chance(0);
    let dabs: Vec<Vec<Dab>> = (0..CHANNELS).map(|_| (0..count).map(|_| Dab::any(&mut chance)).collect()).collect();
    let mut pixels = vec![Pixel::default(); TILE * TILE];
    for direction in 0..DIRECTIONS as usize {
        let shape = shape(std::f32::consts::PI * direction as f32 / DIRECTIONS as f32);
        for (channel, dabs) in dabs.iter().enumerate() {
            let mut tile = vec![0.0; TILE * TILE];
            dabs.iter().for_each(|dab| dab.put(&shape, &mut tile));
            pixels.iter_mut().zip(evened(&tile)).for_each(|(pixel, level)| pixel[channel][direction] = level);
        }
    }
    pixels
}

/// How the hand wanders, as [`Canvas::wandering`]: a sum of waves that fit the tile.
fn wandering() -> Vec<f32> {
    let mut chance = Chance(1);
    let waves: Vec<[f32; 4]> = (0..2 * WAVES)
        .map(|_| {
            let [right, down] = [0; 2].map(|_| (chance.next() % 5) as f32 - 2.0);
            [right, down, chance.part() * std::f32::consts::TAU, 0.5 + chance.part()]
        })
        .collect();
    let at = |waves: &[[f32; 4]], place: usize| {
        let (x, y) = ((place % WANDERING) as f32, (place / WANDERING) as f32);
        let turn = std::f32::consts::TAU / WANDERING as f32;
        let wave = |[right, down, phase, strength]: &[f32; 4]| strength * ((right * x + down * y) * turn + phase).cos();
        waves.iter().map(wave).sum::<f32>()
    };
    let (across, along) = waves.split_at(WAVES);
    let places = 0..WANDERING * WANDERING;
    let vectors: Vec<[f32; 2]> = places.map(|place| [at(across, place), at(along, place)]).collect();
    let unit = |part: usize| vectors.iter().map(move |v| v[part] / (v[0].hypot(v[1]) + 1e-3));
    unit(0).chain(unit(1)).collect()
}

/// One touch of the brush.
struct Dab {
    x: usize,
    y: usize,
    /// -1..=1.
    strength: f32,
}

impl Dab {
    fn any(chance: &mut Chance) -> Self {
        let x = chance.next() as usize % TILE;
        let y = chance.next() as usize % TILE;
        Self { x, y, strength: 2.0 * chance.part() - 1.0 }
    }

    fn put(&self, shape: &[f32], tile: &mut [f32]) {
        let side = 2 * REACH + 1;
        for (row, shape) in shape.chunks_exact(side).enumerate() {
            let start = (self.y + TILE + row - REACH) % TILE * TILE;
            for (column, covered) in shape.iter().enumerate() {
                tile[start + (self.x + TILE + column - REACH) % TILE] += self.strength * covered;
            }
        }
    }
}

/// How much a dab at `angle` (radians, clockwise from rightwards) covers around its middle.
fn shape(angle: f32) -> Vec<f32> {
    let side = 2 * REACH + 1;
    let (sine, cosine) = angle.sin_cos();
    let covered = |i: usize| {
        let (x, y) = ((i % side) as f32 - REACH as f32, (i / side) as f32 - REACH as f32);
        let (along, across) = (x * cosine + y * sine, y * cosine - x * sine);
        (-0.5 * ((along / ALONG).powi(2) + (across / ACROSS).powi(2))).exp()
    };
    (0..side * side).map(covered).collect()
}

/// With mean 0 and deviation 1.
fn evened(tile: &[f32]) -> impl Iterator<Item = f32> {
    let mean = tile.iter().sum::<f32>() / tile.len() as f32;
    let deviation = (tile.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / tile.len() as f32).sqrt();
    tile.iter().map(move |v| (v - mean) / deviation)
}

/// SplitMix64 (Steele et al. 2014): the same strokes with every release of every library.
struct Chance(u64);

impl Chance {
    /// 24 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 40
    }

    /// 0..1.
    fn part(&mut self) -> f32 {
        self.next() as f32 / (1_u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas() -> Canvas {
        Canvas::new(Device::Cpu).unwrap()
    }

    /// Mean absolute step rightwards, and downwards.
    fn steps(map: &Tensor) -> [f64; 2] {
        let (height, width) = (map.size()[2], map.size()[3]);
        let step = |dim: i64, n: i64| (map.narrow(dim, 1, n - 1) - map.narrow(dim, 0, n - 1)).abs();
        [step(3, width), step(2, height)].map(|step| step.mean(Kind::Float).double_value(&[]))
    }

    /// How light the strokes are over `luma` (32 x 32 places).
    fn on(luma: &Tensor) -> Tensor {
        let (page, strokes) = (canvas().page([128, 128], [0, 0]).unwrap(), Strokes::new(Device::Cpu).unwrap());
        let amounts = Tensor::from_slice(&[1.0_f32, 0.0]).view([1, 2, 1, 1]);
        strokes.of(&page, &strokes.directions(&page, luma).unwrap(), &amounts).unwrap()
    }

    /// The same over luma that grows by `right` and `down` a place.
    fn over(right: f64, down: f64) -> Tensor {
        let ramp =
            |by: f64, shape: [i64; 2]| ((Tensor::arange(32, (Kind::Float, Device::Cpu)) - 16.0) * by).view(shape);
        on(&(ramp(right, [1, 32]) + ramp(down, [32, 1]) + 0.5).view([1, 1, 32, 32]))
    }

    #[test]
    fn strokes_run_across_the_slope() {
        let [right, down] = steps(&over(0.01, 0.0));
        assert!(right > 2.5 * down, "{right} {down}");
        let [right, down] = steps(&over(0.0, 0.01));
        assert!(down > 2.5 * right, "{right} {down}");
        // Along the diagonal that falls, as the tile of that direction does.
        let found = over(0.01, -0.01);
        let along = found.narrow(2, 0, 120).narrow(3, 0, 120) - found.narrow(2, 4, 120).narrow(3, 4, 120);
        let across = found.narrow(2, 0, 120).narrow(3, 4, 120) - found.narrow(2, 4, 120).narrow(3, 0, 120);
        let [along, across] = [along, across].map(|step| step.abs().mean(Kind::Float).double_value(&[]));
        assert!(across > 2.5 * along, "{along} {across}");
    }

    #[test]
    fn strokes_are_as_strong_in_every_direction() {
        let strength = |turn: u32| {
            let angle = std::f64::consts::PI * f64::from(turn) / 16.0;
            over(0.01 * angle.cos(), 0.01 * angle.sin()).std(true).double_value(&[])
        };
        let found: Vec<f64> = (0..16).map(strength).collect();
        let mean = found.iter().sum::<f64>() / 16.0;
        assert!(found.iter().all(|strength| (0.8..1.25).contains(&(strength / mean))), "{found:?}");
    }

    #[test]
    fn both_ways_draw_the_same() {
        tch::manual_seed(6);
        // Over a border of the tile, downwards and to the right.
        let page = canvas().page([64, 96], [212, 200]).unwrap();
        let strokes = Strokes::new(Device::Cpu).unwrap();
        let luma = Tensor::rand([1, 1, 16, 24], (Kind::Float, Device::Cpu));
        let shown = strokes.directions(&page, &luma).unwrap();
        let amounts = Tensor::from_slice(&[0.5_f32, 0.7]).view([1, 2, 1, 1]);
        let (host, device) =
            (of_host(&page, &shown, &amounts).unwrap(), strokes.of_device(&page, &shown, &amounts).unwrap());
        assert!(device.std(true).double_value(&[]) > 0.1);
        let apart = (host - device).abs().max().double_value(&[]);
        assert!(apart < 1e-4, "{apart}");
    }

    #[test]
    fn on_even_ground_the_hand_wanders_and_presses_less() {
        let ground = over(0.0, 0.0);
        let deviation = ground.std(true).double_value(&[]);
        assert!((0.2..0.4).contains(&deviation), "{deviation}");
        let [right, down] = steps(&ground);
        assert!(right < 2.0 * down && down < 2.0 * right, "{right} {down}");
        // Noise that a camera leaves in means of 16 pixels turns no stroke.
        tch::manual_seed(3);
        let noise = Tensor::randn([1, 1, 32, 32], (Kind::Float, Device::Cpu)) * (0.5 / 255.0);
        let moved = (on(&(noise + 0.5)) - &ground).std(true).double_value(&[]);
        assert!(moved < 0.1, "{moved}");
    }

    #[test]
    fn a_page_is_a_part_of_an_endless_canvas() {
        let canvas = canvas();
        let whole = canvas.page([300, 520], [0, 0]).unwrap();
        let strokes = whole.strokes().unwrap();
        assert_eq!(strokes.size(), [CHANNELS, DIRECTIONS, 300, 520]);
        assert_eq!(whole.wandering.size(), [1, 2, 75, 130]);
        assert!(strokes.narrow(3, 0, 200).equal(&strokes.narrow(3, TILE as i64, 200)));
        let part = canvas.page([40, 60], [8, 252]).unwrap();
        assert!(part.strokes().unwrap().equal(&strokes.narrow(2, 8, 40).narrow(3, 252, 60)));
        assert!(part.wandering.equal(&whole.wandering.narrow(2, 2, 10).narrow(3, 63, 15)));
    }

    #[test]
    fn the_canvas_has_no_seams() {
        let whole = canvas().page([2 * TILE as i64, 8], [0, 0]).unwrap();
        for (map, tile) in [(whole.strokes().unwrap(), TILE as i64), (whole.wandering, WANDERING as i64)] {
            let n = map.size()[2];
            let steps = (map.narrow(2, 1, n - 1) - map.narrow(2, 0, n - 1)).abs();
            let (seam, most) = (steps.narrow(2, tile - 1, 1).max().double_value(&[]), steps.max().double_value(&[]));
            assert!(seam < 0.9 * most, "{seam} of {most}");
        }
    }

    #[test]
    fn warmth_is_no_light() {
        let luma = WARM[0] * 0.2126 + WARM[1] * 0.7152 + WARM[2] * 0.0722;
        assert!(luma.abs() < 1e-3, "{luma}");
    }
}
