//! What queries mean, how they are written, and what is wrong with texts that are none.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::apt::packages::FileFields;
use crate::apt::release::Identity;
use crate::debian::relation::{Constraint, Operator};
use crate::digest::Sha256;
use crate::digest::checksum::ChecksumSet;
use crate::snapshot::{Distribution, Package, PackageId, Packages, Provenance, Snapshot};

const NOW: &str = "2026-11-20T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Returns a package that a source brought on a day of November 2026.
fn package(reference: &str, fields: &str, source: &str, day: u8) -> (PackageId, Package) {
    let [name, version, architecture] = reference.split('_').collect::<Vec<_>>()[..] else {
        panic!("{reference} is no reference")
    };
    let stanza = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n{fields}\
         Filename: pool/{name}.deb\nSize: {day}000\nSHA256: {}\n",
        Sha256::of(b"")
    );
    let id = PackageId {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        architecture: architecture.parse().unwrap(),
    };
    let file = FileFields {
        filename: format!("pool/{name}.deb").into(),
        size: u64::from(day) * 1000,
        sha256: Sha256::of(b""),
        checksums: ChecksumSet::NONE,
    };
    let provenance = Provenance {
        sources: Arc::new(source.split(' ').map(str::to_owned).collect()),
        published_at: format!("2026-11-{day:02}T10:00:00Z").parse().unwrap(),
        superseded_at: None,
    };
    (id, Package { stanza: stanza.into(), file, provenance })
}

fn distribution<const N: usize>(components: [(&str, Packages); N]) -> Distribution {
    Distribution {
        identity: Identity::default(),
        architectures: vec!["amd64".parse().unwrap(), "arm64".parse().unwrap()],
        compression: BTreeSet::new(),
        hashes: ChecksumSet::NONE,
        contents: false,
        valid_for: None,
        signed_by: Vec::new(),
        component_order: Vec::new(),
        remembered: BTreeMap::new(),
        components: components
            .into_iter()
            .map(|(name, packages)| (name.parse().unwrap(), packages))
            .collect(),
    }
}

/// A repository of two distributions, one of which has a slash in its name.
fn repository() -> Listing {
    let main = Packages::from([
        package(
            "nginx_1.20-1_amd64",
            "Section: httpd\nDepends: libc6 (>= 2.36), libpcre3 | libpcre2-8-0\n",
            "web",
            1,
        ),
        package("nginx_1.22-1_amd64", "Section: httpd\nDepends: libc6 (>= 2.36)\n", "web", 10),
        package("nginx_1.22-1_arm64", "Section: httpd\nMulti-Arch: foreign\n", "web arm", 10),
        package(
            "libwidget1_1:2.0-3_amd64",
            "Source: widget (2.0-3)\nSection: libs\nBuild-Number: 9\n",
            "widget",
            12,
        ),
        package(
            "widget-doc_2.0-3_all",
            "Source: widget\nSection: doc\nBuild-Number: 10\n\
             Description: Manual of the WIDGET\n in a very long text,\n with commas\n",
            "widget",
            12,
        ),
    ]);
    let updates =
        Packages::from([package("nginx_1.24-1_amd64", "Section: httpd\n", "nightly", 20)]);
    Snapshot {
        distributions: BTreeMap::from([
            (
                "bookworm".parse().unwrap(),
                distribution([("main", main), ("extra", Packages::new())]),
            ),
            ("bookworm/updates".parse().unwrap(), distribution([("main", updates)])),
        ]),
        ..Snapshot::default()
    }
    .into()
}

fn references(selection: &Selection) -> Vec<String> {
    let listing = repository();
    let chosen = selection.of(&listing, now());
    let reference = |entry: &Entry<'_>| {
        let PackageId { name, version, architecture } = entry.id;
        format!("{name}_{version}_{architecture}")
    };
    chosen.iter().map(reference).collect()
}

