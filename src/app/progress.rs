//! Tells how a run goes: a bar on a terminal, plain lines elsewhere, JSON lines for machines.

use crate::error::Error;
use crate::pipeline::{Meters, Report, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// A bar that redraws itself, on stderr.
    Bar,
    /// A line every few seconds, on stderr.
    Lines,
    /// JSON lines on stdout.
    Json,
    /// Nothing but errors.
    Quiet,
}

impl Voice {
    /// What suits the options and the terminal.
    #[must_use]
    pub fn choose(json: bool, quiet: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (_, true) => Self::Quiet,
            _ if std::io::stderr().is_terminal() => Self::Bar,
            _ => Self::Lines,
        }
    }
    /// A fact about the run, told once.
    pub fn say(self, text: &str) {
        match self {
            Self::Bar | Self::Lines => line(text),
            Self::Json => object(&json!({ "event": "note", "message": text })),
            Self::Quiet => {}
        }
    }
    /// Something the user should not miss.
    pub fn warn(self, text: &str) {
        match self {
            Self::Json => object(&json!({ "event": "warning", "message": text })),
            Self::Bar | Self::Lines | Self::Quiet => line(&format!("warning: {text}")),
        }
    }
    /// Why a run failed, and what to do.
    pub fn fail(self, error: &Error) {
        if self == Self::Json {
            object(&json!({ "event": "error", "message": error.to_string(), "hint": error.hint() }));
        }
        line(&format!("error: {error}"));
        if let Some(hint) = error.hint() {
            line(&format!("  hint: {hint}"));
        }
    }
    const fn period(self) -> Duration {
        match self {
            Self::Bar => Duration::from_millis(150),
            Self::Json => Duration::from_millis(500),
            Self::Lines | Self::Quiet => Duration::from_secs(5),
        }
    }
}

/// Writes a line to stderr. A closed stderr is nobody's loss.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes a line of what was asked for to stdout. A closed stdout is nobody's loss.
pub fn result(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a JSON line to stdout. A closed stdout is nobody's loss.
pub fn object(value: &Value) {
    let _ = writeln!(std::io::stdout(), "{value}");
}

/// Runs `work` while telling how `meters` grow towards `total` frames; then tells the outcome.
pub fn watch<T>(voice: Voice, total: Option<u64>, meters: &Meters, work: impl FnOnce() -> T) -> T {
    if voice == Voice::Quiet {
        return work();
    }
    let start = Instant::now();
    std::thread::scope(|s| {
        let (done, wait) = channel::<()>();
        s.spawn(move || {
            let mut teller = Teller::new(voice, total);
            // The channel closes when `work` is over, also when it panicked.
            while wait.recv_timeout(voice.period()) == Err(RecvTimeoutError::Timeout) {
                teller.tell(&Moment::now(meters, total, start));
            }
            teller.clear();
        });
        let _open: Sender<()> = done;
        work()
    })
}

/// Tells that a run went well.
pub fn finish(voice: Voice, output: &str, report: &Report, meters: &Meters, took: Duration) {
    let fps = report.written as f64 / took.as_secs_f64().max(1e-3);
    match voice {
        Voice::Bar | Voice::Lines => {
            let frames = if report.written == 1 { "1 frame".into() } else { format!("{} frames", report.written) };
            line(&format!("{output}: {frames} in {:.1} s, {fps:.1} fps", took.as_secs_f64()));
        }
        Voice::Json => {
            let busy: serde_json::Map<String, Value> =
                Stage::ALL.iter().map(|s| (s.name().into(), meters.of(*s).busy().as_secs_f64().into())).collect();
            object(&json!({
                "event": "done", "output": output, "frames": report.written, "dropped": report.dropped,
                "seconds": took.as_secs_f64(), "fps": fps, "busy_seconds": busy,
            }));
        }
        Voice::Quiet => {}
    }
}

/// The state of a run at one moment.
struct Moment {
    frames: u64,
    total: Option<u64>,
    fps: f64,
    eta: Option<Duration>,
    bottleneck: Stage,
}

impl Moment {
    fn now(meters: &Meters, total: Option<u64>, start: Instant) -> Self {
        let frames = meters.of(Stage::Sink).frames();
        let elapsed = start.elapsed().as_secs_f64();
        let fps = frames as f64 / elapsed.max(1e-3);
        let eta = total.filter(|_| frames > 0).map(|t| Duration::from_secs_f64(t.saturating_sub(frames) as f64 / fps));
        Self { frames, total, fps, eta, bottleneck: meters.bottleneck() }
    }
    fn text(&self) -> String {
        let eta = self.eta.map_or_else(String::new, |e| format!(", {} left", clock(e)));
        format!("{:.1} fps{eta}, slowest: {}", self.fps, self.bottleneck.name())
    }
}

struct Teller {
    voice: Voice,
    bar: ProgressBar,
}

impl Teller {
    fn new(voice: Voice, total: Option<u64>) -> Self {
        let target = if voice == Voice::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        let template =
            if total.is_some() { "{bar:32} {pos}/{len} frames  {msg}" } else { "{spinner} {pos} frames  {msg}" };
        // The templates are constants of this function, so the fallback (indicatif's own style) is never seen.
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { voice, bar }
    }
    fn tell(&mut self, now: &Moment) {
        match self.voice {
            Voice::Bar => {
                // A container's count can be too low.
                self.bar.set_length(now.total.unwrap_or(0).max(now.frames));
                self.bar.set_position(now.frames);
                self.bar.set_message(now.text());
            }
            Voice::Lines => {
                let of = now.total.map_or_else(String::new, |t| format!("/{t}"));
                line(&format!("{}{of} frames, {}", now.frames, now.text()));
            }
            Voice::Json => object(&json!({
                "event": "progress", "frames": now.frames, "total": now.total, "fps": now.fps,
                "eta_seconds": now.eta.map(|e| e.as_secs_f64()), "bottleneck": now.bottleneck.name(),
            })),
            Voice::Quiet => {}
        }
    }
    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// `1:02:03` or `2:03`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_reads_like_a_clock() {
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
        assert_eq!(clock(Duration::from_secs(59)), "0:59");
    }

    #[test]
    fn a_moment_knows_pace_and_what_is_left() {
        let meters = Meters::default();
        for _ in 0..10 {
            meters.of(Stage::Sink).count();
        }
        meters.of(Stage::Post).time(|| std::thread::sleep(Duration::from_millis(2)));
        let now = Moment::now(&meters, Some(30), Instant::now() - Duration::from_secs(1));
        assert!((now.fps - 10.0).abs() < 0.5, "{}", now.fps);
        let eta = now.eta.unwrap().as_secs_f64();
        assert!((eta - 2.0).abs() < 0.2, "{eta}");
        assert_eq!(now.bottleneck, Stage::Post);
    }
}
