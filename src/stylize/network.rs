//! The generator network: fully convolutional, no statistics of the whole frame, all arithmetic at a quarter of the
//! picture's size or below.
//!
//! ```text
//! photo ─ space-to-depth 4 ─ stem ─ fine ─┬─────────────────────────────────────── + ─ merge ─ head ─┬─ light
//!   │                                     └ s-t-d 2 ─ down ─ 3 blocks ─ up ─ enlarged 2 ┘            ├─ hold, ground
//!   │                                                                                                ├─ slope
//!   │                                                                                                └─ gates
//!   ├─ low: mean of 4x4, graded ─ + light ─ flattened (hold, ground) ─ regions ─ enlarged 4 ─ + ─┬─ ink over it ─ drawing
//!   ├─ detail: what the mean of 4x4 leaves ─ x slope ─────────────────────────────────────────┤  │
//!   ├─ directions of its edges ─ brush strokes on the page that run along them ───────────────┘  │
//!   └─ lines: differences of Gaussians along edges, fine and bold ─ x gates ─────────────────────┘
//! ```
//!
//! Input and output are N x 3 x H x W, R'G'B' in 0..=1, H and W multiples of 8. The output is not clipped. What the head
//! answers varies smoothly (it is enlarged bilinearly): light that is added to the photo's low frequencies; what in them
//! belongs together, and becomes [flat paint](super::flatten); a slope with which the photo's own detail makes edges and eyes of it
//! (0 is flat colour, 1 the photo's edge, and 1.25 the most there is; the guided filter of He et al. 2010 with a slope
//! that is learned); and how strongly fine and bold [`Lines`](super::lines) are inked. [Strokes](super::strokes) of a brush lie on
//! form. So every edge is as sharp as the photo's, where each pixel of a line lies need not pass through the few channels,
//! and there is nothing that could draw the pattern of its cells. Colours are the grading's alone, and no answer makes a
//! place lighter or darker than all around it: rims of green and red beside edges, and haloes around them, please a
//! perceptual loss, and nobody who looks at the drawing. [Grading](super::grading) lifts what is dark, and contrast (the
//! slope's, too) and colour are evened out by [region](super::region). Space-to-depth is that of Shi et al. 2016 ("sub-pixel convolution").
//!
//! A *code* of [`CODE`] numbers says in which style: the layer `style` makes of it a [`Modulation`], that is a scale and a
//! shift for each channel of five layers (FiLM, Perez et al. 2018), the matrix, offset and curve that grade the low
//! frequencies, the colour of the ink, and how far regions are evened out. Of one code, scales and shifts are folded into
//! the layers before drawing and cost nothing.

use super::canvas::Page;
use super::edges::Finder;
use super::encoder;
use super::flatten::{self, GROUND};
use super::layers::{DRAWING, GATES, HOLD, LAYERS, LIGHT, MODULATED, SLOPE};
use super::lines::Lines;
use super::modulation::Modulation;
use super::region::Regions;
use super::skin::skin;
use super::strokes::Strokes;
use tch::{Device, Kind, TchError, Tensor};

/// Side of the square, in places of a quarter of the picture's size, whose lightest and darkest place bound the paint, and by
/// how much it may leave these bounds.
const AROUND: i64 = 5;
const BEYOND: f64 = 0.015;
/// The greatest slope.
const STRONGEST: f64 = 1.25;
/// Detail of luma of which half is drawn.
const NOISE: f64 = 0.008;

/// On small faces: what is left of the light that the head adds, which would make one shadow of eye and brow, the least slope,
/// how much more ink (1 is twice as much), and what is added to the hold.
const FACE_LIGHT: f64 = 0.4;
const FACE_SLOPE: f64 = 1.25;
const FACE_INK: f64 = 0.3;
const FACE_HOLD: f64 = 30.0;
/// Share of skin within 80 pixels from which on a face is not small, and over how much less of it it comes to be small.
const CLOSE: f64 = 0.85;
const FURTHER: f64 = 0.3;

/// A drawing before it is inked.
#[derive(Debug)]
pub struct Sheet {
    /// N x 3 x H x W, R'G'B'.
    pub paint: Tensor,
    /// How much ink covers it, N x 1 x H x W, 0..=1.
    pub cover: Tensor,
    /// Colour of the ink, N x 3 x 1 x 1.
    pub ink: Tensor,
    /// Where small faces are, N x 1 x H/4 x W/4, 0..=1.
    pub faces: Tensor,
}

