//! Long manifests: what grows with their square shows in the times that these tests print.

use std::fmt::Write as _;
use std::time::Instant;

use super::*;

/// The size of a manifest, as factors of its tables.
const SIZES: [usize; 2] = [1, 4];

/// Returns a manifest of about 2,000 lines for each `size`, with 300 sources.
fn long(size: usize) -> String {
    let mut text = SMALLEST.to_owned();
    let mut table = |lines: String| text.push_str(&lines);
    for index in 0..10 * size {
        table(format!(
            "[distribution.suite{index}]\nrelease = \"{index}\"\ncomponents = [\"main\", \"extra\"]\n\
             architectures = [\"amd64\", \"arm64\"]\n\
             [distribution.suite{index}.component.extra.retain]\nversions = 3\n"
        ));
    }
    for index in 0..300 * size {
        let suite = index % (10 * size);
        table(format!(
            "[source.service-{index}]\npath = \"dist/{{distribution}}/service-{index}_*.deb\"\n\
             to = [\"suite{suite}/main\", \"suite{suite}/extra\"]\n"
        ));
    }
    for index in 0..100 * size {
        table(format!(
            "[yank.service-{index}]\n\"1.{index}\" = \"broken\"\n\"<< 1.0\" = \"too old\"\n\
             [keep.service-{index}]\n\"2.*\" = \"needed\"\n\
             [retain.package.\"service-{index}-*\"]\nversions = 2\n"
        ));
    }
    table("[removed]\n".to_owned());
    for index in 0..100 * size {
        table(format!("\"gone{index}\" = \"EOL\"\n"));
    }
    text
}

/// Prints how long it takes to read a text, and returns the number of its problems.
fn timed(kind: &str, text: &str) -> usize {
    let started = Instant::now();
    let count = match parse_for(text, None) {
        Ok(parsed) => parsed.warnings.len(),
        Err(problems) => problems.len(),
    };
    let mut line = String::new();
    let lines = text.lines().count();
    let _ = write!(line, "{lines:>6} lines, {count:>5} problems: {:>9.1?}", started.elapsed());
    eprintln!("{kind:<12} {line}");
    count
}

#[test]
fn long_manifests_are_read() {
    for size in SIZES {
        assert_eq!(timed("good", &long(size)), 0);
    }
}

#[test]
fn long_manifests_with_a_mistake_in_every_table_are_read() {
    for size in SIZES {
        let text = long(size).replace("path =", "pth =").replace("[\"suite", "[\"siute");
        // One key and one target in each source, and one key in the smallest manifest's.
        assert_eq!(timed("mistakes", &text), 600 * size + 1);
    }
}

#[test]
fn long_manifests_that_are_no_toml_are_read() {
    for size in SIZES {
        let text = long(size).replace("to = ", "to ");
        assert_eq!(timed("no TOML", &text), 300 * size);
    }
}

#[test]
fn long_manifests_with_many_secrets_are_read() {
    for size in SIZES {
        let text = long(size).replace("versions = 2", "versions = 2 # AKIAIOSFODNN7EXAMPLE");
        assert_eq!(timed("secrets", &text), 100 * size);
    }
}

#[test]
fn long_lists_of_patterns_are_read() {
    for size in SIZES {
        let patterns = (0..100 * size)
            .map(|index| format!("[retain.package.\"a{index:05}*\"]\nversions = 1\n"));
        assert_eq!(timed("patterns", &format!("{SMALLEST}{}", patterns.collect::<String>())), 0);
    }
}
