//! Inputs become [`Item`]s: walked on separate threads and sent to the readers in [`Batch`]es.
//!
//! The channel to the readers is bounded, so that memory does not grow with the archive. A new kind of input is a file
//! here, a variant of [`Input`], and an arm in `start`.

pub mod archive;
mod batch;
#[cfg(feature = "objects")]
mod bucket;
mod content;
mod dicomdir;
#[cfg(feature = "http")]
mod dicomweb;
mod files;
mod folder;
mod gathered;
mod item;
mod links;
mod list;
mod listing;
mod open;
mod permits;
mod queue;
mod readers;
mod remote;
mod remote_files;
mod stdin;
mod watch;

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::Receiver;

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::issue::Skip;
use crate::progress::Progress;

pub use crate::name::{Name, one_line, printable, printable_path};
pub use crate::stamp::{Mark, Stamp, is_settled, now};
pub use batch::Batch;
#[cfg(feature = "objects")]
pub use bucket::BucketInput;
pub use content::Content;
#[cfg(feature = "http")]
pub use dicomweb::{DicomWeb, WebOptions};
pub use item::Item;
pub use links::Links;
pub use list::{ListFrom, Separator};
pub use open::{open_file, stamp, unreadable};
pub use readers::{NamedReader, Readers};
#[cfg(not(feature = "objects"))]
pub use remote::NO_OBJECTS;
pub use remote::RemoteOptions;
pub use remote_files::{RemoteFile, RemoteFiles};
pub use stdin::{STDIN, stdin_file};
pub use watch::{Entered, FolderNumber, From, Watch};

use batch::Feed;
use folder::Walker;
use list::List;
use queue::Queue;

/// The most batches that wait for a reader: about 32,000 files.
const WAITING_BATCHES: usize = 1024;
/// The most walking threads; more would only wait for each other.
const MAX_WALKING_THREADS: usize = 8;

/// An input as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, folder, archive or DICOMDIR.
    Path(PathBuf),
    /// The content of standard input: a DICOM file or an archive.
    Stdin,
    /// A list of paths.
    List {
        /// Its location.
        from: ListFrom,
        /// The separator of its paths.
        separator: Separator,
    },
    /// Readers of the library's caller.
    Readers(Readers),
    /// Studies of a PACS.
    #[cfg(feature = "http")]
    DicomWeb(Box<DicomWeb>),
    /// Objects of a bucket, or of a web server.
    #[cfg(feature = "objects")]
    Bucket(Box<BucketInput>),
}

impl Input {
    /// The base URL for WADO-RS of the images (PS3.18 10.4), if the input is a PACS.
    pub fn wado_base(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "http")]
            Input::DicomWeb(web) => Some(&web.connection.base),
            _ => None,
        }
    }

    /// Whether it may be more than one file or study.
    #[cfg(feature = "cli")]
    pub fn is_folder(&self) -> bool {
        match self {
            #[cfg(feature = "objects")]
            Input::Bucket(bucket) => bucket.address.is_prefix,
            #[cfg(feature = "http")]
            Input::DicomWeb(web) => web.studies.len() != 1,
            _ => false,
        }
    }

    /// Whether it is a whole PACS.
    #[cfg(feature = "cli")]
    pub fn is_whole_pacs(&self) -> bool {
        match self {
            #[cfg(feature = "http")]
            Input::DicomWeb(web) => web.studies.is_empty() && web.query.is_empty(),
            _ => false,
        }
    }

    /// The local path, if it is one.
    pub fn path(&self) -> Option<&std::path::Path> {
        match self {
            Input::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Path(path) | Input::List { from: ListFrom::File(path), .. } => f.write_str(&printable_path(path)),
            #[cfg(feature = "http")]
            Input::DicomWeb(web) => f.write_str(&printable(web.connection.base.as_bytes())),
            #[cfg(feature = "objects")]
            Input::Bucket(bucket) => f.write_str(&printable(bucket.address.to_string().as_bytes())),
            Input::Readers(_) => f.write_str("the readers"),
            Input::Stdin | Input::List { from: ListFrom::Stdin, .. } => f.write_str("standard input"),
        }
    }
}

/// Options of a walk.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Whether symbolic links are followed.
    pub links: Links,
    /// Files and folders inside the inputs that are ignored: the output and the report of an earlier run.
    pub excluded: Vec<PathBuf>,
    /// The number of reading threads; the walk uses as many, up to its own limit.
    pub threads: usize,
    /// Selects the files to read, for an index.
    pub watch: Option<Arc<dyn Watch>>,
    /// Options for addresses in lists.
    pub remote: RemoteOptions,
    /// Selects the objects of a bucket that this shard requests.
    #[cfg_attr(not(feature = "objects"), allow(dead_code, reason = "only objects cost a request"))]
    pub only: NameFilter,
}

/// A predicate on names.
pub type Chooses = dyn Fn(&Name) -> bool + Send + Sync;

/// A predicate on names; `None` selects all.
#[derive(Clone, Default)]
pub struct NameFilter(pub Option<Arc<Chooses>>);

