//! A server on loopback that has nothing and takes everything, for bench.py. It prints its port, and writes the
//! requests of the first upload to the file that is named: those that come before the first second without any.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const STATEMENT: &str = r#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"interaction":[{"code":"transaction"},{"code":"batch"}],"resource":[{"type":"ImagingStudy"}]}]}"#;

struct Record {
    file: File,
    last: Option<Instant>,
    done: bool,
}

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let file = File::create(std::env::args().nth(1).unwrap()).unwrap();
    let record = Arc::new(Mutex::new(Record { file, last: None, done: false }));
    for stream in listener.incoming().flatten() {
        let record = Arc::clone(&record);
        thread::spawn(move || serve(&stream, &record));
    }
}

fn serve(stream: &TcpStream, record: &Mutex<Record>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let start = head.len();
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
            let line = head[start..].to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        keep(record, &head, &body);
        let (status, answer) = answer(&head, &body);
        let text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
        let mut out = stream;
        if out.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Each request as its length and its bytes, while the first upload lasts.
fn keep(record: &Mutex<Record>, head: &str, body: &[u8]) {
    let mut record = record.lock().unwrap();
    record.done |= record.last.is_some_and(|last| last.elapsed() > Duration::from_secs(1)) || (record.last.is_some() && head.starts_with("GET /fhir/metadata"));
    if record.done {
        return;
    }
    record.last = Some(Instant::now());
    let length = (head.len() + body.len()) as u64;
    record.file.write_all(&length.to_le_bytes()).unwrap();
    record.file.write_all(head.as_bytes()).unwrap();
    record.file.write_all(body).unwrap();
}

fn answer(head: &str, body: &[u8]) -> (u16, String) {
    if head.starts_with("GET /fhir/metadata") {
        return (200, STATEMENT.to_string());
    }
    if head.starts_with("GET") {
        return (404, "{}".to_string());
    }
    let text = String::from_utf8_lossy(body);
    let count = |needle: &str| text.matches(needle).count();
    let entry = |status: &str| format!(r#"{{"response":{{"status":"{status}"}}}}"#);
    let reads = count("\"method\":\"GET\"");
    let entries = if reads > 0 { vec![entry("404"); reads] } else { vec![entry("201"); count("\"fullUrl\"")] };
    (200, format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(",")))
}
