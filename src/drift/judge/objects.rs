//! Objects that no distribution decides about alone: packages, sources entries, strangers.

use super::{Judge, item};
use crate::apt::path;
use crate::apt::sources_entry::SourcesEntry;
use crate::drift::Listed;
use crate::report::{DriftItem, DriftKind, Severity};

impl Judge<'_> {
    /// Holds the listing against what the indices list.
    pub(super) fn packages(&mut self) {
        for (key, listed) in &self.listed {
            let there = self.facts.objects.get(*key);
            let missing = match there {
                Some(entry) if entry.size == listed.size => continue,
                Some(entry) => DriftItem {
                    expected: Some(plural_bytes(listed.size)),
                    actual: Some(plural_bytes(entry.size)),
                    ..item(Severity::Breaking, DriftKind::Altered, *key)
                },
                None if self.facts.unknown.contains_key(*key) => DriftItem {
                    actual: self.facts.unknown.get(*key).cloned(),
                    ..item(Severity::Breaking, DriftKind::Unreachable, *key)
                },
                None => item(Severity::Breaking, DriftKind::Missing, *key),
            };
            self.items.push(DriftItem { referenced_by: listed.indices(), ..missing });
        }
    }

    /// Holds the digests that were taken against those that are due.
    pub(super) fn contents(&mut self) {
        let facts = self.facts;
        if facts.digests.is_empty() {
            return;
        }
        for (key, due) in facts.digests_due() {
            let Some(found) = facts.digests.get(&key).filter(|found| **found != due) else {
                continue;
            };
            let by = self.listed.get(key.as_str()).map(Listed::indices);
            self.items.push(DriftItem {
                expected: Some(format!("SHA256 {due}")),
                actual: Some(format!("SHA256 {found}")),
                referenced_by: by.unwrap_or_default(),
                ..item(Severity::Breaking, DriftKind::Altered, key)
            });
        }
    }

    pub(super) fn entries(&mut self) {
        for (key, entry) in &self.expected.entries {
            let Some(found) = self.facts.distributions.get(&entry.suite) else { continue };
            let Ok(release) = &found.release else { continue };
            // What is declared but not published yet is no drift.
            let entry = SourcesEntry { components: release.components.clone(), ..entry.clone() };
            let kind = match self.facts.entries.get(key) {
                Some(bytes) if *bytes == entry.to_text() => continue,
                Some(_) => DriftKind::Altered,
                None => DriftKind::Missing,
            };
            let actual = (kind == DriftKind::Altered).then(|| "another content".to_owned());
            let expected = Some(format!("the sources entry of {}", entry.suite));
            let item = item(Severity::Cosmetic, kind, key);
            self.items.push(DriftItem { expected, actual, repairable: true, ..item });
        }
    }

    /// Finds objects that nothing here has written.
    pub(super) fn names(&mut self) {
        let listed = &self.listed;
        let name = &self.expected.name;
        let is_foreign = |key: &&String| {
            // A repository that was taken over keeps the names that it had.
            !path::is_known(key, name) && !listed.contains_key(key.as_str())
        };
        let foreign = self.facts.objects.keys().filter(is_foreign);
        let foreign = foreign.chain(&self.facts.unlistable);
        let foreign = foreign.filter(|key| !self.expected.unmanaged.matches(key));
        self.items.extend(
            foreign.map(|key| item(Severity::Cosmetic, DriftKind::Unexpected, key.as_str())),
        );
    }
}

fn plural_bytes(size: u64) -> String {
    if size == 1 { "1 byte".to_owned() } else { format!("{size} bytes") }
}
