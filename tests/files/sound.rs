//! Sound that the container cannot hold is encoded anew, in its place.

use crate::support::*;
use comicvid::frame::Stamp;
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions};
use comicvid::stage::CutShort;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const RATE: f64 = 48_000.0;
const FORMATS: [&str; 4] = ["webm", "ogv", "mpg", "mxf"];

/// Noise that is like itself nowhere else, in one channel or in six.
fn film(films: &Films, name: &str, channels: u32) -> PathBuf {
    let noise = "anoisesrc=d=4:c=pink:r=48000:a=0.5:seed=5";
    let sound = match channels {
        6 => format!(
            "{noise},asplit=6[a][b][c][d][e][f];[b]adelay=90[g];[c]adelay=170[h];[d]lowpass=f=100[i];[e]adelay=310[j];\
             [f]adelay=420[k];[a][g][h][i][j][k]join=inputs=6:channel_layout=5.1,atrim=end=4"
        ),
        _ => format!("{noise},asplit[a][b];[b]adelay=90[c];[a][c]join=inputs=2:channel_layout=stereo,atrim=end=4"),
    };
    let picture = "-f lavfi -i testsrc2=s=96x64:r=25:d=4";
    let tags = "-metadata:s:a language=fra";
    films.make(name, &format!("{picture} -f lavfi -i {sound} {X264} -c:a aac -b:a 384k {tags}"))
}

/// Sound as FFmpeg's program decodes it: when it begins, in seconds after the first picture, and each channel's samples.
struct Heard {
    start: f64,
    channels: Vec<Vec<f32>>,
}

fn first_time(path: &Path, stream: &str) -> f64 {
    let select =
        format!("-select_streams {stream} -show_entries frame=best_effort_timestamp_time -read_intervals %+#4");
    let frames = probe(path, &select);
    let time = frames["frames"][0]["best_effort_timestamp_time"].as_str().expect("a frame with a time");
    time.parse().expect("a number")
}

fn hear(path: &Path, number: usize) -> Heard {
    let sounds: Vec<_> = streams(path).into_iter().filter(|s| s["codec_type"] == "audio").collect();
    let count = sounds[number]["channels"].as_u64().expect("channels") as usize;
    let map = format!("0:a:{number}");
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", &map, "-ar", "48000", "-f", "f32le", "-"])
        .output()
        .expect("ffmpeg");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all: Vec<f32> = out.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let channels = (0..count).map(|c| all.iter().skip(c).step_by(count).copied().collect()).collect();
    Heard { start: first_time(path, &format!("a:{number}")) - first_time(path, "v:0"), channels }
}

impl Heard {
    /// Samples of a channel from second `at` on; silence where there are none.
    fn part(&self, channel: usize, at: f64, count: usize) -> Vec<f32> {
        let first = ((at - self.start) * RATE).round() as i64;
        let sample = |i: usize| usize::try_from(first + i as i64).ok().and_then(|i| self.channels[channel].get(i));
        (0..count).map(|i| sample(i).copied().unwrap_or(0.0)).collect()
    }

    fn seconds(&self) -> f64 {
        self.channels[0].len() as f64 / RATE
    }

    fn end(&self) -> f64 {
        self.start + self.seconds()
    }
}

/// By how many milliseconds `b` is later at second `at` of it, where it should be what `a` is at `at + ahead`; and how like.
fn lag(a: &Heard, b: &Heard, channel: usize, at: f64, ahead: f64) -> (f64, f64) {
    const COUNT: usize = 4800;
    const REACH: usize = 480;
    let x = a.part(channel, at + ahead, COUNT);
    let y = b.part(channel, at - REACH as f64 / RATE, COUNT + 2 * REACH);
    let energy = |part: &[f32]| part.iter().map(|v| f64::from(v * v)).sum::<f64>();
    let like = |shift: usize| {
        let y = &y[shift..shift + COUNT];
        let dot: f64 = x.iter().zip(y).map(|(a, b)| f64::from(a * b)).sum();
        dot / (energy(&x) * energy(y)).sqrt().max(1e-9)
    };
    let best = (0..=2 * REACH).map(|shift| (shift, like(shift))).max_by(|a, b| a.1.total_cmp(&b.1)).expect("shifts");
    ((best.0 as f64 - REACH as f64) * 1000.0 / RATE, best.1)
}

