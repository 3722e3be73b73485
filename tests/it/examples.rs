//! The manifests that people copy are valid.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::TestRepo;

/// Returns a path in the project.
fn project(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Returns the project's documents for people.
fn documents() -> Vec<PathBuf> {
    let docs = walkdir::WalkDir::new(project("docs")).into_iter().filter_map(Result::ok);
    let docs = docs.map(walkdir::DirEntry::into_path);
    let documents = docs.chain([project("README.md")]).filter(|path| path.is_file());
    documents.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Returns the TOML blocks of a document that are whole manifests.
fn manifests(document: &str) -> Vec<String> {
    let blocks = document.split("```toml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap_or_default());
    let is_whole =
        |block: &&str| block.lines().any(|line| line.trim_start().starts_with("format "));
    blocks.filter(is_whole).map(str::to_owned).collect()
}

#[test]
fn the_example_is_valid() {
    let repo = TestRepo::new();
    let example = project("repo.toml.example");
    let run = repo.repoman(["check", "-f", example.to_str().unwrap()]).ok();
    assert!(!run.said("warning"), "{run}");
}

#[test]
fn the_manifests_in_the_documents_are_valid() {
    let repo = TestRepo::new();
    let mut checked = 0;
    for path in documents() {
        let document = fs::read_to_string(&path).unwrap();
        for manifest in manifests(&document) {
            repo.write_manifest(&manifest);
            let run = repo.repoman(["check"]);
            assert_eq!(run.code, 0, "{}:\n{manifest}\n{run}", path.display());
            checked += 1;
        }
    }
    assert_ne!(checked, 0, "the README shows a manifest");
}

#[test]
fn what_init_writes_is_valid_and_nothing_is_overwritten() {
    let repo = TestRepo::new();
    repo.repoman(["init"]).exits(1).says(["error[RM9003]"]);
    fs::remove_file(repo.path("repo.toml")).unwrap();
    repo.repoman(["init"]).ok();
    repo.repoman(["check"]).ok().says(["1 distribution, 1 source"]);
}

#[test]
fn the_schema_in_the_project_is_the_one_that_the_program_prints() {
    let repo = TestRepo::new();
    for entry in fs::read_dir(project("schema")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let verb = name.split('.').next().unwrap().replace("repo", "manifest");
        let printed = repo.repoman(["schema", &verb]).ok().stdout;
        assert_eq!(printed, fs::read_to_string(&path).unwrap(), "{name}");
    }
}
