//! Real clients over real sockets.

use super::*;
use crate::frame::{ColorInfo, PixelFormat, Size, Stamp};
use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

const SIZE: Size = Size::new(64, 48);

fn server() -> HttpSink {
    HttpSink::bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A grey picture; limited range, so 16 is black and 235 white.
fn picture(index: u64, luma: u8) -> Frame<CpuImage> {
    let planes = vec![vec![luma; SIZE.pixels()], vec![128; SIZE.pixels() / 4], vec![128; SIZE.pixels() / 4]];
    let image = CpuImage::from_planes(SIZE, PixelFormat::I420, ColorInfo::BT709, planes);
    Frame { stamp: Stamp { index, pts: 0, duration: 0 }, image }
}

fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// The whole answer to a request that ends.
fn ask(address: SocketAddr, path: &str) -> String {
    let mut answer = Vec::new();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    connect(address, &request).read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// A client of the stream, as strict as the standard allows.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = connect(address, "GET /stream.mjpg HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
        let mut client = Self(BufReader::new(stream));
        let head = client.head();
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.contains(&format!("Content-Type: multipart/x-mixed-replace;boundary={BOUNDARY}")), "{head:?}");
        client
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn head(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.line() {
                end if end.is_empty() => return lines,
                line => lines.push(line),
            }
        }
    }

    /// The next picture's luma in its middle, full range.
    fn picture(&mut self) -> u8 {
        let boundary = self.line();
        let boundary = if boundary.is_empty() { self.line() } else { boundary };
        assert_eq!(boundary, format!("--{BOUNDARY}"));
        let head = self.head();
        assert_eq!(head[0], "Content-Type: image/jpeg");
        let length: usize = head[1].strip_prefix("Content-Length: ").unwrap().parse().unwrap();
        let mut jpeg = vec![0; length];
        self.0.read_exact(&mut jpeg).unwrap();
        let picture = image::load_from_memory(&jpeg).unwrap().into_luma8();
        assert_eq!(picture.dimensions(), (64, 48));
        picture.get_pixel(30, 20).0[0]
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} took too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn two_clients_get_the_picture_in_its_colours_and_one_may_leave() {
    let mut server = server();
    let (address, audience) = (server.address(), server.audience());
    let (mut one, mut two) = (Client::new(address), Client::new(address));
    until("two clients", || audience.count() == 2);
    server.write(picture(0, 16)).unwrap();
    assert!(one.picture() < 3 && two.picture() < 3);
    drop(one);
    // It is noticed when there is something to send.
    let mut index = 1;
    while audience.count() > 1 {
        server.write(picture(index, 16)).unwrap();
        index += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    server.write(picture(index, 235)).unwrap();
    // Shown again: the same once more.
    server.write(picture(index, 16)).unwrap();
    let mut whites = 0;
    while whites == 0 {
        whites += u32::from(two.picture() > 252);
    }
    server.write(picture(index + 1, 16)).unwrap();
    while two.picture() > 252 {
        whites += 1;
    }
    assert!((1..=2).contains(&whites), "{whites}");
}

#[test]
fn a_client_that_does_not_read_holds_nobody_up() {
    let mut server = server();
    let (address, audience) = (server.address(), server.audience());
    let stuck = Client::new(address);
    let mut quick = Client::new(address);
    until("two clients", || audience.count() == 2);
    // Noise makes large JPEGs: the stuck client's buffers are full after some, and its thread is blocked for good.
    let noise: Vec<u8> = (0..640_u32 * 480).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let planes = vec![noise, vec![128; 320 * 240], vec![128; 320 * 240]];
    let image = CpuImage::from_planes(Size::new(640, 480), PixelFormat::I420, ColorInfo::BT709, planes);
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            let mut received = 0_u32;
            while !done.load(SeqCst) {
                let boundary = quick.line();
                if boundary.is_empty() {
                    continue;
                }
                let head = quick.head();
                let length: usize = head[1].strip_prefix("Content-Length: ").unwrap().parse().unwrap();
                quick.0.read_exact(&mut vec![0; length]).unwrap();
                received += 1;
            }
            received
        })
    };
    for index in 0..60 {
        let stamp = Stamp { index, pts: 0, duration: 0 };
        // Must not wait for anybody: 60 waits of ten seconds would run into the test's own limit.
        server.write(Frame { stamp, image: image.clone() }).unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
    done.store(true, SeqCst);
    server.write(picture(60, 16)).unwrap();
    let received = reader.join().unwrap();
    assert!(received > 20, "the quick client got {received} of 60 pictures");
    drop(stuck);
}

