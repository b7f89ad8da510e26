//! OBS without its guide, spoken to over its WebSocket (protocol 5).

use super::Running;
use super::screen::Screen;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

const SOURCE: &str = "comicvid";

pub struct Obs {
    socket: WebSocket<TcpStream>,
    _bus_and_program: Running,
}

impl Obs {
    pub fn start(screen: &Screen, home: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = home.join(".config/obs-studio");
        // Up to OBS 29, and from OBS 30 on.
        let own = config.join("plugin_config/obs-websocket");
        std::fs::create_dir_all(&own).unwrap();
        let general = "[General]\nFirstRun=true\nLastVersion=486539266\nEnableAutoUpdates=false\n";
        let server = format!(
            "[OBSWebSocket]\nFirstLoad=false\nServerEnabled=true\nServerPort={port}\nAlertsEnabled=false\nAuthRequired=false\n"
        );
        std::fs::write(config.join("global.ini"), format!("{general}\n{server}")).unwrap();
        std::fs::write(config.join("user.ini"), general).unwrap();
        let server =
            json!({ "first_load": false, "server_enabled": true, "server_port": port, "auth_required": false });
        std::fs::write(own.join("config.json"), server.to_string()).unwrap();
        let program = screen
            .command("dbus-run-session")
            .args(["--", "obs", "--multi", "--disable-updater", "--disable-shutdown-check", "--profile", "rig"])
            .args(["--collection", "rig"])
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_RUNTIME_DIR", home)
            .env("QT_QPA_PLATFORM", "xcb")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("dbus-run-session cannot be started ({e}): `./setup.sh --test` installs it"));
        let program = Running(program);
        let start = Instant::now();
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(e) => assert!(start.elapsed() < Duration::from_secs(60), "OBS does not listen: {e}"),
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}"), stream).unwrap();
        let mut obs = Self { socket, _bus_and_program: program };
        assert_eq!(obs.read()["op"], 0, "OBS says hello first");
        obs.write(&json!({ "op": 1, "d": { "rpcVersion": 1, "eventSubscriptions": 0 } }));
        assert_eq!(obs.read()["op"], 2, "OBS knows us");
        obs
    }

    /// A media source as a user makes it: no local file, this input, of this format.
    pub fn open_stream(&mut self, address: &str) {
        // The scene is there a moment after the server.
        let start = Instant::now();
        let scene = loop {
            let (done, answer) = self.request("GetCurrentProgramScene", &json!({}));
            if done {
                break answer["currentProgramSceneName"].clone();
            }
            assert!(start.elapsed() < Duration::from_secs(30), "OBS has no scene: {answer}");
            std::thread::sleep(Duration::from_millis(300));
        };
        let settings = json!({ "is_local_file": false, "input": address, "input_format": "mpjpeg", "buffering_mb": 0 });
        let input = json!({
            "sceneName": scene, "inputName": SOURCE, "inputKind": "ffmpeg_source", "inputSettings": settings,
        });
        let (done, answer) = self.request("CreateInput", &input);
        assert!(done, "{answer}");
    }

    /// Writes what the source shows as PNG; false where it shows nothing yet.
    pub fn screenshot(&mut self, path: &Path) -> bool {
        let wanted = json!({ "sourceName": SOURCE, "imageFormat": "png", "imageFilePath": path });
        self.request("SaveSourceScreenshot", &wanted).0
    }

    fn request(&mut self, kind: &str, data: &Value) -> (bool, Value) {
        self.write(&json!({ "op": 6, "d": { "requestType": kind, "requestId": kind, "requestData": data } }));
        let answer = self.read()["d"].take();
        assert_eq!(answer["requestId"], kind);
        let done = answer["requestStatus"]["result"] == true;
        let text = if done { answer["responseData"].clone() } else { answer["requestStatus"].clone() };
        (done, text)
    }

    fn write(&mut self, value: &Value) {
        self.socket.send(Message::text(value.to_string())).unwrap();
    }

    fn read(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[test]
#[ignore = "needs OBS: `make test-rigs`"]
fn obs_shows_the_stream() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, picture] = super::still(folder.path());
    let camera = format!("file:{}", film.display());
    let arguments = ["--camera", &camera, "--size", "640x360", "--no-window", "--json", "--serve", "127.0.0.1:0"];
    let started = super::live(&screen, folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut program = Running(started.unwrap());
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address =
        lines.find_map(|line| Some(line.split_once("serving ")?.1.split_whitespace().next()?.to_owned())).unwrap();
    // A pipe that nobody reads would hold the program up.
    std::thread::spawn(move || lines.for_each(drop));
    let drawn = folder.path().join("drawn.png");
    let draw = Command::new(assert_cmd::cargo::cargo_bin!("comicvid"))
        .arg(&picture)
        .arg(&drawn)
        .args(["--device", "cpu", "--detail", "draft", "--quiet"])
        .status();
    assert!(draw.unwrap().success());

    let mut obs = Obs::start(&screen, folder.path());
    let shot = folder.path().join("obs.png");
    obs.open_stream(&format!("{address}stream.mjpg"));
    let wanted = image::open(&drawn).unwrap().to_rgb8();
    let start = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let difference = obs.screenshot(&shot).then(|| {
            let seen = image::open(&shot).unwrap().to_rgb8();
            assert_eq!(seen.dimensions(), wanted.dimensions());
            let sum: u64 = seen.iter().zip(wanted.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            sum as f64 / wanted.len() as f64
        });
        // JPEG at 4:2:0 blurs the colours of the test picture's fine patterns.
        if difference.is_some_and(|difference| difference < 10.0) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(40), "OBS shows something else: {difference:?}");
    }
}
