//! What a camera can deliver, and which of it is wanted.

use crate::frame::{Rational, Size};
use std::fmt;

/// How a camera codes a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Y U Y V bytes, 4:2:2.
    Yuyv,
    /// U Y V Y bytes, 4:2:2.
    Uyvy,
    /// Luma, then pairs of chroma, 4:2:0.
    Nv12,
    /// Luma, Cb, Cr, 4:2:0.
    I420,
    /// Luma, Cr, Cb, 4:2:0.
    Yv12,
    /// Luma alone.
    Grey,
    /// A JPEG each.
    Mjpeg,
    /// R G B bytes.
    Rgb,
    /// B G R bytes.
    Bgr,
}

impl Coding {
    /// What `code` of V4L2 means, where it is understood.
    #[must_use]
    pub const fn of_fourcc(code: [u8; 4]) -> Option<Self> {
        Some(match &code {
            b"YUYV" | b"YUY2" => Self::Yuyv,
            b"UYVY" => Self::Uyvy,
            b"NV12" => Self::Nv12,
            b"YU12" | b"I420" => Self::I420,
            b"YV12" => Self::Yv12,
            b"GREY" | b"Y800" => Self::Grey,
            b"MJPG" | b"JPEG" => Self::Mjpeg,
            b"RGB3" => Self::Rgb,
            b"BGR3" => Self::Bgr,
            _ => return None,
        })
    }

    /// V4L2's name.
    #[must_use]
    pub const fn fourcc(self) -> [u8; 4] {
        *match self {
            Self::Yuyv => b"YUYV",
            Self::Uyvy => b"UYVY",
            Self::Nv12 => b"NV12",
            Self::I420 => b"YU12",
            Self::Yv12 => b"YV12",
            Self::Grey => b"GREY",
            Self::Mjpeg => b"MJPG",
            Self::Rgb => b"RGB3",
            Self::Bgr => b"BGR3",
        }
    }

    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yuyv => "YUYV",
            Self::Uyvy => "UYVY",
            Self::Nv12 => "NV12",
            Self::I420 => "I420",
            Self::Yv12 => "YV12",
            Self::Grey => "grey",
            Self::Mjpeg => "MJPEG",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
        }
    }

    /// Bytes a pixel on the wire, about.
    const fn weight(self) -> f64 {
        match self {
            Self::Yuyv | Self::Uyvy => 2.0,
            Self::Nv12 | Self::I420 | Self::Yv12 => 1.5,
            Self::Grey => 1.0,
            Self::Mjpeg => 0.3,
            Self::Rgb | Self::Bgr => 3.0,
        }
    }
}

/// One way a camera can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Pixels.
    pub size: Size,
    /// Frames a second, exactly; `None` where the camera does not say.
    pub rate: Option<Rational>,
    /// Coding.
    pub coding: Coding,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.size, self.coding.name())?;
        match self.rate {
            Some(rate) => write!(f, " at {} fps", super::super::playback::round(rate)),
            None => Ok(()),
        }
    }
}

/// What is wanted of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Pixels.
    pub size: Size,
    /// Frames a second.
    pub rate: Rational,
}

impl Default for Wish {
    fn default() -> Self {
        Self { size: Size::new(1280, 720), rate: Rational::new(30, 1) }
    }
}

/// What USB 2 carries without compression, in bytes a second, less than that to be safe.
const BANDWIDTH: f64 = 35e6;

impl Wish {
    /// The mode that comes nearest: first as fast as wanted, then as large, then what costs least to decode and does not
    /// overload a USB 2 bus.
    #[must_use]
    pub fn choose(&self, modes: &[Mode]) -> Option<Mode> {
        modes.iter().copied().min_by(|a, b| {
            let (a, b) = (self.cost(a), self.cost(b));
            a.iter().zip(&b).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        })
    }

