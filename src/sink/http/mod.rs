//! The picture over HTTP: `multipart/x-mixed-replace` of JPEGs, which every browser shows and OBS reads as `mpjpeg`.
//!
//! One thread accepts, one serves each client; pictures are encoded once, on the output's own thread, and only while
//! somebody watches. A client takes the newest picture whenever it is ready for one, so a slow client sees fewer
//! pictures and no other client notices; one that takes nothing for [`PATIENCE`] is dropped.
//!
//! | path | answer |
//! |---|---|
//! | `/` | a page that shows the stream |
//! | `/stream.mjpg` | the stream |
//! | `/snapshot.jpg` | one picture |

mod board;
mod request;

use super::audience::Audience;
use super::recode::Recode;
use crate::av::jpeg::{JFIF, JpegEncoder};
use crate::error::{Error, Result};
use crate::frame::{ColorInfo, CpuImage, Frame};
use crate::stage::FrameSink;
use board::Board;
use request::Request;
use socket2::SockRef;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How long a client may take nothing.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Clients at once; the page's stream counts as one.
pub const MOST_CLIENTS: usize = 32;
/// Connections at once, with those that are told that there are too many clients; more are closed without a word.
const MOST_CONNECTIONS: usize = 2 * MOST_CLIENTS;
/// Of the kernel's buffer a client: about two pictures, or a slow client would see the past.
const SEND_BUFFER: usize = 256 << 10;
/// On x264's scale. What comes nearest to JPEG's 90.
const QUALITY: f32 = 4.0;
const BOUNDARY: &str = "comicvid-frame";
const PAGE: &str = include_str!("page.html");

/// The server, as a sink for pictures of any size. Dropping it ends the server and its clients.
pub struct HttpSink {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: Option<JoinHandle<()>>,
    encoder: Option<JpegEncoder>,
    recode: Option<(ColorInfo, Recode)>,
    /// The picture that was encoded last, by its index: one that is shown again need not be encoded again.
    last: Option<(u64, Arc<Vec<u8>>)>,
}

struct Shared {
    board: Board,
    audience: Audience,
    clients: AtomicUsize,
}

