//! A proxy before an S3 server, which does to chosen requests what networks and busy servers do.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::http::head;

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub enum Mishap {
    /// The server never gets it; the client gets this status and code of S3.
    Refused(u16, &'static str),
    /// The server carries it out; the client gets this status and code of S3.
    Misreported(u16, &'static str),
    /// The server never gets it; the connection ends without an answer.
    Lost,
    /// The server carries it out; the connection ends without an answer.
    HungUp,
    /// The server never gets it; no answer comes, and the connection stays.
    Stuck,
    /// The server carries it out; no answer comes, and the connection stays.
    Silent,
    /// The server carries it out; the answer breaks off half way.
    Cut,
}

/// Which requests something happens to.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    /// Their method.
    pub method: &'static str,
    /// What stands in their path or query.
    pub target: &'static str,
    /// To how many of them.
    pub times: usize,
    /// What.
    pub mishap: Mishap,
}

/// A proxy with troubles that are still to come; it ends with the process.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    troubles: Arc<Mutex<Vec<Trouble>>>,
}

impl Proxy {
    /// Starts one on a free port, before the server at that `http://` address.
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let troubles = Arc::new(Mutex::new(Vec::new()));
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let shared = Arc::clone(&troubles);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (upstream, troubles) = (upstream.clone(), Arc::clone(&shared));
                // A client that hangs up is no failure of the test.
                thread::spawn(move || drop(converse(&stream, &upstream, &troubles)));
            }
        });
        Self { address, troubles }
    }

    /// Returns its address: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes trouble from now on.
    pub fn make(&self, troubles: &[Trouble]) {
        *self.troubles.lock().expect("no thread panics") = troubles.to_vec();
    }

    /// Ends all trouble; returns what was still to come.
    pub fn calm(&self) -> Vec<Trouble> {
        std::mem::take(&mut *self.troubles.lock().expect("no thread panics"))
    }
}

/// A request as it came in.
struct Request {
    method: String,
    target: String,
    head: Vec<String>,
    body: Vec<u8>,
}

/// Passes on the requests of one connection.
fn converse(stream: &TcpStream, upstream: &str, troubles: &Mutex<Vec<Trouble>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let mut client = stream;
        match mishap(&request, troubles) {
            None => client.write_all(&pass_on(&request, upstream)?)?,
            Some(Mishap::Refused(status, code)) => client.write_all(&failure(status, code))?,
            Some(Mishap::Misreported(status, code)) => {
                pass_on(&request, upstream)?;
                client.write_all(&failure(status, code))?;
            }
            Some(Mishap::Lost) => return Ok(()),
            Some(Mishap::HungUp) => return pass_on(&request, upstream).map(drop),
            Some(Mishap::Stuck) => return wait_for_the_end(&mut reader),
            Some(Mishap::Silent) => {
                pass_on(&request, upstream)?;
                return wait_for_the_end(&mut reader);
            }
            Some(Mishap::Cut) => {
                let answer = pass_on(&request, upstream)?;
                return client.write_all(&answer[..answer.len() - 1]);
            }
        }
    }
    Ok(())
}

/// Returns what happens to a request, and counts it.
fn mishap(request: &Request, troubles: &Mutex<Vec<Trouble>>) -> Option<Mishap> {
    let mut troubles = troubles.lock().expect("no thread panics");
    let is_meant = |trouble: &Trouble| {
        trouble.method == request.method && request.target.contains(trouble.target)
    };
    let number = troubles.iter().position(is_meant)?;
    let Trouble { mishap, times, .. } = troubles[number];
    match times {
        1 => drop(troubles.remove(number)),
        _ => troubles[number].times -= 1,
    }
    Some(mishap)
}

/// Reads a request; none at the end of the connection.
fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let head = head(reader)?;
    let Some((method, rest)) = head.first().and_then(|line| line.split_once(' ')) else {
        return Ok(None);
    };
    let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target).to_owned();
    let mut body = vec![0; length(&head).unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method: method.to_owned(), target, head, body }))
}

fn length(head: &[String]) -> Option<usize> {
    header(head, "content-length")?.parse().ok()
}

fn header<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    let mut fields = head.iter().filter_map(|line| line.split_once(':'));
    let found = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

/// Has the server answer; returns the answer as it is for a connection that stays.
fn pass_on(request: &Request, upstream: &str) -> io::Result<Vec<u8>> {
    let Request { method, target, head: lines, body } = request;
    let mut server = TcpStream::connect(upstream)?;
    let mut text = format!("{method} {target} HTTP/1.0\r\n");
    for line in lines.iter().skip(1).filter(|line| !is_of_the_connection(line)) {
        text += &format!("{line}\r\n");
    }
    server.write_all(format!("{text}Connection: close\r\n\r\n").as_bytes())?;
    server.write_all(body)?;
    let mut reader = BufReader::new(&server);
    let lines = head(&mut reader)?;
    let mut content = Vec::new();
    reader.read_to_end(&mut content)?;
    let status = lines.first().and_then(|line| line.split_once(' ')).unwrap_or_default().1;
    let mut answer = format!("HTTP/1.1 {status}\r\n");
    for line in lines.iter().skip(1).filter(|line| !is_of_the_connection(line)) {
        answer += &format!("{line}\r\n");
    }
    if length(&lines).is_none() {
        answer += &format!("Content-Length: {}\r\n", content.len());
    }
    Ok([answer.as_bytes(), b"\r\n", &content].concat())
}

/// Tells whether a header is about one connection, not about what is transferred.
fn is_of_the_connection(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    ["connection", "transfer-encoding", "keep-alive"].contains(&&*name)
}

/// Returns an error as S3 has it.
fn failure(status: u16, code: &str) -> Vec<u8> {
    let body = format!("<Error><Code>{code}</Code><Message>as the test wants it</Message></Error>");
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} -\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n"
    );
    (head + &body).into_bytes()
}

/// Waits until the client gives up.
fn wait_for_the_end(reader: &mut BufReader<&TcpStream>) -> io::Result<()> {
    io::copy(reader, &mut io::sink()).map(drop)
}
