//! One pass: shader text, constants, what is bound, and the grid that is dispatched or the texture that is drawn.

use super::{Context, Timer};
use crate::error::{Error, Result};
use crate::frame::Size;
use std::borrow::Cow;

/// What a pass reads or writes at a binding of group 0.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// `var<uniform>`.
    Uniform(&'a wgpu::Buffer),
    /// `var<storage, read_write>`.
    Write(&'a wgpu::Buffer),
    /// `texture_2d<f32>` that is sampled or loaded.
    Texture(&'a wgpu::TextureView),
    /// `texture_2d<f32>` of 32-bit floats, which is only loaded.
    Floats(&'a wgpu::TextureView),
    /// `texture_2d<u32>`.
    Codes(&'a wgpu::TextureView),
    /// `texture_storage_2d<…, write>`.
    Store(&'a wgpu::TextureView, wgpu::TextureFormat),
    /// `sampler`, bilinear, edges repeated.
    Linear,
}

/// Shader text that was put together, with the values of its overridable constants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shader {
    /// WGSL.
    pub source: String,
    /// `override` name and value.
    pub constants: Vec<(&'static str, f64)>,
}

#[derive(Debug)]
enum Work {
    Dispatch { pipeline: wgpu::ComputePipeline, groups: (u32, u32) },
    Draw { pipeline: wgpu::RenderPipeline, target: wgpu::TextureView, quads: u32 },
}

/// A compiled pass, ready to be recorded once a frame.
#[derive(Debug)]
pub struct Pass {
    label: &'static str,
    work: Work,
    layout: wgpu::BindGroupLayout,
    bindings: wgpu::BindGroup,
    /// What is bound on every second frame instead.
    alternate: Option<wgpu::BindGroup>,
}

/// Columns and rows of a workgroup. Large ones cost a software renderer least.
const GROUP: (u32, u32) = (64, 8);

impl Pass {
    /// Compiles compute entry point `entry` of `shader`. Its workgroups of 64 x 8 cover `grid` invocations.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the driver refuses the shader.
    pub fn dispatch(
        context: &Context,
        entry: &'static str,
        shader: &Shader,
        resources: &[(u32, Resource<'_>)],
        grid: Size,
    ) -> Result<Self> {
        Self::build(context, entry, shader, resources, |module, layout, compilation_options| Work::Dispatch {
            pipeline: context.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: Some(layout),
                module,
                entry_point: Some(entry),
                compilation_options,
                cache: None,
            }),
            groups: (grid.width.div_ceil(GROUP.0), grid.height.div_ceil(GROUP.1)),
        })
    }

    /// Compiles fragment entry point `entry`, which draws `quads` instances of four vertices (a strip) from entry
    /// point `vertex` on `target`; what they do not cover is 0.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the driver refuses the shader.
    pub fn draw(
        context: &Context,
        entry: &'static str,
        shader: &Shader,
        resources: &[(u32, Resource<'_>)],
        target: &wgpu::Texture,
        (vertex, quads): (&'static str, u32),
    ) -> Result<Self> {
        Self::build(context, entry, shader, resources, |module, layout, compilation_options| Work::Draw {
            pipeline: context.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(entry),
                layout: Some(layout),
                vertex: wgpu::VertexState {
                    module,
                    entry_point: Some(vertex),
                    compilation_options: compilation_options.clone(),
                    buffers: &[],
                },
                primitive: wgpu::PrimitiveState {
                    topology: wgpu::PrimitiveTopology::TriangleStrip,
                    ..Default::default()
                },
                depth_stencil: None,
                multisample: wgpu::MultisampleState::default(),
                fragment: Some(wgpu::FragmentState {
                    module,
                    entry_point: Some(entry),
                    compilation_options,
                    targets: &[Some(target.format().into())],
                }),
                multiview_mask: None,
                cache: None,
            }),
            target: target.create_view(&wgpu::TextureViewDescriptor::default()),
            quads,
        })
    }

    fn build(
        context: &Context,
        entry: &'static str,
        shader: &Shader,
        resources: &[(u32, Resource<'_>)],
        work: impl FnOnce(&wgpu::ShaderModule, &wgpu::PipelineLayout, wgpu::PipelineCompilationOptions<'_>) -> Work,
    ) -> Result<Self> {
        let device = &context.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let source = wgpu::ShaderModuleDescriptor {
            label: Some(entry),
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(&shader.source)),
        };
        // SAFETY: the text is this program's own. Every load clamps its coordinates to the texture, every store is
        // behind a test of the grid's size, and every loop counts to a bound that does not change.
        let module = unsafe { device.create_shader_module_trusted(source, wgpu::ShaderRuntimeChecks::unchecked()) };
        let layout_entries: Vec<_> = resources.iter().map(|&(binding, r)| layout_entry(binding, r)).collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(entry),
            entries: &layout_entries,
        });
        let bindings = bind(context, entry, &layout, resources);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let options = wgpu::PipelineCompilationOptions { constants: &shader.constants, ..Default::default() };
        let work = work(&module, &pipeline_layout, options);
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(Error::gpu(format!("pass {entry}: {error}")));
        }
        Ok(Self { label: entry, work, layout, bindings, alternate: None })
    }

    /// Binds `resources` on every second frame, which must be of the same kinds: so two textures take turns as what is
    /// read and what is written.
    #[must_use]
    pub fn alternate(mut self, context: &Context, resources: &[(u32, Resource<'_>)]) -> Self {
        self.alternate = Some(bind(context, self.label, &self.layout, resources));
        self
    }

    /// Records the pass, timed where there is a timer; `second` says that this is a second frame.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, timer: Option<&mut Timer>, second: bool) {
        let bindings = self.alternate.as_ref().filter(|_| second).unwrap_or(&self.bindings);
        let times = timer.and_then(|timer| timer.slot(self.label));
        match &self.work {
            Work::Dispatch { pipeline, groups } => {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some(self.label),
                    timestamp_writes: times.map(|(queries, begin)| wgpu::ComputePassTimestampWrites {
                        query_set: queries,
                        beginning_of_pass_write_index: Some(begin),
                        end_of_pass_write_index: Some(begin + 1),
                    }),
                });
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, bindings, &[]);
                pass.dispatch_workgroups(groups.0, groups.1, 1);
            }
            Work::Draw { pipeline, target, quads } => {
                let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                    label: Some(self.label),
                    color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                        view: target,
                        depth_slice: None,
                        resolve_target: None,
                        ops: wgpu::Operations {
                            load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                            store: wgpu::StoreOp::Store,
                        },
                    })],
                    depth_stencil_attachment: None,
                    timestamp_writes: times.map(|(queries, begin)| wgpu::RenderPassTimestampWrites {
                        query_set: queries,
                        beginning_of_pass_write_index: Some(begin),
                        end_of_pass_write_index: Some(begin + 1),
                    }),
                    occlusion_query_set: None,
                    multiview_mask: None,
                });
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, bindings, &[]);
                pass.draw(0..4, 0..*quads);
            }
        }
    }
}

