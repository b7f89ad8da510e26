//! What can be typed. Declarations alone: this file is compiled into the launcher too, so that `--help` and usage errors
//! answer before any native library is loaded; it must not depend on the rest of the crate.

mod farm;
mod film;

pub use farm::*;
pub use film::*;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Turn video into a comic.
#[derive(Debug, Parser)]
#[command(
    name = "comicvid",
    version,
    about = "Turn video into a comic",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:
  comicvid holiday.mp4 comic.mp4
  comicvid holiday.mp4 noir.mkv --style noir --detail fine
  comicvid photo.jpg comic.png --set outline.width=4
  comicvid talk.mov short.mp4 --start 1:30 --length 20 --quality 23
  comicvid holiday.mp4 both.mp4 --side-by-side
  ffmpeg -i talk.mp4 -f matroska - | comicvid - - | ffplay -
  comicvid a.mp4 b.mkv photos/ --out comics --name {stem}-{style}.{ext}",
    override_usage = "comicvid [OPTIONS] <INPUT> <OUTPUT>
       comicvid [OPTIONS] <INPUT>... --out <FOLDER>
       comicvid [OPTIONS] --watch <FOLDER> --out <FOLDER>
       comicvid <COMMAND>"
)]
pub struct Cli {
    /// Something else than drawing a file.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Video or picture to draw (- is standard input); with --out as many as you like, and folders of them
    // Required unless a subcommand is there, which is why it is an `Option` all the same.
    #[arg(required_unless_present = "watch")]
    pub input: Option<PathBuf>,
    /// File to write (- is standard output); its extension chooses the container. With --out another input
    #[arg(required_unless_present = "out")]
    pub output: Option<PathBuf>,
    /// More inputs, with --out.
    #[arg(requires = "out", hide = true)]
    pub more: Vec<PathBuf>,
    /// How to draw it.
    #[command(flatten)]
    pub convert: Convert,
    /// More words on stderr (-v, -vv).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

/// Everything but drawing a file.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Draw a camera now: in a window, into a virtual camera, a stream over HTTP, a recording
    Live(Live),
    /// List cameras with their modes, and what can draw
    Devices(Devices),
    /// List the styles, or every setting a style can change
    Styles(Styles),
    /// See what each style makes of a few moments of a film, on one sheet
    Preview(Preview),
    /// Divide a film into segments that can be drawn apart, by many processes or machines
    Plan(Plan),
    /// Draw one segment of a planned film
    Segment(Segment),
    /// Make a planned film of its segments
    Join(Join),
    /// Measure how fast this machine draws, stage by stage
    Bench(Bench),
    /// Measure how steady a film is, beside the one it was made from
    Eval(Eval),
    /// Train a generator of your own
    Train(Train),
    /// Print a shell's completion script
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Options of `comicvid IN OUT`.
#[derive(Debug, Args)]
pub struct Convert {
    /// Draw all inputs into this folder; one that fails does not stop the others
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// How outputs are called, with --out: {stem} and {ext} are the input's, {style} the style's name, {number} counts
    #[arg(long, value_name = "PATTERN", requires = "out", default_value = "{stem}.{ext}")]
    pub name: String,
    /// How many inputs are drawn at once, with --out
    #[arg(long, value_name = "N", requires = "out", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub jobs: u32,
    /// Draw what lies in this folder and whatever comes into it, into the folder of --out, until Ctrl-C
    #[arg(long, value_name = "FOLDER", requires = "out", conflicts_with_all = ["input", "dry_run"])]
    pub watch: Option<PathBuf>,
    /// Work in segments that outlive a crash: the same command goes on where the last one was, whatever ended it
    #[arg(long)]
    pub resume: bool,
    /// Let several devices of this machine draw at once, a segment each (cuda:0,cuda:1); goes on after a crash as --resume
    #[arg(long, value_name = "DEVICES", value_delimiter = ',', conflicts_with = "device")]
    pub devices: Vec<String>,
    /// With --resume or --devices: frames after which a segment ends, at the next cut; twice as many without one
    #[arg(long, value_name = "N", default_value_t = 250,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub segment: u64,
    /// Only say what would be drawn into what, and how long and large it will be: a few frames are tried out
    #[arg(long)]
    pub dry_run: bool,
    /// What is drawn of it, how, and how it is written
    #[command(flatten)]
    pub film: Film,
    /// Replace an existing output
    #[arg(long)]
    pub overwrite: bool,
    /// Report progress and outcome as JSON lines on stdout
    #[arg(long)]
    pub json: bool,
    /// Report nothing but errors
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
}

/// The look: a style and what changes it. The default is what nobody typed.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct Look {
    /// Style: a name from `comicvid styles`, the path of a TOML file, or a mixture such as comic:0.7,ink:0.3
    /// [default: comic; of a window: the last one used]
    #[arg(long, value_name = "NAME")]
    pub style: Option<String>,
    /// Draw in the style of these pictures (repeatable); --style still says what is done with the drawing
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub style_image: Vec<PathBuf>,
    /// Keep the photo's colours: 0 takes the drawing's, 1 the photo's
    #[arg(long, value_name = "0..1", value_parser = unit_interval)]
    pub keep_color: Option<f32>,
    /// Change one setting of the style (repeatable); TABLE=off switches an effect off
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// 0 is the photo, 1 the full drawing
    #[arg(long, value_name = "0..1", value_parser = unit_interval)]
    pub strength: Option<f32>,
    /// How steady the drawing is from frame to frame: 0 draws each by itself, 1 is the steadiest [default: 0.85]
    #[arg(long, value_name = "0..1", value_parser = unit_interval)]
    pub calm: Option<f32>,
    /// Draw only every Nth frame and show it N times, as animators do (2 is "on twos"); time and sound stay exact
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=12))]
    pub hold: Option<u32>,
    /// Look this many frames ahead, so that calm does not lag behind motion (files only; takes time)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=8))]
    pub lookahead: Option<u32>,
    /// Let ink lines wobble from drawing to drawing, as drawn by hand
    #[arg(long, value_name = "0..1", value_parser = unit_interval)]
    pub boil: Option<f32>,
}

