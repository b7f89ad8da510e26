//! High dynamic range (PQ, HLG) into standard: planes in, planes of the same layout in BT.709 out. Runs on the source
//! thread, before anybody looks at a frame, so that network, motion and shaders all see what the film will show.
//!
//! * Light is drawn together by the curve of ITU-R BT.2390, on the brightest of the three channels, so that hues stay.
//! * Colours outside of BT.709 fade towards grey of their own luminance until they fit.
//! * The curve is that of the stream's stated peak and the same for all frames: nothing pumps.

mod curve;

use crate::frame::pq::{USUAL_PEAK, WHITE};
use crate::frame::{ColorInfo, CpuImage, Matrix, Packing, PixelFormat, Range as CodeRange};
use crate::gpu::Codes;
use std::ops::Range;

/// H.273 `ColourPrimaries` of BT.2020.
const BT2020: u8 = 9;
/// Steps of a table over a signal of up to 12 bits.
const STEPS: usize = 4096;
/// Threads for one picture, so that a decoder's own are not crowded out.
const MOST_WORKERS: usize = 4;
/// Luminance of linear BT.2020 and BT.709.
const LUMA_2020: [f32; 3] = [0.2627, 0.678, 0.0593];
const LUMA_709: [f32; 3] = [0.2126, 0.7152, 0.0722];
/// Linear BT.2020 to linear BT.709 (ITU-R BT.2087).
const TO_709: [[f32; 3]; 3] = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];

/// Turns pictures of one kind into standard range.
pub struct ToneMap {
    from: Codes,
    to: Codes,
    format: PixelFormat,
    color: ColorInfo,
    hlg: bool,
    wide: bool,
    /// Brightest light there is.
    peak: f32,
    /// Light by signal.
    light: Vec<f32>,
    /// What brightness is multiplied by, by its fourth root (of `peak`).
    gain: Vec<f32>,
    /// Signal by the square root of light.
    signal: Vec<f32>,
}

impl ToneMap {
    /// For pictures in `format` and `color` whose stream states a peak of `nits`, if any; `None` where they are standard
    /// already, or of a layout that high range does not come in.
    #[must_use]
    pub fn new(format: PixelFormat, color: ColorInfo, nits: Option<f32>) -> Option<Self> {
        let hlg = color.transfer == ColorInfo::HLG;
        let yuv = matches!(format, PixelFormat::Yuv { .. }) && color.matrix != Matrix::Identity;
        if !yuv || !hlg && color.transfer != ColorInfo::PQ {
            return None;
        }
        let peak = if hlg { USUAL_PEAK } else { nits.unwrap_or(USUAL_PEAK).clamp(WHITE, 10_000.0) } / WHITE;
        let standard = ColorInfo { siting: color.siting, range: CodeRange::Limited, ..ColorInfo::BT709 };
        let step = |i: usize| i as f32 / (STEPS - 1) as f32;
        let table = |value: &dyn Fn(f32) -> f32| (0..STEPS).map(|i| value(step(i))).collect::<Vec<f32>>();
        Some(Self {
            from: Codes::new(format, color),
            to: Codes::new(format, standard),
            format,
            color: standard,
            hlg,
            // Streams that name no primaries with these transfers are BT.2020's.
            wide: matches!(color.primaries, BT2020 | 2),
            peak,
            light: table(&|s| if hlg { curve::from_hlg(s) } else { curve::from_pq(s) }),
            gain: table(&|root| {
                let light = root.max(step(1)).powi(4) * peak;
                curve::compress(light, peak) / light
            }),
            signal: table(&|root| curve::to_bt1886(root * root)),
        })
    }

    /// Colour of the results.
    #[must_use]
    pub fn color(&self) -> ColorInfo {
        self.color
    }

    /// `image`, which must be of the kind this was made for, in standard range. Bands of it are worked side by side.
    #[must_use]
    pub fn apply(&self, image: &CpuImage) -> CpuImage {
        let layouts: Vec<_> =
            (0..self.format.plane_count()).map(|plane| self.format.plane_layout(plane, image.size)).collect();
        let row_bytes = |plane: usize| layouts[plane].0 as usize * layouts[plane].2;
        let mut planes: Vec<Vec<u8>> =
            (0..layouts.len()).map(|plane| vec![0; layouts[plane].1 as usize * row_bytes(plane)]).collect();
        let workers = std::thread::available_parallelism().map_or(2, usize::from).min(MOST_WORKERS) as u32;
        let rows = layouts.get(1).map_or(0, |layout| layout.1);
        let step = rows.div_ceil(workers).max(1);
        let mut rest: Vec<&mut [u8]> = planes.iter_mut().map(Vec::as_mut_slice).collect();
        std::thread::scope(|s| {
            for first in (0..rows).step_by(step as usize) {
                let band = first..(first + step).min(rows);
                let luma_rows = self.luma_rows(&band, image.size.height);
                let mine = rest.iter_mut().enumerate().map(|(plane, rest)| {
                    let rows = if plane == 0 { luma_rows.len() } else { band.len() };
                    let (mine, later) = std::mem::take(rest).split_at_mut(rows * row_bytes(plane));
                    *rest = later;
                    mine
                });
                let mut mine: Vec<&mut [u8]> = mine.collect();
                s.spawn(move || self.band(image, &band, &mut mine));
            }
        });
        let alpha = image.alpha.clone();
        CpuImage { alpha, ..CpuImage::from_planes(image.size, self.format, self.color, planes) }
    }

