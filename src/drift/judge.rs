//! From facts to items: pure, and in a defined order.

mod objects;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use super::{Content, DistributionFacts, Expected, Facts, FileFacts, Listed, Seal, View};
use crate::apt::path;
use crate::apt::release::Release;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::{Base, Copies};
use crate::report::{Drift, DriftItem, DriftKind, Seen, Severity};
use crate::snapshot::state::State;
use crate::text::plural;
use crate::time::{Span, Timestamp, day};

/// `Valid-Until` is told when less of the time is left than this part of the whole: by then applies
/// that run at all would have renewed it, as they do at half of it.
const NOTICE: u64 = 4;

/// Returns what is wrong in a store.
pub fn judge(facts: &Facts, expected: &Expected) -> Drift {
    let mut judge = Judge { facts, expected, listed: facts.listed(), items: Vec::new() };
    for (codename, distribution) in &facts.distributions {
        judge.distribution(codename, distribution);
    }
    judge.vanished();
    if facts.view == View::Inside {
        judge.descriptor();
    }
    judge.keyring();
    judge.packages();
    judge.contents();
    judge.entries();
    judge.names();
    let Judge { mut items, listed, .. } = judge;
    for item in items.iter_mut().filter(|item| item.kind == DriftKind::Missing) {
        let status = facts.denied.get(&item.object);
        item.actual = item.actual.take().or(status.map(|status| format!("HTTP status {status}")));
    }
    if facts.view == View::Outside {
        // It may as well be a cache that has to be emptied.
        items.iter_mut().for_each(|item| item.repairable = false);
    }
    items.sort();
    let unguarded = facts.trial.as_ref().and_then(|trial| trial.fault.clone());
    Drift { items, generations: generations(facts), unguarded, seen: seen(facts, listed.len()) }
}

fn generations(facts: &Facts) -> BTreeMap<Codename, Base> {
    let base = |(codename, distribution): (&Codename, &DistributionFacts)| {
        let generation = distribution.state.as_ref()?.generation;
        let inrelease_sha256 = Sha256::of(&distribution.object.bytes);
        Some((codename.clone(), Base { generation, inrelease_sha256 }))
    };
    facts.distributions.iter().filter_map(base).collect()
}

fn seen(facts: &Facts, packages: usize) -> Seen {
    Seen {
        objects: facts.objects.len() + facts.unlistable.len(),
        indices: facts.distributions.values().map(|distribution| distribution.files.len()).sum(),
        packages,
        hashed: facts.digests.len(),
    }
}

struct Judge<'a> {
    facts: &'a Facts,
    expected: &'a Expected,
    /// The package files that indices list.
    listed: BTreeMap<&'a str, Listed>,
    items: Vec<DriftItem>,
}

/// Returns an item without particulars.
fn item(severity: Severity, kind: DriftKind, object: impl Into<String>) -> DriftItem {
    DriftItem {
        severity,
        object: object.into(),
        kind,
        expected: None,
        actual: None,
        referenced_by: BTreeSet::new(),
        repairable: false,
    }
}

