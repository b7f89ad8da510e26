//! Looks: what is drawn with a photo's [`Study`](super::teacher::Study). A generator that has drawn in thousands of random
//! looks, each known from reference pictures alone, can draw in those of pictures that it has never seen.
//!
//! Everything is computed per pixel in R'G'B' (0..=1) and BT.709 luma, on the training's device.

use super::teacher::INK_UNIT;
use crate::stylize::skin;
use rand::RngExt;
use rand::rngs::StdRng;
use tch::{Device, Kind, TchError, Tensor};

/// Numbers of a look.
pub const PARAMETERS: usize = 21;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Distance between two steps of luma, and how far luma is drawn to them, 0..=1.
    pub steps: (f32, f32),
    /// Exponent of luma, contrast around mid grey, saturation (0 is grey), rotation of hue in radians.
    pub tone: [f32; 4],
    /// What black and white become.
    pub range: ([f32; 3], [f32; 3]),
    /// Share of the photo's own texture, 0..=1.
    pub detail: f32,
    /// Bold lines rather than fine ones, 0..=1.
    pub bold: f32,
    /// Lightness difference (Oklab) that starts a line, and that from no ink to full ink.
    pub threshold: (f32, f32),
    /// Opacity of lines.
    pub opacity: f32,
    /// Lightness (Oklab) below which all is ink.
    pub solid: f32,
    /// Colour of ink.
    pub ink: [f32; 3],
}

/// The looks that the program's styles start from. The first stands for the panels of a training: it is the one that is
/// [fitted](super::fit()) to them.
pub const NAMED: [(&str, Look); 6] = [
    (
        "comic",
        Look {
            steps: (0.1, 0.6),
            tone: [0.92, 1.05, 1.3, 0.0],
            range: ([0.03, 0.02, 0.03], [1.0, 0.99, 0.96]),
            detail: 0.05,
            bold: 0.1,
            threshold: (0.008, 0.015),
            opacity: 0.9,
            solid: 0.12,
            ink: [0.11, 0.06, 0.06],
        },
    ),
    (
        "ink",
        Look {
            steps: (0.34, 0.9),
            tone: [0.6, 1.3, 0.0, 0.0],
            range: ([0.12, 0.11, 0.12], [1.0, 0.985, 0.95]),
            detail: 0.0,
            bold: 0.0,
            threshold: (0.005, 0.01),
            opacity: 1.0,
            solid: 0.3,
            ink: [0.05, 0.04, 0.06],
        },
    ),
    (
        "noir",
        Look {
            steps: (0.5, 0.95),
            tone: [1.1, 1.9, 0.0, 0.0],
            range: ([0.0; 3], [0.97, 0.97, 0.97]),
            detail: 0.0,
            bold: 0.8,
            threshold: (0.007, 0.01),
            opacity: 1.0,
            solid: 0.4,
            ink: [0.0; 3],
        },
    ),
    (
        "manga",
        Look {
            steps: (0.25, 0.9),
            tone: [0.7, 1.3, 0.0, 0.0],
            range: ([0.08, 0.08, 0.1], [1.0; 3]),
            detail: 0.0,
            bold: 0.3,
            threshold: (0.006, 0.01),
            opacity: 1.0,
            solid: 0.22,
            ink: [0.03, 0.03, 0.05],
        },
    ),
    (
        "pop",
        Look {
            steps: (0.25, 0.9),
            tone: [0.9, 1.3, 2.0, 0.0],
            range: ([0.05, 0.0, 0.1], [1.0, 0.97, 0.86]),
            detail: 0.0,
            bold: 1.0,
            threshold: (0.008, 0.012),
            opacity: 1.0,
            solid: 0.2,
            ink: [0.04, 0.02, 0.08],
        },
    ),
    (
        "watercolor",
        Look {
            steps: (0.14, 0.35),
            tone: [0.75, 0.8, 1.15, 0.0],
            range: ([0.16, 0.13, 0.14], [1.0, 0.98, 0.94]),
            detail: 0.0,
            bold: 0.0,
            threshold: (0.011, 0.03),
            opacity: 0.6,
            solid: 0.0,
            ink: [0.26, 0.17, 0.13],
        },
    ),
];

