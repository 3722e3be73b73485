//! An S3 server: moto, in a Python environment that the test set-up makes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{TestRepo, http};

/// The variable that names the Python with moto.
const PYTHON: &str = "REPOMAN_TEST_PYTHON";

/// Lets clients without credentials read, as a public repository's bucket does.
const PUBLIC_READ: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::apt", "arn:aws:s3:::apt/*"]
    }]
}"#;

/// A server with one empty bucket, `apt`; it ends with the test.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    directory: TempDir,
    endpoint: String,
}

/// A request that the server got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `PUT`.
    pub method: String,
    /// `/bucket/key`.
    pub path: String,
    /// Whether it carried a signature of AWS, version 4.
    pub is_signed: bool,
}

impl Request {
    /// Tells whether it was sent to change something.
    pub fn is_write(&self) -> bool {
        ["PUT", "POST", "DELETE", "PATCH"].contains(&&*self.method)
    }
}

/// Returns the Python with moto, and with what that needs.
///
/// # Panics
///
/// When the test set-up has not been run: what needs it is never skipped.
pub fn python() -> String {
    std::env::var(PYTHON).unwrap_or_else(|_| {
        panic!("{PYTHON} is not set: `tests/run` sets up an S3 server and runs the tests")
    })
}

impl Moto {
    /// Starts a server on a free port.
    ///
    /// # Panics
    ///
    /// When the test set-up has not been run: the stories of S3 are never skipped.
    pub fn start() -> Self {
        let python = python();
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let mut child = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto_server.py"))
            .arg(directory.path().join("requests"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{python} can't be run: {error}"));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server speaks");
        let port = line.trim();
        assert!(!port.is_empty(), "moto did not start: is `moto[server]` in {python}'s packages?");
        let endpoint = format!("http://127.0.0.1:{port}");
        let server = Self { child, directory, endpoint };
        server.set_up("", "");
        server.set_up("?policy", PUBLIC_READ);
        server.requests();
        server
    }

    /// Makes the bucket or gives it a property.
    fn set_up(&self, property: &str, value: &str) {
        let url = format!("{}/apt{property}", self.endpoint);
        let answer = http::request("PUT", &url, value);
        let said = String::from_utf8_lossy(&answer.body);
        assert!(matches!(answer.status, 200 | 204), "moto can't be set up: {said}");
    }

    /// Returns its address: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the keys of all objects in the bucket.
    pub fn keys(&self) -> Vec<String> {
        self.keys_below("")
    }

    /// Returns the keys, at most a thousand, that begin with a prefix.
    pub fn keys_below(&self, prefix: &str) -> Vec<String> {
        let url = format!("{}/apt?list-type=2&prefix={prefix}", self.endpoint);
        let answer = http::request("GET", &url, "");
        let listing = String::from_utf8(answer.body).expect("it is XML");
        let keys = listing.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    /// Returns what a client without credentials gets for a key.
    pub fn get(&self, key: &str) -> http::Answer {
        http::request("GET", &format!("{}/apt/{key}", self.endpoint), "")
    }

    /// Returns a `[store]` section for a prefix in its bucket.
    pub fn store(&self, prefix: &str) -> String {
        self.store_at(&self.endpoint, prefix)
    }

    /// Returns a `[store]` section for a prefix in its bucket that is reached by another way.
    pub fn store_at(&self, endpoint: &str, prefix: &str) -> String {
        format!(
            "url = \"s3://apt/{prefix}\"\nregion = \"eu-central-1\"\nendpoint = \"{endpoint}\"\n\
             path_style = true"
        )
    }

    /// Gives a repository the credentials for it.
    pub fn admit(&self, repo: TestRepo) -> TestRepo {
        repo.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test")
    }

    /// Sets the server's clock ahead by so many hours, for what is written from now on.
    pub fn turn_clock(&self, hours: u64) {
        let path = self.directory.path().join("requests-ahead");
        fs::write(path, (hours * 3600).to_string()).expect("the directory can be written");
    }

    /// Returns the requests since the last call.
    pub fn requests(&self) -> Vec<Request> {
        let path = self.directory.path().join("requests");
        let log = fs::read_to_string(&path).expect("the server has made it");
        fs::write(&path, "").expect("the log can be emptied");
        let request = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let mut word = || words.next().expect("a line has three words");
            Request { method: word(), path: word(), is_signed: word() == "signed" }
        };
        log.lines().map(request).collect()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
