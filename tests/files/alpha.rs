//! Transparency: kept, pixel for pixel, where the output can.

use super::support::{Films, pass, turned, video};
use comicvid::sink::{self, SinkOptions};
use comicvid::source::{self, OpenOptions};
use std::path::Path;

/// Left half clear, a ramp to the right; the picture moves, its shape does not.
const SHAPE: &str = "format=gbrap,geq=r='128+100*sin(X/9+T*9)':g='Y*2':b=90:a='if(lt(X,W/2),0,255*(X-W/2)/(W/2))'";

fn film(films: &Films, name: &str, encoder: &str) -> std::path::PathBuf {
    films.make(name, &format!("-f lavfi -i color=s=64x48:r=25:d=0.2,{SHAPE} {encoder}"))
}

/// Alpha of the first frame in 8 bits, by FFmpeg's program; with the decoder that sees it.
fn alpha(film: &Path, decoder: &[&str]) -> Vec<u8> {
    let film = film.to_string_lossy();
    let input = [decoder, &["-i", &*film]].concat();
    let how = ["-frames:v", "1", "-vf", "alphaextract,format=gray", "-f", "rawvideo"];
    let out = std::process::Command::new("ffmpeg").args(["-v", "error"]).args(input).args(how).arg("-").output();
    let out = out.expect("ffmpeg runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn worst(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

#[test]
fn it_is_kept_by_what_suits_the_container() {
    let films = Films::new();
    let masters = [
        film(&films, "in.mov", "-c:v prores_ks -pix_fmt yuva444p10le"),
        film(&films, "in.mkv", "-c:v ffv1 -pix_fmt yuva420p"),
        film(&films, "in_rgb.mkv", "-c:v ffv1 -pix_fmt gbrap16le"),
        film(&films, "in_qt.mov", "-c:v qtrle -pix_fmt argb"),
        film(&films, "in_png.mov", "-c:v png -pix_fmt rgba64be"),
    ];
    let wanted = alpha(&masters[1], &[]);
    assert!(wanted.contains(&0) && wanted.iter().any(|a| *a > 240));
    for (index, input) in masters.iter().enumerate() {
        // ProRes keeps 16 bits; FFV1 all there is; VP9 loses a little.
        for (extension, encoder, decoder, most) in
            [("mov", "prores", "", 1), ("mkv", "ffv1", "", 1), ("webm", "vp9", "libvpx-vp9", 24)]
        {
            let output = films.path(&format!("out{index}.{extension}"));
            pass(input, &output);
            let stream = video(&output);
            assert_eq!(stream["codec_name"], encoder, "{}", input.display());
            let decoder: Vec<_> = if decoder.is_empty() { vec![] } else { vec!["-c:v", decoder] };
            let off = worst(&alpha(&output, &decoder), &wanted);
            assert!(off <= most, "{} to {extension}: {off}", input.display());
        }
    }
    // What libvpx wrote is read again.
    let again = films.path("again.mkv");
    pass(&films.path("out1.webm"), &again);
    assert!(worst(&alpha(&again, &[]), &wanted) <= 24);
}

#[test]
fn pictures_and_gifs_keep_it_and_who_cannot_says_so() {
    let films = Films::new();
    let input = film(&films, "in.mkv", "-c:v ffv1 -pix_fmt yuva444p");
    let wanted = alpha(&input, &[]);
    let output = films.path("out_%02d.png");
    pass(&input, &output);
    assert!(worst(&alpha(&films.path("out_03.png"), &[]), &wanted) <= 1);
    let gif = films.path("out.gif");
    pass(&input, &gif);
    let shape: Vec<u8> = wanted.iter().map(|a| if *a < 128 { 0 } else { 255 }).collect();
    assert_eq!(worst(&alpha(&gif, &[]), &shape), 0);

    for (name, encoder) in [("out.mp4", None), ("out.mov", Some("libx264"))] {
        let options = SinkOptions { encoder: encoder.map(str::to_owned), ..SinkOptions::default() };
        let info = source::open(&input, &OpenOptions::default()).expect("a film").source.info().clone();
        let output = sink::create(&films.path(name), &info, &options).expect("an output");
        assert!(output.notes.iter().any(|note| note.contains("transparency")), "{name}: {:?}", output.notes);
        assert_eq!(output.encoder, "libx264");
    }
}

#[test]
fn an_alpha_channel_that_nothing_is_seen_through_makes_no_transparent_film() {
    let films = Films::new();
    let input = films.make("in.mov", "-f lavfi -i testsrc=s=64x48:r=25:d=0.2 -c:v qtrle -pix_fmt argb");
    let output = films.path("out.mov");
    pass(&input, &output);
    assert_eq!(video(&output)["codec_name"], "h264");
}

#[test]
fn it_is_turned_like_its_picture() {
    let films = Films::new();
    film(&films, "in.mov", "-c:v prores_ks -pix_fmt yuva444p10le");
    let (input, output) = (turned(&films, "in.mov", "turned.mov", 90), films.path("out.mkv"));
    pass(&input, &output);
    // FFmpeg's program turns, too.
    assert!(worst(&alpha(&output, &[]), &alpha(&input, &[])) <= 1);
}
