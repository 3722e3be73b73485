//! The promises of [`Store`], over every backend.
//!
//! S3 takes part if `REPOMAN_TEST_S3` names a bucket, as in `http://127.0.0.1:5555/bucket`; `wire`
//! plays the sequences that no real server plays on demand.

mod local;
mod server;
mod wire;

use std::io::Write as _;

use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use bytes::Bytes;
use futures::future::join_all;

use super::s3::Access;
use super::*;
use crate::digest::Sha256;

const HEADERS: Headers = Headers {
    content_type: "text/plain; charset=utf-8",
    cache_control: "no-cache",
    storage: Storage::Small,
};

/// What the budget and the thresholds make large: it goes up in five parts.
const LARGE: usize = (20 << 20) + 17;

/// A store, and what has to live as long as it.
struct Subject {
    name: &'static str,
    store: Store,
    _directory: Option<tempfile::TempDir>,
}

/// Returns an empty store of every kind.
fn subjects() -> Vec<Subject> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut subjects = vec![
        Subject { name: "memory", store: Store::in_memory(), _directory: None },
        Subject {
            name: "directory",
            store: in_directory(directory.path()),
            _directory: Some(directory),
        },
    ];
    if let Ok(url) = std::env::var("REPOMAN_TEST_S3") {
        let (endpoint, bucket) = url.rsplit_once('/').expect("an endpoint and a bucket");
        let location = Location::S3 {
            bucket: bucket.to_owned(),
            prefix: format!("test/{:016x}", rand::random::<u64>()),
        };
        subjects.push(Subject {
            name: "s3",
            store: in_bucket(&Settings::new(location), access(endpoint)),
            _directory: None,
        });
    }
    subjects
}

fn in_directory(root: &std::path::Path) -> Store {
    Store::open(&Settings::new(Location::File { root: root.join("made on demand") }))
}

/// Returns how to reach a server of ours: with made-up credentials.
fn access(endpoint: &str) -> Access {
    let credentials = Credentials::new("key", "secret", None, None, "tests");
    Access {
        region: None,
        endpoint: Some(endpoint.to_owned()),
        path_style: true,
        role: None,
        profile: None,
        patience: Duration::from_secs(60),
        fixed: Some(SharedCredentialsProvider::new(credentials)),
    }
}

/// Returns a store without pauses between attempts.
fn in_bucket(settings: &Settings, access: Access) -> Store {
    let Location::S3 { bucket, prefix } = &settings.url else {
        panic!("not the settings of a bucket")
    };
    let gate = Gate::new(settings.jobs, Duration::ZERO);
    let bucket = S3::new(bucket, access, settings.placement(), gate);
    Store::assemble(Inner {
        backend: Arc::new(bucket.clone()),
        kind: Kind::Bucket(bucket),
        prefix: prefix.clone(),
        url: settings.url.to_string(),
        endpoint: settings.endpoint.clone(),
        writers: settings.writers,
        compares: AtomicBool::new(false),
        jobs: settings.jobs,
        storage_class: settings.storage_class.clone(),
        budget: Semaphore::new(BUDGET),
        first_pause: Duration::ZERO,
    })
}

fn key(text: &str) -> Key {
    Key::parse(text).expect("a key")
}

async fn create(store: &Store, name: &str, bytes: &'static [u8]) -> Result<Creation, StoreError> {
    store.create(&key(name), Bytes::from_static(bytes), Sha256::of(bytes), &HEADERS).await
}

async fn content(store: &Store, name: &str) -> Option<Bytes> {
    store.get(&key(name), 1 << 30).await.expect("a readable store").map(|object| object.bytes)
}

fn won(replacement: Result<Replacement, StoreError>) -> Etag {
    match replacement {
        Ok(Replacement::Won { etag }) => etag,
        other => panic!("not won: {other:?}"),
    }
}

/// Returns a file with so many bytes that don't repeat soon, and its digest.
fn file_of(size: usize) -> (tempfile::NamedTempFile, Sha256) {
    let bytes: Vec<u8> =
        (0..size as u64).map(|n| (n.wrapping_mul(2_654_435_761) >> 7) as u8).collect();
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&bytes).expect("room for it");
    (file, Sha256::of(&bytes))
}

#[tokio::test]
async fn what_is_not_there_is_nothing_and_no_error() {
    for Subject { name, store, _directory } in subjects() {
        assert_eq!(store.get(&key("a/b"), 10).await.expect(name), None);
        assert_eq!(store.head(&key("a/b")).await.expect(name), None);
        assert_eq!(store.list("").await.expect(name), []);
        assert_eq!(store.list("a/").await.expect(name), []);
        store.delete(vec![key("a/b"), key("c")]).await.expect(name);
        store.barrier().await.expect(name);
    }
}

