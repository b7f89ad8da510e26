//! The device: which adapter, what it can do, and what became of it.

use crate::error::{Error, Result};
use parking_lot::Mutex;
use std::sync::Arc;

/// A wgpu device with its queue. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    adapter: String,
    software: bool,
    failure: Arc<Mutex<Option<String>>>,
}

/// A graphics adapter that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterFacts {
    /// Its name and its interface, for people.
    pub name: String,
    /// Draws on the processor.
    pub software: bool,
}

/// All adapters that [`Context::new`] could take.
#[must_use]
pub fn adapters() -> Vec<AdapterFacts> {
    let adapters = pollster::block_on(instance().enumerate_adapters(wgpu::Backends::PRIMARY));
    let facts = |adapter: &wgpu::Adapter| {
        let info = adapter.get_info();
        AdapterFacts { name: describe(&info), software: info.device_type == wgpu::DeviceType::Cpu }
    };
    adapters.iter().map(facts).collect()
}

pub(super) fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    })
}

fn describe(info: &wgpu::AdapterInfo) -> String {
    format!("{} ({:?})", info.name, info.backend)
}

impl Context {
    /// Opens the fastest adapter there is: a discrete GPU before an integrated one before a software renderer.
    ///
    /// # Errors
    /// [`Error::Gpu`] where there is no adapter, or its driver refuses.
    pub fn new() -> Result<Self> {
        pollster::block_on(Self::open(&instance(), None)).map(|(context, _)| context)
    }

    /// Opens the discrete GPU of this number, so that each of a machine's GPUs has its own share; the fastest adapter where
    /// there are not so many.
    ///
    /// # Errors
    /// As [`Context::new`].
    pub fn numbered(index: usize) -> Result<Self> {
        let adapters = pollster::block_on(instance().enumerate_adapters(wgpu::Backends::PRIMARY));
        let mut discrete = adapters.into_iter().filter(|a| a.get_info().device_type == wgpu::DeviceType::DiscreteGpu);
        match discrete.nth(index) {
            Some(adapter) => pollster::block_on(Self::open_adapter(&adapter)),
            None => Self::new(),
        }
    }

    /// Opens the fastest adapter that can show pictures on `surface`, if there is one to show them on.
    pub(super) async fn open(
        instance: &wgpu::Instance,
        surface: Option<&wgpu::Surface<'_>>,
    ) -> Result<(Self, wgpu::Adapter)> {
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            compatible_surface: surface,
            ..Default::default()
        };
        let adapter = instance
            .request_adapter(&options)
            .await
            .map_err(|e| Error::gpu(format!("no Vulkan, Metal or Direct3D 12 driver was found ({e})")))?;
        Ok((Self::open_adapter(&adapter).await?, adapter))
    }

    async fn open_adapter(adapter: &wgpu::Adapter) -> Result<Self> {
        let info = adapter.get_info();
        let wanted = wgpu::Features::TIMESTAMP_QUERY;
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("comicvid"),
                required_features: adapter.features() & wanted,
                // Whatever the adapter has: frames of 8K need larger buffers than the guaranteed ones.
                required_limits: adapter.limits(),
                ..Default::default()
            })
            .await
            .map_err(|e| Error::gpu(format!("{} cannot be opened: {e}", info.name)))?;
        let failure = Arc::new(Mutex::new(None));
        let first = Arc::clone(&failure);
        // wgpu would panic: keep the first message instead, for whoever asks next.
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            first.lock().get_or_insert_with(|| error.to_string());
        }));
        let lost = Arc::clone(&failure);
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.lock().get_or_insert(format!("device lost: {message}"));
            }
        });
        let software = info.device_type == wgpu::DeviceType::Cpu;
        Ok(Self { device, queue, adapter: describe(&info), software, failure })
    }

    /// The device itself, for renderers that this program did not write: a window's widgets.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// The device's queue, likewise.
    #[must_use]
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// The adapter's name and its interface, for people.
    #[must_use]
    pub fn describe(&self) -> &str {
        &self.adapter
    }

    /// Whether the adapter draws on the processor: many times slower than a GPU.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.software
    }

    /// An error if the device reported one since it was opened.
    ///
    /// # Errors
    /// [`Error::Gpu`] with the device's first complaint.
    pub fn check(&self) -> Result<()> {
        match &*self.failure.lock() {
            None => Ok(()),
            Some(message) => Err(Error::gpu(format!("{}: {message}", self.adapter))),
        }
    }

    /// Waits until all submitted work is done.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device is lost.
    pub fn wait(&self) -> Result<()> {
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| Error::gpu(e.to_string()))?;
        self.check()
    }

    /// Takes the device away, as a driver does that is restarted.
    #[cfg(test)]
    pub(crate) fn lose(&self) {
        self.device.destroy();
    }

    /// Starts to record commands.
    #[must_use]
    pub fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("frame") })
    }

    /// Sends recorded commands off.
    pub fn submit(&self, encoder: wgpu::CommandEncoder) -> wgpu::SubmissionIndex {
        self.queue.submit([encoder.finish()])
    }
}
