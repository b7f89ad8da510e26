//! Sound that a container cannot hold: decoded, and encoded as what it can. Runs on the sink thread, a packet at a time.
//!
//! * Time is counted in samples of the output. Each frame's place follows from those before it, as long as its own time does
//!   not say otherwise: see [`place`]. Gaps become silence, of overlaps the earlier one is kept.
//! * The cut is exact to a sample at both ends. What an encoder is late by stands in its packets' times; the last packet says
//!   how much of it counts, where the container can.
//! * Where a container has no times for sound, there is silence from the film's beginning to its own.

mod choice;
mod convert;
mod encode;
mod layout;
mod place;
mod queue;

pub use encode::SoundEncoder;

use super::container::{Container, SoundClock};
use super::copy::{Cut, Moment};
use super::decode::{Decoded, Decoder};
use super::demux::StreamRef;
use super::mux::Muxer;
use super::packet::Packet;
use super::picture::AvFrame;
use super::{AvError, fields};
use crate::frame::Rational;
use convert::Converter;
use ffmpeg_next::ffi;
use layout::{Layout, Shape, sample_format};
use place::{Step, Timeline};
use queue::Queue;

/// Seconds of sound that are decoded before a cut, so that the decoder knows what was before it.
pub(super) const RUN_UP: i64 = 1;
const SECOND: Rational = Rational::new(1, 1);

/// Why a stream of sound cannot be encoded anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// This FFmpeg has no decoder, or it does not take the stream.
    #[error("this FFmpeg cannot decode it")]
    Decoder,
    /// There is no encoder for the container, or none that opens for such sound.
    #[error("this FFmpeg has no encoder of sound for them")]
    Encoder,
    /// Its channels cannot be turned into those of any encoder.
    #[error("its channels or its rate are unknown")]
    Channels,
}

/// What keeps sound from going on.
#[derive(Debug)]
pub enum SoundError {
    /// Encoder or filters fail.
    Codec(AvError),
    /// The output takes nothing more.
    Write(AvError),
}

/// A stream of sound that is encoded anew.
pub struct Sound {
    decoder: Decoder,
    converter: Option<Converter>,
    timeline: Timeline,
    queue: Queue,
    encoder: SoundEncoder,
    packet: Packet,
    cut: Cut,
    clock: SoundClock,
    /// Sample of the output that the next converted one is.
    position: i64,
    /// A sample has gone into the queue.
    begun: bool,
    /// First sample of the output, and the one after the last.
    window: (i64, Option<i64>),
    /// What came before the next frame could not be decoded.
    lost: bool,
    ended: bool,
}

