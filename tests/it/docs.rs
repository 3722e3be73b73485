//! The documents say what the program does: reference pages can't fall behind the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use repoman::manifest::{self, json_schema};
use serde_json::Value;

/// Every command, in the order of the reference.
const COMMANDS: [&[&str]; 32] = [
    &[],
    &["init"],
    &["check"],
    &["fmt"],
    &["add"],
    &["add", "source"],
    &["add", "distribution"],
    &["add", "key"],
    &["remove"],
    &["remove", "source"],
    &["remove", "distribution"],
    &["remove", "key"],
    &["remove", "yank"],
    &["remove", "keep"],
    &["yank"],
    &["keep"],
    &["promote"],
    &["plan"],
    &["apply"],
    &["publish"],
    &["log"],
    &["query"],
    &["rollback"],
    &["drift"],
    &["explain"],
    &["gc"],
    &["keys"],
    &["keys", "export"],
    &["schema"],
    &["completions"],
    &["man"],
    &["version"],
];

/// Returns a path in the project.
fn project(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn document(name: &str) -> String {
    fs::read_to_string(project("docs").join(name)).unwrap()
}

/// Returns what a command says of itself, without a terminal whose width would matter.
fn help(command: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_repoman"))
        .args(command)
        .arg("--help")
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Returns the reference of the command line.
fn reference() -> String {
    let mut out = String::from(
        "# The command line\n\nWhat `--help` prints, by command. [errors.md](errors.md) has the \
         exit statuses.\n",
    );
    for command in COMMANDS {
        let name = ["repoman"].iter().chain(command).copied().collect::<Vec<_>>().join(" ");
        out += &format!("\n## `{name}`\n\n```text\n{}```\n", help(command));
    }
    out
}

/// Run with `UPDATE_DOCS=1` to write the page anew.
#[test]
fn the_reference_of_the_command_line_is_current() {
    let path = project("docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, reference()).unwrap();
    }
    let current = document("cli.md") == reference();
    assert!(current, "run the tests with UPDATE_DOCS=1 to write {}", path.display());
}

#[test]
fn the_reference_has_every_command() {
    let help = help(&[]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    for line in lines.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap();
        assert!(COMMANDS.iter().any(|command| command.first() == Some(&name)), "{name}");
    }
}

/// Returns the keys that the page lists under a heading.
fn listed<'a>(page: &'a str, heading: &str) -> BTreeSet<&'a str> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// Returns the schema of the long form of an exception.
fn exception(schema: &Value) -> &Value {
    let lines = &schema["properties"]["yank"]["additionalProperties"]["additionalProperties"];
    &lines["oneOf"][1]
}

/// Returns the keys that a table of the manifest may have.
fn supported(table: &Value) -> BTreeSet<&str> {
    table["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_reference_of_the_manifest_has_every_key() {
    let (page, schema) = (document("manifest.md"), json_schema());
    let signing = &schema["properties"]["signing"];
    let tables = [
        ("The file", &schema),
        ("`[repository]`", &schema["properties"]["repository"]),
        ("`[store]`", &schema["properties"]["store"]),
        ("`[signing]`", signing),
        ("`[signing.key.NAME]`", &signing["properties"]["key"]["additionalProperties"]),
        ("`[distribution.NAME]`", &schema["properties"]["distribution"]["additionalProperties"]),
        ("`[source.NAME]`", &schema["properties"]["source"]["additionalProperties"]),
        ("`[yank.PACKAGE]`, `[keep.PACKAGE]`", exception(&schema)),
        ("`[limits]`", &schema["properties"]["limits"]),
        ("`[env.NAME]`", &schema["properties"]["env"]["additionalProperties"]),
        ("`[retain]`", &schema["properties"]["retain"]),
    ];
    for (heading, table) in tables {
        assert_eq!(listed(&page, heading), supported(table), "{heading}");
    }
}

/// Returns every error code that stands in a source file.
fn codes() -> BTreeSet<String> {
    let sources = walkdir::WalkDir::new(project("src")).into_iter().filter_map(Result::ok);
    let texts = sources.filter_map(|entry| fs::read_to_string(entry.path()).ok());
    let is_code = |word: &&str| {
        let digits = word.strip_prefix("RM").unwrap_or_default();
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let in_text = |text: String| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.filter(is_code).map(str::to_owned).collect::<Vec<_>>()
    };
    texts.flat_map(in_text).collect()
}

#[test]
fn the_list_of_errors_has_every_code_and_no_other() {
    let page = document("errors.md");
    let headings = page.lines().filter_map(|line| line.strip_prefix("### RM"));
    let listed: BTreeSet<_> = headings.map(|rest| format!("RM{}", &rest[..4])).collect();
    assert_eq!(listed, codes());
}

#[test]
fn the_examples_are_valid() {
    let examples = fs::read_dir(project("examples")).unwrap().map(|entry| entry.unwrap().path());
    let manifests = examples.map(|directory| directory.join("repo.toml"));
    // Recipes go beside the manifest that somebody has.
    for path in manifests.filter(|path| path.exists()) {
        let parsed = manifest::parse(&fs::read_to_string(&path).unwrap());
        assert!(parsed.is_ok_and(|parsed| parsed.warnings.is_empty()), "{}", path.display());
    }
}

#[test]
fn the_documents_lead_to_files_that_exist() {
    let pages =
        ["README.md", "docs/manifest.md", "docs/format.md", "docs/clients.md", "docs/query.md"];
    let pages = pages.into_iter().chain([
        "docs/contributing.md",
        "docs/dangers.md",
        "docs/drift.md",
        "docs/editing.md",
        "docs/errors.md",
        "docs/plans.md",
        "docs/publish.md",
        "docs/pull-requests.md",
    ]);
    for page in pages.map(project) {
        let text = fs::read_to_string(&page).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{}: {target}", page.display());
        }
    }
}
