//! The generator, ready to draw. Runs on the network thread. The layers compute in f16 on CUDA, in bf16 on CPUs with
//! instructions for it (twice as fast as f32 here), else in f32; what they answer is added to the photo in f32.

use super::canvas::{Canvas, Page};
use super::device::Chosen;
use super::modulation::Modulation;
use super::network::Network;
use super::weights::Weights;
use crate::config::{self, Settings};
use crate::error::{Error, Result};
use crate::frame::{Drawing, Size, SmallRgb};
use crate::stage::Draw;
use tch::{Kind, TchError, Tensor};

/// See the module.
pub struct Generator {
    weights: Weights,
    style: config::Generator,
    /// The network that draws in this style alone, on the device.
    network: Network,
    modulation: Modulation,
    canvas: Canvas,
    /// What of the canvas pictures of a size are drawn on.
    page: (Size, Page),
    device: tch::Device,
}

impl Generator {
    /// Draws one empty picture of `size`, so that libtorch's set-up costs no frame its time and a network that cannot
    /// run fails here. `weights` are those that `style` names.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::Weights`] for a style that the weights do not know.
    pub fn new(weights: Weights, style: &config::Generator, chosen: &Chosen, size: Size) -> Result<Self> {
        let (network, modulation) = styled(&weights, style, chosen.device)?;
        let canvas = Canvas::new(chosen.device).map_err(Error::network)?;
        let page = (size, page(&canvas, size));
        let (style, device) = (style.clone(), chosen.device);
        let mut generator = Self { weights, style, network, modulation, canvas, page, device };
        generator.draw(&SmallRgb { size, planes: vec![0.0; size.pixels() * 3] })?;
        Ok(generator)
    }

    fn try_draw(&mut self, photo: &SmallRgb) -> Result<Drawing, TchError> {
        // Saves the graph that training needs.
        let _guard = tch::no_grad_guard();
        let Size { width, height } = photo.size;
        let input = Tensor::f_from_slice(&photo.planes)?.f_view([1, 3, i64::from(height), i64::from(width)])?;
        let input = input.f_to_device(self.device)?;
        if self.page.0 != photo.size {
            self.page = (photo.size, page(&self.canvas, photo.size));
        }
        let sheet = self.network.sheet(&input, &self.page.1, &self.modulation)?;
        // Together, which waits for the device once.
        let answer = Tensor::f_cat(&[sheet.inked()?.f_reshape([-1])?, sheet.faces.f_reshape([-1])?], 0)?;
        let mut planes = Vec::<f32>::try_from(answer.f_to_device(tch::Device::Cpu)?)?;
        let faces = planes.split_off(photo.planes.len());
        let mut drawing = SmallRgb { size: photo.size, planes }.to_drawing();
        spare(&mut drawing, &faces);
        Ok(drawing)
    }
}

/// Tells the shaders where small `faces` are, of 1, at a quarter of the size.
fn spare(drawing: &mut Drawing, faces: &[f32]) {
    let width = drawing.size.width as usize;
    for (y, row) in drawing.rgba.chunks_exact_mut(width * 4).enumerate() {
        let faces = &faces[y / 4 * (width / 4)..][..width / 4];
        for (pixels, face) in row.chunks_exact_mut(16).zip(faces) {
            let alpha = ((1.0 - face).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            pixels.chunks_exact_mut(4).for_each(|pixel| pixel[3] = alpha);
        }
    }
}

impl Draw for Generator {
    fn draw(&mut self, photo: &SmallRgb) -> Result<Drawing> {
        self.try_draw(photo).map_err(Error::network)
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        let style = &settings.generator;
        if self.style.weights != style.weights {
            return Ok(false);
        }
        if self.style.style != style.style {
            (self.network, self.modulation) = styled(&self.weights, style, self.device)?;
            self.style = style.clone();
        }
        Ok(true)
    }
}

/// The canvas from its beginning, as large as pictures of `size`.
fn page(canvas: &Canvas, size: Size) -> Page {
    canvas.page([i64::from(size.height), i64::from(size.width)], [0, 0])
}

/// The type in which layers are fastest on `device` and exact enough.
fn fastest(device: tch::Device) -> Kind {
    #[cfg(target_arch = "x86_64")]
    let native = std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    let native = false;
    match device {
        tch::Device::Cuda(_) => Kind::Half,
        tch::Device::Cpu if native => Kind::BFloat16,
        _ => Kind::Float,
    }
}

/// The network that draws in `style`, and what is left of its modulation, ready on `device`.
fn styled(weights: &Weights, style: &config::Generator, device: tch::Device) -> Result<(Network, Modulation)> {
    let code = weights.code(&style.style)?;
    let ready = || -> Result<_, TchError> {
        let (network, modulation) = weights.network.folded(&code)?;
        Ok((network.to(device, fastest(device))?, modulation.to_device(device)?))
    };
    ready().map_err(Error::network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stylize::load;

    #[test]
    fn shaders_are_told_of_small_faces_alone() {
        let size = Size::new(96, 64);
        // A face before a blue wall.
        let face = |i: usize| (36..60).contains(&(i % 96)) && (20..44).contains(&(i / 96));
        let channel = |skin: f32, wall: f32| (0..size.pixels()).map(move |i| if face(i) { skin } else { wall });
        let planes = channel(0.85, 0.3).chain(channel(0.62, 0.4)).chain(channel(0.52, 0.7)).collect();
        let chosen = Chosen { device: tch::Device::Cpu, name: String::new(), warning: None };
        let mut generator =
            Generator::new(load("comic").unwrap(), &config::Generator::default(), &chosen, size).unwrap();
        let drawing = generator.draw(&SmallRgb { size, planes }).unwrap();
        let alpha = |x: usize, y: usize| drawing.rgba[(y * 96 + x) * 4 + 3];
        assert!(alpha(48, 32) < 60 && alpha(2, 2) > 250 && alpha(93, 61) > 250, "{} {}", alpha(48, 32), alpha(2, 2));
    }

    #[test]
    fn half_precision_costs_no_shades() {
        let weights = load("comic").unwrap();
        let (network, modulation) = weights.network.folded(&weights.code(&config::Blend::default()).unwrap()).unwrap();
        tch::manual_seed(2);
        let photo = Tensor::rand([1, 3, 96, 64], (Kind::Float, tch::Device::Cpu));
        let page = page(&Canvas::new(tch::Device::Cpu).unwrap(), Size::new(64, 96));
        let exact = network.forward(&photo, &page, &modulation).unwrap();
        let _guard = tch::no_grad_guard();
        let half = network.to(tch::Device::Cpu, Kind::BFloat16).unwrap().forward(&photo, &page, &modulation).unwrap();
        assert_eq!(half.kind(), Kind::Float);
        let mean = (exact - half).abs().mean(Kind::Float).double_value(&[]);
        assert!(mean < 1.0 / 255.0, "{mean}");
    }
}
