//! A plan in Markdown, for the pull request that causes it.
//!
//! It begins with a comment that nobody sees, by which the next run finds what this one has posted.
//! Dangers come first, then what leaves, then the rest. Pull requests take 65,536 characters, so
//! what doesn't fit is told in fewer words, level by level; removals and dangers stay in any case.
//! Whatever comes from packages, files and the manifest passes through [`escape`].

pub mod escape;
mod sections;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::plan::{Baseline, Deed, Division, Plan};
use crate::report::PlanContext;

use escape::marked;

/// What a plan is about, beside what it does.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What the plan was made from.
    pub context: PlanContext,
    /// What clients of new distributions will use: lines of a `.sources` file.
    pub clients: String,
    /// What the plan is held against, if anything.
    pub against: Option<Against>,
}

/// The manifest before a change, and what that makes of a plan.
#[derive(Debug, Clone)]
pub struct Against {
    /// What was asked for: a commit or a file.
    pub name: String,
    /// What the change causes, and what would happen anyway.
    pub division: Division,
    /// What would happen without the change, and does not with it.
    pub prevented: Vec<Deed>,
    /// The ids of the dangers that the plan would have anyway.
    pub known: BTreeSet<String>,
}

impl Against {
    /// Holds a plan against what would happen by the manifest of that name.
    pub fn new(name: &str, baseline: &Baseline, plan: &Plan) -> Self {
        let ids = plan.dangers.iter().map(|danger| &danger.id);
        Self {
            name: name.to_owned(),
            division: baseline.divide(plan),
            prevented: baseline.prevented(plan),
            known: ids.filter(|id| baseline.has_danger(id)).cloned().collect(),
        }
    }
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// All there is.
    Whole,
    /// Additions are counted by component, and repairs altogether.
    Counted,
    /// Removals have no reasons, and dangers no advice; notes are left out.
    Terse,
    /// Removals are lines of a package and its versions, dangers are their ids.
    Bare,
}

impl Level {
    const ALL: [Self; 4] = [Self::Whole, Self::Counted, Self::Terse, Self::Bare];
}

/// Returns a plan in at most `budget` bytes, or with nothing but removals and dangers where these
/// need more.
pub fn render(plan: &Plan, subject: &Subject, budget: usize) -> String {
    let mut text = String::new();
    for level in Level::ALL {
        text = sections::document(plan, subject, level);
        if text.len() <= budget {
            break;
        }
    }
    text
}

/// Returns what tells that there is no plan, and why, in about `budget` bytes.
///
/// `report` is what the terminal shows of the failure.
pub fn failed(repository: &str, environment: Option<&str>, report: &str, budget: usize) -> String {
    let shown: String = report
        .lines()
        .scan(0, |length, line| {
            *length += line.len() + 1;
            (*length <= budget.saturating_sub(500)).then(|| format!("{line}\n"))
        })
        .collect();
    let rest =
        if shown.lines().count() < report.lines().count() { "\nThe log has more.\n" } else { "" };
    let marker = marker(repository, environment);
    let name = escape::code(repository);
    format!("{marker}### {name}: no plan\n\n{}{rest}", escape::fenced("text", &shown))
}

/// Returns the line that marks what is about this repository in this environment.
fn marker(repository: &str, environment: Option<&str>) -> String {
    let environment = environment.map(|name| format!(" env={}", marked(name)));
    format!("<!-- repoman plan of={}{} -->\n", marked(repository), environment.unwrap_or_default())
}
