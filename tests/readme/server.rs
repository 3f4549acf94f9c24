//! A FHIR server as far as the examples go: it takes a resource, looks whether it is one, and says yes or no.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

/// Starts to answer on a free port of this machine, until the test ends; gives the base address.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(&stream)));
    format!("http://{address}/fhir")
}

fn answer(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let Some(first) = line(&mut reader) else { return };
    let mut length = 0;
    while let Some(header) = line(&mut reader).filter(|header| !header.is_empty()) {
        let (name, value) = header.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "expect" => reply(stream, "100 Continue"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    let is_read = reader.read_exact(&mut body).is_ok();
    let resource = serde_json::from_slice(&body).unwrap_or(Value::Null);
    reply(stream, if is_read { status(&first, &resource) } else { "400 Bad Request" });
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    Some(line.trim_end().to_owned())
}

/// A transaction goes to the base, a resource to its type and id (R4 http 3.1.0.4, 3.1.0.11).
fn status(request: &str, resource: &Value) -> &'static str {
    let text = |member: &str| resource[member].as_str().unwrap_or_default();
    match request.split(' ').collect::<Vec<_>>()[..] {
        ["POST", "/fhir", _] if text("resourceType") == "Bundle" && text("type") == "transaction" => "200 OK",
        ["PUT", path, _] if path == format!("/fhir/{}/{}", text("resourceType"), text("id")) => "201 Created",
        _ => "400 Bad Request",
    }
}

fn reply(mut stream: &TcpStream, status: &str) {
    let is_final = !status.starts_with("100");
    let body = if is_final { "Connection: close\r\nContent-Length: 2\r\n\r\n{}" } else { "\r\n" };
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{body}");
}
