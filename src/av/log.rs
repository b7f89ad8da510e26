//! FFmpeg's log. Its errors come back as return values and are reported by the caller, so the library itself stays quiet
//! unless debugging was asked for. But some demuxers tell of damage that they could step over nowhere else than in the
//! log (Matroska's), so the errors that a context logs are counted while somebody listens.

use ffmpeg_next::ffi;
use parking_lot::{Mutex, MutexGuard};
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

type Callback<V> = unsafe extern "C" fn(*mut c_void, c_int, *const c_char, V);

/// FFmpeg's own callback, its type erased.
static DEFAULT: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());
/// Contexts that are listened to, by address, with their errors so far.
static HEARD: Mutex<Vec<(usize, u64)>> = Mutex::new(Vec::new());

fn heard() -> MutexGuard<'static, Vec<(usize, u64)>> {
    HEARD.lock()
}

/// Sets level and callback.
pub(super) fn install() {
    use ffmpeg_next::log::{Level, set_level};
    set_level(if tracing::enabled!(tracing::Level::DEBUG) { Level::Warning } else { Level::Fatal });
    replace(ffi::av_log_set_callback, ffi::av_log_default_callback);
}

/// The list of variable arguments has another type on every platform; `V` is inferred from FFmpeg's declarations.
fn replace<V>(set: unsafe extern "C" fn(Option<Callback<V>>), default: Callback<V>) {
    DEFAULT.store(default as *mut (), Ordering::Release);
    // SAFETY: the callback has the declared signature and may be called from any thread.
    unsafe { set(Some(log::<V>)) }
}

/// # Safety
/// Called by FFmpeg, with arguments for its own callback.
unsafe extern "C" fn log<V>(context: *mut c_void, level: c_int, format: *const c_char, arguments: V) {
    if level <= ffi::AV_LOG_ERROR
        && let Some((_, errors)) = heard().iter_mut().find(|(address, _)| *address == context as usize)
    {
        *errors += 1;
    }
    // SAFETY: `replace` stored a callback of this very type before FFmpeg could call here.
    unsafe {
        let default = std::mem::transmute::<*mut (), Callback<V>>(DEFAULT.load(Ordering::Acquire));
        default(context, level, format, arguments);
    }
}

/// Counts the errors that a context logs, until dropped.
pub(super) struct Listener(usize);

impl Listener {
    pub(super) fn new<T>(context: *const T) -> Self {
        heard().push((context as usize, 0));
        Self(context as usize)
    }

    pub(super) fn errors(&self) -> u64 {
        heard().iter().find(|(address, _)| *address == self.0).map_or(0, |(_, errors)| *errors)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        heard().retain(|(address, _)| *address != self.0);
    }
}
