//! Time per pass, where the device can tell (timestamp queries).

use super::Context;
use crate::error::{Error, Result};
use std::time::Duration;

/// How long a pass took on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassTime {
    /// Entry point.
    pub pass: &'static str,
    /// From its begin to its end.
    pub time: Duration,
}

const MOST: u32 = 16;

/// Times the passes of one frame.
#[derive(Debug)]
pub struct Timer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    fetched: wgpu::Buffer,
    labels: Vec<&'static str>,
}

impl Timer {
    /// `None` where the device has no timestamps.
    #[must_use]
    pub fn new(context: &Context) -> Option<Self> {
        let device = &context.device;
        if !device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return None;
        }
        let queries = device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timer"),
            ty: wgpu::QueryType::Timestamp,
            count: 2 * MOST,
        });
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timer"),
                size: u64::from(2 * MOST) * 8,
                usage,
                mapped_at_creation: false,
            })
        };
        let resolved = buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
        let fetched = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        Some(Self { queries, resolved, fetched, labels: Vec::new() })
    }

    /// Where the next pass writes its times, begin then end; `None` when full.
    pub(super) fn slot(&mut self, label: &'static str) -> Option<(&wgpu::QuerySet, u32)> {
        let index = u32::try_from(self.labels.len()).ok().filter(|&i| i < MOST)?;
        self.labels.push(label);
        Some((&self.queries, 2 * index))
    }

    /// Records the end of the timed frame.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        let count = 2 * self.labels.len() as u32;
        if count > 0 {
            encoder.resolve_query_set(&self.queries, 0..count, &self.resolved, 0);
            encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.fetched, 0, u64::from(count) * 8);
        }
    }

    /// Waits for the frame and gives its times; ready for the next frame then.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the device failed.
    pub fn times(&mut self, context: &Context) -> Result<Vec<PassTime>> {
        self.fetched.map_async(wgpu::MapMode::Read, .., |_| {});
        context.wait()?;
        let ticks: Vec<u64> = {
            let view = self.fetched.get_mapped_range(..).map_err(|e| Error::gpu(e.to_string()))?;
            bytemuck::pod_collect_to_vec(&view)
        };
        self.fetched.unmap();
        let period = f64::from(context.queue.get_timestamp_period()) * 1e-9;
        let labels = std::mem::take(&mut self.labels);
        Ok(labels
            .into_iter()
            .zip(ticks.chunks_exact(2))
            .map(|(pass, t)| PassTime {
                pass,
                time: Duration::from_secs_f64(t[1].saturating_sub(t[0]) as f64 * period),
            })
            .collect())
    }
}
