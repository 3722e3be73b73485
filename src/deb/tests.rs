//! Crafted packages: each way in which they disagree about a `.deb` is refused here.

mod container;
mod tarballs;

use std::fs;
use std::io::Write as _;
use std::process::Command;

use flate2::write::GzEncoder;
use proptest::prelude::*;
use tar::EntryType;

use super::*;
use crate::compression::{Blocks, Part, compress};

const CONTROL: &[u8] = b"Package: hello\nVersion: 1.0-1\nArchitecture: amd64\n\
    Maintainer: Jane Doe <jane@example.org>\nDescription: says hello\n";

/// An entry of a tar archive.
type Entry<'a> = (EntryType, &'a str, &'a [u8]);

fn file<'a>(name: &'a str, content: &'a [u8]) -> Entry<'a> {
    (EntryType::Regular, name, content)
}

/// Returns a tar archive with these entries, whose names are written as they are.
fn tarball(entries: &[Entry]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Returns an ar archive with these members.
fn archive<N: AsRef<str>, B: AsRef<[u8]>>(members: &[(N, B)]) -> Vec<u8> {
    let mut builder = ::ar::Builder::new(Vec::new());
    for (name, content) in members {
        let (name, content) = (name.as_ref(), content.as_ref());
        let header = ::ar::Header::new(name.as_bytes().to_vec(), content.len() as u64);
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn control_tar() -> Vec<u8> {
    tarball(&[(EntryType::Directory, "./", b""), file("./control", CONTROL)])
}

fn data_tar() -> Vec<u8> {
    tarball(&[(EntryType::Directory, "./", b""), file("./usr/bin/hello", b"#!/bin/sh\n")])
}

fn packed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    if compression == Compression::Gzip {
        // As almost all packages have it, without the fields of our index files.
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        return encoder.finish().unwrap();
    }
    compress(compression, &Blocks::cut(&[Part { text: bytes, mark: None }]), None).unwrap()
}

fn named(stem: &str, compression: Compression) -> String {
    format!("{stem}{}", compression.extension())
}

/// Returns a package with this `control.tar`, compressed.
fn deb_with_control(compression: Compression, control_tar: &[u8]) -> Vec<u8> {
    archive(&[
        ("debian-binary".to_owned(), b"2.0\n".to_vec()),
        (named("control.tar", compression), packed(compression, control_tar)),
        ("data.tar.gz".to_owned(), packed(Compression::Gzip, &data_tar())),
    ])
}

/// Returns a package with this `data.tar`, compressed.
fn deb_with_data(compression: Compression, data_tar: &[u8]) -> Vec<u8> {
    archive(&[
        ("debian-binary".to_owned(), b"2.0\n".to_vec()),
        ("control.tar.gz".to_owned(), packed(Compression::Gzip, &control_tar())),
        (named("data.tar", compression), packed(compression, data_tar)),
    ])
}

/// Returns a package with these members; what they hold fits their names where those are usual.
fn deb_of(members: &[&str]) -> Vec<u8> {
    let members: Vec<_> = members
        .iter()
        .map(|&name| match name {
            "debian-binary" => (name, b"2.0\n".to_vec()),
            "control.tar" => (name, control_tar()),
            "control.tar.gz" => (name, packed(Compression::Gzip, &control_tar())),
            "data.tar" => (name, data_tar()),
            "data.tar.gz" => (name, packed(Compression::Gzip, &data_tar())),
            _ => (name, b"odd".to_vec()),
        })
        .collect();
    archive(&members)
}

fn deb() -> Vec<u8> {
    deb_of(&["debian-binary", "control.tar.gz", "data.tar.gz"])
}

fn walking() -> Limits {
    Limits { data: DataCheck::Walk, ..Limits::default() }
}

/// Returns the bytes of the control file and what the container tells.
fn take_apart(input: impl Read, limits: &Limits) -> Result<(Vec<u8>, Parts), DebError> {
    let (text, parts, ()) = open_up(input, BUFFER, limits, data_tar::check)?;
    Ok((text, parts))
}

/// Returns the paths that are listed of a package with this `data.tar`.
fn listed(data_tar: &[u8]) -> Vec<String> {
    let deb = deb_with_data(Compression::Xz, data_tar);
    let Listing { size, sha256, files } = list(deb.as_slice(), &Limits::default()).unwrap();
    assert_eq!((size, sha256), (deb.len() as u64, Sha256::of(&deb)));
    files.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
}

/// Returns the control file's text, read with either look at `data.tar`.
fn text(deb: &[u8]) -> Vec<u8> {
    let (text, parts) = take_apart(deb, &Limits::default()).unwrap();
    assert_eq!((parts.size, parts.sha256), (deb.len() as u64, Sha256::of(deb)));
    assert_eq!(take_apart(deb, &walking()).unwrap(), (text.clone(), parts));
    text
}

/// Returns why a package is refused, for which it must not matter how `data.tar` is looked at.
fn refusal(deb: &[u8]) -> String {
    let message = take_apart(deb, &Limits::default()).unwrap_err().to_string();
    assert_eq!(take_apart(deb, &walking()).unwrap_err().to_string(), message);
    message
}

fn walk_refusal(deb: &[u8], limits: &Limits) -> String {
    take_apart(deb, limits).unwrap_err().to_string()
}

#[test]
fn a_package_is_read_and_hashed() {
    let deb = deb();
    let read = read(deb.as_slice(), &Limits::default()).unwrap();
    assert_eq!(read.control, Control::parse(CONTROL).unwrap());
    assert_eq!((read.size, read.sha256), (deb.len() as u64, Sha256::of(&deb)));
    assert_eq!(read.control_compression, Compression::Gzip);
    assert_eq!(read.data_compression, Compression::Gzip);
}

#[test]
fn control_errors_are_passed_on() {
    let deb = deb_with_control(Compression::Gzip, &tarball(&[file("control", b"nonsense\n")]));
    let message = read(deb.as_slice(), &Limits::default()).unwrap_err().to_string();
    assert!(message.starts_with("control: "), "{message}");
}

#[test]
fn the_compressions_of_dpkg_are_read() {
    for compression in Compression::ALL {
        assert_eq!(text(&deb_with_data(compression, &data_tar())), CONTROL);
    }
    for compression in [Compression::None, Compression::Gzip, Compression::Xz, Compression::Zstd] {
        assert_eq!(text(&deb_with_control(compression, &control_tar())), CONTROL);
    }
    let message = refusal(&deb_with_control(Compression::Bzip2, &control_tar()));
    assert_eq!(message, "control.tar.bz2: not a compression that dpkg accepts here");
    // `control.tar.lzma` is one character too long for a name.
    let message = refusal(&deb_with_control(Compression::Lzma, &control_tar()));
    assert_eq!(message, "damaged ar archive: the header at byte 72 has a malformed name");
}

#[test]
fn every_shortened_package_is_refused() {
    for compression in Compression::ALL {
        let deb = deb_with_data(compression, &data_tar());
        for length in
            (0..deb.len()).filter(|length| length % 512 < 80 || compression != Compression::None)
        {
            assert!(
                take_apart(&deb[..length], &Limits::default()).is_err(),
                "{compression} {length}"
            );
            assert!(take_apart(&deb[..length], &walking()).is_err(), "{compression} {length}");
        }
    }
}

#[test]
fn only_regular_files_are_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.deb");
    let open = || read_file(&path, &Limits::default());
    assert!(matches!(open(), Err(DebError::Read(_))));
    assert!(matches!(read_file(directory.path(), &Limits::default()), Err(DebError::NotRegular)));
    let status = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    assert!(matches!(open(), Err(DebError::NotRegular)));
    fs::remove_file(&path).unwrap();
    fs::write(&path, deb()).unwrap();
    assert_eq!(open().unwrap().sha256, Sha256::of(&deb()));
}

#[test]
fn packages_built_by_dpkg_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    fs::create_dir_all(tree.join("DEBIAN")).unwrap();
    fs::write(tree.join("DEBIAN/control"), CONTROL).unwrap();
    fs::write(tree.join("x".repeat(150)), "a long name").unwrap();
    for name in ["none", "gzip", "xz", "zstd"] {
        for uniform in ["--uniform-compression", "--no-uniform-compression"] {
            let deb = directory.path().join(format!("{name}{uniform}.deb"));
            let mut build = Command::new("dpkg-deb");
            build.args(["--root-owner-group", uniform, "-Z", name, "-b"]).args([&tree, &deb]);
            let output = build.output().expect("dpkg-deb is on every Debian machine");
            assert!(output.status.success(), "{output:?}");
            let bytes = fs::read(&deb).unwrap();
            let fields = Command::new("dpkg-deb").arg("-f").arg(&deb).output().unwrap().stdout;
            assert_eq!(text(&bytes), fields, "{name}");
            let files = list_file(&deb, &Limits::default()).unwrap().files;
            assert_eq!(files, [Box::from("x".repeat(150).as_bytes())]);
            assert_eq!(read_file(&deb, &Limits::default()).unwrap().data_compression.name(), name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn changed_bytes_never_panic(
        which in 0..Compression::ALL.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let compression = Compression::ALL[which];
        for mut deb in [
            deb_with_control(compression, &control_tar()),
            deb_with_data(compression, &data_tar()),
        ] {
            for (index, byte) in &changes {
                let index = index.index(deb.len());
                deb[index] = *byte;
            }
            // Whatever is accepted was hashed to its last byte.
            for limits in [Limits::default(), walking()] {
                if let Ok((_, parts)) = take_apart(deb.as_slice(), &limits) {
                    prop_assert_eq!(parts.sha256, Sha256::of(&deb));
                }
            }
            let walked = take_apart(deb.as_slice(), &walking()).map(|(_, parts)| parts.sha256);
            let listed = list(deb.as_slice(), &Limits::default()).map(|listing| listing.sha256);
            prop_assert_eq!(walked.ok(), listed.ok());
        }
    }

    #[test]
    fn odd_tar_headers_never_panic(
        headers in prop::collection::vec(
            prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12), 1..4),
    ) {
        let mut tar = Vec::new();
        for changes in &headers {
            let mut header = tar::Header::new_ustar();
            header.as_old_mut().name[..7].copy_from_slice(b"control");
            header.set_size(100);
            for (index, byte) in changes {
                header.as_mut_bytes()[index.index(512)] = *byte;
            }
            header.set_cksum();
            tar.extend_from_slice(header.as_bytes());
            tar.extend_from_slice(&[b'x'; 512]);
        }
        let _ = take_apart(deb_with_control(Compression::None, &tar).as_slice(), &walking());
        let _ = take_apart(deb_with_data(Compression::None, &tar).as_slice(), &walking());
    }
}
