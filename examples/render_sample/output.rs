//! Files: pictures, flow, and the film by way of the `ffmpeg` program.

use crate::Result;
use crate::render::Picture;
use crate::{scene, sound};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub fn picture(picture: &Picture<Vec<u8>>, path: &Path) -> Result<()> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    if path.extension().is_some_and(|e| e == "jpg") {
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(File::create(path)?, 92);
        encoder.encode(&picture.pixels, width, height, image::ExtendedColorType::Rgb8)?;
    } else {
        image::save_buffer(path, &picture.pixels, width, height, image::ExtendedColorType::Rgb8)?;
    }
    Ok(())
}

/// Middlebury's format: "PIEH", width, height, then u and v of every pixel, all little-endian.
pub fn flow(flow: &Picture<Vec<[f32; 2]>>, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"PIEH")?;
    file.write_all(&(flow.width as i32).to_le_bytes())?;
    file.write_all(&(flow.height as i32).to_le_bytes())?;
    for value in flow.pixels.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

/// A film being encoded: H.264 and AAC in MP4.
pub struct Film {
    encoder: Child,
    sound: PathBuf,
}

impl Film {
    pub fn create(path: &Path, width: usize, height: usize, rate: u32) -> Result<Self> {
        let sound = std::env::temp_dir().join(format!("render_sample-{}.wav", std::process::id()));
        sound::write(&sound, scene::FRAMES as f32 / rate as f32)?;
        let video = format!("-f rawvideo -pix_fmt rgb24 -video_size {width}x{height} -framerate {rate} -i -");
        let color = "-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p \
                     -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
        let encode = "-c:v libx264 -preset slow -crf 21 -c:a aac -b:a 128k -shortest -movflags +faststart";
        let encoder = Command::new("ffmpeg")
            .args(["-y", "-loglevel", "error"])
            .args(video.split_whitespace())
            .arg("-i")
            .arg(&sound)
            .args(color.split_whitespace())
            .args(encode.split_whitespace())
            .args(["-metadata", "title=A robot in the market square"])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start ffmpeg: {e}"))?;
        Ok(Self { encoder, sound })
    }

    pub fn write(&mut self, frame: &Picture<Vec<u8>>) -> Result<()> {
        let input = self.encoder.stdin.as_mut().ok_or("ffmpeg has no input")?;
        Ok(input.write_all(&frame.pixels)?)
    }

    pub fn finish(mut self) -> Result<()> {
        drop(self.encoder.stdin.take());
        let status = self.encoder.wait()?;
        std::fs::remove_file(&self.sound)?;
        if status.success() { Ok(()) } else { Err(format!("ffmpeg failed: {status}").into()) }
    }
}
