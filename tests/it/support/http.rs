//! HTTP/1.1 on loopback: a server of files, as a CDN before a bucket is one, and a small client.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

/// A server of one directory; it ends with the process.
#[derive(Debug)]
pub struct FileServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Serves a directory on a free port.
    pub fn start(directory: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (directory, log) = (directory.to_owned(), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (directory, log) = (directory.clone(), Arc::clone(&log));
                // A client that hangs up is no failure of the test.
                thread::spawn(move || drop(converse(&stream, &directory, &log)));
            }
        });
        Self { address, requests }
    }

    /// Returns its address: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns every request so far, as `STATUS PATH`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no thread panics").clone()
    }
}

/// Answers the requests of one connection, which apt sends without waiting for answers.
fn converse(stream: &TcpStream, directory: &Path, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let head = head(&mut reader)?;
        let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)) else {
            return Ok(());
        };
        let path = decoded(target);
        let since = head.iter().find_map(|line| line.strip_prefix("If-Modified-Since: "));
        let (status, body, date) = answer(&directory.join(path.trim_start_matches('/')), since);
        log.lock().expect("no thread panics").push(format!("{status} {path}"));
        let length = body.len();
        let mut stream = stream;
        write!(stream, "HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n{date}\r\n")?;
        stream.write_all(&body)?;
    }
}

fn answer(file: &Path, since: Option<&str>) -> (u16, Vec<u8>, String) {
    let Ok((body, modified)) = read(file) else { return (404, Vec::new(), String::new()) };
    let date = http_date(modified);
    if since == Some(&date) {
        return (304, Vec::new(), String::new());
    }
    (200, body, format!("Last-Modified: {date}\r\n"))
}

/// Reads content and time of one and the same file, whatever takes its place meanwhile.
fn read(path: &Path) -> io::Result<(Vec<u8>, SystemTime)> {
    let mut file = File::open(path)?;
    let mut body = Vec::new();
    file.read_to_end(&mut body)?;
    Ok((body, file.metadata()?.modified()?))
}

fn http_date(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).expect("the file is of our age");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads the lines up to the empty one; none at the end of the connection.
pub(super) fn head(reader: &mut BufReader<&TcpStream>) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(lines);
        }
        lines.push(line.to_owned());
    }
}

pub(super) fn decoded(target: &str) -> String {
    let mut parts = target.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        out.push(u8::from_str_radix(code, 16).expect("clients escape in hexadecimal"));
        out.extend(rest.as_bytes());
    }
    String::from_utf8(out).expect("keys are ASCII")
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, one line a header.
    pub head: Vec<String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the value of a header, whose name is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.iter().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Sends a request and returns the answer.
pub fn request(method: &str, url: &str, body: &str) -> Answer {
    let rest = url.strip_prefix("http://").expect("tests speak plain HTTP");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).expect("the server listens");
    let length = body.len();
    let lines = format!(
        "{method} /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(lines.as_bytes()).expect("the server reads");
    let mut reader = BufReader::new(&stream);
    let head = head(&mut reader).expect("the server answers");
    let status = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let status = status.parse().expect("a status is a number");
    let mut body = Vec::new();
    reader.read_to_end(&mut body).expect("the server ends");
    Answer { status, head, body }
}