impl Sound {
    /// For `stream`, as `container` takes it beside what `plan` has already; `cut` is the part of the film.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn open(stream: StreamRef<'_>, container: Container, plan: &Muxer, cut: Cut) -> Result<Self, Unfit> {
        let decoder = Decoder::open(stream, 1).map_err(|_| Unfit::Decoder)?;
        let source = source(stream).ok_or(Unfit::Channels)?;
        let deep = is_deep(stream);
        let fits = |encoder: &SoundEncoder| plan.would_take_sound(encoder);
        let encoder = SoundEncoder::find(container, &source, deep, fits).ok_or(Unfit::Encoder)?;
        // Built once to see whether it can be.
        Converter::new(source, encoder.shape()).map_err(|_| Unfit::Channels)?;
        let sample = encoder.unit();
        let end = stream.end_of_file();
        let timeline = Timeline::new(stream.time_base(), sample.den, cut.shift_in(sample), end);
        let (queue, packet) =
            Queue::new(encoder.shape()).and_then(|q| Ok((q, Packet::new()?))).map_err(|_| Unfit::Encoder)?;
        let mut sound = Self {
            decoder,
            converter: None,
            timeline,
            queue,
            encoder,
            packet,
            cut,
            clock: container.sound_clock(),
            position: 0,
            begun: false,
            window: (0, None),
            lost: false,
            ended: false,
        };
        sound.film_begins((0, cut.unit), 0);
        Ok(sound)
    }

    /// What it becomes.
    #[must_use]
    pub fn encoder(&self) -> &SoundEncoder {
        &self.encoder
    }

    /// Nothing that comes is part of it any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Tells when the film's first picture is shown, which is so many of its ticks later than its time, as is the sound. What
    /// sounds before it, and before zero, is left out. Before the first packet.
    pub fn film_begins(&mut self, (pts, unit): Moment, delay: i64) {
        let sample = self.encoder.unit();
        let delay = unit.rescale(delay, sample);
        self.timeline.delay(delay);
        let first = match self.clock {
            // What the encoder puts before its sound takes the place of as much of it.
            SoundClock::Zero => self.encoder.delay(),
            SoundClock::Own => unit.rescale(pts, sample).min(0),
        };
        let place = |at: i64| self.cut.unit.rescale(at - self.cut.shift, sample) + delay;
        let start = self.cut.start.map_or(first, |start| place(start).max(first));
        self.window = (start, self.cut.end.map(place));
    }

    /// Ends it at this time of the output, too.
    pub fn limit(&mut self, (at, unit): Moment) {
        let at = unit.rescale(at, self.encoder.unit());
        self.window.1 = Some(self.window.1.map_or(at, |last| last.min(at)));
    }

    /// Whether what lies at `at` (in `unit`, a time of the input) is too early to matter.
    #[must_use]
    pub fn is_too_early(&self, at: i64, unit: Rational) -> bool {
        self.cut.start.is_some_and(|start| {
            let run_up = start.saturating_sub(SECOND.rescale(RUN_UP, self.cut.unit));
            unit.compare(at, self.cut.unit, run_up) == std::cmp::Ordering::Less
        })
    }

    /// Takes a packet of the stream; `write` gets those of the output, whose times are in [`SoundEncoder::unit`]. A packet
    /// that cannot be decoded is silence, or what its neighbours make of it.
    ///
    /// # Errors
    /// What `write` answers, or the encoder's.
    pub fn push(
        &mut self,
        packet: &Packet,
        write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>,
    ) -> Result<(), SoundError> {
        self.lost |= packet.damaged() || self.decoder.send(Some(packet)).is_err();
        self.decode(write)
    }

    /// The next packet of the stream belongs to `at` (a time of the input, in its ticks), and the film is at `film`: where
    /// there is nothing in between, it is silent.
    ///
    /// # Errors
    /// As [`Sound::push`].
    pub fn wait(
        &mut self,
        at: i64,
        (film, unit): Moment,
        write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>,
    ) -> Result<(), SoundError> {
        let sample = self.encoder.unit();
        // What the decoder may still have ends long before.
        let margin = SECOND.rescale(RUN_UP, sample);
        let (next, film) = (self.timeline.sample_at(at).saturating_sub(margin), unit.rescale(film, sample));
        let here = if self.begun { self.position.max(self.window.0) } else { self.window.0 };
        if next.min(film) <= here || !self.begun && self.clock == SoundClock::Own || !self.timeline.believes(at) {
            return Ok(());
        }
        self.flush(write)?;
        self.timeline.interrupt();
        self.fill(next.min(film), write)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`Sound::push`].
    pub fn end(&mut self, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(());
        }
        // A decoder that fails at the end has nothing more to give.
        let _ = self.decoder.send(None);
        self.decode(write)?;
        self.flush(write)?;
        let rest = self.queue.len();
        if rest > 0 {
            self.encode(rest, write)?;
        }
        self.encoder.send(None).map_err(SoundError::Codec)?;
        self.receive(write)
    }

    /// Takes what the decoder has ready.
    fn decode(&mut self, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        loop {
            match self.decoder.receive() {
                Ok(Decoded::Frame(frame)) => self.take(frame, write)?,
                Ok(Decoded::Hungry | Decoded::End) => return Ok(()),
                Err(AvError::Other { errno: super::ENOMEM }) => {
                    return Err(SoundError::Codec(AvError::Other { errno: super::ENOMEM }));
                }
                Err(_) => {
                    self.lost = true;
                    return Ok(());
                }
            }
        }
    }

    fn take(
        &mut self,
        mut frame: AvFrame,
        write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>,
    ) -> Result<(), SoundError> {
        let Ok(shape) = Shape::of_frame(&mut frame) else {
            self.lost = true;
            return Ok(());
        };
        // SAFETY: a plain field of a live frame.
        let count = unsafe { (*frame.raw()).nb_samples };
        let next = self.begun.then_some(self.position);
        let step = self.timeline.place(frame.timestamp(), (count, shape.rate), self.lost, next);
        self.lost = false;
        match step {
            Step::To(at) => {
                self.flush(write)?;
                self.position = at;
            }
            Step::Slip(by) => self.position += by,
            Step::On => {}
        }
        if self.converter.as_ref().is_some_and(|converter| !converter.fits(&shape)) {
            self.flush(write)?;
        }
        let converter = match &mut self.converter {
            Some(converter) => converter,
            None => {
                let new = Converter::new(shape, self.encoder.shape()).map_err(SoundError::Codec)?;
                self.converter.insert(new)
            }
        };
        converter.send(Some(frame)).map_err(SoundError::Codec)?;
        self.drain(write)
    }

    /// Takes what is converted.
    fn drain(&mut self, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        while let Some(converter) = &mut self.converter {
            let Some(frame) = converter.receive().map_err(SoundError::Codec)? else { break };
            self.put(&frame, write)?;
        }
        Ok(())
    }

    /// Takes what the converter has held back, and gives it up.
    fn flush(&mut self, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        let Some(converter) = &mut self.converter else { return Ok(()) };
        converter.send(None).map_err(SoundError::Codec)?;
        self.drain(write)?;
        self.converter = None;
        Ok(())
    }

    /// Puts converted samples where they belong.
    fn put(
        &mut self,
        frame: &AvFrame,
        write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>,
    ) -> Result<(), SoundError> {
        // SAFETY: a plain field of a live frame.
        let count = i64::from(unsafe { (*frame.raw()).nb_samples });
        let (from, to) = (self.position, self.position + count);
        self.position = to;
        let end = if self.begun { self.queue.end() } else { i64::MIN };
        let first = from.max(self.window.0).max(end);
        let last = self.window.1.map_or(to, |last| last.min(to));
        if first >= last {
            return Ok(());
        }
        if self.begun && first == end + 1 {
            // Slipped by a sample: one of silence would be heard.
            self.push_samples(frame, first - from, 1)?;
        } else {
            self.fill(first, write)?;
        }
        self.push_samples(frame, first - from, last - first)?;
        self.pass_on(write)
    }

    fn push_samples(&mut self, frame: &AvFrame, first: i64, count: i64) -> Result<(), SoundError> {
        let (first, count) = (usize::try_from(first).unwrap_or(0), i32::try_from(count).unwrap_or(0));
        self.queue.push(frame, first, count, self.encoder.shape()).map_err(SoundError::Codec)
    }

    /// Silence up to the output's sample `to`; at the very beginning only where sound must begin with the film.
    fn fill(&mut self, to: i64, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        if !self.begun {
            let first = if self.clock == SoundClock::Own { to } else { self.window.0 };
            self.queue.begin(first);
            self.begun = true;
        }
        let to = self.window.1.map_or(to, |last| last.min(to));
        while self.queue.end() < to {
            let left = to - self.queue.end();
            self.queue.push_silence(left).map_err(SoundError::Codec)?;
            self.pass_on(write)?;
        }
        self.position = self.position.max(to);
        Ok(())
    }

    /// Encodes full frames.
    fn pass_on(&mut self, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        let size = self.encoder.frame_size();
        while self.queue.len() >= size {
            self.encode(size, write)?;
        }
        Ok(())
    }

    fn encode(
        &mut self,
        count: i32,
        write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>,
    ) -> Result<(), SoundError> {
        let frame = self.queue.pop(count, self.encoder.shape()).map_err(SoundError::Codec)?;
        self.encoder.send(Some(&frame)).map_err(SoundError::Codec)?;
        self.receive(write)
    }

    fn receive(&mut self, write: &mut dyn FnMut(&mut Packet) -> Result<(), AvError>) -> Result<(), SoundError> {
        while self.encoder.receive(&mut self.packet).map_err(SoundError::Codec)? {
            write(&mut self.packet).map_err(SoundError::Write)?;
        }
        Ok(())
    }
}

