//! Files that changed, in each way that a file can, beside a register that says what they were.

use std::fs::{File, FileTimes};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::*;

/// A directory of packages, and a cache elsewhere.
struct Scene {
    packages: tempfile::TempDir,
    cache: tempfile::TempDir,
}

/// Something wrong that nobody reads from a file: who gets it believed the register.
const CLAIM: [u8; 32] = [7; 32];

const DAY: i64 = 24 * 60 * 60;

/// Returns a package of which a field that does not change its size says `content`.
fn deb(package: &str, content: char) -> Vec<u8> {
    let control = format!(
        "Package: {package}\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\n\
         Description: {content}\n"
    );
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(control.len() as u64);
    tar.append_data(&mut header, "./control", control.as_bytes()).unwrap();
    let mut archive = ar::Builder::new(Vec::new());
    let (tar, empty) = (tar.into_inner().unwrap(), [0; 1024]);
    let members: [(&str, &[u8]); 3] =
        [("debian-binary", b"2.0\n"), ("control.tar", &tar), ("data.tar", &empty)];
    for (name, bytes) in members {
        let header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        archive.append(&header, bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

impl Scene {
    /// Returns one with the package `one` in `one.deb`.
    fn new() -> Self {
        let scene =
            Self { packages: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        fs::write(scene.path("one.deb"), deb("one", 'a')).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.packages.path().join(name)
    }

    fn cache(&self) -> Cache {
        Cache::in_directory(self.cache.path().to_owned(), 1 << 20)
    }

    /// Returns the digests of these files, read in a run that begins so many seconds from now.
    fn read_at(&self, delay: i64, names: &[&str]) -> Vec<Result<Sha256, String>> {
        let now = crate::time::shifted(Timestamp::try_from(SystemTime::now()).unwrap(), delay);
        let known = Known::new(self.cache(), now);
        let paths: Vec<_> = names.iter().map(|name| self.path(name)).collect();
        let register = known.of(self.packages.path(), paths.iter().map(|path| path.as_os_str()));
        let entries = register.entries();
        let looks: Vec<_> =
            names.iter().map(|name| register.look(&entries, &self.path(name))).collect();
        register.keep(&entries, looks.iter().filter_map(|look| look.as_ref().ok()));
        let digest = |look: Result<Seen, DebError>| look.map(|seen| seen.file.sha256);
        looks.into_iter().map(|look| digest(look).map_err(|error| error.to_string())).collect()
    }

    /// Returns the digest of `one.deb`, read when that file has been left alone for long enough.
    fn read(&self) -> Sha256 {
        self.read_at(10, &["one.deb"]).remove(0).unwrap()
    }

    /// Returns the file of the register.
    fn register(&self) -> PathBuf {
        let names = fs::read_dir(self.cache.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut names = names.filter(|path| !path.ends_with("CACHEDIR.TAG"));
        let name = names.next().unwrap();
        assert_eq!(names.next(), None);
        name
    }

    /// Has the register claim something else of each file, with a checksum that is right.
    fn claim(&self, claim: impl Fn(&mut Entry<'_>)) {
        let bytes = fs::read(self.register()).unwrap();
        let mut entries = register::decode(&bytes).unwrap();
        entries.iter_mut().for_each(claim);
        fs::write(self.register(), register::encode(entries)).unwrap();
    }

    /// Has all pages claim another digest of each file.
    fn claim_everywhere(&self) {
        for path in fs::read_dir(self.cache.path()).unwrap().map(|entry| entry.unwrap().path()) {
            let bytes = fs::read(&path).unwrap();
            if let Some(mut entries) = register::decode(&bytes) {
                entries.iter_mut().for_each(|entry| entry.sha256 = CLAIM.into());
                fs::write(&path, register::encode(entries)).unwrap();
            }
        }
    }

    /// Reads the package, and then has the register claim another digest.
    fn read_and_claim(&self) {
        assert_eq!(self.read(), Sha256::of(&deb("one", 'a')));
        self.claim(|entry| entry.sha256 = CLAIM.into());
    }
}

#[test]
fn a_file_that_did_not_change_is_not_read_again() {
    let scene = Scene::new();
    scene.read_and_claim();
    assert_eq!(scene.read(), CLAIM.into());
    // From wherever the project is looked at.
    let known = Known::new(scene.cache(), Timestamp::now());
    let below = scene.path("below");
    fs::create_dir(&below).unwrap();
    let root = below.join("..");
    let path = root.join("one.deb");
    let register = known.of(&root, [path.as_os_str()]);
    let seen = register.look(&register.entries(), &path).unwrap();
    assert_eq!(seen.file.sha256, CLAIM.into());
}

#[test]
fn what_is_known_is_what_is_read() {
    let scene = Scene::new();
    let known = Known::new(scene.cache(), crate::time::shifted(Timestamp::now(), 10));
    let look = || {
        let path = scene.path("one.deb");
        let register = known.of(scene.packages.path(), [path.as_os_str()]);
        let entries = register.entries();
        let seen = register.look(&entries, &path).unwrap();
        register.keep(&entries, [&seen].into_iter());
        let OfferedFile { path, control, size, sha256 } = (*seen.file).clone();
        (entries.values().flatten().count(), (path, control, size, sha256))
    };
    let (cold, warm) = (look(), look());
    assert_eq!((cold.0, warm.0), (0, 1));
    assert_eq!(cold.1, warm.1);
}

#[test]
fn other_bytes_of_the_same_size_are_seen_although_their_time_was_set_back() {
    let scene = Scene::new();
    let path = scene.path("one.deb");
    let before = fs::metadata(&path).unwrap();
    scene.read_and_claim();
    // Until the file system's clock has ticked.
    loop {
        fs::write(&path, deb("one", 'b')).unwrap();
        let times = FileTimes::new().set_modified(before.modified().unwrap());
        File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((after.len(), after.ino()), (before.len(), before.ino()));
        assert_eq!(after.modified().unwrap(), before.modified().unwrap());
        if (after.ctime(), after.ctime_nsec()) != (before.ctime(), before.ctime_nsec()) {
            break;
        }
    }
    assert_eq!(scene.read(), Sha256::of(&deb("one", 'b')));
}

#[test]
fn a_file_that_took_the_place_of_another_is_seen() {
    let scene = Scene::new();
    let (path, other) = (scene.path("one.deb"), scene.path("other"));
    let times = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(100));
    fs::write(&other, deb("one", 'b')).unwrap();
    for path in [&path, &other] {
        File::options().write(true).open(path).unwrap().set_times(times).unwrap();
    }
    scene.read_and_claim();
    fs::rename(&other, &path).unwrap();
    assert_eq!(scene.read(), Sha256::of(&deb("one", 'b')));
    // What is no file any more is not taken for the one that it was.
    fs::remove_file(&path).unwrap();
    assert!(scene.read_at(10, &["one.deb"])[0].as_ref().unwrap_err().contains("read"));
    fs::create_dir(&path).unwrap();
    assert!(scene.read_at(10, &["one.deb"])[0].is_err());
}

#[test]
fn a_file_that_changed_just_before_it_was_read_is_read_again() {
    let scene = Scene::new();
    scene.read_at(-1000, &["one.deb"])[0].as_ref().unwrap();
    assert!(!scene.cache.path().join("CACHEDIR.TAG").exists());
    scene.read_and_claim();
    assert_eq!(scene.read(), CLAIM.into());
}

#[test]
fn a_register_that_is_damaged_is_made_anew() {
    let scene = Scene::new();
    scene.read_and_claim();
    let bytes = fs::read(scene.register()).unwrap();
    let mut altered = bytes.clone();
    altered[30] ^= 1;
    for damaged in [&bytes[..bytes.len() - 1], &altered, b"", b"garbage"] {
        fs::write(scene.register(), damaged).unwrap();
        assert_eq!(scene.read(), Sha256::of(&deb("one", 'a')));
        assert_eq!(register::decode(&fs::read(scene.register()).unwrap()).unwrap().len(), 1);
    }
}

#[test]
fn a_control_file_that_would_not_be_accepted_now_is_no_control_file() {
    let scene = Scene::new();
    scene.read();
    scene.claim(|entry| (entry.sha256, entry.control) = (CLAIM.into(), b"Package: one\n"));
    assert_eq!(scene.read(), Sha256::of(&deb("one", 'a')));
}

#[test]
fn what_can_not_be_read_is_read_again_each_time() {
    let scene = Scene::new();
    fs::write(scene.path("bad.deb"), "bad").unwrap();
    for _ in 0..2 {
        let read = scene.read_at(10, &["bad.deb", "one.deb"]);
        assert!(read[0].is_err() && read[1].is_ok());
    }
    assert_eq!(register::decode(&fs::read(scene.register()).unwrap()).unwrap().len(), 1);
}

#[test]
fn what_is_not_seen_any_more_is_forgotten_after_a_while() {
    let scene = Scene::new();
    let mut names = (0..).map(|number| format!("two-{number:03}.deb"));
    let two = names.find(|name| page(name.as_bytes()) == page(b"one.deb")).unwrap();
    fs::write(scene.path(&two), deb("two", 'a')).unwrap();
    scene.read_at(10, &["one.deb", &two]);
    let paths = || {
        let bytes = fs::read(scene.register()).unwrap();
        let entries = register::decode(&bytes).unwrap();
        entries.iter().map(|entry| entry.path.to_owned()).collect::<Vec<_>>()
    };
    for day in [10, 20, 29] {
        scene.read_at(day * DAY, &["one.deb"]);
        assert_eq!(paths(), [b"one.deb", two.as_bytes()], "{day}");
    }
    scene.read_at(40 * DAY, &["one.deb"]);
    assert_eq!(paths(), [b"one.deb"]);
}

#[test]
fn nothing_is_written_where_nothing_is_new() {
    let scene = Scene::new();
    scene.read();
    let inode = |scene: &Scene| fs::metadata(scene.register()).unwrap().ino();
    let before = inode(&scene);
    scene.read_at(DAY, &["one.deb"]);
    assert_eq!(inode(&scene), before);
    scene.read_at(9 * DAY, &["one.deb"]);
    assert_ne!(inode(&scene), before);
}

#[test]
fn a_new_file_changes_its_page_only() {
    let scene = Scene::new();
    let names: Vec<String> = (0..200).map(|number| format!("{number:03}.deb")).collect();
    for name in &names {
        fs::write(scene.path(name), deb("some", 'a')).unwrap();
    }
    let read = |names: &[&str]| {
        assert!(scene.read_at(10, names).iter().all(Result::is_ok));
        let files = fs::read_dir(scene.cache.path()).unwrap().map(|entry| entry.unwrap());
        let files = files.filter(|file| file.file_name() != "CACHEDIR.TAG");
        files.map(|file| (file.file_name(), file.metadata().unwrap().ino())).collect()
    };
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let before: BTreeSet<_> = read(&all);
    assert!(before.len() > PAGES as usize / 2);
    let after: BTreeSet<_> = read(&["one.deb"]);
    assert_eq!((after.difference(&before).count(), after.len()), (1, before.len()));
    scene.claim_everywhere();
    assert!(scene.read_at(10, &all).into_iter().all(|sha256| sha256 == Ok(CLAIM.into())));
    Known::new(scene.cache(), Timestamp::now()).forget(scene.packages.path());
    assert!(scene.read_at(10, &all).into_iter().all(|sha256| sha256 != Ok(CLAIM.into())));
}

#[test]
fn many_runs_may_use_one_register() {
    let scene = Scene::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                (0..10).for_each(|_| assert_eq!(scene.read(), Sha256::of(&deb("one", 'a'))))
            });
        }
    });
    assert_eq!(register::decode(&fs::read(scene.register()).unwrap()).unwrap().len(), 1);
}
