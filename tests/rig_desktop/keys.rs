//! What the keys do.

use super::cpu::spent;
use super::screen::{HEIGHT, Screen, WIDTH, differing, flipped, paper};
use super::{Running, opened, settle, shown, still};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn the_window_shows_the_drawing_and_obeys_its_keys() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    let camera = format!("file:{}", film.display());
    // Black on white: no drawing of a colourful picture could differ more from it.
    let arguments = ["--camera", &camera, "--style", "ink"];
    let (mut program, window) = shown(&screen, folder.path(), &arguments);
    settle(&screen, |shot| paper(shot) > 0.1);
    // From here on nothing moves but what the keys move.
    screen.key("space");
    std::thread::sleep(Duration::from_secs(2));
    // ... and the readout, which counts on.
    let counting = screen.shot();
    screen.key("i");
    let plain = screen.wait("no readout", |shot| differing(shot, &counting) > 0.002);
    for (key, least) in [("Tab", 0.1), ("h", 0.05)] {
        screen.key(key);
        screen.wait(key, |shot| differing(shot, &plain) > least);
        screen.key(key);
        screen.wait(&format!("{key} again"), |shot| differing(shot, &plain) < 0.001);
    }
    // The picture as the camera gives it, and another style, are not what was there.
    screen.key("space");
    screen.key("b");
    let bypassed = screen.wait("bypass", |shot| differing(shot, &plain) > 0.1);
    screen.key("Tab");
    let photo = screen.wait("the photo alone", |shot| differing(shot, &bypassed) > 0.1);
    // Colours lie on every second column, so their edges move by one.
    assert!(differing(&photo, &flipped(&photo)) > 0.5);
    for (key, wanted, most) in [("m", flipped(&photo), 0.06), ("m", photo, 0.01), ("Tab", bypassed.clone(), 0.01)] {
        screen.key(key);
        screen.wait("mirrored, and back", |shot| differing(shot, &wanted) < most);
    }
    screen.key("b");
    screen.wait("no bypass", |shot| differing(shot, &bypassed) > 0.1);
    screen.key("Right");
    screen.wait("the next style", |shot| differing(shot, &plain) > 0.1);
    assert_eq!(screen.title(&window), "comicvid: pop");
    screen.key("Left");
    screen.wait("the style before", |shot| differing(shot, &plain) < 0.02);
    assert_eq!(screen.title(&window), "comicvid: ink");
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}

#[test]
#[ignore = "needs an X server and xdotool: `make test-rigs`"]
fn a_window_without_a_camera_obeys_and_costs_next_to_nothing() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let (mut program, _) = shown(&screen, folder.path(), &["--camera", "a camera that is nowhere"]);
    settle(&screen, |shot| paper(shot) > 0.12);
    let process = program.0.id();
    let (before, start) = (spent(process), Instant::now());
    std::thread::sleep(Duration::from_secs(5));
    let share = (spent(process) - before).as_secs_f64() / start.elapsed().as_secs_f64();
    assert!(share < 0.1, "waiting takes {:.0} % of a core", share * 100.0);
    println!("waiting takes {:.1} % of a core", share * 100.0);
    let waiting = screen.shot();
    for key in ["Tab", "h"] {
        screen.key(key);
        screen.wait(key, |shot| differing(shot, &waiting) > 0.05);
        screen.key(key);
        screen.wait(&format!("{key} again"), |shot| differing(shot, &waiting) < 0.001);
    }
    screen.key("q");
    assert_eq!(program.exit_code(), Some(0));
}

#[test]
#[ignore = "needs an X server, openbox and xdotool: `make test-rigs`"]
fn the_window_fills_the_screen_and_escape_leads_out() {
    let (screen, folder) = (Screen::new(), tempfile::tempdir().unwrap());
    let [film, _] = still(folder.path());
    // Who makes a window as large as the screen is the window manager.
    let manager = screen.command("openbox").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _manager =
        Running(manager.unwrap_or_else(|e| panic!("openbox cannot be started ({e}): `./setup.sh --test` installs it")));
    std::fs::create_dir(folder.path().join("comicvid")).unwrap();
    let memory = folder.path().join("comicvid/window.toml");
    std::fs::write(&memory, "size = [800.0, 500.0]\n").unwrap();
    let camera = format!("file:{}", film.display());
    let (mut program, window) = opened(&screen, folder.path(), &["--camera", &camera, "--style", "ink"]);
    let becomes = |width: usize, height: usize| {
        let (wanted, start) = ([width, height].map(|side| side.to_string()), Instant::now());
        while screen.size_of(&window) != wanted {
            assert!(start.elapsed() < Duration::from_secs(20), "{:?}, not {wanted:?}", screen.size_of(&window));
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    screen.wait("the drawing", |shot| paper(shot) > 0.05);
    screen.xdotool(&["windowfocus", "--sync", &window]);
    becomes(800, 500);
    screen.key("f");
    becomes(WIDTH, HEIGHT);
    screen.key("Escape");
    becomes(800, 500);
    // The help card is closed first, and only then the window.
    screen.key("h");
    screen.key("Escape");
    std::thread::sleep(Duration::from_millis(500));
    assert!(program.0.try_wait().unwrap().is_none(), "it is still there");
    screen.key("Escape");
    assert_eq!(program.exit_code(), Some(0));
    assert!(std::fs::read_to_string(memory).unwrap().contains("size = [800.0, 500.0]"), "as it was before");
}
