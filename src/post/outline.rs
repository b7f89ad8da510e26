//! Ink lines: difference of Gaussians across the edge at full size, averaged along it (flow-based XDoG, Winnemöller,
//! Kyprianidis and Olsen 2012).

use super::{flow, fragment::Fragment};
use crate::config;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, storage_buffer, uniform_buffer};

/// The WGSL of `outline_across` and `outline_apply`.
pub(super) const SOURCE: &str = include_str!("../../shaders/outline.wgsl");

/// `OUTLINE_TAPS` of the shader: taps on one side, the middle counted.
const TAPS: usize = 8;
/// The narrow Gaussian's sigma per line width: ink shows over about two sigmas of the response.
const SIGMA: f32 = 0.5;
/// Wide over narrow sigma: nearest to a Laplacian (Marr and Hildreth 1980).
const RATIO: f32 = 1.6;
/// Sigma along the line over sigma across it.
const LENGTH: f32 = 3.0;

/// `OutlineUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct OutlineUniform {
    pub color: [f32; 4],
    pub across: [f32; TAPS],
    pub along: [f32; TAPS],
    pub across_taps: u32,
    pub along_taps: u32,
    pub spacing: f32,
    pub stride: f32,
    pub threshold: f32,
    pub softness: f32,
    pub gate_low: f32,
    pub gate_high: f32,
}

/// Gaussian weights at 0, 1, 2, … times `step`; they sum to 1 over both sides.
fn gaussian(sigma: f32, step: f32, taps: usize) -> [f32; TAPS] {
    let mut weights = [0.0; TAPS];
    for (i, weight) in weights.iter_mut().enumerate().take(taps) {
        let x = i as f32 * step / sigma;
        *weight = (-0.5 * x * x).exp();
    }
    let total = 2.0 * weights.iter().sum::<f32>() - weights[0];
    weights.map(|w| w / total)
}

impl OutlineUniform {
    /// `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(outline: &config::Outline, unit: f32) -> Self {
        let sigma = (outline.width * unit * SIGMA).max(0.5);
        let reach = 2.3 * RATIO * sigma;
        let spacing = (reach / (TAPS - 1) as f32).max(1.0);
        let across_taps = ((reach / spacing).ceil() as usize + 1).min(TAPS);
        let (narrow, wide) = (gaussian(sigma, spacing, across_taps), gaussian(RATIO * sigma, spacing, across_taps));
        let stride = (0.75 * LENGTH * sigma).max(1.0);
        let along_taps = 4;
        // A step of luma gives a response of about an eighth of it, a smoothed gradient of about a sixth: where the
        // gradient cannot reach the threshold, nothing is worth a look.
        let floor = (outline.threshold * 1.5).max(0.008);
        let gate = floor * floor * flow::SCALE;
        let [r, g, b] = outline.color.to_f32();
        Self {
            color: [r, g, b, outline.opacity],
            across: std::array::from_fn(|i| wide[i] - narrow[i]),
            along: gaussian(LENGTH * sigma, stride, along_taps),
            across_taps: across_taps as u32,
            along_taps: along_taps as u32,
            spacing,
            stride,
            threshold: outline.threshold,
            softness: outline.softness,
            gate_low: gate,
            gate_high: 3.0 * gate,
        }
    }
}

/// The effect's passes and its part of the last one.
pub(super) struct Ink {
    /// Fills `field`.
    pub across: Pass,
    /// Response and tangent per photo pixel.
    pub field: wgpu::Buffer,
}

/// The effect's part of the last pass.
pub(super) fn fragment(outline: &config::Outline, unit: f32) -> Fragment {
    let uniform = bytemuck::bytes_of(&OutlineUniform::new(outline, unit)).to_vec();
    Fragment { source: SOURCE, call: "outline_apply(color, pixel)", binding: 14, uniform }
}

/// Builds the pass over the photo's luma.
pub(super) fn ink(
    context: &Context,
    fragment: &Fragment,
    shader: &Shader,
    frame: &wgpu::Buffer,
    photo: &wgpu::Buffer,
    flow: &wgpu::TextureView,
    size: Size,
) -> Result<Ink> {
    let field = storage_buffer(context, "outline_field", size.width * size.height * 4);
    let values = uniform_buffer(context, "outline", &fragment.uniform);
    let resources = [
        (0, Resource::Uniform(frame)),
        (1, Resource::Read(photo)),
        (12, Resource::Linear),
        (14, Resource::Uniform(&values)),
        (15, Resource::Write(&field)),
        (16, Resource::Texture(flow)),
    ];
    let across = Pass::new(context, "outline_across", shader, &resources, size)?;
    Ok(Ink { across, field })
}
