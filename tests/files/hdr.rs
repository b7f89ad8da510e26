//! `--hdr keep`: what is of high dynamic range stays so, in 10 bits, with what is known of its light.

use super::support::{Films, pass_with, run, video};
use comicvid::error::Error;
use comicvid::sink::SinkOptions;
use comicvid::source::{HighRange, OpenOptions};
use serde_json::Value;
use std::path::{Path, PathBuf};

const SCREEN: &str = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)";
const TAGS: &str = "-color_range tv -colorspace bt2020nc -color_primaries bt2020";

/// An HDR10 film as x265 makes it: what is known of its light is in its frames, and nowhere else.
fn hdr10(films: &Films, name: &str) -> PathBuf {
    let light = format!("log-level=error:master-display={SCREEN}:max-cll=1200,300:hdr10=1");
    let picture = "testsrc2=s=160x96:r=25:d=0.4";
    let encoder = format!("-c:v libx265 -pix_fmt yuv420p10le -color_trc smpte2084 {TAGS} -x265-params {light}");
    films.make(name, &format!("-f lavfi -i {picture} {encoder}"))
}

fn keep() -> OpenOptions {
    OpenOptions { high_range: HighRange::Keep, ..OpenOptions::default() }
}

/// What is said of the light beside the stream, and in its first frame.
fn light(film: &Path) -> [Vec<Value>; 2] {
    let film = film.to_string_lossy();
    let arguments = ["-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1", "-of", "json", &film];
    ["-show_streams", "-show_frames"].map(|what| {
        let found: Value = serde_json::from_str(&run("ffprobe", &[what], &arguments)).expect("JSON");
        let of = &found[if what == "-show_streams" { "streams" } else { "frames" }][0]["side_data_list"];
        let named = |data: &&Value| {
            let kind = data["side_data_type"].as_str().unwrap_or_default();
            kind.contains("Mastering") || kind.contains("Content light")
        };
        of.as_array().into_iter().flatten().filter(named).cloned().collect()
    })
}

/// A fraction as `a/b`.
fn fraction(value: &Value) -> f64 {
    let (num, den) = value.as_str().and_then(|text| text.split_once('/')).expect("a fraction");
    num.parse::<f64>().expect("a number") / den.parse::<f64>().expect("a number")
}

/// The screen is the source's, and so is the brightest pixel; the mean of drawings is another, and not known.
fn check(found: &[Value]) {
    let screen = found.iter().find(|data| !data["max_luminance"].is_null()).expect("a screen");
    let wanted = [("red_x", 0.68), ("green_y", 0.69), ("blue_x", 0.15), ("white_point_y", 0.329)];
    for (key, wanted) in wanted.into_iter().chain([("max_luminance", 4000.0), ("min_luminance", 0.005)]) {
        assert!((fraction(&screen[key]) / wanted - 1.0).abs() < 1e-3, "{key}: {screen}");
    }
    let content = found.iter().find(|data| !data["max_content"].is_null()).expect("the content's light");
    assert_eq!((&content["max_content"], &content["max_average"]), (&1200.into(), &0.into()));
}

#[test]
fn hdr10_stays_hdr10_with_its_metadata() {
    let films = Films::new();
    let input = hdr10(&films, "in.mkv");
    for extension in ["mp4", "mkv", "mov"] {
        let output = films.path(&format!("out.{extension}"));
        pass_with(&input, &output, &keep(), SinkOptions::default()).expect("a pass");
        let stream = video(&output);
        let said = ["codec_name", "pix_fmt", "color_transfer", "color_primaries", "color_space", "color_range"];
        let said = said.map(|key| stream[key].as_str().unwrap_or_default().to_owned());
        assert_eq!(said, ["hevc", "yuv420p10le", "smpte2084", "bt2020", "bt2020nc", "tv"], "{extension}");
        let [stream, frame] = light(&output);
        check(&frame);
        // FFmpeg reads MaxCLL of Matroska only beside a MaxFALL, and before version 7 nothing of mov; everybody reads the
        // frames'.
        if extension == "mp4" {
            check(&stream);
        }
        assert!(extension != "mkv" || stream.iter().any(|data| !data["max_luminance"].is_null()), "{stream:?}");
        // Once more, from what the container says as well.
        let again = films.path(&format!("again.{extension}"));
        pass_with(&output, &again, &keep(), SinkOptions::default()).expect("a pass");
        check(&light(&again)[1]);
    }
    // What the user says of the encoder is added, not put in place of it.
    let options = vec![("x265-params".to_owned(), "keyint=5".to_owned())];
    let output = films.path("own.mkv");
    let own = SinkOptions { encoder_options: options, ..SinkOptions::default() };
    pass_with(&input, &output, &keep(), own).expect("a pass");
    check(&light(&output)[1]);
    let packets = run(
        "ffprobe",
        &["-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0"],
        &[&*output.to_string_lossy()],
    );
    assert_eq!(packets.lines().filter(|flags| flags.starts_with('K')).count(), 2, "{packets}");
}

#[test]
fn what_becomes_standard_says_nothing_of_light() {
    let films = Films::new();
    let (input, output) = (hdr10(&films, "in.mp4"), films.path("out.mp4"));
    pass_with(&input, &output, &OpenOptions::default(), SinkOptions::default()).expect("a pass");
    assert_eq!((&video(&output)["codec_name"], &video(&output)["color_transfer"]), (&"h264".into(), &"bt709".into()));
    assert!(light(&output).iter().all(Vec::is_empty));
}

#[test]
fn other_encoders_keep_ten_bits_or_refuse() {
    let films = Films::new();
    let input = films.make(
        "in.mkv",
        &format!(
            "-f lavfi -i testsrc2=s=160x96:r=25:d=0.2 -c:v ffv1 -pix_fmt yuv420p10le -color_trc arib-std-b67 {TAGS}"
        ),
    );
    let named = |name: &str| SinkOptions { encoder: Some(name.into()), ..SinkOptions::default() };
    for (encoder, extension) in [("libx264", "mp4"), ("libsvtav1", "mkv"), ("libvpx-vp9", "webm"), ("prores_ks", "mov")]
    {
        let output = films.path(&format!("{encoder}.{extension}"));
        pass_with(&input, &output, &keep(), named(encoder)).expect(encoder);
        let stream = video(&output);
        let depth = stream["pix_fmt"].as_str().unwrap_or_default().contains("10le");
        assert!(depth && stream["color_transfer"] == "arib-std-b67", "{encoder}: {stream}");
    }
    for (encoder, name) in [(Some("mpeg4"), "a.mp4"), (None, "b.gif"), (None, "c.png"), (None, "d_%03d.jpg")] {
        let options = SinkOptions { encoder: encoder.map(str::to_owned), ..SinkOptions::default() };
        let result = pass_with(&input, &films.path(name), &keep(), options);
        assert!(matches!(&result, Err(Error::Setting { .. })), "{name}: {result:?}");
    }
}
