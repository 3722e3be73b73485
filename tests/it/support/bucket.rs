//! An S3 server in memory that behaves as a test tells it to: well, badly, or not at all.
//!
//! It knows what repoman sends for small objects, and checks no signature. What moto does by itself
//! is better tried there.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use repoman::digest::Sha256;

use super::{TestRepo, http};

/// A server with one bucket, `apt`; it ends with the process.
pub struct Bucket {
    address: SocketAddr,
    stage: Arc<Stage>,
}

type Play = Box<dyn FnMut(&Request) -> Conduct + Send>;

struct Stage {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    conduct: Mutex<Play>,
    requests: Mutex<Vec<String>>,
}

/// A request, as far as a test has to know it.
#[derive(Debug, Clone)]
pub struct Request {
    /// `PUT`.
    pub method: String,
    /// The key; empty for a listing or a bulk deletion.
    pub key: String,
    query: String,
    if_match: Option<String>,
    if_none_match: Option<String>,
    body: Vec<u8>,
}

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conduct {
    /// What S3 does.
    Honest,
    /// What S3 does, but without a look at conditions.
    Unconditional,
    /// First puts another object, as another writer would; then as [`Conduct::Unconditional`].
    Replacing(&'static str, &'static [u8]),
    /// First puts these bytes under the key, as another writer would; then what S3 does.
    Overtaken(&'static [u8]),
    /// Redirects to the same key at another base URL; with an empty one to itself.
    Redirect(&'static str),
    /// Nothing, and answers with this status and code.
    Refuse(u16, &'static str),
    /// What S3 does, and then answers with this status and code.
    DoAndSay(u16, &'static str),
    /// What S3 does, and then breaks the connection.
    DoAndBreak,
    /// Nothing, and breaks the connection.
    Break,
    /// Nothing, and never answers.
    Hang,
}

type Answer = (u16, String, Vec<u8>);

impl Bucket {
    /// Starts a server that behaves as `conduct` says.
    pub fn start(conduct: impl FnMut(&Request) -> Conduct + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let stage = Arc::new(Stage {
            objects: Mutex::default(),
            conduct: Mutex::new(Box::new(conduct)),
            requests: Mutex::default(),
        });
        let shared = Arc::clone(&stage);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let stage = Arc::clone(&shared);
                // A client that hangs up is no failure of the test.
                thread::spawn(move || drop(stage.converse(&stream)));
            }
        });
        Self { address, stage }
    }

    /// Changes how it behaves from now on.
    pub fn behave(&self, conduct: impl FnMut(&Request) -> Conduct + Send + 'static) {
        *self.stage.conduct.lock().expect("no thread panics") = Box::new(conduct);
    }

    /// Returns a repository in the prefix `debian` of the bucket; `more` stands in `[store]`, too.
    pub fn repo(&self, more: &str) -> TestRepo {
        let store = self.store(more);
        self.admit(TestRepo::with(&super::Manifest { store, ..super::Manifest::default() }))
    }

    /// Returns the URL under which clients see the prefix `debian`.
    pub fn url(&self) -> String {
        format!("http://{}/apt/debian", self.address)
    }

    /// Returns a `[store]` section for the prefix `debian`, with `more` in it.
    pub fn store(&self, more: &str) -> String {
        format!(
            "url = \"s3://apt/debian\"\nregion = \"eu-central-1\"\npath_style = true\n\
             endpoint = \"http://{}\"\n{more}",
            self.address
        )
    }

    /// Gives a repository the credentials for it.
    pub fn admit(&self, repo: TestRepo) -> TestRepo {
        repo.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test")
    }

    /// Returns the objects, by their keys below the prefix.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let objects = self.stage.objects().clone().into_iter();
        let inside = |(key, bytes): (String, Vec<u8>)| {
            Some((key.strip_prefix("debian/")?.to_owned(), bytes))
        };
        objects.filter_map(inside).collect()
    }

    /// Puts an object, or with nothing removes it, behind everybody's back.
    pub fn set(&self, key: &str, bytes: Option<&[u8]>) {
        let key = format!("debian/{key}");
        match bytes {
            Some(bytes) => self.stage.objects().insert(key, bytes.to_vec()),
            None => self.stage.objects().remove(&key),
        };
    }

    /// Returns the requests since the last call, as `METHOD key`.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.stage.requests.lock().expect("no thread panics"))
    }
}

impl Request {
    /// Tells whether it would write the commit point.
    pub fn is_swap(&self) -> bool {
        self.method == "PUT" && self.key.ends_with("/InRelease")
    }

    /// Tells whether it writes only over a certain version.
    pub fn is_update(&self) -> bool {
        self.if_match.is_some()
    }

