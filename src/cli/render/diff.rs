//! What changed in a text, as a unified diff.

use std::path::Path;

use similar::TextDiff;

use crate::cli::terminal::{Style, Tone};
use crate::manifest;
use crate::text::printable;

/// Returns the lines of a manifest that differ, with those around them; secrets are masked.
pub fn render(path: &Path, before: &str, after: &str, style: Style) -> String {
    let [before, after] = [before, after].map(shown);
    let name = path.display().to_string();
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let diff = diff.unified_diff().header(&name, &name).to_string();
    diff.lines().map(|line| format!("{}\n", painted(line, style))).collect()
}

/// Returns a manifest without anything that may be a secret.
fn shown(text: &str) -> String {
    let problems = manifest::parse(text).err().unwrap_or_default();
    manifest::masked(text, &problems)
}

fn painted(line: &str, style: Style) -> String {
    // Tabs are no danger, and a diff without them could not be applied.
    let safe = line.trim_end_matches('\r').split('\t').map(printable);
    let safe = safe.collect::<Vec<_>>().join("\t");
    match line.as_bytes().first() {
        Some(b'+') => style.paint(Tone::Added, &safe),
        Some(b'-') => style.paint(Tone::Removed, &safe),
        Some(b'@') => style.paint(Tone::Faint, &safe),
        _ => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { colored: false, ascii: false };

    #[test]
    fn only_what_differs_is_shown_with_its_surroundings() {
        let before: String = (0..20).map(|number| format!("k{number} = 1\n")).collect();
        let after = before.replace("k10 = 1", "k10 = 2\nk = \"\u{202e}\"");
        assert_eq!(
            render(Path::new("repo.toml"), &before, &after, PLAIN),
            "--- repo.toml\n+++ repo.toml\n@@ -8,7 +8,8 @@\n k7 = 1\n k8 = 1\n k9 = 1\n-k10 = 1\n\
             +k10 = 2\n+k = \"\u{fffd}\"\n k11 = 1\n k12 = 1\n k13 = 1\n",
        );
        assert_eq!(render(Path::new("repo.toml"), &before, &before, PLAIN), "");
    }

    #[test]
    fn secrets_are_masked() {
        let before = "[signing.key.a]\nsecret = \"hunter2hunter2\"\n";
        let after = format!("{before}passphrase = \"hunter2hunter2\"\n");
        let diff = render(Path::new("repo.toml"), before, &after, PLAIN);
        assert!(diff.contains("+passphrase") && !diff.contains("hunter2"), "{diff}");
    }
}
