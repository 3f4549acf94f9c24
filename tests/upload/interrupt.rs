//! Ctrl-C: requests in progress are completed, and a second run sends the rest.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::server::{Act, TestServer};
use crate::session::bundle;

const STUDIES: usize = 40;

/// A server that delays its fifth transaction: when it has arrived, a channel is sent that releases it.
fn waiting(arrived: Sender<Sender<()>>) -> TestServer {
    let mut transactions = 0;
    let arrived = Mutex::new(arrived);
    TestServer::new(move |seen| {
        transactions += usize::from(seen.body.contains("\"transaction\""));
        if transactions == 5 && seen.body.contains("\"transaction\"") {
            let (go_on, wait) = channel();
            let _ = arrived.lock().unwrap().send(go_on);
            let _ = wait.recv();
        }
        Act::Serve
    })
}

fn studies(server: &TestServer) -> usize {
    server.store().keys().filter(|key| key.starts_with("ImagingStudy/")).count()
}

#[test]
fn ctrl_c_finishes_what_is_under_way_and_a_second_run_does_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("bundles.ndjson");
    let lines: Vec<String> = (0..STUDIES).map(|number| bundle(number, &["a"]).to_string()).collect();
    std::fs::write(&input, lines.join("\n")).unwrap();
    let (arrived, arrivals) = channel();
    let server = waiting(arrived);
    let upload = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        command
            .args(["upload", "--to", &server.base, "--requests", "2", "--journal"])
            .arg(folder.path().join("journal"));
        command.arg(&input).stderr(Stdio::piped());
        command
    };
    let child = upload().spawn().unwrap();
    let go_on = arrivals.recv().unwrap();
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    go_on.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!((5..STUDIES).contains(&studies(&server)), "the one that waited was finished, and not all were begun");

    let done = studies(&server);
    let output = upload().output().unwrap();
    let summary = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{summary}");
    assert_eq!(studies(&server), STUDIES);
    assert!(server.store().values().all(|(version, _)| *version == 1), "nothing was written twice");
    assert!(summary.contains(&format!("{done}  sent before, by the journal")), "{summary}");
}