    /// Smaller is better, the first number that differs decides.
    fn cost(&self, mode: &Mode) -> [f64; 5] {
        let (wanted, rate) = (self.rate.as_f64(), mode.rate.map_or(self.rate.as_f64(), Rational::as_f64));
        // 29.97 is as good as 30.
        let slow = if rate >= wanted * 0.98 { 0.0 } else { wanted / rate.max(0.01) };
        let ratio = |a: u32, b: u32| (f64::from(a.max(1)) / f64::from(b.max(1))).ln().abs();
        let size = ratio(mode.size.width, self.size.width) + ratio(mode.size.height, self.size.height);
        let load = mode.size.pixels() as f64 * mode.coding.weight() * rate.min(wanted.max(1.0));
        let crowded = if load > BANDWIDTH { 1.0 } else { 0.0 };
        let decode = match mode.coding {
            Coding::Nv12 | Coding::I420 | Coding::Yv12 => 0.0,
            Coding::Yuyv | Coding::Uyvy => 1.0,
            Coding::Mjpeg => 2.0,
            Coding::Rgb | Coding::Bgr => 3.0,
            // Last, since colour is lost.
            Coding::Grey => 9.0,
        };
        [slow, size, if mode.coding == Coding::Grey { 2.0 } else { crowded }, decode, (rate / wanted).ln().abs()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(width: u32, height: u32, rate: (i32, i32), coding: Coding) -> Mode {
        Mode { size: Size::new(width, height), rate: Some(Rational::new(rate.0, rate.1)), coding }
    }

    /// A webcam as they are sold.
    fn webcam() -> Vec<Mode> {
        let mut modes = Vec::new();
        for (width, height, raw) in [(640, 480, 30), (640, 360, 30), (1280, 720, 10), (1920, 1080, 5), (160, 120, 30)] {
            modes.push(mode(width, height, (raw, 1), Coding::Yuyv));
            modes.push(mode(width, height, (30, 1), Coding::Mjpeg));
            modes.push(mode(width, height, (15, 1), Coding::Mjpeg));
        }
        modes
    }

    fn chosen(width: u32, height: u32, rate: i32) -> String {
        let wish = Wish { size: Size::new(width, height), rate: Rational::new(rate, 1) };
        wish.choose(&webcam()).unwrap().to_string()
    }

    #[test]
    fn speed_first_then_size_then_ease() {
        assert_eq!(chosen(1280, 720, 30), "1280x720 MJPEG at 30 fps");
        assert_eq!(chosen(640, 360, 30), "640x360 YUYV at 30 fps");
        assert_eq!(chosen(1280, 720, 10), "1280x720 YUYV at 10 fps");
        assert_eq!(chosen(1920, 1080, 60), "1920x1080 MJPEG at 30 fps");
        assert_eq!(chosen(3840, 2160, 30), "1920x1080 MJPEG at 30 fps");
        assert_eq!(chosen(100, 100, 30), "160x120 YUYV at 30 fps");
    }

    #[test]
    fn odd_rates_and_silent_cameras() {
        let ntsc = mode(640, 480, (30000, 1001), Coding::Yuyv);
        let slow = mode(640, 480, (15, 1), Coding::Nv12);
        let wish = Wish { size: Size::new(640, 480), ..Wish::default() };
        assert_eq!(wish.choose(&[slow, ntsc]), Some(ntsc));
        assert_eq!(ntsc.to_string(), "640x480 YUYV at 29.97 fps");
        let silent = Mode { rate: None, ..ntsc };
        assert_eq!(wish.choose(&[silent]), Some(silent));
        assert_eq!(wish.choose(&[]), None);
        let grey = mode(640, 480, (30, 1), Coding::Grey);
        assert_eq!(wish.choose(&[grey, ntsc]), Some(ntsc), "colour where there is colour");
    }

    #[test]
    fn codes_go_there_and_back() {
        use Coding::{Bgr, Grey, I420, Mjpeg, Nv12, Rgb, Uyvy, Yuyv, Yv12};
        for coding in [Yuyv, Uyvy, Nv12, I420, Yv12, Grey, Mjpeg, Rgb, Bgr] {
            assert_eq!(Coding::of_fourcc(coding.fourcc()), Some(coding));
        }
        assert_eq!(Coding::of_fourcc(*b"H264"), None);
    }
}
