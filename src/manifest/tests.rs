//! Whole manifests: good ones, bad ones, and hostile ones.

use super::*;

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

#[test]
fn the_example_parses_without_problems() {
    let parsed = parse(EXAMPLE).unwrap();
    assert_eq!(parsed.warnings, []);
    assert_eq!(parsed.manifest.distributions.len(), 3);
}

#[test]
fn the_smallest_manifest_parses() {
    let parsed = parse(SMALLEST).unwrap();
    assert_eq!(parsed.warnings, []);
}
