//! FFmpeg's frames as [`CpuImage`]s without copying a pixel, and [`CpuImage`]s as FFmpeg's frames.

use super::color::Tags;
use super::palette::{Quantizer, TRANSPARENT};
use super::pixel::AvFormat;
use super::{AvError, allocated, alpha, check, fields, light};
use crate::frame::{ColorInfo, CpuImage, Light, PixelFormat, Planes, Rational, Size};
use ffmpeg_next::ffi::{self, AVFrame};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// A reference-counted frame of FFmpeg's.
pub struct AvFrame(*mut AVFrame);

// SAFETY: the frame owns its references; FFmpeg's buffers are reference-counted atomically and belong to no thread.
unsafe impl Send for AvFrame {}
// SAFETY: a shared `AvFrame` is only read; every function that writes takes `&mut self`.
unsafe impl Sync for AvFrame {}

impl Drop for AvFrame {
    fn drop(&mut self) {
        // SAFETY: allocated by `av_frame_alloc` in `new`, freed here alone.
        unsafe { ffi::av_frame_free(&mut self.0) }
    }
}

impl AvFrame {
    /// An empty frame.
    ///
    /// # Errors
    /// Out of memory.
    pub fn new() -> Result<Self, AvError> {
        // SAFETY: no preconditions.
        allocated(unsafe { ffi::av_frame_alloc() }).map(Self)
    }

    /// A frame with memory for a picture, aligned as FFmpeg's codecs like it. The pixels are unset.
    ///
    /// # Errors
    /// Out of memory, or a size that FFmpeg does not take.
    pub fn with_buffer(size: Size, format: AvFormat) -> Result<Self, AvError> {
        let frame = Self::new()?;
        // SAFETY: a fresh frame, to which size and format are given before its memory is asked for.
        unsafe {
            (*frame.0).width = size.width as i32;
            (*frame.0).height = size.height as i32;
            (*frame.0).format = format.0;
            check(ffi::av_frame_get_buffer(frame.0, 0))?;
        }
        Ok(frame)
    }

    pub(crate) fn raw(&self) -> *const AVFrame {
        self.0
    }

    pub(crate) fn raw_mut(&mut self) -> *mut AVFrame {
        self.0
    }

    /// Makes sure that nobody else (an encoder's look-ahead) reads the pixels that are about to be written: takes new
    /// memory if somebody does.
    ///
    /// # Errors
    /// Out of memory.
    pub fn make_writable(&mut self) -> Result<(), AvError> {
        // SAFETY: a frame with buffers, exclusively borrowed.
        check(unsafe { ffi::av_frame_make_writable(self.0) }).map(drop)
    }

