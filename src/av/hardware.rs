//! Frames in the memory of a graphics device, for encoders that take no others (VAAPI). They are drawn elsewhere, so each is
//! uploaded once.

use super::picture::AvFrame;
use super::pixel::AvFormat;
use super::{AvError, allocated, check};
use crate::frame::Size;
use ffmpeg_next::ffi::{self, AVBufferRef, AVCodecContext, AVHWFramesContext};

/// Surfaces that an encoder may hold at once.
const POOL: i32 = 20;

/// A device's surfaces of one size.
pub(super) struct Surfaces(*mut AVBufferRef);

// SAFETY: a reference to what FFmpeg counts atomically and belongs to no thread.
unsafe impl Send for Surfaces {}

impl Drop for Surfaces {
    fn drop(&mut self) {
        // SAFETY: a reference of ours, given up here alone.
        unsafe { ffi::av_buffer_unref(&raw mut self.0) }
    }
}

impl Surfaces {
    /// On the first device of that kind, for frames of `size` that come as `format`.
    ///
    /// # Errors
    /// There is no such device, or it has no such surfaces.
    pub(super) fn new(size: Size, format: AvFormat) -> Result<Self, AvError> {
        let mut device = std::ptr::null_mut();
        let kind = ffi::AVHWDeviceType::AV_HWDEVICE_TYPE_VAAPI;
        let (name, options) = (std::ptr::null(), std::ptr::null_mut());
        // SAFETY: null asks for the default device, without options; the result is a reference of ours.
        check(unsafe { ffi::av_hwdevice_ctx_create(&raw mut device, kind, name, options, 0) })?;
        let device = Self(device);
        // SAFETY: a live device, of which it takes a reference.
        let surfaces = Self(allocated(unsafe { ffi::av_hwframe_ctx_alloc(device.0) })?);
        // SAFETY: just allocated, not yet in use: its data is an `AVHWFramesContext`.
        unsafe {
            let frames = (*surfaces.0).data.cast::<AVHWFramesContext>();
            (*frames).format = ffi::AVPixelFormat::AV_PIX_FMT_VAAPI;
            super::fields::set(&raw mut (*frames).sw_format, format.0);
            ((*frames).width, (*frames).height) = (size.width as i32, size.height as i32);
            (*frames).initial_pool_size = POOL;
        }
        // SAFETY: filled in above.
        check(unsafe { ffi::av_hwframe_ctx_init(surfaces.0) })?;
        Ok(surfaces)
    }

    /// Tells an encoder, which is not open yet, that its frames are these.
    ///
    /// # Safety
    /// `context` is live.
    pub(super) unsafe fn attach(&self, context: *mut AVCodecContext) -> Result<(), AvError> {
        // SAFETY: by the contract; the encoder gets a reference of its own.
        unsafe {
            (*context).pix_fmt = ffi::AVPixelFormat::AV_PIX_FMT_VAAPI;
            (*context).hw_frames_ctx = allocated(ffi::av_buffer_ref(self.0))?;
        }
        Ok(())
    }

    /// `frame` as one of the device's, with its time and tags.
    ///
    /// # Errors
    /// The device has no memory left.
    pub(super) fn upload(&self, frame: &AvFrame) -> Result<AvFrame, AvError> {
        let mut surface = AvFrame::new()?;
        // SAFETY: live surfaces, an empty frame that is ours alone, and one with pixels.
        unsafe {
            check(ffi::av_hwframe_get_buffer(self.0, surface.raw_mut(), 0))?;
            check(ffi::av_hwframe_transfer_data(surface.raw_mut(), frame.raw(), 0))?;
            check(ffi::av_frame_copy_props(surface.raw_mut(), frame.raw()))?;
        }
        Ok(surface)
    }
}
