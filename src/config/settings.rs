//! What a style can say. One table per effect, named like its shader; an absent table is an effect that is off.
//!
//! Lengths are in pixels of a picture 1080 lines high and scale with the frame, so a style looks the same at any size.
//! Colours are sRGB. Every field has a default, so a style file names only what it changes.

use super::blend::Blend;
use serde::{Deserialize, Serialize};

/// A style: generator settings plus post-processing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// One line for `comicvid styles`.
    pub description: String,
    /// The network.
    pub generator: Generator,
    /// How drawings follow one another.
    pub motion: Motion,
    /// Brings the drawing to full size.
    pub upsample: Upsample,
    /// Strokes of a brush.
    pub paint: Option<Paint>,
    /// Colour steps, saturation, contrast.
    pub tone: Option<Tone>,
    /// Washes of watercolour.
    pub wash: Option<Wash>,
    /// Ink lines.
    pub outline: Option<Outline>,
    /// Dots, lines or pen strokes in the shadows.
    pub halftone: Option<Halftone>,
    /// Speed lines and smear.
    pub speed: Option<Speed>,
    /// Paper grain.
    pub paper: Option<Paper>,
}

impl Settings {
    /// Leaves the generator's own drawing alone.
    pub fn without_effects(&mut self) {
        (self.paint, self.tone, self.wash, self.outline) = (None, None, None, None);
        (self.halftone, self.speed, self.paper) = (None, None, None);
    }

    /// Shows the motion that was found in place of the picture.
    pub fn show_motion(&mut self) {
        self.without_effects();
        self.motion.show = true;
        self.generator.strength = 1.0;
        // The photo's edges do not belong into this picture.
        self.upsample.epsilon = 1.0;
    }
}

/// The generator network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Generator {
    /// Built-in name, path of a safetensors file, or `none` for the photo itself.
    pub weights: String,
    /// In which of their styles the weights draw.
    pub style: Blend,
    /// 0 is the photo, 1 the full drawing.
    pub strength: f32,
}

impl Default for Generator {
    fn default() -> Self {
        Self { weights: "comic".into(), style: Blend::default(), strength: 1.0 }
    }
}

/// How drawings follow one another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Motion {
    /// 0 draws each frame by itself, 1 is as calm as can be.
    pub calm: f32,
    /// A new drawing every so many frames, 1..=12.
    pub hold: u32,
    /// How far lines stray from drawing to drawing, 0..=1.
    pub boil: f32,
    /// Frames that drawings look ahead, 0..=8; live pictures never do.
    pub lookahead: u32,
    /// Motion, confidence and gate as colours in place of drawings: to find out why something flickers or smears.
    #[serde(skip)]
    pub show: bool,
}

impl Default for Motion {
    fn default() -> Self {
        Self { calm: 0.85, hold: 1, boil: 0.0, lookahead: 0, show: false }
    }
}

/// Edge-following enlargement of the drawing (fast guided filter, He and Sun 2015), where [strokes](Paint) do not do it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upsample {
    /// Half width of the fitting window in pixels of the *drawing*, 1..=4. Larger follows the photo's shading more.
    pub radius: u32,
    /// Contrast (0..1 of full scale) below which the photo's texture is not followed. Larger is flatter.
    pub epsilon: f32,
}

impl Default for Upsample {
    fn default() -> Self {
        Self { radius: 2, epsilon: 0.03 }
    }
}

/// Strokes that run along the edges (coherence-enhancing filtering, Kyprianidis and Kang 2011).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paint {
    /// How far a stroke reaches to either side, 0..=60 pixels at 1080 lines. Longer leaves less texture.
    pub length: f32,
    /// How far edges are drawn together, 0..=2 pixels of the *drawing*.
    pub crispness: f32,
}

impl Default for Paint {
    fn default() -> Self {
        Self { length: 30.0, crispness: 1.0 }
    }
}

/// Colour steps and grading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tone {
    /// Levels of lightness, 2..=32; 0 leaves it continuous.
    pub steps: u32,
    /// Width of the transition between two levels, 0 (hard) ..= 1 (none).
    pub softness: f32,
    /// 0 grey, 1 unchanged, 3 the most.
    pub saturation: f32,
    /// 0 flat, 1 unchanged, 3 the most; around mid grey.
    pub contrast: f32,
    /// Added to lightness, -0.5..=0.5.
    pub brightness: f32,
    /// Lightness around which shadows sink into black, 0 (none do) ..= 0.3.
    pub black: f32,
    /// 0 takes the drawing's colours, 1 the photo's.
    pub keep_color: f32,
    /// 0 steps whatever there is of light, 1 the light and shade that model a form: neither texture nor a wall's even light.
    pub form: f32,
}

impl Tone {
    /// Changes nothing.
    pub const NEUTRAL: Self = Self {
        steps: 0,
        softness: 1.0,
        saturation: 1.0,
        contrast: 1.0,
        brightness: 0.0,
        black: 0.0,
        keep_color: 0.0,
        form: 0.0,
    };
}

