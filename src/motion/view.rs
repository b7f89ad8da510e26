//! Motion to look at, for finding out why something flickers or smears.

use crate::frame::{Drawing, Motion, Size};
use half::f16;

/// Share of the picture's width a frame that is shown in full colour.
const FAST: f32 = 0.02;

/// `motion` as a picture of `size`: hue is direction (red: to the right, then yellow down, green left, blue up), colour is
/// speed, darkness is lack of confidence; what stands still is white, or grey where the gate is open.
///
/// # Panics
/// Where `motion` has fewer cells than its size says.
#[must_use]
pub fn view(motion: &Motion, size: Size) -> Drawing {
    let mut rgba = Vec::with_capacity(size.pixels() * 4);
    let cell = |at: u32, length: u32, fill: f32, cells: u32| {
        let at = (at as f32 + 0.5) / length as f32 * fill * cells as f32;
        (at as u32).min(cells.saturating_sub(1)) as usize
    };
    for y in 0..size.height {
        let row = cell(y, size.height, motion.fill[1], motion.size.height) * motion.size.width as usize;
        for x in 0..size.width {
            let index = row + cell(x, size.width, motion.fill[0], motion.size.width);
            let [u, v, confidence, still] = motion.cells[index].map(f16::to_f32);
            // The cell holds the way back; shown is where things go.
            let (dx, dy) = (-u, -v * size.height as f32 / size.width as f32);
            let speed = (dx.hypot(dy) / FAST).min(1.0);
            let angle = dy.atan2(dx);
            let light = confidence * (0.6 + 0.4 * still.max(speed));
            let channel = |phase: f32| {
                let hue = 0.5 + 0.5 * (angle - phase).cos();
                (255.0 * light * (1.0 - speed + speed * hue) + 0.5) as u8
            };
            let third = std::f32::consts::TAU / 3.0;
            rgba.extend([channel(0.0), channel(third), channel(2.0 * third), 255]);
        }
    }
    Drawing { size, rgba }
}
