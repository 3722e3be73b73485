//! `[allow]`: dangers that somebody has accepted, each by its id and with the reason.
//!
//! Which dangers a plan has is the planner's business. Here is only what their ids look like, so
//! that a misspelt one is found before anything is planned.

use std::collections::BTreeMap;

use super::code;
use super::distribution::Declared;
use super::exception::Reason;
use super::problem::{Problem, alternatives, near, quoted, shortened};
use super::section::{Section, Text};

/// What a danger is about, and so what follows its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// A distribution, or something in it.
    Distribution,
    /// A field of a distribution's Release: `bookworm.label`.
    Field,
    /// A source.
    Source,
    /// The repository as a whole; any text.
    Repository,
    /// None that could be allowed here: what to do instead.
    Elsewhere(&'static str),
}

/// Every code that the id of a danger begins with.
const DANGERS: &[(&str, Subject)] = &[
    ("dist-removed", Subject::Elsewhere("add to [removed]: \"DISTRIBUTION\" = \"why\"")),
    (
        "component-removed",
        Subject::Elsewhere("add to [removed]: \"DISTRIBUTION/COMPONENT\" = \"why\""),
    ),
    (
        "arch-removed",
        Subject::Elsewhere("add to [removed]: \"DISTRIBUTION/*/ARCHITECTURE\" = \"why\""),
    ),
    ("release-field", Subject::Field),
    ("key-dropped", Subject::Distribution),
    ("signing-off", Subject::Elsewhere("publish what is to be unsigned to an empty prefix")),
    ("signing-on", Subject::Distribution),
    ("mass-removal", Subject::Distribution),
    ("package-gone", Subject::Distribution),
    ("content-changed", Subject::Distribution),
    ("newest-lowered", Subject::Distribution),
    ("breaks-depends", Subject::Distribution),
    ("source-empty", Subject::Source),
    ("source-shrank", Subject::Source),
    ("older-manifest", Subject::Repository),
    ("not-mine", Subject::Elsewhere("take it over by `repoman adopt`, or name an empty prefix")),
    ("wrong-repository", Subject::Elsewhere("correct `url` of [store] or `name` of [repository]")),
];

/// The fields of a Release that the danger `release-field` is about.
const FIELDS: [&str; 7] =
    ["origin", "label", "suite", "codename", "version", "notautomatic", "butautomaticupgrades"];

/// What the ids of dangers can name.
pub(super) struct Context<'a> {
    pub(super) distributions: &'a [Declared<'a>],
    /// The names of the sources.
    pub(super) sources: &'a [Text<'a>],
}

/// Reads the section: the reasons by id.
pub(super) fn read(
    section: &Section<'_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Reason> {
    let mut allowed = BTreeMap::new();
    for (id, reason) in section.entries() {
        problems.extend(fault(&id, context));
        allowed.insert(id.text.to_owned(), Reason::of(&id, &reason));
    }
    allowed
}

fn fault(id: &Text<'_>, context: &Context<'_>) -> Option<Problem> {
    let Some((code, address)) = id.text.split_once(':') else { return Some(no_address(id)) };
    let Some((_, subject)) = DANGERS.iter().find(|(danger, _)| *danger == code) else {
        return Some(unknown(id, code));
    };
    if let Subject::Elsewhere(remedy) = subject {
        let message = format!("{} can't be allowed", quoted(code));
        let problem = Problem::error(code::NOT_ALLOWABLE, id.span.clone(), message);
        return Some(problem.label("no line here would do").help(remedy));
    }
    address_fault(*subject, address, context).map(|(label, help)| {
        let message = format!("{} names nothing that can be in danger", quoted(id.text));
        let at = id.part(code.len() + 1..id.text.len());
        Problem::error(code::DANGER_ADDRESS, at, message).label(label).help(help)
    })
}

