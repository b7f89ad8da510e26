//! `comicvid eval generator`.

use super::alone;
use crate::cli;
use crate::config::{self, Blend};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, PixelFormat, Size};
use crate::gpu::Context;
use crate::stage::Draw;
use crate::stylize::{self, Detail, Device, Generator, SmallRgb, Weights};
use crate::train::{self, Brush, JudgeOptions, Shift, Space, Verdict};
use image::{DynamicImage, RgbImage};
use std::io::Write;
use std::time::{Duration, Instant};

/// What is timed: pictures of this size, as often, after as many to warm up.
const TIMED: (Size, usize, usize) = (Size { width: 640, height: 360 }, 9, 3);

/// Judges a generator and prints the verdict.
///
/// # Errors
/// See [`train::judge`].
pub fn run(args: &cli::EvalGenerator) -> Result<()> {
    let device = args.device.parse::<Device>()?.choose()?;
    let weights = stylize::load(&args.weights)?;
    let options = JudgeOptions {
        photos: args.photos.clone(),
        comics: args.comics.clone(),
        features: args.features.clone(),
        sheet: args.sheet.clone(),
        device: device.device,
    };
    let (verdict, style) =
        if args.finished { judge_finished(args, &options)? } else { judge_drawn(args, &weights, &options)? };
    let generator = config::Generator { weights: args.weights.clone(), style, strength: 1.0 };
    let time = time(Generator::new(weights, &generator, &device, TIMED.0)?)?;
    let text = if args.json { json(&verdict, time)? } else { table(&verdict, time, &device.name) };
    // A reader that closed the pipe (`| head`) has what it wanted.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// Of the network's drawings; and the style it drew in.
fn judge_drawn(args: &cli::EvalGenerator, weights: &Weights, options: &JudgeOptions) -> Result<(Verdict, Blend)> {
    let style: Blend = args.style.parse().map_err(|reason: String| Error::setting("style", reason))?;
    let brush = Brush::new(weights, &style, options.device)?;
    Ok((train::judge(options, &mut |photo| brush.draw(photo))?, style))
}

/// Of finished pictures, drawn at the photo's own size.
fn judge_finished(args: &cli::EvalGenerator, options: &JudgeOptions) -> Result<(Verdict, Blend)> {
    let mut settings = config::load(&args.style, &[])?;
    settings.generator.weights.clone_from(&args.weights);
    let context = Context::new()?;
    let mut finish = |photo: &RgbImage| -> Result<RgbImage> {
        let size = Size::new(photo.width(), photo.height());
        let info = alone::info(size, PixelFormat::Rgba8);
        let rgba = DynamicImage::from(photo.clone()).into_rgba8().into_raw();
        let photo = CpuImage::from_planes(size, info.format, ColorInfo::SRGB, vec![rgba]);
        // More lines than any of these photos has: none is made smaller.
        let detail = Detail::Fine;
        let drawn = alone::redraw(&settings, detail, &args.device, &info, [photo])?;
        let finished = alone::finish(&context, &settings, detail, &info, &drawn)?;
        finished.first().map(alone::opaque).ok_or_else(|| Error::gpu("a picture went in and none came out"))
    };
    Ok((train::judge(options, &mut finish)?, settings.generator.style))
}

/// Median time of a drawing.
fn time(mut generator: Generator) -> Result<Duration> {
    let (size, times, before) = TIMED;
    let photo = SmallRgb { size, planes: (0..size.pixels() * 3).map(|i| (i % 251) as f32 / 251.0).collect() };
    let mut taken = Vec::new();
    for _ in 0..before + times {
        let start = Instant::now();
        generator.draw(&photo)?;
        taken.push(start.elapsed());
    }
    let taken = &mut taken[before..];
    taken.sort();
    Ok(taken[times / 2])
}

fn json(verdict: &Verdict, time: Duration) -> Result<String> {
    let mut value = serde_json::to_value(verdict).map_err(|e| Error::Training { reason: e.to_string() })?;
    value["milliseconds"] = serde_json::json!(time.as_secs_f64() * 1e3);
    Ok(format!("{value}\n"))
}

fn table(verdict: &Verdict, time: Duration, device: &str) -> String {
    let Verdict { photos, comics, .. } = verdict;
    let mut text = format!("{photos} photos, {comics} comic panels, none of them trained on\n\n");
    text +=
        &format!("{:<14} {:>12} {:>14} {:>15}\n", "seen through", "style closed", "(other comics)", "structure kept");
    for Space { name, style_closed, comics_closed, structure } in &verdict.spaces {
        let comics = comics_closed.map_or_else(|| "?".to_owned(), |closed| format!("{closed:.2}"));
        text += &format!("{name:<14} {style_closed:>12.2} {comics:>14} {structure:>15.3}\n");
    }
    text += &format!("\n{:<14} {:>12} {:>15}\n", "16x16 areas of", "brightness", "colour (of 1)");
    for (name, shift) in [("everything", verdict.all), ("skin", verdict.skin), ("sky", verdict.sky)] {
        let Shift { brightness, colour, areas } = shift;
        if areas > 0 {
            text += &format!("{name:<14} {brightness:>+12.3} {colour:>15.3}\n");
        }
    }
    let ms = time.as_secs_f64() * 1e3;
    let Size { width, height } = TIMED.0;
    text + &format!("\n{ms:.1} ms for {width}x{height} on {device}\n")
}
