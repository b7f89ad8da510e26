//! Photo and drawing in one picture, for films that compare them: side by side, or on both sides of a line. Runs on the
//! shader thread, without a GPU: planes are copied row by row, so that where the encoder takes the decoder's format, the
//! photo's samples are those of the decoder. A drawing that is held stands beside photos that go on. Where photos are
//! transparent, both are shown on white.

use super::beside::Beside;
use crate::av::scale::Converter;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Drawn, Frame, PixelFormat, Size, on_white, white};
use crate::stage::FrameFilter;
use std::sync::Arc;

/// How photo and drawing share a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    /// The photo left, the drawing right, both whole.
    SideBySide,
    /// The photo up to this part (0..=1) of the width, the drawing from there on, a white line between them.
    Split(f32),
}

impl Comparison {
    /// Size of the common picture of photos of size `photo` in `format`. Side by side, a photo of odd width gets its last
    /// column twice (up to thrice more with chroma of a quarter), so that each half has its own chroma samples.
    #[must_use]
    pub fn page(self, photo: Size, format: PixelFormat) -> Size {
        match self {
            Self::SideBySide => Size::new(half(photo.width, format) * 2, photo.height),
            Self::Split(_) => photo,
        }
    }
}

/// The drawing's place from the left, side by side.
const fn half(width: u32, format: PixelFormat) -> u32 {
    let block = match format {
        PixelFormat::Yuv { shift_x, .. } if shift_x > 1 => 1 << shift_x,
        _ => 2,
    };
    width.next_multiple_of(block)
}

/// Finishes drawings by another filter and puts each beside its photo.
pub struct Compare {
    finish: Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>,
    comparison: Comparison,
    /// Layout and colour of the common picture.
    output: (PixelFormat, ColorInfo),
    /// Photos, and how opaque their drawings are.
    photos: Beside<(CpuImage, Option<Arc<CpuImage>>)>,
    /// How opaque the last drawing is: one that is shown again stays so.
    last: Option<Arc<CpuImage>>,
    converter: Converter,
}

impl Compare {
    /// `finish` answers with pictures in the layout and colour of `output`.
    #[must_use]
    pub fn new(
        finish: Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>,
        comparison: Comparison,
        output: (PixelFormat, ColorInfo),
    ) -> Self {
        Self { finish, comparison, output, photos: Beside::default(), last: None, converter: Converter::default() }
    }

    fn join(&mut self, done: Option<Frame<CpuImage>>) -> Result<Option<Frame<CpuImage>>> {
        let Some(done) = done else { return Ok(None) };
        let (photo, drawn) = self.photos.take(done.stamp.index)?;
        let (format, color) = self.output;
        let (size, shape, shot) = (photo.size, photo.format, photo.matte());
        let photo = self.converter.convert(photo, size, format, color).map_err(|e| {
            let key = match self.comparison {
                Comparison::SideBySide => "side-by-side",
                Comparison::Split(_) => "split",
            };
            Error::setting(key, format!("the photo does not become {format:?}: {e}"))
        })?;
        let photo = on_white(photo, shot.as_deref());
        let page = self.comparison.page(size, shape);
        let joined = |drawing| compose(self.comparison, &photo, &on_white(drawing, drawn.as_deref()), page);
        done.try_map(|drawing| Ok(joined(drawing))).map(Some)
    }
}

impl FrameFilter for Compare {
    type In = Drawn;
    type Out = CpuImage;

    fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
        let photo = frame.image.photo.clone();
        if frame.image.drawing.is_some() {
            self.last = photo.matte();
        }
        self.photos.keep(frame.stamp.index, (photo, self.last.clone()));
        let done = self.finish.push(frame)?;
        self.join(done)
    }

    fn more(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let done = self.finish.more()?;
        self.join(done)
    }

    fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let done = self.finish.drain()?;
        self.join(done)
    }

    fn retune(&mut self, settings: &Settings) -> Result<bool> {
        self.finish.retune(settings)
    }
}

