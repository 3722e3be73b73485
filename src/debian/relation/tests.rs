use proptest::prelude::*;

use super::RelationKind::{Conflict, Dependency, Provision, Sources};
use super::*;

fn relations(text: &str) -> Relations {
    Relations::parse(text, Dependency).expect(text)
}

fn reason(text: &str, kind: RelationKind) -> RelationReason {
    Relations::parse(text, kind).expect_err(text).reason
}

#[test]
fn commas_divide_groups_and_bars_alternatives() {
    let parsed = relations("libc6 (>= 2.36), a | b:any(= 1:2-3)|c,\n d:arm64 ( << 2 )");
    let names: Vec<Vec<_>> =
        parsed.groups().iter().map(|group| group.iter().map(Relation::name).collect()).collect();
    assert_eq!(names, [vec!["libc6"], vec!["a", "b", "c"], vec!["d"]]);
    assert_eq!(parsed.groups()[1][1].qualifier(), Some("any"));
    assert_eq!(parsed.to_string(), "libc6 (>= 2.36), a | b:any (= 1:2-3) | c, d:arm64 (<< 2)");
}

#[test]
fn empty_values_have_no_relations() {
    assert_eq!(relations(""), Relations::default());
    assert_eq!(relations(" \n "), Relations::default());
    assert_eq!(Relations::default().to_string(), "");
    assert_eq!(reason(" ", Provision), RelationReason::Empty);
}

#[test]
fn names_that_only_dpkg_allows_are_read_in_lower_case() {
    let parsed = relations("R, Foo_Bar.x");
    let names: Vec<_> = parsed.groups().iter().map(|group| group[0].name()).collect();
    assert_eq!(names, ["r", "foo_bar.x"]);
}

#[test]
fn operators_select_versions_in_the_order_of_dpkg() {
    let cases = [
        ("<<", [true, false, false]),
        ("<=", [true, true, false]),
        ("<", [true, true, false]),
        ("=", [false, true, false]),
        (">=", [false, true, true]),
        (">", [false, true, true]),
        (">>", [false, false, true]),
    ];
    let versions = ["1.0~rc1", "0:1.0-0", "1.0-1"];
    for (operator, expected) in cases {
        let parsed = relations(&format!("a ({operator} 1.0)"));
        let relation = &parsed.groups()[0][0];
        let actual = versions.map(|text| relation.is_satisfied_by(&text.parse().expect(text)));
        assert_eq!(actual, expected, "{operator}");
    }
    assert!(relations("a").groups()[0][0].is_satisfied_by(&"1".parse().expect("a version")));
}

#[test]
fn malformed_relations_are_refused_with_the_reason() {
    let cases = [
        ("a,", RelationReason::NoName),
        (",a", RelationReason::NoName),
        ("a,,b", RelationReason::NoName),
        ("a|", RelationReason::NoName),
        ("(= 1)", RelationReason::NoName),
        (":any", RelationReason::NoName),
        (")", RelationReason::NameStart(')')),
        (".", RelationReason::NameStart('.')),
        ("-a", RelationReason::NameStart('-')),
        ("é", RelationReason::NameStart('é')),
        ("a/b", RelationReason::NameCharacter('/')),
        ("a)", RelationReason::NameCharacter(')')),
        ("${misc:Depends}", RelationReason::Substitution),
        ("a (= ${binary:Version})", version_reason("${binary:Version}")),
        ("a[amd64]", RelationReason::Architectures),
        ("a [amd64]", RelationReason::Architectures),
        ("a (= 1) [!amd64]", RelationReason::Architectures),
        ("a<!nocheck>", RelationReason::Profiles),
        ("a <!nocheck>", RelationReason::Profiles),
        ("a:", RelationReason::Qualifier),
        ("a: any", RelationReason::Qualifier),
        ("a:-x", RelationReason::Qualifier),
        ("a:a_b", RelationReason::Qualifier),
        ("a (1)", RelationReason::NoOperator),
        ("a ()", RelationReason::NoOperator),
        ("a (== 1)", version_reason("=")),
        ("a (<> 1)", RelationReason::BadOperator),
        ("a (>< 1)", RelationReason::BadOperator),
        ("a (= )", version_reason("")),
        ("a (= 1-)", version_reason("1-")),
        ("a (>= 1", RelationReason::Unclosed),
        ("a (>= 1, b", RelationReason::Unclosed),
        ("a (>= 1 2)", RelationReason::Unclosed),
        ("a (=1)", RelationReason::Cramped),
        ("a, b( >1)", RelationReason::Cramped),
        ("\n a,\n b", RelationReason::FirstLine),
        ("a (= 1))", RelationReason::Separator(')')),
        ("a b", RelationReason::Separator('b')),
        ("a (= 1) (= 2)", RelationReason::Separator('(')),
    ];
    for (text, expected) in cases {
        assert_eq!(reason(text, Dependency), expected, "{text:?}");
    }
    assert_eq!(reason(&"a".repeat(256), Dependency), RelationReason::NameTooLong);
}

fn version_reason(text: &str) -> RelationReason {
    text.parse::<Version>().expect_err(text).into()
}

#[test]
fn versions_right_after_the_operator_are_read_where_apt_does() {
    for text in ["a (=1), b", "a (>=1)", "a (=10)", "a (=1 )", "a (=1)|b"] {
        assert_eq!(relations(text).groups()[0][0].name(), "a");
    }
}

#[test]
fn fields_allow_no_more_than_their_kind() {
    for kind in [Conflict, Provision, Sources] {
        assert_eq!(reason("a (= 1) | b", kind), RelationReason::Alternative);
    }
    assert!(Relations::parse("a (>= 1), b", Conflict).is_ok());
    assert!(Relations::parse("a (= 1), b", Provision).is_ok());
    assert_eq!(reason("a (>= 1)", Provision), RelationReason::OnlyEqual);
    assert!(Relations::parse("gcc-12 (= 12.2.0-14)", Sources).is_ok());
    assert_eq!(reason("a (<< 1)", Sources), RelationReason::OnlyEqual);
    assert_eq!(reason("a", Sources), RelationReason::NeedsVersion);
}

#[test]
fn errors_show_the_relation_that_is_wrong() {
    let error = Relations::parse("good, bad [amd64], more", Dependency).expect_err("brackets");
    assert_eq!(
        error.to_string(),
        "'bad [amd64]': architectures in '[]' are for source packages only"
    );
}

fn relation() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][a-z0-9+._-]{0,5}(:any|:arm64)?( \\((<<|<=|=|>=|>>|<|>) ?[0-9][0-9a.~+-]{0,4}[0-9]\\))?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_reads_back_as_it_was(
        groups in prop::collection::vec(prop::collection::vec(relation(), 1..3), 0..4)
    ) {
        let groups: Vec<_> = groups.iter().map(|group| group.join("|")).collect();
        let parsed = relations(&groups.join(","));
        prop_assert_eq!(parsed.groups().len(), groups.len());
        prop_assert_eq!(relations(&parsed.to_string()), parsed);
    }

    #[test]
    fn any_text_is_read_without_panic_and_check_agrees_with_parse(
        text in "[aB1é:(),|<>=\\[$ \n-]{0,12}"
    ) {
        for kind in [Dependency, Conflict, Provision, Sources] {
            let parsed = Relations::parse(&text, kind);
            prop_assert_eq!(parsed.clone().map(|_| ()), Relations::check(&text, kind));
            if let Ok(parsed) = parsed {
                prop_assert_eq!(Relations::parse(&parsed.to_string(), kind), Ok(parsed));
            }
        }
    }
}
