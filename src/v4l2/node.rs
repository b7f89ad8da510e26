//! A device node: what it is, what it can do, what it is set to.

use crate::frame::{Rational, Size};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;
use v4l::v4l_sys as sys;
use v4l::v4l2::vidioc;

/// Four letters that name a pixel format.
pub type FourCc = [u8; 4];

/// Which way pictures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the device.
    Capture,
    /// To the device.
    Output,
}

impl Direction {
    /// `V4L2_BUF_TYPE_*`.
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Capture => 1,
            Self::Output => 2,
        }
    }
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the driver.
    pub driver: String,
    /// Name for people.
    pub card: String,
    /// Where it is plugged in.
    pub bus: String,
    /// Delivers pictures, by streaming.
    pub captures: bool,
    /// Takes pictures, by streaming.
    pub outputs: bool,
}

/// Sizes that a format comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// This one.
    One(Size),
    /// From the first to the second in steps.
    Range {
        /// Smallest.
        low: Size,
        /// Largest.
        high: Size,
        /// From one width, and height, to the next.
        step: Size,
    },
}

/// Layout and colour of pictures, as the driver set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Pixels.
    pub size: Size,
    /// Pixel format.
    pub code: FourCc,
    /// Bytes from row to row of the first plane; 0 for compressed ones.
    pub stride: u32,
    /// Bytes of a picture, at most.
    pub bytes: u32,
    /// `V4L2_COLORSPACE_*`, 0 where unknown.
    pub colorspace: u32,
    /// `V4L2_YCBCR_ENC_*`, 0 for what is usual.
    pub encoding: u32,
    /// `V4L2_QUANTIZATION_*`: 0 for what is usual, 1 full, 2 limited.
    pub quantization: u32,
}

/// An open device.
#[derive(Debug)]
pub struct Node(File);

/// Types that are nothing but numbers, so that all-zero bytes are a value of them.
///
/// # Safety
/// Zero bytes must be a valid value.
pub(super) unsafe trait Plain: Sized {
    fn zeroed() -> Self {
        // SAFETY: the trait's promise.
        unsafe { std::mem::zeroed() }
    }
}

macro_rules! plain {
    ($($name:ident),*) => {
        // SAFETY: structures of the kernel's interface: integers, and unions and arrays of integers.
        $(unsafe impl Plain for sys::$name {})*
    };
}
plain!(
    v4l2_capability,
    v4l2_fmtdesc,
    v4l2_frmsizeenum,
    v4l2_frmivalenum,
    v4l2_format,
    v4l2_streamparm,
    v4l2_requestbuffers,
    v4l2_buffer
);

