//! Decoder planes to a small RGB picture: what the generator sees.
//!
//! Input: any [`PixelFormat`], matrix, range and siting. Output: planar R'G'B' `f32`, 0..=1, three planes of
//! `height * width`, clipped. Every output pixel is the exact mean of the area it covers, chroma likewise, so a picture
//! that moves slowly does not shimmer. Where the output is larger than a plane, samples are interpolated linearly.

pub use crate::frame::SmallRgb;
use crate::frame::{ChromaSiting, ColorInfo, CpuImage, Matrix, Packing, PixelFormat, Range, Size};

/// Reduces pictures of one size, format and colour to one small size. Keeps its buffers between frames.
#[derive(Clone)]
pub struct Reduce {
    from: (Size, PixelFormat, ColorInfo),
    to: Size,
    /// Luma or R, G, B.
    full: Resampler,
    /// Cb and Cr, where the format has them.
    chroma: Option<Resampler>,
    /// One decoded row per component of a plane.
    rows: [Vec<f32>; 3],
    /// Reduced code values, one plane per component.
    codes: [Vec<f32>; 3],
}

impl Reduce {
    /// From pictures of `size`, `format` and `color` to pictures of `to`.
    #[must_use]
    pub fn new(size: Size, format: PixelFormat, color: ColorInfo, to: Size) -> Self {
        let full = Resampler::new(Axis::new(size.width, to.width), Axis::new(size.height, to.height));
        let chroma = match format {
            PixelFormat::Yuv { shift_x, shift_y, .. } => Some(Resampler::new(
                Axis::subsampled(size.width, to.width, shift_x, color.siting != ChromaSiting::Center),
                Axis::subsampled(size.height, to.height, shift_y, color.siting == ChromaSiting::TopLeft),
            )),
            PixelFormat::Gray { .. } | PixelFormat::Rgba8 => None,
        };
        Self { from: (size, format, color), to, full, chroma, rows: Default::default(), codes: Default::default() }
    }

    /// Whether `image` is of the kind this was made for.
    #[must_use]
    pub fn fits(&self, image: &CpuImage) -> bool {
        self.from == (image.size, image.format, image.color)
    }

    /// Reduces `image`, which [`fits`](Self::fits).
    pub fn run(&mut self, image: &CpuImage) -> SmallRgb {
        let Self { full, chroma, rows, codes, .. } = self;
        for codes in codes.iter_mut() {
            codes.clear();
            codes.resize(self.to.pixels(), 0.0);
        }
        let [a, b, c] = codes;
        let decode = |plane: usize| move |row: u32, out: &mut [Vec<f32>]| decode_row(image, plane, row, out);
        match (image.format, chroma) {
            (PixelFormat::Rgba8, _) => full.run(&mut rows[..3], &mut [a, b, c], decode(0)),
            (PixelFormat::Yuv { packing: Packing::Planar, .. }, Some(chroma)) => {
                full.run(&mut rows[..1], &mut [a], decode(0));
                chroma.run(&mut rows[..1], &mut [b], decode(1));
                chroma.run(&mut rows[..1], &mut [c], decode(2));
            }
            (PixelFormat::Yuv { packing: Packing::SemiPlanar, .. }, Some(chroma)) => {
                full.run(&mut rows[..1], &mut [a], decode(0));
                chroma.run(&mut rows[..2], &mut [b, c], decode(1));
            }
            (PixelFormat::Yuv { .. } | PixelFormat::Gray { .. }, _) => full.run(&mut rows[..1], &mut [a], decode(0)),
        }
        SmallRgb { size: self.to, planes: to_rgb(&self.codes, image.format, image.color) }
    }
}

