//! The launcher: quick where nothing needs loading, and clear where something is missing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
use assert_cmd::Command;
use std::fs;
use std::path::Path;

#[test]
fn help_and_usage_errors_load_no_library() {
    // A launcher with no library near it could not do anything else.
    let folder = folder();
    let program = link_launcher(folder.path());
    let help = Command::new(&program).arg("--help").assert().success();
    assert!(String::from_utf8_lossy(&help.get_output().stdout).contains("Usage:"));
    Command::new(&program).arg("--version").assert().success();
    Command::new(&program).arg("--no-such-flag").assert().code(2);
}

#[test]
fn a_missing_library_is_named_in_one_line() {
    let folder = folder();
    let assert = Command::new(link_launcher(folder.path())).args(["in.mp4", "out.mp4"]).assert().code(1);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines[0].contains("libcomicvid.so is missing"), "{stderr}");
    assert!(lines.len() == 2 && lines[1].starts_with("hint: "), "{stderr}");
}

#[test]
fn a_libtorch_that_is_not_there_is_named_with_the_variable_that_chooses_it() {
    let mut command = Command::cargo_bin("comicvid").unwrap();
    let assert = command.env("COMICVID_LIBTORCH", "/nonexistent").args(["in.mp4", "out.mp4"]).assert().code(1);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("libc10.so is missing") && stderr.contains("COMICVID_LIBTORCH"), "{stderr}");
}

#[test]
fn it_runs_from_any_folder_with_an_empty_environment() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("comicvid").unwrap();
    let assert = command.env_clear().current_dir(folder.path()).arg("styles").assert().success();
    assert!(!assert.get_output().stdout.is_empty());
}

/// A folder on the launcher's own file system.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A second name of the launcher. A copy could not always be run: while it is written, another test's thread may start a
/// process that inherits the open file ("Text file busy").
fn link_launcher(folder: &Path) -> std::path::PathBuf {
    let program = folder.join("comicvid");
    fs::hard_link(assert_cmd::cargo::cargo_bin!("comicvid"), &program).unwrap();
    program
}
