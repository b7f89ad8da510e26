//! Pixels, their layout, their colour and which way up they are.

use crate::support::*;
use comicvid::frame::{PixelFormat, Range, Size};
use comicvid::sink::SinkOptions;
use comicvid::source::{self, HighRange, OpenOptions};
use std::path::Path;

/// Our first frame of `path`, planes packed one behind the other.
fn first_planes(path: &Path) -> (Vec<u8>, PixelFormat, Size) {
    let mut source = source::open(path, &OpenOptions::default()).expect("opened").source;
    let image = source.next_frame().expect("a frame").expect("not the end").image;
    let mut bytes = Vec::new();
    for plane in 0..image.format.plane_count() {
        let (_, rows, _) = image.format.plane_layout(plane, image.size);
        for row in 0..rows {
            bytes.extend_from_slice(image.row(plane, row));
        }
    }
    (bytes, image.format, image.size)
}

/// FFmpeg's first frame of `path` as `format`.
fn ffmpeg_planes(path: &Path, format: &str) -> Vec<u8> {
    let arguments = ["-frames:v", "1", "-sws_flags", "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"];
    let raw = path.with_extension("raw");
    let (path, out) = (path.to_string_lossy(), raw.to_string_lossy());
    let rest = [&[&*path], &arguments[..], &["-pix_fmt", format, "-f", "rawvideo", &*out]].concat();
    run("ffmpeg", &["-v", "error", "-y", "-i"], &rest);
    std::fs::read(&raw).expect("written")
}

#[test]
fn every_layout_arrives() {
    let films = Films::new();
    // What the decoder delivers, what it is to arrive as, and by how much a sample may differ from FFmpeg's conversion.
    for (format, to, tolerance) in [
        ("yuv420p", "yuv420p", 0),
        ("yuv422p", "yuv422p", 0),
        ("yuv444p", "yuv444p", 0),
        ("nv12", "nv12", 0),
        ("yuv420p10le", "yuv420p10le", 0),
        ("yuv444p16le", "yuv444p16le", 0),
        ("yuv420p10be", "yuv420p10le", 0),
        ("yuva420p", "yuv420p", 0),
        ("yuyv422", "yuv422p", 0),
        ("uyvy422", "yuv422p", 0),
        ("nv21", "yuv420p", 0),
        ("gray", "gray", 0),
        ("gray10le", "gray10le", 0),
        ("gray16be", "gray16le", 0),
        ("rgba", "rgba", 0),
        ("rgb24", "rgba", 0),
        ("bgra", "rgba", 0),
        ("bgr0", "rgba", 0),
        ("gbrp", "rgba", 0),
        ("yuv411p", "yuv422p", 2),
        ("yuv410p", "yuv420p", 2),
        ("yuv440p", "yuv444p", 2),
    ] {
        // 38 x 22: rows that fill no cache line, chroma of odd size.
        let source = format!("-f lavfi -i testsrc2=s=38x22 -frames:v 1 -c:v rawvideo -pix_fmt {format}");
        let path = films.make(&format!("{format}.nut"), &source);
        let (ours, layout, size) = first_planes(&path);
        assert_eq!(size, Size::new(38, 22));
        let theirs = ffmpeg_planes(&path, to);
        assert_eq!(ours.len(), theirs.len(), "{format} as {layout:?}");
        let worst = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(tolerance), "{format} as {layout:?}: off by {worst:?}");
    }
}

#[test]
fn deep_rgb_keeps_its_bits() {
    let films = Films::new();
    let path = films.make("deep.nut", "-f lavfi -i testsrc2=s=64x48 -frames:v 1 -c:v rawvideo -pix_fmt gbrp10le");
    let mut source = source::open(&path, &OpenOptions::default()).expect("opened").source;
    assert_eq!((source.info().format.bits(), source.info().color.range), (10, Range::Limited));
    let image = source.next_frame().expect("a frame").expect("not the end").image;
    let luma: Vec<_> = (0..48)
        .flat_map(|y| image.row(0, y).chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect::<Vec<_>>())
        .collect();
    assert!(luma.iter().all(|v| (64..=940).contains(v)), "limited range at 10 bits");
    assert!(luma.iter().any(|v| v % 4 != 0), "more than 8 bits");
}

#[test]
fn the_path_itself_changes_no_pixel() {
    let films = Films::new();
    for (name, format) in [("a.mkv", "yuv420p"), ("b.mkv", "yuv444p"), ("c.mkv", "yuv422p10le"), ("d.mkv", "gray")] {
        let source = "-f lavfi -i testsrc2=s=99x55:r=25:d=0.4 -c:v ffv1 -pix_fmt";
        let input = films.make(name, &format!("{source} {format}"));
        let output = films.path(&format!("out-{name}"));
        pass_with(&input, &output, &OpenOptions::default(), lossless()).expect("a pass");
        assert_eq!(video(&output)["pix_fmt"], format);
        assert_eq!(pixels(&output, &[], &[]), pixels(&input, &[], &[]), "{format}");
    }
}