/// Code values at 8-bit scale to R'G'B' planes.
fn to_rgb(codes: &[Vec<f32>; 3], format: PixelFormat, color: ColorInfo) -> Vec<f32> {
    let pixels = codes[0].len();
    let mut planes = vec![0.0_f32; pixels * 3];
    let (red, rest) = planes.split_at_mut(pixels);
    let (green, blue) = rest.split_at_mut(pixels);
    if format == PixelFormat::Rgba8 || color.matrix == Matrix::Identity && matches!(format, PixelFormat::Yuv { .. }) {
        // H.273 identity: the planes are G, B, R.
        let order = if format == PixelFormat::Rgba8 { [0, 1, 2] } else { [2, 0, 1] };
        let (scale, offset) = scale_luma(color.range);
        for (out, component) in [red, green, blue].into_iter().zip(order) {
            for (out, code) in out.iter_mut().zip(&codes[component]) {
                *out = (code * scale + offset).clamp(0.0, 1.0);
            }
        }
        return planes;
    }
    let (kr, kb) = color.matrix.weights();
    let kg = 1.0 - kr - kb;
    let (luma_scale, luma_offset) = scale_luma(color.range);
    let chroma_scale = match (format, color.range) {
        (PixelFormat::Gray { .. }, _) => 0.0,
        (_, Range::Limited) => 1.0 / 224.0,
        (_, Range::Full) => 1.0 / 255.0,
    };
    let (r_v, b_u) = (2.0 * (1.0 - kr) * chroma_scale, 2.0 * (1.0 - kb) * chroma_scale);
    let (g_u, g_v) = (-b_u * kb / kg, -r_v * kr / kg);
    for (i, ((y, u), v)) in codes[0].iter().zip(&codes[1]).zip(&codes[2]).enumerate() {
        let (y, u, v) = (y * luma_scale + luma_offset, u - 128.0, v - 128.0);
        red[i] = (y + r_v * v).clamp(0.0, 1.0);
        green[i] = (y + g_u * u + g_v * v).clamp(0.0, 1.0);
        blue[i] = (y + b_u * u).clamp(0.0, 1.0);
    }
    planes
}

/// Code value at 8-bit scale to 0..=1: factor and summand.
const fn scale_luma(range: Range) -> (f32, f32) {
    match range {
        Range::Limited => (1.0 / 219.0, -16.0 / 219.0),
        Range::Full => (1.0 / 255.0, 0.0),
    }
}

/// One row of a plane as `f32` at 8-bit scale, split into its components.
fn decode_row(image: &CpuImage, plane: usize, row: u32, out: &mut [Vec<f32>]) {
    let bytes = image.row(plane, row);
    let bits = image.format.bits();
    let components = match image.format {
        PixelFormat::Rgba8 => 4,
        PixelFormat::Yuv { packing: Packing::SemiPlanar, .. } if plane == 1 => 2,
        PixelFormat::Yuv { .. } | PixelFormat::Gray { .. } => 1,
    };
    if bits == 8 {
        for (component, out) in out.iter_mut().enumerate() {
            out.clear();
            out.extend(bytes.chunks_exact(components).map(|c| f32::from(c[component])));
        }
        return;
    }
    // Limited and full range alike, a code of n bits is 2^(n-8) times that of 8 bits; semi-planar codes sit high.
    let high = matches!(image.format, PixelFormat::Yuv { packing: Packing::SemiPlanar, .. });
    let full = image.color.range == Range::Full;
    let step = if full { f32::from(((1_u32 << bits) - 1) as u16) / 255.0 } else { f32::from(1_u16 << (bits - 8)) };
    let scale = if high { 1.0 / (step * (1_u32 << (16 - bits)) as f32) } else { 1.0 / step };
    // No chroma is 2^(n-1) in either range, which the scale of full range alone would miss.
    let shift = if plane > 0 { 128.0 - (1_u32 << (bits - 1)) as f32 / step } else { 0.0 };
    for (component, out) in out.iter_mut().enumerate() {
        out.clear();
        let samples = bytes.chunks_exact(2 * components).map(|c| [c[2 * component], c[2 * component + 1]]);
        out.extend(samples.map(|s| f32::from(u16::from_le_bytes(s)) * scale + shift));
    }
}

/// Weights of one output sample: the first input sample and one weight each from there.
#[derive(Clone)]
struct Tap {
    first: u32,
    weights: Vec<f32>,
}

/// Weights along one axis.
#[derive(Clone)]
struct Axis(Vec<Tap>);

impl Axis {
    /// A plane as fine as the picture.
    fn new(from: u32, to: u32) -> Self {
        Self::subsampled(from, to, 0, false)
    }

