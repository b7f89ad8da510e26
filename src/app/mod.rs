//! From what was typed to what is done: parses, runs the command, tells the outcome, answers with the exit code.

mod alone;
mod bench;
mod convert;
mod devices;
mod engine;
mod estimate;
mod eval;
mod farm;
mod interrupt;
mod job;
#[cfg(feature = "torch")]
mod judge;
mod live;
mod many;
mod memory;
mod preview;
mod progress;
mod quantity;
mod resume;
mod screen;
mod studio;
mod styles;
#[cfg(feature = "torch")]
mod train;
mod virtual_camera;

use crate::av::pipe::is_standard;
use crate::cli::{Cli, Command, Shell};
use crate::error::Result;
use clap::{CommandFactory, Parser, error::ErrorKind};
use progress::Voice;
use std::path::PathBuf;

/// How a command ended, short of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Ctrl-C: the file holds what was drawn until then.
    Interrupted,
    /// Some of many files failed, each of which was told.
    Failed,
}

/// What the launcher calls: runs the command line of this process and answers with its exit code
/// (0 done, 1 failed, 2 wrong usage, 130 interrupted).
#[unsafe(no_mangle)]
pub extern "C" fn comicvid_main() -> i32 {
    // A panic must not unwind into the launcher.
    std::panic::catch_unwind(main).unwrap_or(1)
}

fn main() -> i32 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return error.exit_code();
        }
    };
    memory::keep();
    log(cli.verbose);
    let voice = match &cli.command {
        None => Voice::choose(cli.convert.json, cli.convert.quiet),
        Some(Command::Bench(bench)) => Voice::choose(bench.json, false),
        Some(Command::Eval(eval)) => Voice::choose(false, eval.json),
        Some(Command::Live(live)) => Voice::choose(live.json, false),
        Some(Command::Plan(plan)) => Voice::choose(plan.json, false),
        Some(Command::Segment(segment)) => Voice::choose(segment.json, false),
        Some(Command::Join(join)) => Voice::choose(join.json, false),
        Some(_) => Voice::choose(false, false),
    };
    match dispatch(&cli, voice) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Interrupted) => 130,
        Ok(Outcome::Failed) => 1,
        Err(error) => {
            voice.fail(&error);
            1
        }
    }
}

fn dispatch(cli: &Cli, voice: Voice) -> Result<Outcome> {
    match (&cli.command, &cli.input, &cli.output) {
        (Some(Command::Styles(args)), ..) => styles::run(args, voice)?,
        (Some(Command::Preview(args)), ..) => preview::run(args, voice)?,
        (Some(Command::Bench(args)), ..) => bench::run(args, voice)?,
        (Some(Command::Eval(args)), ..) => match (&args.generator, &args.input, &args.output) {
            (Some(crate::cli::EvalWhat::Generator(args)), ..) => judge(args)?,
            (None, Some(input), Some(output)) => eval::run(input, output, args, voice)?,
            // As below.
            (None, ..) => Cli::command().error(ErrorKind::MissingRequiredArgument, "two films are needed").exit(),
        },
        (Some(Command::Plan(args)), ..) => return farm::plan(args, voice),
        (Some(Command::Segment(args)), ..) => return farm::segment(args, voice),
        (Some(Command::Join(args)), ..) => return farm::join(args, voice),
        (Some(Command::Live(args)), ..) => live::run(args, voice)?,
        (Some(Command::Devices(args)), ..) => devices::run(args)?,
        (Some(Command::Train(args)), ..) => return train(args, voice),
        (Some(Command::Completions { shell }), ..) => completions(*shell),
        (None, None, _) if let (Some(watched), Some(folder)) = (&cli.convert.watch, &cli.convert.out) => {
            return many::watch(watched, folder, &cli.convert, voice);
        }
        (None, Some(first), second) if let Some(folder) = &cli.convert.out => {
            let named = [first].into_iter().chain(second).chain(&cli.more);
            return many::run(named.map(PathBuf::as_path), folder, &cli.convert, voice);
        }
        (None, Some(_), Some(output)) if cli.convert.json && !cli.convert.dry_run && is_standard(output) => {
            let both = "--json and the film cannot both go to standard output";
            Cli::command().error(ErrorKind::ArgumentConflict, both).exit()
        }
        (None, Some(input), Some(output)) => return convert::run(input, output, &cli.convert, voice),
        // clap lets nobody through without a command and without files.
        (None, ..) => Cli::command().error(ErrorKind::MissingRequiredArgument, "two files are needed").exit(),
    }
    Ok(Outcome::Done)
}

#[cfg(feature = "torch")]
fn train(args: &crate::cli::Train, voice: Voice) -> Result<Outcome> {
    train::run(args, voice)
}

#[cfg(feature = "torch")]
fn judge(args: &crate::cli::EvalGenerator) -> Result<()> {
    judge::run(args)
}

#[cfg(not(feature = "torch"))]
fn train(_: &crate::cli::Train, _: Voice) -> Result<Outcome> {
    Err(without_libtorch())
}

#[cfg(not(feature = "torch"))]
fn judge(_: &crate::cli::EvalGenerator) -> Result<()> {
    Err(without_libtorch())
}

#[cfg(not(feature = "torch"))]
fn without_libtorch() -> crate::error::Error {
    crate::error::Error::Training { reason: "this program was built without libtorch (Cargo feature `torch`)".into() }
}

fn completions(shell: Shell) {
    use clap_complete::aot::Shell as To;
    let shell = match shell {
        Shell::Bash => To::Bash,
        Shell::Elvish => To::Elvish,
        Shell::Fish => To::Fish,
        Shell::Powershell => To::PowerShell,
        Shell::Zsh => To::Zsh,
    };
    clap_complete::generate(shell, &mut Cli::command(), "comicvid", &mut std::io::stdout());
}

/// Library messages on stderr; `COMICVID_LOG` takes filters such as `comicvid=debug`.
fn log(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "comicvid=info,warn",
        _ => "comicvid=debug,info",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("COMICVID_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    // A second call (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().try_init();
}
