//! How the program behaves to those who call it.

use std::path::Path;
use std::process::Command;

use crate::support::{Deb, Run, TestRepo, tree};

/// Returns a command that runs repoman on a terminal of its own.
pub fn on_a_terminal(repo: &TestRepo, arguments: &str) -> Command {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_repoman"));
    let mut command = repo.command(Path::new("script"));
    command.args(["--quiet", "--return", "--echo", "never", "--command", &line, "/dev/null"]);
    command.env("TERM", "dumb");
    command
}

/// Runs an apply with a person who types this.
fn apply_and_type(repo: &TestRepo, answer: &str) -> Run {
    Run::with_input(&mut on_a_terminal(repo, "apply"), answer)
}

#[test]
fn a_person_is_asked_and_only_yes_means_yes() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    for answer in ["n\n", "\n", "yeah\n", "\x04"] {
        let run = apply_and_type(&repo, answer).exits(1);
        run.says(["+ widget", "Apply to file://repo? [y/N]", "error[RM6002]"]);
        assert!(!repo.store().exists());
    }
    apply_and_type(&repo, "y\n").ok().says(["bookworm is at generation 1"]);
    let before = tree::stamps(&repo.store());
    let run = apply_and_type(&repo, "").ok().says(["No changes"]);
    assert!(!run.said("[y/N]"), "{run}");
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn an_apply_that_nobody_can_confirm_fails_at_once() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.repoman(["apply"]).exits(1).says(["error[RM6001]", "--yes"]);
    assert!(!repo.store().exists());
}

#[test]
fn usage_errors_have_a_status_of_their_own() {
    let repo = TestRepo::new();
    repo.repoman([]).exits(64);
    repo.repoman(["aply"]).exits(64).says(["apply"]);
    repo.repoman(["plan", "--force"]).exits(64);
    repo.repoman(["apply", "--jobs", "0"]).exits(64);
    repo.repoman(["--help"]).ok();
    repo.repoman(["version"]).ok().says([env!("CARGO_PKG_VERSION")]);
}

#[test]
fn without_a_manifest_every_command_says_where_it_was_looked_for() {
    let repo = TestRepo::new();
    std::fs::remove_file(repo.path("repo.toml")).unwrap();
    for command in ["check", "plan", "apply"] {
        repo.repoman([command]).exits(1).says(["error[RM1000]", "repoman init", "--file"]);
    }
}

#[test]
fn the_plan_is_the_only_thing_on_stdout() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let plan = repo.repoman(["plan"]).ok();
    assert!(plan.stdout.starts_with("repoman "), "{plan}");
    let applied = repo.apply();
    assert_eq!(applied.stdout, "");
    assert!(!applied.stderr.contains(['\r', '\x1b']), "{applied}");
}

#[test]
fn quiet_runs_say_nothing_but_what_was_asked_for() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    assert!(repo.repoman(["plan", "-q"]).ok().stdout.contains("+ widget"));
    let applied = repo.repoman(["apply", "--yes", "--quiet"]).ok();
    assert_eq!((&*applied.stdout, &*applied.stderr), ("", ""));
}

#[test]
fn a_plan_in_ascii_without_colour_is_ascii() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    let plan = repo.repoman(["plan", "--ascii"]).ok();
    assert!(plan.stdout.is_ascii(), "{plan}");
    let plan = repo.repoman(["plan", "--color", "always"]).ok();
    assert!(plan.stdout.contains("\x1b["), "{plan}");
}

#[test]
fn the_plan_for_machines_follows_its_schema() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let schema = repo.repoman(["schema", "plan"]).ok().stdout;
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut plans = vec![repo.repoman(["plan", "--json"]).exits(0)];
    repo.apply();
    plans.push(repo.repoman(["plan", "--json", "--json-out", "plan.json"]).ok());
    for plan in &plans {
        let document = serde_json::from_str(&plan.stdout).unwrap();
        let faults: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(faults, [""; 0], "{plan}");
    }
    assert!(plans[0].stdout.contains("\"status\": \"ready\""), "{}", plans[0]);
    assert!(plans[1].stdout.contains("\"status\": \"empty\""), "{}", plans[1]);
    assert_eq!(std::fs::read_to_string(repo.path("plan.json")).unwrap(), plans[1].stdout);
}

#[test]
fn a_log_of_json_has_one_object_a_line_whatever_is_said() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let lines = |run: &Run| -> Vec<serde_json::Value> {
        run.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    };
    let run = repo.repoman(["--log-format", "json", "apply", "--yes", "--color=always"]).ok();
    let swapped = lines(&run).into_iter().find(|line| line["event"]["type"] == "swapped").unwrap();
    assert_eq!(swapped["event"]["to"], 1);
    assert_eq!(swapped["level"], "info");
    assert_eq!(swapped["message"], "swap bookworm generation 1");
    let run = repo.repoman(["apply", "--yes", "--log-format=json", "--env", "nowhere"]).exits(1);
    let failed = lines(&run).into_iter().find(|line| line["level"] == "error").unwrap();
    assert_eq!(failed["message"], failed["error"]["message"]);
    assert_eq!(failed["error"]["code"], "RM1049");
    let run = repo.repoman(["-q", "apply", "--yes", "--log-format=json"]).ok();
    assert!(run.stderr.is_empty(), "{run}");
    repo.repoman(["plan", "--log-format", "xml"]).exits(64).says(["text, json"]);
}
