//! The same input makes the same bytes.

use std::collections::BTreeMap;
use std::fs;

use crate::publish::build_widget;
use crate::support::{Manifest, TestRepo, tree};

/// Returns every index file and package of a store, but for what says when and by whom.
fn content(repo: &TestRepo) -> BTreeMap<String, Vec<u8>> {
    let files = tree::files(&repo.store()).into_iter();
    files
        .filter(|key| key.starts_with("pool/") || key.contains("/binary-"))
        .map(|key| (key.clone(), fs::read(repo.store().join(&key)).unwrap()))
        .collect()
}

#[test]
fn two_stores_from_one_input_hold_equal_bytes_under_equal_names() {
    let manifest = Manifest::default();
    let distributions =
        format!("{}\ncompression = [\"xz\", \"gz\", \"zst\"]", manifest.distributions);
    let manifest = Manifest { distributions, ..manifest };
    let stores = [(); 2].map(|()| {
        let repo = TestRepo::with(&manifest);
        for version in ["1.0-1", "1.1~rc1-1", "1:0.9-1"] {
            build_widget(&repo, version);
        }
        repo.apply();
        content(&repo)
    });
    let [first, second] = stores;
    let names: Vec<_> = first.keys().collect();
    assert_eq!(names, second.keys().collect::<Vec<_>>());
    assert!(names.iter().any(|name| name.contains("/by-hash/")));
    assert_eq!(first, second);
}

#[test]
fn one_apply_of_all_lists_what_many_applies_list() {
    let (at_once, in_steps) = (TestRepo::new(), TestRepo::new());
    for version in ["1.0-1", "1.1-1"] {
        build_widget(&at_once, version);
        build_widget(&in_steps, version);
        in_steps.apply();
    }
    at_once.apply();
    let canonical = |repo: &TestRepo| -> BTreeMap<_, _> {
        content(repo).into_iter().filter(|(key, _)| !key.contains("/by-hash/")).collect()
    };
    assert_eq!(canonical(&at_once), canonical(&in_steps));
}