impl Default for Tone {
    fn default() -> Self {
        Self {
            steps: 8,
            softness: 0.4,
            saturation: 1.15,
            contrast: 1.05,
            brightness: 0.0,
            black: 0.0,
            keep_color: 0.0,
            form: 0.0,
        }
    }
}

/// Washes of watercolour: how much thicker pigment lies in some places than in others (Bousseau et al. 2006).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wash {
    /// At the rim of a wash, beside what is paler, 0..=2.
    pub rim: f32,
    /// In pools of water, 0..=2.
    pub flow: f32,
    /// In the tooth of the paper, 0..=2.
    pub grain: f32,
}

impl Default for Wash {
    fn default() -> Self {
        Self { rim: 0.8, flow: 0.5, grain: 0.2 }
    }
}

/// Ink lines: difference of Gaussians across the edge, averaged along it (flow-based XDoG, Winnemöller 2012).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outline {
    /// Line width, 0.5..=12 pixels at 1080 lines.
    pub width: f32,
    /// Luma difference that starts a line, 0..=0.2. Larger draws fewer lines.
    pub threshold: f32,
    /// Luma difference from no ink to full ink, 0.002..=0.2. Smaller is crisper.
    pub softness: f32,
    /// 0 no ink, 1 opaque.
    pub opacity: f32,
    /// Luma up to which whatever lies beside a line must be for it to be left white, as on scratchboard, 0..=1; 0 is never.
    pub reverse: f32,
    /// `#rrggbb`.
    pub color: Rgb,
}

impl Default for Outline {
    fn default() -> Self {
        Self {
            width: 2.5,
            threshold: 0.012,
            softness: 0.02,
            opacity: 1.0,
            reverse: 0.0,
            color: Rgb([0x14, 0x10, 0x18]),
        }
    }
}

/// What a halftone is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// Round dots.
    #[default]
    Dots,
    /// Parallel lines.
    Lines,
    /// Strokes of a pen that run with the form, crossed where it is darker; on even grounds, at the angle.
    Hatch,
}

/// What a halftone lies still on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Anchor {
    /// The page, as in print.
    #[default]
    Page,
    /// What is drawn: dots and lines go along with the motion and slide back into shape, strokes go along and are drawn anew.
    /// Needs [`Motion::calm`] above 0, else it is the page.
    Object,
}

/// A screen in the shadows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Halftone {
    /// Dots, lines or hatching.
    pub pattern: Pattern,
    /// Distance between dots or lines, 3..=40 pixels at 1080 lines.
    pub size: f32,
    /// Degrees, anticlockwise.
    pub angle: f32,
    /// 0 invisible, 1 full ink.
    pub amount: f32,
    /// Lightness above which the paper stays clean, 0.05..=1.
    pub highlight: f32,
    /// How far the shade itself gives way to white, so that the screen alone carries it, 0..=1.
    pub clean: f32,
    /// How far the ink takes the colour it stands on, made stronger, as in printed tints, 0..=1.
    pub tint: f32,
    /// What it lies still on.
    pub anchor: Anchor,
    /// `#rrggbb`.
    pub color: Rgb,
}

impl Default for Halftone {
    fn default() -> Self {
        Self {
            pattern: Pattern::Dots,
            size: 9.0,
            angle: 25.0,
            amount: 0.5,
            highlight: 0.6,
            clean: 0.0,
            tint: 0.0,
            anchor: Anchor::Page,
            color: Rgb([0x14, 0x10, 0x18]),
        }
    }
}

/// Speed lines and smear along the motion, where [`Motion::calm`] is above 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speed {
    /// Opacity of ink streaks, 0..=1.
    pub lines: f32,
    /// How far colours are drawn out, 0..=4 times the motion between two drawings.
    pub smear: f32,
    /// Motion between two drawings that starts it, 2..=200 pixels at 1080 lines.
    pub threshold: f32,
    /// Width of a streak, 1..=20 pixels at 1080 lines.
    pub width: f32,
    /// `#rrggbb`.
    pub color: Rgb,
}

impl Default for Speed {
    fn default() -> Self {
        Self { lines: 0.7, smear: 1.0, threshold: 16.0, width: 4.0, color: Rgb([0x14, 0x10, 0x18]) }
    }
}

/// Paper grain and tint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paper {
    /// Strength of the fibres, 0..=1.
    pub grain: f32,
    /// Size of the fibres, 1..=16 pixels at 1080 lines.
    pub size: f32,
    /// What white becomes, `#rrggbb`.
    pub color: Rgb,
}

impl Default for Paper {
    fn default() -> Self {
        Self { grain: 0.25, size: 3.0, color: Rgb([0xff, 0xfd, 0xf6]) }
    }
}

/// An sRGB colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// Components in 0..=1.
    #[must_use]
    pub fn to_f32(self) -> [f32; 3] {
        self.0.map(|c| f32::from(c) / 255.0)
    }
}

impl TryFrom<String> for Rgb {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii());
        let value = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let value = value.ok_or_else(|| format!("\"{text}\" is not a colour like \"#1a2b3c\""))?;
        let [_, r, g, b] = value.to_be_bytes();
        Ok(Self([r, g, b]))
    }
}

impl From<Rgb> for String {
    fn from(Rgb([r, g, b]): Rgb) -> Self {
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}
