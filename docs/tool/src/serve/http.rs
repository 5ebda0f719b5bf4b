//! As much of HTTP/1.1 as a browser needs to read a book, and to see a program run: one request a
//! connection, and bodies in answers only.

use httparse::{EMPTY_HEADER, Status};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A browser's request heads have one or two kilobytes.
const LONGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// A browser may open a connection and send nothing on it.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path and the query, as sent.
    pub(crate) target: String,
    /// Names and values, as sent.
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    /// The values of every header of that name.
    pub(crate) fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self
            .headers
            .iter()
            .filter(move |(it, _)| it.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Response {
    pub(crate) status: &'static str,
    pub(crate) content_type: &'static str,
    /// Headers of its own, each with its line end.
    pub(crate) more: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// A status and a sentence.
    pub(crate) fn plain(status: &'static str, sentence: &str) -> Self {
        let body = format!("{sentence}\n").into_bytes();
        Response {
            status,
            content_type: "text/plain; charset=utf-8",
            more: "",
            body,
        }
    }

    /// To a method that an address does not have. `allow` names those that it has.
    pub(crate) fn not_allowed(allow: &'static str, sentence: &str) -> Self {
        Response {
            more: allow,
            ..Response::plain("405 Method Not Allowed", sentence)
        }
    }

    /// Sends the head and, unless it was only the head that was asked for, the body.
    pub(crate) fn send(&self, mut stream: &TcpStream, head_only: bool) -> io::Result<()> {
        let more = format!("Content-Length: {}\r\n{}", self.body.len(), self.more);
        send_head(stream, self.status, self.content_type, &more)?;
        if !head_only {
            stream.write_all(&self.body)?;
        }
        finish(stream)
    }
}

/// Nothing is kept by the browser: the next build may differ.
pub(crate) fn send_head(
    mut stream: &TcpStream,
    status: &str,
    content_type: &str,
    more: &str,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{more}Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}

/// Where the length of a body is not known when its first part is sent.
pub(crate) struct Chunks<'a>(pub(crate) &'a TcpStream);

impl Write for Chunks<'_> {
    /// A chunk in one piece, so that it leaves in one packet. A chunk of no bytes would be the end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
            self.0.write_all(&chunk)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What stands after the last chunk.
pub(crate) fn end_chunks(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"0\r\n\r\n")?;
    finish(stream)
}

/// Lets the other side read all of it: closing a connection with unread bytes would throw the
/// response away.
fn finish(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let mut rest = (&mut stream).take(LONGEST_HEAD as u64);
    io::copy(&mut rest, &mut io::sink()).map(|_| ())
}

/// Reads a request's head. `Ok(Err(…))` is what to answer to one that cannot be understood.
pub(crate) fn receive(mut stream: &TcpStream) -> io::Result<Result<Request, Response>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&chunk[..count]);
        match parse(&head) {
            Ok(Some(request)) => return Ok(Ok(request)),
            Ok(None) if head.len() < LONGEST_HEAD => {}
            Ok(None) => {
                return Ok(Err(Response::plain(
                    "431 Request Header Fields Too Large",
                    "Too long.",
                )));
            }
            Err(error) => return Ok(Err(Response::plain("400 Bad Request", &error.to_string()))),
        }
    }
}

/// `None` if the head goes on.
fn parse(head: &[u8]) -> Result<Option<Request>, httparse::Error> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    if request.parse(head)? == Status::Partial {
        return Ok(None);
    }
    let headers = request.headers.iter().map(|it| {
        (
            it.name.to_owned(),
            String::from_utf8_lossy(it.value).into_owned(),
        )
    });
    Ok(Some(Request {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers: headers.collect(),
    }))
}

/// By the ending of the file. Programs are shown, not saved.
pub(crate) fn content_type(address: &str) -> &'static str {
    match address.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("pdf") => "application/pdf",
        Some("rs" | "py" | "txt" | "md" | "toml" | "csv" | "log") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let head = b"GET /a?b HTTP/1.1\r\nHost: localhost:3000\r\nAccept: */*\r\n\r\n";
        assert_eq!(parse(&head[..30]), Ok(None));
        let request = parse(head).unwrap().unwrap();
        assert_eq!((&*request.method, &*request.target), ("GET", "/a?b"));
        assert_eq!(
            request.header("host").collect::<Vec<_>>(),
            ["localhost:3000"]
        );
        assert_eq!(request.header("Cookie").count(), 0);
        assert!(parse(b"GET /a b c\r\n\r\n").is_err());
    }

    #[test]
    fn a_file_without_a_known_ending_is_bytes() {
        assert_eq!(
            content_type("css/general-1234.css"),
            "text/css; charset=utf-8"
        );
        assert_eq!(
            content_type("recipes/synchronization/lock/src/main.rs"),
            "text/plain; charset=utf-8"
        );
        assert_eq!(content_type("CNAME"), "application/octet-stream");
    }
}
