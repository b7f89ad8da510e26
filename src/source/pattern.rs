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
            size,
            format: PixelFormat::I420,
            color: ColorInfo::BT709,
            sample_aspect: Rational::new(1, 1),
            time_base: rate.inverse(),
            frame_rate: Some(rate),
            frame_count: Some(frames),
            live: false,
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

/// The pattern at `time` seconds.
fn draw(size: Size, time: f32) -> CpuImage {
    let format = PixelFormat::I420;
    let planes = (0..3)
        .map(|plane| {
            let (columns, rows, _) = format.plane_layout(plane, size);
            let mut bytes = Vec::with_capacity(columns as usize * rows as usize);
            for row in 0..rows {
                let y = row as f32 / rows as f32;
                for column in 0..columns {
                    // Both axes in picture heights, so that circles are round.
                    let x = column as f32 / columns as f32 * size.width as f32 / size.height as f32;
                    bytes.push(sample(x, y, time)[plane]);
                }
            }
            bytes
        })
        .collect();
    CpuImage::from_planes(size, format, ColorInfo::BT709, planes)
}

/// Y', Cb, Cr at a point.
fn sample(x: f32, y: f32, time: f32) -> [u8; 3] {
    const DISCS: [(f32, [u8; 3]); 3] = [(0.0, [82, 90, 240]), (2.1, [145, 54, 34]), (4.2, [170, 166, 16])];
    for (phase, color) in DISCS {
        let (center_x, center_y) = (0.89 + 0.45 * (0.9 * time + phase).cos(), 0.5 + 0.25 * (1.3 * time + phase).sin());
        if (x - center_x).hypot(y - center_y) < 0.16 {
            return color;
        }
    }
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
}
