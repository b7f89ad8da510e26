//! What was typed of a film, checked: how its input is opened and its output written.

use super::{engine, quantity};
use crate::av::pipe::is_pipe;
use crate::cli;
use crate::config::Settings;
use crate::error::Result;
use crate::frame::{Rational, StreamInfo};
use crate::pipeline::Stop;
use crate::post::Comparison;
use crate::sink::SinkOptions;
use crate::source::{self, DamageReport, Deinterlace, HighRange, OpenOptions, Retime};
use crate::stage::{CutShort, FrameSource};
use std::path::Path;
use std::time::Duration;

/// How films are drawn.
pub struct Job<'a> {
    film: &'a cli::Film,
    overwrite: bool,
    part: OpenOptions,
    rate: Option<Rational>,
    /// Style and what changes it.
    pub settings: Settings,
    /// Whether the photos are to be seen in the output, too.
    pub comparison: Option<Comparison>,
    /// Ends the film that is being drawn.
    pub stop: Stop,
}

/// An open input, and how its output is to be written.
pub struct Input {
    /// Its frames.
    pub source: Box<dyn FrameSource>,
    /// What is known of them.
    pub info: StreamInfo,
    /// What is known of the output's frames: as `info`, but for the size where originals stand beside drawings.
    pub page: StreamInfo,
    /// For the output.
    pub options: SinkOptions,
    /// Whether it can be worked in segments: a film or numbered pictures, no picture and no pipe.
    pub divisible: bool,
    /// What could not be read, so far.
    pub damage: DamageReport,
}

impl<'a> Job<'a> {
    /// Checks what was typed.
    ///
    /// # Errors
    /// An unknown style or setting, a quantity that is none.
    pub fn new(film: &'a cli::Film, overwrite: bool) -> Result<Self> {
        let mut settings = engine::settings(&film.look)?;
        if film.drawing_only {
            settings.without_effects();
        }
        if film.show_motion {
            settings.show_motion();
        }
        let rate = film.fps.as_deref().map(|r| quantity::rate("fps", r)).transpose()?;
        let part = OpenOptions {
            picture_rate: rate,
            start: film.start.as_deref().map(|t| quantity::time("start", t)).transpose()?,
            length: film.length.as_deref().map(|t| quantity::time("length", t)).transpose()?,
            high_range: match film.hdr {
                cli::HighRange::Sdr => HighRange::ToneMap,
                cli::HighRange::Keep => HighRange::Keep,
            },
            deinterlace: match film.deinterlace {
                cli::Deinterlace::Auto => Deinterlace::Auto,
                cli::Deinterlace::Frame => Deinterlace::Frame,
                cli::Deinterlace::Field => Deinterlace::Field,
                cli::Deinterlace::Off => Deinterlace::Off,
            },
            ..OpenOptions::default()
        };
        let comparison = match film.split {
            Some(at) => Some(Comparison::Split(at)),
            None => film.side_by_side.then_some(Comparison::SideBySide),
        };
        Ok(Self { film, overwrite, part, rate, settings, comparison, stop: Stop::default() })
    }

    /// Opens `input`.
    ///
    /// # Errors
    /// [`Error::Open`](crate::error::Error::Open).
    pub fn open(&self, input: &Path) -> Result<Input> {
        self.open_as(input, &self.part)
    }

    /// Opens about so many `frames` of a film from number `first` on; all of what is no film or tells no rate.
    ///
    /// # Errors
    /// As [`Job::open`].
    pub fn open_part(&self, input: &Path, first: u64, frames: u64) -> Result<Input> {
        let whole = self.open(input)?;
        let Some(rate) = whole.info.frame_rate.filter(|_| whole.options.cut.is_some()) else { return Ok(whole) };
        let time = |frames: u64| Duration::from_secs_f64(frames as f64 / rate.as_f64());
        let start = self.part.start.unwrap_or_default() + time(first);
        self.open_as(input, &OpenOptions { start: Some(start), length: Some(time(frames)), ..self.part.clone() })
    }

    fn open_as(&self, input: &Path, part: &OpenOptions) -> Result<Input> {
        let opened = source::open(input, part)?;
        let source: Box<dyn FrameSource> = match self.rate {
            // Pictures are read at that rate.
            Some(rate) if opened.first_number.is_none() => Box::new(Retime::new(opened.source, rate)?),
            _ => opened.source,
        };
        let options = SinkOptions {
            overwrite: self.overwrite,
            format: self.film.format.clone(),
            encoder: self.film.encoder.clone(),
            hardware: self.film.hardware,
            quality: self.film.quality,
            encoder_options: self.film.encoder_option.clone(),
            input: (!is_pipe(input)).then(|| input.to_owned()),
            copy_from: opened.cut.is_some().then(|| input.to_owned()),
            cut: opened.cut,
            first_number: opened.first_number.unwrap_or(1),
            cut_short: CutShort::by(self.stop.flag()),
        };
        let divisible = (opened.cut.is_some() || opened.first_number.is_some()) && !is_pipe(input);
        let info = source.info().clone();
        let size = self.comparison.map_or(info.size, |comparison| comparison.page(info.size, info.format));
        // Two pictures in one have nothing behind them.
        let page = StreamInfo { size, alpha: info.alpha && self.comparison.is_none(), ..info.clone() };
        Ok(Input { source, info, page, options, divisible, damage: opened.damage })
    }
}
