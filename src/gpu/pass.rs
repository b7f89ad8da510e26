//! One compute dispatch: shader text, constants, what is bound, and the size of its grid.

use super::{Context, Timer};
use crate::error::{Error, Result};
use crate::frame::Size;
use std::borrow::Cow;

/// What a pass reads or writes at a binding of group 0.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// `var<uniform>`.
    Uniform(&'a wgpu::Buffer),
    /// `var<storage, read>`.
    Read(&'a wgpu::Buffer),
    /// `var<storage, read_write>`.
    Write(&'a wgpu::Buffer),
    /// `texture_2d<f32>`.
    Texture(&'a wgpu::TextureView),
    /// `texture_storage_2d<…, write>`.
    Store(&'a wgpu::TextureView, wgpu::TextureFormat),
    /// `sampler`, bilinear, edges repeated.
    Linear,
}

/// Shader text that was put together, with the values of its overridable constants.
#[derive(Clone, Debug, Default)]
pub struct Shader {
    /// WGSL.
    pub source: String,
    /// `override` name and value.
    pub constants: Vec<(&'static str, f64)>,
}

/// A compiled pass, ready to be recorded once a frame.
#[derive(Debug)]
pub struct Pass {
    label: &'static str,
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    groups: (u32, u32),
}

impl Pass {
    /// Compiles entry point `entry` of `shader`. Its workgroups of 64 x 1 cover `grid` invocations.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the driver refuses the shader.
    pub fn new(
        context: &Context,
        entry: &'static str,
        shader: &Shader,
        resources: &[(u32, Resource<'_>)],
        grid: Size,
    ) -> Result<Self> {
        let device = &context.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(entry),
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(&shader.source)),
        });
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("linear"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let layout_entries: Vec<_> = resources.iter().map(|&(binding, r)| layout_entry(binding, r)).collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(entry),
            entries: &layout_entries,
        });
        let entries: Vec<_> = resources
            .iter()
            .map(|&(binding, resource)| wgpu::BindGroupEntry {
                binding,
                resource: match resource {
                    Resource::Uniform(b) | Resource::Read(b) | Resource::Write(b) => b.as_entire_binding(),
                    Resource::Texture(view) | Resource::Store(view, _) => wgpu::BindingResource::TextureView(view),
                    Resource::Linear => wgpu::BindingResource::Sampler(&sampler),
                },
            })
            .collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(entry),
            layout: &layout,
            entries: &entries,
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &shader.constants,
                ..Default::default()
            },
            cache: None,
        });
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(Error::gpu(format!("pass {entry}: {error}")));
        }
        Ok(Self { label: entry, pipeline, bindings, groups: (grid.width.div_ceil(64), grid.height) })
    }

    /// Name of the entry point.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// Records the dispatch, timed where there is a timer.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, timer: Option<&mut Timer>) {
        let timestamp_writes = timer.and_then(|timer| timer.writes(self.label));
        let mut pass =
            encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some(self.label), timestamp_writes });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(self.groups.0, self.groups.1, 1);
    }
}

fn layout_entry(binding: u32, resource: Resource<'_>) -> wgpu::BindGroupLayoutEntry {
    let buffer = |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None };
    let ty = match resource {
        Resource::Uniform(_) => buffer(wgpu::BufferBindingType::Uniform),
        Resource::Read(_) => buffer(wgpu::BufferBindingType::Storage { read_only: true }),
        Resource::Write(_) => buffer(wgpu::BufferBindingType::Storage { read_only: false }),
        Resource::Texture(_) => wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
        Resource::Store(_, format) => wgpu::BindingType::StorageTexture {
            access: wgpu::StorageTextureAccess::WriteOnly,
            format,
            view_dimension: wgpu::TextureViewDimension::D2,
        },
        Resource::Linear => wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
    };
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::COMPUTE, ty, count: None }
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

/// A texture that passes write, sample and that can be sent.
#[must_use]
pub fn texture(context: &Context, label: &str, size: Size, format: wgpu::TextureFormat) -> wgpu::Texture {
    let usage =
        wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::COPY_DST;
    context.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

/// Sends packed RGBA bytes to all of `texture`.
pub fn write_texture(context: &Context, texture: &wgpu::Texture, rgba: &[u8]) {
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(texture.width() * 4), rows_per_image: None };
    context.queue.write_texture(texture.as_image_copy(), rgba, layout, texture.size());
}