    /// Luma rows that chroma rows `band` belong to.
    fn luma_rows(&self, band: &Range<u32>, height: u32) -> Range<u32> {
        let PixelFormat::Yuv { shift_y, .. } = self.format else { return band.clone() };
        (band.start << shift_y).min(height)..(band.end << shift_y).min(height)
    }

    /// Does chroma rows `band`, with their luma rows; `planes` begin with the first of them.
    fn band(&self, image: &CpuImage, band: &Range<u32>, planes: &mut [&mut [u8]]) {
        let PixelFormat::Yuv { shift_x, packing, .. } = self.format else { return };
        let wide = self.format.bits() > 8;
        let width = image.size.width as usize;
        let top = self.luma_rows(band, image.size.height).start;
        let columns = self.format.plane_layout(1, image.size).0 as usize;
        let store = |value: f32| ((value.clamp(0.0, self.to.max) + 0.5) as u16) << self.to.lift;
        for row in band.clone() {
            let first = image.row(1, row);
            let second = if packing == Packing::Planar { image.row(2, row) } else { first };
            let lines = self.luma_rows(&(row..row + 1), image.size.height);
            for column in 0..columns {
                let (u, v) = match packing {
                    Packing::Planar => (get(first, column, wide), get(second, column, wide)),
                    Packing::SemiPlanar => (get(first, 2 * column, wide), get(first, 2 * column + 1, wide)),
                };
                let (mut sum, mut count) = ([0.0f32; 2], 0.0);
                for y in lines.clone() {
                    let luma = image.row(0, y);
                    for x in column << shift_x..((column + 1) << shift_x).min(width) {
                        let [y_code, u_code, v_code] = self.codes([get(luma, x, wide), u, v]);
                        put(planes[0], (y - top) as usize * width + x, store(y_code), wide);
                        sum = [sum[0] + u_code, sum[1] + v_code];
                        count += 1.0;
                    }
                }
                let [u, v] = sum.map(|sum| store(sum / count));
                let at = (row - band.start) as usize * columns + column;
                match packing {
                    Packing::Planar => {
                        put(planes[1], at, u, wide);
                        put(planes[2], at, v, wide);
                    }
                    Packing::SemiPlanar => {
                        put(planes[1], 2 * at, u, wide);
                        put(planes[1], 2 * at + 1, v, wide);
                    }
                }
            }
        }
    }

    /// Codes of a pixel as they were stored, to codes in standard range, before rounding.
    fn codes(&self, stored: [f32; 3]) -> [f32; 3] {
        let signal = self.from.rgb(stored);
        let rgb = self.standard(signal.map(|s| self.light[index(s)]));
        self.to.codes(rgb.map(|light| self.signal[index(light.sqrt())]))
    }

    /// Linear light (of the scene, for HLG), to what a standard screen shows of it, 0..=1.
    fn standard(&self, mut rgb: [f32; 3]) -> [f32; 3] {
        if self.hlg {
            let gain = curve::hlg_gain(dot(LUMA_2020, rgb));
            rgb = rgb.map(|c| c * gain);
        }
        let brightest = rgb[0].max(rgb[1]).max(rgb[2]);
        let gain = self.gain[index((brightest / self.peak).sqrt().sqrt())];
        rgb = rgb.map(|c| c * gain);
        if self.wide {
            rgb = fit(TO_709.map(|row| dot(row, rgb)));
        }
        rgb.map(|c| c.clamp(0.0, 1.0))
    }
}

