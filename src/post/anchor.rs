//! Sticks a screen to what is drawn: where each part of the picture lies on the screen is carried along the motion.
//!
//! Texture advection (Max and Becker 1995), kept from tearing: where the motion is not known, and a little wherever
//! something moves, a cell's way is drawn to the mean of those around it. So dots turn and grow with an object for a
//! while and slide back into shape, and nothing at all happens where nothing moves. Noise, of which pen strokes are made,
//! has no shape to keep: it is carried twice over, and each of the two in turn fades out, starts again as it lies on the
//! page, and fades in (Neyret 2003; Bousseau 2007). So strokes go along with what moves, and are drawn anew before they are
//! torn. On the CPU, on the motion's grid.

use crate::frame::{Motion, Size};
use crate::gpu::{Context, Resource, Use, texture, uniform_buffer, view, write_texture, write_uniform};

/// The WGSL of `anchored`; needs `history.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/anchor.wgsl");

/// Share of the neighbours' mean that a cell takes on which moves by a pixel or more.
const RELAXING: f32 = 0.06;
/// Cells on either side that count as neighbours.
const REACH: usize = 3;
/// Drawings that noise is carried for.
const LIFE: u32 = 24;

/// What keeps a screen from tearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It slides back into shape: the first way is all.
    Shape,
    /// There are two that take turns.
    Turns,
}

/// Ways from the page to the screen, photo pixels, per cell.
#[derive(Debug)]
pub(super) struct Anchor {
    keep: Keep,
    ways: [Field; 2],
    photo: [f32; 2],
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    share: wgpu::Buffer,
}

impl Anchor {
    /// For photos of `photo` whose motion is found on a grid of `grid` cells.
    pub fn new(context: &Context, keep: Keep, photo: Size, grid: Size) -> Self {
        let texture = texture(context, "anchor", grid, wgpu::TextureFormat::Rgba32Float, Use::Sent);
        Self {
            keep,
            ways: [Field::new(grid), Field::new(grid)],
            photo: [photo.width as f32, photo.height as f32],
            view: view(&texture),
            texture,
            share: uniform_buffer(context, "anchor_share", bytemuck::bytes_of(&share(0))),
        }
    }

    /// What a pass binds that asks where a pixel lies.
    pub fn resource(&self) -> (u32, Resource<'_>) {
        (35, Resource::Floats(&self.view))
    }

    /// What one binds that mixes the two ways.
    pub fn share(&self) -> (u32, Resource<'_>) {
        (58, Resource::Uniform(&self.share))
    }

    /// Goes along with the motion to drawing `number` of a shot; none starts one, with the screen as it lies on the page.
    pub fn write(&mut self, context: &Context, motion: Option<&Motion>, number: u32) {
        let size = self.ways[0].size;
        match motion.filter(|motion| motion.size == size) {
            Some(motion) => self.ways.iter_mut().for_each(|ways| ways.follow(motion, self.photo)),
            None => self.ways.iter_mut().for_each(Field::clear),
        }
        if self.keep == Keep::Turns {
            match number % LIFE {
                0 => self.ways[0].clear(),
                age if age == LIFE / 2 => self.ways[1].clear(),
                _ => {}
            }
            write_uniform(context, &self.share, bytemuck::bytes_of(&share(number)));
        }
        let [first, second] = &self.ways;
        let both: Vec<_> = first.values.iter().zip(&second.values).map(|(a, b)| [a[0], a[1], b[0], b[1]]).collect();
        write_texture(context, &self.texture, bytemuck::cast_slice(&both), size.width * 16);
    }
}

/// Weight of the second way in drawing `number`, 0..=1: none where it starts again, all where the first does.
fn share(number: u32) -> f32 {
    (1.0 - 2.0 * (number % LIFE) as f32 / LIFE as f32).abs()
}

/// A vector per cell.
#[derive(Debug)]
struct Field {
    size: Size,
    values: Vec<[f32; 2]>,
}

impl Field {
    fn new(size: Size) -> Self {
        Self { size, values: vec![[0.0; 2]; size.pixels()] }
    }

    fn clear(&mut self) {
        self.values.fill([0.0; 2]);
    }