/// What computes, and how much.
#[derive(Clone, Debug, Args)]
pub struct Machine {
    /// How many lines the generator draws: draft 270, standard 360, fine 720
    #[arg(long, value_enum, default_value_t = Detail::Standard)]
    pub detail: Detail,
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: String,
}

/// Working size of the generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Detail {
    /// Fastest
    Draft,
    /// Balanced
    Standard,
    /// Finest; wants a GPU
    Fine,
}

/// `comicvid devices`.
#[derive(Debug, Args)]
pub struct Devices {
    /// One JSON object on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `comicvid live`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  comicvid live                                               # the first camera, in a window; H shows its keys
  comicvid live --no-window --serve 8090                      # without one, at http://127.0.0.1:8090/
  comicvid live --camera C920 --size 1920x1080 --fps 30 --no-window --serve 8090
  comicvid live --camera file:clip.mp4 --no-window --serve 8090 --seconds 20
  comicvid live --camera test --no-window --record out.mp4 --detail draft --seconds 10

It runs until the window is closed, or Ctrl-C. In OBS: Media Source, no local file, input http://127.0.0.1:8090/stream.mjpg, input format mpjpeg.")]
pub struct Live {
    /// Part of a camera's name, its number or its device file (see `comicvid devices`); file:CLIP plays a film again and
    /// again in its place, test a moving pattern; nokhwa:CAMERA opens it by another library. By default the first camera
    #[arg(long, value_name = "CAMERA")]
    pub camera: Option<String>,
    /// Wanted picture size, WIDTHxHEIGHT: the camera's nearest mode is taken, and outputs get this size. By default 1280x720
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// Wanted frames a second, by default 30
    #[arg(long, value_name = "RATE")]
    pub fps: Option<String>,
    /// Exchange left and right
    #[arg(long)]
    pub mirror: bool,
    /// How it looks
    #[command(flatten)]
    pub look: Look,
    /// What computes
    #[command(flatten)]
    pub machine: Machine,
    /// Stream over HTTP at this address (127.0.0.1:8090) or port; a port alone is for this machine only
    #[arg(long, value_name = "ADDRESS")]
    pub serve: Option<String>,
    /// Be a camera for other programs: pipewire, a v4l2loopback device (/dev/video9), or without a value whichever is
    /// there (repeatable)
    #[arg(long, value_name = "TARGET", num_args = 0..=1, default_missing_value = "auto")]
    pub virtual_camera: Vec<String>,
    /// Record to this video file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Replace an existing recording
    #[arg(long)]
    pub overwrite: bool,
    /// Open the camera only while somebody watches
    #[arg(long)]
    pub on_demand: bool,
    /// Run without a window
    #[arg(long)]
    pub no_window: bool,
    /// Stop after so many seconds
    #[arg(long, value_name = "N", value_parser = positive)]
    pub seconds: Option<f64>,
    /// Report each second, and at the end, as JSON lines on stdout
    #[arg(long)]
    pub json: bool,
}

/// `comicvid styles`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Styles {
    /// What to do rather than list
    #[command(subcommand)]
    pub what: Option<StylesWhat>,
    /// List every setting with its value in this style instead
    #[arg(long, value_name = "STYLE", num_args = 0..=1, default_missing_value = "comic")]
    pub settings: Option<String>,
}

