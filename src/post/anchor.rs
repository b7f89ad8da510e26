//! Sticks a screen to what is drawn: where each part of the picture lies on the screen is carried along the motion.
//!
//! Texture advection (Max and Becker 1995), kept from tearing: where the motion is not known, and a little wherever
//! something moves, a cell's way is drawn to the mean of those around it. So dots turn and grow with an object for a
//! while and slide back into shape, and nothing at all happens where nothing moves. On the CPU, on the motion's grid.

use crate::frame::{Motion, Size};
use crate::gpu::{Context, Resource, Use, texture, view, write_texture};

/// The WGSL of `anchored`; needs `history.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/anchor.wgsl");

/// Share of the neighbours' mean that a cell takes on which moves by a pixel or more.
const RELAXING: f32 = 0.06;
/// Cells on either side that count as neighbours.
const REACH: usize = 3;

/// Ways from the page to the screen, photo pixels, per cell.
#[derive(Debug)]
pub(super) struct Anchor {
    ways: Field,
    photo: [f32; 2],
    texture: wgpu::Texture,
    view: wgpu::TextureView,
}

impl Anchor {
    /// For photos of `photo` whose motion is found on a grid of `grid` cells.
    pub fn new(context: &Context, photo: Size, grid: Size) -> Self {
        let texture = texture(context, "anchor", grid, wgpu::TextureFormat::Rg32Float, Use::Sent);
        Self { ways: Field::new(grid), photo: [photo.width as f32, photo.height as f32], view: view(&texture), texture }
    }

    /// What the last pass binds.
    pub fn resource(&self) -> (u32, Resource<'_>) {
        (35, Resource::Floats(&self.view))
    }

    /// Goes along with the motion to the next picture; none starts a shot, with the screen as it lies on the page.
    pub fn write(&mut self, context: &Context, motion: Option<&Motion>) {
        match motion.filter(|motion| motion.size == self.ways.size) {
            Some(motion) => self.ways.follow(motion, self.photo),
            None => self.ways.values.fill([0.0; 2]),
        }
        write_texture(context, &self.texture, bytemuck::cast_slice(&self.ways.values), self.ways.size.width * 8);
    }
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

    /// `photo`: its width and height in pixels.
    fn follow(&mut self, motion: &Motion, photo: [f32; 2]) {
        let width = self.size.width as usize;
        let grid = [self.size.width as f32, self.size.height as f32];
        let mut carried = Vec::with_capacity(self.values.len());
        let mut sums = Vec::with_capacity(self.values.len());
        let mut pulls = Vec::with_capacity(self.values.len());
        for (index, cell) in motion.cells.iter().enumerate() {
            let [u, v, confidence, _] = cell.map(f32::from);
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
    fn what_is_not_known_goes_along_with_its_neighbours() {
        let mut field = Field::new(GRID);
        let hole = |i: usize| (i % 40 == 20) && i / 40 == 10;
        let film = motion(|i| if hole(i) { [0.3, 0.3, 0.0, 0.0] } else { [0.01, 0.0, 1.0, 0.0] });
        field.follow(&film, PHOTO);
        let [x, y] = field.values[10 * 40 + 20];
        assert!((x - 6.4).abs() < 0.3 && y.abs() < 0.3, "{x} {y}");
    }
}
