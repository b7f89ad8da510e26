//! Planes to R'G'B' and back against the `yuv` crate, which shares no code with ours.

use super::{RGBA, context, info, packed, photo_only, run};
use crate::frame::{
    ChromaSiting, ColorInfo, ContentLight, CpuImage, Drawing, Drawn, Frame, Light, Matrix, Packing, PixelFormat, Range,
    Size, Stamp, StreamInfo, pq,
};
use crate::post::PostChain;
use crate::stage::FrameFilter;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPlanarImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, i410_to_rgba10,
    rgba_to_yuv444, yuv444_to_rgba,
};

const ODD: Size = Size::new(37, 23);
const MATRICES: [(Matrix, YuvStandardMatrix); 5] = [
    (Matrix::Bt709, YuvStandardMatrix::Bt709),
    (Matrix::Bt601, YuvStandardMatrix::Bt601),
    (Matrix::Bt2020, YuvStandardMatrix::Bt2020),
    // By its weights: the crate's table of integers for SMPTE 240M does not agree with the crate's own Kr and Kb.
    (Matrix::Smpte240m, YuvStandardMatrix::Custom(0.212, 0.087)),
    (Matrix::Fcc, YuvStandardMatrix::Fcc),
];
const RANGES: [(Range, YuvRange); 2] = [(Range::Limited, YuvRange::Limited), (Range::Full, YuvRange::Full)];

fn yuv444(bits: u8) -> PixelFormat {
    PixelFormat::Yuv { shift_x: 0, shift_y: 0, bits, packing: Packing::Planar }
}

fn color(matrix: Matrix, range: Range) -> ColorInfo {
    ColorInfo { matrix, range, siting: ChromaSiting::Left, ..ColorInfo::BT709 }
}

/// Codes that walk through all of a plane's values, in an order of their own per plane.
fn codes(plane: u32, low: u32, high: u32) -> Vec<u16> {
    let step = [37, 101, 59][plane as usize];
    (0..ODD.pixels() as u32).map(|i| (low + (i * step) % (high - low + 1)) as u16).collect()
}

/// Largest difference of two pictures, and the mean one.
fn difference(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let each = a.iter().zip(b).map(|(x, y)| x.abs_diff(*y));
    (each.clone().max().unwrap(), each.map(f64::from).sum::<f64>() / a.len() as f64)
}

#[test]
fn eight_bit_planes_become_the_oracles_rgb() {
    let Some(context) = context() else { return };
    for (matrix, oracle_matrix) in MATRICES {
        for (range, oracle_range) in RANGES {
            let (low, high) = if range == Range::Full { (0, 255) } else { (16, 235) };
            let planes = [0, 1, 2].map(|p| codes(p, low, high).iter().map(|&c| c as u8).collect::<Vec<u8>>());
            let image = YuvPlanarImage {
                y_plane: &planes[0],
                y_stride: ODD.width,
                u_plane: &planes[1],
                u_stride: ODD.width,
                v_plane: &planes[2],
                v_stride: ODD.width,
                width: ODD.width,
                height: ODD.height,
            };
            let mut wanted = vec![0; ODD.pixels() * 4];
            yuv444_to_rgba(&image, &mut wanted, ODD.width * 4, oracle_range, oracle_matrix).unwrap();
            let photo = CpuImage::from_planes(ODD, yuv444(8), color(matrix, range), planes.to_vec());
            let ours = packed(&run(&context, &photo_only(), photo, RGBA, None), 0);
            let (most, mean) = difference(&ours, &wanted);
            assert!(most <= 2 && mean < 0.3, "{matrix:?} {range:?}: off by {most}, {mean} on average");
        }
    }
}

#[test]
fn ten_bit_planes_become_the_oracles_rgb() {
    let Some(context) = context() else { return };
    for (range, oracle_range) in RANGES {
        let (low, high) = if range == Range::Full { (0, 1023) } else { (64, 940) };
        let planes = [0, 1, 2].map(|p| codes(p, low, high));
        let image = YuvPlanarImage {
            y_plane: &planes[0],
            y_stride: ODD.width,
            u_plane: &planes[1],
            u_stride: ODD.width,
            v_plane: &planes[2],
            v_stride: ODD.width,
            width: ODD.width,
            height: ODD.height,
        };
        let mut deep = vec![0u16; ODD.pixels() * 4];
        i410_to_rgba10(&image, &mut deep, ODD.width * 4, oracle_range, YuvStandardMatrix::Bt709).unwrap();
        let wanted: Vec<u8> = deep.iter().map(|&c| (f32::from(c) / 1023.0 * 255.0).round() as u8).collect();
        let bytes = planes.map(|p| p.iter().flat_map(|c| c.to_le_bytes()).collect::<Vec<u8>>()).to_vec();
        let photo = CpuImage::from_planes(ODD, yuv444(10), color(Matrix::Bt709, range), bytes);
        let ours = packed(&run(&context, &photo_only(), photo, RGBA, None), 0);
        let (most, mean) = difference(&ours, &wanted);
        assert!(most <= 2 && mean < 0.3, "{range:?}: off by {most}, {mean} on average");
    }
}