pub(super) fn bind(
    context: &Context,
    label: &'static str,
    layout: &wgpu::BindGroupLayout,
    resources: &[(u32, Resource<'_>)],
) -> wgpu::BindGroup {
    let device = &context.device;
    let linear = device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some("linear"),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    });
    let entries: Vec<_> = resources
        .iter()
        .map(|&(binding, resource)| wgpu::BindGroupEntry {
            binding,
            resource: match resource {
                Resource::Uniform(b) | Resource::Write(b) => b.as_entire_binding(),
                Resource::Texture(view) | Resource::Floats(view) | Resource::Codes(view) | Resource::Store(view, _) => {
                    wgpu::BindingResource::TextureView(view)
                }
                Resource::Linear => wgpu::BindingResource::Sampler(&linear),
            },
        })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some(label), layout, entries: &entries })
}

pub(super) fn layout_entry(binding: u32, resource: Resource<'_>) -> wgpu::BindGroupLayoutEntry {
    let buffer = |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None };
    let sampled = |sample_type| wgpu::BindingType::Texture {
        sample_type,
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let ty = match resource {
        Resource::Uniform(_) => buffer(wgpu::BufferBindingType::Uniform),
        Resource::Write(_) => buffer(wgpu::BufferBindingType::Storage { read_only: false }),
        Resource::Texture(_) => sampled(wgpu::TextureSampleType::Float { filterable: true }),
        Resource::Floats(_) => sampled(wgpu::TextureSampleType::Float { filterable: false }),
        Resource::Codes(_) => sampled(wgpu::TextureSampleType::Uint),
        Resource::Store(_, format) => wgpu::BindingType::StorageTexture {
            access: wgpu::StorageTextureAccess::WriteOnly,
            format,
            view_dimension: wgpu::TextureViewDimension::D2,
        },
        Resource::Linear => wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
    };
    // Vertices and fragments may not write buffers or textures everywhere, and none here does.
    let visibility = match resource {
        Resource::Write(_) | Resource::Store(..) => wgpu::ShaderStages::COMPUTE,
        _ => wgpu::ShaderStages::COMPUTE | wgpu::ShaderStages::VERTEX_FRAGMENT,
    };
    wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

/// A buffer that shaders read and write and that can be sent and fetched.
#[must_use]
pub fn storage_buffer(context: &Context, label: &str, bytes: u32) -> wgpu::Buffer {
    context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: u64::from(bytes.max(16)),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    })
}

/// A uniform buffer that holds `value` from the start.
#[must_use]
pub fn uniform_buffer(context: &Context, label: &str, value: &[u8]) -> wgpu::Buffer {
    let buffer = context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: value.len() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    context.queue.write_buffer(&buffer, 0, value);
    buffer
}

/// Puts other values into a buffer of [`uniform_buffer`], seen by what is submitted from now on. `value` has the buffer's
/// length.
pub fn write_uniform(context: &Context, buffer: &wgpu::Buffer, value: &[u8]) {
    context.queue.write_buffer(buffer, 0, value);
}

/// What a texture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Sent from host memory.
    Sent,
    /// Written by a dispatched pass.
    Stored,
    /// Drawn by a pass.
    Drawn,
}

/// A texture that passes read.
#[must_use]
pub fn texture(context: &Context, label: &str, size: Size, format: wgpu::TextureFormat, purpose: Use) -> wgpu::Texture {
    let usage = match purpose {
        Use::Sent => wgpu::TextureUsages::COPY_DST,
        Use::Stored => wgpu::TextureUsages::STORAGE_BINDING,
        Use::Drawn => wgpu::TextureUsages::RENDER_ATTACHMENT,
    };
    context.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: usage | wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    })
}

/// All of `texture`.
#[must_use]
pub fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// Sends texels, rows `stride` bytes apart, to all of `texture`.
pub fn write_texture(context: &Context, texture: &wgpu::Texture, texels: &[u8], stride: u32) {
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(stride), rows_per_image: None };
    context.queue.write_texture(texture.as_image_copy(), texels, layout, texture.size());
}