impl Sheet {
    /// The drawing.
    ///
    /// # Errors
    /// libtorch's.
    pub fn inked(&self) -> Result<Tensor, TchError> {
        Ok(&self.paint + self.ink.f_sub(&self.paint)?.f_mul(&self.cover)?)
    }
}

/// What the head says of a photo, at a quarter of its size: N x C x H/4 x W/4 each.
struct Answer {
    /// Light to add.
    light: Tensor,
    /// How much of the photo's edges, 0..=[`STRONGEST`].
    slope: Tensor,
    /// How strongly fine and bold lines are inked, 0 or more.
    gates: Tensor,
    /// See [`flatten::flattened`].
    hold: Tensor,
    ground: Tensor,
}

impl Answer {
    fn of(head: &Tensor) -> Result<Self, TchError> {
        let parts = head.f_split_with_sizes([LIGHT, SLOPE, GATES, HOLD, GROUND].as_slice(), 1)?;
        let [light, slope, gates, hold, ground] = parts.as_slice() else {
            return Err(TchError::Shape("a head of another size".into()));
        };
        Ok(Self {
            light: settled(light)?,
            slope: slope.f_clamp(0.0, STRONGEST)?,
            gates: settled(&gates.f_relu()?)?,
            hold: hold.f_relu()?,
            ground: ground.shallow_clone(),
        })
    }

    /// With eyes and mouths on small `faces` (of 1, N x 1 x H/4 x W/4), which are fainter than much texture, and the first
    /// that people miss.
    fn with_faces(self, faces: &Tensor) -> Result<Self, TchError> {
        Ok(Self {
            light: self.light.f_mul(&(faces * (FACE_LIGHT - 1.0) + 1.0))?,
            slope: self.slope.f_maximum(&(faces * FACE_SLOPE))?,
            gates: self.gates.f_mul(&(faces * FACE_INK + 1.0))?,
            hold: self.hold + faces * FACE_HOLD,
            ..self
        })
    }
}

/// Where `skin` is (of 1, N x 1 x h x w, h and w even), or next to it, that does not fill the picture: a large face needs no
/// help, and its pores none.
fn small_faces(skin: &Tensor) -> Result<Tensor, TchError> {
    let wide = skin.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?;
    let wide = wide.f_replication_pad2d([5; 4])?.f_avg_pool2d([11, 11], [1, 1], [0, 0], false, true, None)?;
    let wide = wide.f_upsample_bilinear2d([skin.size()[2], skin.size()[3]], false, None, None)?;
    let near = skin.f_max_pool2d([5, 5], [1, 1], [2, 2], [1, 1], false)?;
    near.f_mul(&((wide * -1.0 + CLOSE) / FURTHER).f_clamp(0.0, 1.0)?)
}

/// Weights and biases, in the order of [`LAYERS`].
#[derive(Debug)]
pub struct Network {
    /// `(weight, bias)` a layer: outputs x inputs x kernel x kernel, outputs.
    pub layers: Vec<(Tensor, Tensor)>,
    finder: Finder,
    lines: Lines,
    strokes: Strokes,
}

impl Network {
    /// Draws pictures on a `page` of their size. See the module for shapes. The layers compute in the type of their weights,
    /// the last sum in that of the photo, so that weights of half precision cost no shades.
    ///
    /// # Errors
    /// libtorch's, for tensors of other shapes.
    pub fn forward(&self, photo: &Tensor, page: &Page, modulation: &Modulation) -> Result<Tensor, TchError> {
        self.sheet(photo, page, modulation)?.inked()
    }

    /// Draws paint and ink apart.
    ///
    /// # Errors
    /// libtorch's.
    pub fn sheet(&self, photo: &Tensor, page: &Page, modulation: &Modulation) -> Result<Sheet, TchError> {
        let (n, _, height, width) = photo.size4()?;
        let low = photo.f_avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None)?;
        let skin = skin(&low)?;
        let faces = small_faces(&skin)?;
        let answer = self.answer(photo, modulation)?.with_faces(&faces)?;
        let low_luma = self.lines.luma(&low)?;
        let graded = modulation.grade.colours(&low, &low_luma)?;
        let light = self.lines.luma(&graded)?;
        let colour = graded - &light;
        let light = modulation.grade.curved(&light)?;
        let regions = Regions::of(&light, &colour, &skin, &modulation.regions)?;
        let light = within(&light, &(&light + answer.light))?;
        let flat = flatten::flattened(&(light + colour), &answer.hold, &answer.ground)?;
        let light = self.lines.luma(&flat)?;
        let (light, colour) = regions.even(&light, &(flat - &light))?;
        let painted = light + colour;

