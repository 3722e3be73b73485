//! A publish for people and for other programs: by which rules, what it adds, what came of it.

use std::collections::BTreeMap;

use crate::apt::path;
use crate::cli::commands::version::TOOL;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::render::outcome::applied;
use crate::cli::render::plan::{Look, render};
use crate::cli::render::report::sources;
use crate::cli::terminal::{Style, Terminal};
use crate::debian::suite::Codename;
use crate::ops::apply::Applied;
use crate::ops::plan::Planned;
use crate::ops::publish::Rules;
use crate::plan::offer::Offering;
use crate::report::{
    Document, ManifestContext, PlanContext, PlanDocument, PublishDocument, PublishStatus,
};
use crate::text::plural;

/// A publish to a store by rules.
#[derive(Clone, Copy)]
pub struct Publication<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// The store.
    pub url: &'a str,
}

impl Publication<'_> {
    /// Returns a plan, from the heading that names the rules to the totals.
    pub fn report(&self, planned: &Planned, terminal: &Terminal) -> String {
        let heading = format!("{TOOL}   {}   {}\n\n", self.by_which_rules(), self.url);
        if planned.plan.is_empty() {
            return heading + &nothing_to_do(planned);
        }
        let look = Look { style: terminal.err, verbosity: terminal.verbosity };
        heading + &render(&planned.plan, false, look)
    }

    /// Returns what was published.
    pub fn outcome(&self, planned: &Planned, published: &[Applied], style: Style) -> String {
        applied(&planned.plan, published, style)
    }

    /// Returns a plan and what came of it, as a document for other programs.
    pub fn document(
        &self,
        planned: &Planned,
        published: &[Applied],
        status: PublishStatus,
    ) -> String {
        let digest = self.rules.manifest.digest;
        let context = PlanContext {
            tool: TOOL.to_owned(),
            repository: self.rules.manifest.repository.name.clone(),
            manifest: ManifestContext {
                path: path::manifest(&digest),
                sha256: digest.to_string(),
                git_commit: self.rules.git_commit.clone(),
                env: self.rules.manifest.environment.clone(),
            },
            store: self.url.to_owned(),
            sources: sources(planned, &BTreeMap::new()),
        };
        let plan = PlanDocument::new(&planned.plan, context);
        PublishDocument::new(plan, status, generations(published)).to_text()
    }

    /// Returns which manifest says what is let in, and since which generation.
    fn by_which_rules(&self) -> String {
        let Rules { manifest, git_commit, from: (codename, generation), .. } = self.rules;
        let commit = git_commit.as_ref().map(|id| format!(" @ {}", &id[..id.len().min(7)]));
        format!(
            "rules of manifest {}{} ({codename}, generation {generation})",
            &manifest.digest.to_string()[..7],
            commit.unwrap_or_default()
        )
    }
}

/// Returns the document of a run that failed, with what was published before.
pub fn failed(failure: &Failure, published: &[Applied]) -> String {
    let status = match failure.status() {
        exit::CONFLICT => PublishStatus::Superseded,
        _ => PublishStatus::Failed,
    };
    PublishDocument::failed(status, failure.documents(), generations(published)).to_text()
}

fn generations(published: &[Applied]) -> impl Iterator<Item = (Codename, u64)> {
    published.iter().map(|one| (one.codename.clone(), one.generation))
}

fn nothing_to_do(planned: &Planned) -> String {
    let offerings = planned.offers.sources.values().flat_map(|offer| &offer.offerings);
    let name = |offering: &Offering| offering.file.id().to_string();
    let mut names: Vec<_> = offerings.map(name).collect();
    names.sort();
    names.dedup();
    match &names[..] {
        [name] => format!("Nothing to do: {name} is published already.\n"),
        names => {
            let files = plural(names.len(), "package file");
            format!("Nothing to do: all {files} are published already.\n")
        }
    }
}
