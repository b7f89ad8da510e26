//! Cameras through `nokhwa`: Windows and macOS; on Linux by choice (`--camera nokhwa:NAME`).
//!
//! What it lacks is made up for here, as far as it can be. Its camera lives on a thread of its own, which does nothing but
//! take frames and keep the newest, since nokhwa hands out the oldest of its four. Its `frame()` can wait for ever: then the
//! thread is left behind, and with it the device, which on Linux stays busy until the program ends. It knows no lost frames
//! and only whole rates (on Linux a camera of 29.97 fps has no modes at all), so [`V4l`](super::V4l) is preferred there.

use super::mode::{Coding, Mode, Wish};
use super::unpack::Unpacker;
use super::{Backend, Device, Grab, Listed};
use crate::frame::{ColorInfo, Rational, Size};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long a camera may take to open.
const OPENING: Duration = Duration::from_secs(10);
/// How long a closing camera is waited for.
const CLOSING: Duration = Duration::from_millis(500);
/// All that is understood; nokhwa refuses cameras that have none of them.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::MJPEG,
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::GRAY,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nokhwa;

impl Backend for Nokhwa {
    fn list(&self) -> Vec<Listed> {
        let mut all: Vec<Listed> = nokhwa::query(ApiBackend::Auto)
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .map(|(place, camera)| Listed {
                name: camera.human_name(),
                bus: camera.misc(),
                index: camera.index().as_index().unwrap_or(place as u32),
                path: None,
                refused: None,
            })
            .collect();
        all.sort_by_key(|c| c.index);
        all
    }

    fn modes(&self, camera: &Listed) -> Vec<Mode> {
        let index = camera.index;
        // On a thread that is left behind where the driver does not answer.
        let (sender, answer) = bounded(1);
        let ask = move || {
            let modes = open(index).and_then(|mut c| c.compatible_camera_formats().map_err(|e| e.to_string()));
            let _ = sender.send(modes);
        };
        if Builder::new().name("camera modes".into()).spawn(ask).is_err() {
            return Vec::new();
        }
        let formats = answer.recv_timeout(OPENING).ok().and_then(Result::ok).unwrap_or_default();
        formats.iter().map(mode_of).collect()
    }

    fn open(&self, camera: &Listed, wish: &Wish) -> Result<Box<dyn Device>, String> {
        let (index, wish) = (camera.index, *wish);
        let (tell, told) = bounded(1);
        let (to, frames) = bounded(1);
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, evict) = (Arc::clone(&stop), frames.clone());
        let thread = Builder::new().name("camera".into()).spawn(move || {
            let mut camera = match start(index, &wish) {
                Ok((camera, mode)) => {
                    let _ = tell.send(Ok(mode));
                    camera
                }
                Err(why) => {
                    let _ = tell.send(Err(why));
                    return;
                }
            };
            take(&mut camera, &to, &evict, &asked);
        });
        let thread = thread.map_err(|e| format!("the system gives no thread: {e}"))?;
        let opened = told.recv_timeout(OPENING).map_err(|_| "it does not open".to_owned()).and_then(|mode| {
            let mode: Mode = mode?;
            // nokhwa does not say which colours they are.
            Ok((mode, Unpacker::new(mode.size, mode.coding, 0, ColorInfo::WEBCAM)?))
        });
        // A camera that opens after all is not to be kept busy by a thread that nobody knows of.
        let (mode, unpacker) = opened.inspect_err(|_| stop.store(true, Relaxed))?;
        Ok(Box::new(Open { frames, unpacker, mode, stop, thread: Some(thread) }))
    }
}

/// A frame's bytes and when they came, or why no more will.
type Taken = Result<(Vec<u8>, Instant), String>;

struct Open {
    frames: Receiver<Taken>,
    unpacker: Unpacker,
    mode: Mode,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Device for Open {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, timeout: Duration) -> Result<Option<Grab>, String> {
        match self.frames.recv_timeout(timeout) {
            Ok(Ok((bytes, captured))) => {
                let image = self.unpacker.unpack(&bytes);
                Ok(image.map(|image| Grab { image, captured, sequence: None }))
            }
            Ok(Err(why)) => Err(why),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("it was closed".into()),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        let start = Instant::now();
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() && start.elapsed() < CLOSING {
            std::thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _ = thread.join();
        } else {
            tracing::warn!("a camera does not let go of its thread; it stays busy until the program ends");
        }
    }
}

fn open(index: u32) -> Result<nokhwa::Camera, String> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    nokhwa::Camera::new(CameraIndex::Index(index), any).map_err(|e| e.to_string())
}

fn start(index: u32, wish: &Wish) -> Result<(nokhwa::Camera, Mode), String> {
    let mut camera = open(index)?;
    let formats = camera.compatible_camera_formats().map_err(|e| e.to_string())?;
    let modes: Vec<Mode> = formats.iter().map(mode_of).collect();
    let mode = wish.choose(&modes).ok_or("it has no format that is understood")?;
    let wanted = formats.iter().find(|f| mode_of(f) == mode).copied().ok_or("it has no format that is understood")?;
    let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(wanted), &FORMATS);
    let set = camera.set_camera_requset(exact).map_err(|e| e.to_string())?;
    camera.open_stream().map_err(|e| e.to_string())?;
    Ok((camera, mode_of(&set)))
}

/// Takes frames until told to stop; a frame that nobody has fetched gives way to the next.
fn take(camera: &mut nokhwa::Camera, to: &Sender<Taken>, evict: &Receiver<Taken>, stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        let taken = camera.frame().map(|f| (f.buffer().to_vec(), Instant::now())).map_err(|e| e.to_string());
        let over = taken.is_err();
        let _ = evict.try_recv();
        if to.try_send(taken).is_err() || over {
            break;
        }
    }
    // Its errors come when the camera is gone already.
    let _ = camera.stop_stream();
}

fn mode_of(format: &CameraFormat) -> Mode {
    let Resolution { width_x, height_y } = format.resolution();
    let coding = match format.format() {
        FrameFormat::MJPEG => Coding::Mjpeg,
        FrameFormat::YUYV => Coding::Yuyv,
        FrameFormat::NV12 => Coding::Nv12,
        FrameFormat::GRAY => Coding::Grey,
        FrameFormat::RAWRGB => Coding::Rgb,
        FrameFormat::RAWBGR => Coding::Bgr,
    };
    let rate = i32::try_from(format.frame_rate()).ok().filter(|r| *r > 0).map(|r| Rational::new(r, 1));
    Mode { size: Size::new(width_x, height_y), rate, coding }
}
