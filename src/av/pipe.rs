//! Standard input and standard output as files, both named `-`, and named pipes as inputs.
//!
//! A pipe can be read once, but a film's pictures and its other streams are read apart: what comes in is kept until
//! all who want it have read it. Who reads whom late is bounded by the depth of the pipeline, and so is what is kept.
//! Standard output, once it is a file, is nobody else's: what libraries print goes to standard error.

use super::{AvError, allocated};
use ffmpeg_next::ffi::{self, AVIOContext};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::Read;
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that are read before anybody asks.
const AHEAD: u64 = 1 << 20;
/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// POSIX's `ESPIPE`.
pub(super) const ESPIPE: c_int = 29;
/// POSIX's `EIO`.
const EIO: c_int = 5;

/// Whether `path` stands for standard input or output.
#[must_use]
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether the input `path` can be read only once: standard input, or a named pipe, as shells make them of `<(…)`.
#[must_use]
pub fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    let named = std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo());
    #[cfg(not(unix))]
    let named = false;
    is_standard(path) || named
}

/// From here on nobody begins to read the pipe `path`: what all present readers have read is forgotten. Nothing where it is
/// none.
pub fn seal(path: &Path) {
    let spools = SPOOLS.lock();
    if let Some(spool) = spools.get(path) {
        spool.lock().seal();
    }
}

/// The file descriptor of standard output, for the one who writes the film; what anybody else prints there goes to
/// standard error from now on.
///
/// # Errors
/// There is no standard output.
#[cfg(unix)]
pub fn claim_stdout() -> Result<c_int, AvError> {
    static CLAIMED: std::sync::OnceLock<c_int> = std::sync::OnceLock::new();
    let descriptor = *CLAIMED.get_or_init(|| {
        // SAFETY: plain calls on this process's descriptors; a copy that was made is kept until the process ends.
        unsafe {
            let copy = libc::dup(libc::STDOUT_FILENO);
            if copy >= 0 {
                libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO);
            }
            copy
        }
    });
    if descriptor < 0 { Err(AvError::Other { errno: EIO }) } else { Ok(descriptor) }
}

/// As on Unix, but what others print there is not kept away.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn claim_stdout() -> Result<c_int, AvError> {
    Ok(1)
}

/// By the paths of the pipes that were opened.
static SPOOLS: Mutex<BTreeMap<PathBuf, Arc<Spool>>> = Mutex::new(BTreeMap::new());

/// What came in, as far as somebody still wants it.
#[derive(Default)]
struct Spool {
    state: Mutex<State>,
    /// More has come in, or nothing more will.
    grown: Condvar,
    /// A reader wants more.
    wanted: Condvar,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    /// Place of the first of `bytes` in the input.
    first: u64,
    /// The end was reached; with an error number where reading failed.
    end: Option<c_int>,
    /// Where each reader is; nothing where it is gone.
    readers: Vec<Option<u64>>,
    sealed: bool,
}

impl State {
    fn end(&self) -> u64 {
        self.first + self.bytes.len() as u64
    }

    /// See [`seal`].
    fn seal(&mut self) {
        self.sealed = true;
        self.forget();
    }

    /// Drops what nobody will read.
    fn forget(&mut self) {
        if self.sealed {
            let keep = self.readers.iter().flatten().min().copied().unwrap_or(self.end());
            let gone = usize::try_from(keep - self.first).unwrap_or(0);
            self.bytes.drain(..gone);
            self.first = keep;
        }
    }

    /// Copies what there is for reader `number` into `buffer`.
    fn take(&mut self, number: usize, buffer: &mut [u8]) -> usize {
        let Some(at) = self.readers[number] else { return 0 };
        let start = usize::try_from(at - self.first).unwrap_or(usize::MAX);
        let count = self.bytes.len().saturating_sub(start).min(buffer.len());
        let (front, back) = self.bytes.as_slices();
        let from_front = front.len().saturating_sub(start).min(count);
        let (one, two) = buffer[..count].split_at_mut(from_front);
        if from_front > 0 {
            one.copy_from_slice(&front[start..start + from_front]);
        }
        let start = (start + from_front).saturating_sub(front.len());
        two.copy_from_slice(&back[start..start + two.len()]);
        self.readers[number] = Some(at + count as u64);
        self.forget();
        count
    }
}

impl Spool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Reads the pipe `path` to its end.
    fn fill_from(&self, path: &Path) {
        if is_standard(path) {
            return self.fill(std::io::stdin().lock());
        }
        // It waits for somebody who writes.
        match File::open(path) {
            Ok(file) => self.fill(file),
            Err(error) => {
                self.lock().end = Some(ffi::AVERROR(error.raw_os_error().unwrap_or(EIO)));
                self.grown.notify_all();
            }
        }
    }

    /// Reads `input` to its end, not much farther than the foremost reader.
    fn fill(&self, mut input: impl Read) {
        let mut chunk = vec![0; CHUNK];
        loop {
            let mut state = self.lock();
            while state.readers.iter().flatten().max().is_none_or(|foremost| state.end() >= foremost + AHEAD) {
                self.wanted.wait(&mut state);
            }
            drop(state);
            let read = input.read(&mut chunk);
            let mut state = self.lock();
            match read {
                Ok(0) => state.end = Some(ffi::AVERROR_EOF),
                Ok(count) => state.bytes.extend(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => state.end = Some(ffi::AVERROR(error.raw_os_error().unwrap_or(EIO))),
            }
            let ended = state.end.is_some();
            drop(state);
            self.grown.notify_all();
            if ended {
                return;
            }
        }
    }

    /// The next bytes of reader `number`: waits for at least one; what FFmpeg's `read_packet` answers.
    fn read(&self, number: usize, buffer: &mut [u8]) -> c_int {
        let mut state = self.lock();
        loop {
            let count = state.take(number, buffer);
            self.wanted.notify_one();
            if count > 0 {
                return c_int::try_from(count).unwrap_or(c_int::MAX);
            }
            if let Some(end) = state.end {
                return end;
            }
            self.grown.wait(&mut state);
        }
    }
}

