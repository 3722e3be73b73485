use std::cmp::Ordering::{self, Equal, Greater, Less};
use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

fn version(text: &str) -> Version {
    text.parse().expect(text)
}

fn reason(text: &str) -> VersionReason {
    text.parse::<Version>().expect_err(text).reason
}

#[test]
fn parts_are_cut_at_the_first_colon_and_the_last_hyphen() {
    let parts = |text: &str| {
        let version = version(text);
        let revision = version.revision().map(str::to_owned);
        (
            version.epoch(),
            version.upstream().to_owned(),
            revision,
            version.without_epoch().to_owned(),
        )
    };
    let expected = |epoch, upstream: &str, revision: Option<&str>, rest: &str| {
        (epoch, upstream.to_owned(), revision.map(str::to_owned), rest.to_owned())
    };
    assert_eq!(parts("1.0"), expected(0, "1.0", None, "1.0"));
    assert_eq!(parts("2:1.0-3-4"), expected(2, "1.0-3", Some("4"), "1.0-3-4"));
    assert_eq!(parts("0:1:2-3"), expected(0, "1:2", Some("3"), "1:2-3"));
    assert_eq!(parts("2147483647:1"), expected(i32::MAX.unsigned_abs(), "1", None, "1"));
    assert_eq!(parts("007:1"), expected(7, "1", None, "1"));
}

#[test]
fn versions_that_dpkg_refuses_are_refused_with_the_reason() {
    let cases = [
        ("", VersionReason::Empty),
        (":1", VersionReason::Epoch),
        ("a:1", VersionReason::Epoch),
        ("-1:1", VersionReason::Epoch),
        ("+1:1", VersionReason::Epoch),
        ("1.0:1", VersionReason::Epoch),
        ("2147483648:1", VersionReason::EpochTooLarge),
        ("99999999999999999999:1", VersionReason::EpochTooLarge),
        ("1:", VersionReason::NoUpstream),
        ("1:-1", VersionReason::NoUpstream),
        ("-1", VersionReason::NoUpstream),
        ("abc", VersionReason::UpstreamStart('a')),
        ("~1", VersionReason::UpstreamStart('~')),
        (" 1", VersionReason::UpstreamStart(' ')),
        ("1/../../x", VersionReason::UpstreamCharacter('/')),
        ("1_0", VersionReason::UpstreamCharacter('_')),
        ("1 0", VersionReason::UpstreamCharacter(' ')),
        ("1.0\n", VersionReason::UpstreamCharacter('\n')),
        ("1é-1", VersionReason::UpstreamCharacter('é')),
        ("1.0-", VersionReason::NoRevision),
        ("1:2-3:4", VersionReason::RevisionCharacter(':')),
        ("1-1_", VersionReason::RevisionCharacter('_')),
    ];
    for (text, expected) in cases {
        assert_eq!(reason(text), expected, "{text:?}");
    }
    assert!("1".repeat(255).parse::<Version>().is_ok());
    assert_eq!(reason(&"1".repeat(256)), VersionReason::TooLong);
}

/// Pairs of which both dpkg and apt say the same.
const ORDER: &[(&str, Ordering, &str)] = &[
    ("1.0", Equal, "1.0-0"),
    ("1.0", Equal, "0:1.0"),
    ("1.0", Equal, "000:1.0-000"),
    ("1.01", Equal, "1.1"),
    ("1.0~~", Less, "1.0~~a"),
    ("1.0~~a", Less, "1.0~"),
    ("1.0~", Less, "1.0"),
    ("1.0", Less, "1.0a"),
    ("1.0a", Less, "1.0+b1"),
    ("1.0-1", Less, "1.0+1"),
    ("1.0+1", Less, "1.0.1"),
    ("1.0A", Less, "1.0a"),
    ("1.0a", Less, "1.0.a"),
    ("1.0-0~", Less, "1.0"),
    ("2.0-1", Less, "2.0-1-1"),
    ("0", Less, "0.0"),
    ("99999999999999999998", Less, "99999999999999999999"),
    ("1.000000000000000000000000000002", Greater, "1.1"),
    ("1:0.1", Greater, "9.9"),
    ("1.0-1~bpo12+1", Less, "1.0-1"),
    ("1.0-1", Less, "1.0-1+b1"),
    ("1.0-1", Less, "1.0-1.1"),
    ("1.10", Greater, "1.9"),
    ("1:1:2", Greater, "1:1+2"),
    ("0a", Greater, "0"),
    ("1.0-a", Greater, "1.0-1"),
    ("0--a", Greater, "0-00-0"),
];

