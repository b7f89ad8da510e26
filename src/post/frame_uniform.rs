//! The numbers of a run that every pass sees: `shaders/common/frame.wgsl`.

use crate::config::Settings;
use crate::frame::{ColorInfo, Size};
use crate::gpu::{Codes, Layout};

/// `Frame` of `common/frame.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct FrameUniform {
    pub to_rgb: [[f32; 4]; 4],
    pub from_rgb: [[f32; 4]; 4],
    pub luma: [f32; 4],
    pub out_offset: [u32; 4],
    pub out_pitch: [u32; 4],
    pub photo_size: [u32; 2],
    pub drawing_size: [u32; 2],
    pub cell_size: [u32; 2],
    pub cells_per_pixel: [f32; 2],
    pub chroma_origin: [f32; 2],
    pub luma_scale: [f32; 2],
    pub strength: f32,
    pub padding: [u32; 3],
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

impl FrameUniform {
    pub fn new(settings: &Settings, photo: (&Layout, ColorInfo), out: (&Layout, ColorInfo), drawing: Size) -> Self {
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
            strength: strength(settings),
            padding: [0; 3],
        }
    }
}
