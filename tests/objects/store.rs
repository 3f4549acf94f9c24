//! An object store on this machine: as much of S3, Google and Azure as reading, listing and writing wants, and what
//! goes wrong there.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Objects on one page of a listing.
pub const PAGE: usize = 3;

/// What came in.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// Without the query, and without what stands before the key.
    pub path: String,
    pub query: String,
    pub headers: String,
    pub body: Vec<u8>,
}

/// What goes out.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
    /// The length that is told, where it is another.
    pub length: Option<usize>,
}

/// What is done instead of an answer: by the request, and how often its like came.
pub type Instead = Box<dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync>;

/// Objects by their keys, what came in, and parts of uploads that are under way.
#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    requests: Vec<Request>,
    parts: BTreeMap<u32, Vec<u8>>,
}

/// A store that answers until the test ends.
#[derive(Clone)]
pub struct Store {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

/// How a store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    S3,
    /// Google speaks as S3 does, but for its credentials.
    Google,
    Azure,
    /// A web server, which gives no ETag.
    Web,
}

impl Store {
    pub fn new(dialect: Dialect, objects: &[(&str, Vec<u8>)], instead: Instead) -> Store {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let objects = objects.iter().map(|(key, bytes)| (key.to_string(), bytes.clone())).collect();
        let state = Arc::new(Mutex::new(State { objects, ..State::default() }));
        let store = Store { url, state };
        let (serving, instead, asked) = (store.clone(), Arc::new(instead), Arc::new(Mutex::new(HashMap::new())));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (store, instead, asked) = (serving.clone(), Arc::clone(&instead), Arc::clone(&asked));
                thread::spawn(move || {
                    let Some(request) = read(&stream, dialect) else { return };
                    let times = {
                        let mut asked = asked.lock().unwrap();
                        let like = format!("{} {} {}", request.method, request.path, request.query);
                        *asked.entry(like).and_modify(|times| *times += 1).or_insert(1)
                    };
                    let reply = instead(&request, times).unwrap_or_else(|| store.answer(dialect, &request));
                    store.state.lock().unwrap().requests.push(request);
                    send(&stream, &reply);
                });
            }
        });
        store
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How often this key was asked for.
    pub fn asked(&self, key: &str) -> usize {
        self.requests().iter().filter(|request| request.method == "GET" && request.path == key).count()
    }

    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().objects.get(key).cloned()
    }

    pub fn put(&self, key: &str, bytes: Vec<u8>) {
        self.state.lock().unwrap().objects.insert(key.to_string(), bytes);
    }

    pub fn delete(&self, key: &str) {
        self.state.lock().unwrap().objects.remove(key);
    }

    /// What S3 would say.
    pub fn reply(&self, request: &Request) -> Reply {
        self.answer(Dialect::S3, request)
    }

    fn answer(&self, dialect: Dialect, request: &Request) -> Reply {
        match (request.method.as_str(), dialect) {
            ("PUT", _) if request.query.contains("partNumber=") => {
                let number = value(&request.query, "partNumber").parse().unwrap();
                self.state.lock().unwrap().parts.insert(number, request.body.clone());
                Reply { status: 200, headers: "etag: \"part\"\r\n".into(), ..Reply::default() }
            }
            ("POST", _) if request.query.contains("uploadId=") => {
                let mut state = self.state.lock().unwrap();
                let whole = std::mem::take(&mut state.parts).into_values().flatten().collect();
                state.objects.insert(request.path.clone(), whole);
                xml("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
            }
            ("POST", _) => xml("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"),
            ("DELETE", _) => {
                self.state.lock().unwrap().parts.clear();
                Reply { status: 204, ..Reply::default() }
            }
            ("PUT", _) => {
                self.put(&request.path, request.body.clone());
                Reply { status: 200, headers: "etag: \"e\"\r\n".into(), ..Reply::default() }
            }
            (_, Dialect::S3 | Dialect::Google) if request.query.contains("list-type=2") => self.list(request),
            (_, Dialect::Azure) if request.query.contains("comp=list") => self.list_azure(request),
            _ => self.get(dialect, request),
        }
    }

    /// A page of the keys below a prefix, and whether there are more.
    fn page(&self, request: &Request, token: &str) -> (Vec<(String, usize)>, bool) {
        let (prefix, after) = (value(&request.query, "prefix"), value(&request.query, token));
        let after = if after.is_empty() { value(&request.query, "start-after") } else { after };
        let state = self.state.lock().unwrap();
        let below = state.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
        let mut page: Vec<(String, usize)> =
            below.map(|(key, bytes)| (key.clone(), bytes.len())).take(PAGE + 1).collect();
        let is_truncated = page.len() > PAGE;
        page.truncate(PAGE);
        (page, is_truncated)
    }

    fn list(&self, request: &Request) -> Reply {
        let (page, is_truncated) = self.page(request, "continuation-token");
        let time = "<LastModified>2024-01-01T00:00:00.000Z</LastModified>";
        let objects: String = page
            .iter()
            .map(|(key, size)| {
                let tag = self.tag(key);
                format!("<Contents><Key>{}</Key>{time}<ETag>{tag}</ETag><Size>{size}</Size></Contents>", escaped(key))
            })
            .collect();
        let next = page
            .last()
            .filter(|_| is_truncated)
            .map_or(String::new(), |(key, _)| format!("<NextContinuationToken>{key}</NextContinuationToken>"));
        xml(&format!("<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{objects}{next}</ListBucketResult>"))
    }

    fn list_azure(&self, request: &Request) -> Reply {
        let (page, is_truncated) = self.page(request, "marker");
        let time = "<Last-Modified>Mon, 01 Jan 2024 00:00:00 GMT</Last-Modified>";
        let blobs: String = page
            .iter()
            .map(|(key, size)| {
                let tag = self.tag(key);
                let properties = format!(
                    "{time}<Etag>{tag}</Etag><Content-Length>{size}</Content-Length><Content-Type>x</Content-Type>"
                );
                format!("<Blob><Name>{}</Name><Properties>{properties}</Properties></Blob>", escaped(key))
            })
            .collect();
        let next = page.last().filter(|_| is_truncated).map_or("", |(key, _)| key.as_str());
        xml(&format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"))
    }

    fn tag(&self, key: &str) -> String {
        let bytes = self.object(key).unwrap_or_default();
        let sum = bytes.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        format!("\"{sum:x}\"")
    }

    fn get(&self, dialect: Dialect, request: &Request) -> Reply {
        let Some(bytes) = self.object(&request.path) else { return fault(404, "NoSuchKey") };
        let tag = self.tag(&request.path);
        if request.headers.contains("if-match: ") && !request.headers.contains(&format!("if-match: {tag}")) {
            return fault(412, "PreconditionFailed");
        }
        let told = match dialect {
            Dialect::Web => String::new(),
            _ => format!("etag: {tag}\r\nlast-modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n"),
        };
        let Some((_, range)) = request.headers.split_once("range: bytes=") else {
            return Reply { status: 200, headers: told, body: bytes, length: None };
        };
        let (start, end) = range.lines().next().unwrap().split_once('-').unwrap();
        let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
        if start >= bytes.len() {
            return fault(416, "InvalidRange");
        }
        let end = end.min(bytes.len() - 1);
        let headers = format!("{told}content-range: bytes {start}-{end}/{}\r\n", bytes.len());
        Reply { status: 206, headers, body: bytes[start..=end].to_vec(), length: None }
    }
}

/// An answer that says why there is none.
pub fn fault(status: u16, code: &str) -> Reply {
    Reply { status, ..xml(&format!("<Error><Code>{code}</Code><Message>said of {code}.</Message></Error>")) }
}

/// Text as XML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn xml(text: &str) -> Reply {
    Reply { status: 200, headers: "content-type: application/xml\r\n".into(), body: text.into(), length: None }
}

/// The value of a parameter, decoded.
fn value(query: &str, name: &str) -> String {
    let found = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    percent_encoding::percent_decode_str(found.unwrap_or_default()).decode_utf8_lossy().into_owned()
}

fn read(stream: &TcpStream, dialect: Dialect) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (method, target) = line.split_once(' ')?;
    let target = target.split(' ').next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    // S3 has the bucket before the key, Azure the account and the container.
    let before =
        [("/data", Dialect::S3), ("/data", Dialect::Google), ("/account/data", Dialect::Azure), ("", Dialect::Web)];
    let (before, _) = before.into_iter().find(|(_, of)| *of == dialect)?;
    let path = path.strip_prefix(before).unwrap_or(&path);
    let path = path.strip_prefix('/').unwrap_or(path).to_string();
    let mut headers = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers += &format!("{}: {}\n", name.to_lowercase(), value.trim());
    }
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method: method.into(), path, query: query.into(), headers, body })
}

fn send(mut stream: &TcpStream, reply: &Reply) {
    let Reply { status, headers, body, length } = reply;
    let length = length.unwrap_or(body.len());
    let _ = write!(stream, "HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(body);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // What is not read any more must not become a reset.
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}