impl Judge<'_> {
    fn distribution(&mut self, codename: &Codename, found: &DistributionFacts) {
        let is_listed = found.release.as_ref().is_ok_and(|r| r.file(path::STATE).is_some());
        let is_ours =
            self.expected.declared.contains(codename) || self.last_in_history(codename).is_some();
        if !is_listed && !is_ours {
            // Somebody else's distribution beside ours concerns no client of ours.
            if self.expected.unmanaged.matches(&found.key) {
                return;
            }
            return self.items.push(DriftItem {
                actual: Some("another tool's distribution".to_owned()),
                ..item(Severity::Cosmetic, DriftKind::NotMine, &found.key)
            });
        }
        let fault = self.signature(codename, found);
        let is_vouched = fault.is_none();
        self.items.extend(fault);
        self.files(codename, found);
        match (&found.release, &found.state) {
            (Err(reason), _) => self.items.push(DriftItem {
                actual: Some(reason.clone()),
                ..item(Severity::Breaking, DriftKind::Unreadable, &found.key)
            }),
            (Ok(_), None) if !is_listed => self.items.push(DriftItem {
                actual: Some("a Release file that lists no state".to_owned()),
                ..item(Severity::Breaking, DriftKind::NotMine, &found.key)
            }),
            (Ok(release), state) => {
                self.validity(found, release);
                if let Some(state) = state {
                    self.identity(codename, found, state);
                    self.history(codename, found, state);
                    // Nobody has kept a record of what a stranger wrote.
                    if is_vouched && self.facts.view == View::Inside {
                        self.records(codename, found, state);
                    }
                }
            }
        }
        self.copies(codename, found);
    }

    fn files(&mut self, codename: &Codename, found: &DistributionFacts) {
        for FileFacts { key, index, content, has_copy } in &found.files {
            let (kind, actual) = match content {
                Content::Intact => continue,
                Content::Missing => (DriftKind::Missing, None),
                Content::Altered => (DriftKind::Altered, Some("another content".to_owned())),
                Content::Unreadable(reason) => (DriftKind::Unreadable, Some(reason.clone())),
            };
            // Any one of the forms of an index gives the others; a state has only one, and no copy.
            let is_intact =
                |other: &FileFacts| other.index == *index && other.content == Content::Intact;
            // A list of files is made again from the packages.
            let is_made_of_packages = index.as_deref().is_some_and(path::is_contents);
            let is_left = *has_copy || is_made_of_packages || found.files.iter().any(is_intact);
            let repairable =
                index.is_some() && is_left && !matches!(content, Content::Unreadable(_));
            let index = index.as_ref().map(|index| format!("{codename}/{index}"));
            self.items.push(DriftItem {
                expected: actual.is_some().then(|| "the file that Release lists".to_owned()),
                actual,
                repairable,
                referenced_by: [index.unwrap_or_else(|| codename.to_string())].into(),
                ..item(Severity::Breaking, kind, key)
            });
        }
    }

    fn validity(&mut self, found: &DistributionFacts, release: &Release) {
        let Some(until) = release.valid_until else { return };
        let now = self.expected.now;
        let whole = Span::between(release.date, until).as_seconds();
        if Span::between(now, until) > Span::seconds(whole / NOTICE) {
            return;
        }
        let severity = if until <= now { Severity::Breaking } else { Severity::Expiring };
        self.items.push(DriftItem {
            actual: Some(format!(
                "Valid-Until {}; not published since {}",
                date(until, now),
                day(release.date)
            )),
            ..item(severity, DriftKind::ValidUntil, &found.key)
        });
    }

    /// Finds a Release that is signed all right, but was put where it does not belong.
    fn identity(&mut self, codename: &Codename, found: &DistributionFacts, state: &State) {
        let is_elsewhere =
            state.repository != self.expected.name || state.codename != codename.as_str();
        if is_elsewhere {
            self.items.push(DriftItem {
                expected: Some(format!("{codename} of `{}`", self.expected.name)),
                actual: Some(format!("{} of `{}`", state.codename, state.repository)),
                ..item(Severity::Security, DriftKind::NotMine, &found.key)
            });
        }
    }

    /// Finds an earlier generation that was put back.
    ///
    /// A writer that lost leaves a record of the next generation. One after that is only there if
    /// the next was published.
    fn history(&mut self, codename: &Codename, found: &DistributionFacts, state: &State) {
        let last = self.last_in_history(codename).unwrap_or_default();
        if last > state.generation.saturating_add(1) {
            self.items.push(DriftItem {
                expected: Some(format!("generation {} or later", last - 1)),
                actual: Some(format!("generation {}", state.generation)),
                ..item(Severity::Security, DriftKind::PutBack, &found.key)
            });
        }
    }

    fn last_in_history(&self, codename: &Codename) -> Option<u64> {
        let keys = self.facts.objects.keys();
        keys.filter_map(|key| path::generation_in_history(codename, key)).max()
    }

    /// Looks for what is kept beside a generation.
    fn records(&mut self, codename: &Codename, found: &DistributionFacts, state: &State) {
        let digest = Sha256::of(&found.object.bytes);
        let records = [
            path::history(codename, state.generation, &digest),
            path::manifest(&state.manifest.sha256),
        ];
        for key in records.into_iter().filter(|key| !self.facts.objects.contains_key(key)) {
            let missing = DriftItem {
                expected: Some(format!("the record of {codename} generation {}", state.generation)),
                ..item(Severity::Cosmetic, DriftKind::Missing, key)
            };
            self.items.push(missing);
        }
    }

    fn copies(&mut self, codename: &Codename, found: &DistributionFacts) {
        let Some(state) = &found.state else { return };
        let actual = match (found.copies, &found.seal) {
            (_, Seal::Broken(reason)) => {
                format!("Release.gpg is no signature of the Release beside it: {reason}")
            }
            (Copies::Behind, _) | (_, Seal::Outdated) => {
                format!("not those of generation {}", state.generation)
            }
            (Copies::Current, Seal::Unchecked | Seal::Holds) => return,
        };
        self.items.push(DriftItem {
            actual: Some(actual),
            repairable: found.copies == Copies::Behind,
            ..item(Severity::Cosmetic, DriftKind::CopiesBehind, path::in_distribution(codename, ""))
        });
    }

    /// Looks for what says whose store it is.
    fn descriptor(&mut self) {
        let is_published = self.facts.distributions.values().any(|found| found.state.is_some());
        if is_published && !self.facts.objects.contains_key(path::STORE_DESCRIPTOR) {
            let descriptor = path::STORE_DESCRIPTOR;
            self.items.push(item(Severity::Cosmetic, DriftKind::Missing, descriptor));
        }
    }

    /// Finds declared distributions that were published and have no commit point any more.
    fn vanished(&mut self) {
        for codename in &self.expected.declared {
            if self.facts.distributions.contains_key(codename) {
                continue;
            }
            let generation = self.last_in_history(codename);
            let expected = match self.facts.view {
                View::Inside => generation.map(|generation| format!("generation {generation}")),
                // Nobody can tell from here whether it was ever applied.
                View::Outside => Some("declared in the manifest".to_owned()),
            };
            if expected.is_some() {
                self.items.push(DriftItem {
                    expected,
                    ..item(Severity::Breaking, DriftKind::Missing, path::in_release(codename))
                });
            }
        }
    }
}

/// Returns a date with its distance: `2026-11-22 (in 2 days)`.
fn date(at: Timestamp, now: Timestamp) -> String {
    let days = |seconds: i64| plural((seconds / 86_400) as usize, "day");
    let distance = at.as_second() - now.as_second();
    if distance < 0 {
        format!("{} ({} ago)", day(at), days(-distance))
    } else {
        format!("{} (in {})", day(at), days(distance))
    }
}