/// A reader of a pipe, from its beginning.
struct Reader {
    spool: Arc<Spool>,
    number: usize,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.spool.lock();
        state.readers[self.number] = None;
        state.forget();
    }
}

/// A pipe for FFmpeg: a stream that cannot be searched.
pub(super) struct PipeInput {
    io: *mut AVIOContext,
    /// Where `io` finds it.
    _reader: Box<Reader>,
}

impl PipeInput {
    /// Another reader of the pipe `path`, from the beginning.
    ///
    /// # Errors
    /// The beginning is forgotten already; out of memory.
    pub(super) fn open(path: &Path) -> Result<Self, AvError> {
        let mut spools = SPOOLS.lock();
        let spool = Arc::clone(spools.entry(path.to_owned()).or_default());
        drop(spools);
        let number = {
            let mut state = spool.lock();
            if state.first > 0 || state.sealed {
                return Err(AvError::Other { errno: ESPIPE });
            }
            state.readers.push(Some(0));
            state.readers.len() - 1
        };
        let reader = Box::new(Reader { spool: Arc::clone(&spool), number });
        if number == 0 {
            let path = path.to_owned();
            let started = std::thread::Builder::new().name("pipe".into()).spawn(move || spool.fill_from(&path));
            started.map_err(|_| AvError::Other { errno: super::ENOMEM })?;
        }
        // SAFETY: no preconditions; the buffer is the context's from here on.
        let io = unsafe {
            let buffer = allocated(ffi::av_malloc(CHUNK))?;
            let opaque = (&raw const *reader).cast_mut().cast::<c_void>();
            let io = ffi::avio_alloc_context(buffer.cast(), CHUNK as c_int, 0, opaque, Some(read), None, None);
            allocated(io).inspect_err(|_| ffi::av_free(buffer))?
        };
        Ok(Self { io, _reader: reader })
    }

    pub(super) fn raw(&self) -> *mut AVIOContext {
        self.io
    }
}

impl Drop for PipeInput {
    fn drop(&mut self) {
        // SAFETY: made in `open`, freed here alone, after the demuxer that used it.
        unsafe {
            ffi::av_freep((&raw mut (*self.io).buffer).cast());
            ffi::avio_context_free(&raw mut self.io);
        }
    }
}

/// # Safety
/// `opaque` is a live [`Reader`], `buffer` has `size` bytes: FFmpeg's promise.
unsafe extern "C" fn read(opaque: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    let size = usize::try_from(size).unwrap_or(0);
    // SAFETY: by the contract.
    let (reader, buffer) = unsafe { (&*opaque.cast::<Reader>(), std::slice::from_raw_parts_mut(buffer, size)) };
    reader.spool.read(reader.number, buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(spool: &Spool) -> usize {
        let mut state = spool.lock();
        state.readers.push(Some(0));
        state.readers.len() - 1
    }

    fn read_all(spool: &Spool, number: usize, step: usize) -> Vec<u8> {
        let (mut all, mut buffer) = (Vec::new(), vec![0; step]);
        loop {
            match spool.read(number, &mut buffer) {
                count if count > 0 => all.extend_from_slice(&buffer[..count as usize]),
                end => {
                    assert_eq!(end, ffi::AVERROR_EOF);
                    return all;
                }
            }
        }
    }

    #[test]
    fn all_readers_read_all_and_nothing_is_kept() {
        let input: Arc<[u8]> = (0..5_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let spool = Spool::default();
        let (fast, slow) = (reader(&spool), reader(&spool));
        std::thread::scope(|s| {
            s.spawn(|| spool.fill(&*input));
            let fast = s.spawn(|| read_all(&spool, fast, 30_000));
            let slow = s.spawn(|| read_all(&spool, slow, 777));
            spool.lock().seal();
            assert!(fast.join().unwrap() == *input && slow.join().unwrap() == *input);
        });
        assert!(spool.lock().bytes.is_empty());
    }

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        let spool = Arc::new(Spool::default());
        let (number, theirs) = (reader(&spool), Arc::clone(&spool));
        // It goes on reading without end, and waits for ever once nobody wants more.
        std::thread::spawn(move || theirs.fill(std::io::repeat(7)));
        let mut buffer = [0; 1000];
        for _ in 0..10 {
            assert!(spool.read(number, &mut buffer) > 0);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(spool.lock().end() <= 10_000 + AHEAD + CHUNK as u64);
    }
}