/// `comicvid preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// Video or picture to look at
    pub input: PathBuf,
    /// Sheet to write: PNG, JPEG, …; by default NAME-preview.png beside the input
    pub output: Option<PathBuf>,
    /// Style to show: a name or the path of a TOML file (repeatable); by default all that come with the program
    #[arg(long, value_name = "NAME")]
    pub style: Vec<String>,
    /// Change one setting of every style (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// How many moments, evenly spread
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=12))]
    pub moments: u32,
    /// What computes
    #[command(flatten)]
    pub machine: Machine,
    /// Replace an existing sheet
    #[arg(long)]
    pub overwrite: bool,
}

/// What `comicvid styles` does besides listing.
#[derive(Debug, Subcommand)]
pub enum StylesWhat {
    /// Keep a style made from pictures, under a name that --style takes
    Add(AddStyle),
}

/// `comicvid styles add`.
#[derive(Debug, Args)]
pub struct AddStyle {
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Pictures in that style: panels, drawings, paintings
    #[arg(value_name = "FILE", required = true)]
    pub pictures: Vec<PathBuf>,
    /// Style whose lines, screens and paper it takes
    #[arg(long, default_value = "comic", value_name = "STYLE")]
    pub base: String,
    /// Replace a style of that name
    #[arg(long)]
    pub overwrite: bool,
}

/// `comicvid bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// Picture size, WIDTHxHEIGHT
    #[arg(long, default_value = "1280x720", value_name = "SIZE")]
    pub size: String,
    /// Frames to time, after ten of warm-up
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub frames: u32,
    /// How it looks
    #[command(flatten)]
    pub look: Look,
    /// What computes
    #[command(flatten)]
    pub machine: Machine,
    /// One JSON object on stdout instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `comicvid eval`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Eval {
    /// A generator instead of a film.
    #[command(subcommand)]
    pub generator: Option<EvalWhat>,
    /// The film as it was
    #[arg(required = true)]
    pub input: Option<PathBuf>,
    /// What was made of it, frame by frame
    #[arg(required = true)]
    pub output: Option<PathBuf>,
    /// Where the output begins in the input: seconds, or [HH:]MM:SS[.fraction]
    #[arg(long, value_name = "TIME")]
    pub start: Option<String>,
    /// Look at this much: seconds, or [HH:]MM:SS[.fraction]
    #[arg(long, value_name = "TIME")]
    pub length: Option<String>,
    /// One JSON object on stdout instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `comicvid train`.
#[derive(Debug, Args)]
pub struct Train {
    /// Folder of photos, searched recursively
    #[arg(long, value_name = "DIR")]
    pub photos: PathBuf,
    /// Folder of comic panels, searched recursively
    #[arg(long, value_name = "DIR")]
    pub comics: PathBuf,
    /// Perceptual network for content and style losses (safetensors; layout in models/README.md)
    #[arg(long, value_name = "FILE")]
    pub features: PathBuf,
    /// Weights to write; checkpoint, loss log and picture sheets go beside it
    #[arg(long, default_value = "my.safetensors", value_name = "FILE")]
    pub out: PathBuf,
    /// How long to train
    #[arg(long, default_value_t = 240.0, value_name = "N", value_parser = positive)]
    pub minutes: f64,
    /// Go on from the checkpoint beside --out
    #[arg(long)]
    pub resume: bool,
    /// Start from these weights (a built-in name or a file), which need no warm-up, rather than from random ones
    #[arg(long, value_name = "WEIGHTS", conflicts_with = "resume")]
    pub from: Option<String>,
    /// Side of the crops to learn from: a multiple of 16 from 96 to 352 pixels. Smaller pictures are left out
    #[arg(long, default_value_t = 160, value_name = "N", value_parser = crop_side)]
    pub crop: u32,
    /// Crops of panels that a step sees, and as many of photos; a GPU has room for 16
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=256))]
    pub batch: u32,
    /// Seed of every random choice
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: String,
    /// CPU threads; by default all
    #[arg(long, value_name = "N")]
    pub threads: Option<u32>,
}

