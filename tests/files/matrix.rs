//! Many kinds of film, each through the file's two ends: frames, their times, sound and shape are the input's. Tags and orientation: see `colour`.

use crate::support::*;
use std::path::Path;

/// Name, picture (size, rate), and how it is encoded.
const FILMS: [(&str, &str, &str, &str); 30] = [
    ("h264.mp4", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -bf 3 -c:a aac"),
    ("h264-open.mp4", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -x264-params open-gop=1:bframes=3 -g 5 -c:a aac"),
    ("h264-422.mov", "160x90", "24", "-c:v libx264 -pix_fmt yuv422p -c:a pcm_s16le"),
    ("h264-444.mkv", "160x90", "24", "-c:v libx264 -pix_fmt yuv444p -c:a libopus"),
    ("h264-deep.mkv", "160x90", "50", "-c:v libx264 -pix_fmt yuv420p10le -c:a flac"),
    ("h264-grey.mkv", "160x90", "25", "-c:v libx264 -pix_fmt gray -c:a libvorbis"),
    ("h264.ts", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -bf 2 -c:a mp2"),
    ("h264.flv", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    ("h264.3gp", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    ("h264.m4v", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    ("fragments.mp4", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov -c:a aac"),
    ("ntsc.mp4", "160x90", "30000/1001", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    ("film.mov", "160x90", "24000/1001", "-c:v prores_ks -pix_fmt yuv422p10le -c:a pcm_s24le"),
    ("slow.mp4", "160x90", "3", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    ("fast.mp4", "160x90", "120", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    ("hevc.mp4", "160x90", "25", "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p -tag:v hvc1 -c:a aac"),
    ("hevc-deep.mkv", "160x90", "25", "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le -c:a ac3"),
    ("vp8.webm", "160x90", "25", "-c:v libvpx -c:a libvorbis"),
    ("vp9.webm", "160x90", "25", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"),
    ("mpeg2.mkv", "160x96", "25", "-c:v mpeg2video -bf 2 -c:a mp2"),
    ("mpeg4.mp4", "160x90", "25", "-c:v mpeg4 -bf 2 -c:a aac"),
    ("mjpeg.mov", "160x90", "25", "-c:v mjpeg -pix_fmt yuvj422p -c:a pcm_s16be"),
    ("ffv1.mkv", "161x91", "25", "-c:v ffv1 -pix_fmt yuv420p -c:a flac"),
    ("huffyuv.mkv", "160x90", "25", "-c:v huffyuv -pix_fmt yuv422p -c:a pcm_s16le"),
    ("rgb.mkv", "160x90", "25", "-c:v ffv1 -pix_fmt bgr0 -c:a pcm_s16le"),
    ("theora.mkv", "160x96", "25", "-c:v libtheora -c:a libvorbis"),
    ("anamorphic.mp4", "180x144", "25", "-c:v libx264 -pix_fmt yuv420p -vf setsar=64/45 -c:a aac"),
    ("tall.mkv", "90x160", "25", "-c:v libx264 -pix_fmt yuv420p -vf setsar=8/9 -c:a aac"),
    ("late.mkv", "160x90", "25", "-c:v libx264 -pix_fmt yuv420p -output_ts_offset 3 -c:a aac"),
    (
        "variable.mkv",
        "160x90",
        "25",
        "-c:v libx264 -pix_fmt yuv420p -vf select='not(eq(mod(n\\,5)\\,2))' -vsync vfr -c:a aac",
    ),
];

/// What must be alike, in words, so that a failure says which.
fn facts(film: &Path) -> Vec<String> {
    let stream = video(film);
    let text = |key: &str| format!("{key} {}", stream[key].as_str().unwrap_or("unknown"));
    let sound = streams(film).into_iter().find(|s| s["codec_type"] == "audio").expect("a sound");
    let index = usize::try_from(sound["index"].as_u64().expect("an index")).expect("a small number");
    let square = |text: String| if text.ends_with("unknown") { "sample_aspect_ratio 1:1".to_owned() } else { text };
    vec![
        format!("times {:?}", shown(film)),
        format!("sound {} {:?}", sound["codec_name"], hashes(film, index)),
        square(text("sample_aspect_ratio")),
    ]
}

#[test]
fn every_kind_of_film_keeps_its_frames_its_times_its_sound_and_its_shape() {
    let films = Films::new();
    let mut faults = Vec::new();
    for (name, size, rate, codec) in FILMS {
        let input = films.make(name, &format!("{} {codec}", lavfi(size, rate, 1.0)));
        let output = films.path(&format!("out-{name}"));
        let passed = pass(&input, &output);
        let frames = shown(&input).len();
        if frames < 3 || passed.frames != frames as u64 {
            faults.push(format!("{name}: {} frames of {frames}", passed.frames));
        }
        for (before, after) in facts(&input).into_iter().zip(facts(&output)) {
            if before != after {
                faults.push(format!("{name}: was {before}\n     is {after}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
