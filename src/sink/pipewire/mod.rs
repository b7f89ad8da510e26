//! A camera node of PipeWire (`Video/Source`): for OBS from 30.1, Firefox and Chromium; no kernel module, no root.
//!
//! PipeWire's loop runs on a thread of its own, which connects, answers what formats there are, and copies a picture into
//! a shared buffer whenever one comes and somebody reads. Where the daemon goes, it is looked for again. Pictures are in
//! BT.601, limited range, as most webcams deliver; readers choose among YUY2, NV12 and I420.

mod params;

use super::audience::{Audience, Seat};
use super::fit::even;
use super::recode::{Recode, yuyv};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, StreamInfo};
use crate::stage::FrameSink;
use params::{Layout, buffers, offer};
use parking_lot::Mutex;
use pipewire as pw;
use pw::properties::properties;
use pw::spa::param::ParamType;
use pw::spa::param::video::VideoInfoRaw;
use pw::spa::pod::Pod;
use pw::stream::{StreamFlags, StreamRc, StreamState};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Between two attempts to reach a daemon that is gone.
const AGAIN: Duration = Duration::from_secs(1);

/// Wakes the loop: there is a picture, or it is over.
enum Wake {
    Picture,
    Over,
}

/// The newest picture, for the loop to fetch.
type Slot = Arc<Mutex<Option<CpuImage>>>;

/// See the module.
pub struct PipewireSink {
    newest: Slot,
    /// To the loop that runs now.
    wake: Arc<Mutex<Option<pw::channel::Sender<Wake>>>>,
    over: Arc<AtomicBool>,
    recode: Recode,
    size: Size,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

/// Whether a daemon answers.
///
/// # Errors
/// [`Error::Offer`].
pub fn probe() -> Result<()> {
    let connect = || -> std::result::Result<(), pw::Error> {
        pw::init();
        let main = pw::main_loop::MainLoopRc::new(None)?;
        let context = pw::context::ContextRc::new(&main, None)?;
        context.connect_rc(None).map(drop)
    };
    connect().map_err(|e| Error::Offer {
        target: "a PipeWire camera".into(),
        reason: format!("no PipeWire daemon answers ({e}); most desktops since 2022 run one"),
    })
}

impl PipewireSink {
    /// Offers a camera called `name`. `audience` counts one while anybody reads.
    ///
    /// # Errors
    /// [`Error::Offer`]: the system gives no thread. A daemon that is not there is waited for; see [`probe`].
    pub fn open(name: &str, info: &StreamInfo, audience: Audience) -> Result<Self> {
        let size = even(info.size);
        let mut sink = Self {
            newest: Slot::default(),
            wake: Arc::default(),
            over: Arc::default(),
            recode: Recode::new(info.color, ColorInfo::WEBCAM),
            size,
            sent: Arc::default(),
            thread: None,
        };
        let node = Node {
            name: name.to_owned(),
            size,
            rate: info.frame_rate.unwrap_or(Rational::new(30, 1)),
            newest: Arc::clone(&sink.newest),
            audience,
            sent: Arc::clone(&sink.sent),
        };
        let (wake, over) = (Arc::clone(&sink.wake), Arc::clone(&sink.over));
        let thread = Builder::new().name("pipewire".into()).spawn(move || {
            pw::init();
            while !over.load(Relaxed) {
                if let Err(error) = node.run(&wake, &over) {
                    tracing::info!("PipeWire: {error}; trying again");
                }
                *wake.lock() = None;
                let pause = Duration::from_millis(50);
                let mut waited = Duration::ZERO;
                while !over.load(Relaxed) && waited < AGAIN {
                    std::thread::sleep(pause);
                    waited += pause;
                }
            }
        });
        let failed = |e: std::io::Error| Error::Offer { target: "a PipeWire camera".into(), reason: e.to_string() };
        sink.thread = Some(thread.map_err(failed)?);
        Ok(sink)
    }

    fn wake(&self, what: Wake) {
        if let Some(wake) = &*self.wake.lock() {
            // A loop that has just ended is started anew.
            let _ = wake.send(what);
        }
    }

