//! What a run leaves behind outside the store: nothing.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command_line::on_a_terminal;
use crate::support::manifest::signed_by;
use crate::support::{Deb, Manifest, TestKey, TestRepo, tree};

/// Returns the directories in `/proc` of the processes whose environment has a text in it.
fn ours(text: &str) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let is_ours = |path: &PathBuf| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        contains(&environment, text)
    };
    processes.map(|entry| entry.path()).filter(is_ours).collect()
}

fn name_of(process: &Path) -> String {
    fs::read_to_string(process.join("comm")).unwrap_or_default()
}

/// Returns the names of the processes whose environment has a text in it.
fn processes_with(text: &str) -> Vec<String> {
    ours(text).iter().map(|process| name_of(process)).collect()
}

/// Returns the GnuPG homes in a directory whose keyring has a text in it.
fn homes_with(text: &str, directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let is_ours = |path: &PathBuf| {
        let files = tree::files(path).into_iter();
        files.filter_map(|file| fs::read(path.join(file)).ok()).any(|bytes| contains(&bytes, text))
    };
    let homes = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("repoman-")
    });
    homes.filter(is_ours).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A repository whose key is in the keyrings of this test only; others sign at the same time.
struct Marked {
    repo: TestRepo,
    user_id: String,
}

impl Marked {
    fn new(name: &str) -> Self {
        let user_id = format!("{name}-{}@example.org", std::process::id());
        let key = TestKey::generate(&user_id, "never");
        let signing = signed_by(&[("own", &key, "env:OWN_KEY")]);
        let repo = TestRepo::with(&Manifest { signing, ..Manifest::default() });
        repo.build(&Deb::new("widget", "1.0", "amd64"));
        Self { repo: repo.env("OWN_KEY", &key.secret), user_id }
    }

    fn processes(&self) -> Vec<String> {
        processes_with(&self.repo.home().display().to_string())
    }

    /// Returns the ids of the processes of that name.
    fn ids_of(&self, name: &str) -> Vec<String> {
        let home = self.repo.home().display().to_string();
        let processes = ours(&home).into_iter();
        let named = processes.filter(|path| name_of(path).trim() == name);
        named.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    fn homes(&self) -> Vec<PathBuf> {
        let places = ["/dev/shm", "/tmp", "/var/tmp"].map(Path::new);
        places.iter().flat_map(|place| homes_with(&self.user_id, place)).collect()
    }

    #[track_caller]
    fn is_clean(&self) {
        // An agent that was told to end says so first, and ends then.
        let patience = Instant::now() + Duration::from_secs(10);
        while !self.processes().is_empty() {
            assert!(Instant::now() < patience, "{:?} are running", self.processes());
        }
        assert_eq!(self.homes(), Vec::<PathBuf>::new());
        assert_eq!(tree::files(&self.repo.temporary()), [""; 0]);
        assert_eq!(tree::files(&self.repo.home()), [""; 0]);
    }
}

#[test]
fn neither_an_agent_nor_a_gnupg_home_outlives_a_run() {
    let marked = Marked::new("outlives");
    let repo = &marked.repo;
    repo.apply();
    repo.repoman(["keys", "export"]).ok();
    repo.write_manifest(&Manifest::default().to_text());
    repo.repoman(["apply", "--yes"]).exits(1).says(["error[RM5006]"]);
    marked.is_clean();
}

/// Starts an apply on a terminal, up to its question.
fn at_the_question(marked: &Marked) -> (Child, ChildStdout) {
    let mut script = on_a_terminal(&marked.repo, "apply");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"[y/N] ") {
        let mut byte = [0];
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.extend(byte);
    }
    assert_eq!(marked.homes().len(), 1, "the key is at hand before anybody is asked");
    assert!(marked.processes().iter().any(|name| name.contains("gpg-agent")));
    (child, stdout)
}

#[test]
fn an_interrupt_at_the_question_leaves_nothing_behind() {
    let marked = Marked::new("interrupted");
    let (mut child, mut stdout) = at_the_question(&marked);
    // Ctrl-C, as the terminal sends it on.
    child.stdin.take().unwrap().write_all(b"\x03").unwrap();
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    assert!(!child.wait().unwrap().success());
    marked.is_clean();
    assert!(!marked.repo.store().exists());
}

#[test]
fn a_run_that_is_killed_outright_leaves_no_secret_behind() {
    let marked = Marked::new("killed");
    let (mut child, mut stdout) = at_the_question(&marked);
    let home = marked.homes().remove(0);
    for process in marked.ids_of("repoman") {
        let mut kill = Command::new("kill");
        assert!(kill.args(["-KILL", &process]).status().unwrap().success());
    }
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    child.wait().unwrap();
    let patience = Instant::now() + Duration::from_secs(10);
    while home.exists() {
        assert!(Instant::now() < patience, "{} is still there", home.display());
    }
    marked.is_clean();
}
