//! What is fuzzed: everything that the program reads besides films, as bytes that anybody may have written. Each must be
//! taken or refused; none may panic. `tests/robust` runs the same on mutations of good files.

use comicvid::config;
use comicvid::frame::{ColorInfo, PixelFormat, Rational, Size, StreamInfo};
use comicvid::sink::{Facts, Planned, Segments, SinkOptions};
use std::path::{Path, PathBuf};

thread_local! {
    static FOLDER: tempfile::TempDir = {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        made.expect("a temporary folder")
    };
}

/// The path of `name` in this thread's folder.
fn at(name: &str) -> PathBuf {
    FOLDER.with(|folder| folder.path().join(name))
}

fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = at(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    std::fs::write(&path, bytes).expect("it can be written");
    path
}

/// A style file.
pub fn style(data: &[u8]) {
    let path = write("style.toml", data);
    if let Ok(settings) = config::load(path.to_str().expect("text"), &[]) {
        // What was taken can be listed, and mixed with another.
        assert!(!settings.values().is_empty());
        let _ = config::load(&format!("{}:1,comic:2", path.display()), &[]);
    }
}

/// `--style` and `--set`: a name, then `KEY=VALUE`, a line each.
pub fn changes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let name = lines.next().unwrap_or_default();
    // Files are the business of `style`.
    if name.contains(['/', '.', '\0']) {
        return;
    }
    let pairs = lines.filter_map(|line| line.split_once('='));
    let changes: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if let Ok(settings) = config::load(name, &changes) {
        assert!(!settings.values().is_empty());
    }
}

/// A file of weights.
#[cfg(feature = "torch")]
pub fn weights(data: &[u8]) {
    let path = write("weights.safetensors", data);
    let _ = comicvid::stylize::load(path.to_str().expect("text"));
}

/// A plan, and an entry of a segment beside it.
pub fn plan(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    write("planned.mkv.part/plan.json", &data[..end]);
    write("planned.mkv.part/0001.json", data.get(end + 1..).unwrap_or_default());
    write("planned.mkv.part/0001.packets", b"1234");
    if let Ok(Some(planned)) = Planned::find(&at("planned.mkv")) {
        let _ = (planned.plan().frames(), planned.missing(), planned.segment(0));
        let _ = planned.check(&Facts::new());
        if planned.plan().segments.len() <= 1 {
            let _ = planned.join(&info(), &SinkOptions { overwrite: true, ..SinkOptions::default() });
        }
    }
}

/// A journal.
pub fn journal(data: &[u8]) {
    write("journal.mkv.part/journal.json", data);
    go_on("journal.mkv");
}

/// The packets of a finished segment, under a journal that says so.
pub fn packets(data: &[u8]) {
    join(data);
}

/// As [`packets`]; answers whether a film came of it.
pub fn join(data: &[u8]) -> bool {
    let (facts, frames, bytes) = ("{}", 3, data.len());
    let segment = format!("{{\"frames\":{frames},\"pts\":0,\"bytes\":{bytes}}}");
    let text = format!("{{\"layout\":3,\"facts\":{facts},\"segments\":[{segment}],\"warm_up\":0,\"complete\":true}}");
    write("packets.mkv.part/journal.json", text.as_bytes());
    write("packets.mkv.part/0001.packets", data);
    go_on("packets.mkv")
}

/// Goes on with the film `name`, as far as that is joining what is finished.
fn go_on(name: &str) -> bool {
    let options = SinkOptions { overwrite: true, encoder: Some("ffv1".into()), ..SinkOptions::default() };
    let plain = SinkOptions { overwrite: false, ..options.clone() };
    let _ = std::fs::remove_file(at(name));
    if let Ok(segments) = Segments::open(&at(name), &info(), &plain, &Facts::new())
        && segments.is_complete()
    {
        let _ = segments.join();
    }
    let _ = std::fs::remove_dir_all(at(&format!("{name}.part")));
    at(name).exists()
}

fn info() -> StreamInfo {
    StreamInfo {
        frame_rate: Some(Rational::new(25, 1)),
        ..StreamInfo::new(Size::new(16, 16), PixelFormat::I420, ColorInfo::BT709)
    }
}
