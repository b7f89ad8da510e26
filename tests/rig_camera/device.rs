//! A V4L2 device made of a FUSE file: a camera, or a virtual camera of `v4l2loopback`. The kernel lets a file system answer such `ioctl`s as have their whole argument in
//! one flat structure, which are all that streaming needs; `mmap` and `poll` work as on any file. So the code under test
//! runs unchanged against it, and the camera can do what no real one does on demand.

use comicvid::av::jpeg::{JFIF, JpegEncoder};
use comicvid::frame::{CpuImage, PixelFormat, Size};
use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    IoctlFlags, LockOwner, Notifier, OpenFlags, PollEvents, PollFlags, PollNotifier, ReplyAttr, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyOpen, ReplyPoll, ReplyWrite, Request, WriteFlags,
};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, UNIX_EPOCH};
use v4l::v4l_sys as sys;

const BUFFERS: u32 = 4;
const NODE: INodeNo = INodeNo(2);

/// What the camera is and how it behaves.
pub struct State {
    pub size: Size,
    /// Frame interval.
    pub interval: (u32, u32),
    pub code: [u8; 4],
    /// The number of its device file; `None` is unplugged.
    pub number: Option<u32>,
    pub stalled: bool,
    pub busy: bool,
    /// Every so many frames one is damaged.
    pub damage_every: Option<u32>,
    /// It is a virtual camera: takes pictures.
    pub output: bool,
    /// Announces nothing until a stream was started and stopped, as release 0.12 after a careless writer.
    pub dead: bool,
    /// A reader holds it to the size it has.
    pub locked: bool,
    /// What a virtual camera was given.
    pub received: VecDeque<Vec<u8>>,
    slots: Vec<Vec<u8>>,
    slot: usize,
    queued: VecDeque<u32>,
    done: VecDeque<(u32, u32, usize, Duration)>,
    streaming: bool,
    sequence: u32,
    waiting: Option<PollNotifier>,
    /// Whoever opened it before it was unplugged has a dead file.
    generation: u64,
    over: bool,
}

impl State {
    fn bytes(&self) -> usize {
        let pixels = self.size.pixels();
        match &self.code {
            b"GREY" => pixels,
            b"NV12" => pixels * 3 / 2,
            _ => pixels * 2,
        }
    }
    fn format(&self) -> sys::v4l2_pix_format {
        // SAFETY: integers.
        let mut pix: sys::v4l2_pix_format = unsafe { std::mem::zeroed() };
        (pix.width, pix.height) = (self.size.width, self.size.height);
        pix.pixelformat = u32::from_le_bytes(self.code);
        pix.field = 1;
        pix.bytesperline = if &self.code == b"YUYV" { self.size.width * 2 } else { self.size.width };
        pix.sizeimage = self.bytes() as u32;
        pix.colorspace = 8;
        pix
    }
    /// `V4L2_BUF_TYPE_VIDEO_…`
    fn kind(&self) -> u32 {
        if self.output { 2 } else { 1 }
    }
    fn stop(&mut self) {
        self.streaming = false;
        self.queued.clear();
        self.done.clear();
    }
}

/// The luma of frame `sequence`: the same all over it, and another for the next.
pub fn luma(sequence: u32) -> u8 {
    16 + (sequence * 7 % 200) as u8
}

fn frame(state: &State, sequence: u32) -> Vec<u8> {
    let (pixels, value) = (state.size.pixels(), luma(sequence));
    match &state.code {
        b"YUYV" => [value, 100, value, 150].repeat(pixels / 2),
        b"NV12" => [vec![value; pixels], [100, 150].repeat(pixels / 4)].concat(),
        b"GREY" => vec![value; pixels],
        b"MJPG" => {
            let planes = vec![vec![value; pixels], vec![100; pixels / 4], vec![150; pixels / 4]];
            let image = CpuImage::from_planes(state.size, PixelFormat::I420, JFIF, planes);
            let mut jpeg = JpegEncoder::new(state.size, 2.0).unwrap().encode(image).unwrap();
            // Real cameras leave rubbish behind the picture.
            jpeg.extend([0x55; 64]);
            jpeg
        }
        // Nothing that anybody here understands.
        _ => vec![0; pixels],
    }
}

/// A mounted camera; unmounted when dropped.
pub struct Camera {
    pub state: Arc<Mutex<State>>,
    _session: BackgroundSession,
    shutter: Option<JoinHandle<()>>,
}