        // What the photo's own edges add: of light, and of colour.
        let slope = answer.slope.f_mul(&regions.contrast)?;
        let vivid = slope.f_clamp_max(1.0)?.f_mul(&regions.colour)?;
        let edges = self.finder.edges(&low_luma)?;
        let shown = self.strokes.directions(&low_luma, &edges, &skin)?;
        // Enlarged together, which costs one pass.
        let small = Tensor::f_cat(&[painted, low, slope, vivid, answer.gates], 1)?;
        let large = small.f_upsample_bilinear2d([height, width], false, None, None)?;
        let parts = large.f_split_with_sizes([3, 3, SLOPE, 1, GATES].as_slice(), 1)?;
        let [painted, low, slope, vivid, gates] = parts.as_slice() else {
            return Err(TchError::Shape("a tensor split in other parts".into()));
        };
        let detail = photo - low;
        let tones = modulation.grade.tones(&self.lines.chroma)?;
        let colour = tones.f_matmul(&detail.f_flatten(2, 3)?)?.f_view([n, 3, height, width])?.f_mul(vivid)?;
        let detail = cored(&self.lines.luma(&detail)?)?.f_mul(slope)? + colour;
        let paint = painted + detail + self.strokes.of(page, &shown, modulation.strokes())?;

        let lines = self.lines.of(&self.lines.luma(photo)?, &edges)?.f_mul(gates)?;
        let cover = lines.f_sum_dim_intlist([1_i64].as_slice(), true, photo.f_kind()?)?.f_clamp(0.0, 1.0)?;
        Ok(Sheet { paint, cover, ink: modulation.ink.shallow_clone(), faces })
    }

    /// What the layers say of a photo.
    fn answer(&self, photo: &Tensor, modulation: &Modulation) -> Result<Answer, TchError> {
        let conv = |index: usize, input: &Tensor| self.conv(index, input, modulation);
        let kind = self.layers[0].0.f_kind()?;
        let centred = ((photo * 2.0) - 1.0).f_to_kind(kind)?.f_pixel_unshuffle(4)?;
        let stem = conv(0, &centred)?.f_relu()?;
        let fine = (&stem + conv(1, &stem)?).f_relu()?;
        let mut coarse = conv(2, &fine.f_pixel_unshuffle(2)?)?.f_relu()?;
        for block in [3, 5, 7] {
            let inner = conv(block, &coarse)?.f_relu()?;
            coarse = &coarse + conv(block + 1, &inner)?;
        }
        let size = [photo.size()[2] / 4, photo.size()[3] / 4];
        let up = conv(9, &coarse.f_relu()?)?.f_upsample_bilinear2d(size, false, None, None)?;
        let merged = conv(10, &(fine + up).f_relu()?)?.f_relu()?;
        Answer::of(&conv(11, &merged)?.f_to_kind(photo.f_kind()?)?)
    }

    /// A drawing by other means (sides multiples of 8) with its tones lifted and its regions evened out as this network does.
    ///
    /// # Errors
    /// libtorch's.
    pub fn evened(&self, drawing: &Tensor, modulation: &Modulation) -> Result<Tensor, TchError> {
        let low = drawing.f_avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None)?;
        let light = self.lines.luma(&low)?;
        let curved = modulation.grade.curved(&light)?;
        let regions = Regions::of(&curved, &(&low - &light), &skin(&low)?, &modulation.regions)?;
        let luma = self.lines.luma(drawing)?;
        let colour = drawing - &luma;
        let regions = regions.enlarged([drawing.size()[2], drawing.size()[3]])?;
        let (luma, colour) = regions.even(&modulation.grade.curved(&luma)?, &colour)?;
        Ok(luma + colour)
    }

    fn conv(&self, index: usize, input: &Tensor, modulation: &Modulation) -> Result<Tensor, TchError> {
        let (weight, bias) = &self.layers[index];
        let layer = LAYERS[index];
        let margin = layer.dilation * (layer.kernel / 2);
        // Repeating the border, where zeros would draw a frame around the picture.
        let padded = if margin > 0 { input.f_replication_pad2d([margin; 4])? } else { input.shallow_clone() };
        let output = padded.f_conv2d(weight, Some(bias), [1, 1], [0, 0], [layer.dilation; 2], 1)?;
        let place = MODULATED.iter().position(|&modulated| modulated == index);
        Ok(match place.and_then(|place| modulation.scales.get(place)) {
            Some((scale, shift)) => &output + output.f_mul(scale)? + shift,
            None => output,
        })
    }

    /// What codes (N x [`CODE`]) do to each of N pictures, in f32.
    ///
    /// # Errors
    /// libtorch's.
    pub fn modulation(&self, codes: &Tensor) -> Result<Modulation, TchError> {
        Modulation::of(codes, &self.layers[DRAWING.len()])
    }

    /// The network that draws in the style of one `code` (1 x [`CODE`]) without any work for it, and what is left of the
    /// modulation.
    ///
    /// # Errors
    /// libtorch's.
    pub fn folded(&self, code: &Tensor) -> Result<(Self, Modulation), TchError> {
        let mut modulation = self.modulation(code)?;
        let mut layers: Vec<_> = self.layers.iter().map(|(w, b)| (w.shallow_clone(), b.shallow_clone())).collect();
        for (index, (scale, shift)) in MODULATED.into_iter().zip(modulation.scales.drain(..)) {
            let (weight, bias) = &layers[index];
            let scale = scale.f_view([-1])? + 1.0;
            layers[index] = (weight * scale.f_view([-1, 1, 1, 1])?, bias * scale + shift.f_view([-1])?);
        }
        Ok((Self::new(layers)?, modulation))
    }

    /// Ready to draw, not to train: on `device`, layers in `kind`.
    ///
    /// # Errors
    /// libtorch's.
    pub fn to(&self, device: Device, kind: Kind) -> Result<Self, TchError> {
        let ready = |tensor: &Tensor| tensor.f_detach()?.f_to_device(device)?.f_to_kind(kind);
        let layers = self.layers.iter().map(|(weight, bias)| Ok((channels_last(&ready(weight)?)?, ready(bias)?)));
        Self::new(layers.collect::<Result<_, TchError>>()?)
    }

    /// The code of reference pictures, N x 3 x H x W as for drawing: N x [`CODE`].
    ///
    /// # Errors
    /// libtorch's.
    pub fn encode(&self, pictures: &Tensor) -> Result<Tensor, TchError> {
        encoder::encode(&self.layers[DRAWING.len() + 1..], pictures)
    }
}

