//! Manifests that hold secrets, and texts that nobody would write.

use proptest::prelude::*;

use super::*;

#[test]
fn secrets_are_refused_and_never_shown() {
    let secrets = [
        ("# AKIAIOSFODNN7EXAMPLE\n", "AKIAIOSFODNN7EXAMPLE"),
        ("[x]\ny = 'ASIAIOSFODNN7EXAMPLE'\n", "ASIAIOSFODNN7EXAMPLE"),
        ("# https://user:hunter22@example.com/x\n", "hunter22"),
        ("# https://ghp_abcdef@example.com/x\n", "ghp_abcdef"),
        (
            "x = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQWGBF\n-----END PGP PRIVATE KEY",
            "lQWGBF",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow", "MIIEow"),
    ];
    for (addition, secret) in secrets {
        let text = format!("{SMALLEST}{addition}");
        let problems = parse(&text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.code == code::SECRET), "{addition}");
        assert_hidden(&text, &problems, secret);
    }
}

#[test]
fn what_only_may_be_a_secret_is_not_shown_either() {
    let cases = [
        ("env:REPOMAN_SIGNING_KEY", "hunter22"),
        ("\"env:REPOMAN_SIGNING_KEY\"", "\"hunter22"),
        ("\"env:REPOMAN_SIGNING_KEY\"", "'''\nhunter22\n'''"),
        ("secret      = \"env:REPOMAN_SIGNING_KEY\"", "\"secret\" = '''\nhunter22\n'''"),
        ("secret      = \"env:REPOMAN_SIGNING_KEY\"", "secret_access_key = \"hunter22\""),
        (
            "[signing.key.release]",
            "[signing.key]\nother = {\"secret\"=\"hunter22\"}\n[signing.key.release]",
        ),
        ("s3://acme-apt/debian", "s3://key:hunter22@acme-apt"),
    ];
    for (from, to) in cases {
        let text = SMALLEST.replacen(from, to, 1);
        let problems = parse(&text).unwrap_err();
        assert_hidden(&text, &problems, "hunter22");
    }
}

/// Checks that neither the problems nor the masked text tell a secret, and that spans still fit.
fn assert_hidden(text: &str, problems: &[Problem], secret: &str) {
    let masked = masked(text, problems);
    assert!(!masked.contains(secret), "{masked}");
    assert_eq!(masked.len(), text.len());
    assert_eq!(masked.lines().count(), text.lines().count());
    for problem in problems {
        assert!(!format!("{problem:?}").contains(secret), "{problem:?}");
    }
}

#[test]
fn nothing_is_masked_where_there_is_no_secret() {
    for text in [SMALLEST, EXAMPLE] {
        assert_eq!(masked(text, &[]), text);
    }
}

#[test]
fn deep_nesting_and_long_words_are_survived() {
    check_any(&format!("x = {}", "[".repeat(100_000)));
    check_any(&format!("{}x = 1", "x.".repeat(100_000)));
    check_any(&format!("[{}x]", "x.".repeat(100_000)));
    let word = "x".repeat(100_000);
    check_any(&format!("{word} = 1"));
    check_any(&SMALLEST.replace("bookworm/main", &word));
    check_any(&SMALLEST.replace("bookworm/main", &"/".repeat(10_000)));
    check_any(&SMALLEST.replace("dist/*.deb", &"{arch}".repeat(10_000)));
}

/// Checks what holds for every text: no panic, and problems that can be drawn.
fn check_any(text: &str) {
    check_outcome(text, parse(text));
    check_outcome(text, parse_for(text, None));
}

fn check_outcome(text: &str, outcome: Result<Parsed, Vec<Problem>>) {
    let problems = match outcome {
        Ok(parsed) => parsed.warnings,
        Err(problems) => {
            assert!(problems.iter().any(|problem| problem.severity == Severity::Error));
            problems
        }
    };
    let masked = masked(text, &problems);
    assert_eq!(masked.len(), text.len());
    let mut last = 0;
    for problem in &problems {
        let span = problem.span.clone().unwrap_or(text.len()..text.len());
        assert!(text.get(span.clone()).is_some() && masked.get(span.clone()).is_some());
        assert!(last <= span.start, "problems are in order");
        last = span.start;
        assert!(problem.message.len() < 1000, "messages fit a screen");
        problem.position(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_survived(text in "(?s).{0,200}") {
        check_any(&text);
    }

    #[test]
    fn any_text_of_such_words_is_survived(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..60),
    ) {
        check_any(&words.concat());
    }

    #[test]
    fn any_mutation_of_the_example_is_survived(
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(WORDS)),
            1..6,
        ),
    ) {
        let mut text = EXAMPLE.to_owned();
        for (at, length, word) in edits {
            let start = text.floor_char_boundary(at.index(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, word);
        }
        check_any(&text);
    }

    #[test]
    fn an_access_key_is_hidden_wherever_it_stands(at in any::<prop::sample::Index>()) {
        const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
        let at = EXAMPLE.floor_char_boundary(at.index(EXAMPLE.len()));
        let text = format!("{} {KEY} {}", &EXAMPLE[..at], &EXAMPLE[at..]);
        let problems = parse(&text).unwrap_err();
        assert_hidden(&text, &problems, KEY);
        check_any(&text);
    }
}

/// What breaks parsers.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "", "\n", "\r\n", " ", "=", ".", ",", "[", "]", "[[", "]]", "{", "}", "\"", "'", "\"\"\"", "'''", "#", "1",
    "-1", "0xff", "1.5", "true", "nan", "1979-05-27", "\"x\"", "\"\\u0000\"", "\"é\"", "é", "\u{202e}", "\u{feff}",
    "format", "format = 1\n", "[store]\n", "url", "\"s3://\"", "\"file://\"", "[signing]\n", "keys", "key", "secret",
    "secret=\"é", "passphrase =", "\"env:\"", "[distribution.bookworm]\n", "[distribution.a.b]\n", "components",
    "[\"main\"]", "[[\"main\"]]", "architectures", "\"x86_64\"", "[source.a]\n", "path", "\"{release}\"", "\"{\"",
    "\"a/*.deb\"", "to", "\"*/*\"", "\"/\"", "retain", "-----BEGIN ", "PRIVATE KEY-----", "-----END ", "AKIA",
    "AKIAIOSFODNN7EXAMPLE", "https://a:b@", "é://é@",
];
