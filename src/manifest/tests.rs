//! Whole manifests: good ones, bad ones, and hostile ones.

mod environments;
mod hostile;
mod long;
mod mistakes;
mod tables;

use super::*;
use crate::compression::Compression;

/// The annotated example, which shows all that is supported.
const EXAMPLE: &str = include_str!("../../repo.toml.example");

/// The smallest manifest of the documentation.
const SMALLEST: &str = r#"format = 1

[repository]
name   = "acme-apt"
origin = "Acme"

[store]
url = "s3://acme-apt/debian"

[signing]
keys = ["release"]

[signing.key.release]
fingerprint = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E"
secret      = "env:REPOMAN_SIGNING_KEY"

[distribution.bookworm]
components    = ["main"]
architectures = ["amd64", "arm64"]

[source.widget]
path = "dist/*.deb"
to   = "bookworm/main"
"#;

#[test]
fn the_schema_file_is_the_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/repo.schema.json");
    let schema = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap();
    assert!(file == schema, "run the tests with UPDATE_SCHEMA=1 to write {path}");
}

/// Returns the text as the JSON value that editors validate.
fn json(text: &str) -> serde_json::Value {
    toml::from_str(text).unwrap()
}

#[test]
fn the_schema_accepts_the_example() {
    let schema = jsonschema::validator_for(&json_schema()).unwrap();
    for text in [SMALLEST, EXAMPLE] {
        let errors: Vec<String> =
            schema.iter_errors(&json(text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn the_smallest_manifest_has_the_documented_defaults() {
    let Parsed { manifest, warnings } = parse(SMALLEST).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(manifest.format, 1);
    assert_eq!(manifest.digest, Sha256::of(SMALLEST.as_bytes()));
    assert_eq!(manifest.store.url.to_string(), "s3://acme-apt/debian");
    assert_eq!((manifest.store.path_style, manifest.store.acl), (false, None));
    let [key] = &manifest.signing.keys[..] else { panic!() };
    assert_eq!(key.secret, SecretSource::Env("REPOMAN_SIGNING_KEY".to_owned()));
    assert_eq!(key.fingerprint.short(), "9A3F…D04E");
    let bookworm = &manifest.distributions["bookworm"];
    assert_eq!((bookworm.suite.as_str(), bookworm.origin.as_deref()), ("bookworm", Some("Acme")));
    assert_eq!(bookworm.compression, [Compression::Xz, Compression::Gzip]);
    assert!(!bookworm.not_automatic && bookworm.label.is_none());
    let widget = &manifest.sources["widget"];
    assert_eq!((widget.mode, widget.allow_empty, widget.line), (Mode::Accumulate, false, 21));
    assert_eq!(widget.targets.iter().map(Target::to_string).collect::<Vec<_>>(), ["bookworm/main"]);
    assert_eq!(widget.architectures, None);
    assert_eq!(manifest.purge_after.to_string(), "7d");
}

#[test]
fn the_example_means_what_it_says() {
    let Parsed { manifest, warnings } = parse(EXAMPLE).unwrap();
    assert_eq!(warnings, []);
    let addresses = |source: &str| {
        let targets = manifest.sources[source].targets.iter();
        targets.map(Target::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(addresses("widget"), "bookworm/main trixie/main");
    assert_eq!(addresses("gadget"), "bookworm/main bookworm-backports/main trixie/main");
    assert_eq!(addresses("nightly"), "bookworm/nightly");
    let names: Vec<&str> = manifest.signing.keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["release-2024", "release-2026"]);
    assert_eq!(manifest.signing.keys[0].passphrase.as_deref(), Some("REPOMAN_PASSPHRASE_2024"));
    let backports = &manifest.distributions["bookworm-backports"];
    assert_eq!(backports.label.as_deref(), Some("Acme Backports"));
    assert_eq!(backports.origin.as_deref(), Some("Acme"));
    assert_eq!(manifest.store.encryption, Some(Encryption::Kms));
    assert_eq!(manifest.sources["firmware"].mode, Mode::Mirror);
    assert_eq!(manifest.sources["to-stable"].on_conflict, OnConflict::Keep);
    assert_eq!(addresses("to-stable"), "bookworm/main");
    assert_eq!(manifest.purge_after, "14d".parse().unwrap());
    assert_eq!(manifest.retention.policies().count(), 3);
    assert_eq!((manifest.yank.iter().count(), manifest.keep.iter().count()), (3, 1));
    assert_eq!((manifest.removed.len(), manifest.allow.len()), (3, 1));
    assert_eq!(manifest.limits, Limits::default());
    assert!(manifest.store.unmanaged.matches("images/logo.png"));
}

#[test]
fn a_directory_and_no_signature_are_fine_when_said() {
    let text = SMALLEST
        .replace("s3://acme-apt/debian", "file:///srv/apt")
        .replace("keys = [\"release\"]", "keys = []");
    let Parsed { manifest, warnings } = parse(&text).unwrap();
    assert_eq!(manifest.store.url, StoreUrl::File { path: "/srv/apt".into() });
    assert_eq!(manifest.store.url.to_string(), "file:///srv/apt");
    assert!(manifest.signing.keys.is_empty());
    let [unused] = &warnings[..] else { panic!("{warnings:#?}") };
    assert_eq!((unused.code, unused.severity), (code::KEY_UNUSED, Severity::Warning));
    assert_eq!(&text[unused.span.clone().unwrap()], "[signing.key.release]");
}

#[test]
fn silence_about_signing_is_an_error_that_shows_both_ways() {
    let problems = parse(&SMALLEST.replace("keys = [\"release\"]", "")).unwrap_err();
    let [problem] = &problems[..] else { panic!("{problems:#?}") };
    assert_eq!(problem.message, "`[signing]` has no `keys`");
    let help = problem.help.as_deref().unwrap();
    assert!(help.contains("keys = [\"release\"]") && help.contains("keys = []"), "{help}");
}

#[test]
fn one_key_under_two_names_is_an_error() {
    let same = "[signing.key.same]\nsecret = \"agent:\"\n\
        fingerprint = \"9a3f 52c1 e7b0 4d66 88a1  f0c2 b7d1 9e35 a1c4 d04e\"\n";
    let text = SMALLEST.replace("[\"release\"]", "[\"release\", \"same\"]") + same;
    let problems = parse(&text).unwrap_err();
    let [problem] = &problems[..] else { panic!("{problems:#?}") };
    assert_eq!(problem.message, "`release` and `same` are the same key");
}

#[test]
fn byte_order_marks_and_windows_line_endings_are_fine() {
    let text = format!("\u{feff}{}", SMALLEST.replace('\n', "\r\n"));
    assert_eq!(parse(&text).unwrap().manifest.sources["widget"].line, 21);
}

#[test]
fn an_empty_file_lacks_everything_without_a_place() {
    let problems = parse("").unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the manifest has no `format`",
            "the manifest has no `[repository]`",
            "the manifest has no `[store]`",
            "the manifest has no `[signing]`",
            "the manifest has no `[distribution.NAME]`",
        ]
    );
    assert!(problems.iter().all(|problem| problem.span.is_none() && problem.help.is_some()));
    assert_eq!(problems[0].position(""), (1, 1));
}

#[test]
fn a_manifest_without_a_distribution_says_only_that() {
    let start = SMALLEST.find("[distribution").unwrap();
    let end = SMALLEST.find("[source").unwrap();
    for between in ["", "[distribution]\n"] {
        let text = format!("{}{between}{}", &SMALLEST[..start], &SMALLEST[end..]);
        let problems = parse(&text).unwrap_err();
        let [problem] = &problems[..] else { panic!("{problems:#?}") };
        assert_eq!(problem.message, "the manifest has no `[distribution.NAME]`");
    }
}

#[test]
fn keys_right_below_the_named_tables_are_explained() {
    let problems = parse(&SMALLEST.replace("[source.widget]", "[source]")).unwrap_err();
    assert_eq!(problems[0].message, "`[source]` holds tables only");
    assert_eq!(
        problems[0].help.as_deref(),
        Some("keys stand in a table with a name: [source.NAME]")
    );
}

#[test]
fn all_problems_come_in_one_run_in_the_order_of_the_text() {
    let text = SMALLEST
        .replace("origin =", "orgin =")
        .replace("s3://acme-apt/debian", "s3://X")
        .replace("[\"release\"]", "[\"relaese\"]")
        .replace("\"arm64\"", "\"x86_64\"")
        .replace("bookworm/main", "bookworm/mian");
    let problems = parse(&text).unwrap_err();
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.code, problem.position(&text).0)).collect();
    let expected = [
        ("RM1002", 5),
        ("RM1014", 8),
        ("RM1019", 11),
        ("RM1020", 13),
        ("RM1004", 19),
        ("RM1024", 23),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_syntax_error_does_not_hide_mistakes_on_other_lines() {
    let text = SMALLEST.replace("\"acme-apt\"", "acme").replace("components ", "componets ");
    let problems = parse(&text).unwrap_err();
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.code, problem.position(&text))).collect();
    assert_eq!(found, [("RM1001", (4, 10)), ("RM1002", (18, 1))]);
}

#[test]
fn a_newer_format_is_judged_no_further() {
    let problems = parse("format = 2\nwhatever = [1]\n").unwrap_err();
    assert_eq!(problems.len(), 1);
}

#[test]
fn distributions_that_share_a_suite_are_a_warning() {
    let other = "[distribution.trixie]\nsuite = \"stable\"\n\
        components = [\"main\"]\narchitectures = [\"amd64\"]\n";
    let text = SMALLEST.replace("components ", "suite = \"stable\"\ncomponents ") + other;
    let warnings = parse(&text).unwrap().warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
    assert_eq!(warning.code, code::SUITE_SHARED);
    assert_eq!(warning.message, "`bookworm` and `trixie` share the name `stable`");
    let text = SMALLEST.to_owned() + &other.replace("\"stable\"", "\"bookworm\"");
    assert_eq!(parse(&text).unwrap().warnings.len(), 1);
}

#[test]
fn targets_with_slashes_and_stars_are_found() {
    let distribution = "[distribution.\"bookworm/updates\"]\n\
        components = [\"main\", \"updates/main\"]\n\
        architectures = [\"amd64\"]\n";
    let text = SMALLEST.to_owned() + distribution;
    let targets = |to: &str| {
        let text = text.replace("\"bookworm/main\"", to);
        let targets = parse(&text).unwrap().manifest.sources["widget"].targets.clone();
        targets.iter().map(Target::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(targets("\"bookworm/updates/main\""), "bookworm/updates/main");
    assert_eq!(targets("\"*/main\""), "bookworm/main bookworm/updates/main");
    assert_eq!(targets("\"bookworm/*\""), "bookworm/main");
    assert_eq!(
        targets("[\"*/*\", \"bookworm/main\"]"),
        "bookworm/main bookworm/updates/main bookworm/updates/updates/main"
    );
}
