//! The network and the shader thread.

use super::capture::Shot;
use super::shared::{Kind, Shared};
use super::studio::{Made, Post, Stylizer, Tuned};
use crate::av::scale::Converter;
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Drawing, Drawn, Frame, PixelFormat, Rational, Stamp, StreamInfo};
use crate::pipeline::{Receiver, Sender};
use std::cell::Cell;
use std::sync::Arc;

/// What the network hands to the shaders.
pub(super) enum Half {
    /// To be drawn.
    Drawn(Frame<Drawn>, Arc<StreamInfo>),
    /// To be shown as it is.
    Photo(Frame<CpuImage>, Arc<StreamInfo>),
}

/// A finished picture of a frame.
pub(super) struct Done {
    pub stamp: Stamp,
    pub kind: Kind,
    pub photo: CpuImage,
    /// 4:2:0, BT.709.
    pub picture: CpuImage,
    /// Of a pixel, width to height.
    pub aspect: Rational,
    pub frame_rate: Option<Rational>,
}

/// The network thread: works until the link before it closes.
pub(super) fn network(
    shared: &Shared,
    tuned: &mut Tuned<Stylizer>,
    input: &Receiver<Shot>,
    out: &Sender<Half>,
) -> Result<()> {
    while let Some(Shot { frame, info }) = input.recv() {
        if shared.view().bypass {
            if out.send(Half::Photo(frame, info)).is_err() {
                break;
            }
            continue;
        }
        let stage = tuned.stage(shared, &info, |made| introduce(shared, 0, made))?;
        let mut next = stage.push(frame)?;
        while let Some(frame) = next.take().map_or_else(|| stage.more(), |frame| Ok(Some(frame)))? {
            if out.send(Half::Drawn(frame, Arc::clone(&info))).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The shader thread: likewise.
pub(super) fn shaders(
    shared: &Shared,
    tuned: &mut Tuned<Post>,
    input: &Receiver<Half>,
    out: &Sender<Done>,
) -> Result<()> {
    let mut converter = Converter::default();
    let mut last: Option<(Drawing, Arc<StreamInfo>)> = None;
    let fresh = Cell::new(true);
    while let Some(half) = input.recv() {
        let done = match half {
            Half::Photo(frame, info) => {
                let photo = frame.image;
                let picture = converter
                    .convert(photo.clone(), photo.size, PixelFormat::I420, ColorInfo::BT709)
                    .map_err(|e| Error::Encoder { encoder: "libswscale".into(), source: e.into() })?;
                Some(done(frame.stamp, Kind::Photo, photo, picture, &info))
            }
            Half::Drawn(mut frame, info) => {
                let photo = frame.image.photo.clone();
                let stage = tuned.stage(shared, &info, |made| {
                    introduce(shared, 1, made);
                    fresh.set(true);
                })?;
                // A picture that is to be shown again is unknown to shaders that are new.
                match &frame.image.drawing {
                    Some(drawing) => last = Some((drawing.clone(), Arc::clone(&info))),
                    None if fresh.get() => match &last {
                        Some((drawing, of)) if Arc::ptr_eq(of, &info) => frame.image.drawing = Some(drawing.clone()),
                        _ => continue,
                    },
                    None => {}
                }
                fresh.set(false);
                let mut newest = stage.push(frame)?;
                while let Some(frame) = stage.more()? {
                    newest = Some(frame);
                }
                // A picture that is held back is late.
                while let Some(frame) = stage.drain()? {
                    newest = Some(frame);
                }
                newest.map(|frame| done(frame.stamp, Kind::Drawing, photo, frame.image, &info))
            }
        };
        if let Some(done) = done
            && out.send(done).is_err()
        {
            break;
        }
    }
    Ok(())
}

fn done(stamp: Stamp, kind: Kind, photo: CpuImage, picture: CpuImage, info: &StreamInfo) -> Done {
    Done { stamp, kind, photo, picture, aspect: info.sample_aspect, frame_rate: info.frame_rate }
}

/// Says what a stage computes on, where that is news.
fn introduce<S>(shared: &Shared, place: usize, made: &Made<S>) {
    let known = shared.runs_on.lock()[place].replace(made.runs_on.clone());
    if known.as_ref() != Some(&made.runs_on) {
        made.warnings.iter().for_each(|warning| shared.note(warning));
    }
}
