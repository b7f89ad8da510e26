//! Change of light from one picture to the next, however fast: exposure, a lamp, a fade.
//!
//! What is carried along the motion is as bright as it was. To mix it into a picture in other light without lagging
//! behind, one has to know how the light has changed. (Slow change that noise hides is [`drift`](super::drift)'s.)

use super::plane::Low;
use crate::frame::{Motion, Size};

/// Low pixels of a block that count, each way: every third.
const SAMPLES: usize = Motion::BLOCK.div_ceil(STEP as u32) as usize;
const STEP: usize = 3;
/// Levels by which light seems to change without changing: noise, and motion that is a little off.
const DOUBT: f32 = 0.5;

/// Change of light per block of [`Motion::BLOCK`] low pixels each way, levels of 255: half a level less than it seems.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Light {
    /// Blocks across and down; the last may be partial.
    pub size: Size,
    /// Red, green and blue, rows packed.
    pub rgb: Vec<[f32; 3]>,
}

impl Light {
    /// From `warped`, the picture before moved to `now`, to `now`: medians over blocks, so that no thing that covers less
    /// than half of one passes for light, and then over the blocks around, so that none that fills one does.
    pub fn between(now: &Low, warped: &[Vec<f32>; 3]) -> Self {
        let size = Motion::blocks(now.size());
        let mut rgb = vec![[0.0; 3]; size.pixels()];
        for (channel, (plane, warped)) in now.rgb.iter().zip(warped).enumerate() {
            let blocks: Vec<f32> = (0..size.pixels())
                .map(|block| {
                    let (x, y) = (block % size.width as usize, block / size.width as usize);
                    let (left, top) = (x * Motion::BLOCK as usize, y * Motion::BLOCK as usize);
                    let right = (left + Motion::BLOCK as usize).min(plane.width);
                    let bottom = (top + Motion::BLOCK as usize).min(plane.height);
                    let mut changes = [0.0; SAMPLES * SAMPLES];
                    let mut count = 0;
                    for y in (top..bottom).step_by(STEP) {
                        let (row, before) = (plane.row(y), &warped[y * plane.width..][..plane.width]);
                        for x in (left..right).step_by(STEP) {
                            changes[count] = row[x] - before[x];
                            count += 1;
                        }
                    }
                    median(&mut changes[..count])
                })
                .collect();
            for (block, rgb) in rgb.iter_mut().enumerate() {
                let change = around(&blocks, size, block);
                rgb[channel] = (change.abs() - DOUBT).max(0.0).copysign(change);
            }
        }
        Self { size, rgb }
    }
}

/// Median of the up to nine blocks around `block`.
fn around(blocks: &[f32], size: Size, block: usize) -> f32 {
    let (width, height) = (size.width as usize, size.height as usize);
    let (x, y) = (block % width, block / width);
    let mut near = [0.0; 9];
    let mut count = 0;
    for y in y.saturating_sub(1)..(y + 2).min(height) {
        for x in x.saturating_sub(1)..(x + 2).min(width) {
            near[count] = blocks[y * width + x];
            count += 1;
        }
    }
    median(&mut near[..count])
}

/// The middle value, of two the upper; `values` are left in another order.
fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::SmallRgb;

    const SIZE: Size = Size::new(160, 90);

    fn low(level: impl Fn(usize, usize) -> [f32; 3]) -> Low {
        let mut planes = vec![0.0; SIZE.pixels() * 3];
        for index in 0..SIZE.pixels() {
            let rgb = level(index % SIZE.width as usize, index / SIZE.width as usize);
            for (channel, value) in rgb.into_iter().enumerate() {
                planes[channel * SIZE.pixels() + index] = value;
            }
        }
        Low::new(&SmallRgb { size: SIZE, planes })
    }

    fn between(now: &Low, before: &Low) -> Light {
        Light::between(now, &before.warped(&crate::motion::Flow::still(SIZE)))
    }

    #[test]
    fn light_is_told_by_channel_and_place() {
        let texture = |x: usize, y: usize| 0.3 + (x * 7 + y * 13) as f32 % 11.0 * 0.02;
        let before = low(|x, y| [texture(x, y); 3]);
        let shade = |x: usize| if x < 80 { -8.0 } else { 4.0 };
        let now = low(|x, y| [texture(x, y) + shade(x) / 255.0, texture(x, y), texture(x, y) - 2.0 / 255.0]);
        let light = between(&now, &before);
        assert!(light.size == Size::new(14, 8) && light.rgb.len() == 14 * 8);
        for (block, rgb) in light.rgb.iter().enumerate() {
            let x = block % 14;
            // The shade ends within block 6.
            let wanted = [if x < 6 { -7.5 } else { 3.5 }, 0.0, -1.5];
            let right = rgb.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.01);
            assert!(right || x == 6, "{x}: {rgb:?}");
        }
    }

    #[test]
    fn a_thing_that_appears_is_not_light() {
        let before = low(|_, _| [0.4; 3]);
        // Fills one block and a third of those beside it.
        let now = low(|x, y| if (44..64).contains(&x) && (32..52).contains(&y) { [0.9; 3] } else { [0.4; 3] });
        assert!(between(&now, &before).rgb.iter().flatten().all(|change| change.abs() < 0.01));
    }
}
