//! A client that does nothing but send recorded requests over kept connections and read the answers, for bench.py:
//! `bare FILE PORT JOBS socket|http`, on plain sockets or through the HTTP client that the tool uses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;

use ureq::Agent;
use ureq::http::Request;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&arguments[1]).expect("the requests");
    let (mut requests, mut rest) = (Vec::new(), &bytes[..]);
    while let Some((length, tail)) = rest.split_at_checked(8) {
        let length = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
        let (request, tail) = tail.split_at(length);
        requests.push(request);
        rest = tail;
    }
    let next = Mutex::new(requests.into_iter());
    let take = || next.lock().expect("no thread panics").next();
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
    thread::scope(|scope| {
        for _ in 0..arguments[3].parse().expect("a number") {
            scope.spawn(|| match arguments[4].as_str() {
                "http" => by_client(&agent, &arguments[2], &take),
                _ => by_socket(&arguments[2], &take),
            });
        }
    });
}

fn by_client<'r>(agent: &Agent, port: &str, take: &dyn Fn() -> Option<&'r [u8]>) {
    while let Some(request) = take() {
        let end = request.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&request[..end]).expect("a head of text");
        let mut lines = head.lines();
        let mut first = lines.next().expect("a first line").split(' ');
        let method = first.next().expect("a method");
        let url = format!("http://127.0.0.1:{port}{}", first.next().expect("a path"));
        let mut builder = Request::builder().method(method).uri(url);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name != "host") {
            builder = builder.header(name, value);
        }
        let answer = match method {
            "GET" => agent.run(builder.body(()).expect("a request")),
            _ => agent.run(builder.body(&request[end + 4..]).expect("a request")),
        };
        answer.expect("an answer").body_mut().read_to_vec().expect("a body");
    }
}

fn by_socket<'r>(port: &str, take: &dyn Fn() -> Option<&'r [u8]>) {
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("a connection");
    stream.set_nodelay(true).expect("an option");
    let mut reader = BufReader::new(&stream);
    while let Some(request) = take() {
        (&stream).write_all(request).expect("a request");
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line == "\r\n" {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).expect("a body");
    }
}