fn query(text: &str) -> Query {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn asked(text: &str) -> Vec<String> {
    references(&Selection { query: Some(query(text)), ..Selection::default() })
}

const NGINX_AMD64: [&str; 3] = ["nginx_1.20-1_amd64", "nginx_1.22-1_amd64", "nginx_1.24-1_amd64"];
const WIDGETS: [&str; 2] = ["libwidget1_1:2.0-3_amd64", "widget-doc_2.0-3_all"];

#[test]
fn names_are_patterns_and_versions_compare_as_dpkg_does() {
    assert_eq!(asked("nginx, $Architecture (amd64)").len(), 4 - 1);
    assert_eq!(asked("widget"), [""; 0]);
    assert_eq!(asked("*widget*"), WIDGETS);
    assert_eq!(asked("nginx (>= 1.22, << 1.24)"), ["nginx_1.22-1_amd64", "nginx_1.22-1_arm64"]);
    assert_eq!(asked("lib* (>= 3)"), ["libwidget1_1:2.0-3_amd64"], "the epoch counts");
    assert_eq!(asked("nginx (1.2*-1), nginx_*_amd64"), NGINX_AMD64);
    assert_eq!(asked("nginx (0:1.20-1)"), ["nginx_1.20-1_amd64"], "equal as dpkg sees it");
}

#[test]
fn references_name_one_package_with_or_without_its_epoch() {
    for text in ["libwidget1_1:2.0-3_amd64", "libwidget1_2.0-3_amd64", "libwidget1_*_*"] {
        assert_eq!(asked(text), ["libwidget1_1:2.0-3_amd64"], "{text}");
    }
    assert_eq!(asked("widget-doc_2.0-3_amd64"), [""; 0], "its architecture is `all`");
}

#[test]
fn addresses_are_those_of_the_manifest() {
    assert_eq!(asked("bookworm/main").len(), 5);
    assert_eq!(asked("bookworm/extra"), [""; 0]);
    assert_eq!(asked("bookworm/updates/main"), ["nginx_1.24-1_amd64"]);
    assert_eq!(asked("*/main/amd64/nginx"), NGINX_AMD64);
    assert_eq!(asked("*/*/arm64"), ["nginx_1.22-1_arm64", "widget-doc_2.0-3_all"]);
    assert_eq!(asked("bookworm/main/*/nginx@1.22*").len(), 2);
    assert_eq!(asked("bookworm/main/amd64/libwidget1@1:2.0-3"), WIDGETS[..1]);
    assert_eq!(asked("bookworm/main/amd64/nginx/x"), [""; 0]);
}

#[test]
fn fields_of_the_stanza_are_matched_whole_found_in_or_compared() {
    assert_eq!(asked("Section (doc)"), WIDGETS[1..]);
    assert_eq!(asked("Section (= lib*)"), [""; 0], "`=` knows no pattern");
    assert_eq!(asked("Section (lib*)"), WIDGETS[..1]);
    assert_eq!(asked("SECTION (doc)"), WIDGETS[1..], "names of fields have no case");
    assert_eq!(asked("Multi-Arch (*)"), ["nginx_1.22-1_arm64"], "whether a field is there");
    assert_eq!(asked("Description (~ manual of the widget)"), WIDGETS[1..]);
    assert_eq!(asked("Description (~ \"text,\")"), WIDGETS[1..]);
    assert_eq!(asked("Build-Number (>> 9)"), WIDGETS[1..], "numbers compare by their value");
    assert_eq!(asked("!Section (*)"), [""; 0]);
}

#[test]
fn relations_are_matched_one_by_one() {
    assert_eq!(asked("Depends (libpcre2-8-0)"), NGINX_AMD64[..1]);
    assert_eq!(asked("Depends (libc6)"), NGINX_AMD64[..2]);
    assert_eq!(asked("Depends (libc6, libpcre3)"), NGINX_AMD64[..1]);
    assert_eq!(asked("Depends (\"libc6 (>= 2.3*)\")"), NGINX_AMD64[..2]);
    assert_eq!(asked("Depends (lib)"), [""; 0]);
    assert_eq!(asked("Depends (~ PCRE)"), NGINX_AMD64[..1]);
}

#[test]
fn computed_fields_know_what_no_stanza_says() {
    assert_eq!(asked("$Source (widget)"), WIDGETS);
    assert_eq!(asked("$SourceVersion (2.0-3)"), WIDGETS);
    assert_eq!(asked("$Distribution (bookworm/updates)"), ["nginx_1.24-1_amd64"]);
    assert_eq!(asked("$Component (main), $Architecture (arm64)").len(), 2);
    assert_eq!(asked("$From (arm)"), ["nginx_1.22-1_arm64"]);
    assert_eq!(asked("$Size (>> 12kB)"), ["nginx_1.24-1_amd64"]);
    assert_eq!(asked("$Size (1000)"), ["nginx_1.20-1_amd64"]);
    assert_eq!(asked("$PublishedAt (>> 2026-11-12)"), ["nginx_1.24-1_amd64"]);
    assert_eq!(asked("$PublishedAt (2026-11-12)"), WIDGETS);
    assert_eq!(asked("$PublishedAt (>= 2026-11-12, <= 2026-11-19)"), WIDGETS);
    assert_eq!(asked("$Age (<< 1d)"), ["nginx_1.24-1_amd64"]);
    assert_eq!(asked("$Age (>= 2w)"), ["nginx_1.20-1_amd64"]);
}

#[test]
fn what_was_published_nobody_knows_when_is_of_no_age() {
    let mut listing = repository();
    for distribution in listing.snapshot.distributions.values_mut() {
        for package in
            distribution.components.values_mut().flat_map(|packages| packages.values_mut())
        {
            package.provenance.published_at = Timestamp::UNIX_EPOCH;
        }
    }
    let selection = |text| Selection { query: Some(query(text)), ..Selection::default() };
    assert_eq!(
        selection("$Age (>= 0s) | $PublishedAt (<= 2027-01-01)").of(&listing, now()).len(),
        0
    );
    assert_eq!(selection("!$Age (>= 0s)").of(&listing, now()).len(), 6);
}

#[test]
fn flags_narrow_what_is_looked_at_before_the_query_is_asked() {
    let newest = |count, text: Option<&str>| {
        references(&Selection {
            newest: NonZeroUsize::new(count),
            query: text.map(query),
            ..Selection::default()
        })
    };
    assert_eq!(
        newest(1, Some("nginx")),
        ["nginx_1.22-1_amd64", "nginx_1.22-1_arm64", "nginx_1.24-1_amd64"]
    );
    assert_eq!(newest(1, Some("nginx (<< 1.21)")), [""; 0], "it is not the newest");
    assert_eq!(newest(2, None).len(), 6);
    let of = |distribution: &str, architecture: &str| {
        references(&Selection {
            distributions: vec![distribution.parse().unwrap()],
            architectures: vec![architecture.parse().unwrap()],
            ..Selection::default()
        })
    };
    assert_eq!(of("bookworm", "arm64"), ["nginx_1.22-1_arm64", "widget-doc_2.0-3_all"]);
    assert_eq!(of("bookworm", "all"), ["widget-doc_2.0-3_all"]);
    let extra = Selection { components: vec!["extra".parse().unwrap()], ..Selection::default() };
    assert_eq!(references(&extra), [""; 0]);
}

#[test]
fn any_field_sorts_both_ways_and_equals_keep_their_order() {
    let sorted = |keys: &[&str]| {
        let order = keys.iter().map(|key| key.parse().unwrap()).collect();
        references(&Selection { query: Some(query("nginx | lib*")), order, ..Selection::default() })
    };
    assert_eq!(sorted(&["-Version"])[..2], ["libwidget1_1:2.0-3_amd64", "nginx_1.24-1_amd64"]);
    assert_eq!(sorted(&["-$PublishedAt"])[0], "nginx_1.24-1_amd64");
    assert_eq!(sorted(&["$Age"])[0], "nginx_1.24-1_amd64");
    assert_eq!(sorted(&["Section", "-$Size"])[..2], ["nginx_1.24-1_amd64", "nginx_1.22-1_amd64"]);
    assert_eq!(sorted(&["-Build-Number"])[0], "libwidget1_1:2.0-3_amd64", "absent ones come first");
}

#[test]
fn a_field_that_no_package_has_is_told() {
    let absent = |text: &str| {
        let selection = Selection { query: Some(query(text)), ..Selection::default() };
        let absent = selection.absent_fields(&repository(), &[]);
        absent.into_iter().map(|field| (field.name, field.near)).collect::<Vec<_>>()
    };
    assert_eq!(absent("!(Sectoin (utils), nginx)"), [("Sectoin".to_owned(), Some("Section"))]);
    assert_eq!(absent("Zebra (x)"), [("Zebra".to_owned(), None)]);
    assert_eq!(absent("Build-Number (1) | Essential (yes) | Section (x)"), []);
}

/// Returns what is said of a text: the part that is wrong, the message, the help.
fn complaint(text: &str) -> String {
    let error = text.parse::<Query>().expect_err(text);
    let help = error.help(text).map(|help| format!(" – {help}")).unwrap_or_default();
    format!("[{}] {error}{help}", crate::text::printable(&text[error.span.clone()]))
}

#[test]
fn mistakes_are_told_with_their_place_and_advice() {
    let texts = [
        "",
        "nginx,",
        "nginx redis",
        "(nginx",
        "nginx)",
        "a1, b2 | c3",
        "nginx (<1)",
        "nginx (>=)",
        "nginx (>= x)",
        "section (utils)",
        "Section",
        "$Size, nginx",
        "$Foo (x)",
        "$Sise (1)",
        "$Size (big)",
        "$Size (~ 1)",
        "$PublishedAt (yesterday)",
        "$Age (>> 1y)",
        "Section (utils | net)",
        "Section (>> utils)",
        "Section (!= x)",
        "Depends (~ .*ssl)",
        "Nginx",
        "nginx@1.2",
        "a_b",
        "bookworm//amd64",
        "bookworm/main@1",
        "lib[a",
        "Maintainer (\"x)",
        "Depends (libc6 (>= 1))",
        "ngi\u{1b}nx",
        "-x",
    ];
    let complaints: Vec<_> = texts.iter().map(|text| complaint(text)).collect();
    insta::assert_snapshot!(complaints.join("\n"), @r#"
    [] expected a package, a field, `!` or `(`, found the end
    [] expected a package, a field, `!` or `(`, found the end
    [redis] expected `,`, `|` or the end, found `redis` – `,` means and, `|` means or; values stand in parentheses
    [(] this parenthesis is not closed
    [)] expected `,`, `|` or the end, found `)` – `,` means and, `|` means or; values stand in parentheses
    [|] `,` and `|` can't stand beside each other – write parentheses: `a, (b | c)` or `(a, b) | c`; Debian's relations would read the first, aptly's queries the second
    [<] there is no operator `<` – `<<` is earlier, `<=` earlier or equal
    [)] expected a value, found `)`
    [x] 'x' is not a version: the upstream version must start with a digit, not with 'x'
    [utils] 'utils' is not a version: the upstream version must start with a digit, not with 'u' – fields begin with a capital letter: `Section (…)`
    [] expected a condition in parentheses, found the end – `Section (*)` asks whether the field is there; the package is `section`
    [,] expected a condition in parentheses, found `,` – `$Size (…)` with a value; `$Size (>= …)` where values have an order
    [$Foo] there is no field `$Foo`; did you mean `$From`?
    [$Sise] there is no field `$Sise`; did you mean `$Size`?
    [big] not a size; write a number of bytes, or one with a unit: `512`, `4kB`, `10MB`, `2GB`
    [1] the values of this field are compared, not matched by a pattern – use one of `<<`, `<=`, `=`, `>=`, `>>`
    [yesterday] not a point in time; write a day or a time in UTC: `2026-11-20`, `2026-11-20T10:00:00Z`
    [1y] not a duration; write a whole number and a unit: `30s`, `90m`, `12h`, `14d`, `2w`
    [|] expected `,` or `)`, found `|` – write `Section (a) | Section (b)`, or put a value with `|` in quotes
    [utils] only versions and whole numbers have an order, and this is neither – leave the operator out to compare for equality; `*` stands for any text
    [!=] there is no operator `!=` – put `!` before the term: `!Section (utils)`
    [.*ssl] this looks like a regular expression, which is not what patterns are – `*` stands for any text, `?` for a character, and `~ word` finds a word anywhere
    [] expected a condition in parentheses, found the end – `Nginx (*)` asks whether the field is there; the package is `nginx`
    [nginx@1.2] 'nginx@1.2' is not a package name: it has '@'; only a-z, 0-9, '+', '-' and '.' are allowed – a version stands in parentheses: `nginx (1.2-1)`
    [a_b] a package in full is `name_version_architecture` – `nginx_1.2-1_amd64`; each part may have `*`
    [bookworm//amd64] an address is `distribution/component/architecture/package@version`, or its start – `bookworm/main`, `*/*/amd64`, `bookworm/main/amd64/nginx@1.2-1`
    [bookworm/main@1] an address is `distribution/component/architecture/package@version`, or its start – `bookworm/main`, `*/*/amd64`, `bookworm/main/amd64/nginx@1.2-1`
    [lib[a] a `[` of the pattern is not closed; `[[]` means the character
    ["] this quote is not closed
    [(] expected `,` or `)`, found `(` – put a value with parentheses or quotes in quotes
    [ngi�nx] 'ngi�nx' is not a package name: it has '\u{1b}'; only a-z, 0-9, '+', '-' and '.' are allowed
    [-x] '-x' is not a package name: it must start with a lower-case letter or a digit, not with '-'
    "#);
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}nginx{}", "(".repeat(depth), ")".repeat(depth));
    assert!(nested(64).parse::<Query>().is_ok());
    for text in [nested(65), "!".repeat(65) + "nginx", "(!".repeat(500_000)] {
        let error = text.parse::<Query>().expect_err("it is too deep");
        assert_eq!(error.reason, QueryReason::TooDeep);
    }
}

#[test]
fn what_is_displayed_is_canonical() {
    for (text, canonical) in [
        ("nginx(>=1.2,<<2)", "nginx (>= 1.2, << 2)"),
        ("  ((a1))|( b2 , !!c3 )", "a1 | (b2, !!c3)"),
        ("$version (1.2)", "Version (= 1.2)"),
        ("$SIZE (>> 10MB)", "$Size (>> 10000000)"),
        ("Section (% 'a, b')", "Section (\"a, b\")"),
        ("Tag (= \"\\\"\\\\\")", "Tag (= \"\\\"\\\\\")"),
        ("bookworm/*/amd64/nginx@1.*", "bookworm/*/amd64/nginx@1.*"),
    ] {
        assert_eq!(query(text).to_string(), canonical);
    }
}

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Earlier,
        Operator::EarlierOrEqual,
        Operator::Equal,
        Operator::LaterOrEqual,
        Operator::Later,
    ])
}

fn version() -> impl Strategy<Value = String> {
    "([0-3]:)?[12]\\.[0-9a-z.+~]{0,3}(-[0-9]{1,2})?"
}

fn glob(pattern: &'static str) -> impl Strategy<Value = Glob> {
    pattern.prop_filter_map("it is no pattern", |text: String| text.parse().ok())
}

fn version_condition() -> impl Strategy<Value = Condition> {
    let compared = (operator(), version()).prop_map(|(operator, version)| {
        Condition::Version(Constraint { operator, version: version.parse().unwrap() })
    });
    prop_oneof![compared, glob("[12*?.]{0,4}\\*").prop_map(Condition::Like)]
}

fn text_condition() -> impl Strategy<Value = Condition> {
    let found =
        "[a-zA-Z *]{1,5}".prop_map(|text: String| Condition::Finds(Glob::anywhere(&text).unwrap()));
    prop_oneof![
        any::<String>().prop_map(|text| Condition::Is(text.into())),
        glob("[a-z \"\\\\,()|!'*?<=~%-]{0,8}").prop_map(Condition::Like),
        found,
    ]
}

fn term() -> impl Strategy<Value = Term> {
    let name = || glob("[a-z*][a-z0-9*?+.-]{1,6}");
    let several = |condition| prop::collection::vec(condition, 1..3);
    let computed =
        prop::sample::select(vec![Computed::From, Computed::Component, Computed::Source]);
    let stanza = prop::sample::select(vec!["Section", "Depends", "X-Custom_1"]);
    let field = prop_oneof![
        computed.prop_map(Field::Computed),
        stanza.prop_map(|name| Field::Stanza(name.into())),
    ];
    prop_oneof![
        (name(), prop::collection::vec(version_condition(), 0..3))
            .prop_map(|(name, conditions)| Term::Name { name, conditions }),
        (name(), glob("[0-9.:*]{1,5}"), glob("amd64|all|\\*")).prop_map(
            |(name, version, architecture)| Term::Reference { name, version, architecture }
        ),
        (prop::collection::vec(glob("[a-z*_]{1,4}"), 4..6), prop::option::of(glob("[0-9*]{1,3}")))
            .prop_map(|(segments, version)| Term::Address(Address { segments, version })),
        (field, several(text_condition().boxed()))
            .prop_map(|(field, conditions)| Term::Field { field, conditions }),
        (any::<u64>(), operator()).prop_map(|(size, operator)| Term::Field {
            field: Field::Computed(Computed::Size),
            conditions: vec![Condition::Size(operator, Size(size))],
        }),
        (-1_000_000_000i64..10_000_000_000, operator()).prop_map(|(second, operator)| {
            let at = Moment::Second(Timestamp::from_second(second).unwrap());
            Term::Field {
                field: Field::Computed(Computed::PublishedAt),
                conditions: vec![Condition::Moment(operator, at)],
            }
        }),
    ]
}

fn any_query() -> impl Strategy<Value = Query> {
    term().prop_map(Query::Term).prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::Any),
            inner.prop_map(|query| Query::Not(Box::new(query))),
        ]
    })
}

