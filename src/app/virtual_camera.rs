//! `--virtual-camera`: which there are, and how one is opened.

use crate::error::{Error, Result};
use crate::live::Output;

/// A target's name with what it is, or why it cannot be used.
pub type Target = (String, Result<String, String>);

/// What `--virtual-camera auto` and no value mean.
const AUTO: &str = "auto";

/// Opens `target`: `pipewire`, `v4l2`, a device file, or `auto`. Answers with its name for people.
///
/// # Errors
/// [`Error::Offer`]: it is not there, or this build does not have it.
pub fn output(target: &str) -> Result<(Output, String)> {
    match target {
        AUTO => system::loopback(None).or_else(|first| system::pipewire().map_err(|second| both(first, &second))),
        "pipewire" => system::pipewire(),
        "v4l2" => system::loopback(None),
        path if path.contains('/') => system::loopback(Some(path)),
        other => Err(Error::setting(
            "virtual-camera",
            format!("\"{other}\" is neither pipewire nor v4l2 nor a device file like /dev/video9"),
        )),
    }
}

/// Why neither kind of camera is there.
fn both(first: Error, second: &Error) -> Error {
    match (first, second) {
        (Error::Offer { reason: first, .. }, Error::Offer { reason: second, .. }) => {
            Error::Offer { target: "a virtual camera".into(), reason: format!("{second}; and {first}") }
        }
        (first, _) => first,
    }
}

/// Everything that can be a target here.
pub fn targets() -> Vec<Target> {
    system::targets()
}

#[cfg(target_os = "linux")]
mod system {
    use super::Target;
    use crate::error::{Error, Result};
    use crate::live::Output;
    use crate::sink::loopback::{self, LoopbackSink};
    use std::path::Path;

    pub fn loopback(path: Option<&str>) -> Result<(Output, String)> {
        let path = loopback::find(path.map(Path::new))?;
        let name = path.display().to_string();
        let open = Box::new(move |info: &_| -> Result<Box<dyn crate::stage::FrameSink>> {
            Ok(Box::new(LoopbackSink::open(&path, info)?))
        });
        Ok((Output { name: name.clone(), audience: None, open }, name))
    }

    #[cfg(feature = "pipewire")]
    pub fn pipewire() -> Result<(Output, String)> {
        use crate::sink::{Audience, pipewire};
        pipewire::probe()?;
        let audience = Audience::default();
        let watched = audience.clone();
        let open = Box::new(move |info: &_| -> Result<Box<dyn crate::stage::FrameSink>> {
            Ok(Box::new(pipewire::PipewireSink::open("Comicvid", info, audience)?))
        });
        let output = Output { name: "pipewire".into(), audience: Some(watched), open };
        Ok((output, "\"Comicvid\" in PipeWire".into()))
    }

    #[cfg(not(feature = "pipewire"))]
    pub fn pipewire() -> Result<(Output, String)> {
        let reason = "this program was built without PipeWire (Cargo feature `pipewire`)".into();
        Err(Error::Offer { target: "a PipeWire camera".into(), reason })
    }

    pub fn targets() -> Vec<Target> {
        let reason = |error: Error| match error {
            Error::Offer { reason, .. } => reason,
            other => other.to_string(),
        };
        let mut all: Vec<Target> = loopback::devices(Path::new("/dev"))
            .into_iter()
            .map(|(path, card)| (path.display().to_string(), Ok(format!("{card}, v4l2loopback"))))
            .collect();
        if let Err(error) = loopback::find(None) {
            all.push(("v4l2".into(), Err(reason(error))));
        }
        let pipewire = pipewire().map(|_| "ready".to_owned()).map_err(reason);
        all.push(("pipewire".into(), pipewire));
        all
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Target;
    use crate::error::{Error, Result};
    use crate::live::Output;

    fn none() -> Error {
        Error::Offer {
            target: "a virtual camera".into(),
            reason: "there is none for this system yet; --serve reaches OBS and every browser".into(),
        }
    }

    pub fn loopback(_: Option<&str>) -> Result<(Output, String)> {
        Err(none())
    }

    pub fn pipewire() -> Result<(Output, String)> {
        Err(none())
    }

    pub fn targets() -> Vec<Target> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_none_is_named() {
        for wrong in ["obs", "video9", ""] {
            assert!(matches!(output(wrong), Err(Error::Setting { .. })), "{wrong}");
        }
        let error = output("/dev/null").err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("/dev/null"), "{error}");
    }
}
