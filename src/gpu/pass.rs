//! A compute pass and what is bound to it.

use super::Context;
use crate::error::{Error, Result};
use crate::frame::Size;
use bytemuck::Pod;
use std::marker::PhantomData;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferDescriptor, BufferUsages,
    CommandEncoder, ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor, Extent3d,
    PipelineCompilationOptions, ShaderModuleDescriptor, ShaderSource, TextureDescriptor, TextureDimension,
    TextureFormat, TextureUsages, TextureView,
};

/// Invocations of a workgroup, columns and rows. Every shader declares the same. Rows are long because a software
/// renderer runs neighbours of a row in one vector.
pub const WORKGROUP: (u32, u32) = (16, 4);

/// One shader entry point, compiled, with its resources.
pub struct Pass {
    label: &'static str,
    pipeline: ComputePipeline,
    bindings: BindGroup,
    groups: (u32, u32),
}

impl Pass {
    /// Compiles `entry` of `source` (WGSL parts, glued by concatenation) with `constants` for its overrides, binds
    /// `resources` to group 0 by number, and covers `size` invocations.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device rejects the shader or a resource.
    pub fn new(
        context: &Context,
        label: &'static str,
        source: &[&str],
        entry: &str,
        constants: &[(&str, f64)],
        resources: &[(u32, BindingResource<'_>)],
        size: Size,
    ) -> Result<Self> {
        let device = &context.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some(label),
            source: ShaderSource::Wgsl(source.concat().into()),
        });
        let pipeline = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: Some(label),
            layout: None,
            module: &module,
            entry_point: Some(entry),
            compilation_options: PipelineCompilationOptions { constants, zero_initialize_workgroup_memory: false },
            cache: None,
        });
        let entries: Vec<_> =
            resources.iter().map(|(binding, r)| BindGroupEntry { binding: *binding, resource: r.clone() }).collect();
        let bindings = device.create_bind_group(&BindGroupDescriptor {
            label: Some(label),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(Error::gpu(format!("{label}: {error}")));
        }
        let groups = (size.width.div_ceil(WORKGROUP.0), size.height.div_ceil(WORKGROUP.1));
        Ok(Self { label, pipeline, bindings, groups })
    }

    /// Adds the pass to `encoder`.
    pub fn record(&self, encoder: &mut CommandEncoder) {
        let mut pass =
            encoder.begin_compute_pass(&ComputePassDescriptor { label: Some(self.label), timestamp_writes: None });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(self.groups.0, self.groups.1, 1);
    }
}

/// A struct that shaders read, in a uniform buffer.
pub struct Uniform<T> {
    buffer: Buffer,
    kind: PhantomData<T>,
}

impl<T: Pod> Uniform<T> {
    /// A buffer that holds `value`.
    #[must_use]
    pub fn new(context: &Context, value: &T) -> Self {
        let buffer = context.device.create_buffer(&BufferDescriptor {
            label: None,
            size: size_of::<T>() as u64,
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let uniform = Self { buffer, kind: PhantomData };
        uniform.set(context, value);
        uniform
    }
    /// Changes it for what is submitted from now on.
    pub fn set(&self, context: &Context, value: &T) {
        context.queue.write_buffer(&self.buffer, 0, bytemuck::bytes_of(value));
    }
    /// For a [`Pass`].
    #[must_use]
    pub fn resource(&self) -> BindingResource<'_> {
        self.buffer.as_entire_binding()
    }
}

/// A buffer on the device that one pass writes and another reads.
pub struct Storage(Buffer);

impl Storage {
    /// An empty buffer.
    #[must_use]
    pub fn new(context: &Context, label: &str, bytes: usize) -> Self {
        Self(context.device.create_buffer(&BufferDescriptor {
            label: Some(label),
            size: bytes as u64,
            usage: BufferUsages::STORAGE,
            mapped_at_creation: false,
        }))
    }
    /// For a [`Pass`], to read or to write.
    #[must_use]
    pub fn resource(&self) -> BindingResource<'_> {
        self.0.as_entire_binding()
    }
}

/// A picture on the device that one pass writes and another reads.
pub struct Texture {
    texture: wgpu::Texture,
    view: TextureView,
}

impl Texture {
    /// An empty picture.
    #[must_use]
    pub fn new(context: &Context, label: &str, size: Size, format: TextureFormat) -> Self {
        let texture = context.device.create_texture(&TextureDescriptor {
            label: Some(label),
            size: Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: TextureDimension::D2,
            format,
            usage: TextureUsages::TEXTURE_BINDING | TextureUsages::STORAGE_BINDING | TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Self { texture, view }
    }
    /// For a [`Pass`], to read or to write.
    #[must_use]
    pub const fn resource(&self) -> BindingResource<'_> {
        BindingResource::TextureView(&self.view)
    }
    /// Replaces the pixels of a four-byte format; `bytes` are rows without padding.
    pub fn write(&self, context: &Context, bytes: &[u8]) {
        let size = self.texture.size();
        let layout =
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(size.width * 4), rows_per_image: None };
        context.queue.write_texture(self.texture.as_image_copy(), bytes, layout, size);
    }
}