    /// A plane with `2^shift` luma samples to one, of a picture of `from` samples. `sited` samples sit on the first of
    /// their luma samples, others in the middle.
    fn subsampled(from: u32, to: u32, shift: u8, sited: bool) -> Self {
        let step = f64::from(1_u32 << shift);
        let samples = from.div_ceil(1 << shift);
        let offset = if sited && shift > 0 { 0.5 - 0.5 / step } else { 0.0 };
        let ratio = f64::from(from) / f64::from(to) / step;
        // At least one sample wide: a narrower box between two samples is linear interpolation.
        let half = ratio.max(1.0) / 2.0;
        let taps = (0..to).map(|i| {
            let center = (f64::from(i) + 0.5) * ratio + offset;
            tap(center - half, center + half, samples)
        });
        Self(taps.collect())
    }
}

/// Mean over `begin..end`, where sample k covers k..k+1 and the outermost samples go on for ever.
fn tap(begin: f64, end: f64, samples: u32) -> Tap {
    let last = f64::from(samples - 1);
    let (low, high) = (begin.floor().clamp(0.0, last) as u32, (end.ceil() - 1.0).clamp(0.0, last) as u32);
    let mut weights = vec![0.0; (high - low + 1) as usize];
    for k in begin.floor() as i64..end.ceil() as i64 {
        let covered = (end.min(k as f64 + 1.0) - begin.max(k as f64)).max(0.0) / (end - begin);
        let inside = k.clamp(i64::from(low), i64::from(high)) - i64::from(low);
        weights[inside as usize] += covered as f32;
    }
    Tap { first: low, weights }
}

/// Separable reduction: rows first (adding whole rows is what a CPU does best), then columns.
#[derive(Clone)]
struct Resampler {
    x: Axis,
    y: Axis,
    /// One row sum per component.
    sums: [Vec<f32>; 3],
}

