//! Where the network computes.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// A wish: what `--device` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The first CUDA device, or the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this index.
    Cuda(usize),
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", index)) if index.parse::<u8>().is_ok() => Ok(Self::Cuda(index.parse().unwrap_or(0))),
            _ => Err(Error::Device { device: text.into(), reason: "a device is auto, cpu, cuda or cuda:N".into() }),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// A device that is there.
#[cfg(feature = "torch")]
#[derive(Clone, Debug)]
pub struct Chosen {
    /// As libtorch calls it.
    pub device: tch::Device,
    /// For people.
    pub name: String,
    /// Why the device is not the one that was hoped for.
    pub warning: Option<String>,
}

#[cfg(feature = "torch")]
impl Device {
    /// Loads what the device needs and checks that it is there. Sets the number of CPU threads.
    ///
    /// # Errors
    /// [`Error::Device`] where a CUDA device was named that is not there.
    pub fn choose(self) -> Result<Chosen> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        tch::set_num_threads(i32::try_from(threads).unwrap_or(1));
        let cpu = |warning| {
            let name = format!("CPU ({threads} thread{})", if threads == 1 { "" } else { "s" });
            Chosen { device: tch::Device::Cpu, name, warning }
        };
        let cuda = |index| Chosen { device: tch::Device::Cuda(index), name: format!("CUDA {index}"), warning: None };
        match self {
            Self::Cpu => Ok(cpu(None)),
            Self::Auto => Ok(match cuda_devices() {
                Ok(_) => cuda(0),
                // Without an NVIDIA driver nobody expects CUDA.
                Err(reason) => cpu(nvidia_driver().then(|| format!("drawing on the CPU: {reason}"))),
            }),
            Self::Cuda(index) => match cuda_devices() {
                Ok(count) if index < count => Ok(cuda(index)),
                Ok(count) => {
                    let s = if count == 1 { "" } else { "s" };
                    Err(Error::Device { device: self.to_string(), reason: format!("there are {count} CUDA device{s}") })
                }
                Err(reason) => Err(Error::Device { device: self.to_string(), reason }),
            },
        }
    }
}

/// The network is too small to keep more threads busy.
#[cfg(feature = "torch")]
const MOST_THREADS: usize = 8;

/// What `--device` can name here, for people.
#[must_use]
pub fn devices() -> Vec<String> {
    #[cfg(feature = "torch")]
    return (0..cuda_devices().unwrap_or(0)).map(Device::Cuda).chain([Device::Cpu]).map(|d| d.to_string()).collect();
    #[cfg(not(feature = "torch"))]
    vec!["none: built without libtorch, so the shaders alone draw".to_owned()]
}

/// Lets libtorch know of its CUDA part where there may be a device for it. It looks once, at its first computation: who
/// computes before a device is [chosen](Device::choose) calls this, or none is found from then on.
#[cfg(feature = "torch")]
pub(super) fn introduce_cuda() {
    if nvidia_driver() {
        // Who asks for CUDA hears why there is none.
        let _ = load_cuda();
    }
}

#[cfg(feature = "torch")]
fn nvidia_driver() -> bool {
    ["/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg"].iter().any(|p| std::path::Path::new(p).exists())
}

/// How many CUDA devices there are, at least one, or why there are none.
#[cfg(feature = "torch")]
fn cuda_devices() -> Result<usize, String> {
    load_cuda()?;
    match usize::try_from(tch::Cuda::device_count()) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("libtorch finds no CUDA device (driver missing or too old?)".into()),
    }
}

/// Loads libtorch's CUDA part, which registers itself. Programs are linked to the CPU part alone, so that they start
/// where the other, of some gigabytes, is not installed.
#[cfg(all(feature = "torch", unix))]
fn load_cuda() -> Result<(), String> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    use std::sync::OnceLock;
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED
        .get_or_init(|| {
            // SAFETY: the library's initialisers register operators with the libtorch that is loaded already and of the
            // same release; they have no other precondition. It is never unloaded.
            let library = unsafe { Library::open(Some(beside_libtorch("libtorch_cuda.so")), RTLD_NOW | RTLD_GLOBAL) };
            library.map(std::mem::forget).map_err(|error| {
                let reason = match &error {
                    libloading::Error::DlOpen { source } => source.to_string(),
                    other => other.to_string(),
                };
                format!("libtorch has no usable CUDA part: {reason}")
            })
        })
        .clone()
}

/// The library `name` in the folder that libtorch was loaded from, which may be on no search path; its mere name where
/// that cannot be told.
#[cfg(all(feature = "torch", unix))]
fn beside_libtorch(name: &str) -> std::path::PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let file = maps.lines().find(|line| line.ends_with("/libtorch_cpu.so"));
    // The path is the only column with a slash.
    let path = file.and_then(|line| Some(std::path::Path::new(&line[line.find('/')?..])));
    path.map_or_else(|| name.into(), |path| path.with_file_name(name))
}

#[cfg(all(feature = "torch", not(unix)))]
fn load_cuda() -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for device in [Device::Auto, Device::Cpu, Device::Cuda(0), Device::Cuda(3)] {
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "CPU"] {
            assert!(matches!(wrong.parse::<Device>(), Err(Error::Device { .. })), "{wrong}");
        }
    }

    #[cfg(all(feature = "torch", target_os = "linux"))]
    #[test]
    fn the_rest_of_libtorch_is_sought_where_its_first_part_is() {
        let found = beside_libtorch("libc10.so");
        assert!(found.is_absolute() && found.is_file(), "{}", found.display());
    }

    #[cfg(feature = "torch")]
    #[test]
    fn a_device_that_is_not_there_is_an_error_and_auto_is_not() {
        let chosen = Device::Auto.choose().unwrap();
        assert!(chosen.name.starts_with("CPU (") || chosen.name == "CUDA 0");
        assert!(matches!(Device::Cuda(200).choose(), Err(Error::Device { .. })));
    }
}
