//! A moving test pattern: what `comicvid bench` draws, and what stands in where there is no video at hand.
//!
//! I420, BT.709 limited range. Flat areas, hard edges at every angle, a gradient and fine texture, all in motion, so
//! that no stage gets off lightly. A short loop is drawn beforehand: reading it costs nothing, so a measurement sees the
//! other stages alone.

use crate::error::Result;
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
use crate::stage::FrameSource;

/// Pictures of the loop: enough for steady motion, few enough for 4K in 100 MB.
const LOOP: u64 = 8;

/// See the module.
pub struct Pattern {
    info: StreamInfo,
    pictures: Vec<CpuImage>,
    next: u64,
    frames: u64,
}

impl Pattern {
    /// `frames` pictures of `size` at `rate` a second.
    #[must_use]
    pub fn new(size: Size, rate: Rational, frames: u64) -> Self {
        let info = StreamInfo {
            time_base: rate.inverse(),
            frame_rate: Some(rate),
            frame_count: Some(frames),
            ..StreamInfo::new(size, PixelFormat::I420, ColorInfo::BT709)
        };
        let pictures = (0..frames.min(LOOP)).map(|k| draw(size, k as f32 / 30.0)).collect();
        Self { info, pictures, next: 0, frames }
    }
}

impl FrameSource for Pattern {
    fn info(&self) -> &StreamInfo {
        &self.info
    }
    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        if self.next == self.frames {
            return Ok(None);
        }
        let image = self.pictures[(self.next % LOOP) as usize].clone();
        let stamp = Stamp { index: self.next, pts: self.next.cast_signed(), duration: 1 };
        self.next += 1;
        Ok(Some(Frame { stamp, image }))
    }
}

/// The pattern without end: discs that go round over a still background. Costs little more than a copy of the picture,
/// at any size, so that it can stand in for a camera.
pub struct MovingPattern {
    info: StreamInfo,
    background: Vec<Vec<u8>>,
    next: u64,
}

impl MovingPattern {
    /// Pictures of `size` at `rate` a second.
    #[must_use]
    pub fn new(size: Size, rate: Rational) -> Self {
        let info = StreamInfo { frame_count: None, ..Pattern::new(size, rate, 0).info };
        Self { info, background: paint(size, |x, y| background(x, y, 0.0)), next: 0 }
    }
}

impl FrameSource for MovingPattern {
    fn info(&self) -> &StreamInfo {
        &self.info
    }
    fn next_frame(&mut self) -> Result<Option<Frame<CpuImage>>> {
        let StreamInfo { size, format, color, time_base, .. } = self.info;
        let time = (self.next as f64 * time_base.as_f64()) as f32;
        let mut planes = self.background.clone();
        for (center, color) in discs(time).rev() {
            for (plane, bytes) in planes.iter_mut().enumerate() {
                let (columns, rows, _) = format.plane_layout(plane, size);
                disc(bytes, (columns, rows), size, center, color[plane]);
            }
        }
        let stamp = Stamp { index: self.next, pts: self.next.cast_signed(), duration: 1 };
        self.next += 1;
        Ok(Some(Frame { stamp, image: CpuImage::from_planes(size, format, color, planes) }))
    }
}

/// Fills a disc of a plane of `columns` x `rows` samples of a picture of `size`, row by row.
fn disc(plane: &mut [u8], (columns, rows): (u32, u32), size: Size, (x, y): (f32, f32), value: u8) {
    // Picture heights to columns.
    let scale = columns as f32 * size.height as f32 / size.width as f32;
    for (row, samples) in plane.chunks_exact_mut(columns as usize).enumerate() {
        let half = (RADIUS * RADIUS - (row as f32 / rows as f32 - y).powi(2)).max(0.0).sqrt();
        let edge = |x: f32| ((x * scale).ceil().max(0.0) as usize).min(columns as usize);
        samples[edge(x - half)..edge(x + half)].fill(value);
    }
}

/// The pattern at `time` seconds.
fn draw(size: Size, time: f32) -> CpuImage {
    let planes = paint(size, |x, y| sample(x, y, time));
    CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, planes)
}

