//! The recipes for CI and for machines are what GitHub, GitLab, systemd and cron accept, and their
//! commands are what repoman accepts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Run, moto};

const WORKFLOWS: &str = "examples/github-actions/.github/workflows";
const PIPELINE: &str = "examples/gitlab-ci/.gitlab-ci.yml";

/// Returns a path in the project.
fn project(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Returns the files below a directory.
fn files(relative: &str) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(project(relative)).sort_by_file_name().into_iter();
    let paths = entries.map(|entry| entry.unwrap().into_path());
    paths.filter(|path| path.is_file()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Returns a YAML file as JSON.
fn yaml(path: &Path) -> Value {
    let script = project("tests/yaml_to_json.py");
    let run = Run::of(Command::new(moto::python()).arg(script).arg(path)).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

/// Returns the workflows, each with its name.
fn workflows() -> Vec<(String, Value)> {
    let workflows: Vec<_> = files(WORKFLOWS).iter().map(|path| (name(path), yaml(path))).collect();
    assert_eq!(workflows.len(), 4);
    workflows
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Asserts that an object has no other members than these, and all of the first ones.
#[track_caller]
fn has_only(value: &Value, needed: &[&str], possible: &[&str], place: &str) {
    let members = value.as_object().unwrap_or_else(|| panic!("{place} is no mapping"));
    for key in needed {
        assert!(members.contains_key(*key), "{place} lacks `{key}`");
    }
    for key in members.keys() {
        let is_known = needed.iter().chain(possible).any(|known| known == key);
        assert!(is_known, "{place}: `{key}`");
    }
}

/// Returns the jobs of a workflow, each with its place.
fn jobs<'a>(file: &str, workflow: &'a Value) -> Vec<(String, &'a Value)> {
    let jobs = workflow["jobs"].as_object().unwrap().iter();
    jobs.map(|(name, job)| (format!("{file}: {name}"), job)).collect()
}

fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().unwrap()
}

#[test]
fn workflows_have_the_keys_that_github_knows() {
    for (file, workflow) in workflows() {
        let needed = ["name", "on", "permissions", "concurrency", "defaults", "jobs"];
        // What a comment says may come in any order: the last plan has the last word.
        let needed = if file == "comment.yml" { &needed[..3] } else { &needed[..] };
        has_only(&workflow, needed, &["env", "concurrency", "defaults", "jobs"], &file);
        assert_eq!(workflow["defaults"]["run"]["shell"], "bash", "{file}");
        for event in workflow["on"].as_object().unwrap().keys() {
            let known = ["pull_request", "push", "schedule", "workflow_dispatch", "workflow_run"];
            assert!(known.contains(&event.as_str()), "{file}: {event}");
        }
        for (place, job) in jobs(&file, &workflow) {
            let needed = ["runs-on", "timeout-minutes", "steps"];
            let possible = ["if", "needs", "permissions", "environment", "env", "outputs"];
            has_only(job, &needed, &possible, &place);
            for step in steps(job) {
                let kind = if step["run"].is_null() { "uses" } else { "run" };
                let own: &[&str] = if kind == "uses" { &["with"] } else { &["env"] };
                let possible = [&["name", "id", "if"], own].concat();
                has_only(step, &[kind], &possible, &place);
            }
        }
    }
}

#[test]
fn workflows_have_no_more_rights_than_they_use() {
    for (file, workflow) in workflows() {
        let is_for_pull_requests = !workflow["on"]["pull_request"].is_null();
        let granted = workflow["permissions"].as_object().unwrap();
        let is_reading =
            granted.iter().all(|(scope, right)| scope == "contents" && right == "read");
        assert!(is_reading, "{file}: rights belong to jobs");
        let text = workflow.to_string();
        // Both would give what a fork wrote the rights of this repository.
        assert!(!text.contains("pull_request_target"), "{file}");
        assert!(!is_for_pull_requests || !text.contains("secrets."), "{file}");
        assert!(!is_for_pull_requests || !text.contains("\"write\""), "{file}");
        let is_privileged = !workflow["on"]["workflow_run"].is_null();
        assert!(!is_privileged || !text.contains("actions/checkout"), "{file}");
        for (place, job) in jobs(&file, &workflow) {
            let text = job.to_string();
            let rights = job["permissions"].as_object();
            let writes = |scope: &str| {
                rights.is_some_and(|rights| rights.get(scope).is_some_and(|right| right == "write"))
            };
            assert_eq!(writes("id-token"), text.contains("role-to-assume"), "{place}");
            assert_eq!(writes("issues"), text.contains("gh issue"), "{place}");
            assert!(!writes("contents"), "{place}");
            assert!(!text.contains("secrets.") || job["environment"] == "production", "{place}");
            for step in steps(job)
                .iter()
                .filter(|step| strings(&step["uses"]).concat().contains("checkout"))
            {
                assert_eq!(step["with"]["persist-credentials"], "false", "{place}");
            }
        }
    }
}

#[test]
fn actions_are_pinned_to_commits_with_their_versions() {
    for path in files(WORKFLOWS) {
        let text = fs::read_to_string(&path).unwrap();
        let uses = text.lines().filter_map(|line| line.split_once("uses: "));
        for (_, action) in uses {
            let (action, version) = action.split_once(" # v").expect(action);
            let (_, commit) = action.split_once('@').expect(action);
            let is_digest = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_digest && version.split('.').count() == 3, "{}: {action}", path.display());
        }
    }
}

/// Returns what stands in `${{ … }}`.
fn expressions(text: &str) -> Vec<&str> {
    let rests = text.split("${{").skip(1);
    rests.map(|rest| rest.split("}}").next().unwrap_or_default().trim()).collect()
}

#[test]
fn expressions_name_what_is_there_and_never_reach_a_shell() {
    for (file, workflow) in workflows() {
        for (place, job) in jobs(&file, &workflow) {
            let ids: BTreeSet<_> =
                steps(job).iter().filter_map(|step| step["id"].as_str()).collect();
            for step in steps(job) {
                assert_eq!(
                    expressions(step["run"].as_str().unwrap_or_default()),
                    [""; 0],
                    "{place}"
                );
            }
            for expression in strings(job).into_iter().flat_map(expressions) {
                for word in expression.split(|c: char| !(c.is_alphanumeric() || "._-".contains(c)))
                {
                    let mut parts = word.split('.');
                    let (context, part) = (parts.next().unwrap(), parts.next().unwrap_or_default());
                    match context {
                        "steps" => assert!(ids.contains(part), "{place}: {word}"),
                        "needs" => {
                            let output = parts.nth(1).unwrap();
                            let outputs = &workflow["jobs"][part]["outputs"];
                            assert!(!outputs[output].is_null(), "{place}: {word}");
                            assert_eq!(job["needs"], part, "{place}");
                        }
                        "env" => assert!(!workflow["env"][part].is_null(), "{place}: {word}"),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Returns the scripts of the recipes, each with its place.
fn scripts() -> Vec<(String, String)> {
    let mut scripts = Vec::new();
    for (file, workflow) in workflows() {
        for (place, job) in jobs(&file, &workflow) {
            let runs = steps(job).iter().filter_map(|step| step["run"].as_str());
            scripts.extend(runs.map(|run| (place.clone(), run.to_owned())));
        }
    }
    for (job, content) in yaml(&project(PIPELINE)).as_object().unwrap() {
        for key in ["before_script", "script"] {
            let lines = strings(&content[key]).into_iter().filter(|line| !line.starts_with('!'));
            let text: String = lines.map(|line| format!("{line}\n")).collect();
            scripts.push((format!("{PIPELINE}: {job}"), text));
        }
    }
    for path in files("examples/cron").iter().filter(|path| name(path) == "repoman") {
        let text = fs::read_to_string(path).unwrap();
        let is_job = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit() || c == '*');
        for line in text.lines().filter(is_job) {
            // A percent sign is a line break in a crontab.
            assert!(!line.contains('%'), "{line}");
            let fields: Vec<_> = line.splitn(7, ' ').collect();
            assert!(
                fields[..5]
                    .iter()
                    .all(|field| field.bytes().all(|b| b.is_ascii_digit() || b == b'*')),
                "{line}"
            );
            scripts.push((path.display().to_string(), fields[6].to_owned()));
        }
    }
    scripts
}

#[test]
fn scripts_are_shell() {
    for (place, script) in scripts() {
        let run = Run::with_input(Command::new("bash").args(["-n"]), &script);
        assert_eq!(run.code, 0, "{place}\n{script}\n{run}");
    }
}

#[test]
fn the_pipeline_has_the_keys_that_gitlab_knows() {
    let pipeline = yaml(&project(PIPELINE));
    let stages = strings(&pipeline["stages"]);
    let jobs = pipeline.as_object().unwrap();
    for (name, job) in jobs {
        if ["stages", "workflow", "variables"].contains(&name.as_str()) {
            continue;
        }
        let possible = [
            "image",
            "timeout",
            "before_script",
            "extends",
            "id_tokens",
            "variables",
            "stage",
            "rules",
            "script",
            "artifacts",
            "needs",
            "environment",
            "resource_group",
        ];
        let is_job = !name.starts_with('.');
        let needed: &[&str] = if is_job { &["stage", "script", "rules", "extends"] } else { &[] };
        has_only(job, needed, &possible, name);
        assert!(!is_job || stages.contains(&job["stage"].as_str().unwrap()), "{name}");
        for other in strings(&job["extends"]).into_iter().chain(strings(&job["needs"])) {
            assert!(jobs.contains_key(other), "{name}: {other}");
        }
        for rule in job["rules"].as_array().into_iter().flatten() {
            has_only(rule, &["if"], &["changes", "when"], name);
        }
        if !job["artifacts"].is_null() {
            let possible = ["when", "expose_as", "reports"];
            has_only(&job["artifacts"], &["paths", "expire_in"], &possible, name);
        }
    }
    let plan = &pipeline["plan"];
    let report = plan["artifacts"]["reports"]["terraform"].as_str().unwrap();
    assert!(strings(&plan["script"]).concat().contains(&format!("--gitlab-out {report}")));
    // Merge requests of forks run it: nothing of it takes a role.
    assert_eq!(plan["extends"], ".repoman");
    assert_eq!(pipeline["apply"]["resource_group"], "production");
}

/// Returns the words of each repoman command in a script.
fn commands(script: &str) -> Vec<Vec<String>> {
    let script = script.replace("\\\n", " ");
    let parts = script.split(|c: char| "|;&()\n".contains(c));
    let words = parts.map(|part| {
        let (part, redirected) = part.split_once(['<', '>']).unwrap_or((part, "none"));
        let part = if redirected == "none" { part } else { part.trim_end_matches('2') };
        let part = part.replace(['"', '\''], "");
        part.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    let start = |words: Vec<String>| {
        // Behind assignments and what takes a command.
        let is_before =
            |word: &&String| word.contains('=') || ["if", "!", "exec"].contains(&&***word);
        let skipped = words.iter().take_while(is_before).count();
        let words = words.into_iter().skip(skipped).collect::<Vec<_>>();
        words
            .first()
            .is_some_and(|word| word == "repoman" || word.ends_with("/repoman"))
            .then_some(words)
    };
    words.filter_map(start).collect()
}

#[test]
fn the_commands_are_what_repoman_accepts() {
    let mut scripts = scripts();
    for path in files("examples/systemd").iter().filter(|path| name(path).ends_with(".service")) {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("ExecStart="));
        scripts.extend(lines.map(|line| (path.display().to_string(), line.to_owned())));
    }
    let mut verbs = BTreeSet::new();
    for (place, script) in scripts {
        for words in commands(&script) {
            let parsed = repoman::cli::command().try_get_matches_from(&words);
            let parsed = parsed.unwrap_or_else(|error| panic!("{place}: {words:?}\n{error}"));
            verbs.insert(parsed.subcommand_name().unwrap().to_owned());
        }
    }
    assert_eq!(verbs, ["apply", "drift", "plan"].map(str::to_owned).into());
}

#[test]
fn commands_are_found_where_a_shell_would_find_them() {
    let found = commands(
        "A=1 repoman plan \\\n --x \"$Y\" > repoman || z=$(repoman check 2>&1)\nsudo install repoman /x\n",
    );
    assert_eq!(found, [vec!["repoman", "plan", "--x", "$Y"], vec!["repoman", "check"]]);
}

#[test]
fn systemd_accepts_the_units() {
    if Command::new("systemd-analyze").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("systemd-analyze is not here: the units are not verified");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for path in files("examples/systemd").iter().filter(|path| !name(path).ends_with(".md")) {
        let text = fs::read_to_string(path).unwrap();
        let text = text.replace("/usr/local/bin/repoman", env!("CARGO_BIN_EXE_repoman"));
        let unit = directory.path().join(name(path));
        fs::write(&unit, text).unwrap();
        units.push(unit);
    }
    assert_eq!(units.len(), 4);
    let run =
        Run::of(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units)).ok();
    assert_eq!(run.stderr, "", "{run}");
    for unit in units.iter().filter(|unit| name(unit).ends_with(".service")) {
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=yes", "--threshold=20", "--no-pager"]).arg(unit);
        Run::of(&mut command).ok();
    }
}