/// `painted` where it is not lighter or darker than all that is around a place of `light` (both N x 1 x h x w), but for
/// [`BEYOND`].
fn within(light: &Tensor, painted: &Tensor) -> Result<Tensor, TchError> {
    let most = |x: &Tensor| x.f_max_pool2d([AROUND; 2], [1, 1], [AROUND / 2; 2], [1, 1], false);
    let (lightest, darkest) = (most(light)? + BEYOND, -most(&light.f_neg()?)? - BEYOND);
    painted.f_minimum(&lightest)?.f_maximum(&darkest)
}

/// A map (N x C x h x w) without what is narrower than a place, which is another whenever the picture moves by a part of one:
/// binomial means of 3 x 3 places.
fn settled(map: &Tensor) -> Result<Tensor, TchError> {
    let means = |x: &Tensor| x.f_avg_pool2d([2, 2], [1, 1], [0, 0], false, true, None);
    means(&means(&map.f_replication_pad2d([1; 4])?)?)
}

/// Detail without what the camera's noise amounts to, of which paint has none: Wiener's filter, with the detail's own square
/// for that of the signal.
fn cored(detail: &Tensor) -> Result<Tensor, TchError> {
    let square = detail.f_square()?;
    detail.f_mul(&square.f_div(&(&square + NOISE * NOISE))?)
}

/// The order of memory that convolutions want; shape and values stay.
fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

impl Network {
    /// From a weight and a bias for each of [`LAYERS`].
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(layers: Vec<(Tensor, Tensor)>) -> Result<Self, TchError> {
        let device = layers.first().map_or(Device::Cpu, |(weight, _)| weight.device());
        Ok(Self { layers, finder: Finder::new(device)?, lines: Lines::new(device)?, strokes: Strokes::new(device)? })
    }

