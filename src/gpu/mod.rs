//! Everything that knows wgpu: the device, passes, planes on their way up and down, time per pass.
//!
//! Nothing above this module holds a wgpu device. All of it runs on the shader thread. Pictures are R'G'B' as the
//! stream codes it (gamma space, the stream's own primaries) or the codes of its planes; nothing is linearised.

mod context;
mod download;
mod pass;
mod planes;
mod timing;
mod upload;

pub use context::{AdapterFacts, Context, adapters};
pub use download::Readback;
pub use pass::{
    Pass, Resource, Shader, Use, storage_buffer, texture, uniform_buffer, view, write_texture, write_uniform,
};
pub use planes::{Codes, Layout, PlaneLayout};
pub use timing::{PassTime, Timer};
pub use upload::PhotoPlanes;
