//! Films of variable rate in containers that only count their pictures.

use crate::support::*;
use std::path::Path;
use std::process::Command;

/// Mean luma of every picture, and when it is shown, after the first one.
fn levels(path: &Path) -> Vec<(f64, f64)> {
    let times = shown(path);
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args([
            "-map",
            "0:v:0",
            "-vsync",
            "passthrough",
            "-vf",
            "scale=1:1:flags=area,format=gray",
            "-f",
            "rawvideo",
            "-",
        ])
        .output()
        .expect("ffmpeg");
    assert_eq!(out.stdout.len(), times.len(), "{}: {}", path.display(), String::from_utf8_lossy(&out.stderr));
    let seconds = |t: &Time| t.0 as f64 / t.1 as f64;
    let first = seconds(&times[0]);
    times.iter().zip(out.stdout).map(|(t, level)| (seconds(t) - first, f64::from(level))).collect()
}

#[test]
fn pictures_are_shown_when_they_should_be() {
    let films = Films::new();
    // Each is lighter than the one before, or clearly darker. Bursts, and a gap of half a second.
    let uneven = "-vf setpts=N*3000+1200*mod(N\\,3)+45000*gte(N\\,14) -vsync passthrough -enc_time_base 1:90000";
    let source =
        "-f lavfi -i color=s=96x64:r=30:d=1,format=yuv420p,geq=lum='30+mod(N*37\\,200)':cb=128:cr=128,settb=1/90000";
    let input = films.make("in.mp4", &format!("{source} {uneven} {X264} -qp 4 -video_track_timescale 90000"));
    let before = levels(&input);
    assert_eq!(before.len(), 30);
    for name in ["out.ogv", "out.avi", "out.mxf", "out.y4m"] {
        let output = films.path(name);
        pass(&input, &output);
        let after = levels(&output);
        let rate = video(&output)["r_frame_rate"].as_str().and_then(|rate| {
            let (num, den) = rate.split_once('/')?;
            Some(num.parse::<f64>().ok()? / den.parse::<f64>().ok()?)
        });
        let half = 0.5 / rate.expect("a rate") + 0.001;
        let mut found = 0;
        for (at, level) in &after {
            // Whatever is shown belongs to a moment not farther than half a place away.
            let fits = |index: usize| {
                let end = before.get(index + 1).map_or(f64::MAX, |next| next.0);
                (before[index].1 - level).abs() < 9.0 && *at > before[index].0 - half && *at < end + half
            };
            assert!((0..before.len()).any(fits), "{name}: {level} at {at} s");
        }
        for (at, level) in &before {
            found +=
                usize::from(after.iter().any(|(then, seen)| (then - at).abs() <= half && (seen - level).abs() < 9.0));
        }
        assert!(found >= 20, "{name}: {found} of 30 pictures are to be seen in their time");
        let (end, wanted) = (after.last().expect("a picture").0, before.last().expect("a picture").0);
        assert!((end - wanted).abs() < 3.0 * half, "{name} ends at {end}, not {wanted}");
    }
}

#[test]
fn what_is_steady_stays_frame_for_frame() {
    let films = Films::new();
    for rate in ["24000/1001", "25", "60"] {
        let input = films.make("in.mkv", &format!("-f lavfi -i testsrc2=s=96x64:r={rate}:d=2 {X264} -y"));
        for name in ["out.ogv", "out.avi", "out.mxf", "out.y4m"] {
            let output = films.path(name);
            let options = comicvid::sink::SinkOptions { overwrite: true, ..Default::default() };
            let passed = pass_with(&input, &output, &Default::default(), options).expect("a pass");
            let count =
                probe(&output, "-select_streams v:0 -count_packets -show_entries stream=nb_read_packets,r_frame_rate");
            let stream = &count["streams"][0];
            assert_eq!(stream["nb_read_packets"], passed.frames.to_string(), "{name} at {rate}");
            let wanted = if rate.contains('/') { rate.to_owned() } else { format!("{rate}/1") };
            assert_eq!(stream["r_frame_rate"], wanted, "{name}");
        }
    }
}
