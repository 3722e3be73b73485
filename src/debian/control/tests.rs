use proptest::prelude::*;

use super::*;
use crate::debian::deb822::Deb822Reason;
use crate::debian::name::NameReason;
use crate::debian::relation::RelationReason;

const HELLO: &str = "\
Package: hello
Source: greetings (2:1.0)
Version: 1:2.10-3
Architecture: amd64
Maintainer: Jo Doe <jo@example.org>
Installed-Size: 277
Depends: libc6 (>= 2.34),
 libx | liby:any
Provides: greeter (= 1)
Section: non-free/devel
Priority: optional
Multi-Arch: foreign
Description: says hello
  indented
 .
 and more
X-Custom:\tkept
";

fn parse(text: &str) -> Result<Control, ControlError> {
    Control::parse(text.as_bytes())
}

/// Returns `HELLO` with another line in the place of the one that starts with `name:`.
fn with(name: &str, line: &str) -> String {
    let start = HELLO.find(&format!("{name}:")).expect(name);
    let end = start + HELLO[start..].find('\n').expect("a newline");
    format!("{}{line}{}", &HELLO[..start], &HELLO[end..])
}

/// Returns why the field that `line` brings into `HELLO` is refused.
fn flaw(line: &str) -> FieldError {
    match parse(&with("X-Custom", line)).expect_err(line) {
        ControlError::Field { reason, .. } => reason,
        other => panic!("{line:?}: {other}"),
    }
}

#[test]
fn a_control_file_is_kept_verbatim_with_its_identity() {
    let control = parse(HELLO).expect("a good file");
    assert_eq!(control.text(), HELLO);
    assert_eq!(control.package().as_str(), "hello");
    assert_eq!(control.version().as_str(), "1:2.10-3");
    assert_eq!(control.architecture().as_str(), "amd64");
    assert_eq!(control.source_name().as_str(), "greetings");
    assert_eq!(control.source_version().as_str(), "2:1.0");
    assert_eq!(control.field("x-custom"), Some("kept"));
    assert_eq!(control.field("Description"), Some("says hello\n  indented\n .\n and more"));
    assert_eq!(control.field("Size"), None);
    assert_eq!(control.fields().count(), 13);
}

#[test]
fn the_source_is_the_package_itself_unless_it_says_more() {
    let none = parse(&with("Source", "X-Source: x")).expect("no source");
    assert_eq!(none.source_name(), none.package());
    assert_eq!(none.source_version(), none.version());
    let name_only = parse(&with("Source", "Source: other")).expect("a name");
    assert_eq!(name_only.source_name().as_str(), "other");
    assert_eq!(name_only.source_version(), name_only.version());
    for line in ["Source: a_b", "Source: ../../x", "Source: x", "Source:"] {
        assert!(matches!(source_flaw(line), FieldError::Name(_)), "{line}");
    }
    for line in ["Source: foo 1.2", "Source: foo (1.2) x", "Source: foo\n (1.2"] {
        assert!(matches!(source_flaw(line), FieldError::Source(_) | FieldError::Name(_)), "{line}");
    }
    assert!(matches!(source_flaw("Source: foo (1_2)"), FieldError::Version(_)));
}

fn source_flaw(line: &str) -> FieldError {
    let Err(ControlError::Field { field, line: 2, reason }) = parse(&with("Source", line)) else {
        panic!("{line:?} was not refused on line 2");
    };
    assert_eq!(&*field, "Source");
    reason
}

#[test]
fn empty_lines_at_the_end_are_dropped() {
    assert_eq!(parse(&format!("{HELLO}\n\n")).expect("good").text(), HELLO);
}

#[test]
fn files_that_clients_read_in_different_ways_are_refused() {
    let two = format!("{HELLO}\n\n{HELLO}");
    let reason = |text: &str| match parse(text).expect_err(text) {
        ControlError::Syntax(error) => (error.line, error.reason),
        other => panic!("{text:?}: {other}"),
    };
    assert_eq!(reason(&two), (20, Deb822Reason::SecondStanza));
    assert_eq!(reason(""), (1, Deb822Reason::Empty));
    assert_eq!(
        reason(&with("X-Custom", "pAckage: evil")),
        (17, Deb822Reason::Duplicate("pAckage".into()))
    );
    assert_eq!(reason(&format!("{HELLO} \n")), (18, Deb822Reason::BlankLine));
    assert_eq!(reason(&format!("{HELLO}\n \n")), (19, Deb822Reason::NoField));
    assert_eq!(reason(&format!("# x\n{HELLO}")), (1, Deb822Reason::Comment));
    assert_eq!(parse(&format!("\n{HELLO}")), Err(ControlError::LeadingEmptyLine));
    assert_eq!(parse(HELLO.trim_end()), Err(ControlError::NoFinalNewline));
}

#[test]
fn characters_that_mean_something_else_to_a_client_are_refused() {
    let error = |line: &str| parse(&with("X-Custom", line)).expect_err(line);
    assert_eq!(error("X-Y: a\r"), ControlError::CarriageReturn { line: 17 });
    for character in ['\0', '\x1a', '\x0b', '\x0c', '\x1b', '\x7f'] {
        let expected = ControlError::ControlCharacter { line: 17, character };
        assert_eq!(error(&format!("X-Y: a{character}")), expected);
    }
    let latin = [HELLO.as_bytes(), b"Xy: \xe9\n"].concat();
    assert_eq!(Control::parse(&latin), Err(ControlError::NotUtf8 { line: 18 }));
    assert!(parse(&with("Maintainer", "Maintainer: Zoë <z@example.org>")).is_ok());
}

