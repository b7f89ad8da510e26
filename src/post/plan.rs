//! What settings ask of a run: which effects there are, what they need, and the WGSL of all of it.

use super::anchor::Keep;
use super::fragment::{self, Fragment, Ink};
use super::paint::{self, PaintUniform};
use super::run::{RunConstants, strength, unit};
use super::upsample::{self, UpsampleUniform};
use super::{anchor, boil, flow, form, halftone, hatch, history, outline, paper, speed, tone, wash};
use crate::config::{self, Settings};
use crate::frame::{ColorInfo, Size};
use crate::gpu::{Codes, Layout, Shader};

const COMMON: [&str; 5] = [
    include_str!("../../shaders/common/frame.wgsl"),
    include_str!("../../shaders/common/photo.wgsl"),
    include_str!("../../shaders/common/small.wgsl"),
    include_str!("../../shaders/common/skin.wgsl"),
    include_str!("../../shaders/common/hash.wgsl"),
];
/// 0 is the photo, 1 the drawing; where it is neither.
const STRENGTH: &str = "@group(0) @binding(0) var<uniform> strength: f32;\n";
const REDUCE: &str = include_str!("../../shaders/reduce.wgsl");
const PACK: &str = include_str!("../../shaders/pack.wgsl");

/// What comes in and goes out: fixed for a chain.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub photo: (Layout, ColorInfo),
    pub out: (Layout, ColorInfo),
    /// See [`Light::ceiling`](crate::frame::Light::ceiling).
    pub ceiling: f32,
    pub drawing: Size,
}

/// All that depends on the settings.
pub(super) struct Plan {
    pub fragments: Vec<Fragment>,
    pub shader: Shader,
    pub strength: f32,
    pub upsample: UpsampleUniform,
    pub paint: PaintUniform,
}

impl Plan {
    pub fn new(settings: &Settings, ends: &Ends) -> Self {
        let Ends { photo: (photo, color), out: (out, out_color), ceiling, drawing } = ends;
        let codes = Codes::new(out.format, *out_color);
        let fragments = fragments(settings, unit(photo.size));
        let run = RunConstants::new((photo, *color), (out, *out_color), *drawing);
        let shader = shader(settings, &fragments, &run, photo, out, (codes.lift, codes.max, *ceiling));
        Self {
            fragments,
            shader,
            strength: strength(settings),
            upsample: UpsampleUniform::from(&settings.upsample),
            paint: settings.paint.as_ref().map_or_else(PaintUniform::default, |p| PaintUniform::new(p, unit(*drawing))),
        }
    }
}

/// The effects of `settings` that work per pixel, in the order in which they are applied.
pub(super) fn fragments(settings: &Settings, unit: f32) -> Vec<Fragment> {
    let tone = settings.tone.as_ref().map(|t| tone::fragment(t, forms(settings)));
    let wash = settings.wash.as_ref().map(|w| wash::fragment(w, unit, forms(settings)));
    let halftone = settings.halftone.as_ref().map(|h| halftone::fragment(h, unit, anchors(settings)));
    let outline = settings.outline.as_ref().map(|o| outline::fragment(o, unit, forms(settings)));
    // What follows the motion needs somebody to find it.
    let speed = settings.speed.as_ref().filter(|_| keeps(settings)).map(|s| speed::fragment(s, unit));
    let paper = settings.paper.as_ref().map(|p| paper::fragment(p, unit));
    [tone, wash, halftone, outline, speed, paper].into_iter().flatten().collect()
}

/// Whether pictures are mixed with the one before: not where the photo passes as it is.
pub(super) fn keeps(settings: &Settings) -> bool {
    let draws = strength(settings) > 0.0 || settings.tone.is_some() || settings.outline.is_some();
    settings.motion.calm > 0.0 && (draws || settings.halftone.is_some() || settings.speed.is_some())
}

/// Whether the drawing is painted over: not where there is none.
pub(super) fn paints(settings: &Settings) -> bool {
    strength(settings) > 0.0 && settings.paint.is_some()
}

