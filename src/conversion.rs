//! The library's front door: a conversion as a value, with one callback for each document.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, usage};
use crate::fhir::Release;
use crate::interrupt::Interrupt;
use crate::mapping::zone::TimeZone;
use crate::mapping::{ContentOptions, EndpointOption};
use crate::options::{Detail, References, SystemUri};
use crate::output::{DocumentName, Finished, Format, Order, Placed, Sink, WriteDocument};
use crate::pipeline::{Config, Job, Outcome, convert_into, open_output};
use crate::progress::{Progress, Silent};
use crate::source::{Input, NamedReader, Readers};

/// DICOM files to be converted, and how.
///
/// ```
/// use dcm2fhir::{Conversion, Detail, Release};
///
/// # fn main() -> Result<(), dcm2fhir::Error> {
/// let outcome = Conversion::new(Release::R4)
///     .input("testdata/dicom/ct-two-series")
///     .detail(Detail::Series)
///     .run(|document| {
///         println!("{} {}: {} bytes", document.resource_type, document.id, document.json.len());
///         Ok(())
///     })?;
/// assert_eq!((outcome.totals.studies, outcome.totals.instances), (1, 5));
/// # Ok(())
/// # }
/// ```
///
/// The order of the documents is that of the Study Instance UIDs, whatever the order of the files.
#[derive(Debug, Clone)]
#[must_use = "a conversion reads nothing until it is run"]
pub struct Conversion {
    config: Config,
    readers: Vec<Input>,
}

/// A resource or a Bundle as it comes out of a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document<'a> {
    /// `ImagingStudy`, a companion's type, or `Bundle`.
    pub resource_type: &'static str,
    /// The resource's id, or for a Bundle that of its study.
    pub id: &'a str,
    /// The JSON on one line, without a line feed.
    pub json: &'a str,
}

impl Conversion {
    /// A conversion to a release, of nothing yet.
    pub fn new(release: &'static Release) -> Conversion {
        Conversion { config: Config { content: ContentOptions::of(release), ..Config::default() }, readers: Vec::new() }
    }

    /// Reads this file, or everything below this folder; or what an address has, as `s3://bucket/prefix/` with the
    /// feature `objects` and `dicomweb+https://pacs/rs` with the feature `http`. May be called several times.
    pub fn input(mut self, path: impl Into<PathBuf>) -> Conversion {
        self.config.input.inputs.push(path.into());
        self
    }