    /// Tells whether it writes only under a condition.
    pub fn is_conditional(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    fn read(stream: &TcpStream) -> io::Result<Option<Self>> {
        let mut reader = BufReader::new(stream);
        let head = http::head(&mut reader)?;
        let Some((method, rest)) = head.first().and_then(|line| line.split_once(' ')) else {
            return Ok(None);
        };
        let header = |name: &str| {
            let lines = head.iter().filter_map(|line| line.split_once(": "));
            let mut values = lines.filter(|(other, _)| other.eq_ignore_ascii_case(name));
            values.next().map(|(_, value)| value.to_owned())
        };
        let target = rest.split(' ').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if header("expect").is_some() {
            let mut stream = stream;
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        reader.read_exact(&mut body)?;
        let key = http::decoded(path);
        let key = key.strip_prefix("/apt").unwrap_or_default().trim_start_matches('/').to_owned();
        let (if_match, if_none_match) = (header("if-match"), header("if-none-match"));
        let (method, query) = (method.to_owned(), http::decoded(query));
        Ok(Some(Self { method, key, query, if_match, if_none_match, body }))
    }
}

impl Stage {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.objects.lock().expect("no thread panics")
    }

    /// Answers one request.
    fn converse(&self, mut stream: &TcpStream) -> io::Result<()> {
        let Some(mut request) = Request::read(stream)? else { return Ok(()) };
        let line = format!("{} {}", request.method, request.key);
        self.requests.lock().expect("no thread panics").push(line);
        let conduct = self.conduct.lock().expect("no thread panics")(&request);
        let (status, headers, body) = match conduct {
            Conduct::Honest => self.carry_out(&request),
            Conduct::Unconditional => {
                (request.if_match, request.if_none_match) = (None, None);
                self.carry_out(&request)
            }
            Conduct::Replacing(key, bytes) => {
                self.objects().insert(key.to_owned(), bytes.to_vec());
                (request.if_match, request.if_none_match) = (None, None);
                self.carry_out(&request)
            }
            Conduct::Overtaken(bytes) => {
                self.objects().insert(request.key.clone(), bytes.to_vec());
                self.carry_out(&request)
            }
            Conduct::Redirect(base) => {
                let key = request.key.strip_prefix("debian").unwrap_or(&request.key);
                let to = if base.is_empty() { "/apt/debian" } else { base };
                (302, format!("Location: {to}{key}\r\n"), Vec::new())
            }
            Conduct::Refuse(status, code) => error(status, code),
            Conduct::DoAndSay(status, code) => {
                self.carry_out(&request);
                error(status, code)
            }
            Conduct::DoAndBreak => {
                self.carry_out(&request);
                return Ok(());
            }
            Conduct::Break => return Ok(()),
            // Until the client is tired of it.
            Conduct::Hang => return stream.read(&mut [0]).map(drop),
        };
        let length = body.len();
        let head = format!("Content-Length: {length}\r\nConnection: close\r\n{headers}");
        write!(stream, "HTTP/1.1 {status} -\r\n{head}\r\n")?;
        if request.method != "HEAD" {
            stream.write_all(&body)?;
        }
        stream.shutdown(std::net::Shutdown::Write)
    }

    fn carry_out(&self, request: &Request) -> Answer {
        let mut objects = self.objects();
        let there = objects.get(&request.key);
        let is_refused = match (&request.if_match, &request.if_none_match, there) {
            (Some(tag), _, there) => there.is_none_or(|bytes| etag(bytes) != *tag),
            (None, Some(_), there) => there.is_some(),
            (None, None, _) => false,
        };
        if is_refused {
            return error(412, "PreconditionFailed");
        }
        match (request.method.as_str(), there) {
            ("PUT", _) => {
                let tag = format!("ETag: {}\r\n", etag(&request.body));
                objects.insert(request.key.clone(), request.body.clone());
                (200, tag, Vec::new())
            }
            ("GET", _) if request.key.is_empty() => {
                (200, String::new(), listing(&objects, request))
            }
            ("GET" | "HEAD", Some(bytes)) => {
                let time = "Last-Modified: Fri, 20 Nov 2026 10:00:00 GMT\r\n";
                (200, format!("ETag: {}\r\n{time}", etag(bytes)), bytes.clone())
            }
            ("GET" | "HEAD", None) => error(404, "NoSuchKey"),
            ("DELETE", _) => {
                objects.remove(&request.key);
                (204, String::new(), Vec::new())
            }
            ("POST", _) => {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                let keys = body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
                keys.for_each(|(key, _)| drop(objects.remove(key)));
                (200, String::new(), b"<DeleteResult></DeleteResult>".to_vec())
            }
            _ => error(405, "MethodNotAllowed"),
        }
    }
}

/// Returns a tag that equal objects share, as the MD5 is on S3.
fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &Sha256::of(bytes).to_string()[..32])
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>so it is</Message></Error>");
    (status, "Content-Type: application/xml\r\n".to_owned(), body.into())
}

fn listing(objects: &BTreeMap<String, Vec<u8>>, request: &Request) -> Vec<u8> {
    let mut pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
    let prefix = pairs.find(|(name, _)| *name == "prefix").map_or("", |(_, prefix)| prefix);
    let entry = |(key, bytes): (&String, &Vec<u8>)| {
        let (size, tag) = (bytes.len(), etag(bytes).replace('"', "&quot;"));
        format!(
            "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>{tag}</ETag>\
             <LastModified>2026-11-20T10:00:00.000Z</LastModified></Contents>"
        )
    };
    let entries = objects.iter().filter(|(key, _)| key.starts_with(prefix)).map(entry);
    let entries: String = entries.collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>").into()
}