/// What `comicvid eval` looks at besides films.
#[derive(Debug, Subcommand)]
pub enum EvalWhat {
    /// How close a generator comes to comics, and what it keeps of the photo, on pictures that training holds out
    Generator(EvalGenerator),
}

/// `comicvid eval generator`.
#[derive(Debug, Args)]
pub struct EvalGenerator {
    /// A built-in name or a safetensors file
    #[arg(default_value = "comic", value_name = "WEIGHTS")]
    pub weights: String,
    /// Which of the weights' styles to judge, or a mixture such as comic:0.7,ink:0.3
    #[arg(long, default_value = "comic", value_name = "NAME")]
    pub style: String,
    /// Judge the whole style, lines and tones and screens included, not the network's drawing alone; --style is then as
    /// everywhere
    #[arg(long)]
    pub finished: bool,
    /// Folder of photos, as for `comicvid train`: those are used which training leaves out
    #[arg(long, value_name = "DIR")]
    pub photos: PathBuf,
    /// Folder of comic panels, likewise
    #[arg(long, value_name = "DIR")]
    pub comics: PathBuf,
    /// Perceptual network to look through (repeatable; layouts in models/README.md)
    #[arg(long, value_name = "FILE", required = true)]
    pub features: Vec<PathBuf>,
    /// Write photos and drawings side by side to this picture
    #[arg(long, value_name = "FILE")]
    pub sheet: Option<PathBuf>,
    /// One JSON object on stdout instead of a table
    #[arg(long)]
    pub json: bool,
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: String,
}

/// A shell that completions can be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bourne again shell
    Bash,
    /// Elvish
    Elvish,
    /// Friendly interactive shell
    Fish,
    /// `PowerShell`
    Powershell,
    /// Z shell
    Zsh,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if value > 0.0 && value <= 1e9 { Ok(value) } else { Err("expected a number above 0".to_owned()) }
}

fn crop_side(text: &str) -> Result<u32, String> {
    let side: u32 = text.parse().map_err(|_| "expected a number".to_owned())?;
    let fits = (96..=352).contains(&side) && side.is_multiple_of(16);
    if fits { Ok(side) } else { Err("expected a multiple of 16 from 96 to 352".to_owned()) }
}

fn unit_interval(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("expected a number from 0 to 1".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn declarations_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_bare_pair_of_files_is_a_conversion() {
        let cli = Cli::try_parse_from(["comicvid", "a.mp4", "b.mp4", "--set", "outline.width=2"]).unwrap();
        assert_eq!((cli.input, cli.output), (Some("a.mp4".into()), Some("b.mp4".into())));
        assert_eq!(cli.convert.film.look.set, [("outline.width".to_owned(), "2".to_owned())]);
        assert!(cli.command.is_none());
    }

    #[test]
    fn many_inputs_need_a_folder() {
        let many = ["comicvid", "a.mp4", "b.mp4", "c", "--out", "d", "--name", "{style}/{stem}.mp4"];
        let cli = Cli::try_parse_from(many).unwrap();
        assert_eq!((cli.output, cli.more), (Some("b.mp4".into()), vec!["c".into()]));
        assert!(Cli::try_parse_from(&many[..4]).is_err());
        assert!(Cli::try_parse_from(["comicvid", "a.mp4", "--out", "d"]).is_ok());
        assert!(Cli::try_parse_from(["comicvid", "a.mp4"]).is_err());
        assert!(Cli::try_parse_from(["comicvid", "a.mp4", "b.mp4", "--name", "x"]).is_err());
    }

    #[test]
    fn a_command_needs_no_files() {
        let cli = Cli::try_parse_from(["comicvid", "styles"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Styles(_))));
    }

    #[test]
    fn strength_outside_its_range_is_a_usage_error() {
        assert!(Cli::try_parse_from(["comicvid", "a", "b", "--strength", "1.5"]).is_err());
        assert!(Cli::try_parse_from(["comicvid"]).is_err());
    }
}