#[test]
fn tags_are_handed_on() {
    let films = Films::new();
    let keys = ["color_range", "color_space", "color_primaries", "color_transfer", "chroma_location"];
    let tags = |path: &Path| keys.map(|key| video(path)[key].as_str().unwrap_or("unknown").to_owned());
    for (name, arguments) in [
        (
            "pq.mkv",
            "-c:v ffv1 -pix_fmt yuv420p10le -color_range tv -colorspace bt2020nc -color_primaries bt2020 \
             -color_trc smpte2084 -chroma_sample_location topleft",
        ),
        ("full.mp4", "-c:v libx264 -pix_fmt yuvj420p -color_range pc -colorspace bt709 -color_primaries bt709"),
        ("jpeg.avi", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
        ("pal.mp4", "-c:v libx264 -pix_fmt yuv420p -colorspace bt470bg -color_primaries bt470bg -color_trc gamma28"),
    ] {
        let input = films.make(name, &format!("-f lavfi -i testsrc2=s=160x90:r=25:d=0.2 {arguments}"));
        for extension in ["mp4", "mkv"] {
            let output = films.path(&format!("out-{name}.{extension}"));
            let keep = OpenOptions { high_range: HighRange::Keep, ..OpenOptions::default() };
            pass_with(&input, &output, &keep, SinkOptions::default()).expect("a pass");
            let (before, after) = (tags(&input), tags(&output));
            for (i, key) in keys.iter().enumerate() {
                assert!(
                    before[i] == "unknown" || before[i] == after[i],
                    "{name} {extension} {key}: {before:?} {after:?}"
                );
            }
        }
    }
    // Asked for, ten bits stay ten.
    let options = SinkOptions { encoder: Some("libx265".into()), ..SinkOptions::default() };
    let output = films.path("deep.mp4");
    let keep = OpenOptions { high_range: HighRange::Keep, ..OpenOptions::default() };
    pass_with(&films.path("pq.mkv"), &output, &keep, options).expect("a pass");
    assert_eq!(video(&output)["pix_fmt"], "yuv420p10le");
    assert_eq!(video(&output)["color_transfer"], "smpte2084");
}

/// Mean codes of the first frame's planes.
fn levels(film: &Path) -> [f64; 3] {
    let film = film.to_string_lossy();
    let filter = ["-vf", "signalstats,metadata=print:file=-", "-frames:v", "1", "-f", "null", "-"];
    let text = run("ffmpeg", &["-v", "error", "-i", &film], &filter);
    ["YAVG", "UAVG", "VAVG"].map(|key| {
        let value = text.lines().find_map(|line| line.split_once(&format!("signalstats.{key}="))).expect("a level");
        value.1.trim().parse().expect("a number")
    })
}

#[test]
fn high_range_becomes_standard_and_says_so() {
    let films = Films::new();
    // Grey of 100 cd/m²: PQ 0.508, code 509 of 10 bits; White in HLG is at 75 %, code 721.
    for (transfer, luma, wanted) in [("smpte2084", 509, 714.0), ("arib-std-b67", 721, 853.0), ("smpte2084", 64, 64.0)] {
        let tags = format!(
            "-color_range tv -colorspace bt2020nc -color_primaries bt2020 -color_trc {transfer} \
             -chroma_sample_location topleft"
        );
        let picture = format!("color=s=160x90:r=25:d=0.2,format=yuv420p10le,geq=lum={luma}:cb=512:cr=512");
        let name = format!("{transfer}-{luma}.mkv");
        let input = films.make(&name, &format!("-f lavfi -i {picture} -c:v ffv1 -pix_fmt yuv420p10le {tags}"));
        let output = films.path(&format!("out-{name}"));
        pass_with(&input, &output, &OpenOptions::default(), lossless()).expect("a pass");
        let stream = video(&output);
        assert_eq!((&stream["color_transfer"], &stream["color_primaries"]), (&"bt709".into(), &"bt709".into()));
        assert_eq!((&stream["color_space"], &stream["color_range"]), (&"bt709".into(), &"tv".into()));
        assert_eq!(stream["pix_fmt"], "yuv420p10le");
        let [y, u, v] = levels(&output);
        assert!((y - wanted).abs() < 5.0 && (u - 512.0).abs() < 1.5 && (v - 512.0).abs() < 1.5, "{name}: {y} {u} {v}");
    }
}

#[test]
fn the_stated_peak_decides_how_much_is_drawn_together() {
    let films = Films::new();
    let bright = |name: &str, cll: u32| {
        let picture = "color=s=160x90:r=25:d=0.2,format=yuv420p10le,geq=lum=640:cb=512:cr=512";
        let codec = format!(
            "-c:v libx265 -pix_fmt yuv420p10le -x265-params \
             log-level=none:lossless=1:range=limited:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll={cll},100"
        );
        let input = films.make(name, &format!("-f lavfi -i {picture} {codec}"));
        let output = films.path(&format!("out-{name}"));
        pass_with(&input, &output, &OpenOptions::default(), lossless()).expect("a pass");
        levels(&output)[0]
    };
    let (low, high) = (bright("400.mkv", 400), bright("4000.mkv", 4000));
    assert!(low > high + 20.0, "{low} {high}");
}

#[test]
fn silence_about_colour_stays_silence() {
    let films = Films::new();
    let input = films.make("plain.mp4", &format!("-f lavfi -i testsrc2=s=160x90:r=25:d=0.2 {X264}"));
    let output = films.path("out.mp4");
    pass(&input, &output);
    for key in ["color_space", "color_primaries", "color_transfer"] {
        assert_eq!(video(&output)[key], video(&input)[key], "{key}");
    }
}

#[test]
fn films_come_out_upright() {
    let films = Films::new();
    let source = "-f lavfi -i testsrc2=s=160x96:r=25:d=0.2,setsar=4/3";
    films.make("flat.mp4", &format!("{source} {X264}"));
    for degrees in [90, 180, 270] {
        let input = turned(&films, "flat.mp4", &format!("turned{degrees}.mp4"), degrees);
        let side = video(&input)["side_data_list"][0]["rotation"].clone();
        assert!(side.is_number(), "the input has no display matrix: {}", video(&input));
        let output = films.path(&format!("out{degrees}.mkv"));
        pass_with(&input, &output, &OpenOptions::default(), lossless()).expect("a pass");
        let out = video(&output);
        let quarter = degrees != 180;
        let (size, aspect) = if quarter { ((96, 160), "3:4") } else { ((160, 96), "4:3") };
        assert_eq!((out["width"].as_i64(), out["height"].as_i64()), (Some(size.0), Some(size.1)));
        assert_eq!(out["sample_aspect_ratio"], aspect);
        assert!(out["side_data_list"].is_null() && out["tags"]["rotate"].is_null(), "no second turn: {out}");
        assert_eq!(pixels(&output, &[], &[]), pixels(&input, &[], &[]), "turned by {degrees}");
    }
    // 4:2:2 cannot be transposed as it is.
    films.make("wide.mov", &format!("{source} -c:v prores_ks -profile:v 0 -pix_fmt yuv422p10le"));
    let input = turned(&films, "wide.mov", "turned.mov", 90);
    let output = films.path("out.mkv");
    pass_with(&input, &output, &OpenOptions::default(), lossless()).expect("a pass");
    assert_eq!(video(&output)["pix_fmt"], "yuv444p10le");
    assert_eq!(video(&output)["height"], 160);
}

#[test]
fn odd_sizes() {
    let films = Films::new();
    let source = "-f lavfi -i testsrc=s=321x181:r=24:d=0.3 -c:v libx264 -preset ultrafast -pix_fmt yuv444p";
    let input = films.make("odd.mp4", source);
    assert_eq!((&video(&input)["width"], &video(&input)["height"]), (&321.into(), &181.into()));
    let output = films.path("out.mp4");
    let passed = pass(&input, &output);
    let out = video(&output);
    assert_eq!((out["width"].as_i64(), out["height"].as_i64()), (Some(322), Some(182)));
    assert_eq!((&out["pix_fmt"], out["profile"] == "High 4:4:4 Predictive"), (&"yuv420p".into(), false));
    assert!(passed.notes.iter().any(|n| n.contains("321x181 is encoded as 322x182")), "{:?}", passed.notes);
    // VP9 has odd sizes, and 4:4:4 is there for who asks.
    pass(&input, &films.path("out.webm"));
    assert_eq!(video(&films.path("out.webm"))["width"], 321);
    let full = SinkOptions { encoder_options: vec![("pix_fmt".into(), "yuv444p".into())], ..SinkOptions::default() };
    pass_with(&input, &films.path("full.mp4"), &OpenOptions::default(), full).expect("a pass");
    assert_eq!(
        (&video(&films.path("full.mp4"))["pix_fmt"], &video(&films.path("full.mp4"))["width"]),
        (&"yuv444p".into(), &321.into())
    );
}

#[test]
fn a_size_that_changes_on_the_way_is_scaled_to_the_first() {
    let films = Films::new();
    for (name, size) in [("a.ts", "160x96"), ("b.ts", "320x192")] {
        films.make(name, &format!("-f lavfi -i testsrc2=s={size}:r=25:d=0.4 {X264} -bf 0"));
    }
    let joined = [films.path("a.ts"), films.path("b.ts")].map(|p| std::fs::read(p).expect("made")).concat();
    std::fs::write(films.path("joined.ts"), joined).expect("written");
    let output = films.path("out.mkv");
    let passed = pass_with(&films.path("joined.ts"), &output, &OpenOptions::default(), lossless()).expect("a pass");
    assert_eq!(passed.frames, 20, "{passed:?}");
    assert_eq!(video(&output)["width"], 160);
    // The clock, too, jumps where they were joined: back to the beginning.
    let milliseconds: Vec<_> = shown(&output).iter().map(|t| t.0 * 1000 / t.1).collect();
    assert_eq!(milliseconds, (0..20).map(|k| milliseconds[0] + 40 * k).collect::<Vec<_>>());
}
