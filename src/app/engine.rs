//! The two middle stages of a run, built from a style and a machine: generator and shaders.

use super::progress::Voice;
use crate::cli;
use crate::config::{self, PRESETS, Settings, Tone};
use crate::error::Result;
use crate::frame::{ColorInfo, CpuImage, Drawn, PixelFormat, StreamInfo};
use crate::gpu::Context;
use crate::pipeline::{Divisions, Manner, Redraw};
use crate::post::{Compare, Comparison, Matte, PostChain};
use crate::stage::FrameFilter;
use crate::stylize::{self, Detail};
use parking_lot::Mutex;
use std::collections::BTreeSet;

type Stylizer = Box<dyn FrameFilter<In = CpuImage, Out = Drawn>>;
type Post = Box<dyn FrameFilter<In = Drawn, Out = CpuImage>>;

/// Generator and shaders, ready to draw, and what they compute on.
pub struct Engine {
    /// Photo in, drawing out.
    pub stylizer: Stylizer,
    /// Drawing in, finished picture out.
    pub post: Post,
    /// What the generator computes on, in words.
    pub device: String,
    /// What the shaders run on, in words.
    pub adapter: String,
    warnings: Vec<String>,
}

/// How a film is divided into segments: see [`Redraw::dividing`].
pub struct Dividing {
    /// Frames after which a segment ends with the next cut.
    pub limit: u64,
    /// The first frame that is wanted.
    pub first: u64,
    /// Where segments begin.
    pub told: Divisions,
}

impl Engine {
    /// Builds both stages, side by side: loading weights and compiling shaders take about a second each.
    ///
    /// # Errors
    /// Weights, device or graphics adapter cannot be used.
    pub fn new(
        settings: &Settings,
        machine: &cli::Machine,
        input: &StreamInfo,
        output: (PixelFormat, ColorInfo),
        dividing: Option<&Dividing>,
    ) -> Result<Self> {
        let detail = detail(machine.detail);
        std::thread::scope(|s| {
            let stylizer = s.spawn(|| stylize::build(&settings.generator, detail, &machine.device, input));
            let post = build_post(settings, detail, &machine.device, input, output);
            let stylizer = stylizer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let (post, adapter, slow) = post?;
            let warnings = stylizer.warning.into_iter().chain(slow).collect();
            let redraw = Redraw::new(stylizer.draw, input, detail, Manner::from(settings));
            let redraw = match dividing {
                Some(Dividing { limit, first, told }) => redraw.dividing(*limit, *first, told.clone()),
                None => redraw,
            };
            let post = if input.alpha { Box::new(Matte::new(post)) } else { post };
            Ok(Self { stylizer: Box::new(redraw), post, device: stylizer.device, adapter, warnings })
        })
    }

    /// With the photo in the pictures, too, where that is asked for; `output` as in [`Engine::new`].
    pub fn comparing(self, comparison: Option<Comparison>, output: (PixelFormat, ColorInfo)) -> Self {
        match comparison {
            Some(comparison) => Self { post: Box::new(Compare::new(self.post, comparison, output)), ..self },
            None => self,
        }
    }

    /// Says what computes, and loudly what the user may not have expected: of many films that is the same, and told once.
    pub fn introduce(&self, voice: Voice) {
        static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        voice.say(&format!("generator on {}, shaders on {}", self.device, self.adapter));
        for warning in &self.warnings {
            if TOLD.lock().insert(warning.clone()) {
                voice.warn(warning);
            }
        }
    }
}

/// The style that was asked for.
///
/// # Errors
/// An unknown style or setting, a picture that cannot be read.
pub fn settings(look: &cli::Look) -> Result<Settings> {
    let mut settings = config::load(look.style.as_deref().unwrap_or(PRESETS[0].name), &look.set)?;
    if !look.style_image.is_empty() {
        settings.generator.style = stylize::style_of(&settings.generator.weights, &look.style_image)?;
    }
    if let Some(keep) = look.keep_color {
        settings.tone.get_or_insert(Tone::NEUTRAL).keep_color = keep;
    }
    if let Some(strength) = look.strength {
        settings.generator.strength = strength;
    }
    if let Some(calm) = look.calm {
        settings.motion.calm = calm;
    }
    if let Some(hold) = look.hold {
        settings.motion.hold = hold;
    }
    if let Some(lookahead) = look.lookahead {
        settings.motion.lookahead = lookahead;
    }
    if let Some(boil) = look.boil {
        settings.motion.boil = boil;
    }
    Ok(settings)
}

pub(super) fn detail(detail: cli::Detail) -> Detail {
    match detail {
        cli::Detail::Draft => Detail::Draft,
        cli::Detail::Standard => Detail::Standard,
        cli::Detail::Fine => Detail::Fine,
    }
}

fn build_post(
    settings: &Settings,
    detail: Detail,
    device: &str,
    input: &StreamInfo,
    output: (PixelFormat, ColorInfo),
) -> Result<(Post, String, Vec<String>)> {
    let context = context(device)?;
    let adapter = context.describe().to_owned();
    let warnings = warning(&context).into_iter().collect();
    let chain = PostChain::new(context, settings, input, output, detail.working_size(input.size))?;
    Ok((Box::new(chain), adapter, warnings))
}

/// Where shaders run beside a network on `device`: on the graphics device of the same number.
pub fn context(device: &str) -> Result<Context> {
    match device.split_once(':').and_then(|(_, number)| number.parse().ok()) {
        Some(number) => Context::numbered(number),
        None => Context::new(),
    }
}

/// What to warn of where shaders run on `context`.
pub fn warning(context: &Context) -> Option<String> {
    let slow = || format!("{} is a software renderer: shaders run on the processor, slowly", context.describe());
    context.is_software().then(slow)
}