impl Resampler {
    fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, sums: Default::default() }
    }

    /// `decode` writes row n of each component into its buffer of `rows`.
    fn run(&mut self, rows: &mut [Vec<f32>], out: &mut [&mut Vec<f32>], decode: impl Fn(u32, &mut [Vec<f32>])) {
        let width = self.x.0.len();
        let mut held = None;
        for (line, tap) in self.y.0.iter().enumerate() {
            for (k, weight) in (tap.first..).zip(&tap.weights) {
                // Neighbouring windows share their border row.
                if held != Some(k) {
                    decode(k, rows);
                    held = Some(k);
                }
                for (sum, row) in self.sums.iter_mut().zip(rows.iter()) {
                    if k == tap.first {
                        sum.clear();
                        sum.extend(row.iter().map(|v| v * weight));
                    } else {
                        sum.iter_mut().zip(row).for_each(|(sum, v)| *sum += v * weight);
                    }
                }
            }
            for (sum, out) in self.sums.iter().zip(out.iter_mut()) {
                let out = &mut out[line * width..(line + 1) * width];
                for (out, tap) in out.iter_mut().zip(&self.x.0) {
                    let samples = &sum[tap.first as usize..];
                    *out = samples.iter().zip(&tap.weights).map(|(v, w)| v * w).sum();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, sample by sample, in `f64`.
    fn oracle(image: &CpuImage, to: Size, x: u32, y: u32) -> [f64; 3] {
        let mut sum = [0.0; 3];
        let n = 96;
        for sub_y in 0..n {
            for sub_x in 0..n {
                let at_x = (f64::from(x) + (f64::from(sub_x) + 0.5) / f64::from(n)) / f64::from(to.width);
                let at_y = (f64::from(y) + (f64::from(sub_y) + 0.5) / f64::from(n)) / f64::from(to.height);
                let px = ((at_x * f64::from(image.size.width)) as usize).min(image.size.width as usize - 1);
                let py = ((at_y * f64::from(image.size.height)) as usize).min(image.size.height as usize - 1);
                for (component, sum) in sum.iter_mut().enumerate() {
                    *sum += f64::from(image.row(0, py as u32)[px * 4 + component]) / 255.0;
                }
            }
        }
        sum.map(|s| s / f64::from(n * n))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_pixel_is_the_mean_of_its_area(
            width in 8_u32..40, height in 8_u32..40, to_width in 3_u32..8, to_height in 3_u32..8, seed in any::<u32>()
        ) {
            let size = Size::new(width, height);
            let byte = |i: u32| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 24) as u8;
            let bytes = (0..width * height * 4).map(byte).collect();
            let image = CpuImage::from_planes(size, PixelFormat::Rgba8, ColorInfo::SRGB, vec![bytes]);
            let to = Size::new(to_width, to_height);
            let small = Reduce::new(size, PixelFormat::Rgba8, ColorInfo::SRGB, to).run(&image);
            for y in 0..to_height {
                for x in 0..to_width {
                    let expected = oracle(&image, to, x, y);
                    for (component, expected) in expected.iter().enumerate() {
                        let got = small.planes[component * to.pixels() + (y * to_width + x) as usize];
                        prop_assert!((f64::from(got) - expected).abs() < 0.02, "{got} {expected}");
                    }
                }
            }
        }
    }

    fn flat(format: PixelFormat, color: ColorInfo, code: [u16; 3]) -> SmallRgb {
        let size = Size::new(21, 13);
        let planes = (0..format.plane_count())
            .map(|plane| {
                let (columns, rows, bytes) = format.plane_layout(plane, size);
                let pair = plane == 1 && format.plane_count() == 2;
                let pixel: Vec<u8> = if pair { vec![code[1], code[2]] } else { vec![code[plane]] }
                    .into_iter()
                    .flat_map(|c| c.to_le_bytes()[..if format.bits() == 8 { 1 } else { 2 }].to_vec())
                    .collect();
                assert_eq!(pixel.len(), bytes);
                pixel.repeat((columns * rows) as usize)
            })
            .collect();
        let image = CpuImage::from_planes(size, format, color, planes);
        Reduce::new(size, format, color, Size::new(8, 8)).run(&image)
    }

    #[test]
    fn known_colours_arrive_whatever_the_layout() {
        // BT.709 red, limited range: Y 63, Cb 102, Cr 240.
        let planar = |bits| PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits, packing: Packing::Planar };
        let semi = |bits| PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits, packing: Packing::SemiPlanar };
        let cases = [
            (planar(8), [63, 102, 240]),
            (semi(8), [63, 102, 240]),
            (planar(10), [252, 408, 960]),
            (semi(10), [252 << 6, 408 << 6, 960 << 6]),
            (planar(12), [1008, 1632, 3840]),
        ];
        for (format, code) in cases {
            let small = flat(format, ColorInfo::BT709, code);
            for (component, expected) in [1.0, 0.0, 0.0].into_iter().enumerate() {
                let got = small.planes[component * 64 + 27];
                assert!((got - expected).abs() < 0.01, "{format:?} {component}: {got}");
            }
        }
        let full = ColorInfo { range: Range::Full, ..ColorInfo::BT709 };
        assert!((flat(PixelFormat::Gray { bits: 8 }, full, [51, 0, 0]).planes[100] - 0.2).abs() < 1e-3);
        assert!((flat(planar(10), full, [1023, 512, 512]).planes[0] - 1.0).abs() < 2e-3);
    }

    #[test]
    fn left_sited_chroma_is_read_where_it_sits() {
        // A chroma ramp by luma position: sample k sits on luma column 2k, so its value there is 2k + 0.5 luma widths.
        let size = Size::new(64, 8);
        let ramp: Vec<u8> = (0..32_u8).map(|k| 64 + 4 * k).collect::<Vec<_>>().repeat(4);
        let planes = vec![vec![128; 512], ramp, vec![128; 128]];
        let image = CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes);
        let mut reduce = Reduce::new(size, PixelFormat::I420, ColorInfo::BT709, Size::new(16, 8));
        let _ = reduce.run(&image);
        // Output pixel 5 covers luma 20..24, middle 22, which is chroma position (22 - 0.5) / 2 = 10.75.
        assert!((reduce.codes[1][5] - (64.0 + 4.0 * 10.75)).abs() < 0.01, "{}", reduce.codes[1][5]);
    }
}
