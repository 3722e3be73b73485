//! What a run leaves behind outside the store: nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::manifest::signed_by;
use crate::support::{Deb, Manifest, TestKey, TestRepo, tree};

/// Returns the processes whose environment has a text in it.
fn processes_with(text: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let is_ours = |path: &PathBuf| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        contains(&environment, text)
    };
    let name = |path: PathBuf| fs::read_to_string(path.join("comm")).unwrap_or_default();
    processes.map(|entry| entry.path()).filter(is_ours).map(name).collect()
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

#[test]
fn neither_an_agent_nor_a_gnupg_home_outlives_a_run() {
    // Other tests sign at the same time; this name is in the keyrings of this one only.
    let user_id = format!("test-{}@example.org", std::process::id());
    let key = TestKey::generate(&user_id, "never");
    let signing = signed_by(&[("own", &key, "env:OWN_KEY")]);
    let repo = TestRepo::with(&Manifest { signing, ..Manifest::default() });
    let repo = repo.env("OWN_KEY", &key.secret);
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.repoman(["keys", "export"]).ok();
    repo.write_manifest(&Manifest::default().to_text());
    repo.repoman(["apply", "--yes"]).exits(1).says(["error[RM5006]"]);

    assert_eq!(processes_with(&repo.home().display().to_string()), [""; 0]);
    let places = [Path::new("/dev/shm"), Path::new("/tmp"), Path::new("/var/tmp")];
    for place in places {
        assert_eq!(homes_with(&user_id, place), Vec::<PathBuf>::new());
    }
    assert_eq!(tree::files(&repo.temporary()), [""; 0]);
    assert_eq!(tree::files(&repo.home()), [""; 0]);
}
