//! Crafted packages: each way in which they disagree about a `.deb` is refused here.

use std::fs;
use std::process::Command;

use proptest::prelude::*;
use tar::EntryType;

use super::*;
use crate::compression::compress;

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
    compress(compression, bytes).unwrap()
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

/// Returns a package with these members, named by letters: the version, control and data of a
/// well-formed package, and members that are `other` than these.
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
fn foreign_members_may_begin_with_an_underscore() {
    let members =
        ["debian-binary", "_a", "_b", "control.tar.gz", "_c", "data.tar.gz", "_gpgorigin", "_d"];
    assert_eq!(text(&deb_of(&members)), CONTROL);
}

#[test]
fn other_orders_of_members_are_refused() {
    let (version, control, data) = ("debian-binary", "control.tar.gz", "data.tar.gz");
    let cases: [(&[&str], &str); 14] = [
        (&[version], "no member control.tar"),
        (&[version, control], "no member data.tar"),
        (&[version, data], "member 'data.tar.gz' where control.tar was expected"),
        (&[version, data, control], "member 'data.tar.gz' where control.tar was expected"),
        (&[control, version, data], "member 'control.tar.gz' where debian-binary was expected"),
        (&["_x", version, control, data], "member '_x' where debian-binary was expected"),
        (&[version, version, control], "member 'debian-binary' where control.tar was expected"),
        (&[version, "odd", control, data], "member 'odd' where control.tar was expected"),
        (&[version, control, control, data], "member 'control.tar.gz' where data.tar was expected"),
        (&[version, control, "odd", data], "member 'odd' where data.tar was expected"),
        (
            &[version, control, data, "control.tar"],
            "member 'control.tar' where the end was expected",
        ),
        (&[version, control, data, data], "member 'data.tar.gz' where the end was expected"),
        (
            &[version, "control.tar.lz4", data],
            "control.tar.lz4: not a compression that dpkg accepts here",
        ),
        (
            &[version, control, "data.tar.7z"],
            "data.tar.7z: not a compression that dpkg accepts here",
        ),
    ];
    for (members, expected) in cases {
        assert_eq!(refusal(&deb_of(members)), expected, "{members:?}");
    }
    assert_eq!(refusal(b"!<arch>\n"), "no member debian-binary");
    assert_eq!(refusal(b""), "not a Debian package: no ar archive");
}

#[test]
fn only_format_two_is_read() {
    let with = |version: &[u8]| {
        let control = packed(Compression::Gzip, &control_tar());
        let data = packed(Compression::Gzip, &data_tar());
        archive(&[("debian-binary", version), ("control.tar.gz", &control), ("data.tar.gz", &data)])
    };
    for version in ["2.0\n", "2.10\n", "2.1\nmore\n\nlines"] {
        assert_eq!(text(&with(version.as_bytes())), CONTROL, "{version:?}");
    }
    for version in
        ["", "2", "2.\n", "2.0", "3.0\n", "2.x\n", " 2.0\n", "2.0\r\n", "\n2.0\n", "20\n"]
    {
        let message = refusal(&with(version.as_bytes()));
        assert_eq!(message, "debian-binary: the first line is not '2.' and a minor version");
    }
    let long = [&b"2.0\n"[..], &[b'x'; 300]].concat();
    assert_eq!(refusal(&with(&long)), "debian-binary: larger than 256 B");
}

#[test]
fn bytes_behind_the_last_member_are_refused() {
    let header = deb().len();
    let truncated = format!("damaged ar archive: the header at byte {header} is truncated");
    assert_eq!(refusal(&[&deb()[..], b"\n"].concat()), truncated);
    assert_eq!(refusal(&[&deb()[..], b"garbage"].concat()), truncated);
    let twice = [deb(), deb()].concat();
    let message = format!("damaged ar archive: the header at byte {header} lacks its end mark");
    assert_eq!(refusal(&twice), message);
}

#[test]
fn malformed_ar_headers_are_refused() {
    let cases: [(usize, &[u8], &str); 15] = [
        (0, b"!<thin>\n", "not a Debian package: no ar archive"),
        (8, b"//              ", "has a malformed name"),
        (8, b"/0              ", "has a malformed name"),
        (8, b"#1/20           ", "has a malformed name"),
        (8, b"debian-binary//x", "has a malformed name"),
        (8, b" debian-binary  ", "has a malformed name"),
        (8, b"debian\0binary  ", "has a malformed name"),
        (8, b"                ", "has a malformed name"),
        (56, b"-1        ", "has a malformed size"),
        (56, b"+4        ", "has a malformed size"),
        (56, b" 4        ", "has a malformed size"),
        (56, b"0x4       ", "has a malformed size"),
        (56, b"          ", "has a malformed size"),
        (56, b"9999999999", "debian-binary: larger than 256 B"),
        (66, b"\n`", "lacks its end mark"),
    ];
    for (offset, bytes, expected) in cases {
        let mut deb = deb();
        deb[offset..offset + bytes.len()].copy_from_slice(bytes);
        let message = refusal(&deb);
        assert!(message.contains(expected), "{message}");
    }
    let mut deb = deb();
    deb[8..24].copy_from_slice(b"debian-binary/  ");
    assert_eq!(text(&deb), CONTROL);
}