impl Look {
    /// Any look.
    pub fn random(rng: &mut StdRng) -> Self {
        let grey = rng.random_bool(0.25);
        let mut around = |center: f32, by: f32| center + rng.random_range(-by..by);
        let paper = around(0.93, 0.07);
        let shadow = around(0.06, 0.06);
        let ink = around(0.09, 0.09);
        let hue = around(0.0, 0.5);
        Self {
            steps: (around(0.2, 0.14), around(0.5, 0.5)),
            tone: [
                around(0.9, 0.3),
                around(1.2, 0.5),
                if grey { 0.0 } else { around(1.2, 0.8) },
                // Most comics keep what is red red.
                if hue.abs() < 0.3 { 0.0 } else { hue },
            ],
            range: (
                [0.0; 3].map(|_: f32| (shadow + around(0.0, 0.05)).max(0.0)),
                [0.0; 3].map(|_: f32| (paper + around(0.0, 0.07)).min(1.0)),
            ),
            detail: around(0.1, 0.25).max(0.0),
            bold: around(0.4, 0.6).clamp(0.0, 1.0),
            threshold: (around(0.01, 0.006), around(0.015, 0.009)),
            opacity: around(0.6, 0.6).clamp(0.0, 1.0),
            solid: around(0.12, 0.25).max(0.0),
            ink: [0.0; 3].map(|_: f32| (ink + around(0.0, 0.08)).max(0.0)),
        }
    }

    /// As a list of numbers, for a search.
    #[must_use]
    pub fn numbers(&self) -> [f32; PARAMETERS] {
        let mut numbers = [0.0; PARAMETERS];
        let ((dark, light), ink) = (self.range, self.ink);
        let parts: [&[f32]; 10] = [
            &[self.steps.0, self.steps.1],
            &self.tone,
            &dark,
            &light,
            &[self.detail],
            &[self.bold],
            &[self.threshold.0, self.threshold.1],
            &[self.opacity],
            &[self.solid],
            &ink,
        ];
        numbers.iter_mut().zip(parts.concat()).for_each(|(to, from)| *to = from);
        numbers
    }

    /// From such a list.
    #[must_use]
    pub fn from_numbers(n: &[f32; PARAMETERS]) -> Self {
        Self {
            steps: (n[0], n[1]),
            tone: [n[2], n[3], n[4], n[5]],
            range: ([n[6], n[7], n[8]], [n[9], n[10], n[11]]),
            detail: n[12],
            bold: n[13],
            threshold: (n[14], n[15]),
            opacity: n[16],
            solid: n[17],
            ink: [n[18], n[19], n[20]],
        }
    }
}

/// A drawing as the teacher makes it.
pub struct Drawn {
    /// The drawing, N x 3 x H x W.
    pub picture: Tensor,
    /// How much ink covers it, N x 1 x H x W.
    pub cover: Tensor,
    /// Colour of its ink, N x 3 x 1 x 1.
    pub ink: Tensor,
}

