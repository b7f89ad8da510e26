//! How large the generator draws.

use crate::frame::Size;

/// How much work the generator does per frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// 480x270 and equal areas.
    Draft,
    /// 640x360 and equal areas.
    #[default]
    Standard,
    /// 1280x720 and equal areas.
    Fine,
}

/// The generator computes at a quarter and an eighth of its input's size.
const GRID: u32 = 8;

impl Detail {
    const fn area(self) -> u32 {
        match self {
            Self::Draft => 480 * 270,
            Self::Standard => 640 * 360,
            Self::Fine => 1280 * 720,
        }
    }

    /// The size at which a frame of `frame` pixels is drawn: the shape of the frame, this detail's area but never more
    /// than the frame's own, both sides rounded to multiples of 8 (which may stretch the picture by a few per mille).
    #[must_use]
    pub fn working_size(self, frame: Size) -> Size {
        let scale = (f64::from(self.area()) / frame.pixels() as f64).sqrt().min(1.0);
        let side = |length: u32| ((f64::from(length) * scale / f64::from(GRID)).round() as u32).max(1) * GRID;
        Size::new(side(frame.width), side(frame.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_depends_on_detail_and_shape_on_the_frame() {
        assert_eq!(Detail::Standard.working_size(Size::new(1280, 720)), Size::new(640, 360));
        assert_eq!(Detail::Standard.working_size(Size::new(3840, 2160)), Size::new(640, 360));
        assert_eq!(Detail::Standard.working_size(Size::new(1080, 1920)), Size::new(360, 640));
        assert_eq!(Detail::Fine.working_size(Size::new(1920, 1080)), Size::new(1280, 720));
        assert_eq!(Detail::Draft.working_size(Size::new(1920, 1080)), Size::new(480, 272));
    }

    #[test]
    fn small_frames_are_not_enlarged_beyond_the_grid() {
        assert_eq!(Detail::Standard.working_size(Size::new(321, 181)), Size::new(320, 184));
        assert_eq!(Detail::Standard.working_size(Size::new(1, 1)), Size::new(8, 8));
        assert_eq!(Detail::Standard.working_size(Size::new(10_000, 2)), Size::new(10_000, 8));
    }
}