#[test]
fn files_above_the_limit_are_refused() {
    let line = |length| with("X-Custom", &format!("X-Custom: {}", "a".repeat(length)));
    let free = MAX_SIZE - line(0).len();
    assert_eq!(line(free).len(), MAX_SIZE);
    assert!(parse(&line(free)).is_ok());
    assert_eq!(parse(&line(free + 1)), Err(ControlError::TooLarge { size: MAX_SIZE + 1 }));
}

#[test]
fn mandatory_fields_must_be_there_and_have_a_value() {
    for name in READ.into_iter().take(MANDATORY) {
        assert_eq!(parse(&with(name, "X-Other: x")), Err(ControlError::Missing(name)));
        let start = HELLO.find(&format!("{name}:")).expect(name);
        let end =
            start + Stanza::of_checked(&HELLO[start..]).fields().next().expect(name).text.len();
        let empty = format!("{}{name}: \n{}", &HELLO[..start], &HELLO[end..]);
        let error = parse(&empty).expect_err(name);
        let ControlError::Field { field, reason: FieldError::Empty, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(&*field, name);
    }
}

#[test]
fn identities_that_would_leave_the_pool_are_refused() {
    for (name, line) in [
        ("Package", "Package: ../../etc/x"),
        ("Package", "Package: a\n b"),
        ("Version", "Version: 1/../../x"),
        ("Version", "Version: 1_0"),
        ("Architecture", "Architecture: ../x"),
        ("Architecture", "Architecture: any"),
        ("Architecture", "Architecture: amd64 arm64"),
    ] {
        let error = parse(&with(name, line)).expect_err(line);
        assert!(matches!(error, ControlError::Field { ref field, .. } if **field == *name));
    }
}

#[test]
fn fields_with_a_grammar_are_held_to_it() {
    let error = parse(&with("Depends", "Depends: libc6 [amd64],")).expect_err("brackets");
    let ControlError::Field { line: 7, reason: FieldError::Relation(error), .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.reason, RelationReason::Architectures);
    for (name, _) in crate::debian::relation::RELATION_FIELDS {
        if !HELLO.contains(&format!("\n{name}:")) {
            assert!(matches!(flaw(&format!("{name}: a)")), FieldError::Relation(_)), "{name}");
        }
    }
    let with_error = |name, line: &str| parse(&with(name, line)).expect_err(line);
    for (name, line) in [
        ("Section", "Section: two words"),
        ("Section", "Section: a\n b"),
        ("Priority", "Priority: wichtig,ä"),
        ("Priority", "Priority: optionally"),
        ("Priority", "Priority: EXTRA~"),
        ("Multi-Arch", "Multi-Arch: Foreign"),
        ("Multi-Arch", "Multi-Arch: bogus"),
        ("Installed-Size", "Installed-Size: 12 kB"),
        ("Installed-Size", "Installed-Size: -1"),
        ("Installed-Size", "Installed-Size:"),
        ("Installed-Size", "Installed-Size: 99999999999999999999"),
    ] {
        assert!(matches!(with_error(name, line), ControlError::Field { .. }), "{line}");
    }
    assert!(matches!(flaw("Essential: maybe"), FieldError::Choice { .. }));
    assert!(matches!(flaw("X: short"), FieldError::ShortName));
    assert!(matches!(flaw("revision: 2"), FieldError::Obsolete("Version")));
    assert!(matches!(flaw("Status: install ok installed"), FieldError::Database));
    assert!(matches!(flaw("Conffiles:\n /etc/x 0"), FieldError::Database));
    assert!(matches!(flaw("X-Last:"), FieldError::EmptyAtEnd));
    for (name, line) in
        [("Section", "Section:"), ("Priority", "Priority: Extra"), ("Priority", "Priority: low")]
    {
        assert!(parse(&with(name, line)).is_ok(), "{line}");
    }
}

#[test]
fn one_copy_for_all_architectures_cannot_be_the_same_on_each() {
    let all = with("Architecture", "Architecture: all");
    let text = all.replace("Multi-Arch: foreign", "Multi-Arch: same");
    let error = parse(&text).expect_err("same and all");
    let ControlError::Field { line: 12, reason: FieldError::SameForAll, .. } = error else {
        panic!("{error:?}");
    };
    assert!(parse(&all).is_ok());
    assert!(parse(&HELLO.replace("Multi-Arch: foreign", "Multi-Arch: same")).is_ok());
}

#[test]
fn fields_that_an_index_computes_do_not_get_into_it() {
    let forged = "filename: evil.deb\nSIZE: 1\nMD5Sum: 0\nsha1: 0\nSHA256: 0\nSha512: 0\n\
                  Description-MD5: 0\nPhased-Update-Percentage: 0\nXy: z";
    let control = parse(&with("Installed-Size", forged)).expect("fields that dpkg allows");
    let kept: String = control.index_fields().map(|field| field.text).collect();
    assert_eq!(kept, with("Installed-Size", "Xy: z"));
}

#[test]
fn errors_name_field_line_and_reason() {
    let error = parse(&with("Package", "Package: Hello")).expect_err("upper case");
    assert_eq!(error.to_string(), "the control file's field 'Package' on line 1 can't be accepted");
    let reason = std::error::Error::source(&error).expect("a reason");
    let name = NameError { text: "Hello".into(), reason: NameReason::Start('H') };
    assert_eq!(reason.to_string(), name.to_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_are_read_without_panic(at in 0..HELLO.len(), byte: u8, cut in 0..4_usize) {
        let mut bytes = HELLO.as_bytes().to_vec();
        bytes.splice(at..(at + cut).min(HELLO.len()), [byte]);
        if let Ok(control) = Control::parse(&bytes) {
            prop_assert_eq!(Control::parse(control.text().as_bytes()), Ok(control.clone()));
            prop_assert!(bytes.starts_with(control.text().as_bytes()));
        }
    }
}
