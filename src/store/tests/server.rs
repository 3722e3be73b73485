//! An HTTP server that says what the test tells it to, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request, as it came in.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// By lower-case name.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    /// Returns a header, empty if there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Status, headers as lines, body.
    Answer(u16, &'static str, Vec<u8>),
    /// Reads it all and closes the connection.
    Reset,
    /// Reads it all and never answers.
    Hang,
    /// Announces an object and breaks off in the middle of it.
    Short,
    /// Answers something that isn't HTTP.
    Garbage,
}

/// Returns an answer without content.
pub(super) fn status(status: u16) -> Act {
    Act::Answer(status, "ETag: \"new\"\r\n", Vec::new())
}

/// Returns an answer with S3's error document.
pub(super) fn error(status: u16, code: &str) -> Act {
    let body = format!("<Error><Code>{code}</Code><Message>so it is</Message></Error>");
    Act::Answer(status, "Content-Type: application/xml\r\n", body.into())
}

/// Returns an answer with an object.
pub(super) fn object(etag: &'static str, body: &[u8]) -> Act {
    Act::Answer(200, etag, body.to_vec())
}

type Play = Box<dyn FnMut(&Seen) -> Act + Send>;

/// What all connections have in common.
struct Stage {
    play: Mutex<Play>,
    seen: Mutex<Vec<Seen>>,
}

/// A server on a free port; it goes away with this value.
pub(super) struct Server {
    pub(super) endpoint: String,
    stage: Arc<Stage>,
    task: JoinHandle<()>,
}

impl Server {
    /// Plays these acts, one for each request; whatever comes after the last one is a 418.
    pub(super) async fn playing(acts: Vec<Act>) -> Self {
        let mut acts = acts.into_iter();
        Self::answering(Box::new(move |_| acts.next().unwrap_or(error(418, "ImATeapot")))).await
    }

    /// Answers as `play` says.
    pub(super) async fn answering(play: Play) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
        let stage = Arc::new(Stage { play: Mutex::new(play), seen: Mutex::default() });
        let shared = Arc::clone(&stage);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { endpoint, stage, task }
    }

    /// Returns all requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.stage.seen.lock().expect("no panic").clone()
    }

    /// Returns the methods of all requests so far.
    pub(super) fn methods(&self) -> String {
        let methods: Vec<_> = self.seen().into_iter().map(|seen| seen.method).collect();
        methods.join(" ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one request and closes the connection.
async fn serve(stream: TcpStream, stage: Arc<Stage>) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await else { return };
    stage.seen.lock().expect("no panic").push(request.clone());
    let act = stage.play.lock().expect("no panic")(&request);
    let answer = match act {
        Act::Answer(status, headers, body) => answer(&request, status, headers, &body),
        Act::Reset => return,
        Act::Hang => return std::future::pending().await,
        Act::Short => b"HTTP/1.1 200 So\r\nContent-Length: 100\r\n\r\nshort".to_vec(),
        Act::Garbage => b"HTTP/1.1 200 So\r\nContent-Length: many\r\n\r\n".to_vec(),
    };
    // The client may be gone; the test sees that from its side.
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

fn answer(request: &Seen, status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} So\r\n{headers}Last-Modified: Fri, 20 Nov 2026 10:00:00 GMT\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let body = if request.method == "HEAD" { &[][..] } else { body };
    [head.as_bytes(), body].concat()
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { method, target, headers, body })
}
