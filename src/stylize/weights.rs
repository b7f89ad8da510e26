//! Weights files: safetensors with `LAYER.weight` (outputs x inputs x kernel x kernel) and `LAYER.bias` (outputs) for
//! each of [`LAYERS`] and `code.STYLE` (16 numbers) for each style it knows by name, in f16, bf16 or f32, and facts about
//! their making in the header.

use super::layers::{LAYERS, Layer};
use super::network::Network;
use crate::config::{Blend, CODE, Code, Source};
use crate::error::{Cause, Error, Result};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use tch::{Kind, Tensor};

/// Weights that come with the program: name, file.
const BUILT_IN: [(&str, &[u8]); 1] = [("comic", include_bytes!("../../models/comic.safetensors"))];

/// Ours hold under a megabyte; nobody means a file of more than this.
const LARGEST: u64 = 64 << 20;

/// What tensors of style codes are called before their names.
const PREFIX: &str = "code.";

/// A network and the styles that it draws in.
#[derive(Debug)]
pub struct Weights {
    /// On the CPU, in f32.
    pub network: Network,
    /// Style codes by name.
    pub codes: BTreeMap<String, Code>,
}

impl Weights {
    /// The code of a mixture, 1 x [`CODE`].
    ///
    /// # Errors
    /// [`Error::Weights`] where a style is not there by name.
    pub fn code(&self, blend: &Blend) -> Result<Tensor> {
        let mut sum = [0.0; CODE];
        for (source, share) in blend.parts() {
            let code = match source {
                Source::Code(code) => code,
                Source::Named(name) => self.codes.get(name).ok_or_else(|| {
                    let known = self.codes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                    let source = format!("they hold no style of that name, but {known}").into();
                    Error::Weights { name: name.clone(), source }
                })?,
            };
            sum.iter_mut().zip(code).for_each(|(sum, number)| *sum += share * number);
        }
        Tensor::f_from_slice(&sum).and_then(|code| code.f_view([1, CODE as i64])).map_err(Error::network)
    }
}

/// Names of the weights that come with the program.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The built-in weights `name`, or those in the file `name`.
///
/// # Errors
/// [`Error::Weights`] for names and files that do not exist, damaged files, and weights of another network.
pub fn load(name: &str) -> Result<Weights> {
    let fail = |source: Cause| Error::Weights { name: name.into(), source };
    if let Some((_, bytes)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return parse(bytes).map_err(fail);
    }
    let bytes = read(Path::new(name)).map_err(|e| {
        let known = built_in().collect::<Vec<_>>().join(", ");
        fail(format!("no built-in weights of that name ({known}), and as a file: {e}").into())
    })?;
    parse(&bytes).map_err(fail)
}

/// The bytes of a regular file: a device has no end, and a pipe may never begin.
fn read(path: &Path) -> Result<Vec<u8>, Cause> {
    let facts = std::fs::metadata(path)?;
    if !facts.is_file() {
        return Err("it is no regular file".into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{} bytes are more than a generator has", facts.len()).into());
    }
    Ok(bytes)
}

/// What the bytes of a weights file hold.
fn parse(bytes: &[u8]) -> Result<Weights, Cause> {
    let file = SafeTensors::deserialize(bytes)?;
    let known = |name: &str| name.starts_with(PREFIX) || LAYERS.iter().any(|l| l.owns(name));
    if let Some(name) = file.names().into_iter().find(|name| !known(name)) {
        return Err(format!("tensor {name} belongs to another network").into());
    }
    let layers = LAYERS.iter().map(|layer| {
        let shape = layer.shape();
        let weight = tensor(&file, &format!("{}.weight", layer.name), &shape)?;
        let bias = tensor(&file, &format!("{}.bias", layer.name), &shape[..1])?;
        Ok((weight, bias))
    });
    let network = Network::new(layers.collect::<Result<_, Cause>>()?)?;
    let mut codes = BTreeMap::new();
    for full in file.names() {
        if let Some(name) = full.strip_prefix(PREFIX) {
            let numbers = numbers(&file, full, &[CODE as i64])?;
            codes.insert(name.to_owned(), numbers.try_into().map_err(|_| format!("tensor {full} is no code"))?);
        }
    }
    Ok(Weights { network, codes })
}

impl Layer {
    fn owns(&self, tensor: &str) -> bool {
        tensor.strip_prefix(self.name).is_some_and(|rest| matches!(rest, ".weight" | ".bias"))
    }

    /// Of the weight: outputs x inputs x kernel x kernel.
    #[must_use]
    pub const fn shape(&self) -> [i64; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }
}

fn tensor(file: &SafeTensors, name: &str, shape: &[i64]) -> Result<Tensor, Cause> {
    Ok(Tensor::f_from_slice(&numbers(file, name, shape)?)?.f_view(shape)?)
}

fn numbers(file: &SafeTensors, name: &str, shape: &[i64]) -> Result<Vec<f32>, Cause> {
    let view = file.tensor(name).map_err(|_| format!("tensor {name} is missing"))?;
    if !view.shape().iter().map(|&side| i64::try_from(side)).eq(shape.iter().map(|&side| Ok(side))) {
        return Err(format!("tensor {name} has shape {:?} instead of {shape:?}", view.shape()).into());
    }
    let values = decode(&view).ok_or_else(|| format!("tensor {name} is of type {:?}", view.dtype()))?;
    if !values.iter().all(|v| v.is_finite()) {
        return Err(format!("tensor {name} holds values that are not finite").into());
    }
    Ok(values)
}

fn decode(view: &TensorView) -> Option<Vec<f32>> {
    let pairs = || view.data().chunks_exact(2).map(|b| [b[0], b[1]]);
    Some(match view.dtype() {
        Dtype::F16 => pairs().map(|b| half::f16::from_le_bytes(b).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|b| half::bf16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F32 => view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        _ => return None,
    })
}

/// Writes `weights` as f16 to `path`, `facts` into the header.
///
/// # Errors
/// [`Error::Write`], [`Error::Network`].
pub fn save<'a>(weights: &Weights, facts: impl IntoIterator<Item = (&'a str, String)>, path: &Path) -> Result<()> {
    let mut tensors = Vec::new();
    for (layer, (weight, bias)) in LAYERS.iter().zip(&weights.network.layers) {
        for (part, tensor) in [("weight", weight), ("bias", bias)] {
            let shape = tensor.size().into_iter().map(|side| side.unsigned_abs() as usize).collect::<Vec<_>>();
            let bytes = encode(tensor).map_err(Error::network)?;
            tensors.push((format!("{}.{part}", layer.name), shape, bytes));
        }
    }
    for (name, code) in &weights.codes {
        let bytes = code.iter().flat_map(|number| half::f16::from_f32(*number).to_le_bytes()).collect();
        tensors.push((format!("{PREFIX}{name}"), vec![CODE], bytes));
    }
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F16, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| Error::write(path, e))?;
    let facts = facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let bytes = safetensors::serialize(views, Some(facts)).map_err(|e| Error::write(path, e))?;
    replace(path, |part| std::fs::write(part, bytes))
}

