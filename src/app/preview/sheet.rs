//! A contact sheet: rows of pictures, with a caption over each. RGB, sRGB code values.

use crate::app::alone;
use crate::av::scale::Converter;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, PixelFormat, Size};
use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use std::time::Duration;

/// Distance between pictures in pixels.
const GAP: u32 = 8;
/// Height of a caption's letters.
const LETTERS: f32 = 22.0;
const PAPER: Rgb<u8> = Rgb([250, 248, 242]);
const INK: Rgb<u8> = Rgb([24, 22, 26]);
const PALE: Rgb<u8> = Rgb([110, 106, 112]);

/// A row: pictures of one size, RGBA.
pub struct Row {
    /// Stands over it.
    pub name: String,
    /// Stands behind the name, paler.
    pub note: String,
    /// From left to right.
    pub pictures: Vec<CpuImage>,
}

impl Row {
    /// What was shot, with the times.
    ///
    /// # Errors
    /// Out of memory.
    pub fn of_photos(photos: &[(Duration, &CpuImage)]) -> Result<Self> {
        let mut converter = Converter::default();
        let mut rgba = |photo: &CpuImage| {
            let picture = converter.convert(photo.clone(), photo.size, PixelFormat::Rgba8, ColorInfo::SRGB);
            picture.map_err(|e| Error::gpu(format!("a photo cannot be shown: {e}")))
        };
        let pictures = photos.iter().map(|(_, photo)| rgba(photo)).collect::<Result<_>>()?;
        let times: Vec<String> = photos.iter().map(|(at, _)| time(*at)).collect();
        Ok(Self { name: "as it was shot".into(), note: times.join(",  "), pictures })
    }
}

/// A sheet that grows downwards.
pub struct Sheet {
    cell: Size,
    rows: Vec<RgbImage>,
}

impl Sheet {
    /// For pictures of `size`, which are shown in half of it, small ones in full.
    pub fn new(size: Size) -> Self {
        let half = |side: u32| if size.height > 240 { side / 2 } else { side };
        Self { cell: Size::new(half(size.width), half(size.height)), rows: Vec::new() }
    }

    /// Adds a row below.
    pub fn push(&mut self, row: &Row) {
        let Size { width, height } = self.cell;
        let caption = (LETTERS * 1.5).ceil() as u32;
        // Wide enough for a caption where the pictures are few and small.
        let columns = u32::try_from(row.pictures.len()).unwrap_or(1);
        let mut image = RgbImage::from_pixel((columns * (width + GAP)).max(360), caption + height + GAP, PAPER);
        let pen = print(&mut image, &row.name, 0.0, INK);
        print(&mut image, &row.note, pen + LETTERS, PALE);
        for (column, picture) in (0..).zip(&row.pictures) {
            let whole = alone::opaque(picture);
            let small = if whole.dimensions() == (width, height) {
                whole
            } else {
                imageops::resize(&whole, width, height, FilterType::Triangle)
            };
            imageops::replace(&mut image, &small, i64::from(column * (width + GAP)), caption.into());
        }
        self.rows.push(image);
    }

    /// All rows as one picture: RGBA, sRGB.
    pub fn into_picture(self) -> CpuImage {
        let width = self.rows.iter().map(RgbImage::width).max().unwrap_or(0) + GAP;
        let height = self.rows.iter().map(RgbImage::height).sum::<u32>() + GAP;
        let mut sheet = RgbImage::from_pixel(width, height, PAPER);
        let mut y = i64::from(GAP);
        for row in &self.rows {
            imageops::replace(&mut sheet, row, GAP.into(), y);
            y += i64::from(row.height());
        }
        let rgba = sheet.pixels().flat_map(|Rgb([r, g, b])| [*r, *g, *b, u8::MAX]).collect();
        CpuImage::from_planes(Size::new(width, height), PixelFormat::Rgba8, ColorInfo::SRGB, vec![rgba])
    }
}

/// `1:02:03`, `2:03.5`.
fn time(at: Duration) -> String {
    let (seconds, tenths) = (at.as_secs(), at.subsec_millis() / 100);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}.{tenths}") }
}

/// Writes a line at the top, from `x` on; answers with where it ends.
fn print(image: &mut RgbImage, text: &str, x: f32, color: Rgb<u8>) -> f32 {
    // The font is part of the program, so there is always one.
    let Ok(font) = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT) else { return x };
    let scale = PxScale::from(LETTERS);
    let scaled = font.as_scaled(scale);
    let mut at = x;
    for c in text.chars() {
        let id = font.glyph_id(c);
        let glyph = Glyph { id, scale, position: point(at, scaled.ascent() + LETTERS * 0.2) };
        at += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|dx, dy, coverage| {
            let (x, y) = (bounds.min.x as i64 + i64::from(dx), bounds.min.y as i64 + i64::from(dy));
            let place = u32::try_from(x).ok().zip(u32::try_from(y).ok());
            let Some(pixel) = place.and_then(|(x, y)| image.get_pixel_mut_checked(x, y)) else { return };
            // A light face reads better a little bolder.
            let ink = (coverage * 1.3).min(1.0);
            for (below, ink_of) in pixel.0.iter_mut().zip(color.0) {
                *below = (f32::from(*below) + (f32::from(ink_of) - f32::from(*below)) * ink).round() as u8;
            }
        });
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_captions_are_where_they_belong() {
        let size = Size::new(64, 40);
        let red = CpuImage::from_planes(
            size,
            PixelFormat::Rgba8,
            ColorInfo::SRGB,
            vec![[200, 0, 0, 255].repeat(size.pixels())],
        );
        let mut sheet = Sheet::new(size);
        for name in ["noir", "manga"] {
            sheet.push(&Row { name: name.into(), note: String::new(), pictures: vec![red.clone(), red.clone()] });
        }
        let picture = sheet.into_picture();
        let caption = (LETTERS * 1.5).ceil() as u32;
        assert_eq!(picture.size, Size::new(360 + GAP, GAP + 2 * (caption + 40 + GAP)));
        let at = |x: u32, y: u32| picture.row(0, y)[x as usize * 4..][..3].to_vec();
        let second = GAP + caption + 40 + GAP;
        assert_eq!(at(GAP + 64 + GAP + 2, second + caption + 20), [200, 0, 0]);
        assert_eq!(at(GAP + 64 + GAP / 2, second + caption + 20), PAPER.0);
        let ink = (0..caption).flat_map(|y| (0..200).map(move |x| (x, y))).filter(|(x, y)| at(*x, second + y)[0] < 90);
        assert!(ink.count() > 40, "the second row has no name");
    }

    #[test]
    fn times_read_like_a_clock() {
        assert_eq!(time(Duration::from_millis(62_530)), "1:02.5");
        assert_eq!(time(Duration::from_secs(3_723)), "1:02:03");
    }
}
