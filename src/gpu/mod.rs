//! The only owner of a wgpu device: adapter choice, passes, pictures up, pictures down. Used by the shader thread alone.

mod context;
mod download;
mod pass;
mod upload;

pub use context::Context;
pub use download::{Download, Layout};
pub use pass::{Pass, Storage, Texture, Uniform};
pub use upload::{Offsets, Upload};
