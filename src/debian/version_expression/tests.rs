//! What expressions mean, and what is said about those that mean nothing.

use proptest::prelude::*;

use super::*;

fn expression(text: &str) -> VersionExpression {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn check(text: &str, inside: &[&str], outside: &[&str]) {
    let expression = expression(text);
    for version in inside {
        assert!(expression.matches(&version.parse().unwrap()), "{version} is in {text}");
    }
    for version in outside {
        assert!(!expression.matches(&version.parse().unwrap()), "{version} is not in {text}");
    }
}

#[test]
fn relations_compare_as_dpkg_does() {
    check(">= 11, << 12", &["11", "11.9-1", "12~rc1"], &["12", "1:11", "11~rc1", "9"]);
    check(">> 1.0", &["1.0-1", "1.0+b1", "1.10"], &["1.0", "1.0-0", "1.0~"]);
    check("<= 1.9", &["1.9", "1.9-0", "1.8"], &["1.10", "1.9-1"]);
    check("=1.0", &["1.0", "0:1.0", "1.0-0"], &["1.0-1"]);
}

#[test]
fn a_version_alone_is_exactly_that_one() {
    check("1.4.2-1", &["1.4.2-1", "0:1.4.2-1"], &["1.4.2-1+b1", "1.4.2", "1:1.4.2-1"]);
    assert_eq!(expression("1.4.2-1").exact().map(Version::as_str), Some("1.4.2-1"));
    assert_eq!(expression(">= 1").exact(), None);
}

#[test]
fn a_star_is_any_text_of_the_whole_version() {
    check("1.0.*", &["1.0.1", "1.0.1-1", "0:1.0.2"], &["1.0", "1.01", "11.0.1", "1:1.0.1"]);
    check("*~bpo12+*", &["1.0-1~bpo12+1", "2:1~bpo12+3"], &["1.0-1~bpo11+1", "1.0"]);
    check("1:*", &["1:2"], &["2", "0:1"]);
    check("*", &["0", "1:2-3"], &[]);
    check("0:1.*", &["1.0", "0:1.0"], &["1:1.0"]);
    check("1.*, << 1.5", &["1.4"], &["1.5", "0.9"]);
}

#[test]
fn mistakes_are_told_with_their_place() {
    use ExpressionReason as Reason;
    let cases: [(&str, &str, Reason); 15] = [
        ("", "", Reason::Empty),
        (">= 1,", "", Reason::Empty),
        ("1, ,2", "", Reason::Empty),
        ("< 2", "<", Reason::Ambiguous('<')),
        (">= 1, > 2", ">", Reason::Ambiguous('>')),
        ("== 2", "==", Reason::Operator("==".into())),
        ("=> 2", "=>", Reason::Operator("=>".into())),
        ("~>2.0", "~>", Reason::Operator("~>".into())),
        (">= 1, <<", "", Reason::NoVersion(Operator::Earlier)),
        (">= 1.*", "1.*", Reason::OperatorOnGlob),
        (">= 1 << 2", " << 2", Reason::NoComma),
        ("1 | 2", "|", Reason::Alternative),
        (">= v1", "v1", Reason::Version(VersionReason::UpstreamStart('v'))),
        ("1.?", "1.?", Reason::Version(VersionReason::UpstreamCharacter('?'))),
        ("é", "é", Reason::Version(VersionReason::UpstreamStart('é'))),
    ];
    for (text, part, reason) in cases {
        let error = text.parse::<VersionExpression>().expect_err(text);
        assert_eq!((&text[error.span.clone()], &error.reason), (part, &reason), "{text}");
    }
}

#[test]
fn parts_that_exclude_each_other_are_a_mistake() {
    for text in ["1.0, 2.0", "<< 1, >= 2", ">> 1, << 1", ">= 1, << 1", "1, >> 1", ">> 1, = 1"] {
        let error = text.parse::<VersionExpression>().expect_err(text);
        assert!(matches!(error.reason, ExpressionReason::Contradiction(..)), "{text}: {error}");
    }
    let error = "<< 11, >= 12".parse::<VersionExpression>().unwrap_err();
    assert_eq!(error.to_string(), "no version is both `<< 11` and `>= 12`");
    assert_eq!(error.span, 7..12);
    for text in [">= 1, <= 1", "1.0, 1.0-0", "<< 2, << 1", ">= 1, 1", "1.*, 2.*"] {
        expression(text);
    }
}

#[test]
fn there_is_one_way_to_write_each() {
    assert_eq!(expression(" >=11 ,<<  12").to_string(), ">= 11, << 12");
    assert_eq!(expression("= 1.0").to_string(), "1.0");
}

/// Versions, and almost versions.
fn version() -> impl Strategy<Value = String> {
    "([0-2]:)?[0-9][0-9a.~+]{0,3}(-[0-9a~+.]{1,2})?"
}

fn part() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(vec!["", "<<", "<= ", "= ", ">=", ">>  "]);
    let relation =
        (operator, version()).prop_map(|(operator, version)| operator.to_owned() + &version);
    prop_oneof![3 => relation, 1 => "[0-9*][0-9.*]{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_displayed_is_read_back(parts in prop::collection::vec(part(), 1..4)) {
        if let Ok(expression) = parts.join(",").parse::<VersionExpression>() {
            let again: VersionExpression = expression.to_string().parse().unwrap();
            prop_assert_eq!(&again, &expression);
        }
    }

    #[test]
    fn a_comma_means_and(one in part(), two in part(), version in version()) {
        let version: Version = version.parse().unwrap();
        let parts = [&one, &two].map(|part| expression(part).matches(&version));
        match format!("{one}, {two}").parse::<VersionExpression>() {
            Ok(both) => prop_assert_eq!(both.matches(&version), parts == [true, true]),
            Err(_) => prop_assert_ne!(parts, [true, true], "they don't exclude each other"),
        }
    }

    #[test]
    fn any_text_is_read_or_refused_within_its_bounds(text in "[<>=!~^|,* 0-9aé:.-]{0,12}") {
        if let Err(error) = text.parse::<VersionExpression>() {
            prop_assert!(text.get(error.span).is_some());
        }
    }
}
