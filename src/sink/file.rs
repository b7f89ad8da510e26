//! A video file: frames are encoded, everything else of the input is copied beside them. Runs on the sink thread; the
//! encoder adds its own threads.
//!
//! Timestamps go through untouched: the encoder counts in the source's ticks, and the container is asked to; where they
//! cannot, pictures have the nearest places (see [`steady`](super::steady)).

use super::back::{self, Back};
use super::front::Front;
use super::part::Part;
use super::{Output, SinkOptions};
use crate::av::packet::Packet;
use crate::error::{Error, Result};
use crate::frame::{CpuImage, Frame, Rational, StreamInfo};
use crate::stage::{CutShort, FrameSink};
use std::path::Path;

/// Writes a video file.
pub struct FileSink {
    front: Front,
    back: Back,
    packet: Packet,
    /// End of the last frame, in the film's ticks.
    end: i64,
    /// The film's ticks.
    unit: Rational,
    cut_short: CutShort,
    notes: Vec<String>,
}

impl FileSink {
    /// Opens encoder and container and writes the file's head.
    ///
    /// # Errors
    /// See [`super::create`].
    pub fn create(path: &Path, info: &StreamInfo, options: &SinkOptions) -> Result<Self> {
        let container = back::container(path, options.format.as_deref())?;
        let part = Part::create(path, options.overwrite, options.read_from())?;
        let front = Front::open(container, info, options)?;
        let mut notes = front.notes();
        let back = Back::create((path, part), info, options, &front, &mut notes)?;
        let packet = Packet::new().map_err(|e| Error::create(path, e))?;
        Ok(Self { front, back, packet, end: 0, unit: info.time_base, cut_short: options.cut_short.clone(), notes })
    }

    /// The sink with what it wants.
    #[must_use]
    pub fn into_output(self) -> Output {
        let (format, color) = self.front.wanted();
        let (size, encoder) = (self.front.encoder().size(), self.front.encoder().name());
        Output { format, color, size, encoder, notes: self.notes.clone(), sink: Box::new(self) }
    }

    /// Writes the packets that the encoder has ready.
    fn pass_on(&mut self) -> Result<()> {
        while self.front.receive(&mut self.packet)? {
            self.back.write(&mut self.packet)?;
        }
        Ok(())
    }
}

impl FrameSink for FileSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        let stamp = frame.stamp;
        self.back.shows(stamp.pts);
        self.front.send(frame)?;
        self.end = stamp.pts + stamp.duration;
        self.pass_on()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.front.end(None)?;
        self.pass_on()?;
        let rest = self.cut_short.is().then_some((self.end, self.unit));
        self.back.finish(rest)
    }
}
