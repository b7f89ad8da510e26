//! Adapter and device.

use crate::error::{Error, Result};
use wgpu::{Adapter, Backends, Device, DeviceDescriptor, DeviceType, Instance, InstanceDescriptor, Queue};

/// A graphics device and its queue.
pub struct Context {
    /// Makes resources.
    pub device: Device,
    /// Takes work.
    pub queue: Queue,
    description: String,
    software: bool,
}

impl Context {
    /// Opens the best adapter there is: a discrete GPU, else an integrated one, else a virtual one, else a software
    /// renderer. `WGPU_BACKEND` and `WGPU_ADAPTER_NAME` in the environment narrow the choice.
    ///
    /// # Errors
    /// [`Error::Gpu`] where there is no adapter with compute shaders.
    pub fn new() -> Result<Self> {
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle_from_env());
        let wanted = std::env::var("WGPU_ADAPTER_NAME").unwrap_or_default().to_lowercase();
        let adapters = pollster::block_on(instance.enumerate_adapters(Backends::all()));
        let fits = |a: &Adapter| a.get_info().name.to_lowercase().contains(&wanted);
        let best = adapters.into_iter().filter(fits).min_by_key(|a| rank(a.get_info().device_type));
        let adapter = best.ok_or_else(|| Error::gpu("no Vulkan, Metal or DirectX 12 adapter was found"))?;
        let info = adapter.get_info();
        // A 4K picture of 16-bit 4:4:4 planes is larger than the portable limits allow in one buffer.
        let limits = adapter.limits();
        let descriptor = DeviceDescriptor {
            label: Some("comicvid"),
            required_limits: wgpu::Limits {
                max_buffer_size: limits.max_buffer_size,
                max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
                max_texture_dimension_2d: limits.max_texture_dimension_2d,
                ..wgpu::Limits::default()
            },
            ..DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).map_err(Error::gpu)?;
        let description = format!("{} ({})", info.name, info.backend);
        Ok(Self { device, queue, description, software: info.device_type == DeviceType::Cpu })
    }

    /// Adapter and backend, in words.
    #[must_use]
    pub fn describe(&self) -> &str {
        &self.description
    }

    /// Whether shaders run on the processor.
    #[must_use]
    pub const fn is_software(&self) -> bool {
        self.software
    }
}

const fn rank(kind: DeviceType) -> u8 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}