/// Returns a query that is about the packages of [`repository`].
fn pertinent_query() -> impl Strategy<Value = Query> {
    let terms = [
        "nginx",
        "*widget*",
        "nginx (>= 1.22)",
        "Section (httpd)",
        "$From (web)",
        "*/*/arm64",
        "$Age (<< 9d)",
        "nginx_*_amd64",
        "Depends (libc6)",
    ];
    prop::sample::select(terms.map(query).to_vec()).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::Any),
            inner.prop_map(|query| Query::Not(Box::new(query))),
        ]
    })
}

/// Returns the places of the packages of which a query is true, reckoned with sets.
fn model(query: &Query, all: &[Entry<'_>]) -> BTreeSet<usize> {
    let everything = || (0..all.len()).collect::<BTreeSet<_>>();
    match query {
        Query::All(operands) => {
            operands.iter().fold(everything(), |found, operand| &found & &model(operand, all))
        }
        Query::Any(operands) => operands.iter().flat_map(|operand| model(operand, all)).collect(),
        Query::Not(operand) => &everything() - &model(operand, all),
        term @ Query::Term(_) => {
            (0..all.len()).filter(|place| term.matches(&all[*place], now())).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_displayed_reads_back_as_the_same_query(query in any_query()) {
        let text = query.to_string();
        prop_assert_eq!(text.parse(), Ok(query), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*|[a1$F_/@ (),|!<>=%~*\\[\\]\"'\\\\\n-]{0,30}") {
        match text.parse::<Query>() {
            Ok(query) => prop_assert_eq!(query.to_string().parse(), Ok(query)),
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some());
                prop_assert!(!error.to_string().is_empty());
                error.help(&text);
            }
        }
    }

    #[test]
    fn de_morgans_laws_hold_and_so_does_the_model_of_sets(
        left in pertinent_query(), right in pertinent_query()
    ) {
        let listing = repository();
        let all: Vec<_> = listing.entries().collect();
        let not = |query: &Query| Query::Not(Box::new(query.clone()));
        let pair = vec![left.clone(), right.clone()];
        let (both, either) = (Query::All(pair.clone()), Query::Any(pair));
        let one_false = Query::Any(vec![not(&left), not(&right)]);
        let both_false = Query::All(vec![not(&left), not(&right)]);
        for entry in &all {
            let asked = |query: &Query| query.matches(entry, now());
            prop_assert_eq!(asked(&not(&both)), asked(&one_false));
            prop_assert_eq!(asked(&not(&either)), asked(&both_false));
        }
        let found = all.iter().enumerate().filter(|(_, entry)| both.matches(entry, now()));
        prop_assert_eq!(found.map(|(place, _)| place).collect::<BTreeSet<_>>(), model(&both, &all));
    }
}

/// A package that is gone, with what is left of it.
fn gone(record: Record, remains: Remains) -> Listing {
    let mut listing = repository();
    let retirement = Retirement {
        generation: 12,
        since: "2026-11-18T10:00:00Z".parse().unwrap(),
        reason: Some(RetiredBy::Yank("bad".to_owned())),
        record,
        remains,
    };
    for (codename, distribution) in &mut listing.snapshot.distributions {
        let components = distribution.components.iter();
        let retired = components.map(|(component, packages)| {
            let ids = packages.keys().map(|id| (id.clone(), retirement.clone()));
            (component.clone(), ids.collect())
        });
        listing.retirements.insert(codename.clone(), retired.collect());
    }
    listing
}

#[test]
fn what_became_of_a_package_is_asked_like_anything_else() {
    let until = "2026-11-25T10:00:00Z".parse().unwrap();
    let there = gone(Record::Index, Remains::Available { until: Some(until) });
    let lost = gone(Record::State, Remains::Deleted);
    let found = |listing: &Listing, text: &str| {
        let selection = Selection { query: Some(query(text)), ..Selection::default() };
        selection.of(listing, now()).len()
    };
    for text in [
        "$RetiredAt (2026-11-18)",
        "$LastGeneration (>= 9), $LastGeneration (12)",
        "$Reason (yanked: *)",
        "!$File (unknown)",
    ] {
        assert_eq!([found(&there, text), found(&lost, text)], [6, 6], "{text}");
    }
    for (text, when_there, when_lost) in [
        ("$File (available)", 6, 0),
        ("$AvailableUntil (>= 2026-11-25)", 6, 0),
        ("$Size (>= 0)", 6, 0),
        ("$Source (*)", 6, 0),
        ("$From (*)", 6, 6),
    ] {
        assert_eq!([found(&there, text), found(&lost, text)], [when_there, when_lost], "{text}");
    }
    assert_eq!(found(&repository(), "$RetiredAt (>= 2000-01-01)"), 0, "that one is published");
}
