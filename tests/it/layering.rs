//! The map of modules at the top of `src/lib.rs`, held against the code.
//!
//! A module imports only from lower ranks, and each rank does only what the map allows it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A module's place: its rank, and its part of it (`debian`, *then* `deb` and `apt`).
type Place = (usize, usize);

/// What reaches outside: not below rank 4.
const IMPURE: [&str; 6] =
    ["std::env", "SystemTime", "println!", "tokio::", "object_store", "Timestamp::now"];
/// What only the command line does.
const OF_THE_CLI: [&str; 6] =
    ["std::env", "env::var", "SystemTime::now", "println!", "eprint!", "Timestamp::now"];
/// Exceptions: where, what, why.
const EXCEPTIONS: [(&str, &str, &str); 3] = [
    ("blocking", "tokio::", "it is the bridge between the two worlds"),
    ("store", "SystemTime::now", "every store has its own clock, a directory has this machine's"),
    ("sign", "std::env::temp_dir", "a GnuPG home has to lie somewhere"),
];

/// Returns every module with its place, as the map says.
fn map() -> BTreeMap<String, Place> {
    let text = fs::read_to_string(source("lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut places = BTreeMap::new();
    for (rank, modules) in rows.filter_map(|row| {
        let mut cells = row.split(" | ");
        Some((cells.next()?.parse().ok()?, cells.next()?))
    }) {
        for (part, names) in modules.split(", then ").enumerate() {
            let names = names.split('`').skip(1).step_by(2);
            places.extend(names.map(|name| (name.to_owned(), (rank, part))));
        }
    }
    places
}

fn source(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(relative)
}

/// A line of code outside tests.
struct Line {
    module: String,
    place: String,
    text: String,
}

/// Returns all code below `src` but tests and comments.
fn code() -> Vec<Line> {
    let is_code = |path: &Path| {
        let is_test = path.iter().any(|part| part == "tests" || part == "tests.rs");
        path.extension().is_some_and(|extension| extension == "rs") && !is_test
    };
    let files = walkdir::WalkDir::new(source("")).sort_by_file_name().into_iter();
    let files = files.map(|entry| entry.unwrap().into_path()).filter(|path| is_code(path));
    files.flat_map(|path| lines(&path)).collect()
}

fn lines(path: &Path) -> Vec<Line> {
    let relative = path.strip_prefix(source("")).unwrap();
    let module = relative.iter().next().unwrap().to_string_lossy();
    let module = module.trim_end_matches(".rs").to_owned();
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().enumerate().take_while(|(_, line)| *line != "mod tests {");
    let lines = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines
        .map(|(number, line)| Line {
            module: module.clone(),
            place: format!("src/{}:{}", relative.display(), number + 1),
            text: line.to_owned(),
        })
        .collect()
}

#[test]
fn the_map_names_every_module() {
    let text = fs::read_to_string(source("lib.rs")).unwrap();
    let declared = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let map = map();
    assert_eq!(declared.collect::<Vec<_>>(), map.keys().collect::<Vec<_>>());
    assert_eq!((map["debian"], map["apt"], map["cli"]), ((1, 0), (1, 1), (8, 0)));
}

#[test]
fn modules_import_from_lower_ranks_only() {
    let map = map();
    let mut faults = Vec::new();
    for Line { module, place, text } in code() {
        let Some(own) = map.get(&module) else { continue };
        for import in text.split("crate::").skip(1) {
            let name = import.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            let is_lower = map.get(name).is_some_and(|other| other < own);
            if name != module && !is_lower {
                faults.push(format!("{place}: {module} uses {name}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn ranks_do_only_what_the_map_allows() {
    let map = map();
    let mut faults = Vec::new();
    for Line { module, place, text } in code() {
        let banned: &[&str] = match map.get(&module) {
            Some((0..=3, _)) => &IMPURE,
            Some((4..=7, _)) => &OF_THE_CLI,
            _ => &[],
        };
        let excused = EXCEPTIONS.iter().filter(|(exempt, ..)| *exempt == module);
        let text = excused.fold(text, |text, (_, word, _)| text.replace(word, ""));
        let used = banned.iter().filter(|word| text.contains(**word));
        faults.extend(used.map(|word| format!("{place}: {word} in {module}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
