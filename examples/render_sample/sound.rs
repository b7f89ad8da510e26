//! The film's sound, synthesised: steps, a wind, a small tune, and the robot's greeting.

use crate::Result;
use crate::math::{hash, smoothstep};
use crate::scene::{RATE, SHOTS};
use std::f32::consts::TAU;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const SAMPLE_RATE: u32 = 48_000;

/// Writes `seconds` of 16-bit stereo as a WAV file.
pub fn write(path: &Path, seconds: f32) -> Result<()> {
    let count = (seconds * SAMPLE_RATE as f32) as u32;
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + count * 4).to_le_bytes())?;
    file.write_all(b"WAVEfmt ")?;
    file.write_all(&16u32.to_le_bytes())?;
    for field in [1u16, 2] {
        file.write_all(&field.to_le_bytes())?;
    }
    file.write_all(&SAMPLE_RATE.to_le_bytes())?;
    file.write_all(&(SAMPLE_RATE * 4).to_le_bytes())?;
    for field in [4u16, 16] {
        file.write_all(&field.to_le_bytes())?;
    }
    file.write_all(b"data")?;
    file.write_all(&(count * 4).to_le_bytes())?;
    let mut wind = 0.0f32;
    for i in 0..count {
        let t = i as f32 / SAMPLE_RATE as f32;
        let white = hash(i as i32, 1, 2) - 0.5;
        wind += 0.02 * (white - wind);
        let fade = smoothstep(0.0, 0.1, t) * smoothstep(seconds, seconds - 0.3, t);
        for right in [false, true] {
            let sample = 0.5 * wind + steps(t, white) + tune(t, right) + greeting(t);
            let value = (sample * fade).clamp(-1.0, 1.0) * 32_000.0;
            file.write_all(&(value as i16).to_le_bytes())?;
        }
    }
    Ok(file.flush()?)
}

/// Two steps a walking cycle, while the first shot lasts.
fn steps(t: f32, white: f32) -> f32 {
    let cut = SHOTS[0] as f32 / RATE as f32;
    if t > cut {
        return 0.0;
    }
    let since = ((0.15 + t * 0.95) * 2.0).rem_euclid(1.0) / 1.9;
    let thud = (TAU * 85.0 * since).sin() * (-since * 28.0).exp();
    let click = white * (-since * 160.0).exp();
    let clank = (TAU * 1340.0 * since).sin() * (-since * 60.0).exp();
    0.28 * thud + 0.25 * click + 0.05 * clank
}

/// A music box: a note every fifth of a second.
fn tune(t: f32, right: bool) -> f32 {
    const NOTES: [u8; 32] = [
        72, 76, 79, 84, 83, 79, 76, 79, 77, 81, 84, 81, 79, 76, 72, 74, 76, 79, 84, 88, 86, 83, 79, 83, 84, 79, 76, 72,
        74, 79, 77, 74,
    ];
    let beat = 0.2;
    let mut sum = 0.0;
    for (i, note) in NOTES.iter().enumerate() {
        let since = t - i as f32 * beat;
        if !(0.0..1.6).contains(&since) {
            continue;
        }
        let f = 440.0 * ((f32::from(*note) - 69.0) / 12.0).exp2();
        let bell = (TAU * f * since).sin() + 0.35 * (TAU * f * 3.01 * since).sin() * (-since * 9.0).exp();
        // The box plays now a little more on one side, now on the other.
        let pan = if (i % 2 == 0) == right { 1.0 } else { 0.65 };
        sum += pan * bell * (-since * 3.8).exp() * smoothstep(0.0, 0.004, since);
    }
    0.13 * sum
}

/// "Hel-lo": two chirps soon after the cut.
fn greeting(t: f32) -> f32 {
    let since = t - SHOTS[0] as f32 / RATE as f32 - 0.5;
    let chirp = |start: f32, from: f32, to: f32| {
        let s = since - start;
        if !(0.0..0.22).contains(&s) {
            return 0.0;
        }
        let phase = TAU * (from * s + (to - from) * s * s / 0.44);
        (phase + 1.5 * (TAU * 31.0 * s).sin()).sin() * smoothstep(0.0, 0.03, s) * smoothstep(0.22, 0.15, s)
    };
    0.2 * (chirp(0.0, 520.0, 780.0) + chirp(0.28, 900.0, 560.0))
}
