//! Every setting with its range, unit and meaning: what `--set` accepts and `comicvid styles --settings` shows.

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// `table.name`, as in a style file and in `--set`.
    pub key: &'static str,
    /// What it may be.
    pub domain: Domain,
    /// What changing it looks like.
    pub help: &'static str,
}

/// Values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// A number from the first to the second, both included.
    Number(f64, f64),
    /// A whole number from the first to the second, both included.
    Integer(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// `#rrggbb`.
    Color,
    /// Free text.
    Text,
}

impl std::fmt::Display for Domain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(low, high) => write!(f, "{low}..{high}"),
            Self::Integer(low, high) => write!(f, "{low}..{high}, whole"),
            Self::Word(words) => f.write_str(&words.join(" | ")),
            Self::Color => f.write_str("#rrggbb"),
            Self::Text => f.write_str("text"),
        }
    }
}

const fn number(key: &'static str, low: f64, high: f64, help: &'static str) -> Field {
    Field { key, domain: Domain::Number(low, high), help }
}
const fn integer(key: &'static str, low: i64, high: i64, help: &'static str) -> Field {
    Field { key, domain: Domain::Integer(low, high), help }
}
const fn color(key: &'static str, help: &'static str) -> Field {
    Field { key, domain: Domain::Color, help }
}
const fn text(key: &'static str, help: &'static str) -> Field {
    Field { key, domain: Domain::Text, help }
}

/// All settings, in the order of the picture's way through them. Lengths are pixels at 1080 lines.
pub const FIELDS: &[Field] = &[
    text("description", "one line for the list of styles"),
    text("generator.weights", "built-in weights, a safetensors file, or none for the photo itself"),
    text("generator.style", "which of the weights' styles: NAME, or NAME:SHARE,NAME:SHARE,..."),
    number("generator.strength", 0.0, 1.0, "0 is the photo, 1 the full drawing"),
    number("motion.calm", 0.0, 1.0, "0 draws each frame by itself, 1 is the steadiest"),
    integer("motion.hold", 1, 12, "a new drawing every so many frames"),
    number("motion.boil", 0.0, 1.0, "how far lines stray from drawing to drawing"),
    integer("motion.lookahead", 0, 8, "frames that drawings look ahead, so that calm does not lag (files only)"),
    integer("upsample.radius", 1, 4, "without paint: larger follows the photo's shading more"),
    number(
        "upsample.epsilon",
        0.001,
        1.0,
        "without paint: contrast below which texture is left out; larger is flatter",
    ),
    number("paint.length", 0.0, 60.0, "how far strokes reach along edges; longer leaves less texture"),
    number("paint.crispness", 0.0, 2.0, "how far edges are drawn together, in pixels of the drawing"),
    integer("tone.steps", 0, 32, "levels of lightness; 0 is continuous"),
    number("tone.softness", 0.0, 1.0, "0 hard steps, 1 none"),
    number("tone.saturation", 0.0, 3.0, "0 grey, 1 unchanged"),
    number("tone.contrast", 0.0, 3.0, "around mid grey; 1 unchanged"),
    number("tone.brightness", -0.5, 0.5, "added to lightness"),
    number("tone.black", 0.0, 0.3, "lightness around which shadows sink into black"),
    number("tone.keep_color", 0.0, 1.0, "0 the drawing's colours, 1 the photo's"),
    number("tone.form", 0.0, 1.0, "0 steps all light there is, 1 what models a form: no texture, no even wall"),
    number("wash.rim", 0.0, 2.0, "how much thicker pigment lies at the rim of a wash"),
    number("wash.flow", 0.0, 2.0, "how much thicker it lies in pools of water"),
    number("wash.grain", 0.0, 2.0, "how much thicker it lies in the tooth of the paper"),
    number("outline.width", 0.5, 12.0, "width of ink lines"),
    number("outline.threshold", 0.0, 0.2, "contrast that starts a line; larger draws fewer"),
    number("outline.softness", 0.002, 0.2, "contrast from no ink to full ink; smaller is crisper"),
    number("outline.opacity", 0.0, 1.0, "0 no ink, 1 opaque"),
    number("outline.reverse", 0.0, 1.0, "lightness of all beside a line up to which it is left white; 0 is never"),
    color("outline.color", "ink"),
    Field {
        key: "halftone.pattern",
        domain: Domain::Word(&["dots", "lines", "hatch"]),
        help: "what the screen is made of",
    },
    number("halftone.size", 3.0, 40.0, "distance between dots or lines"),
    number("halftone.angle", -180.0, 180.0, "degrees, anticlockwise"),
    number("halftone.amount", 0.0, 1.0, "0 invisible, 1 full ink"),
    number("halftone.highlight", 0.05, 1.0, "lightness above which the paper stays clean"),
    number("halftone.clean", 0.0, 1.0, "how far the shade gives way to white, so that the screen alone carries it"),
    number("halftone.tint", 0.0, 1.0, "how far the ink takes the colour it stands on"),
    Field {
        key: "halftone.anchor",
        domain: Domain::Word(&["page", "object"]),
        help: "what the screen lies still on as things move",
    },
    color("halftone.color", "ink of the screen"),
    number("speed.lines", 0.0, 1.0, "opacity of streaks along fast motion"),
    number("speed.smear", 0.0, 4.0, "how far colours are drawn out, in motions"),
    number("speed.threshold", 2.0, 200.0, "motion from drawing to drawing that starts it"),
    number("speed.width", 1.0, 20.0, "width of a streak"),
    color("speed.color", "ink of the streaks"),
    number("paper.grain", 0.0, 1.0, "strength of the fibres"),
    number("paper.size", 1.0, 16.0, "size of the fibres"),
    color("paper.color", "what white becomes"),
];

/// Effects that can be switched off (`--set outline=off`).
pub const EFFECTS: &[&str] = &["paint", "tone", "wash", "outline", "halftone", "speed", "paper"];
