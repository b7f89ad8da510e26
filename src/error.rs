//! The one error type of the library.
//!
//! An error says what was attempted and why it failed, in one line; [`Error::hint`] says what to do about it.
//! Errors are returned, handled once, and shown once, by `main`.

use std::path::{Path, PathBuf};

/// Whatever a lower library reports.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;
/// Shorthand used through the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed, in the user's terms; the technical cause is the `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input cannot be opened or holds nothing usable.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The input.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// Decoding failed part way.
    #[error("cannot read {} after frame {frames}: {source}", path.display())]
    Read {
        /// The input.
        path: PathBuf,
        /// Frames that were read before the damage.
        frames: u64,
        /// Why.
        source: Cause,
    },
    /// Sound, subtitles and whatever else is copied ended part way.
    #[error("cannot copy all streams of {}: {source}", path.display())]
    Copy {
        /// The input.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// The output cannot be created.
    #[error("cannot create {}: {source}", path.display())]
    Create {
        /// The output.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// The output exists and `--overwrite` was not given.
    #[error("{} exists already", path.display())]
    Exists {
        /// The output.
        path: PathBuf,
    },
    /// Input and output are the same file.
    #[error("{} is both input and output", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// Writing or encoding failed part way.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// Work that was begun before cannot be gone on with.
    #[error("cannot go on with {}: {reason}", path.display())]
    Resume {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A film that is planned in segments cannot be planned, or its segments not be used.
    #[error("cannot work on {}: {reason}", path.display())]
    Plan {
        /// The output.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No encoder of that name, or none that the container takes.
    #[error("cannot encode with {encoder}: {source}")]
    Encoder {
        /// Name as FFmpeg spells it.
        encoder: String,
        /// Why.
        source: Cause,
    },
    /// No style of that name.
    #[error("there is no style \"{name}\"")]
    UnknownStyle {
        /// What was asked for.
        name: String,
        /// Names close to it, nearest first.
        near: Vec<String>,
    },
    /// A style file, `--set` or `--encoder-option` that cannot be used.
    #[error("cannot use setting {key}: {reason}")]
    Setting {
        /// The key or file, as given.
        key: String,
        /// Why.
        reason: String,
    },
    /// Weights that cannot be read or do not fit the network.
    #[error("cannot load weights {name}: {source}")]
    Weights {
        /// Built-in name or path.
        name: String,
        /// Why.
        source: Cause,
    },
    /// The neural network failed.
    #[error("the generator failed: {source}")]
    Network {
        /// Why.
        source: Cause,
    },
    /// A compute device that is not there.
    #[error("cannot use device {device}: {reason}")]
    Device {
        /// As given.
        device: String,
        /// Why.
        reason: String,
    },
    /// No usable graphics adapter, or it failed.
    #[error("the graphics adapter failed: {source}")]
    Gpu {
        /// Why.
        source: Cause,
    },
    /// A camera that cannot be used as asked.
    #[error("cannot use camera {name}: {reason}")]
    Camera {
        /// As given, or the camera's own name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A live output that cannot be offered: an address in use, a virtual camera that is not there.
    #[error("cannot offer {target}: {reason}")]
    Offer {
        /// What was to be offered.
        target: String,
        /// Why.
        reason: String,
    },
    /// No window on a screen.
    #[error("cannot open a window: {reason}")]
    Window {
        /// Why.
        reason: String,
    },
    /// A recording in which there would be nothing.
    #[error("nothing was recorded to {}: {reason}", path.display())]
    Recording {
        /// The file that there is not.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// Training data that cannot be trained on.
    #[error("cannot train: {reason}")]
    Training {
        /// Why.
        reason: String,
    },
    /// A stage panicked: a defect of ours.
    #[error("the {stage} thread panicked: {message}")]
    Panicked {
        /// Which.
        stage: &'static str,
        /// The panic's message.
        message: String,
    },
}

impl Error {
    /// [`Error::Open`] for `path`.
    pub fn open(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Open { path: path.into(), source: source.into() }
    }
    /// [`Error::Create`] for `path`.
    pub fn create(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Create { path: path.into(), source: source.into() }
    }
    /// [`Error::Write`] for `path`.
    pub fn write(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Write { path: path.into(), source: source.into() }
    }
    /// [`Error::Panicked`] for `stage`, with what a caught `panic` says.
    pub fn panicked(stage: &'static str, panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Self::Panicked { stage, message: text.unwrap_or_else(|| "no message".into()) }
    }
    /// [`Error::Setting`] for `key`.
    pub fn setting(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Setting { key: key.into(), reason: reason.into() }
    }
    /// [`Error::Gpu`].
    pub fn gpu(source: impl Into<Cause>) -> Self {
        Self::Gpu { source: source.into() }
    }
    /// [`Error::Network`].
    pub fn network(source: impl Into<Cause>) -> Self {
        Self::Network { source: source.into() }
    }

    /// What the user can try next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { .. } => "check that the path is right and that it is a video or a picture".into(),
            Self::Read { .. } => "the input is damaged; what came before the damage was kept".into(),
            Self::Copy { .. } => {
                "check the disk that the input is on; finished segments were kept with --resume".into()
            }
            // Other reasons are the name's or the container's, and say so themselves.
            Self::Create { source, .. } => {
                let system = source.downcast_ref::<std::io::Error>();
                let denied = system.is_some_and(|error| error.kind() != std::io::ErrorKind::WouldBlock);
                return denied.then(|| "check that the folder exists and can be written".into());
            }
            Self::Exists { .. } => "choose another name, or add --overwrite".into(),
            Self::SameFile { .. } => "choose another name for the output".into(),
            Self::Write { .. } => "check the free space on that disk".into(),
            Self::Resume { .. } => "take the same input and options again, or begin anew with --overwrite".into(),
            Self::Plan { .. } => {
                "`comicvid plan IN OUT` divides a film, --overwrite anew; `comicvid segment OUT N` draws a part of it"
                    .into()
            }
            Self::Encoder { .. } => {
                "leave --encoder out for a codec that fits the container, or see `ffmpeg -encoders` for names".into()
            }
            Self::UnknownStyle { near, .. } if near.is_empty() => "`comicvid styles` lists them".into(),
            Self::UnknownStyle { near, .. } => {
                format!("did you mean {}? `comicvid styles` lists all", near.join(" or "))
            }
            // Options of the command line, and names, say what they take in the reason.
            Self::Setting { key, .. } if key.contains('.') => {
                "`comicvid styles --settings` lists every setting with its range".into()
            }
            Self::Weights { .. } => {
                "the file must be a safetensors file written by `comicvid train` of this version".into()
            }
            Self::Device { .. } => "use --device auto or --device cpu".into(),
            Self::Gpu { .. } => {
                "install a Vulkan driver (Debian and Ubuntu: `apt install mesa-vulkan-drivers` draws without a GPU)"
                    .into()
            }
            Self::Panicked { .. } => "this is a defect of comicvid: please report it with the command you ran".into(),
            Self::Camera { .. } => {
                "`comicvid devices` lists cameras; --camera test and --camera file:clip.mp4 stand in for one".into()
            }
            Self::Recording { .. } => {
                "a recording begins with the first picture: give it longer, and see what is said of the camera".into()
            }
            Self::Window { .. } => "add --no-window to run without one, with --serve, --record, …".into(),
            Self::Setting { .. } | Self::Network { .. } | Self::Training { .. } | Self::Offer { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error as System, ErrorKind};

    #[test]
    fn only_what_the_system_refuses_is_blamed_on_the_folder() {
        let path = Path::new("a/b.mp4");
        let hint = |error: Error| error.hint();
        assert!(hint(Error::create(path, System::from(ErrorKind::NotFound))).is_some_and(|h| h.contains("folder")));
        assert_eq!(hint(Error::create(path, System::from(ErrorKind::WouldBlock))), None);
        assert_eq!(hint(Error::create(path, "\".txt\" names no file format")), None);
    }
}
