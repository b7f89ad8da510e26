//! Post-processing: brings the drawing to the photo's size, grades, screens and inks it, and packs it for the encoder.
//!
//! One file and one shader of the same stem per effect; an effect that is off is not in the pipeline at all. Pointwise
//! effects are functions of the last pass ([`compose`](chain)); what needs neighbours works at the drawing's size or
//! less, except the ink's difference across the edge, which must be crisp. Everything is in gamma space: the photo's
//! R'G'B' as the stream codes it, the drawing's sRGB bytes taken as the same. Runs on the shader thread.

mod chain;
mod flow;
mod fragment;
mod frame_uniform;
mod halftone;
mod outline;
mod paper;
#[cfg(test)]
mod tests;
mod tone;
mod upsample;

pub use chain::PostChain;
