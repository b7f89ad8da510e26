//! Everything that knows wgpu: the device, passes, planes on their way up and down, time per pass.
//!
//! Nothing above this module holds a wgpu device but a window's widgets, whose renderer comes with their library. All of it
//! runs on the shader thread, what a window shows ([`Surface`], [`Show`]) on the window's. Pictures are R'G'B' as the
//! stream codes it (gamma space, the stream's own primaries) or the codes of its planes; nothing is linearised.

mod context;
mod download;
mod pass;
mod planes;
mod show;
mod surface;
mod timing;
mod upload;

pub use context::{AdapterFacts, Context, adapters};
pub use download::Readback;
pub use pass::{
    Pass, Resource, Shader, Use, storage_buffer, texture, uniform_buffer, view, write_texture, write_uniform,
};
pub use planes::{Codes, Layout, PlaneLayout};
pub use show::{Part, Show};
pub use surface::Surface;
pub use timing::{PassTime, Timer};
pub use upload::PhotoPlanes;
