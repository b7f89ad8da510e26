//! Drags a file onto a window, as a file manager does: the source's side of XDND, version 5.

use super::screen::Screen;
use std::path::Path;
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, PropMode, SelectionNotifyEvent,
    SelectionRequestEvent, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME};

const VERSION: u32 = 5;

struct Drag {
    connection: RustConnection,
    source: u32,
    target: u32,
    uris: String,
}

/// Drops the file `path` in the middle of `window`, which must take it.
pub fn drop_file(screen: &Screen, window: u32, path: &Path) {
    let (connection, number) = x11rb::connect(Some(&screen.display)).unwrap();
    let root = connection.setup().roots[number].root;
    let source = connection.generate_id().unwrap();
    let (class, values) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
    connection
        .create_window(COPY_DEPTH_FROM_PARENT, source, root, 0, 0, 1, 1, 0, class, COPY_FROM_PARENT, &values)
        .unwrap();
    let place = connection.get_geometry(window).unwrap().reply().unwrap();
    let middle = u32::from(place.width / 2) << 16 | u32::from(place.height / 2);

    let uris = format!("file://{}\r\n", path.canonicalize().unwrap().display());
    let drag = Drag { connection, source, target: window, uris };
    drag.connection.set_selection_owner(source, drag.atom("XdndSelection"), CURRENT_TIME).unwrap();
    drag.send("XdndEnter", [VERSION << 24, drag.atom("text/uri-list"), 0, 0]);
    drag.send("XdndPosition", [0, middle, CURRENT_TIME, drag.atom("XdndActionCopy")]);
    let status = drag.wait("XdndStatus");
    assert_eq!(status[1] & 1, 1, "the window does not take the file");
    drag.send("XdndDrop", [0, CURRENT_TIME, 0, 0]);
    drag.wait("XdndFinished");
}

impl Drag {
    fn atom(&self, name: &str) -> u32 {
        self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    fn send(&self, kind: &str, [a, b, c, d]: [u32; 4]) {
        let message = ClientMessageEvent::new(32, self.target, self.atom(kind), [self.source, a, b, c, d]);
        self.connection.send_event(false, self.target, EventMask::NO_EVENT, message).unwrap();
        self.connection.flush().unwrap();
    }

    /// The numbers of the next message of that kind from the window, which is told what is dragged when it asks.
    fn wait(&self, kind: &str) -> [u32; 5] {
        let (kind, start) = (self.atom(kind), Instant::now());
        loop {
            match self.connection.poll_for_event().unwrap() {
                Some(Event::ClientMessage(message)) if message.type_ == kind => return message.data.as_data32(),
                Some(Event::SelectionRequest(request)) => self.answer(&request),
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
            assert!(start.elapsed() < Duration::from_secs(20), "the window does not answer");
        }
    }

    fn answer(&self, request: &SelectionRequestEvent) {
        let SelectionRequestEvent { time, requestor, selection, target, property, .. } = *request;
        let connection = &self.connection;
        connection.change_property8(PropMode::REPLACE, requestor, property, target, self.uris.as_bytes()).unwrap();
        let mut notice = SelectionNotifyEvent { time, requestor, selection, target, property, ..Default::default() };
        notice.response_type = x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT;
        assert_ne!(property, u32::from(AtomEnum::NONE));
        connection.send_event(false, requestor, EventMask::NO_EVENT, notice).unwrap();
        connection.flush().unwrap();
    }
}