/// Draws photos and their studies (paint; fine lines, bold lines, lightness), N x 3 x H x W in 0..=1 each, each in its look.
///
/// # Errors
/// libtorch's.
pub fn draw(looks: &[Look], photo: &Tensor, paint: &Tensor, ink: &Tensor) -> Result<Drawn, TchError> {
    let device = photo.device();
    let column = |of: &dyn Fn(&Look) -> f32| -> Result<Tensor, TchError> {
        let values: Vec<f32> = looks.iter().map(of).collect();
        Tensor::f_from_slice(&values)?.f_to_device(device)?.f_view([-1, 1, 1, 1])
    };
    let colour = |of: &dyn Fn(&Look) -> [f32; 3]| -> Result<Tensor, TchError> {
        let values: Vec<f32> = looks.iter().flat_map(of).collect();
        Tensor::f_from_slice(&values)?.f_to_device(device)?.f_view([-1, 3, 1, 1])
    };
    let base = paint + (photo - paint).f_mul(&column(&|l| l.detail)?)? + features(photo, paint)?;
    let luma = luma(&base)?;
    let chroma = turned(&(&base - &luma), looks, device)?.f_mul(&column(&|l| l.tone[2])?)?;

    let step = column(&|l| l.steps.0)?;
    let scaled = luma.f_clamp(0.0, 1.0)?.f_pow(&column(&|l| l.tone[0])?)?.f_div(&step)?;
    let floor = scaled.f_floor()?;
    let phase = &scaled - &floor - 0.5;
    // The transition is a tenth of a step wide: crisp to the eye, still something that a network can place.
    let edge = (phase * 7.0).f_tanh()? / (2.0 * 3.5_f64.tanh());
    let stepped = floor + edge + 0.5;
    let light = (&scaled + (stepped - &scaled).f_mul(&column(&|l| l.steps.1)?)?).f_mul(&step)?;
    let light = ((light - 0.5).f_mul(&column(&|l| l.tone[1])?)? + 0.5).f_clamp(0.0, 1.0)?;
    let (dark, white) = (colour(&|l| l.range.0)?, colour(&|l| l.range.1)?);
    let flat = (light + chroma).f_clamp(0.0, 1.0)?.f_mul(&(&white - &dark))? + &dark;

    let (fine, bold) = (ink.f_narrow(1, 0, 1)?, ink.f_narrow(1, 1, 1)?);
    let response = (&fine + (bold - &fine).f_mul(&column(&|l| l.bold)?)?) * f64::from(255.0 * INK_UNIT);
    let line = smoothstep(&(response - column(&|l| l.threshold.0)?).f_div(&column(&|l| l.threshold.1)?)?)?;
    let line = line.f_mul(&column(&|l| l.opacity)?)?;
    let shade = column(&|l| l.solid)? - ink.f_narrow(1, 2, 1)?;
    let cover = line.f_maximum(&(smoothstep(&(shade / 0.06))? * 0.9))?;
    let ink = colour(&|l| l.ink)?;
    Ok(Drawn { picture: &flat + (&ink - &flat).f_mul(&cover)?, cover, ink })
}

/// What skin is darker by in its pores and folds, which no artist draws.
const PORES: f64 = 0.02;

/// What the paint lacks of the features of faces: where the photo is darker on skin, or next to it. Eyes from afar are
/// fainter than much texture, and the first that people miss. N x 1 x H x W.
fn features(photo: &Tensor, paint: &Tensor) -> Result<Tensor, TchError> {
    let low = photo.f_avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None)?;
    let near = skin(&low)?.f_max_pool2d([5, 5], [1, 1], [2, 2], [1, 1], false)?;
    let near = near.f_upsample_bilinear2d([photo.size()[2], photo.size()[3]], false, None, None)?;
    (luma(photo)? - luma(paint)? + PORES).f_clamp_max(0.0)?.f_mul(&near)
}

/// BT.709 luma, N x 1 x H x W.
///
/// # Errors
/// libtorch's.
pub fn luma(rgb: &Tensor) -> Result<Tensor, TchError> {
    let weights = Tensor::f_from_slice(&[0.2126_f32, 0.7152, 0.0722])?.f_to_device(rgb.device())?;
    (rgb * weights.f_view([1, 3, 1, 1])?).f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)
}

fn smoothstep(x: &Tensor) -> Result<Tensor, TchError> {
    let x = x.f_clamp(0.0, 1.0)?;
    x.f_square()?.f_mul(&(&x * -2.0 + 3.0))
}

