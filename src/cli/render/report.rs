//! A plan with everything that it was made from, for people and for other programs.

use std::collections::BTreeMap;

use crate::apt::sources_entry::SourcesEntry;
use crate::cli::base::Base;
use crate::cli::commands::version::TOOL;
use crate::cli::project::{Commit, Project};
use crate::cli::render::division;
use crate::cli::render::markdown::{Against, Subject};
use crate::cli::render::plan::{Look, render};
use crate::cli::terminal::{Terminal, Verbosity};
use crate::ops::client_files;
use crate::ops::plan::Planned;
use crate::plan::DistributionStatus;
use crate::plan::offer::{Presence, SourceOffer};
use crate::report::{ManifestContext, PlanContext, PlanDocument, SourceContext};
use crate::text::{plural, printable};

/// Returns a plan for people, from the heading to what clients need, held against a base if there is
/// one.
pub fn report(project: &Project, planned: &Planned, base: Option<&Base>, look: Look) -> String {
    let (plan, is_empty) = (&planned.plan, planned.published.heads.is_empty());
    let plan = match base {
        None => render(plan, is_empty, look),
        Some(base) => division::render(plan, base, is_empty, look),
    };
    framed(project, planned, look, &plan)
}

/// Returns the text of a plan with everything around it.
fn framed(project: &Project, planned: &Planned, look: Look, plan: &str) -> String {
    let commit = project.commit().map(|commit| format!(" @ {}", commit.short()));
    let environment = project.manifest.environment.as_ref().map(|name| format!("   env.{name}"));
    let mut out = format!(
        "{TOOL}   {}{}{}   {}\n\n",
        project.path.display(),
        commit.unwrap_or_default(),
        environment.unwrap_or_default(),
        project.manifest.store.url
    );
    out += plan;
    for (name, pattern) in &project.inputs {
        out += &format!("In this run source.{name} is {} (--input).\n", printable(pattern));
    }
    for (name, offer) in &planned.offers.sources {
        let place = offer.absent.values().next().map(|place| place.display());
        if let (Presence::Absent, Some(place)) = (offer.presence, place) {
            out += &format!("Not in this run: source.{name} ({place} does not exist).\n");
        }
        out += &left_out(name, offer, look.verbosity);
    }
    let entries = sources_entries(project, planned);
    if !entries.is_empty() {
        out += "\nClients will use:\n";
        out.extend(entries.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n"));
    }
    out
}

/// Returns which files the rules of a source keep out.
fn left_out(name: &str, offer: &SourceOffer, verbosity: Verbosity) -> String {
    if offer.left_out.is_empty() {
        return String::new();
    }
    let files = plural(offer.left_out.len(), "file");
    if verbosity < Verbosity::Verbose {
        return format!("Left out by `packages` of source.{name}: {files} (-v names them).\n");
    }
    let paths = offer.left_out.iter().map(|path| format!("\n  {}", path.display()));
    format!("Left out by `packages` of source.{name}:{}\n", paths.collect::<String>())
}

/// Returns a rollback's plan for people.
pub fn change(project: &Project, planned: &Planned, terminal: &Terminal) -> String {
    let heading = format!("{TOOL}   {}\n\n", project.manifest.store.url);
    if planned.plan.is_empty() {
        return heading + "Nothing to do: this is what is published.\n";
    }
    let look = Look { style: terminal.err, verbosity: terminal.verbosity };
    heading + &render(&planned.plan, false, look)
}

/// Returns what clients of distributions that a plan creates will have to use.
fn sources_entries(project: &Project, planned: &Planned) -> String {
    let is_new = |codename| {
        let distribution = planned.plan.distributions.get(codename);
        distribution.is_some_and(|plan| plan.status == DistributionStatus::New)
    };
    let entries = client_files::entries(&project.manifest, &project.root());
    let new: Vec<_> = entries.iter().filter(|entry| is_new(&entry.suite)).collect();
    let texts = new.into_iter().map(SourcesEntry::to_text);
    texts.collect::<Vec<_>>().join("\n")
}

/// Returns what reviewers of a plan have to know beside what it does.
pub fn subject(project: &Project, planned: &Planned, base: Option<&Base>) -> Subject {
    let against = |Base { name, baseline, .. }: &Base| Against::new(name, baseline, &planned.plan);
    Subject {
        against: base.map(against),
        context: context(project, planned),
        clients: sources_entries(project, planned),
    }
}

/// Returns a plan as a document for other programs, held against a base if there is one.
pub fn document(project: &Project, planned: &Planned, base: Option<&Base>) -> PlanDocument {
    let document = PlanDocument::new(&planned.plan, context(project, planned));
    match base {
        None => document,
        Some(Base { name, sha256, baseline }) => {
            document.against(name, sha256.as_ref(), &planned.plan, baseline)
        }
    }
}

/// Returns what a plan was made from.
fn context(project: &Project, planned: &Planned) -> PlanContext {
    PlanContext {
        tool: TOOL.to_owned(),
        repository: project.manifest.repository.name.clone(),
        manifest: ManifestContext {
            path: project.path.display().to_string(),
            sha256: project.manifest.digest.to_string(),
            env: project.manifest.environment.clone(),
            git_commit: project.commit().and_then(Commit::exact),
        },
        store: project.manifest.store.url.to_string(),
        sources: sources(planned, &project.inputs),
    }
}

/// Returns the sources of a run, with the patterns that some have in this run only.
pub fn sources(planned: &Planned, inputs: &BTreeMap<String, String>) -> Vec<SourceContext> {
    let source = |(name, offer): (&String, &SourceOffer)| {
        let promoted = planned.desired.sourcing.promoted.get(name);
        SourceContext {
            name: name.clone(),
            present: offer.presence == Presence::Present || promoted.is_some(),
            files: promoted.copied().unwrap_or(offer.offerings.len()),
            place: offer.absent.values().next().map(|place| place.display().to_string()),
            input: inputs.get(name).cloned(),
        }
    };
    planned.offers.sources.iter().map(source).collect()
}
