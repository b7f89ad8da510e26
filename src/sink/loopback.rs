//! A virtual camera of the `v4l2loopback` module: any program on this machine takes it for a camera.
//!
//! Pictures go out as YUYV in BT.601, limited range, as most webcams deliver, by mmap streaming, which is the only way
//! that works with releases 0.12 and 0.15 alike and leaves the device usable. As long as a program has the device open, its
//! format is fixed, whatever is asked for: pictures are then fitted to it.

use super::fit::{Fit, even};
use super::recode::{Recode, yuyv};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, Rational, Size, StreamInfo};
use crate::stage::FrameSink;
use crate::v4l2::{self, Direction, Format, Node, Stream};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the driver calls itself.
const DRIVER: &str = "v4l2 loopback";
/// What loads the module so that browsers see the device, too.
pub const LOAD: &str = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=Comicvid video_nr=9 max_buffers=2";
const BUFFERS: u32 = 4;
/// A reader has this long to give a buffer back; the module itself never makes anybody wait.
const PATIENCE: Duration = Duration::from_millis(50);

/// Devices of the module in `folder` (`/dev`), with their names.
#[must_use]
pub fn devices(folder: &Path) -> Vec<(PathBuf, String)> {
    let ours = |path: PathBuf| {
        let identity = Node::open(&path).and_then(|node| node.identity()).ok()?;
        (identity.driver == DRIVER).then_some((path, identity.card))
    };
    v4l2::nodes(folder).into_iter().filter_map(ours).collect()
}

/// The device at `path`, or the first there is.
///
/// # Errors
/// [`Error::Offer`], with the command that loads the module where it is not loaded.
pub fn find(path: Option<&Path>) -> Result<PathBuf> {
    let refused = |target: &Path, reason: String| Error::Offer { target: target.display().to_string(), reason };
    let Some(path) = path else {
        let first = devices(Path::new("/dev")).into_iter().next();
        return first.map(|(path, _)| path).ok_or_else(|| {
            let module = Path::new("/sys/module/v4l2loopback").exists();
            refused(Path::new("a virtual camera"), match module {
                true => "v4l2loopback is loaded but has no device for this user".into(),
                false => format!("the module v4l2loopback is not loaded; `{LOAD}` loads it (`sudo apt install v4l2loopback-dkms` installs it)"),
            })
        });
    };
    let identity = Node::open(path).and_then(|node| node.identity());
    let identity = identity.map_err(|e| refused(path, e.to_string()))?;
    if identity.driver == DRIVER {
        Ok(path.to_owned())
    } else {
        Err(refused(path, format!("it is a {} device and no virtual camera", identity.driver)))
    }
}

/// See the module.
pub struct LoopbackSink {
    path: PathBuf,
    rate: Option<Rational>,
    wanted: Size,
    recode: Recode,
    open: Open,
    lost: u64,
}

/// A device that streams.
struct Open {
    stream: Stream,
    format: Format,
    fit: Fit,
}

impl LoopbackSink {
    /// Opens the device for pictures as `info` says: 8-bit 4:2:0.
    ///
    /// # Errors
    /// [`Error::Offer`]: it is gone, has no buffers, or a program that reads it holds it to another pixel format.
    pub fn open(path: &Path, info: &StreamInfo) -> Result<Self> {
        let wanted = even(info.size);
        let open = open(path, wanted, info.frame_rate)?;
        let recode = Recode::new(info.color, ColorInfo::WEBCAM);
        Ok(Self { path: path.into(), rate: info.frame_rate, wanted, recode, open, lost: 0 })
    }

    /// The size that readers see: other than asked for while a reader holds the device to it.
    #[must_use]
    pub fn size(&self) -> Size {
        self.open.format.size
    }

    fn give(&mut self, image: CpuImage) -> io::Result<bool> {
        let Open { stream, format, fit } = &mut self.open;
        let fitted = fit.fit(image, Rational::new(1, 1)).map_err(io::Error::other)?;
        let fitted = self.recode.image(fitted);
        let stride = (format.stride as usize).max(format.size.width as usize * 2);
        stream.give(PATIENCE, |out| yuyv(&fitted, out, stride))
    }
}

impl FrameSink for LoopbackSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        match self.give(frame.image.clone()) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.lost += 1;
                Ok(())
            }
            Err(first) => {
                // The module was loaded anew, or another program wrote to the device.
                tracing::info!("{}: {first}; opening it again", self.path.display());
                self.open = open(&self.path, self.wanted, self.rate)?;
                self.give(frame.image).map(drop).map_err(|e| Error::write(&self.path, e))
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        if self.lost > 0 {
            tracing::info!("{}: {} pictures found no free buffer", self.path.display(), self.lost);
        }
        Ok(())
    }
}

fn open(path: &Path, size: Size, rate: Option<Rational>) -> Result<Open> {
    let refused = |reason: String| Error::Offer { target: path.display().to_string(), reason };
    let failed = |e: io::Error| refused(e.to_string());
    let mut node = Node::open(path).map_err(failed)?;
    if !node.identity().map_err(failed)?.outputs {
        revive(&node);
        drop(node);
        node = Node::open(path).map_err(failed)?;
    }
    let format = node.set_format(Direction::Output, *b"YUYV", size).map_err(|e| match e.raw_os_error() {
        Some(libc::EBUSY) => refused("another program writes to it".into()),
        _ => failed(e),
    })?;
    if format.code != *b"YUYV" {
        let code = String::from_utf8_lossy(&format.code).into_owned();
        return Err(refused(format!("a program that reads it holds it to the format {code}: close that first")));
    }
    if let Some(rate) = rate {
        // Readers see it; nothing depends on it.
        let _ = node.set_rate(Direction::Output, rate);
    }
    let stream = Stream::new(node, Direction::Output, BUFFERS).map_err(failed)?;
    Ok(Open { stream, format, fit: Fit::new(format.size) })
}

/// Release 0.12 with `exclusive_caps` takes no writer any more after one that used `write()`: it announces neither output
/// nor capture. Starting and stopping a stream, though it fails, brings it back.
fn revive(node: &Node) {
    let _ = node.switch(Direction::Output, true);
    let _ = node.switch(Direction::Output, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_virtual_camera_is_refused_with_a_reason() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(find(Some(file.path())), Err(Error::Offer { .. })));
        let error = find(Some(Path::new("/nonexistent/video9"))).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/video9") && error.contains("No such file"), "{error}");
        assert!(devices(Path::new("/nonexistent")).is_empty());
    }
}
