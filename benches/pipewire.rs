//! What a camera of 1920x1080 at 30 fps costs the program that offers it, while two other programs read every picture. A
//! minute or less: `cargo bench --bench pipewire`, where `./setup.sh --test` has installed PipeWire and GStreamer.
//!
//! At most half a core is allowed, and no picture may be lost: it fails otherwise.

#[cfg(target_os = "linux")]
#[allow(dead_code, clippy::unwrap_used, reason = "tests use more of it, and a bench fails by panicking")]
#[path = "../tests/pipewire/daemon.rs"]
mod daemon;

#[cfg(target_os = "linux")]
#[allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails by panicking and talks to a person")]
mod measure {
    use super::daemon::{Daemon, objects, until};
    use comicvid::frame::{Clock, ColorInfo, CpuImage, Frame, PixelFormat, Rational, Size, Stamp, StreamInfo};
    use comicvid::sink::Audience;
    use comicvid::sink::pipewire::PipewireSink;
    use comicvid::stage::FrameSink;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    const SIZE: Size = Size::new(1920, 1080);
    const RATE: u32 = 30;
    /// Readers get so many, ten seconds and more, and the first of them do not count: readers come one after the other.
    const PICTURES: usize = 360;
    const COUNTED: usize = 300;
    /// Sides of what readers keep of a picture.
    const KEPT: usize = 16;
    const CAMERA: &str = "benchcam";

    /// So many pictures are sent over and over.
    const DIFFERENT: usize = 40;

    /// All over a picture, and another for the next.
    fn luma(number: usize) -> u8 {
        20 + (number % DIFFERENT * 5) as u8
    }

    fn picture(number: usize) -> CpuImage {
        let chroma = vec![128; SIZE.pixels() / 4];
        let planes = vec![vec![luma(number); SIZE.pixels()], chroma.clone(), chroma];
        CpuImage::from_planes(SIZE, PixelFormat::I420, ColorInfo::BT709, planes)
    }

    fn reader(file: &Path) -> Child {
        let camera = format!("target-object={CAMERA}");
        let (count, place) = (format!("num-buffers={PICTURES}"), format!("location={}", file.display()));
        let large = format!("video/x-raw,format=YUY2,width={},height={}", SIZE.width, SIZE.height);
        let small = format!("video/x-raw,width={KEPT},height={KEPT}");
        let source = ["-q", "pipewiresrc", &count, &camera, "!", &large, "!"];
        let rest = ["videoscale", "method=nearest-neighbour", "!", &small, "!", "filesink", &place];
        let child = Command::new("gst-launch-1.0").args(source).args(rest).stdout(Stdio::null()).spawn();
        child.unwrap_or_else(|e| panic!("gst-launch-1.0 cannot be started ({e}): `./setup.sh --test` installs it"))
    }

    /// How often the next picture was not the next one, among those that count.
    fn lost(file: &Path) -> usize {
        let bytes = std::fs::read(file).unwrap();
        let lumas: Vec<u8> = bytes.chunks_exact(KEPT * KEPT * 2).map(|picture| picture[0]).collect();
        assert_eq!(lumas.len(), PICTURES);
        let next = |last: u8| luma(usize::from(last - 20) / 5 + 1);
        lumas[PICTURES - COUNTED..].windows(2).filter(|pair| pair[1] != next(pair[0])).count()
    }

    /// Processor time of this process, all its threads.
    fn spent() -> Duration {
        // SAFETY: a structure of integers that the call fills.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &raw mut usage), 0);
            usage
        };
        let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
        time(usage.ru_utime) + time(usage.ru_stime)
    }

    pub fn run() {
        let daemon = Daemon::start();
        let info = StreamInfo {
            time_base: Clock::UNIT,
            frame_rate: Some(Rational::new(RATE as i32, 1)),
            live: true,
            ..StreamInfo::new(SIZE, PixelFormat::I420, ColorInfo::BT709)
        };
        let audience = Audience::default();
        let mut sink = Box::new(PipewireSink::open(CAMERA, &info, audience.clone()).unwrap());
        until("the camera", || objects("Node").contains(CAMERA));
        let pictures: Vec<CpuImage> = (0..DIFFERENT).map(picture).collect();
        let files: [PathBuf; 2] = ["first", "second"].map(|name| daemon.folder.path().join(name));
        let mut readers = files.each_ref().map(|file| reader(file));

        // While both read, and until the second one is done, too.
        let (start, mut measured, mut begun) = (Instant::now(), None, None);
        for number in 0.. {
            let due = start + Duration::from_secs(1) * number / RATE;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let image = pictures[number as usize % DIFFERENT].clone();
            sink.write(Frame { stamp: Stamp { index: number.into(), pts: 0, duration: 33_333 }, image }).unwrap();
            if begun.is_none() && audience.count() > 0 {
                begun = Some((Instant::now(), spent()));
            }
            let reading: usize = readers.iter_mut().map(|r| usize::from(r.try_wait().unwrap().is_none())).sum();
            if let (Some((since, before)), None, ..2) = (begun, measured, reading) {
                measured = Some((spent() - before).as_secs_f64() / since.elapsed().as_secs_f64());
            }
            if reading == 0 {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "a reader does not get its pictures");
        }
        let cores = measured.unwrap();
        sink.finish().unwrap();
        let lost = files.each_ref().map(|file| lost(file));
        println!("{SIZE} at {RATE} fps, two readers: {cores:.2} cores; {lost:?} of {COUNTED} pictures lost");
        assert!(cores <= 0.5, "half a core is allowed");
        assert_eq!(lost, [0, 0]);
    }
}

fn main() {
    #[cfg(target_os = "linux")]
    measure::run();
}
