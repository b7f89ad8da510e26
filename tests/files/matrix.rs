//! Many kinds of film, each through the file's two ends: frames, their times, sounds, shape and tags are the input's, and
//! what lies on its side stands upright. How colours and turns come out in pixels: see `colour`.

use crate::support::*;
use comicvid::sink::SinkOptions;
use comicvid::source::{HighRange, OpenOptions};
use serde_json::Value;
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

/// Size and shape of a pixel as the film is shown: upright, and with even sides, which H.264 wants.
fn shape(stream: &Value) -> String {
    let sides = stream["side_data_list"].as_array().into_iter().flatten();
    let quarter = sides.filter_map(|data| data["rotation"].as_i64()).any(|turn| turn % 180 != 0);
    let mut size = ["width", "height"].map(|key| stream[key].as_u64().unwrap_or_default().next_multiple_of(2));
    let aspect = stream["sample_aspect_ratio"].as_str().and_then(|text| text.split_once(':')).unwrap_or(("1", "1"));
    let mut aspect = [aspect.0, aspect.1];
    if quarter {
        size.reverse();
        aspect.reverse();
    }
    format!("shown as {}x{}, pixels {}:{}", size[0], size[1], aspect[0], aspect[1])
}

/// What must be alike, in words, so that a failure says which; nothing where the film does not say. RGB becomes Y'CbCr.
fn facts(film: &Path) -> Vec<Option<String>> {
    let stream = video(film);
    let said = |key: &str| stream[key].as_str().filter(|text| !["unknown", "gbr"].contains(text));
    let mut facts = vec![Some(format!("times {:?}", shown(film))), Some(shape(&stream))];
    facts.extend(["color_space", "color_primaries", "color_transfer"].map(|key| Some(format!("{key} {}", said(key)?))));
    let tags = &probe(film, "-show_format")["format"]["tags"];
    facts.push(tags["title"].as_str().or(tags["TITLE"].as_str()).map(|title| format!("title {title}")));
    for sound in streams(film).iter().filter(|stream| stream["codec_type"] == "audio") {
        let index = usize::try_from(sound["index"].as_u64().expect("an index")).expect("a small number");
        let language = sound["tags"]["language"].as_str().unwrap_or("und");
        facts.push(Some(format!("sound {} {language} {:?}", sound["codec_name"], hashes(film, index))));
    }
    facts
}

/// With the colours that it has.
fn keep() -> OpenOptions {
    OpenOptions { high_range: HighRange::Keep, ..OpenOptions::default() }
}

/// Passes a film on; answers with what has changed.
fn changes(input: &Path, output: &Path) -> Vec<String> {
    compare(input, output, &pass(input, output))
}

fn compare(input: &Path, output: &Path, passed: &Passed) -> Vec<String> {
    let (name, frames) = (input.display(), shown(input).len());
    let mut changes = Vec::new();
    if passed.frames != frames as u64 {
        changes.push(format!("{name}: {} frames of {frames}", passed.frames));
    }
    let (before, after) = (facts(input), facts(output));
    if before.len() != after.len() {
        changes.push(format!("{name}: {before:?}\n     is {after:?}"));
    }
    for (before, after) in before.into_iter().zip(after) {
        // What AVI takes by default has no room for tags.
        let untold = after.is_none() && output.extension().is_some_and(|e| e == "avi");
        if before.is_some() && before != after && !untold {
            changes.push(format!("{name}: was {before:?}\n     is {after:?}"));
        }
    }
    changes
}

#[test]
fn pictures_one_after_the_other_are_a_film() {
    let films = Films::new();
    let input = films.make("in.mjpeg", "-f lavfi -i testsrc2=s=160x90:r=25:d=0.4 -c:v mjpeg -pix_fmt yuvj420p");
    for name in ["out.mjpeg", "out.mkv", "out.ogv"] {
        let output = films.path(name);
        assert_eq!((pass(&input, &output).frames, shown(&output).len()), (10, 10), "{name}");
    }
    // Theora knows one length for all frames: none may begin late.
    let times = shown(&films.path("out.ogv"));
    assert!(times.starts_with(&[Time::new(0, 1), Time::new(1, 25), Time::new(2, 25)]), "{times:?}");
}

#[test]
fn every_kind_of_film_keeps_its_frames_its_times_its_sound_its_shape_and_its_tags() {
    let films = Films::new();
    let mut faults = Vec::new();
    for (name, size, rate, codec) in FILMS {
        let tags = "-metadata title=Title -metadata:s:a:0 language=deu";
        let input = films.make(name, &format!("{} {codec} {tags}", lavfi(size, rate, 1.0)));
        if shown(&input).len() < 3 {
            faults.push(format!("{name}: no film"));
        }
        faults.extend(changes(&input, &films.path(&format!("out-{name}"))));
    }
    // What is copied from the middle of a film begins before its edit list does; what lies on its side has a matrix.
    let (from, cut) = (films.path("h264.mp4").to_string_lossy().into_owned(), films.path("edited.mp4"));
    run("ffmpeg", &["-v", "error", "-ss", "0.5", "-i", &from, "-c", "copy"], &[cut.to_string_lossy()]);
    faults.extend(changes(&cut, &films.path("out-edited.mp4")));
    for (name, degrees) in [("turned.mp4", 90), ("turned.mov", 270)] {
        let input = turned(&films, "edited.mp4", name, degrees);
        assert!(video(&input)["side_data_list"].is_array(), "{name} has no display matrix");
        faults.extend(changes(&input, &films.path(&format!("out-{name}"))));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Films of one's own, in the folder `COMICVID_FILMS`: `make test-films DIR=…`.
#[test]
#[ignore = "needs a folder of films"]
fn films_of_ones_own_keep_what_they_have() {
    let folder = std::env::var_os("COMICVID_FILMS").expect("COMICVID_FILMS names a folder");
    let films = Films::new();
    let (mut faults, mut count) = (Vec::new(), 0);
    let mut inputs: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().map(|file| file.path()).collect();
    inputs.sort();
    for input in inputs.iter().filter(|path| path.is_file()) {
        let output = films.path(&format!("own{count}")).with_extension(input.extension().unwrap_or_default());
        let result = pass_with(input, &output, &keep(), SinkOptions::default());
        let has_video = streams(input).iter().any(|stream| stream["codec_type"] == "video");
        match result {
            Ok(passed) if passed.damage.any() => println!("{}: {}", input.display(), passed.damage),
            Ok(passed) => faults.extend(compare(input, &output, &passed)),
            Err(error) if !has_video => println!("{}: {error}", input.display()),
            Err(error) => faults.push(format!("{}: {error}", input.display())),
        }
        count += 1;
    }
    println!("{count} films");
    assert!(count > 0 && faults.is_empty(), "\n{}", faults.join("\n"));
}
