//! Everything that changes while training, and the file that keeps it.

use super::adam::Adam;
use super::discriminator;
use super::look::{Look, NAMED};
use crate::error::{Error, Result};
use crate::stylize::{self, Network};
use std::path::Path;
use tch::{Device, TchError, Tensor};

/// See the module. Tensors are f32 on one device.
pub struct State {
    /// The generator's weights and biases in turn, see [`Network::from_tensors`].
    pub generator: Adam,
    /// The discriminator's, see [`discriminator::parameters`].
    pub critic: Adam,
    /// See [`discriminator::vectors`].
    pub vectors: Vec<Tensor>,
    /// The generator's weights averaged over the last steps: what is shipped.
    pub average: Vec<Tensor>,
    /// The look that the teacher draws panels in, one tensor; none until it is fitted.
    pub look: Vec<Tensor>,
    /// Style statistics of the last comics and of the last drawings; empty before the adversary.
    pub seen: Vec<Tensor>,
    /// Steps done.
    pub step: u64,
    /// Minutes trained, over all runs.
    pub minutes: f64,
    /// Share of the time that goes to the warm-up.
    pub warm: f64,
}

/// Share of the time that goes to the warm-up from random weights; those that have learned to draw need none.
const WARM: f64 = 0.4;

impl State {
    /// Fresh weights.
    ///
    /// # Errors
    /// libtorch's.
    pub fn fresh(seed: u64, device: Device) -> Result<Self, TchError> {
        tch::manual_seed(seed.cast_signed());
        let generator = Adam::new(Network::fresh(device)?, (0.8, 0.99))?;
        let average = generator.parameters.iter().map(|p| p.f_detach_copy()).collect::<Result<_, _>>()?;
        let critic = Adam::new(discriminator::parameters(device)?, (0.5, 0.99))?;
        let vectors = discriminator::vectors(device)?;
        let (look, seen, step, minutes) = (vec![], vec![], 0, 0.0);
        Ok(Self { generator, critic, vectors, average, look, seen, step, minutes, warm: WARM })
    }

    /// Takes the weights of `network`, and them alone.
    ///
    /// # Errors
    /// libtorch's.
    pub fn start_from(&mut self, network: &Network, device: Device) -> Result<(), TchError> {
        let weights = network.layers.iter().flat_map(|(weight, bias)| [weight, bias]);
        for ((parameter, average), weight) in self.generator.parameters.iter_mut().zip(&mut self.average).zip(weights) {
            *average = weight.f_to_device(device)?.f_detach_copy()?;
            *parameter = average.f_detach_copy()?.f_set_requires_grad(true)?;
        }
        self.warm = 0.0;
        Ok(())
    }

    fn lists(&mut self) -> [(&'static str, &mut Vec<Tensor>); 8] {
        [
            ("generator", &mut self.generator.parameters),
            ("generator.moments", &mut self.generator.moments),
            ("critic", &mut self.critic.parameters),
            ("critic.moments", &mut self.critic.moments),
            ("critic.vectors", &mut self.vectors),
            ("average", &mut self.average),
            ("look", &mut self.look),
            ("seen", &mut self.seen),
        ]
    }

    /// Writes everything to `path`, by way of a second file, so that a crash leaves the old or the new.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn save(&mut self, path: &Path) -> Result<()> {
        let fail = |e: TchError| Error::write(path, e);
        let [generator, critic] = [&self.generator, &self.critic].map(|adam| f64::from(adam.step));
        let numbers = [self.step as f64, self.minutes, generator, critic, self.warm];
        let mut entries = vec![("numbers".to_owned(), Tensor::f_from_slice(&numbers).map_err(fail)?)];
        for (name, list) in self.lists() {
            for (i, tensor) in list.iter().enumerate() {
                let tensor =
                    tensor.f_detach().and_then(|t| t.f_to_device(Device::Cpu)?.f_contiguous()).map_err(fail)?;
                entries.push((format!("{name}/{i:03}"), tensor));
            }
        }
        stylize::replace(path, |part| Tensor::write_safetensors(&entries, part))
    }

    /// Takes everything from `path`.
    ///
    /// # Errors
    /// [`Error::Open`] where the file is missing or damaged, [`Error::Training`] where it is of another network.
    pub fn restore(&mut self, path: &Path, device: Device) -> Result<()> {
        let mut read = Tensor::read_safetensors(path).map_err(|e| Error::open(path, e))?;
        read.sort_by(|a, b| a.0.cmp(&b.0));
        let foreign = || {
            let reason = format!("the checkpoint {} is of another network", path.display());
            Error::Training { reason }
        };
        for (name, list) in self.lists() {
            let own = |(key, tensor): &(String, Tensor)| {
                let index = key.strip_prefix(name)?.strip_prefix('/')?;
                index.parse::<usize>().ok().map(|_| tensor.f_to_device(device))
            };
            let found = read.iter().filter_map(own).collect::<Result<Vec<_>, _>>().map_err(Error::network)?;
            let fits = found.len() == list.len() && found.iter().zip(list.iter()).all(|(a, b)| a.size() == b.size());
            if !matches!(name, "seen" | "look") && !fits {
                return Err(foreign());
            }
            *list = found;
        }
        for parameter in self.generator.parameters.iter_mut().chain(&mut self.critic.parameters) {
            *parameter = parameter.f_set_requires_grad(true).map_err(Error::network)?;
        }
        let numbers = read.iter().find(|(key, _)| key == "numbers").ok_or_else(foreign)?;
        let numbers = Vec::<f64>::try_from(&numbers.1).map_err(Error::network)?;
        let [step, minutes, generator, critic, warm] = numbers[..] else { return Err(foreign()) };
        (self.step, self.minutes, self.warm) = (step as u64, minutes, warm);
        (self.generator.step, self.critic.step) = (generator as i32, critic as i32);
        Ok(())
    }

    /// The look that the teacher draws panels in: the fitted one, or the first.
    ///
    /// # Errors
    /// libtorch's.
    pub fn panels(&self) -> Result<Look, TchError> {
        let Some(fitted) = self.look.first() else { return Ok(NAMED[0].1) };
        let numbers = Vec::<f32>::try_from(fitted.f_to_device(Device::Cpu)?)?;
        let numbers = numbers.try_into().map_err(|_| TchError::Shape("a look of another length".into()))?;
        Ok(Look::from_numbers(&numbers))
    }

    /// The averaged generator.
    ///
    /// # Errors
    /// libtorch's.
    pub fn network(&self) -> Result<Network, TchError> {
        Network::from_tensors(&self.average)
    }

    /// Moves the average towards the current weights, which keep `1 - keep` of it.
    ///
    /// # Errors
    /// libtorch's.
    pub fn follow(&mut self, keep: f64) -> Result<(), TchError> {
        let _guard = tch::no_grad_guard();
        // The first steps count fully: the average must not remember the random start.
        let keep = keep.min(self.step as f64 / (self.step as f64 + 10.0));
        for (mean, now) in self.average.iter_mut().zip(&self.generator.parameters) {
            let _ = mean.f_lerp_(now, 1.0 - keep)?;
        }
        Ok(())
    }
}