/// Fades a colour towards grey of its luminance until all channels are within 0..=1.
fn fit(rgb: [f32; 3]) -> [f32; 3] {
    let grey = dot(LUMA_709, rgb).clamp(0.0, 1.0);
    let (low, high) = (rgb[0].min(rgb[1]).min(rgb[2]), rgb[0].max(rgb[1]).max(rgb[2]));
    let keep = if low < 0.0 { grey / (grey - low) } else { 1.0 };
    let keep = if high > 1.0 { keep.min((1.0 - grey) / (high - grey)) } else { keep };
    rgb.map(|c| grey + (c - grey) * keep)
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Place of 0..=1 in a table.
fn index(value: f32) -> usize {
    ((value.clamp(0.0, 1.0) * (STEPS - 1) as f32 + 0.5) as usize).min(STEPS - 1)
}

fn get(row: &[u8], at: usize, wide: bool) -> f32 {
    if wide { f32::from(u16::from_le_bytes([row[2 * at], row[2 * at + 1]])) } else { f32::from(row[at]) }
}

fn put(plane: &mut [u8], at: usize, code: u16, wide: bool) {
    if wide {
        plane[2 * at..2 * at + 2].copy_from_slice(&code.to_le_bytes());
    } else {
        plane[at] = u8::try_from(code).unwrap_or(u8::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ChromaSiting, Size};

    const TEN: PixelFormat = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::Planar };

    fn color(transfer: u8) -> ColorInfo {
        let (matrix, siting) = (Matrix::Bt2020, ChromaSiting::TopLeft);
        ColorInfo { matrix, matrix_tag: 9, range: CodeRange::Limited, siting, primaries: BT2020, transfer }
    }

    /// A picture of odd size of one colour; the codes that come of it.
    fn mapped(format: PixelFormat, transfer: u8, codes: [u16; 3]) -> [u16; 3] {
        let size = Size::new(5, 3);
        let lift = Codes::new(format, color(transfer)).lift;
        let samples = |codes: &[u16], count: usize| {
            codes.repeat(count).iter().flat_map(|code| (code << lift).to_le_bytes()).collect::<Vec<u8>>()
        };
        let planes = match format.plane_count() {
            3 => vec![samples(&codes[..1], 15), samples(&codes[1..2], 6), samples(&codes[2..], 6)],
            _ => vec![samples(&codes[..1], 15), samples(&codes[1..], 6)],
        };
        let image = CpuImage::from_planes(size, format, color(transfer), planes);
        let map = ToneMap::new(format, color(transfer), None).unwrap();
        let out = map.apply(&image);
        assert_eq!((out.size, out.format, out.color.transfer, out.color.matrix_tag), (size, format, 1, 1));
        let last = |plane: usize, at: usize| {
            let row = out.row(plane, if plane == 0 { 2 } else { 1 });
            u16::from_le_bytes([row[2 * at], row[2 * at + 1]]) >> lift
        };
        if format.plane_count() == 3 {
            [last(0, 4), last(1, 2), last(2, 2)]
        } else {
            [last(0, 4), last(1, 4), last(1, 5)]
        }
    }

    #[test]
    fn grey_stays_grey_and_the_dark_keeps_its_light() {
        // 10 cd/m² is ColorInfo::PQ 0.3; on a screen whose white is 203 that is a signal of 0.285.
        let code = |signal: f32| (64.0 + 876.0 * signal).round() as u16;
        let [y, u, v] = mapped(TEN, ColorInfo::PQ, [code(0.30), 512, 512]);
        assert!(y.abs_diff(code((curve::from_pq(0.30)).powf(1.0 / 2.4))) <= 2 && (u, v) == (512, 512), "{y} {u} {v}");
        assert_eq!(mapped(TEN, ColorInfo::PQ, [64, 512, 512]), [64, 512, 512]);
        // The usual peak becomes white, and what is beyond it, too.
        for signal in [0.7518, 0.9, 1.0] {
            let [y, ..] = mapped(TEN, ColorInfo::PQ, [code(signal), 512, 512]);
            assert!(y.abs_diff(940) <= 2, "{signal}: {y}");
        }
        let [hlg, ..] = mapped(TEN, ColorInfo::HLG, [code(1.0), 512, 512]);
        assert!(hlg.abs_diff(940) <= 2, "{hlg}");
    }

    #[test]
    fn layouts_agree_and_colours_that_do_not_fit_keep_their_hue() {
        let p010 = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::SemiPlanar };
        // The purest green of BT.2020.
        let codes = [400, 330, 300];
        let planar = mapped(TEN, ColorInfo::PQ, codes);
        assert_eq!(mapped(p010, ColorInfo::PQ, codes), planar);
        let [y, u, v] = planar;
        assert!(y > 200 && u < 500 && v < 500, "{planar:?}");
        let rgb = fit([-0.3, 0.9, 0.1]);
        assert!(rgb.iter().all(|c| (-1e-6..=1.0).contains(c)) && rgb[1] > rgb[2] && rgb[2] > rgb[0], "{rgb:?}");
    }

    #[test]
    fn standard_pictures_are_left_alone() {
        assert!(ToneMap::new(TEN, color(1), None).is_none());
        assert!(ToneMap::new(PixelFormat::Rgba8, color(ColorInfo::PQ), None).is_none());
        assert!(ToneMap::new(TEN, color(ColorInfo::PQ), Some(4000.0)).is_some());
    }
}
