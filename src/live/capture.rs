//! The capture thread: asks the source, mirrors, hands on. Never waits for anybody behind it.

use super::shared::{CameraState, Shared};
use crate::error::Result;
use crate::frame::{CpuImage, Frame, StreamInfo};
use crate::pipeline::Sender;
use crate::sink::Audience;
use crate::source::live::{Event, LiveSource};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// How often the thread looks up from waiting: the longest it takes to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a camera stays open when the last watcher has left: pages are reloaded, programs restarted.
const LINGER: Duration = Duration::from_secs(3);

/// A frame as it was captured. Frames of one kind share their `info`.
pub(super) struct Shot {
    pub frame: Frame<CpuImage>,
    pub info: Arc<StreamInfo>,
}

/// Opens the source only while one of these watches; always where there are none.
pub(super) type Demand = Option<Vec<Audience>>;

/// Works until the session stops.
pub(super) fn run(shared: &Shared, source: &mut dyn LiveSource, demand: &Demand, out: &Sender<Shot>) -> Result<()> {
    let mut info: Option<Arc<StreamInfo>> = None;
    let mut next_index = None;
    // When somebody was last seen to watch.
    let mut watched: Option<Instant> = None;
    while !shared.stop.requested() {
        if let Some(audiences) = demand {
            if audiences.iter().any(|a| a.count() > 0) {
                watched = Some(Instant::now());
            } else if watched.is_none_or(|last| last.elapsed() > LINGER) {
                if *shared.camera.lock() != CameraState::Resting {
                    source.rest();
                    *shared.camera.lock() = CameraState::Resting;
                }
                std::thread::sleep(GLANCE);
                continue;
            }
        }
        if *shared.camera.lock() == CameraState::Resting {
            *shared.camera.lock() = CameraState::Starting;
        }
        match source.next(GLANCE)? {
            Event::Opened(opened) => {
                shared.note(&format!("{}: {}", opened.name, opened.mode));
                if info.as_deref() != Some(&opened.info) {
                    info = Some(Arc::new(opened.info));
                }
                next_index = None;
                *shared.camera.lock() = CameraState::Running { name: opened.name, mode: opened.mode };
            }
            Event::Frame(mut frame) => {
                let Some(info) = &info else { continue };
                let missed = next_index.map_or(0, |next| frame.stamp.index.saturating_sub(next));
                next_index = Some(frame.stamp.index + 1);
                shared.counts.missed.fetch_add(missed, Relaxed);
                shared.counts.captured.fetch_add(1, Relaxed);
                let view = shared.view();
                if view.freeze {
                    continue;
                }
                if view.mirror {
                    frame.image = mirrored(&frame.image);
                }
                if out.send(Shot { frame, info: Arc::clone(info) }).is_err() {
                    return Ok(());
                }
            }
            Event::Quiet => {}
            Event::Lost(reason) => {
                shared.note(&reason);
                *shared.camera.lock() = CameraState::Lost { reason };
            }
        }
    }
    Ok(())
}

/// Left and right exchanged. With an odd width chroma moves by half a sample, which nobody sees.
fn mirrored(image: &CpuImage) -> CpuImage {
    let planes = (0..image.format.plane_count())
        .map(|plane| {
            let (columns, rows, bytes) = image.format.plane_layout(plane, image.size);
            let mut out = Vec::with_capacity(columns as usize * rows as usize * bytes);
            for row in 0..rows {
                let samples = image.row(plane, row);
                match bytes {
                    1 => out.extend(samples.iter().rev()),
                    2 => out.extend(samples.as_chunks::<2>().0.iter().rev().flatten()),
                    _ => out.extend(samples.chunks_exact(bytes).rev().flatten()),
                }
            }
            out
        })
        .collect();
    CpuImage::from_planes(image.size, image.format, image.color, planes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorInfo, PixelFormat, Size};

    #[test]
    fn a_mirror_exchanges_left_and_right_of_every_plane() {
        let size = Size::new(4, 2);
        for format in [PixelFormat::I420, PixelFormat::NV12, PixelFormat::Rgba8, PixelFormat::Gray { bits: 10 }] {
            let planes: Vec<Vec<u8>> = (0..format.plane_count())
                .map(|plane| {
                    let (columns, rows, bytes) = format.plane_layout(plane, size);
                    (0..columns as usize * rows as usize * bytes).map(|i| i as u8).collect()
                })
                .collect();
            let image = CpuImage::from_planes(size, format, ColorInfo::BT709, planes);
            let mirror = mirrored(&image);
            for plane in 0..format.plane_count() {
                let (columns, rows, bytes) = format.plane_layout(plane, size);
                for (row, column) in (0..rows).flat_map(|r| (0..columns as usize).map(move |c| (r, c))) {
                    let at = |image: &CpuImage, c: usize| image.row(plane, row)[c * bytes..(c + 1) * bytes].to_vec();
                    assert_eq!(at(&mirror, column), at(&image, columns as usize - 1 - column), "{format:?} {plane}");
                }
            }
        }
    }
}
