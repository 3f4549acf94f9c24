//! The metadata of one study, requested when a reader opens it: as a whole, else series by series.

use std::io;
use std::sync::Arc;

use dicom_dictionary_std::tags;

use super::pages::{Found, Pages};
use super::server::{Failure, Server};
use crate::dicom::bytes::Bytes;
use crate::dicom::json::Instances;
use crate::dicom::value::trim_uid;
use crate::dicom::wanted::TagPath;
use crate::dicom::{Header, Levels, Tag, Wanted};
use crate::issue::Skip;
use crate::source::content::Content;
use crate::source::item::Open;
use crate::source::permits::Permits;

/// Tries for a response that has the right length but broken content.
const TRIES: u32 = 3;

static STUDY: [Tag; 1] = [tags::STUDY_INSTANCE_UID];

/// A study to be requested.
pub(super) struct RemoteStudy {
    server: Arc<Server>,
    uid: String,
    /// The path of the study.
    path: String,
    /// The number of instances according to the server.
    instances: Option<u64>,
    permits: Permits,
}

/// The delivered metadata of a study.
#[derive(Default)]
struct Delivered {
    /// Concatenated JSON texts.
    bytes: Vec<u8>,
    /// What was not delivered.
    missing: Option<String>,
}

impl RemoteStudy {
    pub fn new(server: &Arc<Server>, found: Found, permits: Permits) -> RemoteStudy {
        let Found { uid, instances, .. } = found;
        let path = format!("studies/{}", encoded(&uid));
        RemoteStudy { server: Arc::clone(server), uid, path, instances, permits }
    }

    /// The address, which is the study's name.
    pub fn address(&self) -> String {
        format!("{}/{}", self.server.base(), self.path)
    }

    fn deliver(&self) -> Result<Delivered, Failure> {
        match self.metadata(&self.path) {
            Ok((bytes, count)) => Ok(Delivered { bytes, missing: lacking(count, self.instances) }),
            Err(Failure::Gone) => Err(Failure::Gone),
            Err(Failure::Refused(why)) => self.by_series(&why),
        }
    }

    /// The metadata of each series, for servers that refuse a whole study.
    fn by_series(&self, refused: &str) -> Result<Delivered, Failure> {
        let (mut delivered, mut pages, mut count) = (Delivered::default(), Pages::of_series(&self.path), 0);
        while let Some(page) = pages.next(&self.server) {
            let series = match page {
                Ok(series) => series,
                Err(why) => {
                    delivered.lacks(format!("the list of its series: {why}"));
                    break;
                }
            };
            for Found { uid, .. } in series {
                if uid.is_empty() {
                    delivered.lacks("a series that the server lists without Series Instance UID".to_string());
                    continue;
                }
                match self.metadata(&format!("{}/series/{}", self.path, encoded(&uid))) {
                    Ok((bytes, instances)) => {
                        delivered.bytes.extend(bytes);
                        count += instances;
                    }
                    Err(failure) => delivered.lacks(format!("series {uid}: {}", failure.reason())),
                }
            }
        }
        if delivered.bytes.is_empty() {
            // The error for the whole study is the most informative.
            return Err(Failure::Refused(refused.to_string()));
        }
        if let Some(lacking) = lacking(count, self.instances).filter(|_| delivered.missing.is_none()) {
            delivered.lacks(lacking);
        }
        Ok(delivered)
    }

    /// The metadata below a path, and the number of its instances.
    fn metadata(&self, path: &str) -> Result<(Vec<u8>, u64), Failure> {
        let path = format!("{path}/metadata");
        let mut tries = 0;
        loop {
            tries += 1;
            let bytes = self.server.get_one(&path)?;
            match count(&bytes, &self.uid) {
                Ok(count) => return Ok((bytes, count)),
                Err(_) if tries < TRIES => {}
                Err(why) => return Err(Failure::Refused(why)),
            }
        }
    }
}

/// The number of instances in an answer; fails if one is of another study.
fn count(text: &[u8], uid: &str) -> Result<u64, String> {
    let wanted = Wanted::new([(&STUDY as TagPath, Levels::NONE)], |_| Tag(0xFFFF, 0xFFFF));
    let (mut header, mut source, mut count) = (Header::default(), text, 0);
    let mut instances = Instances::new(&mut source);
    while let Some(result) = instances.next(&wanted, &mut header) {
        match result {
            Ok(()) | Err(Skip::NotDicom) => count += 1,
            Err(Skip::NotJson(_)) => return Err("its answer is no DICOM JSON".to_string()),
            Err(Skip::Cut) => return Err("its answer ends early".to_string()),
            Err(skip) => return Err(skip.to_string()),
        }
        let found = trim_uid(header.root().bytes(tags::STUDY_INSTANCE_UID).unwrap_or_default());
        if !found.is_empty() && found != uid.trim().as_bytes() {
            return Err("the server gives instances of another study".to_string());
        }
    }
    Ok(count)
}

impl Delivered {
    fn lacks(&mut self, what: String) {
        self.missing.get_or_insert(what);
    }
}

/// The message about missing instances, compared with the server's count.
fn lacking(count: u64, counted: Option<u64>) -> Option<String> {
    let counted = counted.filter(|counted| count < *counted)?;
    Some(format!("{count} of {counted} instances came"))
}

/// A UID as a path segment, percent-encoded where needed (RFC 3986 2.1).
fn encoded(uid: &str) -> String {
    let one = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        // `.` and `..` would change the path.
        b'.' if uid.bytes().any(|byte| byte != b'.') => ".".to_string(),
        _ => format!("%{byte:02X}"),
    };
    uid.bytes().map(one).collect()
}

impl std::fmt::Debug for RemoteStudy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)
    }
}

impl Open for RemoteStudy {
    fn open(&self) -> Result<Content, Skip> {
        let _permit = self.permits.wait();
        let delivered = self.deliver().map_err(|failure| Skip::NotDelivered(failure.reason()))?;
        Ok(Content::Json(Box::new(delivered)))
    }
}

impl Bytes for Delivered {
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = Bytes::read_at(&mut self.bytes.as_slice(), offset, buffer)?;
        match &self.missing {
            Some(missing) if count == 0 && !buffer.is_empty() => Err(io::Error::other(missing.clone())),
            _ => Ok(count),
        }
    }
}
