//! Everything that is not the drawn video is copied bit for bit.

use crate::support::*;
use comicvid::error::Error;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions};
use serde_json::Value;

fn kinds(path: &std::path::Path) -> Vec<String> {
    streams(path).iter().map(|s| s["codec_name"].as_str().unwrap_or("-").to_owned()).collect()
}

fn same_packets(before: (&std::path::Path, usize), after: (&std::path::Path, usize)) {
    let hashes_before = hashes(before.0, before.1);
    assert!(!hashes_before.is_empty());
    assert_eq!(hashes(after.0, after.1), hashes_before, "{} stream {}", after.0.display(), after.1);
}

/// A film with everything: two sound tracks, subtitles, chapters, a font, a cover, titles.
fn rich(films: &Films) -> std::path::PathBuf {
    std::fs::write(
        films.path("text.srt"),
        "1\n00:00:00,200 --> 00:00:00,900\nHello\n\n2\n00:00:01,100 --> 00:00:01,700\nBye\n",
    )
    .expect("written");
    std::fs::write(
        films.path("chapters.txt"),
        ";FFMETADATA1\ntitle=A film\nartist=Somebody\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n\
         [CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n",
    )
    .expect("written");
    std::fs::write(films.path("font.ttf"), vec![7; 5000]).expect("written");
    films.make("cover.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1");
    films.make(
        "rich.mkv",
        &format!(
            "{} -f lavfi -i sine=f=880:d=2 -i @/text.srt -i @/chapters.txt -map 1:a -map 0:v -map 2:a -map 3:s \
             -map_metadata 4 -map_chapters 4 {X264} -c:a:0 aac -c:a:1 libopus -c:s srt -metadata:s:a:0 language=eng \
             -metadata:s:a:1 language=fra -metadata:s:a:1 title=Commentary -disposition:a:1 comment \
             -metadata:s:s:0 language=deu -attach @/font.ttf -metadata:s:t:0 mimetype=application/x-truetype-font \
             -attach @/cover.png -metadata:s:t:1 mimetype=image/png",
            lavfi("160x90", "25", 2.0)
        ),
    )
}

#[test]
fn matroska_keeps_everything() {
    let films = Films::new();
    let input = rich(&films);
    let output = films.path("out.mkv");
    let passed = pass(&input, &output);
    assert_eq!(passed.notes, [""; 0]);
    assert_eq!(kinds(&output), ["aac", "h264", "opus", "subrip", "ttf", "png"]);
    for index in [0, 2, 3] {
        assert_eq!(packets(&output, index), packets(&input, index), "stream {index}");
    }
    let tags = |path| {
        let tags = streams(path);
        let of = |key: &'static str| tags.iter().map(|s| s["tags"][key].clone()).collect::<Vec<_>>();
        (of("language"), of("title"), of("mimetype"), of("filename"))
    };
    assert_eq!(tags(&output), tags(&input));
    let dispositions = |path| streams(path).iter().map(|s| s["disposition"].clone()).collect::<Vec<_>>();
    assert_eq!(dispositions(&output), dispositions(&input));
    let chapters = |path| probe(path, "-show_chapters")["chapters"].clone();
    assert_eq!(chapters(&output).as_array().map(Vec::len), Some(2));
    assert_eq!(chapters(&output), chapters(&input));
    let head = |path| probe(path, "-show_format")["format"]["tags"].clone();
    assert_eq!((&head(&output)["title"], &head(&output)["ARTIST"]), (&head(&input)["title"], &head(&input)["ARTIST"]));
    // The attached files themselves.
    for (index, name) in [(0, "font.ttf"), (1, "cover.png")] {
        if index == 1 {
            same_packets((&input, 5), (&output, 5));
            continue;
        }
        let extracted = films.path("extracted");
        let dump = format!("-dump_attachment:t:{index}");
        let arguments = ["-v", "error", "-y", &dump, &extracted.to_string_lossy(), "-i", &output.to_string_lossy()];
        let _ = std::process::Command::new("ffmpeg").args(arguments).output().expect("ffmpeg");
        assert_eq!(std::fs::read(&extracted).expect("extracted"), std::fs::read(films.path(name)).expect("made"));
    }
}

#[test]
fn mp4_keeps_what_it_can_and_names_the_rest() {
    let films = Films::new();
    let input = rich(&films);
    let output = films.path("out.mp4");
    let passed = pass(&input, &output);
    assert_eq!(passed.notes.len(), 2, "{:?}", passed.notes);
    assert!(passed.notes[0].contains("stream 3 (subrip subtitle)"), "{:?}", passed.notes);
    assert!(passed.notes[1].contains("stream 4 (ttf attachment)"), "{:?}", passed.notes);
    same_packets((&input, 0), (&output, 0));
    same_packets((&input, 2), (&output, 2));
    let list = streams(&output);
    let cover = kinds(&output).iter().position(|name| name == "png").expect("the cover");
    same_packets((&input, 5), (&output, cover));
    assert_eq!(list[2]["tags"]["language"], "fra");
    assert_eq!(list[cover]["disposition"]["attached_pic"], 1, "the cover stays a cover");
    let chapters = |path| -> Vec<[Value; 3]> {
        let found = probe(path, "-show_chapters")["chapters"].as_array().cloned().unwrap_or_default();
        found.iter().map(|c| [c["tags"]["title"].clone(), c["start_time"].clone(), c["end_time"].clone()]).collect()
    };
    assert_eq!(chapters(&output), [["One", "0.000000", "1.000000"], ["Two", "1.000000", "2.000000"]]);
    assert_eq!(probe(&output, "-show_format")["format"]["tags"]["title"], "A film");

    // And from mp4 again: its chapter track is made anew, not doubled.
    let again = films.path("again.mp4");
    let passed = pass(&output, &again);
    assert_eq!(passed.notes, [""; 0]);
    assert_eq!(kinds(&again), kinds(&output));
    assert_eq!(chapters(&again), chapters(&output));
}

