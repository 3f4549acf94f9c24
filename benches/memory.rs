//! Memory of grouping, and the cost of writing a large study; headers come from memory, without disk access.
//!
//! `cargo bench --bench memory -- 10000000 200` groups so many instances in series of so many. A series of all of them,
//! as `1000000 1000000`, is also written, beside the same structs from a list in memory.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use dcm2fhir::internals::fhir::id::Ids;
use dcm2fhir::internals::fhir::json::{self, Layout};
use dcm2fhir::internals::fhir::{Sharing, link};
use dcm2fhir::internals::group::{Studies, Study, several_places};
use dcm2fhir::internals::mapping::Options;
use dcm2fhir::internals::mapping::finish::{Finished, imaging_study};
use dcm2fhir::internals::options::References;
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::ClockId;
use serde::Serialize;

mod headers;

use headers::Series;

/// Series of one study.
const SERIES_OF_A_STUDY: u32 = 4;

fn main() {
    let numbers: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (instances, each) = match numbers[..] {
        [instances, each] => (instances, each),
        _ => (100_000, 200),
    };
    let before = resident_bytes();
    let (studies, grouping) = timed(|| group(instances, each));
    let (mut studies, finishing) = timed(|| studies.finish());
    let after = resident_bytes();
    println!("{instances} instances in series of {each}");
    println!("group      {:8.0} ns/instance", per(grouping, instances));
    println!("finish     {:8.0} ns/instance", per(finishing, instances));
    println!("resident   {:8.1} bytes/instance", (after - before) as f64 / f64::from(instances));
    let (_, places) = timed(|| several_places(&studies).len());
    println!("elsewhere  {:8.0} ns/instance", per(places, instances));
    println!("peak       {:8.1} bytes/instance", (peak_bytes() - before) as f64 / f64::from(instances));
    if instances == each {
        write(&mut studies[0], instances);
    }
}

fn group(instances: u32, each: u32) -> Studies {
    let series = (0..instances / each).map(|number| {
        Series::of(&headers::ct(&format!("study {}", number / SERIES_OF_A_STUDY), number % SERIES_OF_A_STUDY))
    });
    headers::group(series, each)
}

/// Writes a study from the groups, and then the same instances from a list.
fn write(study: &mut Study, instances: u32) {
    let before = peak_bytes();
    let (resolved, settling) = timed(|| study.resolve(&Options::default()));
    let options = headers::content();
    let Finished { study, .. } = imaging_study(&resolved, &options);
    let linked = link(study, Vec::new(), options.release(), References::Logical, &Sharing::alone(Ids::new("")));
    let mut bytes = 0;
    let (_, writing) = timed(|| {
        json::write(Counted(&mut bytes), &linked, options.release(), Layout::Compact).expect("counting never fails")
    });
    let more = peak_bytes() - before;
    let list = list(&linked);
    let mut listed_bytes = 0;
    let (_, listed) = timed(|| {
        let mut out = BufWriter::with_capacity(64 << 10, Counted(&mut listed_bytes));
        serde_json::to_writer(&mut out, &list).expect("counting never fails");
        out.flush().expect("counting never fails");
    });
    println!("resolve     {:8.0} ns/instance", per(settling, instances));
    println!("json       {:8.0} ns/instance, {bytes} bytes", per(writing, instances));
    println!("from list  {:8.0} ns/instance, {listed_bytes} bytes", per(listed, instances));
    println!("ratio      {:8.2}", writing.as_secs_f64() / listed.as_secs_f64());
    println!("beyond     {:8.1} MB more at the peak than grouping took", more as f64 / 1e6);
}

/// An instance as a program would have it that derives its JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedInstance {
    uid: String,
    sop_class: ListedCoding,
    number: Option<u32>,
    title: Option<String>,
}

#[derive(Serialize)]
struct ListedCoding {
    system: &'static str,
    code: String,
}

fn list(linked: &dcm2fhir::internals::fhir::Linked<'_>) -> Vec<ListedInstance> {
    let mut list = Vec::new();
    for series in linked.study.series.iter().flatten() {
        let Some(instances) = series.instances else { continue };
        instances.visit(&mut |instance| {
            let dcm2fhir::internals::fhir::SopClass::Urn(urn) = instance.sop_class else { return true };
            list.push(ListedInstance {
                uid: instance.uid.to_string(),
                sop_class: ListedCoding { system: "urn:ietf:rfc:3986", code: urn.to_string() },
                number: instance.number,
                title: instance.title.map(str::to_string),
            });
            true
        });
    }
    list
}

/// Counts what is written.
struct Counted<'c>(&'c mut usize);

impl Write for Counted<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        *self.0 += buffer.len();
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a piece of work gives, and the processor time it takes.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let now = || Duration::from(ClockId::CLOCK_PROCESS_CPUTIME_ID.now().expect("the clock is there"));
    let start = now();
    let result = work();
    (result, now() - start)
}

fn per(time: Duration, instances: u32) -> f64 {
    time.as_nanos() as f64 / f64::from(instances)
}

/// The memory that the process has now.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4096
}

/// The most memory that the process had.
fn peak_bytes() -> usize {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the kernel counts");
    usize::try_from(usage.max_rss()).unwrap_or_default() * 1024
}