#[tokio::test]
async fn a_download_is_the_object_byte_for_byte() {
    for Subject { name, store, _directory } in subjects() {
        let (source, sha256) = file_of(300_000);
        store
            .create_from_file(&key("a"), source.path(), 300_000, sha256, &HEADERS)
            .await
            .expect(name);
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), vec![0; 400_000]).expect("room for it");
        let content = store.download(&key("a"), file.path()).await.expect(name);
        assert_eq!(content, Some((sha256, 300_000)), "{name}");
        assert_eq!(std::fs::read(file.path()).ok(), std::fs::read(source.path()).ok(), "{name}");
        assert_eq!(store.download(&key("b"), file.path()).await.expect(name), None);
    }
}

#[tokio::test]
async fn objects_are_deleted_only_as_long_as_it_is_allowed() {
    for Subject { name, store, _directory } in subjects() {
        let keys: Vec<Key> = (0..3).map(|n| key(&format!("a/{n}"))).collect();
        for key in &keys {
            create(&store, key.as_str(), b"x").await.expect(name);
        }
        let deletion = store.delete_while(&keys, &|| false).await;
        assert!(matches!(deletion, Deletion { gone: 0, stopped: Some(Stopped::Told) }), "{name}");
        assert_eq!(store.list("").await.expect(name).len(), 3, "{name}");
        let deletion = store.delete_while(&keys, &|| true).await;
        assert!(matches!(deletion, Deletion { gone: 3, stopped: None }), "{name}");
        assert_eq!(store.list("").await.expect(name), [], "{name}");
    }
}

