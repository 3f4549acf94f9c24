//! A minimal FHIR server for the examples: it accepts resources and transactions, and checks their form.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

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
            "expect" => drop(write!(&mut &*stream, "HTTP/1.1 100 Continue\r\n\r\n")),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    let is_read = reader.read_exact(&mut body).is_ok();
    let resource = serde_json::from_slice(&body).unwrap_or(Value::Null);
    match is_read {
        true => reply(stream, status(&first, &resource), &body_of(&first, &resource)),
        false => reply(stream, "400 Bad Request", &Value::Null),
    }
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
        ["POST", "/fhir" | "/fhir/", _] if ["transaction", "batch"].contains(&text("type")) => "200 OK",
        ["PUT", path, _] if path == format!("/fhir/{}/{}", text("resourceType"), text("id")) => "201 Created",
        ["GET", "/fhir/metadata", _] => "200 OK",
        _ => "400 Bad Request",
    }
}

/// The CapabilityStatement, or the response to each entry of a transaction.
fn body_of(request: &str, resource: &Value) -> Value {
    if request.starts_with("GET ") {
        let rest = json!([{ "mode": "server", "interaction": [{ "code": "transaction" }] }]);
        return json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest });
    }
    let entries = resource["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kind = format!("{}-response", resource["type"].as_str().unwrap_or_default());
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries.iter().map(entry).collect::<Vec<_>>() })
}

/// Nothing exists yet, and everything can be created.
fn entry(entry: &Value) -> Value {
    let url = entry["request"]["url"].as_str().unwrap_or_default();
    match entry["request"]["method"].as_str() {
        Some("GET") if url.contains('?') => {
            let none = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
            json!({ "response": { "status": "200" }, "resource": none })
        }
        Some("GET") => json!({ "response": { "status": "404" } }),
        Some("POST") => json!({ "response": { "status": "201", "location": format!("{url}/1/_history/1") } }),
        _ => json!({ "response": { "status": "201", "location": format!("{url}/_history/1") } }),
    }
}

fn reply(mut stream: &TcpStream, status: &str, body: &Value) {
    let body = body.to_string();
    let head = "Connection: close\r\nContent-Type: application/fhir+json";
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}
