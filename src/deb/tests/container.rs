//! The ar archive: its headers, and which members come in which order.

use super::*;

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

/// Fails where a disk would.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("bad sector"))
    }
}

#[test]
fn failures_to_read_are_told_from_damage() {
    let deb = deb();
    for length in 0..deb.len() {
        let error = take_apart(deb[..length].chain(Broken), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot be read: bad sector", "after {length} bytes");
    }
}
