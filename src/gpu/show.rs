//! Finished pictures on a window: planes up, one rectangle drawn.

use super::pass::{Use, bind, layout_entry, texture, uniform_buffer, view, write_texture, write_uniform};
use super::{Codes, Context, Resource};
use crate::error::{Error, Result};
use crate::frame::{CpuImage, PixelFormat, Size};
use std::borrow::Cow;

/// The shader.
const SOURCE: &str = include_str!("../../shaders/show.wgsl");

/// As `show.wgsl` has it.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct ShowUniform {
    to_rgb: [[f32; 4]; 4],
    corners: [f32; 4],
    chroma_shift: [f32; 2],
    padding: [f32; 2],
}

/// Draws pictures on textures of one format.
#[derive(Debug)]
pub struct Show {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
}

/// Room for pictures of one size, and where they go.
#[derive(Debug)]
pub struct Part {
    size: Size,
    planes: [wgpu::Texture; 3],
    uniform: wgpu::Buffer,
    bindings: wgpu::BindGroup,
}

impl Show {
    /// Compiles the shader for targets of `format`.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the driver refuses it.
    pub fn new(context: &Context, format: wgpu::TextureFormat) -> Result<Self> {
        let device = &context.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("show"),
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(SOURCE)),
        });
        let uniform =
            uniform_buffer(context, "show", bytemuck::bytes_of(&<ShowUniform as bytemuck::Zeroable>::zeroed()));
        let plane = view(&texture(context, "no plane", Size::new(1, 1), wgpu::TextureFormat::R8Unorm, Use::Sent));
        let entries = resources(&uniform, [&plane; 3]).map(|(binding, resource)| layout_entry(binding, resource));
        let layout = device
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("show"), entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("show"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("show"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("show_corner"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("show_picture"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(format.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(Error::gpu(format!("pass show: {error}"))),
            None => Ok(Self { pipeline, layout }),
        }
    }

    /// Room for pictures of `size`.
    #[must_use]
    pub fn part(&self, context: &Context, size: Size) -> Part {
        let planes: [wgpu::Texture; 3] = std::array::from_fn(|plane| {
            let (columns, rows, _) = PixelFormat::I420.plane_layout(plane, size);
            texture(context, "shown plane", Size::new(columns, rows), wgpu::TextureFormat::R8Unorm, Use::Sent)
        });
        let views = [0, 1, 2].map(|plane| view(&planes[plane]));
        let uniform =
            uniform_buffer(context, "show", bytemuck::bytes_of(&<ShowUniform as bytemuck::Zeroable>::zeroed()));
        let bindings = bind(context, "show", &self.layout, &resources(&uniform, [&views[0], &views[1], &views[2]]));
        Part { size, planes, uniform, bindings }
    }

    /// Records the drawing of `part` into `pass`, within the pass's scissor rectangle.
    pub fn record(&self, pass: &mut wgpu::RenderPass<'_>, part: &Part) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &part.bindings, &[]);
        pass.draw(0..4, 0..1);
    }
}

fn resources<'a>(uniform: &'a wgpu::Buffer, [y, u, v]: [&'a wgpu::TextureView; 3]) -> [(u32, Resource<'a>); 5] {
    [
        (0, Resource::Uniform(uniform)),
        (1, Resource::Texture(y)),
        (2, Resource::Texture(u)),
        (3, Resource::Texture(v)),
        (4, Resource::Linear),
    ]
}

impl Part {
    /// Size of its pictures.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Sends `image`, 8-bit 4:2:0 of this size.
    ///
    /// # Errors
    /// [`Error::Gpu`] for a picture of another size or format.
    pub fn write(&self, context: &Context, image: &CpuImage) -> Result<()> {
        if (image.size, image.format) != (self.size, PixelFormat::I420) {
            return Err(Error::gpu(format!(
                "a window shows no {} {:?} in place of {}",
                image.size, image.format, self.size
            )));
        }
        for (plane, texture) in self.planes.iter().enumerate() {
            write_texture(context, texture, image.planes.plane(plane), image.strides[plane] as u32);
        }
        Ok(())
    }

    /// Puts the picture, coded as `image` is, at `corners`: left, top, right and bottom in clip space, -1..=1 with up
    /// positive.
    pub fn place(&self, context: &Context, image: &CpuImage, corners: [f32; 4]) {
        let codes = Codes::new(image.format, image.color);
        let mut to_rgb = codes.to_rgb;
        to_rgb[..3].iter_mut().flatten().for_each(|weight| *weight *= codes.max);
        let origin = Codes::chroma_origin(image.format, image.color.siting);
        let sides = [self.size.width as f32, self.size.height as f32];
        let chroma_shift = [0, 1].map(|i| (0.5 - origin[i]) / sides[i]);
        let value = ShowUniform { to_rgb, corners, chroma_shift, padding: [0.0; 2] };
        write_uniform(context, &self.uniform, bytemuck::bytes_of(&value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ColorInfo;

    #[test]
    fn the_shader_is_valid_and_its_uniform_lies_where_it_looks() {
        let module = naga::front::wgsl::parse_str(SOURCE).unwrap_or_else(|e| panic!("{}", e.emit_to_string(SOURCE)));
        let mut validator =
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::default());
        validator.validate(&module).unwrap_or_else(|e| panic!("{}", e.emit_to_string(SOURCE)));
        let (_, ty) = module.types.iter().find(|(_, t)| t.name.as_deref() == Some("ShowUniform")).unwrap();
        let naga::TypeInner::Struct { members, span } = &ty.inner else { panic!("ShowUniform is no struct") };
        let offsets: Vec<_> = members.iter().map(|m| m.offset as usize).collect();
        assert_eq!(
            offsets,
            [0, std::mem::offset_of!(ShowUniform, corners), std::mem::offset_of!(ShowUniform, chroma_shift)]
        );
        assert_eq!(*span as usize, size_of::<ShowUniform>());
    }

    /// Draws `image` at `corners` on a target of `size` and fetches R, G, B and A bytes.
    fn drawn(context: &Context, image: &CpuImage, corners: [f32; 4], size: Size) -> Vec<[u8; 4]> {
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let show = Show::new(context, format).unwrap();
        let part = show.part(context, image.size);
        part.write(context, image).unwrap();
        part.place(context, image, corners);
        let target = context.device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        // Rows of a copy are multiples of 256 bytes.
        assert!(size.width.is_multiple_of(64));
        let buffer = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: u64::from(size.width * size.height * 4),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = context.encoder();
        {
            let target = view(&target);
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &target,
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations::default(),
                })],
                ..Default::default()
            });
            show.record(&mut pass, &part);
        }
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(size.width * 4),
                    rows_per_image: None,
                },
            },
            target.size(),
        );
        context.submit(encoder);
        buffer.map_async(wgpu::MapMode::Read, .., |result| result.unwrap());
        context.wait().unwrap();
        let bytes = buffer.get_mapped_range(..).unwrap().to_vec();
        bytes.as_chunks::<4>().0.to_vec()
    }

    #[test]
    fn a_picture_fills_its_rectangle_in_its_own_colours() {
        // As for all tests of shaders, a machine without any driver has nothing to show.
        let Ok(context) = Context::new() else { return };
        // BT.709's codes of pure red and of pure green, one above the other.
        let (size, half) = (Size::new(32, 16), 8 * 32);
        let mut y = vec![63u8; half];
        y.resize(2 * half, 173);
        let mut u = vec![102u8; half / 4];
        u.resize(half / 2, 42);
        let mut v = vec![240u8; half / 4];
        v.resize(half / 2, 26);
        let image = CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, vec![y, u, v]);
        let pixels = drawn(&context, &image, [-0.5, 0.5, 1.0, -1.0], Size::new(64, 64));
        let at = |x: usize, y: usize| pixels[y * 64 + x];
        let near = |a: [u8; 4], b: [u8; 4]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 2);
        assert!(near(at(17, 17), [255, 0, 0, 255]), "{:?}", at(17, 17));
        assert!(near(at(62, 30), [255, 0, 0, 255]), "{:?}", at(62, 30));
        assert!(near(at(17, 62), [0, 255, 0, 255]), "{:?}", at(17, 62));
        assert_eq!([at(14, 40), at(40, 14), at(0, 0)], [[0; 4]; 3]);
    }
}