#[test]
fn sizes_beyond_the_end_are_refused() {
    for size in ["9999999999", "400"] {
        let mut deb = deb();
        let header = deb.windows(11).position(|name| name == b"data.tar.gz").unwrap();
        deb[header + 48..][..10].copy_from_slice(format!("{size:<10}").as_bytes());
        assert_eq!(
            take_apart(deb.as_slice(), &Limits::default()).unwrap_err().to_string(),
            "data.tar.gz: truncated"
        );
    }
}

#[test]
fn the_size_limit_holds_before_anything_is_read() {
    let deb = deb();
    let size = deb.len() as u64;
    assert!(take_apart(deb.as_slice(), &Limits { size, ..Limits::default() }).is_ok());
    let limits = Limits { size: size - 1, ..Limits::default() };
    assert!(matches!(take_apart(deb.as_slice(), &limits), Err(DebError::TooLarge(_))));
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
fn the_control_file_goes_by_several_names() {
    for name in ["control", "./control", "././control", ".//control"] {
        let deb = deb_with_control(Compression::Xz, &tarball(&[file(name, CONTROL)]));
        assert_eq!(text(&deb), CONTROL, "{name}");
    }
}

#[test]
fn doubtful_entries_of_control_tar_are_refused() {
    let control = file("control", CONTROL);
    let pax = |record: &'static str| (EntryType::XHeader, "pax", record.as_bytes());
    let cases: [(&[Entry], &str); 20] = [
        (&[], "no file 'control'"),
        (&[file("./Control", CONTROL)], "no file 'control'"),
        (&[control, file("./control", CONTROL)], "more than one file 'control'"),
        (&[file("/control", CONTROL)], "'/control' is an absolute path"),
        (&[file("../evil", b""), control], "'../evil' contains '..'"),
        (&[file("a/../control", CONTROL)], "'a/../control' contains '..'"),
        (&[control, file("a/b", b"")], "'a/b' is not at the top"),
        (&[file("control/", CONTROL)], "'control/' is a file with the name of a directory"),
        (&[file("", CONTROL)], "'' has no name"),
        (&[file("./.", CONTROL)], "'./.' has no name"),
        (&[(EntryType::Directory, "control", b""), control], "'control' is of a type that"),
        (&[(EntryType::Symlink, "control", b"")], "'control' is of a type that is not accepted"),
        (&[control, (EntryType::Link, "x", b"")], "'x' is of a type that is not accepted here"),
        (&[control, (EntryType::Fifo, "x", b"")], "'x' is of a type that is not accepted here"),
        (&[control, (EntryType::Char, "x", b"")], "'x' is of a type that is not accepted here"),
        (&[(EntryType::GNULongName, "x", b"control\0"), file("y", CONTROL)], "'x' is of a type"),
        (&[(EntryType::XGlobalHeader, "x", b""), control], "'x' is of a type that is not"),
        (&[pax("16 path=control\n"), file("y", CONTROL)], "'pax' is a pax header that changes"),
        (&[pax("9 size=1\n"), control], "'pax' is a pax header that changes what follows"),
        (&[pax("11 mtime=12\n"), control], "cannot be unpacked: malformed pax"),
    ];
    for (entries, expected) in cases {
        let message = refusal(&deb_with_control(Compression::Zstd, &tarball(entries)));
        assert!(message.starts_with(&format!("control.tar.zst: {expected}")), "{message}");
    }
    let harmless = tarball(&[pax("12 mtime=12\n"), control]);
    assert_eq!(text(&deb_with_control(Compression::Gzip, &harmless)), CONTROL);
}

#[test]
fn names_are_shown_without_control_characters() {
    let entries = [file("\x1b[2J\u{202e}/x", b""), file("control", CONTROL)];
    let message = refusal(&deb_with_control(Compression::None, &tarball(&entries)));
    assert_eq!(message, "control.tar: '\u{fffd}[2J\u{fffd}/x' is not at the top");
}

#[test]
fn control_files_have_a_limit() {
    let text = |length| [CONTROL, &vec![b'x'; length - CONTROL.len()]].concat();
    let largest = text(256 << 10);
    let deb = deb_with_control(Compression::Gzip, &tarball(&[file("control", &largest)]));
    assert!(take_apart(deb.as_slice(), &Limits::default()).is_ok());
    let larger = text((256 << 10) + 1);
    let deb = deb_with_control(Compression::Gzip, &tarball(&[file("control", &larger)]));
    assert_eq!(refusal(&deb), "control.tar.gz: 'control' is larger than 262.1 kB");
}

#[test]
fn size_fields_that_readers_take_differently_are_refused() {
    for field in [
        b"+0000000156\0",
        b"-0000000001\0",
        b"\x80\0\0\x01\0\0\0\0\0\0\0\0",
        b"156\0\0\0\0\0\0\07\0",
    ] {
        let mut tar = tarball(&[file("control", CONTROL)]);
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes().copy_from_slice(&tar[..512]);
        header.as_old_mut().size.copy_from_slice(field);
        header.set_cksum();
        tar[..512].copy_from_slice(header.as_bytes());
        let message = refusal(&deb_with_control(Compression::None, &tar));
        assert!(message.starts_with("control.tar: "), "{message}");
    }
}

#[test]
fn a_tarball_hidden_behind_the_first_is_refused() {
    let lone_zero_block = [&vec![0; 512][..], &control_tar()].concat();
    let behind = [control_tar(), control_tar()].concat();
    for tar in [lone_zero_block, behind] {
        let deb = deb_with_control(Compression::Gzip, &tar);
        assert_eq!(refusal(&deb), "control.tar.gz: data after the end of the tar archive");
    }
}

#[test]
fn data_behind_the_compressed_control_is_refused() {
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let control = [&packed(compression, &control_tar())[..], b"garbage!"].concat();
        let name = named("control.tar", compression);
        let deb = archive(&[("debian-binary", &b"2.0\n"[..]), (&name, &control)]);
        assert!(refusal(&deb).starts_with(&format!("{name}: ")), "{}", refusal(&deb));
    }
}

