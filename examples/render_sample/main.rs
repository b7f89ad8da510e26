//! Renders `samples/`: a short film of a robot in a market square, and two stills. Everything is made here, in code,
//! so the film may be used for anything, and the motion of every pixel is known exactly.
//!
//! ```text
//! cargo run --release --example render_sample                        # samples/clip.mp4, still-1.jpg, still-2.jpg
//! cargo run --release --example render_sample -- --still 40 out.png  # one frame
//! cargo run --release --example render_sample -- --flow 40 out.flo   # motion from frame 40 to 41
//! ```

#![allow(missing_docs, clippy::print_stderr, clippy::unwrap_used, reason = "a program, not a library")]

mod math;
mod output;
mod part;
mod render;
mod robot;
mod scene;
mod shapes;
mod sound;
mod town;

use clap::Parser;
use std::path::PathBuf;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Options {
    /// Lines of the film
    #[arg(long, default_value_t = 720)]
    height: usize,
    /// Folder to write to
    #[arg(long, default_value = "samples")]
    out: PathBuf,
    /// Write frame N alone, as a picture
    #[arg(long, num_args = 2, value_names = ["N", "FILE"])]
    still: Option<Vec<String>>,
    /// Write the exact motion from frame N to N + 1 alone, as a Middlebury .flo file
    #[arg(long, num_args = 2, value_names = ["N", "FILE"])]
    flow: Option<Vec<String>>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let (height, width) = (options.height, options.height * 16 / 9);
    let scene = scene::Scene::new();
    let draw = |frame: u32| render::frame(&scene.at(frame), width, height, frame);
    if let Some(still) = options.still {
        return output::picture(&draw(number(&still[0])?), still[1].as_ref());
    }
    if let Some(flow) = options.flow {
        let n = number(&flow[0])?;
        if n + 1 == scene::SHOTS[0] || n + 1 >= scene::FRAMES {
            return Err(format!("there is no motion from frame {n}: it ends a shot").into());
        }
        return output::flow(&render::flow(&scene.at(n), &scene.at(n + 1), width, height), flow[1].as_ref());
    }
    std::fs::create_dir_all(&options.out)?;
    let mut film = output::Film::create(&options.out.join("clip.mp4"), width, height, scene::RATE)?;
    let start = Instant::now();
    for frame in 0..scene::FRAMES {
        film.write(&draw(frame))?;
        let left = start.elapsed().as_secs_f32() / (frame + 1) as f32 * (scene::FRAMES - frame - 1) as f32;
        eprint!("\rframe {}/{}, {left:.0} s left  ", frame + 1, scene::FRAMES);
    }
    eprintln!();
    film.finish()?;
    output::picture(&draw(64), &options.out.join("still-1.jpg"))?;
    output::picture(&draw(scene::SHOTS[0] + 50), &options.out.join("still-2.jpg"))
}

fn number(text: &str) -> Result<u32> {
    let n: u32 = text.parse()?;
    if n < scene::FRAMES { Ok(n) } else { Err(format!("the film has frames 0 to {}", scene::FRAMES - 1).into()) }
}