impl Camera {
    /// Mounts a folder with one camera, as `video0`.
    pub fn mount(folder: &Path, size: Size, interval: (u32, u32), code: [u8; 4]) -> Self {
        Self::new(folder, size, interval, code, false)
    }

    /// Mounts a folder with one virtual camera, as `video0`, for pictures of `size` and smaller ones.
    pub fn mount_virtual(folder: &Path, size: Size) -> Self {
        Self::new(folder, size, (1, 30), *b"YUYV", true)
    }

    fn new(folder: &Path, size: Size, interval: (u32, u32), code: [u8; 4], output: bool) -> Self {
        let mut state = State {
            size,
            interval,
            code,
            number: Some(0),
            stalled: false,
            busy: false,
            damage_every: None,
            output,
            dead: false,
            locked: false,
            received: VecDeque::new(),
            slots: Vec::new(),
            slot: 0,
            queued: VecDeque::new(),
            done: VecDeque::new(),
            streaming: false,
            sequence: 0,
            waiting: None,
            generation: 1,
            over: false,
        };
        state.slot = state.bytes().next_multiple_of(4096);
        state.slots = vec![vec![0; state.slot]; BUFFERS as usize];
        let state = Arc::new(Mutex::new(state));
        let files = Files { state: Arc::clone(&state) };
        let session = fuser::spawn_mount(files, folder, &Config::default())
            .unwrap_or_else(|e| panic!("cannot mount with FUSE ({e}): this needs root, or fusermount3, and /dev/fuse"));
        let (ours, notifier) = (Arc::clone(&state), session.notifier());
        let shutter =
            std::thread::spawn(move || if output { collect(&ours, &notifier) } else { shoot(&ours, &notifier) });
        Self { state, _session: session, shutter: Some(shutter) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn unplug(&self) {
        let mut state = self.state();
        state.number = None;
        state.generation += 1;
        state.stop();
        if let Some(waiting) = state.waiting.take() {
            let _ = waiting.notify();
        }
    }

    pub fn plug(&self, number: u32) {
        self.state().number = Some(number);
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.state().over = true;
        let _ = self.shutter.take().map(JoinHandle::join);
    }
}

/// Makes frames in time.
fn shoot(state: &Mutex<State>, notifier: &Notifier) {
    let mut due = Instant::now();
    loop {
        let (index, sequence, bytes, damaged) = {
            let mut state = state.lock().unwrap();
            if state.over {
                return;
            }
            due += Duration::from_secs_f64(f64::from(state.interval.0) / f64::from(state.interval.1));
            state.sequence += 1;
            let works = state.streaming && !state.stalled && state.number.is_some();
            let index = if works { state.queued.pop_front() } else { None };
            let damaged = state.damage_every.is_some_and(|n| state.sequence.is_multiple_of(n));
            (index, state.sequence, frame(&state, state.sequence), damaged)
        };
        if let Some(index) = index {
            let (offset, length) = {
                let mut state = state.lock().unwrap();
                state.slots[index as usize][..bytes.len()].copy_from_slice(&bytes);
                (index as usize * state.slot, state.slot)
            };
            // The kernel has pages of it, which the program sees.
            let _ = notifier.inval_inode(NODE, offset as i64, length as i64);
            let mut state = state.lock().unwrap();
            // Half of a damaged frame is missing.
            let used = if damaged { bytes.len() / 2 } else { bytes.len() };
            let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: a structure of ours.
            unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
            let stamp = Duration::new(now.tv_sec as u64, now.tv_nsec as u32);
            if state.streaming {
                state.done.push_back((index, sequence, used, stamp));
            }
            let waiting = state.waiting.take();
            drop(state);
            if let Some(waiting) = waiting {
                let _ = waiting.notify();
            }
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// Takes what a virtual camera is given.
fn collect(state: &Mutex<State>, notifier: &Notifier) {
    loop {
        let given = {
            let mut state = state.lock().unwrap();
            if state.over {
                return;
            }
            let index = if state.streaming { state.queued.pop_front() } else { None };
            index.map(|index| (index, index as usize * state.slot, state.slot))
        };
        let Some((index, offset, length)) = given else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        // The program's pages come by `write`, before they are thrown away.
        let _ = notifier.inval_inode(NODE, offset as i64, length as i64);
        let mut state = state.lock().unwrap();
        let bytes = state.slots[index as usize][..state.bytes()].to_vec();
        state.received.push_back(bytes);
        state.done.push_back((index, 0, 0, Duration::ZERO));
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            let _ = waiting.notify();
        }
    }
}

struct Files {
    state: Arc<Mutex<State>>,
}

fn attributes(ino: INodeNo, kind: FileType, size: u64) -> FileAttr {
    FileAttr {
        ino,
        size,
        blocks: 0,
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind,
        perm: if kind == FileType::Directory { 0o755 } else { 0o666 },
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        flags: 0,
        blksize: 4096,
    }
}

/// As the kernel sends it; short arguments are filled up with zeroes.
fn structure<T: Copy>(bytes: &[u8]) -> T {
    // SAFETY: `T` is a structure of integers, valid whatever its bytes are; no more than it has are written.
    unsafe {
        let mut out: T = std::mem::zeroed();
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut out).cast(), bytes.len().min(size_of::<T>()));
        out
    }
}

fn bytes<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: read as bytes for as long as it is borrowed; padding is zero, as `structure` left it.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

fn put(field: &mut [u8], text: &str) {
    field[..text.len()].copy_from_slice(text.as_bytes());
}

impl Files {
    fn size(&self) -> u64 {
        let state = self.state.lock().unwrap();
        (state.slot * state.slots.len()) as u64
    }

    /// The answer to an `ioctl`, by its number (`videodev2.h`).
    fn control(state: &mut State, number: u32, input: &[u8]) -> Result<Vec<u8>, Errno> {
        match number {
            0 => {
                let mut facts: sys::v4l2_capability = structure(&[]);
                put(&mut facts.driver, "fuse");
                put(&mut facts.card, "FUSE camera");
                put(&mut facts.bus_info, "platform:fuse");
                if state.output {
                    put(&mut facts.driver, "v4l2 loopback");
                }
                facts.device_caps = if state.dead { 0 } else { 0x0400_0000 | state.kind() };
                facts.capabilities = facts.device_caps | 0x8000_0000;
                Ok(bytes(&facts).to_vec())
            }
            2 => {
                let mut format: sys::v4l2_fmtdesc = structure(input);
                if format.index > 0 || format.type_ != state.kind() {
                    return Err(Errno::EINVAL);
                }
                format.pixelformat = u32::from_le_bytes(state.code);
                Ok(bytes(&format).to_vec())
            }
            74 => {
                let mut sizes: sys::v4l2_frmsizeenum = structure(input);
                if sizes.index > 0 || sizes.pixel_format != u32::from_le_bytes(state.code) {
                    return Err(Errno::EINVAL);
                }
                sizes.type_ = 1;
                (sizes.__bindgen_anon_1.discrete.width, sizes.__bindgen_anon_1.discrete.height) =
                    (state.size.width, state.size.height);
                Ok(bytes(&sizes).to_vec())
            }
            75 => {
                let mut rates: sys::v4l2_frmivalenum = structure(input);
                if rates.index > 0 {
                    return Err(Errno::EINVAL);
                }
                rates.type_ = 1;
                (rates.__bindgen_anon_1.discrete.numerator, rates.__bindgen_anon_1.discrete.denominator) =
                    state.interval;
                Ok(bytes(&rates).to_vec())
            }
            // G_FMT, S_FMT, TRY_FMT
            4 | 5 | 64 => {
                let mut format: sys::v4l2_format = structure(input);
                if format.type_ != state.kind() || state.dead {
                    return Err(Errno::EINVAL);
                }
                if state.busy {
                    return Err(Errno::EBUSY);
                }
                if state.output && !state.locked && number == 5 {
                    // SAFETY: integers, of the member that belongs to the type.
                    let wanted = unsafe { format.fmt.pix };
                    state.size = Size::new(wanted.width, wanted.height);
                    assert!(state.bytes() <= state.slot, "the rig is made for smaller pictures");
                }
                format.fmt.pix = state.format();
                Ok(bytes(&format).to_vec())
            }
            // G_PARM, S_PARM
            21 | 22 => {
                let mut parameters: sys::v4l2_streamparm = structure(input);
                parameters.parm.capture.capability = 0x1000;
                parameters.parm.capture.timeperframe.numerator = state.interval.0;
                parameters.parm.capture.timeperframe.denominator = state.interval.1;
                Ok(bytes(&parameters).to_vec())
            }
            8 => {
                let mut request: sys::v4l2_requestbuffers = structure(input);
                request.count = request.count.min(BUFFERS);
                state.stop();
                Ok(bytes(&request).to_vec())
            }
            // QUERYBUF, QBUF
            9 | 15 => {
                let mut buffer: sys::v4l2_buffer = structure(input);
                if buffer.index >= BUFFERS {
                    return Err(Errno::EINVAL);
                }
                if number == 15 {
                    if state.queued.contains(&buffer.index) {
                        return Err(Errno::EINVAL);
                    }
                    state.queued.push_back(buffer.index);
                }
                buffer.length = state.bytes() as u32;
                buffer.m.offset = buffer.index * state.slot as u32;
                Ok(bytes(&buffer).to_vec())
            }
            17 => {
                let mut buffer: sys::v4l2_buffer = structure(input);
                let (index, sequence, used, stamp) = state.done.pop_front().ok_or(Errno::EAGAIN)?;
                (buffer.index, buffer.sequence, buffer.bytesused) = (index, sequence, used as u32);
                buffer.timestamp.tv_sec = stamp.as_secs() as i64;
                buffer.timestamp.tv_usec = i64::from(stamp.subsec_micros());
                buffer.flags = 0x2000;
                Ok(bytes(&buffer).to_vec())
            }
            18 if state.dead => Err(Errno::EINVAL),
            18 => {
                state.streaming = true;
                Ok(Vec::new())
            }
            19 => {
                state.dead = false;
                state.stop();
                Ok(Vec::new())
            }
            _ => Err(Errno::ENOTTY),
        }
    }
}

impl Filesystem for Files {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let number = self.state.lock().unwrap().number;
        if parent == INodeNo::ROOT && number.is_some_and(|n| name == format!("video{n}").as_str()) {
            let attributes = attributes(NODE, FileType::RegularFile, self.size());
            reply.entry(&Duration::ZERO, &attributes, Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let attributes = match ino {
            INodeNo::ROOT => attributes(ino, FileType::Directory, 0),
            _ => attributes(ino, FileType::RegularFile, self.size()),
        };
        reply.attr(&Duration::ZERO, &attributes);
    }

    fn readdir(&self, _: &Request, _: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let number = self.state.lock().unwrap().number;
        if let (Some(number), 0) = (number, offset) {
            let _ = reply.add(NODE, 1, FileType::RegularFile, format!("video{number}"));
        }
        reply.ok();
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let state = self.state.lock().unwrap();
        match state.number {
            // Without a word when it is closed: a process that ends with the file open would wait for its own answer.
            Some(_) => reply.opened(FileHandle(state.generation), FopenFlags::FOPEN_NOFLUSH),
            None => reply.error(Errno::ENODEV),
        }
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let state = self.state.lock().unwrap();
        let all = state.slots.concat();
        let from = (offset as usize).min(all.len());
        reply.data(&all[from..(from + size as usize).min(all.len())]);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = self.state.lock().unwrap();
        let slot = state.slot;
        for (at, byte) in (offset as usize..).zip(data) {
            if let Some(place) = state.slots.get_mut(at / slot) {
                place[at % slot] = *byte;
            }
        }
        reply.written(data.len() as u32);
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn ioctl(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: IoctlFlags,
        command: u32,
        input: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        let mut state = self.state.lock().unwrap();
        if state.number.is_none() || handle.0 != state.generation {
            return reply.error(Errno::ENODEV);
        }
        if command >> 8 & 0xff != u32::from(b'V') {
            return reply.error(Errno::ENOTTY);
        }
        match Self::control(&mut state, command & 0xff, input) {
            Ok(output) => reply.ioctl(0, &output),
            Err(error) => reply.error(error),
        }
    }

    fn poll(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        notifier: PollNotifier,
        _: PollEvents,
        _: PollFlags,
        reply: ReplyPoll,
    ) {
        let mut state = self.state.lock().unwrap();
        let events = if state.number.is_none() || handle.0 != state.generation {
            PollEvents::POLLERR | PollEvents::POLLHUP
        } else if state.done.is_empty() {
            PollEvents::empty()
        } else {
            PollEvents::POLLIN | PollEvents::POLLRDNORM | PollEvents::POLLOUT | PollEvents::POLLWRNORM
        };
        state.waiting = Some(notifier);
        reply.poll(events);
    }
}