/// Colours turned around the grey axis.
fn turned(chroma: &Tensor, looks: &[Look], device: Device) -> Result<Tensor, TchError> {
    let mut matrices = Vec::new();
    for look in looks {
        let (sin, cos) = look.tone[3].sin_cos();
        let (same, side) = ((1.0 + 2.0 * cos) / 3.0, (1.0 - cos) / 3.0);
        let across = sin / 3.0_f32.sqrt();
        let (a, b) = (side - across, side + across);
        matrices.extend([same, a, b, b, same, a, a, b, same]);
    }
    let matrices = Tensor::f_from_slice(&matrices)?.f_to_device(device)?.f_view([-1, 3, 3])?;
    matrices.f_matmul(&chroma.f_flatten(2, 3)?)?.f_view(chroma.size().as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn plain() -> Look {
        let tone = [1.0, 1.0, 1.0, 0.0];
        Look {
            steps: (0.1, 0.0),
            tone,
            range: ([0.0; 3], [1.0; 3]),
            detail: 0.0,
            opacity: 0.0,
            solid: 0.0,
            ..NAMED[0].1
        }
    }

    fn noise() -> Tensor {
        Tensor::rand([2, 3, 16, 16], (Kind::Float, Device::Cpu))
    }

    #[test]
    fn a_plain_look_is_the_paint() {
        let (paint, ink) = (noise(), noise());
        let lighter = &paint * 0.5 + 0.5;
        let drawn = draw(&[plain(), plain()], &lighter, &paint, &ink).unwrap();
        assert!(drawn.picture.allclose(&paint, 0.0, 1e-4, false));
    }

    #[test]
    fn each_picture_has_its_look() {
        let (photo, paint, ink) = (noise(), noise(), noise());
        let grey = Look { tone: [1.0, 1.0, 0.0, 0.0], ..plain() };
        let inked = Look { opacity: 1.0, solid: 2.0, ink: [0.05; 3], ..plain() };
        let drawn = draw(&[grey, inked], &photo, &paint, &ink).unwrap().picture;
        let spread = drawn.narrow(0, 0, 1).std_dim([1_i64].as_slice(), false, false);
        assert!(spread.max().double_value(&[]) < 1e-4);
        assert!(drawn.narrow(0, 1, 1).max().double_value(&[]) < 0.2);
    }

    #[test]
    fn faces_keep_their_eyes() {
        let (skin, wall) = ([0.85_f32, 0.62, 0.52], [0.5_f32, 0.5, 0.5]);
        let darkened = |color: [f32; 3]| {
            let paint = Tensor::from_slice(&color).view([1, 3, 1, 1]).repeat([1, 1, 64, 64]);
            let photo = paint.copy();
            let _ = photo.narrow(2, 30, 4).narrow(3, 30, 4).g_mul_scalar_(0.7);
            let ink = Tensor::zeros([1, 3, 64, 64], (Kind::Float, Device::Cpu)) + 0.5;
            let drawn = draw(&[plain()], &photo, &paint, &ink).unwrap().picture;
            (luma(&paint).unwrap() - luma(&drawn).unwrap()).double_value(&[0, 0, 31, 31])
        };
        assert!(darkened(skin) > 0.1 && darkened(wall) < 0.03, "{} {}", darkened(skin), darkened(wall));
    }

    #[test]
    fn numbers_keep_a_look() {
        let look = Look::random(&mut StdRng::seed_from_u64(3));
        assert_eq!(Look::from_numbers(&look.numbers()), look);
        let turned = Look { tone: [1.0, 1.0, 1.0, std::f32::consts::TAU / 3.0], ..plain() };
        let red = Tensor::from_slice(&[0.6_f32, 0.2, 0.2]).view([1, 3, 1, 1]).repeat([1, 1, 4, 4]);
        let drawn = draw(&[turned], &red, &red, &red).unwrap().picture.select(3, 0).select(2, 0).view([-1]);
        // A third of a turn makes green of red, at the luma of red.
        let drawn = Vec::<f32>::try_from(drawn).unwrap();
        assert!(drawn[1] > drawn[0] + 0.3 && drawn[1] > drawn[2] + 0.3, "{drawn:?}");
    }
}