/// Whether the way of edges is looked for.
pub(super) fn flows(settings: &Settings) -> bool {
    paints(settings) || settings.outline.is_some() || hatches(settings)
}

/// Whether shade is drawn in strokes of a pen.
pub(super) fn hatches(settings: &Settings) -> bool {
    settings.halftone.as_ref().is_some_and(|h| h.pattern == config::Pattern::Hatch)
}

/// Whether the form of the drawing is looked for: not where there is none.
pub(super) fn forms(settings: &Settings) -> bool {
    let steps = settings.tone.as_ref().is_some_and(|t| t.form > 0.0 && t.steps > 0);
    let reverses = settings.outline.as_ref().is_some_and(|o| o.reverse > 0.0);
    strength(settings) > 0.0 && (steps || reverses || settings.wash.is_some())
}

/// Whether the screen goes along with the motion.
pub(super) fn anchors(settings: &Settings) -> bool {
    keeps(settings) && settings.halftone.as_ref().is_some_and(|h| h.anchor == config::Anchor::Object)
}

/// What keeps a screen from tearing that goes along with the motion.
pub(super) fn keep(settings: &Settings) -> Keep {
    if hatches(settings) { Keep::Turns } else { Keep::Shape }
}

/// What ink lines there are.
pub(super) fn lines(settings: &Settings) -> Ink {
    match (&settings.outline, settings.motion.boil > 0.0) {
        (None, _) => Ink::None,
        (Some(_), false) => Ink::Lines,
        (Some(_), true) => Ink::Boiling,
    }
}

/// All WGSL of a run with these settings, and its constants.
pub(super) fn shader(
    settings: &Settings,
    fragments: &[Fragment],
    run: &RunConstants,
    photo: &Layout,
    out: &Layout,
    (lift, max, ceiling): (u32, f32, f32),
) -> Shader {
    let strength = strength(settings);
    let (enlarged, drawing) = if paints(settings) {
        (paint::SOURCE, "paint_color(pixel)")
    } else {
        (upsample::SOURCE, "upsample_color(pixel)")
    };
    let start = match strength {
        s if s <= 0.0 => "photo_rgb(pixel)".to_owned(),
        s if s >= 1.0 => drawing.to_owned(),
        _ => format!("mix(photo_rgb(pixel), {drawing}, strength)"),
    };
    let mut source = run.wgsl();
    if 0.0 < strength && strength < 1.0 {
        source += STRENGTH;
    }
    source += &COMMON.concat();
    source += REDUCE;
    source += PACK;
    if flows(settings) {
        source += flow::SOURCE;
    }
    if strength > 0.0 {
        source += enlarged;
    }
    if forms(settings) {
        source += form::SOURCE;
    }
    fragments.iter().for_each(|f| source += f.source);
    if keeps(settings) {
        source += history::SOURCE;
    }
    if anchors(settings) {
        source += anchor::SOURCE;
    }
    if hatches(settings) {
        source += hatch::SOURCE;
        source += if anchors(settings) { hatch::OBJECT } else { hatch::PAGE };
        source += if keeps(settings) { hatch::CALM } else { hatch::RESTLESS };
    }
    if lines(settings) == Ink::Boiling {
        source += boil::SOURCE;
    }
    source += &fragment::picture(&start, fragments, lines(settings), keeps(settings), forms(settings));
    let [layout, _, shift_x, shift_y] = photo.constants();
    let [out_layout, out_bytes, out_shift_x, out_shift_y] = out.constants();
    let constants = vec![
        ("PHOTO_LAYOUT", layout),
        ("PHOTO_SHIFT_X", shift_x),
        ("PHOTO_SHIFT_Y", shift_y),
        ("OUT_LAYOUT", out_layout),
        ("OUT_BYTES", out_bytes),
        ("OUT_SHIFT_X", out_shift_x),
        ("OUT_SHIFT_Y", out_shift_y),
        ("OUT_LIFT", lift.into()),
        ("OUT_MAX", max.into()),
        ("OUT_CEILING", ceiling.into()),
    ];
    Shader { source, constants }
}
