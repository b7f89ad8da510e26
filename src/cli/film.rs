//! What a film's frames depend on.

use super::{Look, Machine, key_value, unit_interval};
use clap::{Args, ValueEnum};

/// What is drawn of a film, how, and how it is written: all that its frames depend on.
#[derive(Debug, Args)]
pub struct Film {
    /// How it looks
    #[command(flatten)]
    pub look: Look,
    /// What computes
    #[command(flatten)]
    pub machine: Machine,
    /// Begin here: seconds, or [HH:]MM:SS[.fraction]
    #[arg(long, value_name = "TIME")]
    pub start: Option<String>,
    /// Draw this much: seconds, or [HH:]MM:SS[.fraction]
    #[arg(long, value_name = "TIME")]
    pub length: Option<String>,
    /// Target frame rate (25, 29.97, 30000/1001); without it every frame keeps its own time
    #[arg(long, value_name = "RATE")]
    pub fps: Option<String>,
    /// High dynamic range (HDR10, HLG): made standard, or kept as it is coded, for which --encoder should take 10 bits
    #[arg(long, value_enum, default_value_t = HighRange::Sdr)]
    pub hdr: HighRange,
    /// Interlaced frames, whose two fields are two moments: pictures of one moment each, or as they are
    #[arg(long, value_enum, default_value_t = Deinterlace::Auto)]
    pub deinterlace: Deinterlace,
    /// File format, by extension or FFmpeg's name; by default the output's extension says, and - is Matroska (y4m for raw
    /// pictures)
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// FFmpeg encoder by name (libx264, libx265, prores_ks, …); by default what suits the container
    #[arg(long, value_name = "NAME")]
    pub encoder: Option<String>,
    /// Encode on the graphics device (NVENC, VideoToolbox, Quick Sync, AMF, VAAPI), where one can; lighter, but coarser
    #[arg(long, conflicts_with = "encoder")]
    pub hardware: bool,
    /// Quality on the CRF scale, lower is better
    #[arg(long, value_name = "N", default_value_t = 18.0)]
    pub quality: f32,
    /// Option of the encoder, as FFmpeg spells it (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub encoder_option: Vec<(String, String)>,
    /// Write the generator's own drawing, without the shaders' ink and tone
    #[arg(long)]
    pub drawing_only: bool,
    /// Write the motion that was found instead: hue is direction, colour speed, darkness doubt, grey change in place
    #[arg(long, conflicts_with = "drawing_only")]
    pub show_motion: bool,
    /// Show the original beside it: left the original, right the drawing, both whole
    #[arg(long, conflicts_with = "split")]
    pub side_by_side: bool,
    /// Show the original left of a line at this part of the width, the drawing right of it
    #[arg(long, value_name = "0..1", value_parser = unit_interval)]
    pub split: Option<f32>,
}

/// What becomes of high dynamic range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HighRange {
    /// Tone-mapped to BT.709
    Sdr,
    /// As it is coded
    Keep,
}

/// What becomes of interlaced frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deinterlace {
    /// One picture of each frame that is marked as interlaced
    Auto,
    /// One picture of every frame, for films that are not marked
    Frame,
    /// Two pictures of every frame: twice the rate, with the motion as it was filmed
    Field,
    /// Left combed
    Off,
}
