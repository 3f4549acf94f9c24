//! The cost of each stage for one file or one instance: `cargo bench --bench stages`.

use std::hint::black_box;
use std::io;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dcm2fhir::internals::dicom::{Header, Scanner};
use dcm2fhir::internals::fhir::id::Ids;
use dcm2fhir::internals::fhir::json::{self, Layout};
use dcm2fhir::internals::fhir::{Sharing, link};
use dcm2fhir::internals::group::reader::Worker;
use dcm2fhir::internals::group::{Studies, look_across};
use dcm2fhir::internals::mapping::finish::{Finished, imaging_study};
use dcm2fhir::internals::mapping::{self, Options, SERIES, STUDY};
use dcm2fhir::internals::options::References;
use dcm2fhir::internals::source::Name;

mod headers;

use headers::{Context, Series};

/// Bytes in memory to a header, for each template.
fn scan(criterion: &mut Criterion) {
    let wanted = mapping::wanted();
    let mut group = criterion.benchmark_group("scan");
    for (name, template) in headers::templates() {
        let bytes = template.bytes();
        let (mut scanner, mut header) = (Scanner::default(), Header::default());
        group.bench_function(name, |bencher| {
            bencher.iter(|| scanner.scan(&mut black_box(bytes.as_slice()), &wanted, &mut header));
        });
    }
}

/// A header to the parts of a study and a series, as happens once for each of them.
fn map(criterion: &mut Criterion) {
    let (wanted, options) = (mapping::wanted(), Options::default());
    let mut header = Header::default();
    let bytes = headers::ct("study", 1).bytes();
    Scanner::default().scan(&mut bytes.as_slice(), &wanted, &mut header).expect("the template is whole");
    criterion.bench_function("map a study and a series", |bencher| {
        bencher.iter(|| (mapping::map(STUDY, header.root(), &options), mapping::map(SERIES, header.root(), &options)));
    });
}

/// A file of a series that is known: scan, fingerprints, merge.
fn group(criterion: &mut Criterion) {
    const INSTANCES: u32 = 1000;
    let mut series = Series::of(&headers::ct("study", 1));
    let mut group = criterion.benchmark_group("read and group");
    group.throughput(Throughput::Elements(INSTANCES.into()));
    group.bench_function("ct", |bencher| {
        bencher.iter_batched_ref(
            Context::new,
            |context| {
                let reader = context.reader(None);
                let (mut worker, name) = (Worker::default(), Name::file("x"));
                for number in 0..INSTANCES {
                    let read = reader.read(&mut worker, &name, &mut series.instance(number), |_| {});
                    read.expect("the template is whole");
                }
            },
            BatchSize::PerIteration,
        );
    });
}

/// A study of 10,000 instances: in order, and then as JSON.
fn write(criterion: &mut Criterion) {
    const INSTANCES: u32 = 10_000;
    let mut studies = headers::group([Series::of(&headers::ct("study", 1))], INSTANCES).finish();
    let study = studies.first_mut().expect("one was grouped");
    let options = headers::content();
    let mut group = criterion.benchmark_group("write");
    group.throughput(Throughput::Elements(INSTANCES.into()));
    group.bench_function("resolve", |bencher| bencher.iter(|| study.resolve(&Options::default()).series.len()));
    let resolved = study.resolve(&Options::default());
    let Finished { study, .. } = imaging_study(&resolved, &options);
    let linked = link(study, Vec::new(), options.release(), References::Logical, &Sharing::alone(Ids::new("")));
    let to_json = || json::write(io::sink(), &linked, options.release(), Layout::Compact);
    group.bench_function("json", |bencher| bencher.iter(to_json));
}

/// What is looked for across 2,000 studies before any is written, beside what it takes to write one of them.
fn across(criterion: &mut Criterion) {
    const STUDIES: u64 = 2_000;
    let series = (0..STUDIES).map(|study| Series::of(&headers::ct(&format!("study {study}"), 1)));
    let mut studies = headers::group(series, 1).finish();
    let mut group = criterion.benchmark_group("across");
    group.sample_size(20).throughput(Throughput::Elements(STUDIES));
    group.bench_function("look", |bencher| {
        bencher.iter(|| look_across(&mut studies, &Options::default()).contradictions.len());
    });
    let options = headers::content();
    group.bench_function("resolve and write", |bencher| {
        bencher.iter(|| {
            for study in &mut studies {
                let resolved = study.resolve(&Options::default());
                let Finished { study, .. } = imaging_study(&resolved, &options);
                let sharing = Sharing::alone(Ids::new(""));
                let linked = link(study, Vec::new(), options.release(), References::Logical, &sharing);
                json::write(io::sink(), &linked, options.release(), Layout::Compact).expect("a sink takes all");
            }
        });
    });
}

criterion_group!(stages, scan, map, group, write, across);
criterion_main!(stages);
