//! `log`: which generations there were, and what each of them changed.

use std::collections::BTreeMap;

use crate::debian::suite::{Codename, Component};
use crate::published::history::{self, Generation};
use crate::published::{self, Expected, LoadError};
use crate::report::{GenerationChange, GenerationRecord};
use crate::snapshot::records::Records;
use crate::snapshot::state::State;
use crate::store::Store;

/// Returns the generations of distributions, newest first, at most `limit` of each.
///
/// Only `only` is looked at, if a codename is given. The records go back as far as they are kept.
///
/// # Errors
///
/// When what is published can't be read or is not to be trusted.
pub async fn log(
    store: &Store,
    expected: Expected<'_>,
    only: Option<&Codename>,
    limit: usize,
) -> Result<BTreeMap<Codename, Vec<GenerationRecord>>, LoadError> {
    let mut logs = BTreeMap::new();
    let heads = published::heads(store, expected).await?;
    for (codename, head) in heads {
        if only.is_none_or(|only| *only == codename) {
            let newest = Generation { release: head.release, state: head.state };
            let records = records(store, &codename, newest, limit).await?;
            logs.insert(codename, records);
        }
    }
    Ok(logs)
}

async fn records(
    store: &Store,
    codename: &Codename,
    newest: Generation,
    limit: usize,
) -> Result<Vec<GenerationRecord>, LoadError> {
    let mut records = Vec::new();
    let mut current = Some(newest);
    while let Some(generation) = current.take().filter(|_| records.len() < limit) {
        let parent = match &generation.state.parent {
            Some(parent) => history::parent(store, codename, parent).await?,
            None => None,
        };
        records.push(record(&generation, parent.as_ref()));
        current = parent;
    }
    Ok(records)
}

fn record(generation: &Generation, parent: Option<&Generation>) -> GenerationRecord {
    let Generation { release, state } = generation;
    GenerationRecord {
        generation: state.generation,
        date: release.date,
        tool: state.tool.clone(),
        manifest_sha256: state.manifest.sha256,
        git_commit: state.manifest.git_commit.clone(),
        plan: state.plan,
        allowed: state.allowed.clone(),
        rollback_of: state.rollback_of,
        is_removed: release.components.is_empty(),
        packages: state.packages.values().map(Records::len).sum(),
        change: match (parent, &state.parent) {
            (Some(parent), _) => change(&parent.state, state),
            (None, None) => GenerationChange::First,
            (None, Some(_)) => GenerationChange::Unknown,
        },
    }
}

fn change(before: &State, after: &State) -> GenerationChange {
    let (before, after) = (times(before), times(after));
    let lines = |of: &Times<'_>, is_told: &dyn Fn(&(&Component, &str), i64) -> bool| {
        let told = of.iter().filter(|(place, at)| is_told(place, **at));
        told.map(|((component, name), _)| format!("{component}: {name}")).collect()
    };
    GenerationChange::Packages {
        added: lines(&after, &|place, _| !before.contains_key(place)),
        removed: lines(&before, &|place, _| !after.contains_key(place)),
        // What gets another content is published anew.
        replaced: lines(&after, &|place, at| before.get(place).is_some_and(|was| *was != at)),
    }
}

/// `name version architecture` of every package, with its component, and when it was published.
type Times<'a> = BTreeMap<(&'a Component, &'a str), i64>;

fn times(state: &State) -> Times<'_> {
    let components = state.packages.iter();
    components
        .flat_map(|(component, records)| {
            records.iter().map(move |(name, record)| ((component, name), record.at))
        })
        .collect()
}