impl fmt::Debug for NameFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameFilter")
    }
}

/// A running walk. Dropping it stops the walk.
#[derive(Debug)]
pub struct Walk {
    batches: Receiver<Batch>,
    queue: Arc<Queue>,
}

impl Walk {
    /// The channel of batches, for any number of readers; it closes at the end of the walk.
    pub fn batches(&self) -> &Receiver<Batch> {
        &self.batches
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

/// Sends the files of an input to the walk.
type Give = Box<dyn FnOnce(&Walker, &mut Feed) + Send>;

/// Inputs that exist and are not walked yet.
pub struct FoundInputs {
    gives: Vec<Give>,
    /// Folders among them.
    roots: Vec<PathBuf>,
    options: WalkOptions,
    progress: Arc<dyn Progress>,
}

/// Checks that every input exists; a bucket or a PACS must answer a first request.
pub fn find(
    inputs: &[Input],
    options: &WalkOptions,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<FoundInputs, Error> {
    let start = |input| start(input, options, &progress, interrupt);
    let gives = inputs.iter().map(start).collect::<Result<_, _>>()?;
    let roots = inputs.iter().filter_map(Input::path).filter(|path| path.is_dir()).map(PathBuf::from).collect();
    Ok(FoundInputs { gives, roots, options: options.clone(), progress })
}

impl FoundInputs {
    /// Lets `watch` select the files to read.
    #[cfg(feature = "index")]
    pub fn watched(mut self, watch: Arc<dyn Watch>) -> FoundInputs {
        self.options.watch = Some(watch);
        self
    }

    /// Starts to walk the inputs.
    pub fn walk(self) -> Walk {
        let FoundInputs { gives, roots, options, progress } = self;
        let excluded = folder::excluded_below(&roots, &options.excluded);
        let (sender, batches) = crossbeam_channel::bounded(WAITING_BATCHES);
        let queue = Arc::new(Queue::fed());
        let walker = Arc::new(Walker::new(Arc::clone(&queue), options.links, excluded));
        let most = if options.watch.is_some() { options.threads } else { MAX_WALKING_THREADS };
        let mut feed = Feed::new(sender, progress, options.watch);
        for _ in 0..options.threads.min(most).max(1) {
            let (walker, feed) = (Arc::clone(&walker), feed.clone());
            thread::spawn(move || walker.walk(feed));
        }
        thread::spawn(move || {
            gives.into_iter().for_each(|give| give(&walker, &mut feed));
            feed.flush();
            walker.queue().done();
        });
        Walk { batches, queue }
    }
}

/// Checks that every input exists, then starts to walk them.
pub fn open(
    inputs: &[Input],
    options: &WalkOptions,
    progress: Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<Walk, Error> {
    find(inputs, options, progress, interrupt).map(FoundInputs::walk)
}

/// Checks that an input exists.
#[cfg_attr(not(any(feature = "http", feature = "objects")), allow(unused_variables, reason = "for servers"))]
fn start(
    input: &Input,
    options: &WalkOptions,
    progress: &Arc<dyn Progress>,
    interrupt: &Interrupt,
) -> Result<Give, Error> {
    let links = options.links;
    Ok(match input {
        #[cfg(feature = "http")]
        Input::DicomWeb(web) => {
            let asked = web.ask(interrupt, Arc::clone(progress))?;
            Box::new(|_, feed| asked.give(feed))
        }
        #[cfg(feature = "objects")]
        Input::Bucket(bucket) => {
            let listing = bucket.ask(options.only.clone(), interrupt, progress.as_ref())?;
            Box::new(|_, feed| listing.give(feed))
        }
        Input::List { from, separator } => {
            let list = List::open(from, *separator, links, options.remote.clone())?;
            Box::new(|walker, feed| list.read(walker.queue(), feed))
        }
        Input::Stdin => Box::new(|_, feed| match stdin::stdin() {
            Ok(item) => feed.item(item),
            Err(skip) => feed.skip(Name::file(STDIN), skip),
        }),
        Input::Readers(readers) => {
            let readers = readers.clone();
            Box::new(move |_, feed| readers.give(feed))
        }
        Input::Path(path) => at_path(path.clone(), links)?,
    })
}

/// Sends the files at a path: of a folder, of a DICOMDIR, or one.
fn at_path(path: PathBuf, links: Links) -> Result<Give, Error> {
    // A link given as an input is followed.
    let kind = fs::metadata(&path).map_err(|source| Error::Input { path: path.clone(), source })?.file_type();
    Ok(Box::new(move |walker, feed| match kind {
        kind if kind.is_dir() => {
            // `a`, `a/`, `a//` and `a/.` are one folder, whose files an index knows again.
            let path: PathBuf = path.components().collect();
            feed.walks(&path);
            walker.queue().push([path]);
        }
        kind if !kind.is_file() => feed.skip(Name::file(path), Skip::NotRegular),
        _ if dicomdir::read(&path, links, feed) => {}
        _ => feed.named(Item::at(path), From::Name),
    }))
}

#[cfg(test)]
mod tests;
