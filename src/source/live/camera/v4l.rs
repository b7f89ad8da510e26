//! Linux's cameras, by V4L2 directly: any rate, any format that is understood, timeouts, the driver's own timestamps.

use super::mode::{Coding, Mode, Wish};
use super::unpack::Unpacker;
use super::{Backend, Device, Grab, Listed};
use crate::frame::{ChromaSiting, ColorInfo, Matrix, Range, Size};
use crate::v4l2::{self, Direction, Format, Identity, Node, Sizes, Stream};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Buffers of a camera: one is filled, one is read, two make up for a program that is held up.
const BUFFERS: u32 = 4;

/// Video devices of a folder.
#[derive(Clone, Debug)]
pub struct V4l {
    folder: PathBuf,
}

impl Default for V4l {
    fn default() -> Self {
        Self::in_folder("/dev")
    }
}

impl V4l {
    /// Those of another folder than `/dev`.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Backend for V4l {
    fn list(&self) -> Vec<Listed> {
        let camera = |path: PathBuf| {
            let index = path.file_name()?.to_str()?.strip_prefix("video")?.parse().ok()?;
            let node = match Node::open(&path) {
                Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM)) => {
                    return refused(path, index, why(&error));
                }
                node => node.ok()?,
            };
            let Identity { card: name, bus, captures, .. } = node.identity().ok()?;
            captures.then_some(Listed { name, bus, index, path: Some(path), refused: None })
        };
        v4l2::nodes(&self.folder).into_iter().filter_map(camera).collect()
    }

    fn modes(&self, camera: &Listed) -> Vec<Mode> {
        let node = camera.path.as_ref().and_then(|path| Node::open(path).ok());
        node.map_or_else(Vec::new, |node| modes(&node, Wish::default().size))
    }

    fn open(&self, camera: &Listed, wish: &Wish) -> Result<Box<dyn Device>, String> {
        let path = camera.path.as_ref().ok_or("it has no device file")?;
        let node = Node::open(path).map_err(|e| why(&e))?;
        let understood = modes(&node, wish.size);
        let mode = wish.choose(&understood).ok_or_else(|| {
            let names: Vec<String> = node
                .formats(Direction::Capture)
                .iter()
                .map(|code| String::from_utf8_lossy(code).trim().to_owned())
                .collect();
            format!("it has no format that is understood (it has {})", names.join(", "))
        })?;
        let format = node.set_format(Direction::Capture, mode.coding.fourcc(), mode.size).map_err(|e| why(&e))?;
        // Drivers may change what was asked for.
        let coding = Coding::of_fourcc(format.code).ok_or("it switched to a format that is not understood")?;
        let rate = node.set_rate(Direction::Capture, mode.rate.unwrap_or(wish.rate)).or(mode.rate);
        let mode = Mode { size: format.size, rate, coding };
        let unpacker = Unpacker::new(format.size, coding, format.stride as usize, color(&format))?;
        let stream = Stream::new(node, Direction::Capture, BUFFERS).map_err(|e| why(&e))?;
        Ok(Box::new(Open { stream, unpacker, mode }))
    }
}

/// A device that may not be asked what it is, by what the kernel tells everybody. Of the several that a camera may have,
/// the first is the camera.
fn refused(path: PathBuf, index: u32, why: String) -> Option<Listed> {
    let file = path.file_name()?.to_str()?.to_owned();
    let facts = Path::new("/sys/class/video4linux").join(&file);
    let fact = |name: &str| Some(std::fs::read_to_string(facts.join(name)).ok()?.trim().to_owned());
    if fact("index").is_some_and(|place| place != "0") {
        return None;
    }
    let name = fact("name").unwrap_or(file);
    Some(Listed { name, bus: String::new(), index, path: Some(path), refused: Some(why) })
}

struct Open {
    stream: Stream,
    unpacker: Unpacker,
    mode: Mode,
}

impl Device for Open {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, timeout: Duration) -> Result<Option<Grab>, String> {
        let unpacker = &mut self.unpacker;
        let taken = self.stream.newest(timeout, |bytes, meta| {
            // Damaged pictures are told by their length or by the JPEG decoder as often as by this flag.
            let image = if meta.damaged { None } else { unpacker.unpack(bytes) };
            image.map(|image| Grab {
                image,
                captured: meta.captured.unwrap_or_else(Instant::now),
                sequence: Some(meta.sequence.into()),
            })
        });
        taken.map(Option::flatten).map_err(|e| why(&e))
    }
}

/// Every mode whose format is understood. Of sizes that come in ranges, the one nearest to `wanted` and both ends.
fn modes(node: &Node, wanted: Size) -> Vec<Mode> {
    let mut modes = Vec::new();
    for code in node.formats(Direction::Capture) {
        let Some(coding) = Coding::of_fourcc(code) else { continue };
        let mut sizes: Vec<Size> = Vec::new();
        for entry in node.sizes(code) {
            match entry {
                Sizes::One(size) => sizes.push(size),
                Sizes::Range { low, high, step } => sizes.extend([low, nearest(wanted, low, high, step), high]),
            }
        }
        if sizes.is_empty() {
            sizes.push(wanted);
        }
        sizes.dedup();
        for size in sizes {
            let rates = node.rates(code, size);
            if rates.is_empty() {
                modes.push(Mode { size, rate: None, coding });
            }
            modes.extend(rates.into_iter().map(|rate| Mode { size, rate: Some(rate), coding }));
        }
    }
    modes
}

