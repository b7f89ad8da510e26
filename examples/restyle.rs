//! Runs the shaders alone on one picture: `restyle IN.png OUT.png STYLE [drawing=FILE.png] [key=value]...`.
//!
//! Without a drawing, one stands in for the network's: the picture made small and smoothed by a Kuwahara filter.

use comicvid::config;
use comicvid::frame::{ColorInfo, CpuImage, Drawing, Drawn, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use comicvid::gpu::Context;
use comicvid::post::PostChain;
use comicvid::stage::FrameFilter;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, style, changes @ ..] = arguments.as_slice() else {
        return Err("restyle IN.png OUT.png STYLE [key=value]...".into());
    };
    let mut changes: Vec<(String, String)> =
        changes.iter().filter_map(|c| c.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
    let given = changes.iter().position(|(key, _)| key == "drawing").map(|at| changes.remove(at).1);
    let settings = config::load(style, &changes)?;
    let photo = image::open(input)?.to_rgba8();
    let size = Size::new(photo.width(), photo.height());
    let scale = (640.0 * 360.0 / size.pixels() as f64).sqrt().min(1.0);
    let side = |length: u32| ((f64::from(length) * scale / 8.0).round() as u32).max(1) * 8;
    let small = image::imageops::thumbnail(&photo, side(size.width), side(size.height));
    let small = match given {
        Some(path) => image::imageops::thumbnail(&image::open(path)?.to_rgba8(), small.width(), small.height()),
        None => kuwahara(&small),
    };
    let drawing = Drawing { size: Size::new(small.width(), small.height()), rgba: small.into_raw() };
    let format = PixelFormat::Rgba8;
    let photo = CpuImage::from_planes(size, format, ColorInfo::SRGB, vec![photo.into_raw()]);
    let context = Context::new()?;
    let second = Rational::new(1, 1);
    let input = StreamInfo {
        size,
        format,
        color: ColorInfo::SRGB,
        sample_aspect: second,
        time_base: second,
        frame_rate: None,
        frame_count: Some(1),
        live: false,
    };
    let mut chain = PostChain::new(context, &settings, &input, (format, ColorInfo::SRGB), drawing.size)?;
    let stamp = Stamp { index: 0, pts: 0, duration: 1 };
    chain.push(Frame { stamp, image: Drawn { photo, drawing } })?;
    let done = chain.drain()?.ok_or("no picture came back")?.image;
    let bytes: Vec<u8> = (0..size.height).flat_map(|y| done.row(0, y).to_vec()).collect();
    let picture = image::RgbaImage::from_raw(size.width, size.height, bytes).ok_or("the picture has another size")?;
    image::DynamicImage::from(picture).to_rgb8().save(output)?;
    Ok(())
}

/// Each pixel becomes the mean of the calmest of four 4x4 windows around it.
fn kuwahara(picture: &image::RgbaImage) -> image::RgbaImage {
    let (width, height) = picture.dimensions();
    image::RgbaImage::from_fn(width, height, |x, y| {
        let window = |dx: i32, dy: i32| {
            let (mut sum, mut square, mut count) = ([0f32; 3], 0f32, 0f32);
            for (oy, ox) in (0..4).flat_map(|oy| (0..4).map(move |ox| (oy, ox))) {
                let at = |c: u32, d: i32, o: i32, n: u32| (c as i32 + d * o).clamp(0, n as i32 - 1) as u32;
                let p = picture.get_pixel(at(x, dx, ox, width), at(y, dy, oy, height)).0;
                (0..3).for_each(|c| sum[c] += f32::from(p[c]));
                square += p[..3].iter().map(|&v| f32::from(v).powi(2)).sum::<f32>();
                count += 1.0;
            }
            let mean = sum.map(|s| s / count);
            (square / count - mean.iter().map(|m| m * m).sum::<f32>(), mean)
        };
        let windows = [window(-1, -1), window(1, -1), window(-1, 1), window(1, 1)];
        let calmest = windows.iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or([0.0; 3], |w| w.1);
        image::Rgba([calmest[0] as u8, calmest[1] as u8, calmest[2] as u8, 255])
    })
}
