//! FFmpeg behind safe functions: the only module that calls its C interface.
//!
//! | module | job |
//! |---|---|
//! | [`demux`], [`packet`] | files into packets, and what is known of their streams |
//! | [`decode`] | packets into frames |
//! | [`deinterlace`] | interlaced frames into pictures of one moment (libavfilter) |
//! | [`picture`] | FFmpeg's frames into [`CpuImage`](crate::frame::CpuImage) without copying, and back |
//! | [`pixel`], [`color`] | formats and colour tags, both ways |
//! | [`scale`] | what no other stage understands, into what they do (libswscale) |
//! | [`orient`] | display matrices, applied to planes |
//! | [`palette`] | 256 colours for GIF |
//! | [`container`], [`encoder`], [`encode`] | which container and encoder, with which options; frames into packets |
//! | [`jpeg`] | single pictures to and from JPEG, in memory |
//! | [`sound`] | sound that a container cannot hold into such as it can (libavfilter) |
//! | [`mux`], [`copy`] | packets into files; the streams that are handed on untouched |
//! | [`pipe`] | standard input and output |
//! | [`numbered`] | names of numbered pictures |
//! | `record` | packets into bytes and back |
//!
//! Everything here is owned by the thread that made it and may move between threads, never be shared.

// The integer types of FFmpeg's constants differ between its versions; what is a needless cast for one is needed by
// the next.
#![allow(clippy::unnecessary_cast)]

mod alpha;
mod clock;
pub mod color;
pub mod container;
pub mod copy;
pub mod decode;
pub mod deinterlace;
pub mod demux;
pub mod encode;
pub mod encoder;
mod fields;
mod filter;
mod hardware;
pub mod jpeg;
mod light;
mod log;
pub mod mux;
pub mod numbered;
pub mod orient;
pub mod packet;
pub mod palette;
pub mod picture;
pub mod pipe;
pub mod pixel;
mod record;
pub mod scale;
pub mod sound;

use crate::frame::Rational;
use ffmpeg_next::ffi::{self, AVRational};
use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::sync::Once;

/// What FFmpeg reports, with its text.
pub use ffmpeg_next::Error as AvError;

/// Sets FFmpeg up, once.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        ffmpeg_next::util::error::register_all();
        log::install();
    });
}

/// A return code as a result.
pub(crate) fn check(code: c_int) -> Result<c_int, AvError> {
    if code < 0 { Err(AvError::from(code)) } else { Ok(code) }
}

/// A pointer from an allocating function; null is "out of memory".
pub(crate) fn allocated<T>(pointer: *mut T) -> Result<*mut T, AvError> {
    if pointer.is_null() { Err(AvError::Other { errno: ENOMEM }) } else { Ok(pointer) }
}

/// POSIX's numbers, the same on every system FFmpeg runs on.
pub(crate) const ENOMEM: c_int = 12;
pub(crate) const EINVAL: c_int = 22;

/// The name FFmpeg opens for a local file. The prefix keeps it from taking `a:b.mp4` for a protocol.
pub(crate) fn file_url(path: &Path) -> Result<CString, AvError> {
    let mut bytes = b"file:".to_vec();
    bytes.extend_from_slice(path.as_os_str().as_encoded_bytes());
    CString::new(bytes).map_err(|_| AvError::InvalidData)
}

/// Text that FFmpeg owns, copied; empty for null.
///
/// # Safety
/// `text` is null or a NUL-terminated string.
pub(crate) unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, so a NUL-terminated string by the contract above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

impl From<AVRational> for Rational {
    fn from(r: AVRational) -> Self {
        Self::new(r.num, r.den)
    }
}

impl From<Rational> for AVRational {
    fn from(r: Rational) -> Self {
        Self { num: r.num, den: r.den }
    }
}

/// Drops a rational that says nothing: zero, negative or undefined.
pub(crate) fn meaningful(r: AVRational) -> Option<Rational> {
    (r.num > 0 && r.den > 0).then(|| r.into())
}

/// "No timestamp".
pub(crate) const NO_PTS: i64 = ffi::AV_NOPTS_VALUE;