fn nearest(wanted: Size, low: Size, high: Size, step: Size) -> Size {
    let side = |wanted: u32, low: u32, high: u32, step: u32| {
        let steps = wanted.clamp(low, high.max(low)) - low;
        low + steps / step * step
    };
    Size::new(
        side(wanted.width, low.width, high.width, step.width),
        side(wanted.height, low.height, high.height, step.height),
    )
}

/// The kernel's rules for what is not said: `V4L2_MAP_YCBCR_ENC_DEFAULT` and `V4L2_MAP_QUANTIZATION_DEFAULT`.
fn color(format: &Format) -> ColorInfo {
    const SMPTE240M: u32 = 2;
    const REC709: u32 = 3;
    const JPEG: u32 = 7;
    const BT2020: u32 = 10;
    const DCI_P3: u32 = 12;
    let (matrix, tag) = match (format.encoding, format.colorspace) {
        (2 | 4, _) | (0, REC709 | DCI_P3) => (Matrix::Bt709, 1),
        (6 | 7, _) | (0, BT2020) => (Matrix::Bt2020, 9),
        (8, _) | (0, SMPTE240M) => (Matrix::Smpte240m, 7),
        _ => (Matrix::Bt601, 6),
    };
    let full = match format.quantization {
        0 => format.colorspace == JPEG,
        quantization => quantization == 1,
    };
    ColorInfo {
        matrix,
        matrix_tag: tag,
        range: if full { Range::Full } else { Range::Limited },
        siting: ChromaSiting::Left,
        primaries: 1,
        transfer: 13,
    }
}

/// What the system's words mean to the owner of a camera.
fn why(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EBUSY) => "another program uses it".into(),
        Some(libc::ENODEV | libc::ENXIO | libc::ENOENT) => "it was unplugged".into(),
        Some(libc::EACCES | libc::EPERM) => {
            "it may not be used (`sudo usermod -aG video $USER`, then log in again)".into()
        }
        Some(libc::EIO) => "its driver reports a failure (EIO)".into(),
        Some(libc::ENOSPC) => "the USB bus has no room for it".into(),
        Some(libc::ENOTTY | libc::EINVAL) => "it does not behave like a camera".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_goes_by_the_kernels_rules() {
        let format = |colorspace, encoding, quantization| Format {
            size: Size::new(2, 2),
            code: *b"YUYV",
            stride: 4,
            bytes: 8,
            colorspace,
            encoding,
            quantization,
        };
        let of = |c, e, q| {
            let color = color(&format(c, e, q));
            (color.matrix, color.range)
        };
        assert_eq!(of(8, 0, 0), (Matrix::Bt601, Range::Limited), "sRGB, as webcams say");
        assert_eq!(of(0, 0, 0), (Matrix::Bt601, Range::Limited));
        assert_eq!(of(3, 0, 0), (Matrix::Bt709, Range::Limited));
        assert_eq!(of(8, 2, 1), (Matrix::Bt709, Range::Full));
        assert_eq!(of(7, 0, 0), (Matrix::Bt601, Range::Full));
        assert_eq!(of(10, 0, 2), (Matrix::Bt2020, Range::Limited));
    }

    /// Does something as a user who may do nothing: only this thread, and only where it is the administrator's.
    fn as_nobody<T>(work: impl FnOnce() -> T + Send) -> T
    where
        T: Send,
    {
        let switched = || {
            // SAFETY: no memory is involved. The system call itself, unlike the C library's function, is for one thread.
            let done = unsafe { libc::syscall(libc::SYS_setresuid, -1_i64, 65_534_i64, -1_i64) };
            // SAFETY: as above.
            assert!(done == 0 || unsafe { libc::geteuid() } != 0);
            work()
        };
        std::thread::scope(|scope| scope.spawn(switched).join().unwrap())
    }

    #[test]
    fn a_camera_that_may_not_be_used_is_there_and_says_what_to_do() {
        use crate::frame::Clock;
        use crate::source::live::camera::{Camera, Selector};
        use crate::source::live::{Event, LiveSource};
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let allow = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        allow(folder.path(), 0o755);
        let path = folder.path().join("video4711");
        std::fs::write(&path, "").unwrap();
        let backend = V4l::in_folder(folder.path());
        assert_eq!(backend.list(), [], "a file that may be read and is no camera");
        allow(&path, 0);
        let (listed, event) = as_nobody(|| {
            let mut camera = Camera::new(Box::new(backend.clone()), Selector::Any, Wish::default(), Clock::start());
            (backend.list(), camera.next(Duration::from_millis(10)).unwrap())
        });
        let [camera] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((camera.name.as_str(), camera.index), ("video4711", 4711));
        assert!(camera.refused.as_ref().is_some_and(|why| why.contains("usermod -aG video")), "{camera:?}");
        let Event::Lost(reason) = event else { panic!("{event:?}") };
        assert!(reason.starts_with("video4711 cannot be opened: ") && reason.contains("usermod -aG video"), "{reason}");
    }

    #[test]
    fn ranges_of_sizes_are_met_at_the_nearest_step() {
        let (low, high, step) = (Size::new(48, 32), Size::new(1920, 1080), Size::new(16, 8));
        assert_eq!(nearest(Size::new(1280, 720), low, high, step), Size::new(1280, 720));
        assert_eq!(nearest(Size::new(650, 365), low, high, step), Size::new(640, 360));
        assert_eq!(nearest(Size::new(10, 5000), low, high, step), Size::new(48, 1080));
    }
}
