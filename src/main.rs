//! The `comicvid` launcher: answers `--help` and usage errors itself, loads the library for everything else.
//!
//! Two reasons for the split. Loading libtorch takes half a second, which nobody should wait for to read a help text.
//! And a program that is linked to a library which is not there cannot start, so it cannot say what is missing; a
//! launcher that loads the library at run time can.

#[allow(dead_code, reason = "the launcher parses only to answer usage errors; the library acts on the values")]
mod cli;
mod launch;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::Cli::parse();
    launch::settle();
    match launch::run() {
        // Not a return: libtorch's own threads do not survive an orderly teardown of the process.
        Ok(code) => std::process::exit(code),
        Err(missing) => {
            // Nothing is left to do where stderr is closed.
            let _ = writeln!(std::io::stderr(), "error: {missing}\nhint: {}", missing.hint());
            ExitCode::FAILURE
        }
    }
}
