//! Where a picture lies in a window. Lengths are what the caller measures in, points or pixels, y down.

use crate::frame::{Rational, Size};

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    pub const fn new(left: f32, top: f32, width: f32, height: f32) -> Self {
        Self { left, top, width, height }
    }

    /// The same in other units.
    pub fn scaled(self, factor: f32) -> Self {
        Self::new(self.left * factor, self.top * factor, self.width * factor, self.height * factor)
    }

    /// Corners in clip space (left, top, right, bottom; up is positive) of a target of `width` x `height`.
    pub fn clip_space(self, width: f32, height: f32) -> [f32; 4] {
        let x = |at: f32| at / width * 2.0 - 1.0;
        let y = |at: f32| 1.0 - at / height * 2.0;
        [x(self.left), y(self.top), x(self.left + self.width), y(self.top + self.height)]
    }

    /// How far along its width `x` is, 0..=1.
    pub fn along(self, x: f32) -> f32 {
        if self.width > 0.0 { ((x - self.left) / self.width).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// In whole pixels, left and right of the place that is `part` of its width along, clipped to a target of `bounds`:
    /// `(x, y, width, height)` each. Together they leave out and share no column.
    pub fn halves(self, part: f32, bounds: Size) -> [(u32, u32, u32, u32); 2] {
        let (width, height) = (bounds.width as f32, bounds.height as f32);
        let left = self.left.clamp(0.0, width).floor();
        let right = (self.left + self.width).clamp(0.0, width).ceil();
        let top = self.top.clamp(0.0, height).floor();
        let bottom = (self.top + self.height).clamp(0.0, height).ceil();
        let middle = (self.left + self.width * part).round().clamp(left, right);
        let piece = |from: f32, to: f32| (from as u32, top as u32, (to - from) as u32, (bottom - top) as u32);
        [piece(left, middle), piece(middle, right)]
    }
}

/// The largest rectangle within `area` for a picture of `size` pixels that are each `aspect` wide to high, in its middle.
pub(super) fn letterbox(area: Area, size: Size, aspect: Rational) -> Area {
    let shape = f64::from(size.width) * aspect.as_f64() / f64::from(size.height.max(1));
    let shape = if shape.is_finite() && shape > 0.0 { shape as f32 } else { 1.0 };
    let (width, height) = if area.width > area.height * shape {
        (area.height * shape, area.height)
    } else {
        (area.width, area.width / shape)
    };
    Area::new(area.left + (area.width - width) / 2.0, area.top + (area.height - height) / 2.0, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: Rational = Rational::new(1, 1);
    const HD: Size = Size::new(1280, 720);

    #[test]
    fn a_picture_keeps_its_shape_and_touches_two_sides() {
        let wide = letterbox(Area::new(0.0, 0.0, 2000.0, 720.0), HD, SQUARE);
        assert_eq!(wide, Area::new(360.0, 0.0, 1280.0, 720.0));
        let high = letterbox(Area::new(10.0, 20.0, 640.0, 800.0), HD, SQUARE);
        assert_eq!(high, Area::new(10.0, 240.0, 640.0, 360.0));
        // PAL's wide pixels: 720x576 shows as 16:9.
        let pal = letterbox(Area::new(0.0, 0.0, 1600.0, 900.0), Size::new(720, 576), Rational::new(64, 45));
        assert!((pal.width - 1600.0).abs() < 0.01 && (pal.height - 900.0).abs() < 0.01, "{pal:?}");
    }

    #[test]
    fn an_empty_area_holds_an_empty_picture() {
        let none = letterbox(Area::default(), HD, SQUARE);
        assert_eq!((none.width, none.height), (0.0, 0.0));
        assert_eq!(none.along(5.0), 0.0);
        assert_eq!(letterbox(Area::new(0.0, 0.0, 10.0, 10.0), Size::new(0, 0), SQUARE).width, 10.0);
    }

    #[test]
    fn clip_space_is_up_and_from_minus_one_to_one() {
        let area = Area::new(0.0, 0.0, 100.0, 50.0);
        assert_eq!(area.clip_space(100.0, 50.0), [-1.0, 1.0, 1.0, -1.0]);
        assert_eq!(area.scaled(0.5).clip_space(100.0, 50.0), [-1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn halves_meet_and_stay_within_the_window() {
        let area = Area::new(10.4, -5.0, 100.2, 50.0);
        for part in [0.0, 0.31, 0.5, 1.0] {
            let [(x, y, width, height), (next, _, rest, _)] = area.halves(part, Size::new(90, 30));
            assert_eq!((x, y, height), (10, 0, 30));
            assert_eq!((x + width, next + rest), (next, 90), "{part}");
        }
        assert_eq!(area.along(10.4 + 50.1), 0.5);
        assert_eq!((area.along(-9.0), area.along(1e6)), (0.0, 1.0));
    }
}