    fn close(&mut self) {
        self.over.store(true, Relaxed);
        self.wake(Wake::Over);
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported on stderr.
            let _ = thread.join();
        }
    }
}

impl FrameSink for PipewireSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        if frame.image.size != self.size || frame.image.format != PixelFormat::I420 {
            let got = frame.image.size;
            return Err(Error::Offer {
                target: "a PipeWire camera".into(),
                reason: format!("a picture of {got} came where {} was announced", self.size),
            });
        }
        let image = self.recode.image(frame.image);
        *self.newest.lock() = Some(image);
        self.wake(Wake::Picture);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.close();
        tracing::debug!("PipeWire: {} pictures were taken", self.sent.load(Relaxed));
        Ok(())
    }
}

impl Drop for PipewireSink {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the loop's thread knows.
struct Node {
    name: String,
    size: Size,
    rate: Rational,
    newest: Slot,
    audience: Audience,
    sent: Arc<AtomicU64>,
}

/// What callbacks share, all on the loop's thread.
#[derive(Default)]
struct Talk {
    layout: Option<Layout>,
    seat: Option<Seat>,
}

impl Node {
    /// Connects and serves until it is over or the daemon goes.
    fn run(
        &self,
        wake: &Mutex<Option<pw::channel::Sender<Wake>>>,
        over: &AtomicBool,
    ) -> std::result::Result<(), pw::Error> {
        let main = pw::main_loop::MainLoopRc::new(None)?;
        let context = pw::context::ContextRc::new(&main, None)?;
        let core = context.connect_rc(None)?;
        let quit = main.clone();
        // Object 0 is the connection itself.
        let _watch = core
            .add_listener_local()
            .error(move |id, _, _, message| {
                tracing::info!("PipeWire: {message}");
                if id == 0 {
                    quit.quit();
                }
            })
            .register();
        let stream = StreamRc::new(
            core,
            &self.name,
            properties! {
                *pw::keys::MEDIA_TYPE => "Video",
                *pw::keys::MEDIA_CLASS => "Video/Source",
                *pw::keys::MEDIA_ROLE => "Camera",
                *pw::keys::NODE_NAME => self.name.as_str(),
                *pw::keys::NODE_DESCRIPTION => self.name.as_str(),
            },
        )?;
        let talk = Rc::new(RefCell::new(Talk::default()));
        let _listener = self.listen(&stream, &talk)?;
        let offers: Vec<Vec<u8>> = Layout::ALL.iter().filter_map(|l| offer(*l, self.size, self.rate)).collect();
        let mut pods: Vec<&Pod> = offers.iter().filter_map(|bytes| Pod::from_bytes(bytes)).collect();
        let flags = StreamFlags::DRIVER | StreamFlags::MAP_BUFFERS;
        stream.connect(pw::spa::utils::Direction::Output, None, flags, &mut pods)?;

        let (sender, receiver) = pw::channel::channel();
        let (quit, trigger) = (main.clone(), stream.clone());
        let _receiver = receiver.attach(main.loop_(), move |what| match what {
            Wake::Picture if trigger.state() == StreamState::Streaming => {
                // Fails only where the stream has just stopped.
                let _ = trigger.trigger_process();
            }
            Wake::Picture => {}
            Wake::Over => quit.quit(),
        });
        *wake.lock() = Some(sender);
        // It may have been over before anybody could be told.
        if !over.load(Relaxed) {
            main.run();
        }
        Ok(())
    }