#[test]
fn the_order_is_that_of_dpkg() {
    for (left, order, right) in ORDER {
        assert_eq!(version(left).compare(&version(right)), *order, "{left} and {right}");
        assert_eq!(version(right).compare(&version(left)), order.reverse(), "{right} and {left}");
    }
}

#[test]
fn equal_versions_of_different_text_are_different_keys() {
    let (short, long) = (version("1.0"), version("1.0-0"));
    assert_eq!(short.compare(&long), Equal);
    assert_ne!(short, long);
    assert_eq!(short.cmp(&long), Less);
}

#[test]
fn json_holds_the_text() {
    let json = serde_json::to_string(&version("1:2-3")).expect("a string");
    assert_eq!(json, "\"1:2-3\"");
    assert_eq!(serde_json::from_str::<Version>(&json).expect("the same"), version("1:2-3"));
    assert!(serde_json::from_str::<Version>("\"1_0\"").is_err());
}

fn text() -> impl Strategy<Value = String> {
    "([0-2]:)?[0-9][0a1.+~-]{0,6}[0aZ9](-[0a1.+~]{1,3})?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Where the two differ, dpkg decides: debversion takes `0--a` to be older than `0-00-0`.
    #[test]
    fn the_order_agrees_with_another_implementation(left in text(), right in text()) {
        let theirs = |text: &str| text.parse::<debversion::Version>().expect("a valid version");
        let order = version(&left).compare(&version(&right));
        if order != theirs(&left).cmp(&theirs(&right)) {
            prop_assert_eq!(order, dpkg_order(&[(left, right)])[0]);
        }
    }

    #[test]
    fn the_order_is_total(a in text(), b in text(), c in text()) {
        let mut sorted = [version(&a), version(&b), version(&c)];
        sorted.sort();
        let [a, b, c] = sorted;
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert!(a <= b && b <= c && a <= c);
        prop_assert_eq!(a == c, a.cmp(&c) == Equal);
        prop_assert_ne!(a.compare(&c), Greater);
    }

    #[test]
    fn what_is_accepted_is_accepted_by_another_implementation(text in "[0-9a:.+~_ -]{0,8}") {
        if let Ok(version) = text.parse::<Version>() {
            prop_assert!(text.parse::<debversion::Version>().is_ok());
            prop_assert_eq!(version.to_string(), text);
        }
    }
}

/// Returns pseudo-random pairs, the same on each run.
fn generated_pairs(count: usize) -> Vec<(String, String)> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % limit
    };
    let mut text = |pieces: &[&str]| {
        let length = 1 + next(4);
        (0..length).map(|_| pieces[next(pieces.len())]).collect::<String>()
    };
    let mut one = || {
        let upstream = text(&["0", "1", "10", "01", "a", "Z", ".", "+", "~", "-", "~~"]);
        format!(
            "{}1{upstream}-{}",
            ["", "0:", "1:"][upstream.len() % 3],
            text(&["0", "1", "a", "~", "+", "."])
        )
    };
    (0..count).map(|_| (one(), one())).collect()
}

/// Returns what dpkg says of each pair.
fn dpkg_order(pairs: &[(String, String)]) -> Vec<Ordering> {
    let script = "while read -r left right; do
        if dpkg --compare-versions \"$left\" lt \"$right\"; then echo lt
        elif dpkg --compare-versions \"$left\" eq \"$right\"; then echo eq
        else echo gt; fi; done";
    let mut shell = Command::new("sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let input: String = pairs.iter().map(|(left, right)| format!("{left} {right}\n")).collect();
    let mut stdin = shell.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("the shell reads");
    drop(stdin);
    let output = shell.wait_with_output().expect("the shell ends").stdout;
    let answers = String::from_utf8(output).expect("words");
    let order = |answer| match answer {
        "lt" => Less,
        "eq" => Equal,
        _ => Greater,
    };
    answers.lines().map(order).collect()
}

#[test]
fn the_order_agrees_with_dpkg_itself() {
    let mut pairs = generated_pairs(150);
    pairs.extend(ORDER.iter().map(|(left, _, right)| (left.to_string(), right.to_string())));
    let answers = dpkg_order(&pairs);
    assert_eq!(answers.len(), pairs.len());
    for ((left, right), answer) in pairs.iter().zip(answers) {
        assert_eq!(version(left).compare(&version(right)), answer, "{left} and {right}");
    }
}
