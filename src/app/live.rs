//! `comicvid live`: a session from what was typed, told each second.

use super::interrupt::on_interrupt;
use super::progress::{self, Voice, line};
use super::screen::Screen;
use super::studio::Studio;
use super::virtual_camera;
use super::{engine, quantity};
use crate::cli;
use crate::error::{Error, Result};
use crate::frame::{Clock, Rational, Size};
use crate::live::{CameraState, Kind, Latency, NO_PICTURE, Output, Session, Setup, Status, View};
use crate::pipeline::Stop;
use crate::sink::{self, HttpSink, SinkOptions, http};
use crate::source::live::camera::{self, Camera, Nokhwa, Selector, Wish};
use crate::source::live::{LiveSource, Playback};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the command looks at its session.
const GLANCE: Duration = Duration::from_millis(50);
/// A report as JSON.
const SECOND: Duration = Duration::from_secs(1);
/// A report as text.
const LINES: Duration = Duration::from_secs(5);
/// What to do where there is no camera.
const NO_CAMERA: &str =
    "no camera is there, so a test pattern is drawn; plug one in and start again, or name one with --camera";

/// Runs until Ctrl-C, `--seconds` or a failure.
///
/// # Errors
/// What was asked for cannot be opened; the session fails; there is no recording.
pub fn run(args: &cli::Live, voice: Voice) -> Result<()> {
    let screen = (!args.no_window).then(|| Screen::open(&args.look)).transpose()?;
    let settings = screen.as_ref().map_or_else(|| engine::settings(&args.look), |screen| Ok(screen.settings()))?;
    let mirror = args.mirror || screen.as_ref().is_some_and(Screen::mirror);
    let size = args.size.as_deref().map(|s| quantity::size("size", s)).transpose()?;
    let rate = args.fps.as_deref().map(|r| quantity::rate("fps", r)).transpose()?;
    if let Some(path) = args.record.as_deref().filter(|p| p.exists() && !args.overwrite) {
        return Err(Error::Exists { path: path.into() });
    }
    let clock = Clock::start();
    let (source, hint) = source(args.camera.as_deref(), size, rate, clock)?;
    if let Some(hint) = hint {
        voice.warn(hint);
    }
    let mut outputs = Vec::new();
    if let Some(address) = &args.serve {
        outputs.push(serve(address, voice)?);
    }
    for target in &args.virtual_camera {
        let (output, name) = virtual_camera::output(target)?;
        voice.say(&format!("virtual camera: {name}"));
        if args.on_demand && output.audience.is_none() {
            voice.warn(&format!("{name} cannot tell whether anybody watches, so the camera stays open"));
        }
        outputs.push(output);
    }
    let session = Session::start(Setup {
        source,
        clock,
        studio: Arc::new(Studio::new(args.machine.clone())),
        settings,
        view: View { mirror, ..View::default() },
        outputs,
        canvas: size,
        on_demand: args.on_demand,
    })?;
    let stop = Stop::default();
    let _writing = on_interrupt(&stop).begin(args.record.as_deref().and_then(sink::part_name));
    let watched = match screen {
        None => watch(&session, args, voice, &stop, &|_| ()),
        Some(screen) => screen.show(&session, hint, &stop, |tell| watch(&session, args, voice, &stop, tell)),
    };
    let recording = session.stop_recording();
    // What ended the session is why there is no recording, not the other way round.
    let status = session.stop()?;
    watched?;
    if let Some(recording) = recording? {
        voice.say(&format!("{}: {} frames recorded", recording.path.display(), recording.frames));
    }
    match voice {
        Voice::Json => progress::object(&report("done", &status)),
        Voice::Bar | Voice::Lines | Voice::Quiet => line(&summary(&status)),
    }
    Ok(())
}

/// The camera, or what stands in for one and what to do about that.
fn source(
    camera: Option<&str>,
    size: Option<Size>,
    rate: Option<Rational>,
    clock: Clock,
) -> Result<(Box<dyn LiveSource>, Option<&'static str>)> {
    let usual = Wish::default();
    let wish = Wish { size: size.unwrap_or(usual.size), rate: rate.unwrap_or(usual.rate) };
    let pattern = || Ok(Box::new(Playback::pattern(wish.size, wish.rate, clock)?));
    let Some(camera) = camera else {
        let backend = camera::system();
        if backend.list().is_empty() {
            return Ok((pattern()?, Some(NO_CAMERA)));
        }
        return Ok((Box::new(Camera::new(backend, Selector::Any, wish, clock)), None));
    };
    let source: Box<dyn LiveSource> = match camera.split_once(':') {
        Some(("file", path)) => Box::new(Playback::file(Path::new(path), clock)?),
        Some(("nokhwa", name)) => Box::new(Camera::new(Box::new(Nokhwa), Selector::parse(name), wish, clock)),
        _ if camera == "test" => pattern()?,
        _ => Box::new(Camera::new(camera::system(), Selector::parse(camera), wish, clock)),
    };
    Ok((source, None))
}

