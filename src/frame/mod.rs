//! A picture, the facts that travel with it, and exact time.
//!
//! Nothing here knows FFmpeg, wgpu or tch: these types are what the stages exchange.

mod clock;
mod color;
mod ground;
mod image;
mod light;
mod mark;
mod matte;
mod motion;
pub mod pq;
mod time;

pub use clock::Clock;
pub use color::{ChromaSiting, ColorInfo, Matrix, Range};
pub use ground::{on_white, white};
pub use image::{CpuImage, Drawing, Drawn, Packing, PixelFormat, Planes, Size, SmallRgb};
pub use light::{ContentLight, Light, Screen};
pub use mark::Mark;
pub use matte::scaled;
pub use motion::Motion;
pub use time::{Rational, Stamp, parse_time};

/// One frame. `I` says how far it has come: [`CpuImage`] from the source, [`Drawn`] behind the network,
/// [`CpuImage`] again behind the shaders.
#[derive(Clone, Debug)]
pub struct Frame<I> {
    /// When it is shown.
    pub stamp: Stamp,
    /// The picture.
    pub image: I,
}

impl<I> Frame<I> {
    /// Same moment, new picture.
    pub fn with<J>(self, image: J) -> Frame<J> {
        Frame { stamp: self.stamp, image }
    }
    /// Same moment, picture made by a step that can fail.
    ///
    /// # Errors
    /// Those of `step`.
    pub fn try_map<J, E>(self, step: impl FnOnce(I) -> Result<J, E>) -> Result<Frame<J>, E> {
        Ok(Frame { stamp: self.stamp, image: step(self.image)? })
    }
}

/// What a source knows before its first frame. All of it describes the frames as they leave the source:
/// upright, after any rotation of the container was applied.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamInfo {
    /// Pixels.
    pub size: Size,
    /// Pixel layout of every frame.
    pub format: PixelFormat,
    /// Colour matrix, range and tags.
    pub color: ColorInfo,
    /// Width to height of one pixel; 1:1 where unknown.
    pub sample_aspect: Rational,
    /// Unit of [`Stamp::pts`] and [`Stamp::duration`], in seconds.
    pub time_base: Rational,
    /// Nominal frames per second; a hint for encoders and progress, never used to make timestamps.
    pub frame_rate: Option<Rational>,
    /// How many frames there will be, where the container says or implies it. May be off.
    pub frame_count: Option<u64>,
    /// A live source drops frames rather than fall behind.
    pub live: bool,
    /// How bright it is, where it is of high dynamic range and that is known.
    pub light: Light,
    /// Whether pictures may be transparent: see [`CpuImage::alpha`].
    pub alpha: bool,
}

impl StreamInfo {
    /// A film of opaque, square pixels without a rate, 25 units of time a second.
    #[must_use]
    pub fn new(size: Size, format: PixelFormat, color: ColorInfo) -> Self {
        Self {
            size,
            format,
            color,
            sample_aspect: Rational::new(1, 1),
            time_base: Rational::new(1, 25),
            frame_rate: None,
            frame_count: None,
            live: false,
            light: Light::default(),
            alpha: false,
        }
    }
}