fn aligned(a: &Heard, b: &Heard, at: f64, ahead: f64, what: &str) {
    for channel in 0..a.channels.len() {
        let (late, like) = lag(a, b, channel, at, ahead);
        assert!(
            late.abs() < 1.0 && like > 0.7,
            "{what}: channel {channel} is {late} ms late at {at} s ({like:.2} alike)"
        );
    }
}

#[test]
fn it_is_the_same_sound_at_the_same_time() {
    let films = Films::new();
    for (channels, input) in [(2, "two.mp4"), (6, "six.mp4")] {
        let input = film(&films, input, channels);
        let before = hear(&input, 0);
        assert_eq!(before.channels.len(), channels as usize);
        for format in FORMATS {
            let output = films.path(&format!("{channels}.{format}"));
            let passed = pass(&input, &output);
            let codec = match (format, channels) {
                ("webm", _) => "opus",
                ("ogv", _) => "vorbis",
                ("mpg", 2) => "mp2",
                ("mpg", _) => "ac3",
                _ => "pcm_s16le",
            };
            let name = if format == "mpg" { "mpeg" } else { format };
            let told = format!("stream 1 (aac audio) is encoded anew as {codec}: {name} files cannot hold it");
            assert_eq!(passed.notes, [told]);
            let list = streams(&output);
            let sound = list.iter().find(|s| s["codec_type"] == "audio").expect("sound");
            assert_eq!((&sound["codec_name"], &sound["channels"]), (&codec.into(), &channels.into()), "{format}");
            let after = hear(&output, 0);
            // MXF ends its sound with its pictures; what is there of the last frame of AAC is padding.
            let frame = 1536.0 / RATE;
            let longer = after.seconds() - before.seconds();
            assert!(longer.abs() < frame + 0.012, "{format}, {channels} channels: {longer} s longer");
            // The last channel begins a little later than the others.
            for at in [if channels == 2 { 0.02 } else { 0.44 }, 1.0, 3.7] {
                aligned(&before, &after, at, 0.0, &format!("{format}, {channels} channels"));
            }
            if matches!(format, "webm" | "ogv") {
                assert_eq!(sound["tags"]["language"], "fra", "{format}");
            }
        }
    }
}

#[test]
fn a_part_is_cut_to_the_sample() {
    let films = Films::new();
    let input = film(&films, "in.mp4", 2);
    let before = hear(&input, 0);
    let open = OpenOptions {
        start: Some(Duration::from_millis(1320)),
        length: Some(Duration::from_millis(1500)),
        ..OpenOptions::default()
    };
    for format in FORMATS {
        let output = films.path(&format!("out.{format}"));
        let passed = pass_with(&input, &output, &open, SinkOptions::default()).expect("a part");
        assert_eq!(passed.frames, 38, "{format}: a frame begins at its last tick");
        let after = hear(&output, 0);
        for at in [0.01, 0.7, 1.3] {
            aligned(&before, &after, at, 1.32, format);
        }
        // The delay and the padding of MPEG's codec are not told by its files.
        let most = match format {
            "mpg" => 0.04,
            "mxf" => 0.021,
            _ => 0.001,
        };
        let seconds = after.seconds();
        assert!(
            after.start.abs() < 0.011 && (seconds - 1.5).abs() < most,
            "{format}: {seconds} s from {}",
            after.start
        );
    }
}

#[test]
fn what_begins_late_or_is_missing_keeps_its_time() {
    let films = Films::new();
    film(&films, "in.mp4", 2);
    let late = films.make("late.mkv", "-i @/in.mp4 -itsoffset 0.7 -i @/in.mp4 -map 0:v -map 1:a -c copy -t 3.5");
    let before = hear(&late, 0);
    assert!(before.start > 0.6);
    // One packet, and then a second of them.
    let gaps = "noise=drop=eq(n\\,40)+between(n\\,80\\,126)";
    let gap = films.make("gap.mkv", &format!("-i @/in.mp4 -map 0 -c copy -bsf:a {gaps}"));
    let whole = hear(&films.make("whole.mkv", "-i @/in.mp4 -map 0 -c copy"), 0);
    let missing = packets(&films.path("whole.mkv"), 1).len() - packets(&gap, 1).len();
    assert_eq!(missing, 48);
    for format in FORMATS {
        let output = films.path(&format!("late.{format}"));
        pass(&late, &output);
        let after = hear(&output, 0);
        for at in [0.72, 1.5, 3.2] {
            aligned(&before, &after, at, 0.0, &format!("late, {format}"));
        }
        let begin = after.part(0, 0.1, 20_000);
        assert!(begin.iter().all(|sample| sample.abs() < 0.01), "{format}: sound before its time");

        let output = films.path(&format!("gap.{format}"));
        pass(&gap, &output);
        let after = hear(&output, 0);
        for at in [0.1, 1.0, 1.5, 3.0, 3.6] {
            aligned(&whole, &after, at, 0.0, &format!("with a gap, {format}"));
        }
        let silence = after.part(0, 1.85, 33_600);
        assert!(silence.iter().all(|sample| sample.abs() < 0.02), "{format}: sound in the gap");
    }
}