#[test]
fn bombs_are_refused_by_their_unpacked_size() {
    // 64 MiB stand for the gigabyte; only the first 16 are ever unpacked.
    let bomb = vec![0; 64 << 20];
    let tar = tarball(&[file("before", &bomb), file("control", CONTROL)]);
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let message = refusal(&deb_with_control(compression, &tar));
        let name = named("control.tar", compression);
        assert_eq!(message, format!("{name}: more than 16.8 MB unpacked"));
    }
    let message = refusal(&deb_with_control(Compression::None, &tar));
    assert_eq!(message, "control.tar: larger than 16.8 MB");
    let limits = Limits { data_unpacked: 1 << 20, ..walking() };
    let message = walk_refusal(&deb_with_data(Compression::Gzip, &tar), &limits);
    assert_eq!(message, "data.tar.gz: more than 1.0 MB unpacked");
}

#[test]
fn data_must_begin_as_its_name_says() {
    for compression in Compression::ALL {
        let name = named("data.tar", compression);
        let garbage = vec![0xee; 600];
        let control = control_tar();
        let members =
            [("debian-binary", &b"2.0\n"[..]), ("control.tar", &control), (&name, &garbage)];
        let message = walk_refusal(&archive(&members), &Limits::default());
        assert_eq!(message, format!("{name}: the content is not what the name says"));
        assert!(walk_refusal(&archive(&members), &walking()).starts_with(&name));
        let empty = [("debian-binary", &b"2.0\n"[..]), ("control.tar", &control), (&name, &[])];
        assert!(walk_refusal(&archive(&empty), &Limits::default()).starts_with(&name));
    }
}

#[test]
fn a_walk_finds_what_a_glance_does_not() {
    let long = vec![b'x'; 5000];
    let cases: [(&[Entry], &str); 7] = [
        (&[file("./a/../../b", b"")], "'./a/../../b' contains '..'"),
        (&[file("/etc/passwd", b"")], "'/etc/passwd' is an absolute path"),
        (&[(EntryType::GNULongName, "x", b"../b\0"), file("y", b"")], "'../b' contains '..'"),
        (&[(EntryType::GNULongName, "x", &long), file("y", b"")], "'x' is larger than 4.1 kB"),
        (&[(EntryType::XHeader, "x", b"")], "'x' is of a type that is not accepted here"),
        (&[(EntryType::GNUSparse, "x", b"")], "'x' is of a type that is not accepted here"),
        (&[file("a", b""), file("b", b""), file("c", b""), file("d", b"")], "more than 3 entries"),
    ];
    let limits = Limits { data_entries: 3, ..walking() };
    for (entries, expected) in cases {
        let deb = deb_with_data(Compression::Xz, &tarball(entries));
        assert!(take_apart(deb.as_slice(), &Limits::default()).is_ok());
        assert_eq!(walk_refusal(&deb, &limits), format!("data.tar.xz: {expected}"));
    }
    let links = tarball(&[
        (EntryType::GNULongLink, "x", b"../anywhere\0"),
        (EntryType::Symlink, "y", b""),
        (EntryType::Link, "z", b""),
    ]);
    assert_eq!(text(&deb_with_data(Compression::Xz, &links)), CONTROL);
}

#[test]
fn a_walk_finds_a_truncated_stream() {
    let whole = packed(Compression::Xz, &data_tar());
    let control = control_tar();
    for length in 0..whole.len() {
        let data = &whole[..length];
        let members =
            [("debian-binary", &b"2.0\n"[..]), ("control.tar", &control), ("data.tar.xz", data)];
        assert_eq!(walk_refusal(&archive(&members), &walking()), "data.tar.xz: truncated");
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
        }
    }

    #[test]
    fn random_tarballs_never_panic(blocks in prop::collection::vec(any::<[u8; 32]>(), 0..64)) {
        let tar = blocks.concat();
        let _ = take_apart(deb_with_control(Compression::None, &tar).as_slice(), &walking());
        let _ = take_apart(deb_with_data(Compression::None, &tar).as_slice(), &walking());
    }
}