    /// Reads what a reader gives: a DICOM file, no further than its header, or an archive. The name stands in messages
    /// and in the report. Readers are read once: a clone of this conversion that is run later finds them at their end.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use dcm2fhir::{Conversion, Release};
    ///
    /// let image = std::fs::read("testdata/dicom/ct-two-series/1-1.dcm")?;
    /// let outcome = Conversion::new(Release::R5)
    ///     .reader("from the network", std::io::Cursor::new(image))
    ///     .run(|document| Ok(println!("{}", document.json)))?;
    /// assert_eq!(outcome.totals.instances, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn reader(self, name: impl Into<String>, reader: impl Read + Send + 'static) -> Conversion {
        self.readers(std::iter::once((name.into(), reader)))
    }

    /// The same with any number of readers. The next is asked for only when there is room for it, so the iterator may
    /// open what it gives; it is called from another thread.
    pub fn readers<N, R, I>(mut self, readers: I) -> Conversion
    where
        N: Into<String>,
        R: Read + Send + 'static,
        I: IntoIterator<Item = (N, R)>,
        I::IntoIter: Send + 'static,
    {
        let readers = readers.into_iter().map(|(name, reader)| -> NamedReader { (name.into(), Box::new(reader)) });
        self.readers.push(Input::Readers(Readers::new(readers)));
        self
    }

    /// Sets any option of `dcm2fhir convert`, by its name there. What is text on the command line is parsed from text:
    /// rules, zones, endpoints, systems, tags, times.
    ///
    /// ```
    /// use dcm2fhir::{Conversion, Release, Status};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (only_ct, batch) = ("modality=CT".parse()?, "http://hospital.example/batches|7".parse()?);
    /// let outcome = Conversion::new(Release::R5)
    ///     .input("testdata/dicom/ct-two-series")
    ///     .configure(|options| {
    ///         options.content.status = Status::Registered;
    ///         options.content.meta.meta_tag.push(batch);
    ///         options.input.include.push(only_ct);
    ///     })
    ///     .run(|document| Ok(assert!(document.json.contains("\"registered\""))))?;
    /// assert_eq!(outcome.totals.studies, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Conversion {
        change(&mut self.config);
        self
    }

    /// Goes only so deep.
    pub fn detail(mut self, detail: Detail) -> Conversion {
        self.config.content.detail = detail;
        self
    }

    /// Refers to patients and others in this way.
    pub fn references(mut self, references: References) -> Conversion {
        self.config.content.references = Some(references);
        self
    }

    /// Gives one transaction Bundle for each study instead of resources.
    pub fn bundles(mut self) -> Conversion {
        self.config.output.format = Some(Format::Bundle);
        self
    }

    /// Says where the images are, as `"wado-rs=https://pacs.example/dicomweb".parse()`.
    pub fn endpoint(mut self, endpoint: EndpointOption) -> Conversion {
        self.config.content.endpoint.push(endpoint);
        self
    }

    /// Names the system of a kind of identifier, as `"patient=http://hospital.example/mrn".parse()`.
    pub fn system(mut self, system: SystemUri) -> Conversion {
        self.config.content.archive.system.push(system);
        self
    }

    /// The zone of times that carry none, as `"+01:00".parse()` or `"Europe/Berlin".parse()`.
    pub fn time_zone(mut self, zone: TimeZone) -> Conversion {
        self.config.content.archive.timezone = Some(zone);
        self
    }

    /// Reads with so many threads.
    pub fn threads(mut self, threads: u16) -> Conversion {
        self.config.run.threads = Some(threads.max(1));
        self
    }

    /// Writes what was left out, and why, into this file.
    pub fn report(mut self, path: impl Into<PathBuf>) -> Conversion {
        self.config.run.report = Some(path.into());
        self
    }

    /// Reads everything, then hands over one document after the other. An error of `each` ends the run.
    pub fn run(self, each: impl FnMut(Document<'_>) -> io::Result<()> + Send) -> Result<Outcome, Error> {
        self.run_with(Arc::new(Silent), &Interrupt::default(), each)
    }

    /// Writes to [`OutputOptions::output`](crate::OutputOptions), as the command does: standard output, a file, or a
    /// folder.
    ///
    /// ```
    /// use dcm2fhir::{Conversion, Release};
    ///
    /// # fn main() -> Result<(), dcm2fhir::Error> {
    /// # let folder = std::env::temp_dir().join(format!("dcm2fhir-doctest-{}", std::process::id()));
    /// let conversion = Conversion::new(Release::R4).input("testdata/dicom/ct-two-series");
    /// let outcome = conversion.configure(|options| options.output.output = Some(folder.clone())).write()?;
    /// assert_eq!(outcome.totals.studies, 1);
    /// # assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    /// # std::fs::remove_dir_all(folder).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn write(self) -> Result<Outcome, Error> {
        self.write_with(Arc::new(Silent), &Interrupt::default())
    }

    /// [`write`](Conversion::write), heard by `progress` and ended by `interrupt`.
    pub fn write_with(self, progress: Arc<dyn Progress>, interrupt: &Interrupt) -> Result<Outcome, Error> {
        let job = self.job()?;
        convert_into(&job, || open_output(&job), progress, interrupt)
    }

    fn job(self) -> Result<Job, Error> {
        let mut job = self.config.job()?;
        job.inputs.extend(self.readers);
        Ok(job)
    }

    /// [`run`](Conversion::run), heard by `progress`, which is told of each file that is left out and of each value
    /// that is dropped, and ended by `interrupt` from another thread.
    pub fn run_with(
        self,
        progress: Arc<dyn Progress>,
        interrupt: &Interrupt,
        each: impl FnMut(Document<'_>) -> io::Result<()> + Send,
    ) -> Result<Outcome, Error> {
        let job = self.job()?;
        if job.format == Format::Kos {
            return usage("a manifest in DICOM is no JSON: write it to a folder");
        }
        convert_into(&job, || Ok(Box::new(Callback(Mutex::new(each)))), progress, interrupt)
    }
}

/// Hands documents to a closure, one at a time.
struct Callback<F>(Mutex<F>);

impl<F: FnMut(Document<'_>) -> io::Result<()> + Send> Sink for Callback<F> {
    fn order(&self) -> Order {
        Order::AsGiven
    }

    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        let failed = |source| Error::Write { path: "the callback".into(), source };
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(failed)?;
        let json = str::from_utf8(&bytes).expect("JSON is written as UTF-8").trim_end();
        let mut each = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        each(Document { resource_type: name.resource_type, id: &name.id, json }).map_err(failed)?;
        Ok(Placed::Written)
    }

    fn finish(self: Box<Self>, _: Option<&Path>) -> Result<Finished, Error> {
        Ok(Finished::default())
    }
}
