//! A client that costs little of the machine that it shares with the server: one blocking socket, HTTP/1.1 kept alive, no
//! parsing of bodies.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Where requests go, and with which credential.
#[derive(Debug, Clone)]
pub struct Target {
    pub address: SocketAddr,
    /// Stands before every path.
    pub prefix: &'static str,
    pub token: String,
}

pub struct Client {
    target: Target,
    stream: Option<TcpStream>,
    out: Vec<u8>,
    raw: Vec<u8>,
    /// The body of the last answer.
    pub body: Vec<u8>,
    /// From the first byte sent to the whole answer.
    pub took: Duration,
    /// From the first byte sent to the first one received.
    pub first_byte: Duration,
}

/// How the end of a body is told.
enum Length {
    Known(usize),
    Chunked,
}

impl Client {
    pub fn new(target: &Target) -> Self {
        Self {
            target: target.clone(),
            stream: None,
            out: Vec::new(),
            raw: Vec::with_capacity(1 << 16),
            body: Vec::new(),
            took: Duration::ZERO,
            first_byte: Duration::ZERO,
        }
    }

    /// Sends a request and reads its answer; the status.
    pub fn call(&mut self, method: &str, path: &str, body: Option<&str>) -> io::Result<u16> {
        let Target { address, prefix, token } = &self.target;
        self.out.clear();
        write!(self.out, "{method} {prefix}{path} HTTP/1.1\r\nHost: {address}\r\n")?;
        if !token.is_empty() {
            write!(self.out, "Authorization: Bearer {token}\r\n")?;
        }
        if let Some(body) = body {
            write!(self.out, "Content-Type: application/scim+json\r\nContent-Length: {}\r\n", body.len())?;
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body.unwrap_or_default().as_bytes());
        let was_kept = self.stream.is_some();
        let answer = match self.exchange() {
            // The server may have ended a connection that was kept.
            Err(error) if was_kept && is_closed(&error) => {
                self.stream = None;
                self.exchange()
            }
            answer => answer,
        };
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    /// The beginning of the last body, for a message.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }

    pub fn contains(&self, piece: &str) -> bool {
        find(&self.body, piece.as_bytes()).is_some()
    }

    /// What stands behind `"name":` in the body: a string or a number.
    pub fn value(&self, name: &str) -> Option<String> {
        let key = format!("\"{name}\":");
        let rest = &self.body[find(&self.body, key.as_bytes())? + key.len()..];
        let end = |stops: &[u8]| rest.iter().skip(1).position(|byte| stops.contains(byte)).map(|at| at + 1);
        let value = if rest.first() == Some(&b'"') { rest.get(1..end(b"\"")?) } else { rest.get(..end(b",}]")?) };
        value.map(|value| String::from_utf8_lossy(value).trim().to_owned())
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    fn exchange(&mut self) -> io::Result<u16> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect_timeout(&self.target.address, Duration::from_secs(10))?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(300)))?;
                none.insert(stream)
            }
        };
        let begun = Instant::now();
        stream.write_all(&self.out)?;
        self.raw.clear();
        more(stream, &mut self.raw)?;
        self.first_byte = begun.elapsed();
        let head = loop {
            match find(&self.raw, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => more(stream, &mut self.raw)?,
            }
        };
        let (status, length) = read_head(&self.raw[..head])?;
        self.body.clear();
        match length {
            Length::Known(length) => {
                while self.raw.len() < head + length {
                    more(stream, &mut self.raw)?;
                }
                self.body.extend_from_slice(&self.raw[head..head + length]);
            }
            Length::Chunked => {
                let mut at = head;
                loop {
                    let line = loop {
                        match find(&self.raw[at..], b"\r\n") {
                            Some(end) => break at + end,
                            None => more(stream, &mut self.raw)?,
                        }
                    };
                    let size = std::str::from_utf8(&self.raw[at..line]).ok();
                    let size = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
                    let size = size.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the size of a chunk"))?;
                    let end = line + 2 + size;
                    while self.raw.len() < end + 2 {
                        more(stream, &mut self.raw)?;
                    }
                    self.body.extend_from_slice(&self.raw[line + 2..end]);
                    if size == 0 {
                        break;
                    }
                    at = end + 2;
                }
            }
        }
        self.took = begun.elapsed();
        Ok(status)
    }
}

fn more(stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; 1 << 15];
    match stream.read(&mut piece)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        read => {
            into.extend_from_slice(&piece[..read]);
            Ok(())
        }
    }
}

fn read_head(head: &[u8]) -> io::Result<(u16, Length)> {
    let wrong = |what| io::Error::new(ErrorKind::InvalidData, what);
    let head = std::str::from_utf8(head).map_err(|_| wrong("the head of an answer"))?;
    let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(|| wrong("the status line"))?;
    let mut length = Length::Known(0);
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Known(value.trim().parse().map_err(|_| wrong("the length of a body"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        }
    }
    // These have no body, whatever their head says.
    Ok((status, if matches!(status, 204 | 304) { Length::Known(0) } else { length }))
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    let first = *piece.first()?;
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|byte| *byte == first) {
        at += next;
        if text[at..].starts_with(piece) {
            return Some(at);
        }
        at += 1;
    }
    None
}
