//! `comicvid preview IN`: a sheet of what each style makes of a few moments, to choose from before hours are spent.
//!
//! Each moment is one picture by itself, made smaller first: what moves (calm, boil, speed lines) is not to be seen, and the
//! generator draws each moment once, for all styles that share its weights.

mod sheet;

use super::alone;
use super::engine::detail;
use super::progress::Voice;
use crate::av::scale::Converter;
use crate::cli;
use crate::config::{self, PRESETS, Settings};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Drawn, Frame, PixelFormat, Rational, Size, Stamp};
use crate::gpu::Context;
use crate::sink::{self, SinkOptions};
use crate::source::{self, OpenOptions};
use sheet::{Row, Sheet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Pictures are drawn in this height and shown in half of it: ink is as fine as it will be in a film.
const LINES: u32 = 480;

/// A moment of the film.
struct Moment {
    at: Duration,
    photo: CpuImage,
}

/// Moments redrawn with some weights.
type Drawings = (String, Vec<Drawn>);

/// Makes the sheet.
///
/// # Errors
/// An input that cannot be opened, an unknown style, a sheet that cannot be written.
pub fn run(args: &cli::Preview, voice: Voice) -> Result<()> {
    let start = Instant::now();
    let styles = styles(args)?;
    let output = args.output.clone().unwrap_or_else(|| beside(&args.input));
    let moments = moments(&args.input, args.moments)?;
    let info = alone::info(moments.first().map_or(Size::new(2, 2), |moment| moment.photo.size), PixelFormat::I420);
    let mut sheet = Sheet::new(info.size);
    let times: Vec<_> = moments.iter().map(|moment| (moment.at, &moment.photo)).collect();
    sheet.push(&Row::of_photos(&times)?);
    let (context, detail) = (Context::new()?, detail(args.machine.detail));
    let mut drawings: Vec<Drawings> = Vec::new();
    for (name, settings) in &styles {
        let weights = &settings.generator.weights;
        let index = match drawings.iter().position(|(known, _)| known == weights) {
            Some(index) => index,
            None => {
                let photos = moments.iter().map(|moment| moment.photo.clone());
                drawings.push((weights.clone(), alone::redraw(settings, detail, &args.machine.device, &info, photos)?));
                drawings.len() - 1
            }
        };
        let pictures = alone::finish(&context, settings, detail, &info, &drawings[index].1)?;
        sheet.push(&Row { name: name.clone(), note: settings.description.clone(), pictures });
    }
    save(&output, sheet.into_picture(), args.overwrite)?;
    voice.say(&format!(
        "{}: {} styles, {} moments in {:.1} s",
        output.display(),
        styles.len(),
        moments.len(),
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// The styles that were asked for, or all that come with the program.
fn styles(args: &cli::Preview) -> Result<Vec<(String, Settings)>> {
    let all = || PRESETS.iter().map(|preset| preset.name.to_owned()).collect();
    let names: Vec<String> = if args.style.is_empty() { all() } else { args.style.clone() };
    names.into_iter().map(|name| Ok((name.clone(), config::load(&name, &args.set)?))).collect()
}

/// `film-preview.png` beside `film.mp4`.
fn beside(input: &Path) -> PathBuf {
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push("-preview.png");
    input.with_file_name(name)
}

/// Pictures from the middles of `count` equal parts of the film; one of a picture.
fn moments(input: &Path, count: u32) -> Result<Vec<Moment>> {
    let opened = source::open(input, &OpenOptions::default())?;
    let info = opened.source.info().clone();
    let length = info.frame_count.zip(info.frame_rate).map(|(frames, rate)| frames as f64 / rate.as_f64());
    let size = shown(info.size, info.sample_aspect);
    let mut converter = Converter::default();
    let mut take = |at: Duration, mut source: Box<dyn crate::stage::FrameSource>| -> Result<Option<Moment>> {
        let Some(frame) = source.next_frame()? else { return Ok(None) };
        let photo = converter.convert(frame.image, size, PixelFormat::I420, ColorInfo::BT709);
        Ok(Some(Moment { at, photo: photo.map_err(|e| Error::open(input, e))? }))
    };
    let mut moments = Vec::new();
    if let (Some(length), true) = (length, opened.cut.is_some()) {
        for part in 0..count {
            let at = Duration::from_secs_f64(length * (f64::from(part) + 0.5) / f64::from(count));
            // A length can be a guess, and the end of a film cut off: what is not there is not shown.
            if let Ok(there) = source::open(input, &OpenOptions { start: Some(at), ..OpenOptions::default() }) {
                moments.extend(take(at, there.source)?);
            }
        }
    }
    if moments.is_empty() {
        moments.extend(take(Duration::ZERO, opened.source)?);
    }
    Ok(moments)
}

/// The size that a picture is previewed in: as it is shown, with square pixels, both sides even.
fn shown(size: Size, aspect: Rational) -> Size {
    let height = size.height.min(LINES);
    let width = f64::from(size.width) * aspect.as_f64() * f64::from(height) / f64::from(size.height);
    // Panoramas would make a sheet that nobody can look at.
    let width = width.min(f64::from(height) * 4.0);
    sink::even(Size::new(width.round() as u32, height))
}

fn save(output: &Path, picture: CpuImage, overwrite: bool) -> Result<()> {
    let info = alone::info(picture.size, PixelFormat::Rgba8);
    let mut sink = sink::create(output, &info, &SinkOptions { overwrite, ..SinkOptions::default() })?.sink;
    let stamp = Stamp { index: 0, pts: 0, duration: 1 };
    sink.write(Frame { stamp, image: picture })?;
    sink.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_have_the_shape_of_the_film_as_it_is_shown() {
        assert_eq!(shown(Size::new(1920, 1080), Rational::new(1, 1)), Size::new(852, 480));
        assert_eq!(shown(Size::new(720, 576), Rational::new(64, 45)), Size::new(852, 480));
        assert_eq!(shown(Size::new(161, 91), Rational::new(1, 1)), Size::new(160, 90));
        assert_eq!(shown(Size::new(9000, 100), Rational::new(1, 1)), Size::new(400, 100));
        assert_eq!(beside(Path::new("a/film.mkv")), Path::new("a/film-preview.png"));
    }
}
