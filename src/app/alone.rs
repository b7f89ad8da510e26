//! Pictures through generator and shaders, each by itself: no motion, no memory.

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Drawn, Frame, PixelFormat, Size, Stamp, StreamInfo};
use crate::gpu::Context;
use crate::pipeline::{Manner, Redraw};
use crate::post::PostChain;
use crate::stage::FrameFilter;
use crate::stylize::{self, Detail};
use image::{Rgb, RgbImage};

/// What a picture of this size is as a stream: R'G'B'A in sRGB, anything else in BT.709.
pub fn info(size: Size, format: PixelFormat) -> StreamInfo {
    StreamInfo {
        frame_count: Some(1),
        ..StreamInfo::new(size, format, if format == PixelFormat::Rgba8 { ColorInfo::SRGB } else { ColorInfo::BT709 })
    }
}

/// The generator's drawings.
///
/// # Errors
/// Weights or device cannot be used, or the generator fails.
pub fn redraw(
    settings: &Settings,
    detail: Detail,
    device: &str,
    info: &StreamInfo,
    photos: impl IntoIterator<Item = CpuImage>,
) -> Result<Vec<Drawn>> {
    let built = stylize::build(&settings.generator, detail, device, info)?;
    let mut redraw = Redraw::new(built.draw, info, detail, Manner { calm: 0.0, ..Manner::default() });
    photos.into_iter().enumerate().map(|(i, photo)| one(&mut redraw, i, photo)).collect()
}

/// Finished pictures: RGBA, sRGB.
///
/// # Errors
/// The graphics adapter fails.
pub fn finish(
    context: &Context,
    settings: &Settings,
    detail: Detail,
    info: &StreamInfo,
    drawings: &[Drawn],
) -> Result<Vec<CpuImage>> {
    let output = (PixelFormat::Rgba8, ColorInfo::SRGB);
    let mut chain = PostChain::new(context.clone(), settings, info, output, detail.working_size(info.size))?;
    let first = |drawn: &Drawn| Drawn { number: 0, ..drawn.clone() };
    drawings.iter().enumerate().map(|(i, drawn)| one(&mut chain, i, first(drawn))).collect()
}

/// An RGBA picture without its alpha.
pub fn opaque(picture: &CpuImage) -> RgbImage {
    let Size { width, height } = picture.size;
    RgbImage::from_fn(width, height, |x, y| {
        let pixel = &picture.row(0, y)[x as usize * 4..];
        Rgb([pixel[0], pixel[1], pixel[2]])
    })
}

/// What a filter makes of a picture alone.
fn one<F: FrameFilter>(filter: &mut F, index: usize, image: F::In) -> Result<F::Out> {
    let stamp = Stamp { index: index as u64, pts: index as i64, duration: 1 };
    let mut done = filter.push(Frame { stamp, image })?;
    while let Some(later) = filter.more()? {
        done = Some(later);
    }
    while let Some(later) = filter.drain()? {
        done = Some(later);
    }
    done.map(|frame| frame.image).ok_or_else(|| Error::gpu("a picture went in and none came out"))
}