fn no_address(id: &Text<'_>) -> Problem {
    let known = DANGERS.iter().find(|(danger, _)| *danger == id.text);
    let codes = DANGERS.iter().map(|(danger, _)| *danger);
    let label = match near(id.text, codes) {
        Some(_) if known.is_some() => "a danger of what?".to_owned(),
        Some(code) => format!("did you mean \"{code}:…\"?"),
        None => "not CODE:ADDRESS".to_owned(),
    };
    let message = format!("{} is not the id of a danger", quoted(id.text));
    Problem::error(code::DANGER, id.span.clone(), message)
        .label(label)
        .help("copy the id from the plan that is blocked: \"release-field:bookworm.label\"")
}

fn unknown(id: &Text<'_>, code: &str) -> Problem {
    let message = format!("{} is not a danger", quoted(code));
    let codes = || DANGERS.iter().map(|(danger, _)| *danger);
    let problem = Problem::error(code::DANGER, id.part(0..code.len()), message);
    match near(code, codes()) {
        Some(better) => problem.label(format!("did you mean \"{better}\"?")),
        None => {
            let is_allowable =
                |(_, subject): &&(_, Subject)| !matches!(subject, Subject::Elsewhere(_));
            let codes = DANGERS.iter().filter(is_allowable).map(|(danger, _)| *danger);
            problem.label("unknown").help(format!("dangers are {}", alternatives(codes)))
        }
    }
}

/// Returns what to say of an address that nothing has, and what to write.
fn address_fault(
    subject: Subject,
    address: &str,
    context: &Context<'_>,
) -> Option<(String, String)> {
    match subject {
        Subject::Distribution => distribution_fault(address, context, &['/', '.']),
        Subject::Field => field_fault(address, context),
        Subject::Source => source_fault(address, context),
        Subject::Repository if address.is_empty() => {
            Some(("of what?".to_owned(), "copy the id from the plan that is blocked".to_owned()))
        }
        Subject::Repository | Subject::Elsewhere(_) => None,
    }
}

fn distribution_fault(
    address: &str,
    context: &Context<'_>,
    separators: &[char],
) -> Option<(String, String)> {
    let codenames = || context.distributions.iter().map(|declared| declared.codename.text);
    let names_it = |codename: &str| {
        let rest = address.strip_prefix(codename);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(separators))
    };
    if context.distributions.is_empty() || codenames().any(names_it) {
        return None;
    }
    let name = address.split(separators).next().unwrap_or_default();
    let label = match near(name, codenames()) {
        Some(better) => format!("did you mean \"{better}\"?"),
        None => "no such distribution".to_owned(),
    };
    Some((label, format!("declared: {}", shortened(codenames()))))
}

fn field_fault(address: &str, context: &Context<'_>) -> Option<(String, String)> {
    let Some((codename, field)) = address.rsplit_once('.') else {
        let help = "DISTRIBUTION.FIELD, such as \"release-field:bookworm.label\"";
        return Some(("names no field".to_owned(), help.to_owned()));
    };
    if !FIELDS.contains(&field) {
        let label = match near(field, FIELDS) {
            Some(better) => format!("did you mean \"{codename}.{better}\"?"),
            None => "no such field".to_owned(),
        };
        return Some((label, format!("fields are {}", alternatives(FIELDS))));
    }
    distribution_fault(codename, context, &[])
}

fn source_fault(address: &str, context: &Context<'_>) -> Option<(String, String)> {
    let names = || context.sources.iter().map(|source| source.text);
    if names().any(|name| name == address) {
        return None;
    }
    let label = match near(address, names()) {
        Some(better) => format!("did you mean \"{better}\"?"),
        None => "no such source".to_owned(),
    };
    Some((label, "name a [source.NAME] of this file".to_owned()))
}

/// Tells whether a danger of this code is known here, for the tests of those that find dangers.
#[cfg(test)]
pub fn is_danger(code: &str) -> bool {
    DANGERS.iter().any(|(danger, _)| *danger == code)
}
