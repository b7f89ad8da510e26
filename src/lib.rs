//! comicvid: turns video into a comic.
//!
//! ```text
//!  source thread        network thread (tch)            gpu thread (wgpu)                  sink thread
//! ┌────────────┐ link ┌───────────────────────┐ link ┌───────────────────────────┐ link ┌───────────┐
//! │FrameSource │─────▶│ planes → small RGB    │─────▶│ upload planes + drawing   │─────▶│ FrameSink │
//! │file, still │      │ generator → Drawing   │      │ paint tone ink halftone   │      │file, still│
//! └────────────┘      └───────────────────────┘      │ paper → planes, download  │      └───────────┘
//!                                                    └───────────────────────────┘
//! ```
//!
//! The network works small, the shaders work big: the generator answers with colour at a few hundred lines, the
//! shaders bring that to full size along the photo's own edges and ink it. Pixels cross the bus once each way, as the
//! decoder's and the encoder's own planes. A frame carries its exact timestamp from end to end.
//!
//! # Map
//!
//! Modules import downwards only; `tests/layering.rs` holds them to it.
//!
//! | module | job |
//! |---|---|
//! | [`app`] | from what was typed to what is done: the only place where the parts meet |
//! | [`cli`] | what can be typed; also compiled into the launcher (`main.rs`), which loads this library |
//! | [`window`] | a live run on the screen: pictures, panel, keys |
//! | [`live`] | a camera's run: threads that drop frames rather than fall behind, outputs, cards, what a window may do |
//! | `train`, [`eval`] | the trainer of the generator; metrics |
//! | [`pipeline`] | threads, links, progress counts, one outcome |
//! | [`source`], [`stylize`], [`motion`], [`post`], [`sink`] | the stages; siblings never import each other |
//! | [`gpu`], [`av`], `v4l2` | the only owners of wgpu devices, of FFmpeg's C interface and of Linux's video devices |
//! | [`stage`], [`frame`], [`config`], [`error`] | the contract between stages and the types they exchange |
//!
//! # Words
//!
//! *Photo*: a frame as it was shot. *Drawing*: the generator's answer, small. *Style*: generator settings plus one table per
//! effect, a TOML file. *Code*: the numbers that tell the generator in which style to draw. *Effect*: one Rust file in
//! `post` and one shader of the same name. *Stamp*: a frame's index, time and duration, which no stage changes. *Guide*:
//! the photo's luma at the drawing's size. *Page*: the part of an endless canvas, with the brush strokes that can show on it,
//! which a picture is drawn on.
//!
//! # Where the design left its first sketch
//!
//! * The program is a launcher that loads this library with `dlopen`. A program that is linked to a library which is not
//!   there cannot say so, and `--help` should not wait for libtorch.
//! * What draws ([`stage::Draw`]) knows one picture at a time; what knows how drawings follow one another stands around it
//!   in [`pipeline::Redraw`], so that [`stylize`] is free of motion and [`motion`] of networks.
//! * A run that can be resumed draws its segments in one go and learns where they end from [`pipeline::Divisions`], beside
//!   the frames: whether there is a crash is nobody's business but the sink's. In the midst of a long shot every such run,
//!   disturbed or not, forgets, draws some frames again to warm up, and goes on; so each segment can be drawn by itself.
//! * High dynamic range becomes standard in [`source`], not in a shader: network and motion look at the planes, too.
//! * The network answers smooth maps alone: what belongs together and becomes flat paint, and how much there is of what it
//!   need not draw. Edges come from the photo, lines from filters of it, the texture of paint from strokes that lie on a page:
//!   nothing can draw the pattern of its cells, and what each pixel is costs no network.
//! * Strokes are put on by hand and not trained: losses pile them up beside edges in strong colours. Where the figures of
//!   `eval` and the eye part, the eye decides; how far they part stands in `models/README.md`.
//! * Figures are given up for what the eye sees: what the network answers is averaged over neighbouring places, which costs
//!   style in `eval` and is steady; contours are a shader's, since lines as narrow as ink need the full size.
//! * Strokes that run along edges take the place of the photo's detail at full size: of all that shaders do, it is what makes a
//!   drawing of a filtered photo. They work on what the network drew, not on what it sees: before it, they cost style in `eval`.
//! * Hatching is no pattern on the page: noise is averaged along the edges and cut off at the shade, so strokes run with the
//!   form. They go along with the motion for a second at most and are drawn anew before they tear; dots and lines of a screen
//!   cannot be, and lie on the page.
//! * A drawing's fourth byte says how far the shaders may simplify what is there: the network knows where small faces are, and
//!   shaders see pixels only. What is carried from picture to picture follows changes of light, which [`motion`] tells them.
//! * Only the picture is drawn; every other stream is copied, packet by packet, on the sink thread. Sound that the container
//!   cannot hold is the one exception: it is encoded anew there, so that segments know nothing of it.
//! * A damaged source ends its stream normally and counts the damage aside, so that the film is finished and the run still
//!   fails: see [`source::Damage`].

pub mod app;
pub mod av;
pub mod cli;
pub mod config;
pub mod error;
pub mod eval;
pub mod frame;
pub mod gpu;
pub mod live;
pub mod motion;
pub mod pipeline;
pub mod post;
pub mod sink;
pub mod source;
pub mod stage;
pub mod stylize;
#[cfg(feature = "torch")]
pub mod train;
#[cfg(target_os = "linux")]
pub mod v4l2;
pub mod window;
