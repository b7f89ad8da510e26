//! Pen strokes that run with the form: what a [screen](super::halftone) of hatching is made of.

use super::anchor::Anchor;
use super::flow::{self, Flow};
use super::history::History;
use super::run::cells;
use crate::error::Result;
use crate::frame::Size;
use crate::gpu::{Context, Pass, Resource, Shader, Use, texture, view};
use wgpu::TextureFormat;

/// The WGSL of the passes and of `hatch_ink`; needs `flow.wgsl`, `halftone.wgsl`, `common/hash.wgsl` and [`PAGE`] or
/// [`OBJECT`].
pub(super) const SOURCE: &str = include_str!("../../shaders/hatch.wgsl");
/// Strokes that lie still on the page.
pub(super) const PAGE: &str =
    "fn hatch_laid(pixel: vec2<f32>, scale: f32) -> vec2<f32> { return hatch_noise(scale * pixel); }\n";
/// Strokes that go along with the motion; needs `anchor.wgsl`.
pub(super) const OBJECT: &str = "@group(0) @binding(58) var<uniform> anchor_share: f32;
fn hatch_laid(pixel: vec2<f32>, scale: f32) -> vec2<f32> {
    let places = scale * anchored(vec2<i32>(pixel));
    return hatch_turns(scale * (floor(pixel) + 0.5), places, anchor_torn, anchor_share);
}
";

/// Ways found in each picture by itself.
pub(super) const RESTLESS: &str = "fn hatch_calm(way: vec2<f32>, uv: vec2<f32>) -> vec2<f32> { return way; }\n";
/// Ways that go along with the motion, or strokes would turn to and fro; needs `history.wgsl`.
pub(super) const CALM: &str = "fn hatch_calm(way: vec2<f32>, uv: vec2<f32>) -> vec2<f32> {
    let motion = textureSampleLevel(history_motion, linear, uv * history.fill, 0.0);
    let before = textureSampleLevel(hatch_way, linear, uv + motion.xy, 0.0).xy;
    return mix(way, before, history.moving * smoothstep(0.0, 0.2, motion.z));
}
";

/// `HATCH_STEP` of the shader.
const STEP: u32 = 4;
/// Where the last pass binds what the passes draw.
pub(super) const DRAWN: u32 = 57;

/// Builds the passes, of which `values` is the halftone's uniform, for a `drawing` of `size`; gives them with the texture
/// that they fill. Strokes go along with `anchor`, their ways are calmed by `history`.
pub(super) fn passes(
    context: &Context,
    values: &wgpu::Buffer,
    shader: &Shader,
    drawing: &wgpu::TextureView,
    flow: &Flow,
    (history, anchor): (Option<&History>, Option<&Anchor>),
    size: Size,
) -> Result<(Vec<Pass>, wgpu::TextureView)> {
    let (bytes, halves) = (TextureFormat::Rgba8Unorm, TextureFormat::Rgba16Float);
    let grid = cells(size);
    let grid = Size::new(grid.width.div_ceil(STEP), grid.height.div_ceil(STEP));
    let ways = ["hatch_way_a", "hatch_way_b"].map(|label| view(&texture(context, label, grid, halves, Use::Stored)));
    let [grain, drawn] = ["hatch_grain", "hatch"].map(|label| view(&texture(context, label, size, bytes, Use::Stored)));
    let shared = [(17, Resource::Uniform(values)), (12, Resource::Linear)];
    // This picture's way and that of the one before take turns.
    let [[find, along], [find_next, along_next]] = [[0, 1], [1, 0]].map(|[before, now]| {
        let mut find = vec![
            shared[0],
            (flow::BINDING, Resource::Texture(&flow.tensor)),
            (52, Resource::Store(&ways[now], halves)),
        ];
        if let Some(history) = history {
            let [uniform, motion, _] = history.before()[0];
            find.extend([uniform, motion, shared[1], (53, Resource::Texture(&ways[before]))]);
        }
        let along = vec![
            (flow::SEEN, Resource::Texture(&flow.seen)),
            shared[0],
            shared[1],
            (53, Resource::Texture(&ways[now])),
            (55, Resource::Texture(&grain)),
            (2, Resource::Texture(drawing)),
            (56, Resource::Store(&drawn, bytes)),
        ];
        [find, along]
    });
    let mut scatter = vec![shared[0], (54, Resource::Store(&grain, bytes))];
    if let Some((anchor, history)) = anchor.zip(history) {
        scatter.extend([anchor.resource(), anchor.share(), history.before()[0][0]]);
    }
    let passes = vec![
        Pass::dispatch(context, "hatch_find", shader, &find, grid)?.alternate(context, &find_next),
        Pass::dispatch(context, "hatch_scatter", shader, &scatter, size)?,
        Pass::dispatch(context, "hatch_along", shader, &along, size)?.alternate(context, &along_next),
    ];
    Ok((passes, drawn))
}
