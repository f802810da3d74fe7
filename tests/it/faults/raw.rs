//! A client on bare sockets: cheap enough to send more than the server can take, and as ill-mannered as a test needs.

use super::world::Door;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// However slow the machine is: an answer that has not come by then never comes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What matters of an answer here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Good,
    /// 503 with `Retry-After`.
    Refused,
    /// Another status, or 503 without a word of when to come back.
    Bad(u16),
}

/// The bytes of a request with the door's token.
pub fn request(door: &Door, method: &str, path: &str, body: &str) -> Vec<u8> {
    let (token, length) = (&door.secrets.token, body.len());
    format!("{method} /scim/v2{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

pub async fn connect(door: &Door) -> TcpStream {
    let address = door.root.trim_start_matches("http://");
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("it can be set");
    stream
}

/// Sends a request and reads its answer; the connection is left for the next one.
pub async fn exchange(stream: &mut TcpStream, request: &[u8]) -> std::io::Result<Answer> {
    stream.write_all(request).await?;
    tokio::time::timeout(PATIENCE, read_answer(stream)).await.expect("an answer, not silence")
}

async fn read_answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut buffer = Vec::with_capacity(4096);
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let length: usize = field("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    while buffer.len() < head + length {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let status: u16 = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok(match status {
        200..300 => Answer::Good,
        503 if field("retry-after").is_some() => Answer::Refused,
        status => Answer::Bad(status),
    })
}