#[test]
fn text_in_mp4() {
    let films = Films::new();
    rich(&films);
    let input = films.make("text.mp4", "-i @/rich.mkv -map 0:v -map 0:a -map 0:s -c copy -c:s mov_text");
    let output = films.path("out.mp4");
    pass(&input, &output);
    let subtitles = streams(&input).iter().position(|s| s["codec_name"] == "mov_text").expect("subtitles");
    same_packets((&input, subtitles), (&output, subtitles));
}

#[test]
fn webm_with_opus() {
    let films = Films::new();
    let vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus";
    let input = films.make("a.webm", &format!("{} {vp9}", lavfi("160x90", "24", 1.0)));
    for name in ["b.webm", "b.mkv"] {
        let output = films.path(name);
        let passed = pass(&input, &output);
        assert_eq!(passed.encoder, if name == "b.webm" { "libvpx-vp9" } else { "libx264" });
        assert_eq!(packets(&output, 1), packets(&input, 1), "{name}: Opus and its delay");
        assert_eq!(shown(&output), shown(&input));
    }
}

#[test]
fn uncompressed_sound() {
    let films = Films::new();
    let prores = "-c:v prores_ks -profile:v 0 -pix_fmt yuv422p10le -c:a pcm_s24le";
    films.make("master.mov", &format!("{} {prores}", lavfi("160x90", "24", 1.0)));
    films.make("camera.avi", &format!("{} -c:v mjpeg -q:v 3 -c:a pcm_s16le", lavfi("160x90", "24", 1.0)));
    for input in ["master.mov", "camera.avi"] {
        for output in ["a.mov", "a.mkv", "a.mp4", "a.avi"] {
            let (input, output) = (films.path(input), films.path(output));
            let options = comicvid::sink::SinkOptions { overwrite: true, ..Default::default() };
            pass_with(&input, &output, &Default::default(), options).expect("a pass");
            // Containers cut PCM into packets as they like: all of it is compared.
            let sound = |path: &std::path::Path| {
                let path = path.to_string_lossy();
                run("ffmpeg", &["-v", "error", "-i"], &[&*path, "-map", "0:a", "-c", "copy", "-f", "streamhash", "-"])
            };
            assert_eq!(sound(&output), sound(&input), "{} to {}", input.display(), output.display());
            let rounded = |t: &Time| (t.0 * 1000 + t.1 / 2) / t.1;
            let times = |path| shown(path).iter().map(rounded).collect::<Vec<_>>();
            assert_eq!(times(&output), times(&input), "{} to {}", input.display(), output.display());
        }
    }
}

#[test]
fn sound_with_headers_of_its_own_goes_into_mp4() {
    let films = Films::new();
    let input = films.make("air.ts", &format!("{} {X264} -c:a aac", lavfi("160x90", "25", 1.0)));
    let output = films.path("air.mp4");
    pass(&input, &output);
    let decoded = |path: &std::path::Path| {
        run("ffmpeg", &["-v", "error", "-i"], &[&*path.to_string_lossy(), "-map", "0:a", "-f", "md5", "-"])
    };
    assert_eq!(decoded(&output), decoded(&input));
}

#[test]
fn sound_longer_than_the_film_is_copied_to_its_end() {
    let films = Films::new();
    let input = films
        .make("song.mkv", &format!("-f lavfi -i testsrc2=s=160x90:r=25:d=0.5 -f lavfi -i sine=d=4 {X264} -c:a aac"));
    let output = films.path("song.mp4");
    pass(&input, &output);
    same_packets((&input, 1), (&output, 1));
}

#[test]
fn a_cover_is_no_film() {
    let films = Films::new();
    films.make("cover.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1");
    let song = films.make(
        "song.m4a",
        "-f lavfi -i sine=d=1 -i @/cover.png -map 0 -map 1 -c:a aac -c:v copy -disposition:v:0 attached_pic",
    );
    let error = pass_with(&song, &films.path("x.mp4"), &Default::default(), Default::default()).expect_err("no video");
    assert!(error.to_string().contains("no video stream"), "{error}");
}

#[test]
fn a_film_that_is_cut_off_while_it_is_read_is_an_error() {
    let films = Films::new();
    // What is at the end of the file is sound alone.
    let long =
        "-f lavfi -i testsrc2=s=160x96:r=25:d=0.4 -f lavfi -i anoisesrc=d=20 -c:a pcm_s16le -movflags +faststart";
    let input = films.make("in.mov", &format!("{long} {X264}"));
    let output = films.path("out.mkv");
    let opened = source::open(&input, &OpenOptions::default()).expect("a film");
    let mut source = opened.source;
    let options = SinkOptions { copy_from: Some(input.clone()), cut: opened.cut, ..SinkOptions::default() };
    let mut sink = sink::create(&output, source.info(), &options).expect("an output").sink;
    while let Some(frame) = source.next_frame().expect("a frame") {
        sink.write(frame).expect("written");
    }
    let file = std::fs::OpenOptions::new().write(true).open(&input).expect("the input");
    file.set_len(file.metadata().expect("its length").len() / 2).expect("cut off");
    let error = sink.finish().expect_err("the rest of the sound is missing");
    assert!(matches!(error, Error::Copy { .. }) && error.to_string().contains("shorter"), "{error}");
    assert!(!output.exists());
    // One that was short from the beginning is a film with damage.
    assert!(pass_with(&input, &output, &OpenOptions::default(), SinkOptions::default()).is_ok());
}
