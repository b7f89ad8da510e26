//! Ink lines: difference of Gaussians across the edge at full size, averaged along it (flow-based XDoG, Winnemöller,
//! Kyprianidis and Olsen 2012), and contours of what has soft edges or a colour of its own.

use super::flow::{self, Flow};
use super::{fragment::Fragment, run::cells};
use crate::config;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, PhotoPlanes, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the effect.
pub(super) const SOURCE: &str = include_str!("../../shaders/outline.wgsl");

/// `OUTLINE_TILE` of the shader: cells on the side of a tile.
const TILE: u32 = 4;
/// `OUTLINE_CLEAR` of the shader: what the threshold of a clear edge is multiplied by.
const CLEAR: f32 = 0.45;
/// Where the last pass binds the ink.
pub(super) const INK: u32 = 16;
/// Samples on one side, the middle counted.
const TAPS: usize = 4;
/// The narrow Gaussian's sigma per line width: ink shows over about two sigmas of the response.
const SIGMA: f32 = 0.5;
/// Wide over narrow sigma: nearest to a Laplacian (Marr and Hildreth 1980).
const RATIO: f32 = 1.6;
/// Sigma along the line over sigma across it. Longer, samples lie so far apart that lines become rows of dashes.
const LENGTH: f32 = 2.0;

/// `OutlineUniform` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct OutlineUniform {
    pub color: [f32; 4],
    pub across: [f32; TAPS],
    pub along: [f32; TAPS],
    pub spacing: f32,
    pub stride: f32,
    pub threshold: f32,
    pub softness: f32,
    pub gate_low: f32,
    pub gate_high: f32,
    pub reverse: f32,
    pub padding: u32,
}

/// Gaussian weights at 0, 1, 2, … times `step`; they sum to 1 over both sides.
fn gaussian(sigma: f32, step: f32) -> [f32; TAPS] {
    let weights: [f32; TAPS] = std::array::from_fn(|i| (-0.5 * (i as f32 * step / sigma).powi(2)).exp());
    let total = 2.0 * weights.iter().sum::<f32>() - weights[0];
    weights.map(|w| w / total)
}

impl OutlineUniform {
    /// `unit`: photo pixels per pixel of a picture 1080 lines high.
    pub fn new(outline: &config::Outline, unit: f32) -> Self {
        let sigma = (outline.width * unit * SIGMA).max(0.5);
        // Samples closer than a pixel would read the same pixel twice.
        let spacing = sigma.max(1.0);
        let (narrow, wide) = (gaussian(sigma, spacing), gaussian(RATIO * sigma, spacing));
        let stride = (0.75 * LENGTH * sigma).max(1.0);
        // A blurred step of luma reaches a response of about an eighth of it and, smoothed over cells, a gradient of
        // about as much: where the gradient cannot reach the threshold, nothing is worth a look.
        let gate = (outline.threshold * CLEAR * 1.8).max(0.006);
        let [r, g, b] = outline.color.to_f32();
        Self {
            color: [r, g, b, outline.opacity],
            across: std::array::from_fn(|i| wide[i] - narrow[i]),
            along: gaussian(LENGTH * sigma, stride),
            spacing,
            stride,
            threshold: outline.threshold,
            softness: outline.softness,
            gate_low: gate,
            gate_high: 1.7 * gate,
            reverse: outline.reverse,
            padding: 0,
        }
    }
}

/// The effect's part of the last pass. `formed`: there is a `form_here`; without, no line is left white.
pub(super) fn fragment(outline: &config::Outline, unit: f32, formed: bool) -> Fragment {
    let call = if formed { "outline_apply(color, ink.x, form_here.w)" } else { "outline_apply(color, ink.x, 1.0)" };
    let uniform = bytemuck::bytes_of(&OutlineUniform::new(outline, unit)).to_vec();
    Fragment { source: SOURCE, call, page: true, binding: 14, uniform }
}

/// Builds the passes at full size, of which `values` is the uniform; gives them with the texture they fill: ink per photo
/// pixel and whether a line is near (`rg8unorm`).
pub(super) fn passes(
    context: &Context,
    values: &wgpu::Buffer,
    shader: &Shader,
    photo: &PhotoPlanes,
    flow: &Flow,
    (size, drawing): (Size, Size),
) -> Result<(Vec<Pass>, wgpu::TextureView)> {
    let cells = cells(drawing);
    let grid = Size::new(cells.width.div_ceil(TILE), cells.height.div_ceil(TILE));
    let words = TextureFormat::R32Uint;
    let [tiles, marked] =
        ["outline_tiles", "outline_marked"].map(|label| view(&texture(context, label, grid, words, Use::Stored)));
    let response = texture(context, "outline_response", size, TextureFormat::R16Float, Use::Drawn);
    let ink = texture(context, "outline_ink", size, TextureFormat::Rg8Unorm, Use::Drawn);
    let response_view = view(&response);
    let halves = TextureFormat::Rgba16Float;
    let [found, joined] =
        ["outline_found", "outline_joined"].map(|label| view(&texture(context, label, cells, halves, Use::Stored)));
    let shared = [(flow::BINDING, Resource::Texture(&flow.tensor)), (14, Resource::Uniform(values))];
    let find = [&shared[..], &[(26, Resource::Store(&tiles, words))]].concat();
    let tiled = [&shared[..], &[(12, Resource::Linear), (27, Resource::Codes(&tiles))]].concat();
    let across = [&tiled[..], &photo.resources()[..1]].concat();
    let answered = (15, Resource::Texture(&response_view));
    let seen = [answered, (flow::SEEN, Resource::Texture(&flow.seen)), (45, Resource::Store(&found, halves))];
    let crest = [&across[..], &seen].concat();
    let join = [
        (flow::BINDING, Resource::Texture(&flow.tensor)),
        (12, Resource::Linear),
        (46, Resource::Texture(&found)),
        (45, Resource::Store(&joined, halves)),
    ];
    let contours = (46, Resource::Texture(&joined));
    let mark = [contours, (27, Resource::Codes(&tiles)), (26, Resource::Store(&marked, words))];
    let along = [&shared[..], &[(12, Resource::Linear), (27, Resource::Codes(&marked)), answered, contours]].concat();
    let quads = ("outline_tile", grid.width * grid.height);
    let passes = vec![
        Pass::dispatch(context, "outline_find", shader, &find, grid)?,
        Pass::draw(context, "outline_across", shader, &across, &response, quads)?,
        Pass::dispatch(context, "outline_crest", shader, &crest, cells)?,
        Pass::dispatch(context, "outline_join", shader, &join, cells)?,
        Pass::dispatch(context, "outline_mark", shader, &mark, grid)?,
        Pass::draw(context, "outline_along", shader, &along, &ink, quads)?,
    ];
    Ok((passes, view(&ink)))
}