/// 4:2:0 planes from Y', Cb, Cr at a point, both axes in picture heights, so that circles are round.
fn paint(size: Size, sample: impl Fn(f32, f32) -> [u8; 3]) -> Vec<Vec<u8>> {
    (0..3)
        .map(|plane| {
            let (columns, rows, _) = PixelFormat::I420.plane_layout(plane, size);
            let mut bytes = Vec::with_capacity(columns as usize * rows as usize);
            for row in 0..rows {
                let y = row as f32 / rows as f32;
                for column in 0..columns {
                    let x = column as f32 / columns as f32 * size.width as f32 / size.height as f32;
                    bytes.push(sample(x, y)[plane]);
                }
            }
            bytes
        })
        .collect()
}

/// Of a disc, in picture heights.
const RADIUS: f32 = 0.16;

/// Centres and colours of the discs at `time` seconds; the first lies on top.
fn discs(time: f32) -> impl DoubleEndedIterator<Item = ((f32, f32), [u8; 3])> {
    const DISCS: [(f32, [u8; 3]); 3] = [(0.0, [82, 90, 240]), (2.1, [145, 54, 34]), (4.2, [170, 166, 16])];
    DISCS.into_iter().map(move |(phase, color)| {
        ((0.89 + 0.45 * (0.9 * time + phase).cos(), 0.5 + 0.25 * (1.3 * time + phase).sin()), color)
    })
}

/// Y', Cb, Cr at a point.
fn sample(x: f32, y: f32, time: f32) -> [u8; 3] {
    let hit = discs(time).find(|((cx, cy), _)| (x - cx).hypot(y - cy) < RADIUS);
    hit.map_or_else(|| background(x, y, time), |(_, color)| color)
}

/// Y', Cb, Cr behind the discs.
fn background(x: f32, y: f32, time: f32) -> [u8; 3] {
    if y > 0.7 {
        // Fine grass-like texture that slides by.
        let grain = ((x * 90.0 + 6.0 * time).sin() * (y * 140.0 + x * 31.0).cos() * 30.0) as i32;
        return [(96 + grain).clamp(16, 235) as u8, 110, 116];
    }
    if (x + y * 0.4 + 0.1 * time).fract() < 0.06 { [40, 128, 128] } else { [(150.0 + 60.0 * y) as u8, 140, 120] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_moves_and_ends() {
        let mut source = Pattern::new(Size::new(33, 17), Rational::new(30, 1), 2);
        let first = source.next_frame().unwrap().unwrap();
        let second = source.next_frame().unwrap().unwrap();
        assert_ne!(first.image.planes.plane(0), second.image.planes.plane(0));
        assert_eq!(first.image.planes.plane(1).len(), 17 * 9);
        assert!(source.next_frame().unwrap().is_none());
        assert!(source.next_frame().unwrap().is_none());
    }

    #[test]
    fn the_endless_pattern_draws_the_same_discs() {
        let size = Size::new(160, 90);
        let mut source = MovingPattern::new(size, Rational::new(30, 1));
        let frame = (0..20).filter_map(|_| source.next_frame().unwrap()).last().unwrap();
        let time = 19.0 / 30.0;
        for (y, x) in [(40, 20), (45, 80), (60, 100), (30, 70), (50, 120)] {
            let (x_heights, y_heights) = (x as f32 / 90.0, y as f32 / 90.0);
            let centres: Vec<f32> =
                discs(time).map(|((cx, cy), _)| (x_heights - cx).hypot(y_heights - cy) - RADIUS).collect();
            // Away from edges, where rounding may go either way.
            if centres.iter().all(|d| d.abs() > 0.02) {
                let hits = centres.iter().filter(|d| **d < 0.0).count();
                let is_disc = frame.image.row(0, y)[x] != background(x_heights, y_heights, 0.0)[0];
                assert_eq!(is_disc, hits > 0, "{x} {y}");
            }
        }
        assert_eq!(frame.stamp.index, 19);
        assert_ne!(frame.image.planes.plane(0), source.next_frame().unwrap().unwrap().image.planes.plane(0));
    }
}
