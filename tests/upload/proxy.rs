//! Proxies, by the variables that curl reads.

use std::io::{BufRead, BufReader, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::thread;

use assert_cmd::Command;

use crate::server::{Act, TestServer};
use crate::session::bundle;

/// What a proxy was asked for: the line and the headers of each CONNECT.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that opens tunnels, or answers with another status.
fn proxy(status: u16) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Asked::default();
    let inside = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let asked = Arc::clone(&inside);
            thread::spawn(move || tunnel(stream, status, &asked));
        }
    });
    (address, asked)
}

fn tunnel(mut client: TcpStream, status: u16, asked: &Asked) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|bytes| *bytes > 0)?;
    }
    asked.lock().unwrap().push(head.clone());
    write!(client, "HTTP/1.1 {status} X\r\n\r\n").ok()?;
    let server = TcpStream::connect(head.split(' ').nth(1).filter(|_| status == 200)?).ok()?;
    let (mut from, mut to) = (server.try_clone().ok()?, client.try_clone().ok()?);
    thread::spawn(move || copy(&mut from, &mut to));
    copy(&mut reader, &mut &server).ok().map(drop)
}

fn upload(server: &TestServer, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    command.args(["upload", "-", "--to", &server.base, "--deadline", "0"]).envs(variables.iter().copied());
    command.write_stdin(bundle(1, &["a"]).to_string()).output().unwrap()
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_with_its_own_password() {
    let (server, (address, asked)) = (TestServer::new(|_| Act::Serve), proxy(200));
    let output = upload(&server, &[("http_proxy", &format!("http://user:sesame@{address}"))]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].starts_with("CONNECT 127.0.0.1:") && asked[0].to_lowercase().contains("proxy-authorization: basic")
    );
    assert!(server.seen().iter().all(|seen| !seen.headers.contains_key("proxy-authorization")));
}

#[test]
fn no_proxy_goes_past_it() {
    let (server, (address, asked)) = (TestServer::new(|_| Act::Serve), proxy(200));
    for (name, value) in [("NO_PROXY", "127.0.0.1"), ("no_proxy", "*"), ("no_proxy", "10.0.0.0/8,127.0.0.0/8")] {
        let output = upload(&server, &[("all_proxy", &address), (name, value)]);
        assert_eq!((output.status.code(), asked.lock().unwrap().len()), (Some(0), 0), "{name}={value}");
    }
}

#[test]
fn a_proxy_that_refuses_ends_the_run_with_its_status() {
    let server = TestServer::new(|_| Act::Serve);
    for status in [403, 407, 502] {
        let (address, _) = proxy(status);
        let output = upload(&server, &[("http_proxy", &format!("user:sesame@{address}"))]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(&status.to_string()) && text.contains("proxy") && !text.contains("sesame"), "{text}");
    }
}

#[test]
fn socks_is_refused_before_anything_is_read() {
    let server = TestServer::new(|_| Act::Serve);
    let output = upload(&server, &[("ALL_PROXY", "socks5h://user:sesame@127.0.0.1:1080")]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("socks5h") && text.contains("ALL_PROXY") && !text.contains("sesame"), "{text}");
}