#[test]
fn one_is_copied_and_one_is_not() {
    let films = Films::new();
    film(&films, "in.mp4", 2);
    let input = films.make(
        "in.mkv",
        "-i @/in.mp4 -map 0:v -map 0:a -map 0:a -c copy -c:a:0 libopus -metadata:s:a:0 language=deu \
         -metadata:s:a:1 language=fra -metadata:s:a:1 title=Noise -disposition:a:0 0 -disposition:a:1 default",
    );
    let output = films.path("out.webm");
    let passed = pass(&input, &output);
    assert_eq!(passed.notes, ["stream 2 (aac audio) is encoded anew as opus: webm files cannot hold it"]);
    assert_eq!(packets(&output, 1), packets(&input, 1));
    aligned(&hear(&input, 1), &hear(&output, 1), 1.0, 0.0, "the second");
    let list = streams(&output);
    assert_eq!((&list[1]["tags"]["language"], &list[2]["tags"]["language"]), (&"deu".into(), &"fra".into()));
    assert_eq!((&list[2]["tags"]["title"], &list[2]["disposition"]["default"]), (&"Noise".into(), &1.into()));
    // Sound and pictures lie beside each other in the file.
    let packets = probe(&output, "-show_entries packet=stream_index,dts_time,pos");
    let packets = packets["packets"].as_array().expect("packets");
    let times = packets.iter().filter_map(|p| p["dts_time"].as_str()?.parse::<f64>().ok());
    let mut latest = f64::MIN;
    for time in times {
        assert!(time > latest - 1.0, "{time} s comes after {latest} s");
        latest = latest.max(time);
    }
}

#[test]
fn deep_sound_stays_deep_and_side_channels_are_kept() {
    let films = Films::new();
    film(&films, "in.mp4", 6);
    let flac = films.make("flac.mkv", "-i @/in.mp4 -c:v copy -c:a flac -sample_fmt s32 -bits_per_raw_sample 24");
    let passed = pass(&flac, &films.path("flac.mxf"));
    assert_eq!(passed.notes, ["stream 1 (flac audio) is encoded anew as pcm_s24le: mxf files cannot hold it"]);
    aligned(&hear(&flac, 0), &hear(&films.path("flac.mxf"), 0), 2.0, 0.0, "24 bits");
    let ac3 = films.make("ac3.mkv", "-i @/in.mp4 -c:v copy -c:a ac3 -channel_layout 5.1(side) -b:a 640k");
    assert_eq!(streams(&ac3)[1]["channel_layout"], "5.1(side)");
    pass(&ac3, &films.path("ac3.webm"));
    aligned(&hear(&ac3, 0), &hear(&films.path("ac3.webm"), 0), 2.0, 0.0, "channels at the side");
}

#[test]
fn a_broadcast_may_change_its_sound_on_the_way() {
    let films = Films::new();
    film(&films, "in.mp4", 2);
    films.make("a.ts", "-i @/in.mp4 -t 2 -c:v mpeg2video -c:a mp2 -ar 48000 -ac 2 -b:a 384k -output_ts_offset 1");
    films.make("b.ts", "-ss 2 -i @/in.mp4 -c:v mpeg2video -c:a mp2 -ar 48000 -ac 1 -b:a 192k -output_ts_offset 3");
    let both = [films.path("a.ts"), films.path("b.ts")].map(|path| std::fs::read(path).expect("made")).concat();
    let input = films.path("both.ts");
    std::fs::write(&input, both).expect("written");
    let output = films.path("out.webm");
    let passed =
        pass_with(&input, &output, &OpenOptions::default(), SinkOptions::default()).expect("what decodes is kept");
    assert!(passed.frames > 90, "{passed:?}");
    let (before, after) = (hear(&films.path("in.mp4"), 0), hear(&output, 0));
    aligned(&before, &after, 1.0, 0.0, "before the change");
    let mixed = before.channels[0].iter().zip(&before.channels[1]).map(|(a, b)| (a + b) / 2.0).collect();
    let mixed = Heard { start: before.start, channels: vec![mixed] };
    aligned(&mixed, &after, 3.0, 0.0, "behind the change");
    assert!((after.end() - 4.0).abs() < 0.25, "it ends at {} s", after.end());
}