/// Both pictures, of one size, layout and colour, on an opaque page of size `page`.
fn compose(comparison: Comparison, photo: &CpuImage, drawing: &CpuImage, page: Size) -> CpuImage {
    let (format, color) = (photo.format, photo.color);
    let planes = (0..format.plane_count()).map(|plane| {
        let (columns, rows, bytes) = format.plane_layout(plane, page);
        let (own, _, _) = format.plane_layout(plane, photo.size);
        let mut out = Vec::with_capacity(columns as usize * rows as usize * bytes);
        match comparison {
            Comparison::SideBySide => {
                let padding = (columns / 2 - own) as usize;
                for row in 0..rows {
                    for side in [photo, drawing] {
                        let samples = side.row(plane, row);
                        out.extend_from_slice(samples);
                        let last = samples.len() - bytes;
                        (0..padding).for_each(|_| out.extend_from_slice(&samples[last..]));
                    }
                }
            }
            Comparison::Split(at) => {
                let [left, right] = line(at, page.width, format).map(|x| column(x, plane, format) as usize * bytes);
                let white = white(plane, format, color);
                for row in 0..rows {
                    out.extend_from_slice(&photo.row(plane, row)[..left]);
                    (left..right).step_by(bytes).for_each(|_| out.extend_from_slice(&white[..bytes]));
                    out.extend_from_slice(&drawing.row(plane, row)[right..]);
                }
            }
        }
        if format == PixelFormat::Rgba8 {
            out.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = u8::MAX);
        }
        out
    });
    CpuImage::from_planes(page, format, color, planes.collect())
}

/// First and end column of the line at part `at` of `width`, whole chroma samples: a 480th of the width, at least 2
/// pixels; none at the edges.
fn line(at: f32, width: u32, format: PixelFormat) -> [u32; 2] {
    let block = half(1, format);
    let last = width / block * block;
    let middle = ((at * width as f32 / block as f32).round() as u32 * block).min(last);
    if at <= 0.0 || at >= 1.0 {
        let edge = if at <= 0.0 { 0 } else { width };
        return [edge; 2];
    }
    let thick = (width / 480 / block * block).max(block);
    let left = middle.saturating_sub(thick / block / 2 * block);
    [left.min(last), (left + thick).min(last)]
}