#[test]
fn one_client_too_many_is_told_so_until_another_leaves() {
    let mut server = server();
    let (address, audience) = (server.address(), server.audience());
    let mut clients: Vec<Client> = (0..MOST_CLIENTS).map(|_| Client::new(address)).collect();
    until("all clients", || audience.count() == MOST_CLIENTS);
    for path in ["/stream.mjpg", "/snapshot.jpg", "/"] {
        assert!(ask(address, path).starts_with("HTTP/1.1 503"), "{path}");
    }
    assert_eq!(audience.count(), MOST_CLIENTS);
    // Those who say nothing do not add up either: what is above all bounds is closed without a word.
    let silent: Vec<TcpStream> = (0..MOST_CONNECTIONS).map(|_| TcpStream::connect(address).unwrap()).collect();
    until("the acceptor", || server.shared.clients.load(SeqCst) >= MOST_CONNECTIONS);
    assert!(server.shared.clients.load(SeqCst) <= MOST_CONNECTIONS + 1);
    drop(silent);
    clients.pop();
    let mut index = 0;
    until("the others to be gone", || {
        server.write(picture(index, 16)).unwrap();
        index += 1;
        server.shared.clients.load(SeqCst) < MOST_CLIENTS
    });
    drop(Client::new(address));
}

#[test]
fn nothing_is_encoded_for_nobody() {
    let mut server = server();
    server.write(picture(0, 100)).unwrap();
    assert!(server.encoder.is_none());
}

#[test]
fn a_snapshot_is_of_now_and_not_of_the_last_visit() {
    let mut server = server();
    let (address, audience) = (server.address(), server.audience());
    for luma in [16, 235] {
        let client = std::thread::spawn(move || {
            let mut answer = Vec::new();
            connect(address, "GET /snapshot.jpg HTTP/1.1\r\n\r\n").read_to_end(&mut answer).unwrap();
            answer
        });
        until("a visitor", || audience.count() == 1);
        let mut index = 0;
        while !client.is_finished() {
            server.write(picture(index + u64::from(luma) * 1000, luma)).unwrap();
            index += 1;
            std::thread::sleep(Duration::from_millis(5));
        }
        let answer = client.join().unwrap();
        let start = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        let pixel = image::load_from_memory(&answer[start..]).unwrap().into_luma8().get_pixel(5, 5).0[0];
        assert!(pixel.abs_diff(if luma == 16 { 0 } else { 255 }) < 3, "{pixel}");
        until("the visitor to leave", || audience.count() == 0);
    }
}

#[test]
fn the_page_shows_the_stream_and_strangers_get_nothing() {
    let server = server();
    let address = server.address();
    let page = ask(address, "/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("src=\"stream.mjpg\""), "{page}");
    assert!(ask(address, "/../etc/passwd").starts_with("HTTP/1.1 404"));
    let whole = |request: &str| {
        let mut answer = String::new();
        connect(address, request).read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(whole("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    assert!(whole("GET /stream.mjpg HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 403"));
}

#[test]
fn a_busy_port_is_told_and_a_dropped_server_gives_it_back() {
    let server = server();
    let address = server.address();
    let error = HttpSink::bind(address).err().unwrap();
    assert!(error.to_string().contains("in use"), "{error}");
    let mut client = Client::new(address);
    until("a client", || server.audience().count() == 1);
    let audience = server.audience();
    drop(server);
    until("the client to be let go", || audience.count() == 0);
    assert!(client.0.read_to_end(&mut Vec::new()).is_ok());
    drop(HttpSink::bind(address).unwrap());
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (text, meant) in [
        ("8090", "127.0.0.1:8090"),
        ("127.0.0.1:8090", "127.0.0.1:8090"),
        ("localhost:80", "127.0.0.1:80"),
        ("[::1]:8090", "[::1]:8090"),
        ("0.0.0.0:8090", "0.0.0.0:8090"),
    ] {
        assert_eq!(parse_address(text).unwrap(), meant.parse().unwrap(), "{text}");
    }
    for wrong in ["", "localhost", "somewhere:80", "70000", "127.0.0.1", ":80"] {
        assert!(parse_address(wrong).is_err(), "{wrong}");
    }
    assert!(is_private("127.0.0.1:1".parse().unwrap()) && !is_private("0.0.0.0:1".parse().unwrap()));
}
