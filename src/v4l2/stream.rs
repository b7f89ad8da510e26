//! Pictures in buffers that driver and program share (`V4L2_MEMORY_MMAP`): the only way that every driver knows.

use super::node::{Direction, Node, Plain};
use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};
use v4l::v4l_sys as sys;
use v4l::v4l2::vidioc;

const MMAP: u32 = 1;
/// `V4L2_BUF_FLAG_ERROR`: the picture is damaged.
const DAMAGED: u32 = 0x40;
/// `V4L2_BUF_FLAG_TIMESTAMP_MASK` and `…_MONOTONIC`.
const CLOCK: u32 = 0xe000;
const MONOTONIC: u32 = 0x2000;

/// What the driver says of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Counts pictures, those included that were lost.
    pub sequence: u32,
    /// When it was captured; `None` where the driver uses another clock than `CLOCK_MONOTONIC`, or none.
    pub captured: Option<Instant>,
    /// Part of it is missing or wrong.
    pub damaged: bool,
}

/// Memory that is shared with a driver.
struct Mapping {
    start: *mut libc::c_void,
    length: usize,
}

// SAFETY: the mapping is owned here alone; the driver synchronises through the queue.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(fd: RawFd, offset: u32, length: usize) -> io::Result<Self> {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a fresh mapping wherever the kernel likes; offset and length are the driver's.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), length, access, kind, fd, libc::off_t::from(offset)) };
        if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self { start, length }) }
    }
    fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for reading, `length` bytes, until it is dropped. The driver writes only to buffers it was given,
        // and callers look only at those it gave back.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as `bytes`, and exclusively borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.start.cast(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, unmapped here alone.
        unsafe { libc::munmap(self.start, self.length) };
    }
}

/// A device that streams.
pub struct Stream {
    // Unmapped before the device is closed.
    buffers: Vec<Mapping>,
    node: Node,
    direction: Direction,
    /// Buffers that the driver never had (output).
    unused: usize,
    running: bool,
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Of a device that is gone there is nothing to stop.
        let _ = self.node.switch(self.direction, false);
    }
}

impl Stream {
    /// Takes `count` buffers, or as many as the driver has. Capture starts at once.
    ///
    /// # Errors
    /// The driver's: busy, gone, no memory.
    pub fn new(node: Node, direction: Direction, count: u32) -> io::Result<Self> {
        let mut request = sys::v4l2_requestbuffers { count, type_: direction.code(), memory: MMAP, ..Plain::zeroed() };
        node.control(vidioc::VIDIOC_REQBUFS, &mut request)?;
        if request.count == 0 {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let mut stream = Self { buffers: Vec::new(), node, direction, unused: 0, running: false };
        for index in 0..request.count {
            let mut buffer = stream.describe(index);
            stream.node.control(vidioc::VIDIOC_QUERYBUF, &mut buffer)?;
            // SAFETY: the member that belongs to this kind of memory.
            let offset = unsafe { buffer.m.offset };
            stream.buffers.push(Mapping::new(stream.node.fd(), offset, buffer.length as usize)?);
        }
        match direction {
            Direction::Capture => {
                for index in 0..request.count {
                    stream.queue(index, 0)?;
                }
                stream.start()?;
            }
            Direction::Output => stream.unused = stream.buffers.len(),
        }
        Ok(stream)
    }

    fn describe(&self, index: u32) -> sys::v4l2_buffer {
        sys::v4l2_buffer { index, type_: self.direction.code(), memory: MMAP, ..Plain::zeroed() }
    }

    fn start(&mut self) -> io::Result<()> {
        self.node.switch(self.direction, true)?;
        self.running = true;
        Ok(())
    }

    fn queue(&self, index: u32, bytes: usize) -> io::Result<()> {
        let mut buffer = self.describe(index);
        buffer.bytesused = bytes as u32;
        // `V4L2_FIELD_NONE`
        buffer.field = 1;
        self.node.control(vidioc::VIDIOC_QBUF, &mut buffer)
    }

    /// A buffer that the driver is done with; `None` where there is none now.
    fn dequeue(&self) -> io::Result<Option<sys::v4l2_buffer>> {
        let mut buffer = self.describe(0);
        match self.node.control(vidioc::VIDIOC_DQBUF, &mut buffer) {
            Ok(()) if (buffer.index as usize) < self.buffers.len() => Ok(Some(buffer)),
            Ok(()) => Err(io::ErrorKind::InvalidData.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives `look` the newest picture and gives the older ones back; `None` when the time is over. The picture is as long as
    /// the driver says, not as its buffer is.
    ///
    /// # Errors
    /// The driver's: the device is gone.
    pub fn newest<R>(&mut self, timeout: Duration, look: impl FnOnce(&[u8], Meta) -> R) -> io::Result<Option<R>> {
        if !self.node.wait(self.direction, timeout)? {
            return Ok(None);
        }
        let Some(mut newest) = self.dequeue()? else { return Ok(None) };
        while let Some(newer) = self.dequeue()? {
            self.queue(newest.index, 0)?;
            newest = newer;
        }
        let bytes = self.buffers[newest.index as usize].bytes();
        let used = if newest.bytesused == 0 { bytes.len() } else { bytes.len().min(newest.bytesused as usize) };
        let meta = Meta {
            sequence: newest.sequence,
            captured: (newest.flags & CLOCK == MONOTONIC).then(|| moment(&newest)).flatten(),
            damaged: newest.flags & DAMAGED != 0,
        };
        let seen = look(&bytes[..used], meta);
        self.queue(newest.index, 0)?;
        Ok(Some(seen))
    }

    /// Has `fill` write a picture, which it answers the length of, and hands it over; `false` where no buffer became free in
    /// time. The stream starts with its first picture.
    ///
    /// # Errors
    /// The driver's.
    pub fn give(&mut self, timeout: Duration, fill: impl FnOnce(&mut [u8]) -> usize) -> io::Result<bool> {
        let index = if self.unused > 0 {
            self.unused -= 1;
            self.unused
        } else {
            if !self.node.wait(self.direction, timeout)? {
                return Ok(false);
            }
            match self.dequeue()? {
                Some(buffer) => buffer.index as usize,
                None => return Ok(false),
            }
        };
        let used = fill(self.buffers[index].bytes_mut());
        self.queue(index as u32, used)?;
        if !self.running {
            self.start()?;
        }
        Ok(true)
    }
}

/// The driver's stamp on Rust's clock, which is the same on Linux but does not show its numbers.
fn moment(buffer: &sys::v4l2_buffer) -> Option<Instant> {
    let (seconds, micros) = (buffer.timestamp.tv_sec, buffer.timestamp.tv_usec);
    let stamp = Duration::from_secs(u64::try_from(seconds).ok()?) + Duration::from_micros(u64::try_from(micros).ok()?);
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a structure of ours, valid during the call.
    if stamp.is_zero() || unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) } != 0 {
        return None;
    }
    let read =
        Duration::from_secs(u64::try_from(now.tv_sec).ok()?) + Duration::from_nanos(u64::try_from(now.tv_nsec).ok()?);
    // Some drivers stamp the end of a frame that is still on its way: slightly in the future.
    Instant::now().checked_sub(read.saturating_sub(stamp))
}