    /// From weights and biases in turn, in the order of [`LAYERS`].
    ///
    /// # Errors
    /// libtorch's.
    pub fn from_tensors(tensors: &[Tensor]) -> Result<Self, TchError> {
        Self::new(tensors.chunks_exact(2).map(|p| (p[0].shallow_clone(), p[1].shallow_clone())).collect())
    }

    /// Fresh weights and biases in turn (He et al. 2015). The blocks start close to the identity, slope and gates half
    /// open.
    ///
    /// # Errors
    /// libtorch's.
    pub fn fresh(device: Device) -> Result<Vec<Tensor>, TchError> {
        let mut tensors = Vec::new();
        for layer in &LAYERS {
            let fan = (layer.inputs * layer.kernel * layer.kernel) as f64;
            let scale = match layer.name {
                "head" => 0.1,
                "style" => 0.15,
                name if name.ends_with(".b") => 0.3,
                _ => 1.0,
            };
            let shape = [layer.outputs, layer.inputs, layer.kernel, layer.kernel];
            tensors.push(Tensor::f_randn(shape, (Kind::Float, device))? * (scale * (2.0 / fan).sqrt()));
            let bias = Tensor::f_zeros([layer.outputs], (Kind::Float, device))?;
            if layer.name == "head" {
                let _ = bias.f_narrow(0, LIGHT, SLOPE + GATES)?.f_fill_(0.5)?;
                let _ = bias.f_narrow(0, LIGHT + SLOPE + GATES, HOLD)?.f_fill_(2.0)?;
            }
            tensors.push(bias);
        }
        Ok(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stylize::{CODE, Canvas};

    /// A network whose every layer has its say.
    fn network() -> Network {
        tch::manual_seed(5);
        let mut tensors = Network::fresh(Device::Cpu).unwrap();
        tensors.iter_mut().filter(|t| t.dim() == 4).for_each(|t| *t = Tensor::randn_like(t) * 0.1);
        Network::from_tensors(&tensors).unwrap()
    }

    fn noise(height: i64, width: i64) -> Tensor {
        Tensor::rand([1, 3, height, width], (Kind::Float, Device::Cpu))
    }

    fn code(value: f64) -> Tensor {
        Tensor::full([1, CODE], value, (Kind::Float, Device::Cpu))
    }

    /// A page for `photo`, whose place on the canvas is `right` of its left border.
    fn page(photo: &Tensor, right: i64) -> Page {
        Canvas::new(Device::Cpu).unwrap().page([photo.size()[2], photo.size()[3]], [0, right])
    }

    fn draw_at(network: &Network, photo: &Tensor, right: i64) -> Tensor {
        network.forward(photo, &page(photo, right), &network.modulation(&code(0.5)).unwrap()).unwrap()
    }

    fn draw(network: &Network, photo: &Tensor) -> Tensor {
        draw_at(network, photo, 0)
    }

    fn difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn answers_hardly_change_where_the_picture_moves_by_part_of_a_place() {
        // Alike maps that alternate from place to place settle to their mean; wide ones stay.
        let options = (Kind::Float, Device::Cpu);
        let columns = Tensor::arange(16, options).view([1, 1, 1, 16]).expand([1, 2, 8, 16], false);
        let quick = (&columns * std::f64::consts::PI).cos();
        assert!(settled(&quick).unwrap().narrow(3, 1, 14).abs().max().double_value(&[]) < 1e-5);
        let slow = (&columns * 0.25).sin();
        let lost = (settled(&slow).unwrap() - &slow).narrow(3, 1, 14).abs().max().double_value(&[]);
        assert!(lost < 0.02, "{lost}");
    }

    #[test]
    fn layers_follow_the_list() {
        for ((weight, bias), layer) in network().layers.iter().zip(&LAYERS) {
            assert_eq!((weight.size(), bias.size()), (layer.shape().to_vec(), vec![layer.outputs]), "{}", layer.name);
        }
    }

    #[test]
    fn every_multiple_of_eight_is_drawn_at_its_own_size() {
        for (height, width) in [(8, 8), (8, 64), (24, 40), (104, 56)] {
            assert_eq!(draw(&network(), &noise(height, width)).size(), [1, 3, height, width]);
        }
    }

    #[test]
    fn a_photo_moved_by_one_cell_gives_the_drawing_moved_alike() {
        let photo = noise(64, 648);
        let network = network();
        let drawing = draw(&network, &photo.narrow(3, 0, 640));
        let moved = draw_at(&network, &photo.narrow(3, 8, 640), 8);
        // Columns that are further from either border than the network sees.
        let difference = difference(&drawing.narrow(3, 320, 8), &moved.narrow(3, 312, 8));
        assert!(difference < 1e-4, "{difference}");
    }

    #[test]
    fn what_is_far_away_changes_nothing() {
        // Regions reach over 200 pixels.
        let near = noise(16, 448);
        let far = Tensor::cat(&[near.narrow(3, 0, 384), Tensor::ones([1, 3, 16, 64], (Kind::Float, Device::Cpu))], 3);
        let network = network();
        let (a, b) = (draw(&network, &near), draw(&network, &far));
        assert!(difference(&a.narrow(3, 0, 112), &b.narrow(3, 0, 112)) < 1e-5);
        assert!(difference(&a, &b) > 1e-3);
    }

    #[test]
    fn no_place_becomes_lighter_or_darker_than_all_around_it() {
        // A wall beside a coat.
        let light = Tensor::cat(
            &[Tensor::full([1, 1, 9, 8], 0.8, (Kind::Float, Device::Cpu)), noise(9, 8).narrow(1, 0, 1) * 0.2],
            3,
        );
        for (by, place, wanted) in [(0.3, 0, 0.815), (-0.3, 0, 0.785), (0.3, 7, 0.815), (0.01, 7, 0.81), (-0.3, 7, 0.5)]
        {
            let painted = within(&light, &(&light + by)).unwrap();
            let found = painted.double_value(&[0, 0, 4, place]);
            assert!((found - wanted).abs() < 1e-5, "{by} at {place}: {found}");
        }
        // A coat beside a wall may be as light as the wall.
        let coat = within(&light, &(&light + 1.0)).unwrap().double_value(&[0, 0, 4, 8]);
        assert!((coat - 0.815).abs() < 1e-5, "{coat}");
    }

    #[test]
    fn a_face_is_helped_when_it_is_small() {
        let skin = Tensor::zeros([1, 1, 40, 40], (Kind::Float, Device::Cpu));
        let _ = skin.narrow(2, 16, 8).narrow(3, 16, 8).fill_(1.0);
        let helped = |skin: &Tensor| small_faces(skin).unwrap().double_value(&[0, 0, 20, 20]);
        assert!(helped(&skin) > 0.9 && helped(&skin.ones_like()) < 1e-6 && helped(&skin.zeros_like()) < 1e-6);
    }

    #[test]
    fn flat_areas_are_drawn_flat() {
        let grey = Tensor::full([1, 3, 32, 32], 0.4, (Kind::Float, Device::Cpu));
        // Strokes have a test of their own.
        let (network, page) = (network(), Page::blank([32, 32], Device::Cpu).unwrap());
        let drawing = network.forward(&grey, &page, &network.modulation(&code(0.5)).unwrap()).unwrap();
        assert!(difference(&drawing.narrow(3, 0, 31), &drawing.narrow(3, 1, 31)) < 1e-4);
        assert!(difference(&drawing, &grey) > 1e-2);
    }

    #[test]
    fn each_picture_of_a_batch_has_its_own_style_and_a_folded_style_is_the_same() {
        // Fresh weights: those of `network` grow from layer to layer, and rounding with them.
        tch::manual_seed(8);
        let network = Network::from_tensors(&Network::fresh(Device::Cpu).unwrap()).unwrap();
        let photo = noise(32, 40);
        let codes = Tensor::cat(&[code(0.8), code(-0.8)], 0);
        let twice = Tensor::cat(&[&photo, &photo], 0);
        let both = network.forward(&twice, &page(&twice, 0), &network.modulation(&codes).unwrap()).unwrap();
        assert!(difference(&both.narrow(0, 0, 1), &both.narrow(0, 1, 1)) > 0.05);
        for (i, value) in [(0, 0.8), (1, -0.8)] {
            let (folded, rest) = network.folded(&code(value)).unwrap();
            let alone = folded.forward(&photo, &page(&photo, 0), &rest).unwrap();
            let difference = difference(&alone, &both.narrow(0, i, 1));
            // One picture is flattened in plain Rust, several in tensors.
            assert!(difference < 2e-3, "{difference}");
        }
    }
}
