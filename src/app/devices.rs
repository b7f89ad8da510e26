//! `comicvid devices`: what this machine has to film, to draw and to show with.

use super::virtual_camera;
use crate::cli::Devices;
use crate::error::{Error, Result};
use crate::gpu;
use crate::source::live::camera::{self, Listed, Mode};
use crate::stylize;
use serde_json::{Value, json};
use std::io::Write;

/// Lists them.
///
/// # Errors
/// stdout cannot be written.
pub fn run(args: &Devices) -> Result<()> {
    let backend = camera::system();
    let cameras: Vec<(Listed, Vec<Mode>)> =
        backend.list().into_iter().map(|c| (c.clone(), backend.modes(&c))).collect();
    let adapters = gpu::adapters();
    let networks = stylize::devices();
    let targets = virtual_camera::targets();
    let text = if args.json {
        let cameras: Vec<Value> = cameras.iter().map(|(c, modes)| camera_json(c, modes)).collect();
        let adapters: Vec<Value> = adapters.iter().map(|a| json!({ "name": a.name, "software": a.software })).collect();
        format!(
            "{}\n",
            json!({
                "cameras": cameras, "generator": networks, "shaders": adapters, "virtual_cameras": targets_json(&targets),
            })
        )
    } else {
        let mut text = String::from("Cameras\n");
        if cameras.is_empty() {
            text += "  none (--camera test and --camera file:CLIP stand in for one)\n";
        }
        for (camera, modes) in &cameras {
            text += &format!("  {}  {}{}\n", camera.index, camera.name, place(camera));
            text += &match &camera.refused {
                Some(why) => format!("       {why}\n"),
                None => summary(modes),
            };
        }
        text += "\nGenerator (--device)\n";
        networks.iter().for_each(|name| text += &format!("  {name}\n"));
        text += "\nShaders\n";
        for adapter in &adapters {
            text += &format!("  {}{}\n", adapter.name, if adapter.software { ", on the processor" } else { "" });
        }
        if adapters.is_empty() {
            text += "  none: no Vulkan, Metal or Direct3D 12 driver\n";
        }
        text += "\nVirtual cameras (live --virtual-camera)\n";
        for (name, state) in &targets {
            text += &format!("  {name}: {}\n", state.as_ref().map_or_else(|why| why.as_str(), String::as_str));
        }
        text
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| Error::write("stdout".as_ref(), e))
}

fn targets_json(targets: &[virtual_camera::Target]) -> Vec<Value> {
    let entry = |(name, state): &virtual_camera::Target| match state {
        Ok(text) => json!({ "name": name, "ready": true, "description": text }),
        Err(why) => json!({ "name": name, "ready": false, "description": why }),
    };
    targets.iter().map(entry).collect()
}

fn place(camera: &Listed) -> String {
    camera.path.as_ref().map_or_else(String::new, |path| format!(", {}", path.display()))
}

/// A line a coding and size, with all its rates.
fn summary(modes: &[Mode]) -> String {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for mode in modes {
        let rate = mode.rate.map_or_else(|| "?".to_owned(), |r| format!("{:.2}", r.as_f64()));
        let rate = rate.trim_end_matches('0').trim_end_matches('.').to_owned();
        let what = Mode { rate: None, ..*mode }.to_string();
        match lines.iter_mut().find(|(known, _)| *known == what) {
            Some((_, rates)) => rates.push(rate),
            None => lines.push((what, vec![rate])),
        }
    }
    lines.iter().map(|(what, rates)| format!("       {what} at {} fps\n", rates.join(", "))).collect()
}

fn camera_json(camera: &Listed, modes: &[Mode]) -> Value {
    let modes: Vec<Value> = modes
        .iter()
        .map(|m| {
            let rate = m.rate.map(|r| format!("{}/{}", r.num, r.den));
            json!({ "width": m.size.width, "height": m.size.height, "coding": m.coding.name(), "rate": rate })
        })
        .collect();
    json!({
        "index": camera.index, "name": camera.name, "bus": camera.bus, "path": camera.path, "modes": modes,
        "refused": camera.refused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Rational, Size};
    use camera::Coding;

    #[test]
    fn modes_of_a_size_share_a_line() {
        let mode =
            |width, num, coding| Mode { size: Size::new(width, 480), rate: Some(Rational::new(num, 1001)), coding };
        let modes = [mode(640, 30000, Coding::Yuyv), mode(640, 15015, Coding::Yuyv), mode(320, 5005, Coding::Mjpeg)];
        assert_eq!(summary(&modes), "       640x480 YUYV at 29.97, 15 fps\n       320x480 MJPEG at 5 fps\n");
    }
}
