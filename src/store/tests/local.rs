//! What holds for directories alone.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::*;

/// Returns a store and the directory that it is in.
fn store() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path().join("made on demand");
    let store = in_directory(directory.path());
    (directory, root, store)
}

#[tokio::test]
async fn objects_are_plain_files_that_a_web_server_can_read() {
    let (_directory, root, store) = store();
    create(&store, "a/b", b"x").await.expect("a write");
    let mode = |path: &str| {
        fs::metadata(root.join(path)).expect("it is there").permissions().mode() & 0o777
    };
    // What the umask leaves of everything that could be allowed.
    fs::write(root.join("file"), "").expect("a write");
    fs::create_dir(root.join("directory")).expect("a directory");
    assert_eq!(mode("a/b"), mode("file") & 0o644);
    assert_eq!(mode("a"), mode("directory") & 0o755);
}

#[tokio::test]
async fn nothing_but_objects_is_left_or_listed() {
    let (_directory, root, store) = store();
    create(&store, "a/b", b"x").await.expect("a write");
    let base = won(store.replace(&key("a/c"), "1".into(), None, &HEADERS).await);
    won(store.replace(&key("a/c"), "2".into(), Some(&base), &HEADERS).await);
    assert_eq!(
        store.replace(&key("a/c"), "3".into(), Some(&base), &HEADERS).await.expect("a swap"),
        Replacement::Lost
    );
    let names = |path: &str| {
        let entries = fs::read_dir(root.join(path)).expect("it is there");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("a"), ["b", "c"]);

    fs::write(root.join("a/.repoman-tmp-0123"), "left by a crash").expect("a write");
    let entries = store.list("").await.expect("a listing");
    let listed: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(listed, ["a/b", "a/c"]);
    assert_eq!(content(&store, "a/.repoman-tmp-0123").await, None);
    assert_eq!(content(&store, ".repoman/lock").await, None);
    assert!(create(&store, ".repoman/lock", b"x").await.is_err());
}

#[tokio::test]
async fn deleting_the_last_object_removes_the_directories() {
    let (_directory, root, store) = store();
    create(&store, "a/b/c", b"x").await.expect("a write");
    create(&store, "a/d", b"x").await.expect("a write");
    store.delete(vec![key("a/b/c")]).await.expect("a deletion");
    assert!(!root.join("a/b").exists() && root.join("a/d").exists());
    store.delete(vec![key("a/d")]).await.expect("a deletion");
    assert!(!root.join("a").exists() && root.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn directories_may_vanish_while_others_write_there() {
    let (_directory, _root, store) = store();
    let writers = (0..8).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                let name = format!("a/b/{writer}");
                create(&store, &name, b"x").await.expect("a write");
                store.delete(vec![key(&name)]).await.expect("a deletion");
            }
        })
    });
    for outcome in join_all(writers).await {
        outcome.expect("no panic");
    }
    assert_eq!(store.list("").await.expect("a listing"), []);
}

#[tokio::test]
async fn no_symbolic_link_leads_out() {
    let (directory, root, store) = store();
    create(&store, "a/b", b"x").await.expect("a write");
    let outside = directory.path().join("outside");
    fs::create_dir(&outside).expect("a directory");
    fs::write(outside.join("secret"), "secret").expect("a write");
    symlink(&outside, root.join("out")).expect("a link");
    symlink(outside.join("secret"), root.join("a/link")).expect("a link");

    assert_eq!(content(&store, "out/secret").await, None);
    assert_eq!(content(&store, "a/link").await, None);
    assert_eq!(store.list("out").await.expect("a listing"), []);
    assert_eq!(store.list("").await.expect("a listing").len(), 1);
    let refused = create(&store, "out/new", b"x").await.expect_err("a link is in the way");
    let reason = std::error::Error::source(&refused).expect("a reason").to_string();
    assert!(reason.contains("a symbolic link is in the way"), "{reason}");
    assert!(create(&store, "a/link", b"x").await.is_err());
    store.delete(vec![key("out/secret")]).await.expect("nothing to delete");
    assert_eq!(fs::read_dir(&outside).expect("readable").count(), 1);
    assert_eq!(fs::read(outside.join("secret")).expect("readable"), b"secret");
}

#[tokio::test]
async fn names_that_are_no_keys_are_reported() {
    let (_directory, root, store) = store();
    create(&store, "a/b", b"x").await.expect("a write");
    let latin = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::write(root.join(latin), "").expect("a write");
    fs::write(root.join("a/c\nd"), "").expect("a write");
    assert_eq!(store.list("").await.expect("a listing").len(), 1);
    assert_eq!(store.unlistable(), ["a/c\nd", "caf\u{fffd}"]);
}

#[tokio::test]
async fn what_is_no_file_is_no_object() {
    let (_directory, root, store) = store();
    create(&store, "a/b", b"x").await.expect("a write");
    let fifo = Command::new("mkfifo").arg(root.join("pipe")).status();
    assert!(fifo.expect("mkfifo runs").success());
    for name in ["a", "pipe", "a/b/c", &"n".repeat(300)] {
        assert_eq!(content(&store, name).await, None, "{name}");
    }
    assert_eq!(store.list("").await.expect("a listing").len(), 1);
}

#[tokio::test]
async fn a_tag_never_comes_back_with_its_content() {
    let (_directory, _root, store) = store();
    let swap = async |bytes: &'static str, base: Option<&Etag>| {
        won(store.replace(&key("r"), bytes.into(), base, &HEADERS).await)
    };
    let mut tags = vec![swap("0", None).await];
    for round in 1..50 {
        let bytes = if round % 2 == 0 { "0" } else { "1" };
        let tag = swap(bytes, tags.last()).await;
        assert!(!tags.contains(&tag));
        tags.push(tag);
    }
}
