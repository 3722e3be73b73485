//! `repoman explain`

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::inputs::SourceArguments;
use crate::cli::project::{Project, known};
use crate::cli::render::fates::render;
use crate::cli::runtime::block_on;
use crate::cli::terminal::{Style, Terminal, Tone};
use crate::cli::{Global, exit, progress};
use crate::ops::plan::{Planned, Question, plan};
use crate::plan::fate::{Circumstances, Place, fates};
use crate::query::{Address, Query, Term};
use crate::report::{Document as _, ExplainDocument, Explanation, explanations};
use crate::store::Settings;
use crate::time::Timestamp;

/// Explain why versions are kept, removed or kept out, or what an error code means
///
/// An address is planned as an apply would be; nothing is written.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to explain: DISTRIBUTION/COMPONENT/ARCHITECTURE/PACKAGE or …/PACKAGE@VERSION, each part a
    /// pattern, or an error code such as RM1004 [default: list all codes]
    #[arg(value_name = "ADDRESS|CODE")]
    subject: Option<String>,
    /// Judge everything that depends on the time as of then (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Print what becomes of the versions as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: SourceArguments,
}

pub fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let text = match &arguments.subject {
        None => explanations()
            .map(|Explanation { code, title, .. }| format!("{code}  {title}\n"))
            .collect(),
        Some(subject) if subject.contains('/') => {
            let address = address(subject)?;
            block_on(versions(arguments, &address, global, terminal))?
        }
        Some(subject) => {
            let code = code(subject);
            let found = explanations().find(|explanation| explanation.code == code);
            page(found.ok_or_else(|| Failure::no_such_code(subject, &code))?, terminal.out)
        }
    };
    terminal.product(&text)?;
    Ok(exit::SUCCESS.into())
}

/// Returns what becomes of the versions that an address names.
async fn versions(
    arguments: &Arguments,
    address: &Address,
    global: &Global,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let mut project = Project::open(global, terminal)?;
    arguments.sources.point(&mut project, global)?;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    let question = Question {
        manifest: &project.manifest,
        root: &project.root(),
        demand: arguments.sources.demand(),
        known: &known(),
        is_later: &|commit| project.is_later(commit),
        now,
    };
    let observer = progress::observer(terminal);
    let planned = plan(question, &project.store(Settings::JOBS), observer.as_ref()).await?;
    arguments.sources.are_there(&planned.offers)?;
    let circumstances = Circumstances {
        manifest: &project.manifest,
        offers: &planned.offers,
        published: &planned.published.snapshot,
        desired: &planned.desired,
        plan: &planned.plan,
        now,
    };
    let found = fates(circumstances, &|place| names(address, place, &planned));
    if found.is_empty() {
        let all = fates(circumstances, &|_| true);
        return Err(Failure::nothing_there(&address.to_string(), &all));
    }
    Ok(match arguments.json {
        true => ExplainDocument::new(&found).to_text(),
        false => render(&found, terminal.out),
    })
}

fn address(subject: &str) -> Result<Address, Failure> {
    match subject.parse() {
        Ok(Query::Term(Term::Address(address))) => Ok(address),
        Ok(_) => Err(Failure::no_address(subject)),
        Err(error) => Err(Failure::query(subject, &error)),
    }
}

/// Tells whether an address names a version; one for all architectures is at home in each.
fn names(address: &Address, place: &Place<'_>, planned: &Planned) -> bool {
    let Place { codename, component, id } = place;
    let snapshots = [&planned.desired.snapshot, &planned.published.snapshot];
    let distribution = snapshots.iter().find_map(|it| it.distributions.get(*codename));
    let others = distribution.filter(|_| id.architecture.is_all());
    let others = others.map(|distribution| &distribution.architectures[..]).unwrap_or_default();
    let all = || std::iter::once(&id.architecture).chain(others).map(|own| own.as_str());
    address.names((codename.as_str(), component.as_str()), all, id)
}

/// Returns a code as it is written, from what people type and paste: `rm1004`, `error[RM1004]:`.
fn code(subject: &str) -> String {
    let pasted = subject.trim_start_matches("error[").trim_start_matches("warning[");
    let code = pasted.trim_end_matches([':', ']']).to_ascii_uppercase();
    if code.starts_with(|c: char| c.is_ascii_digit()) { format!("RM{code}") } else { code }
}

fn page(explanation: Explanation, style: Style) -> String {
    let Explanation { code, title, text } = explanation;
    format!("{}\n\n{text}\n", style.paint(Tone::Strong, &format!("{code}: {title}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_taken_as_people_type_and_paste_them() {
        for typed in
            ["RM1004", "rm1004", "1004", "error[RM1004]:", "error[RM1004]", "warning[RM1004]"]
        {
            assert_eq!(code(typed), "RM1004", "{typed}");
        }
    }
}
