//! Streams of sound that are encoded anew.

use super::{Muxer, copy_dictionary, forget_packets};
use crate::av::demux::StreamRef;
use crate::av::sound::SoundEncoder;
use crate::av::{AvError, check};
use ffmpeg_next::ffi;

impl Muxer {
    /// Adds the encoder's stream; with the metadata of `of`, the stream it is made from.
    ///
    /// # Errors
    /// Out of memory.
    pub fn add_sound(&mut self, encoder: &SoundEncoder, of: Option<StreamRef<'_>>) -> Result<(), AvError> {
        let stream = self.add()?;
        // SAFETY: an open encoder, a new stream and a stream that lives through the call.
        unsafe {
            check(ffi::avcodec_parameters_from_context((*stream).codecpar, encoder.raw()))?;
            (*stream).time_base = encoder.unit().into();
            if let Some(of) = of {
                (*stream).disposition = (*of.raw()).disposition;
                copy_dictionary(&raw mut (*stream).metadata, (*of.raw()).metadata)?;
                forget_packets(&raw mut (*stream).metadata);
            }
        }
        Ok(())
    }

    /// Whether a file with the streams so far and this one could be begun: see [`Muxer::would_take`].
    #[must_use]
    pub fn would_take_sound(&self, encoder: &SoundEncoder) -> bool {
        self.trial(|trial| trial.add_sound(encoder, None)).is_ok()
    }
}