/// Lets `write` make a file beside `path`, which then takes its place: a crash leaves the old one or the new one.
///
/// # Errors
/// [`Error::Write`].
pub fn replace<E: Into<Cause>>(path: &Path, write: impl FnOnce(&Path) -> Result<(), E>) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    write(part).map_err(|e| Error::write(path, e))?;
    let synced = std::fs::OpenOptions::new().write(true).open(part).and_then(|file| file.sync_all());
    synced.and_then(|()| std::fs::rename(part, path)).map_err(|e| Error::write(path, e))
}

fn encode(tensor: &Tensor) -> Result<Vec<u8>, tch::TchError> {
    let flat = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_reshape([-1])?;
    let values: Vec<f32> = Vec::try_from(flat)?;
    Ok(values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn fresh() -> Weights {
        tch::manual_seed(3);
        let network = Network::from_tensors(&Network::fresh(Device::Cpu).unwrap()).unwrap();
        let codes = [("dark", [-1.0; CODE]), ("light", [3.0; CODE])];
        Weights { network, codes: codes.map(|(name, code)| (name.to_owned(), code)).into() }
    }

    fn saved() -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        save(&fresh(), [("steps", "12".to_owned())], file.path()).unwrap();
        std::fs::read(file.path()).unwrap()
    }

    #[test]
    fn what_was_saved_is_loaded_to_half_precision() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let weights = fresh();
        save(&weights, [("steps", "12".to_owned())], file.path()).unwrap();
        let loaded = load(file.path().to_str().unwrap()).unwrap();
        for ((a, b), (c, d)) in weights.network.layers.iter().zip(&loaded.network.layers) {
            assert!(a.allclose(c, 1e-3, 1e-4, false) && b.allclose(d, 1e-3, 1e-4, false));
        }
        assert_eq!(loaded.codes, weights.codes);
        let bytes = std::fs::read(file.path()).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["steps"], "12");
        assert!(bytes.len() < 2_000_000);
    }

    #[test]
    fn every_built_in_file_loads() {
        for name in built_in() {
            let weights = load(name).unwrap();
            assert_eq!(weights.network.layers.len(), LAYERS.len());
            for preset in crate::config::PRESETS {
                let settings = crate::config::load(preset.name, &[]).unwrap();
                assert_eq!(weights.code(&settings.generator.style).unwrap().size(), [1, CODE as i64]);
            }
        }
    }

    #[test]
    fn codes_are_mixed_by_their_shares() {
        let weights = fresh();
        let code = weights.code(&"dark:3,light:1".parse().unwrap()).unwrap();
        assert_eq!(Vec::<f32>::try_from(code.view([-1])).unwrap(), [0.0; CODE]);
        let error = weights.code(&"blue".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("dark, light"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_holds_no_weights() {
        let error = load("/dev/zero").unwrap_err().to_string();
        assert!(error.contains("no regular file"), "{error}");
    }

    #[test]
    fn damage_is_named() {
        let good = saved();
        let message = |bytes: &[u8]| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let error = load(file.path().to_str().unwrap()).unwrap_err();
            assert!(matches!(error, Error::Weights { .. }), "{error:?}");
            error.to_string()
        };
        message(&[]);
        message(b"not a weights file at all");
        message(&good[..good.len() - 7]);
        let text = |from: &str, to: &str| {
            let at = good.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
            let mut bytes = good.clone();
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
            bytes
        };
        assert!(message(&text("stem.bias", "stem.bios")).contains("stem.bios belongs to another network"));
        assert!(message(&text("[32,48,3,3]", "[48,32,3,3]")).contains("has shape [48, 32, 3, 3]"));
        let mut spoilt = good.clone();
        let end = spoilt.len();
        spoilt[end - 2..].copy_from_slice(&half::f16::NAN.to_le_bytes());
        assert!(message(&spoilt).contains("not finite"));
    }

    #[test]
    fn an_unknown_name_lists_the_known() {
        assert!(load("no-such-weights").unwrap_err().to_string().contains("comic"));
    }
}
