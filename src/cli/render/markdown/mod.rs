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

use crate::plan::Plan;
use crate::report::PlanContext;

use escape::marked;

/// What a plan is about, beside what it does.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The repository's name.
    pub repository: String,
    /// What the plan was made from.
    pub context: PlanContext,
    /// What clients of new distributions will use: lines of a `.sources` file.
    pub clients: String,
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
