//! The whole program with the fake camera: what losing it costs, and how soon it is back.

use super::cpu::spent;
use super::{Bound, device};
use comicvid::frame::Size;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A running `comicvid live`, ended with the test.
struct Live {
    child: Child,
    events: Receiver<Value>,
}

impl Live {
    fn start(arguments: &[&str]) -> Self {
        let fixed = ["live", "--no-window", "--json", "--device", "cpu", "--detail", "draft"];
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"));
        let mut child = command.args(fixed).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, events }
    }

    /// The next event for which `wanted` holds.
    fn event(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            match self.events.recv_timeout(Duration::from_secs(40).saturating_sub(start.elapsed())) {
                Ok(event) if wanted(&event) => return event,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {what}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended without {what}"),
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "mounts with FUSE over a device of /dev, as root: make test-rigs"]
fn waiting_for_a_lost_camera_costs_next_to_nothing_and_it_is_back_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let device = device::Camera::mount(folder.path(), Size::new(320, 180), (1, 30), *b"YUYV");
    let bound = Bound::new(&folder.path().join("video0"));
    let camera = bound.place.to_str().unwrap().to_owned();
    let live = Live::start(&["--camera", &camera, "--serve", "127.0.0.1:0"]);
    live.event("a drawing", |event| event["event"] == "status" && event["drawn"].as_u64() > Some(10));

    type Change = fn(&device::Camera);
    let ways: [(&str, Change, Change); 2] = [
        ("unplugged", device::Camera::unplug, |device| device.plug(0)),
        ("stalled", |device| device.state().stalled = true, |device| device.state().stalled = false),
    ];
    for (way, lose, give_back) in ways {
        lose(&device);
        live.event(way, |event| event["camera"]["state"] == "lost");
        // What was under way is finished.
        std::thread::sleep(Duration::from_secs(1));
        let (before, start) = (spent(live.child.id()), Instant::now());
        std::thread::sleep(Duration::from_secs(6));
        let share = (spent(live.child.id()) - before).as_secs_f64() / start.elapsed().as_secs_f64();
        println!("{way}: waiting takes {:.1} % of a core", share * 100.0);
        assert!(share < 0.1, "{way}: waiting takes {:.0} % of a core", share * 100.0);

        live.events.try_iter().for_each(drop);
        give_back(&device);
        let back = Instant::now();
        live.event("the camera", |event| event["message"].as_str().is_some_and(|text| text.contains("YUYV at 30 fps")));
        assert!(back.elapsed() < Duration::from_secs(2), "{way}: {:?}", back.elapsed());
        let drawn = |event: &Value| event["event"] == "status" && event["camera"]["state"] == "running";
        let before = live.event("a status", drawn)["drawn"].as_u64();
        live.event("drawings", |event| drawn(event) && event["drawn"].as_u64() > before);
    }
}
