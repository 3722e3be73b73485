use proptest::prelude::*;

use super::*;

/// Returns why the first bad stanza of a text is refused, and at which line.
fn refusal(text: &str) -> (usize, Deb822Reason) {
    let error = stanzas(text).find_map(Result::err).expect(text);
    (error.line, error.reason)
}

#[test]
fn fields_come_in_order_with_their_lines() {
    let text = "Package: a\nDepends:b,\n c\nDescription:  short \t\n long\n  .\n\n\nX-Y:\n";
    let all: Vec<_> = stanzas(text).collect::<Result<_, _>>().expect("two stanzas");
    let fields: Vec<_> =
        all.iter().flat_map(Stanza::fields).map(|f| (f.line, f.name, f.value)).collect();
    assert_eq!(
        fields,
        [
            (1, "Package", "a"),
            (2, "Depends", "b,\n c"),
            (4, "Description", "short \t\n long\n  ."),
            (9, "X-Y", "")
        ]
    );
    assert_eq!(all[1].text(), "X-Y:\n");
    assert_eq!(all[1].line(), 9);
}

#[test]
fn values_that_start_on_their_second_line_keep_its_indentation() {
    let stanza = single("SHA256: \n aa 1 b\n cc 2 d\nDate: x").expect("one stanza");
    assert_eq!(stanza.get("sha256"), Some("\n aa 1 b\n cc 2 d"));
    assert_eq!(stanza.get("Date"), Some("x"));
}

#[test]
fn fields_are_found_in_any_case_and_only_by_their_whole_name() {
    let stanza = single("Package: a\nDescription: Size: 3\n Size: 4\nInstalled-Size: 5\n");
    let stanza = stanza.expect("one stanza");
    assert_eq!(stanza.get("PACKAGE"), Some("a"));
    assert_eq!(stanza.get("Size"), None);
    assert_eq!(stanza.get("installed-size"), Some("5"));
    assert_eq!(stanza.get(""), None);
}

#[test]
fn verbatim_fields_make_up_the_stanza() {
    let text = "A:1\nB: \t 2\n  3 \n\t4\nC :: x\n".replace("C ", "C");
    let stanza = single(&text).expect("one stanza");
    assert_eq!(stanza.fields().map(|field| field.text).collect::<String>(), text);
    assert_eq!(stanza.text(), text);
}

#[test]
fn texts_without_fields_have_no_stanzas() {
    assert_eq!(stanzas("").count(), 0);
    assert_eq!(stanzas("\n\n").count(), 0);
    assert_eq!(single("\n").expect_err("nothing").reason, Deb822Reason::Empty);
}

#[test]
fn bad_lines_are_refused_with_their_number_and_reason() {
    let a_b = || "a b".into();
    let cases = [
        ("A: 1\na b\n", 2, Deb822Reason::NoColon(a_b())),
        ("A: 1\na b: c\n", 2, Deb822Reason::NameCharacter(a_b())),
        ("A : 1\n", 1, Deb822Reason::NameCharacter("A ".into())),
        ("Ä: 1\n", 1, Deb822Reason::NameCharacter("Ä".into())),
        ("\u{feff}A: 1\n", 1, Deb822Reason::NameCharacter("\u{feff}A".into())),
        (": 1\n", 1, Deb822Reason::NoName),
        ("-A: 1\n", 1, Deb822Reason::Hyphen("-A".into())),
        ("A: 1\n#B: 1\n", 2, Deb822Reason::Comment),
        ("# words\nA: 1\n", 1, Deb822Reason::Comment),
        (" A: 1\n", 1, Deb822Reason::NoField),
        ("A: 1\n\n B: 1\n", 3, Deb822Reason::NoField),
        ("A: 1\n \nB: 1\n", 2, Deb822Reason::BlankLine),
        ("A: 1\n \t", 2, Deb822Reason::BlankLine),
        ("A: 1\n\t\t\n", 2, Deb822Reason::BlankLine),
        ("Ab: 1\nB: 2\naB: 3\n", 3, Deb822Reason::Duplicate("aB".into())),
        ("A: 1\n\r\nB: 2\n", 2, Deb822Reason::NoColon("\u{fffd}".into())),
        ("A: 1\n\x0c\nB: 2\n", 2, Deb822Reason::NoColon("\u{fffd}".into())),
    ];
    for (text, line, reason) in cases {
        assert_eq!(refusal(text), (line, reason), "{text:?}");
    }
}

#[test]
fn nothing_follows_an_error() {
    let mut all = stanzas("A 1\n\nB: 2\n");
    assert!(all.next().is_some_and(|stanza| stanza.is_err()));
    assert!(all.next().is_none());
}

#[test]
fn a_second_stanza_is_refused_where_one_is_expected() {
    let error = single("A: 1\n\nB: 2\n").expect_err("two stanzas");
    assert_eq!((error.line, error.reason), (3, Deb822Reason::SecondStanza));
}

#[test]
fn stanzas_of_too_many_fields_are_refused() {
    let fields = |count| (0..count).map(|number| format!("F{number}: x\n")).collect::<String>();
    assert!(single(&fields(MAX_FIELDS)).is_ok());
    let error = single(&fields(MAX_FIELDS + 1)).expect_err("too many");
    assert_eq!(error.reason, Deb822Reason::TooManyFields);
}

#[test]
fn values_that_would_read_as_something_else_are_not_written() {
    let mut out = String::new();
    for value in ["a\nb", "a\n \nb", " a", "a ", "a\n", "\n", "a\n\t\n b", "a\n\n b"] {
        assert!(write_field(&mut out, "A", value).is_err(), "{value:?}");
    }
    for name in ["", "A B", "-A", "#A", "A:", "Ä", "A\n"] {
        assert!(write_field(&mut out, name, "a").is_err(), "{name:?}");
    }
    assert_eq!(out, "");
}

fn value() -> impl Strategy<Value = String> {
    "([!-~é]([ -~]{0,8}[!-~])?)?(\n[ \t]{1,2}[!-~]([ -~é]{0,8}[!-~])?){0,3}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_reads_back_as_it_was(
        fields in prop::collection::btree_map("[A-Z][a-z-]{1,6}", value(), 1..6)
    ) {
        let mut text = String::new();
        for (name, value) in &fields {
            write_field(&mut text, name, value).expect("a field that can be written");
        }
        let folded: std::collections::BTreeSet<_> =
            fields.keys().map(|name| name.to_ascii_lowercase()).collect();
        prop_assume!(folded.len() == fields.len());
        let stanza = single(&text).expect("what was written");
        let read: Vec<_> = stanza.fields().map(|f| (f.name.into(), f.value.into())).collect();
        prop_assert_eq!(&read, &fields.clone().into_iter().collect::<Vec<(String, String)>>());
        for (name, value) in &fields {
            prop_assert_eq!(stanza.get(name), Some(value.as_str()));
        }
    }

    #[test]
    fn any_text_is_read_without_panic_and_get_agrees_with_fields(
        text in "([AaB#-]|[: \t\n\ré]){0,40}"
    ) {
        for stanza in stanzas(&text).map_while(Result::ok) {
            let fields: Vec<_> = stanza.fields().collect();
            prop_assert_eq!(fields.iter().map(|f| f.text).collect::<String>(), stanza.text());
            for field in fields {
                prop_assert_eq!(stanza.get(field.name), Some(field.value));
                let mut again = String::new();
                write_field(&mut again, field.name, field.value).expect("a value that was read");
                let read = single(&again).expect("one field").get(field.name);
                prop_assert_eq!(read, Some(field.value));
            }
        }
    }
}