#[test]
fn damage_is_passed_over_and_what_cannot_be_decoded_is_left_out() {
    let films = Films::new();
    film(&films, "in.mp4", 2);
    // Every tenth packet of sound is spoilt.
    let spoilt = films.make("spoilt.mkv", "-i @/in.mp4 -map 0 -c copy -bsf:a noise=amount=100*not(mod(n+1\\,10))");
    let output = films.path("spoilt.webm");
    pass_with(&spoilt, &output, &OpenOptions::default(), SinkOptions::default()).expect("a pass");
    let (before, after) = (hear(&films.make("whole.mkv", "-i @/in.mp4 -map 0 -c copy"), 0), hear(&output, 0));
    assert!((after.end() - before.end()).abs() < 0.05, "{} and {}", after.end(), before.end());
    // Between two spoilt ones, early and late.
    for packet in [14.0, 154.0] {
        aligned(&before, &after, packet * 1024.0 / RATE, 0.0, "beside what is spoilt");
    }

    let mut bytes = std::fs::read(films.path("whole.mkv")).expect("made");
    let at = bytes.windows(5).position(|w| w == b"A_AAC").expect("a codec");
    bytes[at..at + 5].copy_from_slice(b"A_XYZ");
    let unknown = films.path("unknown.mkv");
    std::fs::write(&unknown, bytes).expect("written");
    let output = films.path("unknown.webm");
    let passed = pass(&unknown, &output);
    assert_eq!(passed.notes.len(), 1, "{:?}", passed.notes);
    assert!(passed.notes[0].contains("is left out: webm files cannot hold it, and this FFmpeg cannot decode it"));
    assert_eq!(streams(&output).len(), 1);
}

#[test]
fn it_ends_where_the_film_is_interrupted_and_goes_on_where_it_is_longer() {
    let films = Films::new();
    let input = film(&films, "in.mp4", 2);
    let opened = source::open(&input, &OpenOptions::default()).expect("opened");
    let mut source = opened.source;
    let stopped = Arc::new(AtomicBool::new(false));
    let options = SinkOptions {
        copy_from: Some(input.clone()),
        cut: opened.cut,
        cut_short: CutShort::by(stopped.clone()),
        ..SinkOptions::default()
    };
    let output = films.path("out.webm");
    let mut sink = sink::create(&output, source.info(), &options).expect("created").sink;
    for _ in 0..50 {
        sink.write(source.next_frame().expect("a frame").expect("not the end")).expect("written");
    }
    stopped.store(true, Ordering::Relaxed);
    sink.finish().expect("finished");
    let heard = hear(&output, 0);
    assert!((heard.end() - 2.0).abs() < 0.001, "two seconds, not {}", heard.end());

    let song = films.make("song.mkv", "-i @/in.mp4 -map 0 -c copy -frames:v 12");
    let output = films.path("song.webm");
    pass(&song, &output);
    assert!((hear(&output, 0).end() - hear(&song, 0).end()).abs() < 0.002);
}

/// Where pictures lie between the places of the container, sound moves with them.
#[test]
fn pictures_that_are_moved_take_their_sound_along() {
    let films = Films::new();
    let input = film(&films, "in.mp4", 2);
    let before = hear(&input, 0);
    for format in ["ogv", "mxf"] {
        let output = films.path(&format!("out.{format}"));
        let opened = source::open(&input, &OpenOptions::default()).expect("opened");
        let mut source = opened.source;
        // By half a second and a third of a frame.
        let by = i64::from(source.info().time_base.den) * 77 / 150;
        let cut = opened.cut.map(|cut| comicvid::av::copy::Cut { shift: cut.shift - by, ..cut });
        let options = SinkOptions { copy_from: Some(input.clone()), cut, ..SinkOptions::default() };
        let mut sink = sink::create(&output, source.info(), &options).expect("created").sink;
        while let Some(mut frame) = source.next_frame().expect("a frame") {
            let Stamp { index, pts, duration } = frame.stamp;
            frame.stamp = Stamp { index, pts: pts + by, duration };
            sink.write(frame).expect("written");
        }
        sink.finish().expect("finished");
        let after = hear(&output, 0);
        aligned(&before, &after, 1.0, 0.0, format);
        aligned(&before, &after, 3.5, 0.0, format);
    }
}