#[tokio::test]
async fn the_time_of_a_store_is_the_present_and_leaves_nothing_behind() {
    for Subject { name, store, _directory } in subjects() {
        create(&store, "a", b"x").await.expect(name);
        let first = store.head(&key("a")).await.expect(name).expect(name).last_modified;
        assert!(store.now("scratch").await.expect(name) >= first, "{name}");
        assert!(store.now("scratch").await.expect(name) >= first, "{name}");
        assert_eq!(store.list("").await.expect(name).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn creating_twice_is_success_only_with_the_same_content() {
    for Subject { name, store, _directory } in subjects() {
        assert_eq!(create(&store, "a/b", b"one").await.expect(name), Creation::New);
        assert_eq!(create(&store, "a/b", b"one").await.expect(name), Creation::AlreadyThere);
        for other in [&b"two"[..], b"longer", b""] {
            let outcome = create(&store, "a/b", other).await;
            assert!(matches!(outcome, Err(StoreError::DifferentContent { .. })), "{name}");
        }
        assert_eq!(content(&store, "a/b").await.as_deref(), Some(&b"one"[..]), "{name}");
    }
}

#[tokio::test]
async fn listings_are_sorted_whole_and_below_the_directory_only() {
    for Subject { name, store, _directory } in subjects() {
        for key in ["a/b/c", "a.b", "a/b", "a/B~1", "ab/c", "a/b.c/d"].iter().rev() {
            // A directory can't hold both `a/b` and `a/b/c`.
            if !(name == "directory" && *key == "a/b") {
                create(&store, key, b"x").await.expect(name);
            }
        }
        let keys = async |directory: &str| -> Vec<String> {
            let entries = store.list(directory).await.expect(name);
            entries.iter().map(|entry| entry.key.to_string()).filter(|key| key != "a/b").collect()
        };
        assert_eq!(keys("").await, ["a.b", "a/B~1", "a/b.c/d", "a/b/c", "ab/c"], "{name}");
        assert_eq!(keys("a/").await, ["a/B~1", "a/b.c/d", "a/b/c"], "{name}");
        assert_eq!(keys("a").await, keys("a/").await, "{name}");
        let entry = store.head(&key("a/b/c")).await.expect(name).expect(name);
        assert!(store.list("a").await.expect(name).contains(&entry), "{name}");
        assert_eq!(entry.size, 1, "{name}");

        store.delete(vec![key("a/b/c"), key("none"), key("a.b")]).await.expect(name);
        assert_eq!(keys("").await, ["a/B~1", "a/b.c/d", "ab/c"], "{name}");
    }
}

#[tokio::test]
async fn a_swap_takes_the_current_tag() {
    for Subject { name, store, _directory } in subjects() {
        let swap = async |bytes: &'static str, base: Option<&Etag>| {
            store.replace(&key("r"), bytes.into(), base, &HEADERS).await
        };
        let stale = Etag::new("\"00000000000000000000000000000000\"");
        assert_eq!(swap("early", Some(&stale)).await.expect(name), Replacement::Lost);
        let first = won(swap("first", None).await);
        assert_eq!(swap("again", None).await.expect(name), Replacement::Lost);
        assert_eq!(swap("stale", Some(&stale)).await.expect(name), Replacement::Lost);
        let second = won(swap("other", Some(&first)).await);
        assert_eq!(swap("third", Some(&first)).await.expect(name), Replacement::Lost);
        assert_eq!(content(&store, "r").await.as_deref(), Some(&b"other"[..]), "{name}");

        let object = store.get(&key("r"), 5).await.expect(name).expect(name);
        let entry = &store.list("").await.expect(name)[0];
        assert_eq!((&object.etag, &entry.etag), (&second, &second), "{name}");
        store.delete(vec![key("r")]).await.expect(name);
        assert_eq!(swap("after", Some(&second)).await.expect(name), Replacement::Lost);
    }
}

#[tokio::test]
async fn a_swap_that_went_through_before_is_won() {
    for Subject { name, store, _directory } in subjects() {
        let swap = async |base: Option<&Etag>| {
            store.replace(&key("r"), "ours".into(), base, &HEADERS).await
        };
        let etag = won(swap(None).await);
        assert_eq!(won(swap(None).await), etag, "{name}");
        assert_eq!(won(swap(Some(&Etag::new("\"base\""))).await), etag, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_swap_at_once_exactly_one_wins() {
    for Subject { name, store, _directory } in subjects() {
        let mut base = None;
        for round in 0..4 {
            let racers = (0..32).map(|racer| {
                let (store, base) = (store.clone(), base.clone());
                tokio::spawn(async move {
                    // All of one size, so that nothing but the bytes tells them apart.
                    let bytes = Bytes::from(format!("{round} {racer:02}"));
                    store.replace(&key("r"), bytes, base.as_ref(), &HEADERS).await
                })
            });
            let outcomes = join_all(racers).await.into_iter().map(|joined| joined.expect(name));
            let outcomes: Vec<_> = outcomes.map(|outcome| outcome.expect(name)).collect();
            let wins: Vec<_> =
                outcomes.into_iter().filter(|outcome| *outcome != Replacement::Lost).collect();
            assert_eq!(wins.len(), 1, "{name}: {wins:?}");
            base = wins.into_iter().next().map(|win| won(Ok(win)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_create_at_once_one_is_first_and_all_succeed() {
    for Subject { name, store, _directory } in subjects() {
        let racers = (0..32).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { create(&store, "deep/down/below", b"same").await })
        });
        let outcomes = join_all(racers).await.into_iter().map(|joined| joined.expect(name));
        let new = outcomes.filter(|outcome| outcome.as_ref().expect(name) == &Creation::New);
        assert_eq!(new.count(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_object_larger_than_the_limit_is_not_read() {
    for Subject { name, store, _directory } in subjects() {
        create(&store, "a", b"12345").await.expect(name);
        assert!(store.get(&key("a"), 5).await.expect(name).is_some());
        let outcome = store.get(&key("a"), 4).await;
        let expected = matches!(outcome, Err(StoreError::TooLarge { size: 5, limit: 4, .. }));
        assert!(expected, "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_object_is_hashed_as_it_is_and_none_has_no_digest() {
    for Subject { name, store, _directory } in subjects() {
        create(&store, "a", b"12345").await.expect(name);
        let expected = Some((Sha256::of(b"12345"), 5));
        assert_eq!(store.digest(&key("a")).await.expect(name), expected, "{name}");
        assert_eq!(store.digest(&key("b")).await.expect(name), None, "{name}");
    }
}

#[tokio::test]
async fn files_large_and_small_arrive_as_they_are() {
    for Subject { name, store, _directory } in subjects() {
        for size in [0, 1, LARGE] {
            let (file, sha256) = file_of(size);
            let key = key(&format!("pool/{size}"));
            let upload =
                || store.create_from_file(&key, file.path(), size as u64, sha256, &HEADERS);
            assert_eq!(upload().await.expect(name), Creation::New);
            let arrived = store.get(&key, size as u64).await.expect(name).expect(name);
            assert_eq!(Sha256::of(&arrived.bytes), sha256, "{name}");
            assert_eq!(upload().await.expect(name), Creation::AlreadyThere);
        }
    }
}

#[tokio::test]
async fn a_file_that_changed_since_the_plan_does_not_arrive() {
    for Subject { name, store, _directory } in subjects() {
        for size in [9, LARGE] {
            let (file, sha256) = file_of(size);
            let size = size as u64;
            let planned = [(size, Sha256::of(b"other")), (size - 1, sha256), (size + 1, sha256)];
            for (size, sha256) in planned {
                let upload = store
                    .create_from_file(&key("pool/x"), file.path(), size, sha256, &HEADERS)
                    .await;
                assert!(matches!(upload, Err(StoreError::SourceChanged { .. })), "{name}");
            }
        }
        let missing = std::path::Path::new("/nonexistent");
        let upload =
            store.create_from_file(&key("pool/x"), missing, 1, Sha256::of(b""), &HEADERS).await;
        assert!(matches!(upload, Err(StoreError::Source { .. })), "{name}");
        assert_eq!(store.list("").await.expect(name), [], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_uploads_than_memory_holds_wait_for_each_other() {
    let store = Store::in_memory();
    let (file, sha256) = file_of(LARGE);
    let keys: Vec<_> = (0..8).map(|n| key(&format!("pool/{n}"))).collect();
    let uploads = keys
        .iter()
        .map(|key| store.create_from_file(key, file.path(), LARGE as u64, sha256, &HEADERS));
    for outcome in join_all(uploads).await {
        assert_eq!(outcome.expect("an upload"), Creation::New);
    }
    assert_eq!(store.inner.budget.available_permits(), BUDGET);
}