impl HttpSink {
    /// Begins to listen. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`Error::Offer`]: the address is in use, or not one of this machine.
    pub fn bind(address: SocketAddr) -> Result<Self> {
        let failed = |e: io::Error| Error::Offer {
            target: format!("http://{address}"),
            reason: match e.kind() {
                io::ErrorKind::AddrInUse => "the port is in use, by another program or another comicvid".into(),
                io::ErrorKind::AddrNotAvailable => "this machine does not have that address".into(),
                io::ErrorKind::PermissionDenied => "ports below 1024 are the system's".into(),
                _ => e.to_string(),
            },
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared =
            Arc::new(Shared { board: Board::default(), audience: Audience::default(), clients: AtomicUsize::new(0) });
        let ours = Arc::clone(&shared);
        let acceptor = Builder::new().name("http".into()).spawn(move || accept(&listener, &ours)).map_err(failed)?;
        Ok(Self { shared, address, acceptor: Some(acceptor), encoder: None, recode: None, last: None })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who watches.
    #[must_use]
    pub fn audience(&self) -> Audience {
        self.shared.audience.clone()
    }

    fn encode(&mut self, image: CpuImage) -> Result<Vec<u8>> {
        let failed = |e: crate::av::AvError| Error::Encoder { encoder: "mjpeg".into(), source: e.into() };
        let encoder = match &mut self.encoder {
            Some(encoder) if encoder.size() == image.size => encoder,
            other => other.insert(JpegEncoder::new(image.size, QUALITY).map_err(failed)?),
        };
        let recode = match &self.recode {
            Some((from, recode)) if *from == image.color => recode,
            _ => &self.recode.insert((image.color, Recode::new(image.color, JFIF))).1,
        };
        encoder.encode(recode.image(image)).map_err(failed)
    }
}

impl FrameSink for HttpSink {
    fn write(&mut self, frame: Frame<CpuImage>) -> Result<()> {
        // Keep-alive frames come even when the camera rests, so whoever enters gets a picture soon.
        if self.shared.audience.count() > 0 {
            let jpeg = match &self.last {
                Some((index, jpeg)) if *index == frame.stamp.index => Arc::clone(jpeg),
                _ => Arc::new(self.encode(frame.image)?),
            };
            self.last = Some((frame.stamp.index, Arc::clone(&jpeg)));
            self.shared.board.post(jpeg);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.shared.board.close();
        // Wakes the acceptor, which then sees that it is over.
        let mut own = self.address;
        if own.ip().is_unspecified() {
            own.set_ip(match own {
                SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            });
        }
        let woken = TcpStream::connect_timeout(&own, Duration::from_secs(1)).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            // A panic there has been reported on stderr; nothing is left to do about it.
            let _ = acceptor.join();
        }
    }
}

/// A connection, counted until it is dropped.
struct Client(Arc<Shared>);

impl Drop for Client {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, SeqCst);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.board.is_closed() {
            return;
        }
        let Ok(stream) = stream else {
            // Out of file descriptors, most likely: clients that leave give some back.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        let ours = Arc::clone(shared);
        let others = shared.clients.fetch_add(1, SeqCst);
        let client = Client(Arc::clone(shared));
        if others >= MOST_CONNECTIONS {
            continue;
        }
        let started = Builder::new().name("http client".into()).spawn(move || {
            let _client = client;
            // Clients come and go; what ends a connection is their own business.
            if let Err(error) = serve(stream, &ours, others >= MOST_CLIENTS) {
                tracing::debug!("an HTTP client left: {error}");
            }
        });
        if let Err(error) = started {
            tracing::warn!("an HTTP client was turned away: {error}");
        }
    }
}

/// Answers a client.
fn serve(mut stream: TcpStream, shared: &Shared, busy: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let request = Request::read(&mut stream)?;
    if !request.names_an_address() {
        return answer(&mut stream, "403 Forbidden", "text/plain", b"ask by address, not by name\n");
    }
    if request.method != "GET" {
        return answer(&mut stream, "405 Method Not Allowed", "text/plain", b"GET is all there is\n");
    }
    if busy {
        return answer(&mut stream, "503 Service Unavailable", "text/plain", b"too many clients\n");
    }
    match request.path.as_str() {
        "/" => answer(&mut stream, "200 OK", "text/html; charset=utf-8", PAGE.as_bytes()),
        "/snapshot.jpg" => {
            let old = shared.board.newest();
            let _seat = shared.audience.enter();
            match shared.board.after(old, PATIENCE / 2) {
                Some((_, jpeg)) => answer(&mut stream, "200 OK", "image/jpeg", &jpeg),
                None => answer(&mut stream, "503 Service Unavailable", "text/plain", b"no picture yet\n"),
            }
        }
        "/stream.mjpg" => pour(stream, shared),
        _ => answer(&mut stream, "404 Not Found", "text/plain", b"there are /, /stream.mjpg and /snapshot.jpg\n"),
    }
}

/// What every answer says. Other sites may not embed the picture.
const ALWAYS: &str = "Cache-Control: no-store\r\nConnection: close\r\nCross-Origin-Resource-Policy: same-origin\r\nX-Content-Type-Options: nosniff\r\n";

fn answer(stream: &mut TcpStream, status: &str, kind: &str, body: &[u8]) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{ALWAYS}\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()
}

/// Sends pictures until the client or the server has had enough.
fn pour(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER)?;
    let mut seen = shared.board.newest();
    let _seat = shared.audience.enter();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary={BOUNDARY}\r\n{ALWAYS}\r\n--{BOUNDARY}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    while !shared.board.is_closed() {
        let Some((number, jpeg)) = shared.board.after(seen, Duration::from_secs(1)) else { continue };
        seen = number;
        let head = format!("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
        // The next boundary goes out at once: browsers show a picture only when they have seen it.
        let tail = format!("\r\n--{BOUNDARY}\r\n");
        stream.write_all(&[head.as_bytes(), &jpeg, tail.as_bytes()].concat())?;
    }
    Ok(())
}

/// Whether only programs on this machine can connect to `address`.
#[must_use]
pub fn is_private(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// `8090`, `127.0.0.1:8090`, `localhost:8090` or `[::1]:8090`; a port alone is offered to this machine alone.
///
/// # Errors
/// [`Error::Setting`] for anything else.
pub fn parse_address(text: &str) -> Result<SocketAddr> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let port = |text: &str| text.parse::<u16>().ok();
    let parsed = match text.strip_prefix("localhost") {
        Some("") => None,
        Some(rest) => rest.strip_prefix(':').and_then(port).map(local),
        None => port(text).map(local).or_else(|| text.parse().ok()),
    };
    parsed.ok_or_else(|| Error::setting("serve", format!("\"{text}\" is not an address like 127.0.0.1:8090 or a port")))
}

#[cfg(test)]
mod tests;
