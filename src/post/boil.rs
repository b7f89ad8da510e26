//! Line boil: ink lines stray a little, in another way for every drawing, as drawn by hand.

use crate::gpu::{Context, Resource, uniform_buffer, write_uniform};

/// The WGSL of `boil_ink_at`; needs `outline.wgsl` and `common/hash.wgsl`.
pub(super) const SOURCE: &str = include_str!("../../shaders/boil.wgsl");

/// How far a line strays at most, in pixels of a picture 1080 lines high.
const REACH: f32 = 7.0;
/// Length of a wave, likewise.
const WAVE: f32 = 34.0;

/// `BoilUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct BoilUniform {
    pub reach: f32,
    pub frequency: f32,
    pub seed: u32,
    pub padding: u32,
}

/// The effect's numbers on the device.
#[derive(Debug)]
pub(super) struct Boil {
    values: BoilUniform,
    uniform: wgpu::Buffer,
}

impl Boil {
    /// `amount` is 0 (none) ..= 1; `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(context: &Context, amount: f32, unit: f32) -> Self {
        let values = BoilUniform { reach: amount * REACH * unit, frequency: 1.0 / (WAVE * unit), seed: 0, padding: 0 };
        Self { values, uniform: uniform_buffer(context, "boil", bytemuck::bytes_of(&values)) }
    }

    /// From the next drawing on.
    pub fn set_amount(&mut self, amount: f32, unit: f32) {
        self.values.reach = amount * REACH * unit;
    }

    /// What the last pass binds.
    pub fn resource(&self) -> (u32, Resource<'_>) {
        (32, Resource::Uniform(&self.uniform))
    }

    /// For drawing `number` of a shot: what a shot looks like does not depend on what came before it.
    pub fn write(&mut self, context: &Context, number: u32) {
        self.values.seed = number;
        write_uniform(context, &self.uniform, bytemuck::bytes_of(&self.values));
    }
}