    /// `photo`: its width and height in pixels.
    fn follow(&mut self, motion: &Motion, photo: [f32; 2]) {
        let width = self.size.width as usize;
        let grid = [self.size.width as f32, self.size.height as f32];
        let mut carried = Vec::with_capacity(self.values.len());
        let mut sums = Vec::with_capacity(self.values.len());
        let mut pulls = Vec::with_capacity(self.values.len());
        for (index, cell) in motion.cells.iter().enumerate() {
            let [u, v, confidence, still] = cell.map(f32::from);
            // What only seems to move would be drawn anew for nothing.
            let [u, v] = [u, v].map(|part| part * (1.0 - still));
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            let before = self.at(x + u * motion.fill[0] * grid[0], y + v * motion.fill[1] * grid[1]);
            let way = [u * photo[0], v * photo[1]];
            let now = [before[0] + way[0], before[1] + way[1]];
            carried.push(now);
            // Where nobody knows anything, the mean of guesses is better than none.
            let weight = confidence.max(0.001);
            sums.push([now[0] * weight, now[1] * weight, weight]);
            let moving = (way[0].abs() + way[1].abs()).min(1.0);
            pulls.push(moving * (1.0 - (1.0 - RELAXING) * confidence));
        }
        self.blur(&mut sums);
        for (value, ((carried, [x, y, weight]), pull)) in
            self.values.iter_mut().zip(carried.iter().zip(sums).zip(pulls))
        {
            *value = [carried[0] + (x / weight - carried[0]) * pull, carried[1] + (y / weight - carried[1]) * pull];
        }
    }

    /// Bilinear, clamped to the grid.
    fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (s, t) = (x - left as f32, y - top as f32);
        let value = |x: usize, y: usize| self.values[y * width + x];
        std::array::from_fn(|i| {
            let upper = value(left, top)[i] * (1.0 - s) + value(right, top)[i] * s;
            let lower = value(left, bottom)[i] * (1.0 - s) + value(right, bottom)[i] * s;
            upper * (1.0 - t) + lower * t
        })
    }

    /// Sums over squares of cells, those beyond the border left out.
    fn blur(&self, sums: &mut [[f32; 3]]) {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let mut line = Vec::new();
        for y in 0..height {
            box_sums(sums, y * width, 1, width, &mut line);
        }
        for x in 0..width {
            box_sums(sums, x, width, height, &mut line);
        }
    }
}

/// Replaces each of `count` values, `step` apart from `start` on, by the sum over it and [`REACH`] on either side.
fn box_sums(values: &mut [[f32; 3]], start: usize, step: usize, count: usize, line: &mut Vec<[f32; 3]>) {
    line.clear();
    line.extend((0..count).map(|i| values[start + i * step]));
    for i in 0..count {
        let near = &line[i.saturating_sub(REACH)..(i + REACH + 1).min(count)];
        values[start + i * step] = near.iter().fold([0.0; 3], |sum, v| std::array::from_fn(|c| sum[c] + v[c]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    const GRID: Size = Size::new(40, 20);
    const PHOTO: [f32; 2] = [640.0, 320.0];

    fn motion(cell: impl Fn(usize) -> [f32; 4]) -> Motion {
        let cells = (0..GRID.pixels()).map(|i| cell(i).map(f16::from_f32)).collect();
        Motion { size: GRID, fill: [1.0; 2], cells, light: Vec::new(), noise: 0.0 }
    }

    #[test]
    fn the_screen_goes_along_with_what_moves_and_rests_with_what_rests() {
        let mut field = Field::new(GRID);
        // The right half moves by 4 pixels to the left a picture.
        let half = motion(|i| [if i % 40 >= 20 { 4.0 / 640.0 } else { 0.0 }, 0.0, 1.0, 0.0]);
        (0..10).for_each(|_| field.follow(&half, PHOTO));
        let far = |x: usize| field.values[10 * 40 + x];
        assert!((far(35)[0] - 40.0).abs() < 0.5 && far(35)[1] == 0.0, "{:?}", far(35));
        assert_eq!(far(5), [0.0; 2]);
        let before = field.values.clone();
        // Nothing moves, and half of it is not even sure of that.
        (0..100).for_each(|_| field.follow(&motion(|i| [0.0, 0.0, f32::from(i % 2 == 0), 0.0]), PHOTO));
        assert_eq!(field.values, before);
    }

    #[test]
    fn who_starts_again_is_not_seen_then() {
        assert_eq!([0, LIFE / 2, LIFE].map(share), [1.0, 0.0, 1.0]);
        assert!((0..3 * LIFE).all(|n| (share(n + 1) - share(n)).abs() < 0.1));
    }

    #[test]
    fn what_is_not_known_goes_along_with_its_neighbours() {
        let mut field = Field::new(GRID);
        let hole = |i: usize| (i % 40 == 20) && i / 40 == 10;
        let film = motion(|i| if hole(i) { [0.3, 0.3, 0.0, 0.0] } else { [0.01, 0.0, 1.0, 0.0] });
        field.follow(&film, PHOTO);
        let [x, y] = field.values[10 * 40 + 20];
        assert!((x - 6.4).abs() < 0.3 && y.abs() < 0.3, "{x} {y}");
    }
}
