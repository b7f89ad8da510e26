//! Brush strokes that follow form: paint is never quite even, and its unevenness runs along what is painted.
//!
//! At each place of a [`Page`] those two of a [`Canvas`](super::canvas)'s eight directions show that lie next to that of the
//! photo's [edges](super::edges). So strokes bend around a face and along a sleeve, at the cost of a sum over eight tiles,
//! where line integral convolution (Cabral and Leedom 1993), which looks alike, costs ten times that; they stay on the page
//! while nothing moves.
//!
//! The hand presses where light and shade model a form. Walls and skies stay even, up to the edges of what stands before
//! them; white and black do, too, and on skin it presses less. Beside edges there is ink.

use super::canvas::{DIRECTIONS, Page, Shares};
use super::edges::{self, Edges};
use tch::{Device, Kind, TchError, Tensor};

/// How alike the tiles of neighbouring directions are, so that their mixture is as strong as either.
const ALIKE: f64 = 0.5;
/// Twice the angle between directions.
const STEP: f32 = std::f32::consts::TAU / DIRECTIONS as f32;
/// Square of the slope of luma (of 1, a place, by Sobel's filters) where the hand presses half as much as it may.
const FORM: f64 = 64.0 * 6e-4;
/// The same of an edge, where half of that is left: a line is drawn there, and strokes beside it would be its halo.
const EDGE: f64 = 64.0 * 4e-3;
/// Luma from which on nothing is left of it, and over how much luma below that it comes to be all: paper and walls.
const BRIGHT: f64 = 0.85;
const BELOW: f64 = 0.35;
/// How much less on skin.
const SKIN: f64 = 0.65;
/// What warm is, and what rosy: R'G'B' that add no luma (BT.709), of root mean square 1.
const WARM: [f32; 3] = [0.8924, -0.1159, -1.4801];
const ROSY: [f32; 3] = [1.1790, -0.4695, 1.1790];

/// What of a page shows where, on one device.
#[derive(Debug)]
pub(super) struct Strokes {
    /// From twice an angle, as a vector, to how near each direction is.
    towards: Tensor,
    /// [`WARM`] and [`ROSY`].
    colors: [Tensor; 2],
}

impl Strokes {
    /// On `device`.
    ///
    /// # Errors
    /// libtorch's, as below.
    pub fn new(device: Device) -> Result<Self, TchError> {
        let filter = |taps: &[f32], shape: [i64; 4]| Tensor::f_from_slice(taps)?.f_to_device(device)?.f_view(shape);
        Ok(Self {
            towards: edges::compass(DIRECTIONS as usize, device)?,
            colors: [filter(&WARM, [1, 3, 1, 1])?, filter(&ROSY, [1, 3, 1, 1])?],
        })
    }

    /// How much of each direction of a page shows where the photo has this luma (N x 1 x h x w, at a quarter of its size) and
    /// these `edges`: nothing on even ground, next to nothing of white and black, at most 1 in all, and less where it is like
    /// `skin` (of 1, N x 1 x h x w). N x [`DIRECTIONS`] x h x w.
    ///
    /// # Errors
    /// libtorch's.
    pub fn directions(&self, luma: &Tensor, edges: &Edges, skin: &Tensor) -> Result<Tensor, TchError> {
        let sum = |x: &Tensor| x.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float);
        let steepness = &edges.steepness;
        let pressed = steepness.f_div(&((steepness + FORM) * (steepness / EDGE + 1.0)))?;
        // Black keeps nearly even.
        let pressed = pressed.f_mul(&luma.f_mul(&(luma * -4.0 + 4.0))?.f_clamp(1e-4, 1.0)?.f_sqrt()?)?;
        let pressed = pressed.f_mul(&((luma.f_neg()? + BRIGHT) / BELOW).f_clamp(0.0, 1.0)?)?;
        let pressed = pressed.f_mul(&(skin * -SKIN + 1.0))?;
        let near = edges::towards(&edges.twice, &self.towards)?;
        let shown = (near - f64::from(STEP.cos())).f_relu()?;
        let strength = sum(&shown.f_square()?)? * (1.0 - ALIKE) + sum(&shown)?.f_square()? * ALIKE;
        shown.f_mul(&pressed)?.f_div(&(strength + 1e-6).f_sqrt()?)
    }

    /// What a `page` adds to the paint, of whose directions `shown` says how much (N x [`DIRECTIONS`] x H/4 x W/4) and
    /// `amounts` how light, warm and rosy it is (N x 3 x 1 x 1): N x 3 x H x W. On the CPU it is plain Rust, in a
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
        Ok(channel(0)? + channel(1)?.f_mul(&self.colors[0])? + channel(2)?.f_mul(&self.colors[1])?)
    }
}

