//! As much of HTTP/1.1 as a browser and a media player need: one request a connection.

use std::io::{self, Read};
use std::net::IpAddr;

/// A request's head is never longer.
const MOST: usize = 8 << 10;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The server's name as the client knows it, port included.
    pub host: Option<String>,
}

impl Request {
    /// Reads a request's head.
    ///
    /// # Errors
    /// Of the connection; [`io::ErrorKind::InvalidData`] for what is no HTTP.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = Vec::new();
        let mut chunk = [0; 1024];
        while !head.windows(4).any(|w| w == b"\r\n\r\n") {
            let read = from.read(&mut chunk)?;
            if read == 0 || head.len() + read > MOST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            head.extend_from_slice(&chunk[..read]);
        }
        Self::parse(&String::from_utf8_lossy(&head)).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return None;
        }
        let path = target.split(['?', '#']).next().unwrap_or(target);
        let fields = lines.filter_map(|line| line.split_once(':'));
        let host =
            fields.filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| value.trim().to_owned());
        Some(Self { method: method.into(), path: path.into(), host: host.last() })
    }

    /// Whether the client calls this machine by an address or as `localhost`. A page of another site that has its own
    /// name point here (DNS rebinding) does not, and must not see the picture.
    #[must_use]
    pub fn names_an_address(&self) -> bool {
        let Some(host) = &self.host else { return true };
        let name = match host.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or(v6),
            None => host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name),
        };
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_request_is_understood() {
        let head = "GET /stream.mjpg?17 HTTP/1.1\r\nhost: 127.0.0.1:8090\r\nAccept: */*\r\n\r\n";
        let request = Request::read(&mut head.as_bytes()).unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/stream.mjpg"));
        assert!(request.names_an_address());
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for wrong in ["", "GET", "GET / HTTP/1.1\r\n", "hello\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET / SPDY\r\n\r\n"]
        {
            assert!(Request::read(&mut wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        let endless = [b"GET / HTTP/1.1\r\n".as_slice(), &b"a: b\r\n".repeat(5000)].concat();
        assert!(Request::read(&mut endless.as_slice()).is_err());
    }

    #[test]
    fn only_addresses_and_localhost_name_this_machine() {
        let host = |host: &str| Request { method: "GET".into(), path: "/".into(), host: Some(host.into()) };
        for fine in ["localhost", "LOCALHOST:8090", "127.0.0.1:8090", "[::1]:8090", "192.168.1.2"] {
            assert!(host(fine).names_an_address(), "{fine}");
        }
        for foreign in ["evil.example:8090", "evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:1"] {
            assert!(!host(foreign).names_an_address(), "{foreign}");
        }
    }
}
