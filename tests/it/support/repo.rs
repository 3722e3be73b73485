//! A repository under test: a manifest, a directory for packages, and the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use tempfile::TempDir;

use super::{Deb, Manifest, Run, TestKey};

/// A directory with a `repo.toml`, and an environment that holds nothing of the user's.
#[derive(Debug)]
pub struct TestRepo {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl TestRepo {
    /// Creates one with the default manifest.
    pub fn new() -> Self {
        Self::with(&Manifest::default())
    }

    /// Creates one with a manifest.
    pub fn with(manifest: &Manifest) -> Self {
        let repo = Self {
            directory: tempfile::tempdir().expect("a temporary directory can be made"),
            environment: Vec::new(),
        };
        for directory in ["home", "tmp", "work"] {
            fs::create_dir(repo.directory.path().join(directory)).expect("it is empty");
        }
        let mut repo = repo.env("TEST_SIGNING_KEY", &TestKey::shared().secret);
        // A test on a cloud machine must not find that machine's credentials.
        repo = repo.env("AWS_EC2_METADATA_DISABLED", "true");
        repo.write_manifest(&manifest.to_text());
        repo
    }

    /// Sets a variable for the runs to come.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the manifest.
    pub fn write_manifest(&self, text: &str) {
        fs::write(self.path("repo.toml"), text).expect("the manifest can be written");
    }

    /// Returns a path beside the manifest.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join("work").join(relative)
    }

    /// Returns the directory that holds nothing but what its own runs leave there.
    pub fn temporary(&self) -> PathBuf {
        self.directory.path().join("tmp")
    }

    /// Returns the home directory of its runs, which no other test has.
    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// Returns the directory of the `file://` store.
    pub fn store(&self) -> PathBuf {
        self.path("repo")
    }

    /// Puts a package into the directory `dist`.
    pub fn build(&self, deb: &Deb) -> PathBuf {
        deb.write_to(&self.path("dist"))
    }

    /// Returns the text of a file in the store.
    #[track_caller]
    pub fn published(&self, key: &str) -> String {
        let path = self.store().join(key);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Dates the commit points of the `file://` store so many hours back, as if that time had passed
    /// since.
    pub fn age(&self, hours: u64) {
        for codename in fs::read_dir(self.store().join("dists")).expect("something is published") {
            let path = codename.expect("it can be listed").path().join("InRelease");
            let file = fs::File::options().write(true).open(path).expect("it is signed");
            let now = file.metadata().and_then(|metadata| metadata.modified());
            let then = now.expect("files have times") - Duration::from_secs(hours * 3600);
            file.set_modified(then).expect("the file can be written");
        }
    }

    /// Returns the keys of all package files in the `file://` store.
    pub fn pool(&self) -> Vec<String> {
        super::tree::files(&self.store().join("pool"))
    }

    /// Returns the text of a `Packages` file, by its directory below `dists`.
    #[track_caller]
    pub fn index(&self, directory: &str) -> String {
        self.index_file(&format!("{directory}/Packages"))
    }

    /// Returns the text of an index, by its path below `dists`.
    #[track_caller]
    pub fn index_file(&self, path: &str) -> String {
        let path = self.store().join("dists").join(format!("{path}.gz"));
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        std::io::read_to_string(MultiGzDecoder::new(&*bytes)).expect("it is gzip of UTF-8")
    }

    /// Runs repoman beside the manifest, without a terminal.
    pub fn repoman<const N: usize>(&self, arguments: [&str; N]) -> Run {
        Run::of(self.command(Path::new(env!("CARGO_BIN_EXE_repoman"))).args(arguments))
    }

    /// Applies the manifest, which has to work.
    #[track_caller]
    pub fn apply(&self) -> Run {
        self.repoman(["apply", "--yes"]).ok()
    }

    /// Returns a command that runs a program as repoman is run.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(""))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.home())
            .env("TMPDIR", self.temporary())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
