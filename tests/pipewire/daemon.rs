//! A PipeWire daemon and session manager of one's own. They are found by the environment of the process, so whoever uses
//! them takes turns.

use comicvid::sink::pipewire::probe;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A PipeWire that nobody else sees.
pub struct Daemon {
    pub folder: tempfile::TempDir,
    children: Vec<Child>,
}

impl Daemon {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // SAFETY: whoever starts a daemon takes turns, and nothing else in the process reads the environment meanwhile.
        unsafe {
            std::env::set_var("XDG_RUNTIME_DIR", folder.path());
            std::env::set_var("PIPEWIRE_RUNTIME_DIR", folder.path());
            std::env::set_var("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/bus", folder.path().display()));
        }
        let mut daemon = Self { folder, children: Vec::new() };
        let bus = format!("--address=unix:path={}/bus", daemon.folder.path().display());
        daemon.spawn("dbus-daemon", &["--session", "--nofork", &bus]);
        daemon.wait_for("bus");
        daemon.pipewire();
        daemon.wireplumber();
        daemon
    }

    pub fn wireplumber(&mut self) {
        self.spawn("wireplumber", &[]);
        until("the session manager", || objects("Client").contains("WirePlumber"));
    }

    pub fn pipewire(&mut self) {
        self.spawn("pipewire", &[]);
        self.wait_for("pipewire-0");
        let start = Instant::now();
        while probe().is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the daemon does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn spawn(&mut self, program: &str, arguments: &[&str]) {
        let child = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child =
            child.unwrap_or_else(|e| panic!("{program} cannot be started ({e}): `./setup.sh --test` installs it"));
        self.children.push(child);
    }

    fn wait_for(&self, name: &str) {
        let (path, start) = (self.folder.path().join(name), Instant::now());
        while !path.exists() {
            assert!(start.elapsed() < Duration::from_secs(20), "{} does not appear", path.display());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn stop(&mut self, place: usize) {
        let _ = self.children[place].kill();
        let _ = self.children[place].wait();
    }
}

/// What the daemon has of a kind, in words.
pub fn objects(kind: &str) -> String {
    let output = Command::new("pw-cli").args(["ls", kind]).output();
    let output = output.unwrap_or_else(|e| panic!("pw-cli cannot be started ({e}): `./setup.sh --test` installs it"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        (0..self.children.len()).rev().for_each(|place| self.stop(place));
    }
}

pub fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