impl Node {
    /// Opens a device without waiting for it.
    ///
    /// # Errors
    /// The system's: absent, no permission, no such device any more.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = libc::O_NONBLOCK | libc::O_CLOEXEC;
        OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).map(Self)
    }

    pub(super) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// One `ioctl`, again if a signal interrupts it. `request` must be one whose argument is a `T`.
    pub(super) fn control<T>(&self, request: vidioc::_IOC_TYPE, argument: &mut T) -> io::Result<()> {
        loop {
            // SAFETY: an open file, and a pointer to the structure that the request is defined for (every call in this module
            // pairs them), valid for reads and writes during the call.
            let done = unsafe { v4l::v4l2::ioctl(self.fd(), request, std::ptr::from_mut(argument).cast()) };
            match done {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// What it is.
    ///
    /// # Errors
    /// It is no video device, or gone.
    pub fn identity(&self) -> io::Result<Identity> {
        const CAPTURE: u32 = 0x1;
        const OUTPUT: u32 = 0x2;
        const BOTH: u32 = 0x8000 | 0x4000;
        const STREAMING: u32 = 0x0400_0000;
        const DEVICE_CAPS: u32 = 0x8000_0000;
        let mut facts = sys::v4l2_capability::zeroed();
        self.control(vidioc::VIDIOC_QUERYCAP, &mut facts)?;
        let can = if facts.capabilities & DEVICE_CAPS == 0 { facts.capabilities } else { facts.device_caps };
        let streams = can & STREAMING != 0 && can & BOTH == 0;
        Ok(Identity {
            driver: text(&facts.driver),
            card: text(&facts.card),
            bus: text(&facts.bus_info),
            captures: streams && can & CAPTURE != 0,
            outputs: streams && can & OUTPUT != 0,
        })
    }

    /// Pixel formats, in the driver's order.
    #[must_use]
    pub fn formats(&self, direction: Direction) -> Vec<FourCc> {
        let ask = |index| {
            let mut format = sys::v4l2_fmtdesc { index, type_: direction.code(), ..Plain::zeroed() };
            self.control(vidioc::VIDIOC_ENUM_FMT, &mut format).ok()?;
            Some(format.pixelformat.to_le_bytes())
        };
        (0..64).map_while(ask).collect()
    }

    /// Sizes that a pixel format comes in.
    #[must_use]
    pub fn sizes(&self, code: FourCc) -> Vec<Sizes> {
        let ask = |index| {
            let mut answer = sys::v4l2_frmsizeenum { index, pixel_format: u32::from_le_bytes(code), ..Plain::zeroed() };
            self.control(vidioc::VIDIOC_ENUM_FRAMESIZES, &mut answer).ok()?;
            // SAFETY: both members of the union are plain integers; the driver says which one it filled.
            Some(unsafe {
                if answer.type_ == 1 {
                    let one = answer.__bindgen_anon_1.discrete;
                    Sizes::One(Size::new(one.width, one.height))
                } else {
                    let range = answer.__bindgen_anon_1.stepwise;
                    Sizes::Range {
                        low: Size::new(range.min_width, range.min_height),
                        high: Size::new(range.max_width, range.max_height),
                        step: Size::new(range.step_width.max(1), range.step_height.max(1)),
                    }
                }
            })
        };
        (0..256).map_while(ask).collect()
    }

    /// Frame rates at a size; of a range of rates, both ends. Empty where the driver does not say.
    #[must_use]
    pub fn rates(&self, code: FourCc, size: Size) -> Vec<Rational> {
        let mut rates = Vec::new();
        for index in 0..256 {
            let mut answer = sys::v4l2_frmivalenum {
                index,
                pixel_format: u32::from_le_bytes(code),
                width: size.width,
                height: size.height,
                ..Plain::zeroed()
            };
            if self.control(vidioc::VIDIOC_ENUM_FRAMEINTERVALS, &mut answer).is_err() {
                break;
            }
            // SAFETY: as in `sizes`.
            unsafe {
                if answer.type_ == 1 {
                    rates.extend(rate(answer.__bindgen_anon_1.discrete));
                } else {
                    let range = answer.__bindgen_anon_1.stepwise;
                    rates.extend(rate(range.min));
                    rates.extend(rate(range.max));
                }
            }
        }
        rates
    }

    /// Asks for a format; answers with what the driver made of it, which may be another one.
    ///
    /// # Errors
    /// The driver's: busy, gone.
    pub fn set_format(&self, direction: Direction, code: FourCc, size: Size) -> io::Result<Format> {
        let mut format = sys::v4l2_format { type_: direction.code(), ..Plain::zeroed() };
        let mut wanted: sys::v4l2_pix_format = {
            // SAFETY: integers, as above.
            unsafe { std::mem::zeroed() }
        };
        (wanted.width, wanted.height) = (size.width, size.height);
        wanted.pixelformat = u32::from_le_bytes(code);
        // `V4L2_FIELD_NONE`: progressive.
        wanted.field = 1;
        format.fmt.pix = wanted;
        self.control(vidioc::VIDIOC_S_FMT, &mut format)?;
        // SAFETY: for these types of stream the driver fills this member of the union.
        let pix = unsafe { format.fmt.pix };
        // SAFETY: two names of the same integer.
        let encoding = unsafe { pix.__bindgen_anon_1.ycbcr_enc };
        Ok(Format {
            size: Size::new(pix.width, pix.height),
            code: pix.pixelformat.to_le_bytes(),
            stride: pix.bytesperline,
            bytes: pix.sizeimage,
            colorspace: pix.colorspace,
            encoding,
            quantization: pix.quantization,
        })
    }

    /// Asks for a frame rate; answers with the one in force, `None` where the driver does not say.
    #[must_use]
    pub fn set_rate(&self, direction: Direction, wanted: Rational) -> Option<Rational> {
        let mut parameters = sys::v4l2_streamparm { type_: direction.code(), ..Plain::zeroed() };
        let (Ok(numerator), Ok(denominator)) = (u32::try_from(wanted.den), u32::try_from(wanted.num)) else {
            return None;
        };
        let interval = sys::v4l2_fract { numerator, denominator };
        match direction {
            Direction::Capture => parameters.parm.capture.timeperframe = interval,
            Direction::Output => parameters.parm.output.timeperframe = interval,
        }
        self.control(vidioc::VIDIOC_S_PARM, &mut parameters).ok()?;
        // SAFETY: integers, of the member that belongs to the type.
        let answer = unsafe {
            match direction {
                Direction::Capture => parameters.parm.capture.timeperframe,
                Direction::Output => parameters.parm.output.timeperframe,
            }
        };
        rate(answer)
    }

    /// Starts (`VIDIOC_STREAMON`) or stops a stream, without regard for its buffers.
    ///
    /// # Errors
    /// The driver's.
    pub fn switch(&self, direction: Direction, on: bool) -> io::Result<()> {
        let mut code = direction.code() as libc::c_int;
        self.control(if on { vidioc::VIDIOC_STREAMON } else { vidioc::VIDIOC_STREAMOFF }, &mut code)
    }

    /// Waits until a picture can be taken or given; `false` when the time is over. What is wrong with a device is told by the
    /// next call to it, which is allowed then.
    ///
    /// # Errors
    /// The system's.
    pub fn wait(&self, direction: Direction, timeout: Duration) -> io::Result<bool> {
        let events = match direction {
            Direction::Capture => libc::POLLIN,
            Direction::Output => libc::POLLOUT,
        };
        let mut asked = libc::pollfd { fd: self.fd(), events, revents: 0 };
        let milliseconds = libc::c_int::try_from(timeout.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: one structure, valid during the call.
        match unsafe { libc::poll(&raw mut asked, 1, milliseconds) } {
            -1 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
                error => Err(error),
            },
            ready => Ok(ready > 0),
        }
    }
}

/// A frame interval as a rate, in lowest terms.
fn rate(interval: sys::v4l2_fract) -> Option<Rational> {
    Rational::parse(&format!("{}/{}", interval.denominator, interval.numerator)).filter(|r| r.num > 0)
}

/// A C string in a fixed field.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}