/// [`Strokes::of`] of one picture in plain Rust.
fn of_host(page: &Page, shown: &Tensor, amounts: &Tensor) -> Result<Tensor, TchError> {
    let [height, width] = page.size.map(|side| side as usize);
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
        let (above, below, share) = between(y, rows.len());
        for ((line, above), below) in line.iter_mut().zip(rows[above]).zip(rows[below]) {
            *line = mixed(above, below, share);
        }
        for (x, ((left, right, share), pixel)) in across.iter().zip(page.row(y)).enumerate() {
            let shown = mixed(&line[*left], &line[*right], *share);
            let level =
                |channel: usize| pixel[channel].iter().zip(&shown).map(|(a, b)| a * b).sum::<f32>() * amounts[channel];
            let [light, warm, rosy] = [0, 1, 2].map(level);
            let at = y * width + x;
            let color = |i: usize| light + warm * WARM[i] + rosy * ROSY[i];
            [red[at], green[at], blue[at]] = [0, 1, 2].map(color);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stylize::canvas::{CHANNELS, Canvas};
    use crate::stylize::edges::Finder;

    fn canvas() -> Canvas {
        Canvas::new(Device::Cpu).unwrap()
    }

    /// Mean absolute step rightwards, and downwards.
    fn steps(map: &Tensor) -> [f64; 2] {
        let (height, width) = (map.size()[2], map.size()[3]);
        let step = |dim: i64, n: i64| (map.narrow(dim, 1, n - 1) - map.narrow(dim, 0, n - 1)).abs();
        [step(3, width), step(2, height)].map(|step| step.mean(Kind::Float).double_value(&[]))
    }

    fn directions(strokes: &Strokes, luma: &Tensor, skin: f64) -> Tensor {
        let edges = Finder::new(Device::Cpu).unwrap().edges(luma).unwrap();
        strokes.directions(luma, &edges, &(luma.ones_like() * skin)).unwrap()
    }

    /// How light the strokes are over `luma` (32 x 32 places).
    fn on(luma: &Tensor) -> Tensor {
        let (page, strokes) = (canvas().page([128, 128], [0, 0]), Strokes::new(Device::Cpu).unwrap());
        let amounts = Tensor::from_slice(&[1.0_f32, 0.0, 0.0]).view([1, CHANNELS, 1, 1]);
        strokes.of(&page, &directions(&strokes, luma, 0.0), &amounts).unwrap()
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
        let along = found.narrow(2, 0, 120).narrow(3, 0, 120) - found.narrow(2, 2, 120).narrow(3, 2, 120);
        let across = found.narrow(2, 0, 120).narrow(3, 2, 120) - found.narrow(2, 2, 120).narrow(3, 0, 120);
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
        let page = canvas().page([64, 96], [212, 200]);
        let strokes = Strokes::new(Device::Cpu).unwrap();
        let luma = Tensor::rand([1, 1, 16, 24], (Kind::Float, Device::Cpu));
        let shown = directions(&strokes, &luma, 0.0);
        let amounts = Tensor::from_slice(&[0.5_f32, 0.7, 0.6]).view([1, CHANNELS, 1, 1]);
        let (host, device) =
            (of_host(&page, &shown, &amounts).unwrap(), strokes.of_device(&page, &shown, &amounts).unwrap());
        assert!(device.std(true).double_value(&[]) > 0.05);
        let apart = (host - device).abs().max().double_value(&[]);
        assert!(apart < 1e-4, "{apart}");
    }

    #[test]
    fn even_ground_stays_even_up_to_its_edges() {
        let strength = |map: Tensor| map.std(true).double_value(&[]);
        // A shade of 0.6 over 128 pixels is a form, one of 0.06 a wall.
        let (form, wall) = (strength(over(0.02, 0.0)), strength(over(0.002, 0.0)));
        assert!(form > 0.2 && wall < 0.05 * form, "{form} {wall}");
        // The noise that a camera leaves in means of 16 pixels is none.
        tch::manual_seed(3);
        let noise = Tensor::randn([1, 1, 32, 32], (Kind::Float, Device::Cpu)) * (0.5 / 255.0);
        let noise = strength(on(&(noise + 0.5)));
        assert!(noise < 0.1 * form, "{noise}");
        // Half of it is darker: an edge has fewer than a form, and three places from there on, 12 pixels, it is even.
        let steps = Tensor::full([1, 1, 32, 32], 0.6, (Kind::Float, Device::Cpu));
        let _ = steps.narrow(3, 0, 16).fill_(0.3);
        let strokes = on(&steps);
        let (edge, beside) = (strength(strokes.narrow(3, 60, 8)), strength(strokes.narrow(3, 76, 52)));
        assert!(edge < 0.9 * form && beside < 0.02, "{edge} {form} {beside}");
    }

    #[test]
    fn paper_keeps_even() {
        let form = Tensor::linspace(-0.15, 0.15, 32, (Kind::Float, Device::Cpu)).expand([1, 1, 32, 32], false);
        let [dark, bright, white] = [0.35, 0.65, 1.0].map(|luma| on(&(&form + luma)).std(true).double_value(&[]));
        assert!(dark > 0.1 && bright < 0.8 * dark && white < 0.02 * dark, "{dark} {bright} {white}");
    }

    #[test]
    fn the_hand_presses_less_on_skin() {
        let strokes = Strokes::new(Device::Cpu).unwrap();
        let luma = Tensor::linspace(0.4, 0.6, 8, (Kind::Float, Device::Cpu)).expand([1, 1, 8, 8], false);
        let shown = |skin: f64| directions(&strokes, &luma, skin);
        let apart = (shown(0.0) * (1.0 - SKIN) - shown(1.0)).abs().max().double_value(&[]);
        assert!(apart < 1e-6 && shown(1.0).max().double_value(&[]) > 0.01, "{apart}");
    }

    #[test]
    fn colors_are_no_light() {
        for color in [WARM, ROSY] {
            let luma = color[0] * 0.2126 + color[1] * 0.7152 + color[2] * 0.0722;
            let strength = color.iter().map(|v| v * v).sum::<f32>() / 3.0;
            assert!(luma.abs() < 1e-3 && (strength - 1.0).abs() < 1e-3, "{luma} {strength}");
        }
    }
}
