//! The numbers of a run that every pass sees, as constants of its shaders: what `frame` is in WGSL.
//!
//! Constants, not a uniform: they are fixed as long as a chain lives, and a software renderer fetches every word of a
//! uniform for each pixel anew.

use crate::config::Settings;
use crate::frame::{ColorInfo, Size};
use crate::gpu::{Codes, Layout};
use std::fmt::{Debug, Write};

/// Sizes, plane layouts and colour matrices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RunConstants {
    /// Input: rgb = (to_rgb * (y, u, v, 1)).rgb of raw codes.
    to_rgb: [[f32; 4]; 4],
    /// Output: (y, u, v) codes = (from_rgb * (r, g, b, 1)).xyz.
    from_rgb: [[f32; 4]; 4],
    /// Luma weights of R', G', B', and 0.
    luma: [f32; 4],
    /// First byte of each plane of the output.
    out_offset: [u32; 4],
    /// Bytes a row of each plane of the output.
    out_pitch: [u32; 4],
    /// Pixels.
    photo_size: [u32; 2],
    /// Pixels.
    drawing_size: [u32; 2],
    /// The drawing's size halved, rounded up: the grid of local statistics.
    cell_size: [u32; 2],
    /// Cells per photo pixel, each way.
    cells_per_pixel: [f32; 2],
    /// Where chroma sample 0 of the input lies, in luma pixels.
    chroma_origin: [f32; 2],
    /// Normalised luma = raw code of the input * x + y.
    luma_scale: [f32; 2],
}

/// Half of `drawing`, rounded up: the grid of local statistics.
pub(super) fn cells(drawing: Size) -> Size {
    Size::new(drawing.width.div_ceil(2), drawing.height.div_ceil(2))
}

/// Photo pixels per pixel of a picture 1080 lines high; the short side counts, so that portrait looks as landscape.
pub(super) fn unit(photo: Size) -> f32 {
    photo.width.min(photo.height) as f32 / 1080.0
}

/// 0 is the photo, 1 the drawing.
pub(super) fn strength(settings: &Settings) -> f32 {
    if settings.generator.weights == "none" { 0.0 } else { settings.generator.strength.clamp(0.0, 1.0) }
}

impl RunConstants {
    /// For photos and pictures of these layouts, and drawings of size `drawing`.
    pub fn new(photo: (&Layout, ColorInfo), out: (&Layout, ColorInfo), drawing: Size) -> Self {
        let read = Codes::new(photo.0.format, photo.1);
        let write = Codes::new(out.0.format, out.1);
        let (kr, kb) = photo.1.matrix.weights();
        let cells = cells(drawing);
        Self {
            to_rgb: read.to_rgb,
            from_rgb: write.from_rgb,
            luma: [kr, 1.0 - kr - kb, kb, 0.0],
            out_offset: out.0.offsets(),
            out_pitch: out.0.pitches(),
            photo_size: [photo.0.size.width, photo.0.size.height],
            drawing_size: [drawing.width, drawing.height],
            cell_size: [cells.width, cells.height],
            // Two drawing pixels a cell, also where the last cell holds but one.
            cells_per_pixel: [
                drawing.width as f32 / photo.0.size.width as f32 / 2.0,
                drawing.height as f32 / photo.0.size.height as f32 / 2.0,
            ],
            chroma_origin: Codes::chroma_origin(photo.0.format, photo.1.siting),
            luma_scale: read.luma,
        }
    }

    /// The struct and the constant `frame` in WGSL.
    pub fn wgsl(&self) -> String {
        let (mut members, mut values) = (String::new(), String::new());
        let mut add = |name: &str, kind: &str, value: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(members, "    {name}: {kind},");
            let _ = writeln!(values, "    {kind}({value}),");
        };
        add("to_rgb", "mat4x4<f32>", list(self.to_rgb.as_flattened()));
        add("from_rgb", "mat4x4<f32>", list(self.from_rgb.as_flattened()));
        add("luma", "vec4<f32>", list(&self.luma));
        add("out_offset", "vec4<u32>", list(&self.out_offset));
        add("out_pitch", "vec4<u32>", list(&self.out_pitch));
        add("photo_size", "vec2<u32>", list(&self.photo_size));
        add("drawing_size", "vec2<u32>", list(&self.drawing_size));
        add("cell_size", "vec2<u32>", list(&self.cell_size));
        add("cells_per_pixel", "vec2<f32>", list(&self.cells_per_pixel));
        add("chroma_origin", "vec2<f32>", list(&self.chroma_origin));
        add("luma_scale", "vec2<f32>", list(&self.luma_scale));
        format!("struct Frame {{\n{members}}}\nconst frame = Frame(\n{values});\n")
    }
}

/// Literals of WGSL; `{:?}` gives every `f32` back exactly.
fn list<T: Debug>(values: &[T]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}