#[test]
fn rgb_becomes_the_oracles_planes() {
    let Some(context) = context() else { return };
    let photo = super::rgba(ODD, |x, y| {
        [(x * 7 % 37) as f32 / 36.0, (y * 5 % 23) as f32 / 22.0, ((x + y) * 11 % 60) as f32 / 59.0]
    });
    let bytes = packed(&photo, 0);
    for (matrix, oracle_matrix) in MATRICES {
        for (range, oracle_range) in RANGES {
            let plane = || BufferStoreMut::Owned(vec![0u8; ODD.pixels()]);
            let mut wanted = YuvPlanarImageMut {
                y_plane: plane(),
                y_stride: ODD.width,
                u_plane: plane(),
                u_stride: ODD.width,
                v_plane: plane(),
                v_stride: ODD.width,
                width: ODD.width,
                height: ODD.height,
            };
            let mode = YuvConversionMode::default();
            rgba_to_yuv444(&mut wanted, &bytes, ODD.width * 4, oracle_range, oracle_matrix, mode).unwrap();
            let ours = run(&context, &photo_only(), photo.clone(), (yuv444(8), color(matrix, range)), None);
            for (plane, wanted) in [&wanted.y_plane, &wanted.u_plane, &wanted.v_plane].into_iter().enumerate() {
                let (most, mean) = difference(&packed(&ours, plane), wanted.borrow());
                assert!(most <= 2 && mean < 0.5, "{matrix:?} {range:?} plane {plane}: off by {most}, {mean}");
            }
        }
    }
}

/// Through R'G'B' and back, every layout keeps its luma exactly (within rounding) and its chroma where it is even.
#[test]
fn nothing_is_brighter_than_the_film_says_of_itself() {
    let Some(context) = context() else { return };
    let size = Size::new(32, 16);
    let ten = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::Planar };
    let pq = ColorInfo { transfer: ColorInfo::PQ, ..color(Matrix::Bt2020, Range::Limited) };
    // Full signal, 10,000 cd/m², on the right half.
    let luma = (0..size.pixels()).flat_map(|i| if i % 32 < 16 { 400u16 } else { 940 }.to_le_bytes()).collect();
    let chroma = 512u16.to_le_bytes().repeat(size.pixels() / 4);
    let photo = CpuImage::from_planes(size, ten, pq, vec![luma, chroma.clone(), chroma]);
    let content = Some(ContentLight { most: 600, average: 100 });
    let input = StreamInfo { light: Light { content, ..Light::default() }, ..info(size, ten, pq) };
    let drawing = Drawing { size: Size::new(8, 8), rgba: vec![255; 8 * 8 * 4] };
    let mut chain = PostChain::new(context, &photo_only(), &input, (ten, pq), drawing.size).unwrap();
    let stamp = Stamp { index: 0, pts: 0, duration: 1 };
    let drawn = Drawn { photo, drawing: Some(drawing), motion: None, number: 0 };
    assert!(chain.push(Frame { stamp, image: drawn }).unwrap().is_none());
    let out = chain.drain().unwrap().unwrap().image;
    let at = |x: usize| u16::from_le_bytes([out.row(0, 3)[2 * x], out.row(0, 3)[2 * x + 1]]);
    // 600 cd/m² are 0.6967 of the signal.
    assert_eq!((at(3), at(28)), (400, (64.0 + 876.0 * pq::to_pq(600.0)).round() as u16));
}

#[test]
fn every_layout_survives_the_round_trip() {
    let Some(context) = context() else { return };
    let packings = [Packing::Planar, Packing::SemiPlanar];
    let shifts = [(1, 1), (1, 0), (0, 0), (0, 1)];
    for (packing, (shift_x, shift_y), bits) in
        packings.into_iter().flat_map(|p| shifts.map(|s| (p, s))).flat_map(|(p, s)| [8u8, 10, 12].map(|b| (p, s, b)))
    {
        let format = PixelFormat::Yuv { shift_x, shift_y, bits, packing };
        let lift = if packing == Packing::SemiPlanar && bits > 8 { 16 - bits } else { 0 };
        let store = |value: u32| -> Vec<u8> {
            if bits == 8 { vec![value as u8] } else { ((value << lift) as u16).to_le_bytes().to_vec() }
        };
        let scale = 1u32 << (bits - 8);
        let planes: Vec<Vec<u8>> = (0..format.plane_count())
            .map(|plane| {
                let (columns, rows, bytes) = format.plane_layout(plane, ODD);
                let samples = columns * rows * bytes as u32 / u32::from(bits.div_ceil(8));
                (0..samples)
                    .flat_map(|i| match (plane, packing) {
                        (0, _) => store((60 + i * 13 % 120) * scale),
                        (1, Packing::SemiPlanar) => store(if i % 2 == 0 { 110 } else { 140 } * scale),
                        (1, Packing::Planar) => store(110 * scale),
                        _ => store(140 * scale),
                    })
                    .collect()
            })
            .collect();
        let photo = CpuImage::from_planes(ODD, format, ColorInfo::BT709, planes);
        let done = run(&context, &photo_only(), photo.clone(), (format, ColorInfo::BT709), None);
        for plane in 0..format.plane_count() {
            let samples = |image: &CpuImage| -> Vec<i32> {
                let bytes = packed(image, plane);
                if bits == 8 {
                    bytes.iter().map(|&b| b.into()).collect()
                } else {
                    bytes.chunks_exact(2).map(|p| i32::from(u16::from_le_bytes([p[0], p[1]]) >> lift)).collect()
                }
            };
            let (before, after) = (samples(&photo), samples(&done));
            let most = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).max().unwrap();
            assert!(most <= 1, "{format:?} plane {plane}: off by {most}");
        }
    }
}