/// What the container says of the stream's samples; nothing where their rate or number of channels is missing.
fn source(stream: StreamRef<'_>) -> Option<Shape> {
    // SAFETY: a live stream has codec parameters with a valid layout.
    unsafe {
        let parameters = (*stream.raw()).codecpar;
        let layout = Layout::of(&raw const (*parameters).ch_layout).ok()?;
        let format = sample_format((*parameters).format).unwrap_or(ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP);
        let rate = (*parameters).sample_rate;
        (rate > 0 && layout.channels() > 0).then_some(Shape { rate, format, layout })
    }
}

/// Sound of more than 16 bits, without loss.
fn is_deep(stream: StreamRef<'_>) -> bool {
    // SAFETY: a live stream has codec parameters; descriptors are static, or null for an unknown codec.
    unsafe {
        let parameters = (*stream.raw()).codecpar;
        let props = ffi::avcodec_descriptor_get((*parameters).codec_id).as_ref().map_or(0, |found| found.props);
        let [lossless, lossy] = [ffi::AV_CODEC_PROP_LOSSLESS, ffi::AV_CODEC_PROP_LOSSY].map(|p| props & p as i32 != 0);
        let told = (*parameters).bits_per_raw_sample.max((*parameters).bits_per_coded_sample);
        let bits = if told > 0 { told } else { bits_of(fields::get(&raw const (*parameters).format)) };
        lossless && !lossy && bits > 16
    }
}

fn bits_of(format: i32) -> i32 {
    // SAFETY: no preconditions.
    sample_format(format).map_or(0, |format| 8 * unsafe { ffi::av_get_bytes_per_sample(format) })
}
