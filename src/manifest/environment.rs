//! `[env.*]`: where else the same repository lives. An environment says where and who, never what.
//!
//! The keys of the chosen environment stand before those of the manifest; nothing is merged below
//! a key.

use std::collections::BTreeSet;

use super::code;
use super::problem::{Problem, near, quoted, shortened};
use super::rules::check_name;
use super::section::{Section, Text};
use super::{limits, repository, signing, store};

/// The environments of a manifest, in the order of their names.
pub(super) struct Environments<'a> {
    tables: Vec<(Text<'a>, Section<'a>)>,
}

impl<'a> Environments<'a> {
    /// Finds all environments.
    pub(super) fn of(root: &Section<'a>, problems: &mut Vec<Problem>) -> Self {
        let tables = root.sections("env");
        for (name, _) in &tables {
            check_name(name, "environment", problems);
        }
        Self { tables }
    }

    /// Returns the manifest as the chosen environment has it.
    ///
    /// Where there are environments, one has to be chosen: a publication should never go to the
    /// wrong place because somebody forgot to say which.
    pub(super) fn choose(
        &self,
        chosen: Option<&str>,
        root: &Section<'a>,
        problems: &mut Vec<Problem>,
    ) -> Section<'a> {
        match chosen {
            None if self.tables.is_empty() => {}
            None => problems.push(self.not_chosen()),
            Some(chosen) => match self.tables.iter().find(|(name, _)| name.text == chosen) {
                Some((_, table)) => return root.below(table),
                None => problems.push(self.unknown(chosen)),
            },
        }
        root.clone()
    }

    /// Checks the environments that were not chosen, so that a mistake in one shows at once.
    pub(super) fn check_others(
        &self,
        chosen: Option<&str>,
        root: &Section<'a>,
        problems: &mut Vec<Problem>,
    ) {
        let signers = self.signers(root);
        let mut found = Vec::new();
        for (_, table) in self.tables.iter().filter(|(name, _)| Some(name.text) != chosen) {
            let root = root.below(table);
            let section = |key: &str| root.section(key);
            section("repository").and_then(|table| repository::read(&table, &mut found));
            section("store").and_then(|table| store::read(&table, &mut found));
            section("signing").map(|table| signing::read(&table, &signers, &mut found));
            section("limits").map(|table| limits::read(&table));
        }
        for problem in found {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }

    /// Returns the names of all keys that sign in some environment, or without any.
    pub(super) fn signers(&self, root: &Section<'a>) -> BTreeSet<&'a str> {
        let environments = self.tables.iter().map(|(_, table)| root.below(table));
        let views = environments.chain([root.clone()]);
        let keys = views.filter_map(|view| view.section("signing")?.texts("keys"));
        keys.flatten().map(|key| key.text).collect()
    }

    fn names(&self) -> String {
        shortened(self.tables.iter().map(|(name, _)| name.text))
    }

    /// Returns the environment that stands first in the file.
    fn first(&self) -> Option<&Text<'a>> {
        self.tables.iter().map(|(name, _)| name).min_by_key(|name| name.span.start)
    }

    fn not_chosen(&self) -> Problem {
        let span = self.first().map_or(0..0, |name| name.span.clone());
        Problem::error(code::ENVIRONMENT, span, "no environment is chosen".to_owned())
            .label("one of these")
            .help(format!("--env NAME or REPOMAN_ENV chooses one: {}", self.names()))
    }

    fn unknown(&self, chosen: &str) -> Problem {
        let first = self.first().map(|name| name.span.clone());
        let message = format!("there is no environment {}", quoted(chosen));
        let problem = Problem::error(code::ENVIRONMENT, first.clone().unwrap_or(0..0), message);
        let problem = Problem { span: first, ..problem };
        if self.tables.is_empty() {
            let help = "the manifest has none; leave out --env, and unset REPOMAN_ENV";
            return problem.help(help);
        }
        let label = match near(chosen, self.tables.iter().map(|(name, _)| name.text)) {
            Some(better) => format!("did you mean {}?", quoted(better)),
            None => "none of these".to_owned(),
        };
        problem.label(label).help(format!("--env names one of {}", self.names()))
    }
}