fn serve(address: &str, voice: Voice) -> Result<Output> {
    let server = HttpSink::bind(http::parse_address(address)?)?;
    let at = server.address();
    voice.say(&format!("serving http://{at}/ (the stream itself: http://{at}/stream.mjpg)"));
    if !http::is_private(at) {
        voice.warn(&format!("everybody who can reach {at} can see the picture"));
    }
    let audience = Some(server.audience());
    Ok(Output { name: format!("http://{at}/"), audience, open: Box::new(move |_| Ok(Box::new(server))) })
}

/// Tells how it goes until it is over; what the user should know goes to `tell` too.
///
/// # Errors
/// [`Error::Recording`]: one was asked for and never began.
fn watch(session: &Session, args: &cli::Live, voice: Voice, stop: &Stop, tell: &dyn Fn(&str)) -> Result<()> {
    let start = Instant::now();
    let end = args.seconds.map(|s| start + Duration::from_secs_f64(s));
    let period = if voice == Voice::Json { SECOND } else { LINES };
    let mut next = start + period;
    let mut record = args.record.as_deref();
    let mut introduced = false;
    while !stop.requested() && !session.is_over() && end.is_none_or(|end| Instant::now() < end) {
        for note in session.take_notes() {
            voice.say(&note);
            tell(&note);
        }
        if let Some(path) = record
            && session.latest().is_some_and(|shown| shown.kind != Kind::Card)
        {
            let options = SinkOptions { overwrite: args.overwrite, ..SinkOptions::default() };
            // Refused until the outputs' size is known.
            if session.record(path, options).is_ok() {
                record = None;
            }
        }
        if let ([Some(network), Some(shaders)], false) = (session.status().runs_on, introduced) {
            voice.say(&format!("generator on {network}, shaders on {shaders}"));
            introduced = true;
        }
        if Instant::now() >= next {
            next += period;
            let status = session.status();
            match voice {
                Voice::Json => progress::object(&report("status", &status)),
                Voice::Bar | Voice::Lines | Voice::Quiet => line(&moment(&status)),
            }
        }
        std::thread::sleep(GLANCE);
    }
    match record {
        Some(path) => Err(Error::Recording { path: path.into(), reason: NO_PICTURE }),
        None => Ok(()),
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

fn latency(latency: Latency) -> Value {
    json!({ "median": milliseconds(latency.median), "p99": milliseconds(latency.p99) })
}

/// A line of JSON. Counts are since the beginning; `latency_ms` is that of the last two seconds, at the end that of all.
fn report(event: &str, status: &Status) -> Value {
    let camera = match &status.camera {
        CameraState::Starting => json!({ "state": "starting" }),
        CameraState::Running { name, mode } => json!({ "state": "running", "name": name, "mode": mode }),
        CameraState::Lost { reason } => json!({ "state": "lost", "reason": reason }),
        CameraState::Resting => json!({ "state": "resting" }),
    };
    let outputs: Vec<Value> = status
        .outputs
        .iter()
        .map(|o| {
            json!({
                "name": o.name, "delivered": o.delivered, "dropped": o.dropped, "latency_ms": latency(o.latency),
                "watchers": o.watchers, "failure": o.failure,
            })
        })
        .collect();
    let seconds = status.elapsed.as_secs_f64();
    let (fps, late) = match event {
        "done" => (status.drawn as f64 / seconds.max(1e-3), status.overall),
        _ => (status.fps, status.recent),
    };
    json!({
        "event": event, "seconds": (seconds * 100.0).round() / 100.0, "camera": camera, "captured": status.captured,
        "missed": status.missed, "drawn": status.drawn, "dropped": status.dropped, "fps": (fps * 10.0).round() / 10.0,
        "latency_ms": latency(late), "outputs": outputs, "recording": status.recording,
    })
}

fn moment(status: &Status) -> String {
    let camera = match &status.camera {
        CameraState::Starting => "opening the camera".into(),
        CameraState::Running { .. } => format!("{:.1} fps", status.fps),
        CameraState::Lost { reason } => format!("no camera: {reason}"),
        CameraState::Resting => "resting, nobody watches".into(),
    };
    let Latency { median, p99 } = status.recent;
    let watchers: usize = status.outputs.iter().filter_map(|o| o.watchers).sum();
    format!(
        "{camera}, {} drawn, {} dropped, {:.0} ms late (99%: {:.0} ms), {watchers} watching",
        status.drawn,
        status.dropped,
        milliseconds(median),
        milliseconds(p99)
    )
}

fn summary(status: &Status) -> String {
    let seconds = status.elapsed.as_secs_f64();
    let Latency { median, p99 } = status.overall;
    let mut text = format!(
        "{seconds:.1} s: {} frames captured, {} drawn ({:.1} fps), {} dropped, {} never came from the camera; latency {:.0} ms, \
         99%: {:.0} ms",
        status.captured,
        status.drawn,
        status.drawn as f64 / seconds.max(1e-3),
        status.dropped,
        status.missed,
        milliseconds(median),
        milliseconds(p99)
    );
    for output in &status.outputs {
        text += &format!(
            "\n  {}: {} delivered, {} dropped, {:.0} ms (99%: {:.0} ms)",
            output.name,
            output.delivered,
            output.dropped,
            milliseconds(output.latency.median),
            milliseconds(output.latency.p99)
        );
        if let Some(failure) = &output.failure {
            text += &format!("; failed: {failure}");
        }
    }
    text
}
