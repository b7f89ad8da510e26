//! Post-processing: brings the drawing to the photo's size, grades, screens and inks it, and packs it for the encoder.
//!
//! One file and one shader of the same stem per effect; an effect that is off is not in the pipeline at all.
//!
//! | pass | size | job |
//! |---|---|---|
//! | `reduce` | drawing | the photo's mean luma beside the drawing |
//! | `flow_see` | drawing | what there is to see of the photo: luma, colour, skin |
//! | `flow_tensor`, `flow_smooth` | half the drawing | which way edges run, and how strong they are |
//! | `paint_along`, `paint_across` | drawing | strokes along edges, and which side of an edge what is near it belongs to; then `flow_tensor` and `flow_smooth` anew |
//! | `upsample_moments`, `upsample_fit` | half the drawing | where there are no strokes: the drawing as a linear function of luma |
//! | `form_smooth`, `form_find` | half the drawing | where light and shade model a form |
//! | `outline_find` | tiles | where there is an edge at all |
//! | `outline_across`, `outline_along` | full, tiles with edges | ink |
//! | `outline_crest`, `outline_join`, `outline_mark` | half the drawing, tiles | contours, how far a line runs, and where there is any, between the two |
//! | `hatch_find` | an eighth of the drawing | which way pen strokes run |
//! | `hatch_scatter`, `hatch_along` | drawing | pen strokes: noise, averaged along that way |
//! | `pack` | full | everything that looks at one pixel: paint or upsample, tone, history, wash, halftone, ink, paper; then the encoder's planes |
//!
//! Colours are in gamma space from end to end: the photo's R'G'B' as the stream codes it, the drawing's sRGB bytes
//! taken as the same. Between passes the picture itself is never stored: it goes from floats to the encoder's codes, so
//! ten bits stay ten. Runs on the shader thread.

mod anchor;
mod beside;
mod boil;
mod chain;
mod compare;
mod flow;
mod form;
mod fragment;
mod halftone;
mod hatch;
mod history;
mod matte;
mod outline;
mod paint;
mod paper;
mod plan;
mod run;
mod speed;
#[cfg(test)]
mod tests;
mod tone;
mod upsample;
mod wash;

pub use chain::PostChain;
pub use compare::{Compare, Comparison};
pub use matte::Matte;
