//! What is damaged: small clips of many kinds.

use super::chance::Chance;
use std::path::Path;
use std::process::Command;

/// Names and how `ffmpeg` makes them of a moving picture and a tone.
const CLIPS: [(&str, &str); 16] = [
    ("avc.mp4", "-c:v libx264 -bf 2 -g 10 -c:a aac"),
    ("fast.mp4", "-c:v libx264 -g 10 -c:a aac -movflags +faststart"),
    ("fragments.mp4", "-c:v libx264 -g 5 -c:a aac -movflags frag_keyframe+empty_moov"),
    ("turned.mov", "-c:v mpeg4 -c:a pcm_s16le -metadata:s:v rotate=90"),
    ("prores.mov", "-c:v prores_ks -c:a pcm_s16le"),
    ("avc.mkv", "-c:v libx264 -bf 2 -g 10 -c:a flac"),
    ("ffv1.mkv", "-c:v ffv1 -c:a pcm_s16le -pix_fmt yuv422p10le"),
    ("hevc.mkv", "-c:v libx265 -x265-params log-level=error -an -pix_fmt yuv420p10le -color_trc smpte2084"),
    ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"),
    ("mpeg2.ts", "-c:v mpeg2video -flags +ildct+ilme -c:a mp2"),
    ("mpeg1.mpg", "-c:v mpeg1video -c:a mp2"),
    ("mpeg4.avi", "-c:v mpeg4 -bf 2 -c:a libmp3lame"),
    ("moving.gif", "-an"),
    ("raw.y4m", "-an -pix_fmt yuv420p"),
    ("photo.png", "-an -frames:v 1"),
    ("photo.jpg", "-an -frames:v 1"),
];

/// Makes all clips in `folder`; answers with their names and bytes.
pub fn make(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let make = |(name, how): (&'static str, &str)| {
        let path = folder.join(name);
        if !path.exists() {
            let sources = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.8 -f lavfi -i sine=d=0.8";
            let run = Command::new("ffmpeg")
                .args(["-v", "error", "-y"])
                .args(sources.split(' '))
                .args(how.split(' '))
                .arg(&path)
                .output()
                .expect("these tests need ffmpeg: `./setup.sh --test` installs it");
            assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
        }
        (name, std::fs::read(&path).unwrap())
    };
    CLIPS.map(make).into()
}

/// Damages `bytes` in one to four ways; `other` is another clip.
pub fn mutate(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    for _ in 0..=chance.below(4) {
        // Heads and indices are where damage does most.
        let reach = match chance.below(3) {
            0 => bytes.len().min(256),
            1 => bytes.len().min(4096),
            _ => bytes.len(),
        };
        let tail = chance.below(6) == 0;
        let at = chance.below(reach);
        let at = if tail { bytes.len() - 1 - at } else { at };
        let most = 1 << chance.below(12);
        let length = (1 + chance.below(most)).min(bytes.len() - at);
        match chance.below(9) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes[at..at + length].iter_mut().for_each(|byte| *byte = chance.next() as u8),
            2 => bytes[at..at + length].fill([0, 0xff, 0x7f, 0x80][chance.below(4)]),
            3 => bytes.truncate(at.max(1)),
            4 => drop(bytes.drain(at..at + length)),
            5 => {
                let copy = bytes[at..at + length].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, copy);
            }
            6 => {
                // Lengths, sizes, counts and times.
                let extreme = [0u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff, 0x10000][chance.below(7)];
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&extreme.to_be_bytes()[..end - at]);
            }
            7 if !other.is_empty() => {
                let from = chance.below(other.len());
                let theirs = &other[from..(from + length).min(other.len())];
                bytes.splice(at..(at + theirs.len()).min(bytes.len()), theirs.iter().copied());
            }
            _ => {
                let by = chance.below(64) as u8;
                bytes[at] = bytes[at].wrapping_add(by);
            }
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}
