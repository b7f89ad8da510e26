//! Cameras: what is wanted of one, which is there, and what to do when it goes.
//!
//! | part | job |
//! |---|---|
//! | [`Backend`], [`Device`] | what a system's cameras must be able to do; `v4l` is Linux's own, `nokhwa` everybody's |
//! | [`Mode`], [`Wish`] | sizes, rates and formats, and the choice among them |
//! | `unpack` | the camera's bytes as planes |
//! | [`Camera`] | opens, watches, loses and finds again: a [`LiveSource`](super::LiveSource) |

mod mode;
mod nokhwa;
#[cfg(test)]
mod tests;
mod unpack;
#[cfg(target_os = "linux")]
mod v4l;
mod watch;

pub use self::nokhwa::Nokhwa;
#[cfg(target_os = "linux")]
pub use self::v4l::V4l;
pub use mode::{Coding, Mode, Wish};
pub use watch::Camera;

use crate::frame::CpuImage;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A camera that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Name for people; what a camera that was away is known by.
    pub name: String,
    /// Where it is plugged in, to tell twins apart; may be empty.
    pub bus: String,
    /// Its place in the system's list, from 0.
    pub index: u32,
    /// Device file, where it has one.
    pub path: Option<PathBuf>,
    /// Why it cannot be used, in words, where that shows without opening it.
    pub refused: Option<String>,
}

/// Which camera is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The first one.
    Any,
    /// By part of its name, upper or lower case.
    Name(String),
    /// By [`Listed::index`].
    Index(u32),
    /// By its device file, or a link to it.
    Path(PathBuf),
}

impl Selector {
    /// A number, a path (with a `/`), or a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(index) => Self::Index(index),
            Err(_) if text.contains('/') => Self::Path(text.into()),
            Err(_) if text.is_empty() => Self::Any,
            Err(_) => Self::Name(text.to_owned()),
        }
    }

    /// Whether `camera` is meant.
    #[must_use]
    pub fn matches(&self, camera: &Listed) -> bool {
        match self {
            Self::Any => true,
            Self::Name(name) => camera.name.to_lowercase().contains(&name.to_lowercase()),
            Self::Index(index) => camera.index == *index,
            Self::Path(path) => camera.path.as_ref().is_some_and(|own| own == path || same_file(own, path)),
        }
    }
}

/// Whether two paths lead to one file, by whatever links: those in `/dev/v4l/by-id` keep their names.
fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => write!(f, "camera"),
            Self::Name(name) => write!(f, "camera called \"{name}\""),
            Self::Index(index) => write!(f, "camera number {index}"),
            Self::Path(path) => write!(f, "camera at {}", path.display()),
        }
    }
}

/// A frame as a camera gave it.
#[derive(Clone, Debug)]
pub struct Grab {
    /// The picture.
    pub image: CpuImage,
    /// When it was captured.
    pub captured: Instant,
    /// Counts the camera's frames, lost ones too; `None` where it does not.
    pub sequence: Option<u64>,
}

/// An open camera. Dropping it closes it, and never waits long.
pub trait Device: Send {
    /// What it delivers.
    fn mode(&self) -> &Mode;
    /// The newest frame, waited for at most `timeout`; `None` where none came in time. A frame that is damaged is no frame.
    ///
    /// # Errors
    /// In words: it is gone, or will not work again without being opened anew.
    fn next(&mut self, timeout: Duration) -> Result<Option<Grab>, String>;
}

/// A system's cameras.
pub trait Backend: Send {
    /// Those that are there, in a steady order.
    fn list(&self) -> Vec<Listed>;
    /// What a camera can do; empty where it does not say, or cannot be asked.
    fn modes(&self, camera: &Listed) -> Vec<Mode>;
    /// Opens a camera in the mode that comes nearest to the wish.
    ///
    /// # Errors
    /// In words: busy, no permission, no format that is understood, …
    fn open(&self, camera: &Listed, wish: &Wish) -> Result<Box<dyn Device>, String>;
}

/// The cameras of this system, through its own interface.
#[must_use]
pub fn system() -> Box<dyn Backend> {
    #[cfg(target_os = "linux")]
    return Box::new(V4l::default());
    #[cfg(not(target_os = "linux"))]
    return Box::new(Nokhwa);
}
