//! Shaders that bring the drawing to full size and finish it. One file per effect, of the same stem as its shader.
//!
//! Colours are R'G'B' as the stream has them (gamma-encoded, the stream's primaries) from end to end: comic effects are
//! made by eye, and the eye is nearer to gamma-encoded values than to light. Passes of a frame:
//!
//! | pass | size | job |
//! |---|---|---|
//! | unpack | full | decoder planes to R'G'B' and luma |
//! | guide | small | luma at the drawing's size |
//! | upsample: rows, columns | small | the drawing as a linear function of luma |
//! | outline: tensor, rows, columns | small | direction and strength of edges |
//! | outline: edges | full | difference of Gaussians across edges |
//! | compose | full | upsample, tone, halftone, outline, paper, strength, pixel by pixel |
//! | pack | full | the encoder's planes |

mod chain;
mod convert;
mod halftone;
mod outline;
mod paper;
mod tone;
mod upsample;

pub use chain::PostChain;

/// What shaders know of the frame; `Frame` in `shaders/common/frame.wgsl`.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct FrameUniform {
    size: [u32; 2],
    small: [u32; 2],
    scale: f32,
    strength: f32,
    unused: [f32; 2],
}

/// WGSL that every pass begins with.
const FRAME_WGSL: &str = include_str!("../../shaders/common/frame.wgsl");
