//! The two tar archives: their entries, sizes and compressed streams.

use super::*;

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
        b"156\0\0\0\0\0\0\x007\0",
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
    // These stand for gigabytes: no more than the first 16 MiB are ever unpacked.
    let bomb = vec![0; 20 << 20];
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
fn compressed_control_has_its_own_limit() {
    let scripts = vec![b'x'; 10 << 20];
    let tar = tarball(&[file("postinst", &scripts), file("control", CONTROL)]);
    assert_eq!(text(&deb_with_control(Compression::None, &tar)), CONTROL);
    let members = [("debian-binary", &b"2.0\n"[..]), ("control.tar.xz", &tar)];
    assert_eq!(refusal(&archive(&members)), "control.tar.xz: larger than 8.4 MB");
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
}

#[test]
fn links_of_data_tar_stay_below_the_root_if_they_are_hard() {
    let target = |name: &'static str| (EntryType::GNULongLink, "x", name.as_bytes());
    let (hard, soft) = ((EntryType::Link, "y", &b""[..]), (EntryType::Symlink, "y", &b""[..]));
    for accepted in [[target("../x\0"), soft], [target("./usr/x\0"), hard]] {
        assert_eq!(text(&deb_with_data(Compression::Xz, &tarball(&accepted))), CONTROL);
    }
    let message = |entries: &[Entry]| {
        walk_refusal(&deb_with_data(Compression::Xz, &tarball(entries)), &walking())
    };
    assert_eq!(message(&[target("../x\0"), hard]), "data.tar.xz: '../x' contains '..'");
    assert_eq!(message(&[hard]), "data.tar.xz: '' has no name");
    // A long target belongs to one entry only.
    assert_eq!(message(&[target("x\0"), soft, hard]), "data.tar.xz: '' has no name");
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
fn all_entries_but_directories_are_listed_once_and_in_order() {
    let long = "long/".repeat(30) + "name";
    let entries = tarball(&[
        (EntryType::Directory, "./", b""),
        (EntryType::Directory, "./usr", b""),
        file("./usr/old-directory/", b""),
        file("./usr/file", b"x"),
        file("usr//./file", b"x"),
        (EntryType::Symlink, "./bin", b""),
        (EntryType::Fifo, "./fifo", b""),
        (EntryType::GNULongName, "././@LongLink", long.as_bytes()),
        file("./cut off", b""),
        file("./new\nline", b""),
    ]);
    let expected = ["bin", "fifo", long.as_str(), "new\nline", "usr/file"];
    assert_eq!(listed(&entries), expected);
    assert!(listed(&tarball(&[])).is_empty());
}

#[test]
fn a_package_whose_data_is_damaged_has_no_list() {
    let parent = tarball(&[file("../evil", b"")]);
    let deb = deb_with_data(Compression::Gzip, &parent);
    let message = list(deb.as_slice(), &Limits::default()).unwrap_err().to_string();
    assert_eq!(message, "data.tar.gz: '../evil' contains '..'");
}
