//! Pictures of any size on a canvas of a fixed one: scaled, whole, in the middle, with black beside.

use crate::av::AvError;
use crate::av::scale::Converter;
use crate::frame::{ColorInfo, CpuImage, PixelFormat, Rational, Size};

/// Fits 4:2:0 pictures in BT.709 onto a canvas of even size.
pub struct Fit {
    canvas: Size,
    converter: Converter,
}

impl Fit {
    /// For a canvas of this size, made even.
    #[must_use]
    pub fn new(canvas: Size) -> Self {
        Self { canvas: even(canvas), converter: Converter::default() }
    }

    /// The canvas.
    #[must_use]
    pub fn canvas(&self) -> Size {
        self.canvas
    }

    /// `picture`, whose pixels are `aspect` as wide as high; untouched where it fits.
    ///
    /// # Errors
    /// Out of memory.
    pub fn fit(&mut self, picture: CpuImage, aspect: Rational) -> Result<CpuImage, AvError> {
        let inner = inner(picture.size, aspect, self.canvas);
        let scaled = self.converter.convert(picture, inner, PixelFormat::I420, ColorInfo::BT709)?;
        Ok(if inner == self.canvas { scaled } else { framed(&scaled, self.canvas) })
    }
}

/// At least 2x2, both sides even: what 4:2:0 and cameras want.
#[must_use]
pub const fn even(size: Size) -> Size {
    let (width, height) = (size.width & !1, size.height & !1);
    Size::new(if width == 0 { 2 } else { width }, if height == 0 { 2 } else { height })
}

/// The largest even size of the picture's shape that the canvas holds. A picture that is off by a pixel fills it.
fn inner(picture: Size, aspect: Rational, canvas: Size) -> Size {
    let wide = f64::from(picture.width) * aspect.as_f64();
    let scale = (f64::from(canvas.width) / wide).min(f64::from(canvas.height) / f64::from(picture.height));
    let side = |length: f64, most: u32| {
        let side = (length * scale).round() as u32;
        if side + 2 >= most { most } else { side & !1 }
    };
    even(Size::new(side(wide, canvas.width), side(f64::from(picture.height), canvas.height)))
}

/// `picture` in the middle of black.
fn framed(picture: &CpuImage, canvas: Size) -> CpuImage {
    let planes = (0..3)
        .map(|plane| {
            let (columns, rows, _) = PixelFormat::I420.plane_layout(plane, canvas);
            let (wide, high, _) = PixelFormat::I420.plane_layout(plane, picture.size);
            let (left, top) = ((columns - wide) / 2, (rows - high) / 2);
            let mut bytes = vec![if plane == 0 { 16 } else { 128 }; columns as usize * rows as usize];
            for row in 0..high {
                let start = (top + row) as usize * columns as usize + left as usize;
                bytes[start..start + wide as usize].copy_from_slice(picture.row(plane, row));
            }
            bytes
        })
        .collect();
    CpuImage::from_planes(canvas, PixelFormat::I420, ColorInfo::BT709, planes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(size: Size, luma: u8) -> CpuImage {
        let plane = |i: usize, value| {
            let (columns, rows, _) = PixelFormat::I420.plane_layout(i, size);
            vec![value; columns as usize * rows as usize]
        };
        CpuImage::from_planes(
            size,
            PixelFormat::I420,
            ColorInfo::BT709,
            vec![plane(0, luma), plane(1, 90), plane(2, 90)],
        )
    }

    #[test]
    fn what_fits_is_not_touched() {
        let picture = grey(Size::new(64, 36), 100);
        let before = picture.planes.plane(0).as_ptr();
        let fitted = Fit::new(Size::new(64, 36)).fit(picture, Rational::new(1, 1)).unwrap();
        assert_eq!(fitted.planes.plane(0).as_ptr(), before);
    }

    #[test]
    fn other_shapes_stand_whole_in_the_middle() {
        let mut fit = Fit::new(Size::new(161, 91));
        assert_eq!(fit.canvas(), Size::new(160, 90));
        let tall = fit.fit(grey(Size::new(30, 60), 200), Rational::new(1, 1)).unwrap();
        assert_eq!(tall.size, Size::new(160, 90));
        let row = tall.row(0, 45);
        // 45 columns of picture, rounded to 44, in the middle.
        assert_eq!((row[57], row[58], row[80], row[101], row[102]), (16, 200, 200, 200, 16));
        assert_eq!((tall.row(1, 20)[2], tall.row(1, 20)[40]), (128, 90));
    }

    #[test]
    fn pixels_that_are_not_square_are_made_so() {
        assert_eq!(inner(Size::new(720, 576), Rational::new(64, 45), Size::new(1280, 720)), Size::new(1280, 720));
        assert_eq!(inner(Size::new(640, 480), Rational::new(1, 1), Size::new(1280, 720)), Size::new(960, 720));
        assert_eq!(inner(Size::new(641, 361), Rational::new(1, 1), Size::new(640, 360)), Size::new(640, 360));
    }
}