    fn listen(
        &self,
        stream: &StreamRc,
        talk: &Rc<RefCell<Talk>>,
    ) -> std::result::Result<pw::stream::StreamListener<()>, pw::Error> {
        let (state, format, process) = (Rc::clone(talk), Rc::clone(talk), Rc::clone(talk));
        let (audience, newest, size) = (self.audience.clone(), Arc::clone(&self.newest), self.size);
        let sent = Arc::clone(&self.sent);
        stream
            .add_local_listener::<()>()
            .state_changed(move |_, (), _, new| {
                tracing::debug!("PipeWire: {new:?}");
                state.borrow_mut().seat = matches!(new, StreamState::Streaming).then(|| audience.enter());
            })
            .param_changed(move |stream, (), id, param| {
                let Some(param) = param.filter(|_| id == ParamType::Format.as_raw()) else { return };
                let mut info = VideoInfoRaw::default();
                let layout = info.parse(param).ok().and_then(|_| Layout::of(info.format()));
                format.borrow_mut().layout = layout;
                let Some(bytes) = layout.and_then(|layout| buffers(layout, size)) else { return };
                let mut pods: Vec<&Pod> = Pod::from_bytes(&bytes).into_iter().collect();
                if let Err(error) = stream.update_params(&mut pods) {
                    tracing::info!("PipeWire: no buffers: {error}");
                }
            })
            .process(move |stream, ()| {
                let image = newest.lock().clone();
                let (Some(image), Some(layout)) = (image, process.borrow().layout) else { return };
                let Some(mut buffer) = stream.dequeue_buffer() else { return };
                let Some(data) = buffer.datas_mut().first_mut() else { return };
                let stride = layout.stride(size);
                let written = data.data().map_or(0, |out| fill(layout, &image, out));
                let chunk = data.chunk_mut();
                (*chunk.offset_mut(), *chunk.size_mut()) = (0, written as u32);
                *chunk.stride_mut() = i32::try_from(stride).unwrap_or(0);
                sent.fetch_add(u64::from(written > 0), Relaxed);
            })
            .register()
    }
}

/// Copies a picture into a buffer; answers with its length, 0 where the buffer is too small.
fn fill(layout: Layout, image: &CpuImage, out: &mut [u8]) -> usize {
    let size = image.size;
    let bytes = layout.bytes(size);
    let Some(out) = out.get_mut(..bytes) else { return 0 };
    match layout {
        Layout::Yuy2 => yuyv(image, out, layout.stride(size)),
        Layout::I420 => {
            let mut rest = out;
            for plane in 0..3 {
                let (_, rows, _) = image.format.plane_layout(plane, size);
                for row in 0..rows {
                    let samples = image.row(plane, row);
                    let (head, tail) = rest.split_at_mut(samples.len());
                    head.copy_from_slice(samples);
                    rest = tail;
                }
            }
            bytes
        }
        Layout::Nv12 => {
            let (luma, chroma) = out.split_at_mut(size.pixels());
            for (row, out) in (0..size.height).zip(luma.chunks_exact_mut(size.width as usize)) {
                out.copy_from_slice(image.row(0, row));
            }
            for (row, out) in (0..size.height / 2).zip(chroma.chunks_exact_mut(size.width as usize)) {
                let pairs = image.row(1, row).iter().zip(image.row(2, row));
                out.as_chunks_mut::<2>().0.iter_mut().zip(pairs).for_each(|(pair, (cb, cr))| *pair = [*cb, *cr]);
            }
            bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_is_filled_to_its_last_byte() {
        let size = Size::new(4, 2);
        let planes = vec![(1..=8).collect(), vec![91, 92], vec![81, 82]];
        let image = CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::WEBCAM, planes);
        let filled = |layout: Layout| {
            let mut out = vec![0; layout.bytes(size) + 3];
            assert_eq!(fill(layout, &image, &mut out), layout.bytes(size));
            assert_eq!(fill(layout, &image, &mut out[..5]), 0);
            out.truncate(layout.bytes(size));
            out
        };
        assert_eq!(filled(Layout::Yuy2), [1, 91, 2, 81, 3, 92, 4, 82, 5, 91, 6, 81, 7, 92, 8, 82]);
        assert_eq!(filled(Layout::I420), [1, 2, 3, 4, 5, 6, 7, 8, 91, 92, 81, 82]);
        assert_eq!(filled(Layout::Nv12), [1, 2, 3, 4, 5, 6, 7, 8, 91, 81, 92, 82]);
    }
}