/// Luma column `x`, a multiple of chroma samples or the picture's width, in the columns of `plane`.
const fn column(x: u32, plane: usize, format: PixelFormat) -> u32 {
    format.plane_layout(plane, Size::new(x, 1)).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Drawing, Packing, Stamp};
    use crate::post::Matte;
    use std::collections::VecDeque;

    const TEN: PixelFormat = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::Planar };
    const P010: PixelFormat = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::SemiPlanar };

    /// A picture whose samples of plane `p` all are `value + p`.
    fn flat(size: Size, format: PixelFormat, value: u8) -> CpuImage {
        let plane = |p: usize| {
            let (columns, rows, bytes) = format.plane_layout(p, size);
            vec![value + p as u8; columns as usize * rows as usize * bytes]
        };
        CpuImage::from_planes(size, format, ColorInfo::BT709, (0..format.plane_count()).map(plane).collect())
    }

    /// What of plane `plane`'s first row is photo (10), line, drawing (50): as runs.
    fn runs(image: &CpuImage, plane: usize) -> Vec<(u8, usize)> {
        let (_, _, bytes) = image.format.plane_layout(plane, image.size);
        let mut runs: Vec<(u8, usize)> = Vec::new();
        for sample in image.row(plane, 0).chunks_exact(bytes) {
            match runs.last_mut() {
                Some((value, count)) if *value == sample[0] => *count += 1,
                _ => runs.push((sample[0], 1)),
            }
        }
        runs
    }

    #[test]
    fn side_by_side_both_are_whole_and_odd_ones_filled_up() {
        for format in [PixelFormat::I420, PixelFormat::NV12, TEN, P010, PixelFormat::Rgba8] {
            let size = Size::new(33, 17);
            let page = Comparison::SideBySide.page(size, format);
            assert_eq!(page, Size::new(68, 17));
            let both = compose(Comparison::SideBySide, &flat(size, format, 10), &flat(size, format, 50), page);
            assert_eq!(runs(&both, 0), [(10, 34), (50, 34)], "{format:?}");
            for plane in 1..format.plane_count() {
                assert_eq!(runs(&both, plane), [(10 + plane as u8, 17), (50 + plane as u8, 17)], "{format:?}");
            }
        }
        let quarter = PixelFormat::Yuv { shift_x: 2, shift_y: 0, bits: 8, packing: Packing::Planar };
        assert_eq!(Comparison::SideBySide.page(Size::new(33, 17), quarter), Size::new(72, 17));
    }

    #[test]
    fn a_line_divides_at_whole_chroma_samples() {
        let size = Size::new(33, 17);
        let split = |at: f32, format| {
            let both = compose(Comparison::Split(at), &flat(size, format, 10), &flat(size, format, 50), size);
            assert_eq!(both.size, size);
            both
        };
        let half = split(0.5, PixelFormat::I420);
        assert_eq!(runs(&half, 0), [(10, 16), (235, 2), (50, 15)]);
        assert_eq!(runs(&half, 1), [(11, 8), (128, 1), (51, 8)]);
        assert_eq!(runs(&split(0.0, PixelFormat::I420), 0), [(50, 33)]);
        assert_eq!(runs(&split(1.0, PixelFormat::I420), 0), [(10, 33)]);
        assert_eq!(runs(&split(1.0, PixelFormat::I420), 2), [(12, 17)]);
        assert_eq!(runs(&split(0.999, PixelFormat::I420), 0), [(10, 32), (50, 1)]);
        assert_eq!(line(0.25, 1920, PixelFormat::I420), [478, 482]);
    }

    /// Answers one push late, with its picture; what it is to answer besides, when it is asked for more.
    struct Late(VecDeque<Frame<CpuImage>>, CpuImage);

    impl FrameFilter for Late {
        type In = Drawn;
        type Out = CpuImage;
        fn push(&mut self, frame: Frame<Drawn>) -> Result<Option<Frame<CpuImage>>> {
            self.0.push_back(Frame { stamp: frame.stamp, image: self.1.clone() });
            Ok(if self.0.len() > 2 { self.0.pop_front() } else { None })
        }
        fn more(&mut self) -> Result<Option<Frame<CpuImage>>> {
            Ok(if self.0.len() > 1 { self.0.pop_front() } else { None })
        }
        fn drain(&mut self) -> Result<Option<Frame<CpuImage>>> {
            Ok(self.0.pop_front())
        }
    }

    #[test]
    fn each_photo_stands_beside_its_own_drawing() {
        let size = Size::new(16, 2);
        let drawing = flat(size, PixelFormat::I420, 50);
        let late = || Box::new(Late(VecDeque::new(), drawing.clone()));
        let mut compare = Compare::new(late(), Comparison::SideBySide, (PixelFormat::I420, ColorInfo::BT709));
        let (mut matte, mut mattes) = (Matte::new(late()), 0);
        let mut seen = Vec::new();
        for index in 0..4u8 {
            let stamp = Stamp { index: index.into(), pts: 0, duration: 1 };
            let drawing = (index == 0).then(|| Drawing { size, rgba: vec![0; size.pixels() * 4] });
            let photo = flat(size, PixelFormat::I420, 10 + index);
            let drawn = Drawn { photo, drawing, motion: None, number: 0 };
            mattes += usize::from(matte.push(Frame { stamp, image: drawn.clone() }).unwrap().is_some());
            while matte.more().unwrap().is_some() {
                mattes += 1;
            }
            seen.extend(compare.push(Frame { stamp, image: drawn }).unwrap());
            while let Some(frame) = compare.more().unwrap() {
                seen.push(frame);
            }
            assert_eq!((seen.len(), mattes), (usize::from(index), usize::from(index)));
        }
        while let Some(frame) = compare.drain().unwrap() {
            seen.push(frame);
        }
        let left: Vec<u8> = seen.iter().map(|frame| frame.image.row(0, 0)[0]).collect();
        assert_eq!(left, [10, 11, 12, 13]);
        assert!(seen.iter().all(|frame| frame.image.row(0, 0)[16] == 50));
    }
}
