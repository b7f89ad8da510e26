//! Calm at full size: colours and ink are mixed with those of the picture before, carried along the motion.

use crate::error::{Error, Result};
use crate::frame::{Motion, Size};
use crate::gpu::{Context, Resource, Use, texture, uniform_buffer, view, write_texture, write_uniform};
use wgpu::TextureFormat;

/// The WGSL of `history_blend`.
pub(super) const SOURCE: &str = include_str!("../../shaders/history.wgsl");

/// `HistoryUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct HistoryUniform {
    pub fill: [f32; 2],
    pub light_fill: [f32; 2],
    pub still: f32,
    pub moving: f32,
}

impl HistoryUniform {
    /// For the picture that `motion` leads to; none starts a shot.
    pub fn new(calm: f32, motion: Option<&Motion>) -> Self {
        let restless = (1.0 - calm) * (1.0 - calm);
        let Some(Motion { size, fill, .. }) = motion else {
            return Self { fill: [1.0; 2], light_fill: [1.0; 2], still: 0.0, moving: 0.0 };
        };
        let blocks = Motion::blocks(*size);
        let light_fill = |fill: f32, cells: u32, blocks: u32| fill * cells as f32 / (blocks * Motion::BLOCK) as f32;
        Self {
            fill: *fill,
            light_fill: [
                light_fill(fill[0], size.width, blocks.width),
                light_fill(fill[1], size.height, blocks.height),
            ],
            still: (0.9 - restless).max(0.0),
            moving: 0.98 * calm.sqrt().sqrt(),
        }
    }
}

/// What a run remembers of the picture before, on the device.
#[derive(Debug)]
pub(super) struct History {
    calm: f32,
    uniform: wgpu::Buffer,
    motion: wgpu::Texture,
    motion_view: wgpu::TextureView,
    light: wgpu::Texture,
    light_view: wgpu::TextureView,
    /// Colour and ink of this picture and the one before, taking turns.
    pictures: [wgpu::TextureView; 2],
}

impl History {
    /// For pictures of `size` whose motion is found on a grid of `grid` cells.
    pub fn new(context: &Context, calm: f32, size: Size, grid: Size) -> Self {
        let halves = TextureFormat::Rgba16Float;
        let motion = texture(context, "history_motion", grid, halves, Use::Sent);
        let light = texture(context, "history_light", Motion::blocks(grid), halves, Use::Sent);
        Self {
            calm,
            uniform: uniform_buffer(context, "history", bytemuck::bytes_of(&HistoryUniform::new(calm, None))),
            motion_view: view(&motion),
            motion,
            light_view: view(&light),
            light,
            // In half floats, since a mean that runs over bytes sticks where it is a few codes off.
            pictures: ["history_a", "history_b"].map(|label| view(&texture(context, label, size, halves, Use::Stored))),
        }
    }

    /// From the next picture on.
    pub fn set_calm(&mut self, calm: f32) {
        self.calm = calm;
    }

    /// What the last pass binds: on every first frame, and on every second instead.
    pub fn resources(&self) -> [[(u32, Resource<'_>); 5]; 2] {
        [[0, 1], [1, 0]].map(|[before, now]| {
            [
                (28, Resource::Uniform(&self.uniform)),
                (29, Resource::Texture(&self.motion_view)),
                (30, Resource::Texture(&self.pictures[before])),
                (31, Resource::Store(&self.pictures[now], TextureFormat::Rgba16Float)),
                (38, Resource::Texture(&self.light_view)),
            ]
        })
    }

    /// What a pass binds that reads the picture before and its motion, likewise.
    pub fn before(&self) -> [[(u32, Resource<'_>); 3]; 2] {
        self.resources().map(|[uniform, motion, before, ..]| [uniform, motion, before])
    }

    /// Sends the motion that leads to the next picture.
    ///
    /// # Errors
    /// [`Error::Gpu`] where its grid is not the announced one, or its light is on another.
    pub fn write(&self, context: &Context, motion: Option<&Motion>) -> Result<()> {
        let values = HistoryUniform::new(self.calm, motion);
        write_uniform(context, &self.uniform, bytemuck::bytes_of(&values));
        let Some(motion) = motion else { return Ok(()) };
        let wanted = Size::new(self.motion.width(), self.motion.height());
        if motion.size != wanted || motion.cells.len() != wanted.pixels() {
            return Err(Error::gpu(format!("motion on a grid of {} came where {wanted} was announced", motion.size)));
        }
        write_texture(context, &self.motion, bytemuck::cast_slice(&motion.cells), wanted.width * 8);
        let blocks = Motion::blocks(wanted);
        if motion.light.len() != blocks.pixels() {
            return Err(Error::gpu(format!(
                "{} blocks of light came where {blocks} were announced",
                motion.light.len()
            )));
        }
        write_texture(context, &self.light, bytemuck::cast_slice(&motion.light), blocks.width * 8);
        Ok(())
    }
}
