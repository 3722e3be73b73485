//! The pure layer: what holds for every text, and how single texts come out.

use proptest::prelude::*;

use super::layout::Layout;

mod editing;
mod formatting;
mod verbs;

/// White space and comments between lines; `N` becomes a number that no other comment has.
const GAPS: [&str; 9] = [
    "",
    "",
    "",
    "\n",
    "# N\n",
    "\n\n\n# N\n",
    "# N\n\n",
    "\t # N\n  \n# N\n\n",
    "                    # N\n",
];
/// What follows a header or a value on its line.
const BEHIND: [&str; 5] = ["", "", "  # N", "# N", "         # N"];
const HEADERS: [&str; 15] = [
    "[store]",
    "[repository]",
    "[ signing ]",
    "[signing.key.a]",
    "[signing . key . b]",
    "[distribution.trixie]",
    "[distribution.bookworm]",
    "[distribution.\"bookworm/updates\"]",
    "[source.b]",
    "[source.a.packages]",
    "[source.a]",
    "[yank.\"python3.11\"]",
    "[removed]",
    "[unknown]",
    "[env.staging]",
];
const KEYS: [&str; 14] = [
    "url = 's3://b'",
    "name=\"a\"",
    "keys = [ 'a','b' ,]",
    "to= [\n  'a/b',\n  # N\n  'c/d', # N\n]",
    "path = \"\"\"\na\n b\"\"\"",
    "  fingerprint =  'x'",
    "\"1.0\" = { reason='x',from = \"y\" }",
    "\"<< 1\" = 'why'",
    "sub . url = 'x'",
    "sub.region = 'y'",
    "origin = { a.b = 1, a.c = [{}, {x=1}] }",
    "label = 2026-01-01T00:00:00Z",
    "suite = 1.50",
    "components = []",
];

/// Returns texts that are TOML, with comments everywhere.
pub(super) fn documents() -> impl Strategy<Value = String> {
    let line = (0..GAPS.len(), 0..BEHIND.len());
    let keys = || proptest::sample::subsequence(KEYS.to_vec(), 0..5).prop_shuffle();
    let keys = move || (keys(), proptest::collection::vec(line.clone(), 6));
    let headers = proptest::sample::subsequence(HEADERS.to_vec(), 0..8).prop_shuffle();
    let tables = (headers, proptest::collection::vec(keys(), 9));
    let ends = (0..GAPS.len(), any::<bool>(), any::<bool>(), any::<bool>());
    (tables, ends).prop_map(|((headers, keys), (last, crlf, mark, ended))| {
        let mut text = String::new();
        let first = std::iter::once("").chain(headers);
        for (header, (keys, gaps)) in first.zip(keys) {
            let lines = [header].into_iter().chain(keys);
            for (line, (gap, behind)) in lines.filter(|line| !line.is_empty()).zip(gaps) {
                text += &format!("{}{line}{}\n", GAPS[gap], BEHIND[behind]);
            }
        }
        text += GAPS[last];
        let mut number = 0;
        while let Some(at) = text.find("# N") {
            number += 1;
            text.replace_range(at..at + 3, &format!("# {number}"));
        }
        let text = if ended { text.as_str() } else { text.trim_end_matches('\n') };
        let text = if crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        if mark { format!("\u{feff}{text}") } else { text }
    })
}

/// Returns what a text means.
pub(super) fn meaning(text: &str) -> toml::Table {
    toml::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Returns all comments of a text in which no string holds a `#`.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let found = text.lines().filter_map(|line| Some(line.split_once('#')?.1.trim()));
    let mut found: Vec<&str> = found.collect();
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_layout_is_lossless(text in documents()) {
        prop_assert_eq!(Layout::parse(&text).unwrap().to_text(), text);
    }
}