    /// Pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        // SAFETY: plain fields of a live frame.
        unsafe { Size::new((*self.0).width.max(0) as u32, (*self.0).height.max(0) as u32) }
    }

    /// Pixel format.
    #[must_use]
    pub fn format(&self) -> AvFormat {
        // SAFETY: as `size`.
        AvFormat(unsafe { (*self.0).format })
    }

    /// Width to height of a pixel, where the frame says.
    #[must_use]
    pub fn sample_aspect(&self) -> Option<Rational> {
        // SAFETY: as `size`.
        super::meaningful(unsafe { (*self.0).sample_aspect_ratio })
    }

    /// Presentation time in the stream's ticks, FFmpeg's best estimate.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        // SAFETY: as `size`.
        let pts = unsafe { (*self.0).best_effort_timestamp };
        (pts != super::NO_PTS).then_some(pts)
    }

    /// How long it is shown in the stream's ticks, where its packet said.
    #[must_use]
    pub fn duration(&self) -> Option<i64> {
        // The field's name depends on FFmpeg's version; this wrapper knows which. It must not free what it wraps.
        // SAFETY: a live frame that outlives the wrapper.
        let frame = ManuallyDrop::new(unsafe { ffmpeg_next::Frame::wrap(self.0) });
        let duration = frame.packet().duration;
        (duration > 0).then_some(duration)
    }

    /// Sets presentation time, in the encoder's ticks.
    pub fn set_pts(&mut self, pts: i64) {
        // SAFETY: exclusively borrowed.
        unsafe { (*self.0).pts = pts }
    }

    /// Its two fields were taken one after the other, as far as the stream says.
    #[must_use]
    pub fn is_interlaced(&self) -> bool {
        // Where the flag lies depends on FFmpeg's version; this wrapper knows. It must not free what it wraps.
        // SAFETY: a live frame that outlives the wrapper.
        ManuallyDrop::new(unsafe { ffmpeg_next::frame::Video::wrap(self.0) }).is_interlaced()
    }

    /// How many fields longer than a frame it is shown.
    #[must_use]
    pub fn repeat(&self) -> i32 {
        // SAFETY: as `size`.
        unsafe { (*self.0).repeat_pict }
    }

    /// The decoder met errors in it, or had to make parts of it up.
    #[must_use]
    pub fn damaged(&self) -> bool {
        // SAFETY: as `size`.
        unsafe { (*self.0).decode_error_flags != 0 || (*self.0).flags & ffi::AV_FRAME_FLAG_CORRUPT as i32 != 0 }
    }

    /// What the frame says of the film's light.
    #[must_use]
    pub fn light(&self) -> Light {
        let screen = self.side_data(ffi::AVFrameSideDataType::AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
        light::parse(screen, self.side_data(ffi::AVFrameSideDataType::AV_FRAME_DATA_CONTENT_LIGHT_LEVEL))
    }

    fn side_data(&self, kind: ffi::AVFrameSideDataType) -> Option<&[u8]> {
        // SAFETY: a live frame; what is found lives as long as the frame does and is as long as it says.
        unsafe {
            let found = ffi::av_frame_get_side_data(self.0, kind).as_ref()?;
            (!found.data.is_null()).then(|| std::slice::from_raw_parts(found.data, found.size as usize))
        }
    }

    /// Colour tags.
    #[must_use]
    pub fn tags(&self) -> Tags {
        // SAFETY: enum fields of a live frame, read as numbers.
        unsafe {
            Tags {
                matrix: fields::get(&raw const (*self.0).colorspace),
                range: fields::get(&raw const (*self.0).color_range),
                primaries: fields::get(&raw const (*self.0).color_primaries),
                transfer: fields::get(&raw const (*self.0).color_trc),
                siting: fields::get(&raw const (*self.0).chroma_location),
            }
        }
    }

    /// Writes colour tags.
    pub fn set_tags(&mut self, tags: Tags) {
        // SAFETY: exclusively borrowed; the numbers are H.273 code points or FFmpeg's own small ones.
        unsafe {
            fields::set(&raw mut (*self.0).colorspace, tags.matrix);
            fields::set(&raw mut (*self.0).color_range, tags.range);
            fields::set(&raw mut (*self.0).color_primaries, tags.primaries);
            fields::set(&raw mut (*self.0).color_trc, tags.transfer);
            fields::set(&raw mut (*self.0).chroma_location, tags.siting);
        }
    }

    /// The frame's planes are those of `format`: what keeps the slices below inside FFmpeg's memory.
    fn holds(&self, format: PixelFormat) -> bool {
        self.format().reading().is_some_and(|reading| reading.direct && reading.format == format)
    }

    /// Plane `plane` as `(bytes, stride)` for a picture in `format`; `None` where rows run upwards or the frame is too
    /// small for its size.
    fn plane_of(&self, plane: usize, format: PixelFormat, size: Size) -> Option<(&[u8], usize)> {
        let (columns, rows, bytes) = format.plane_layout(plane, size);
        let (data, stride, length) = self.span(plane, columns as usize * bytes, rows)?;
        // SAFETY: FFmpeg lays out `rows` rows `stride` bytes apart, each at least `row` bytes, in memory that lives as
        // long as the frame and that nobody writes to while the frame holds a reference (decoders write only frames
        // of their own; an encoder's frame is made writable first).
        Some((unsafe { std::slice::from_raw_parts(data, length) }, stride))
    }

    /// The frame as a picture in `format`, whose planes it must hold already (see [`AvFormat::reading`]). Nothing is
    /// copied.
    ///
    /// # Errors
    /// The frame itself, where its planes are others or rows run upwards: such a frame must be converted.
    pub fn into_image(self, format: PixelFormat, color: ColorInfo) -> Result<CpuImage, Self> {
        let size = self.size();
        let mut strides = [0; 3];
        for (plane, stride) in strides.iter_mut().enumerate().take(format.plane_count()) {
            match self.plane_of(plane, format, size) {
                Some((_, bytes)) if self.holds(format) => *stride = bytes,
                _ => return Err(self),
            }
        }
        let alpha = if format == PixelFormat::Rgba8 { None } else { self.alpha().map(Arc::new) };
        let planes = Arc::new(FramePlanes { frame: self, format });
        Ok(CpuImage { size, format, color, strides, planes, alpha })
    }

    /// How opaque each pixel is: see [`CpuImage::alpha`]; nothing where the format keeps no such thing.
    #[must_use]
    pub fn alpha(&self) -> Option<CpuImage> {
        alpha::read(self)
    }

    /// Makes it as opaque as `matte`, a grey picture, says, and all of it without; nothing where the format keeps no such
    /// thing.
    ///
    /// # Errors
    /// Out of memory.
    pub fn set_alpha(&mut self, matte: Option<&CpuImage>) -> Result<(), AvError> {
        alpha::write(self, matte)
    }

    /// The first `bytes` of each row of a plane that has as many rows as the picture.
    pub(super) fn rows(&self, plane: usize, bytes: usize) -> Option<impl Iterator<Item = &[u8]>> {
        let (data, stride, length) = self.span(plane, bytes, self.size().height)?;
        // SAFETY: as in `plane_of`.
        Some(unsafe { std::slice::from_raw_parts(data, length) }.chunks(stride).map(move |row| &row[..bytes]))
    }

    /// As [`AvFrame::rows`]; the frame must be writable.
    pub(super) fn rows_mut(&mut self, plane: usize, bytes: usize) -> Option<impl Iterator<Item = &mut [u8]>> {
        let (data, stride, length) = self.span(plane, bytes, self.size().height)?;
        // SAFETY: as in `plane_of`; exclusively borrowed.
        Some(
            unsafe { std::slice::from_raw_parts_mut(data, length) }
                .chunks_mut(stride)
                .map(move |row| &mut row[..bytes]),
        )
    }

    /// Where `rows` rows of `bytes` bytes of a plane lie, how far apart, and how many bytes they are in all.
    fn span(&self, plane: usize, bytes: usize, rows: u32) -> Option<(*mut u8, usize, usize)> {
        // SAFETY: arrays of a live frame, which are as long as they say.
        let (data, stride) = unsafe { (*(*self.0).data.get(plane)?, *(*self.0).linesize.get(plane)?) };
        let stride = usize::try_from(stride).ok().filter(|stride| *stride >= bytes && bytes > 0)?;
        let last = (rows as usize).checked_sub(1)?;
        (!data.is_null()).then_some((data, stride, stride * last + bytes))
    }

    /// Fills a frame of palette indices (`pal8`) with an RGBA picture of the same size.
    ///
    /// # Errors
    /// Out of memory, or a frame or a picture of another kind.
    pub fn fill_indexed(&mut self, image: &CpuImage, quantizer: &mut Quantizer) -> Result<(), AvError> {
        let size = self.size();
        let pal8 = AvFormat::by_name("pal8").is_some_and(|f| f == self.format());
        if !pal8 || image.format != PixelFormat::Rgba8 || image.size != size {
            return Err(AvError::InvalidData);
        }
        self.make_writable()?;
        quantizer.prepare((0..size.height).map(|y| image.row(0, y)));
        // SAFETY: arrays of a live frame.
        let (data, stride, palette) = unsafe { ((*self.0).data[0], (*self.0).linesize[0], (*self.0).data[1]) };
        let (width, rows) = (size.width as usize, size.height as usize);
        let stride = usize::try_from(stride).ok().filter(|s| *s >= width).ok_or(AvError::InvalidData)?;
        if data.is_null() || palette.is_null() || rows == 0 {
            return Err(AvError::InvalidData);
        }
        // SAFETY: `av_frame_get_buffer` laid out `rows` rows `stride` apart, and 256 colours; writable, see above.
        let (indices, entries) = unsafe {
            (
                std::slice::from_raw_parts_mut(data, stride * (rows - 1) + width),
                std::slice::from_raw_parts_mut(palette, 1024),
            )
        };
        for (y, row) in indices.chunks_mut(stride).enumerate() {
            quantizer.row(y, image.row(0, y as u32), &mut row[..width]);
        }
        for (index, entry) in entries.chunks_exact_mut(4).enumerate() {
            // Native-endian ARGB. The encoder takes the first one that is transparent for all that are, so that entries that
            // are left over must not be.
            let opaque = |[r, g, b]: [u8; 3]| u32::from_be_bytes([255, r, g, b]);
            let color = quantizer.colors().get(index).copied().unwrap_or_default();
            let color = if index == usize::from(TRANSPARENT) { 0 } else { opaque(color) };
            entry.copy_from_slice(&color.to_ne_bytes());
        }
        Ok(())
    }

    /// Copies `image` in, which has the frame's format. Where the frame is larger by a row or a column, the last ones
    /// are repeated.
    ///
    /// # Errors
    /// Out of memory.
    pub fn fill(&mut self, image: &CpuImage) -> Result<(), AvError> {
        if !self.holds(image.format) {
            return Err(AvError::InvalidData);
        }
        self.make_writable()?;
        let size = self.size();
        for plane in 0..image.format.plane_count() {
            let (columns, rows, bytes) = image.format.plane_layout(plane, image.size);
            let (wide, high, _) = image.format.plane_layout(plane, size);
            let row = wide as usize * bytes;
            let (data, stride, length) = self.span(plane, row, high).ok_or(AvError::InvalidData)?;
            if rows == 0 || columns == 0 || wide < columns {
                return Err(AvError::InvalidData);
            }
            // SAFETY: `av_frame_get_buffer` laid out `high` rows `stride` apart; writable since `make_writable`.
            let target = unsafe { std::slice::from_raw_parts_mut(data, length) };
            for (y, target) in target.chunks_mut(stride).enumerate() {
                let source = image.row(plane, (y as u32).min(rows - 1));
                let (kept, added) = target[..row].split_at_mut(source.len().min(row));
                kept.copy_from_slice(&source[..kept.len()]);
                for pixel in added.chunks_exact_mut(bytes) {
                    pixel.copy_from_slice(&source[source.len() - bytes..]);
                }
            }
        }
        Ok(())
    }
}

struct FramePlanes {
    frame: AvFrame,
    format: PixelFormat,
}

impl Planes for FramePlanes {
    fn plane(&self, plane: usize) -> &[u8] {
        self.frame.plane_of(plane, self.format, self.frame.size()).map_or(&[], |(bytes, _)| bytes)
    }
}
