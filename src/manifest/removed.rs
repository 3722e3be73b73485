//! `[removed]`: distributions, components and architectures that are gone for good.
//!
//! Codenames and components may hold slashes, so that `bookworm/updates` can be either. It stays a
//! text here: the planner looks up the address of what is published and declared no more.

use std::collections::BTreeMap;

use super::code;
use super::distribution::Declared;
use super::exception::Reason;
use super::problem::{Problem, quoted};
use super::section::{Section, Text};
use crate::debian::architecture::Architecture;
use crate::debian::suite::Codename;

/// What stands between a distribution and one of its architectures.
const ALL_COMPONENTS: &str = "/*/";

const FORMS: &str = "\"buster\", \"bookworm/contrib\" or \"bookworm/*/i386\"";

/// Reads the section: the reasons by address.
pub(super) fn read(
    section: &Section<'_>,
    distributions: &[Declared<'_>],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Reason> {
    let mut removed = BTreeMap::new();
    for (address, reason) in section.entries() {
        let fault = form_fault(&address).or_else(|| still_declared(&address, distributions));
        problems.extend(fault);
        removed.insert(address.text.to_owned(), Reason::of(&address, &reason));
    }
    removed
}

/// Returns why a text can't be the address of something that is removed.
fn form_fault(address: &Text<'_>) -> Option<Problem> {
    let text = address.text;
    let wrong = |label: String| {
        let message = format!("{} is not an address that can be removed", quoted(text));
        let problem = Problem::error(code::REMOVED_ADDRESS, address.span.clone(), message);
        Some(problem.label(label).help(format!("an address is {FORMS}")))
    };
    if text.contains('@') {
        return wrong("a version leaves by [yank.PACKAGE] or by retention".to_owned());
    }
    // Codenames and components have one grammar, and so has one behind the other.
    let (path, architecture) = match text.split_once(ALL_COMPONENTS) {
        Some((codename, architecture)) => (codename, Some(architecture)),
        None => (text, None),
    };
    if path.contains('*') {
        return wrong("`*` stands for the components of an architecture only".to_owned());
    }
    if let Err(error) = path.parse::<Codename>() {
        return wrong(error.reason.to_string());
    }
    match architecture.map(str::parse::<Architecture>) {
        Some(Err(error)) => wrong(error.reason.to_string()),
        Some(Ok(architecture)) if architecture.is_all() => {
            wrong("`all` is in every distribution".to_owned())
        }
        Some(Ok(_)) | None => None,
    }
}

/// Returns the problem of an address that the manifest declares and removes.
fn still_declared(address: &Text<'_>, distributions: &[Declared<'_>]) -> Option<Problem> {
    let (list, remedy) = distributions.iter().find_map(|distribution| {
        let codename = distribution.codename.text;
        let rest = match address.text.strip_prefix(codename)? {
            "" => return Some((format!("[distribution.{codename}]"), "the table")),
            rest => rest,
        };
        let has = |declared: &[Text<'_>], name: &str| declared.iter().any(|d| d.text == name);
        if let Some(architecture) = rest.strip_prefix(ALL_COMPONENTS) {
            let is_declared = has(&distribution.architectures, architecture);
            return is_declared.then(|| (format!("`architectures` of {codename}"), "it there"));
        }
        let component = rest.strip_prefix('/')?;
        if has(&distribution.components, component) {
            return Some((format!("`components` of {codename}"), "it there"));
        }
        // One architecture of one component is nothing that could leave alone.
        let (component, architecture) = component.rsplit_once('/')?;
        let is_part = has(&distribution.components, component)
            && has(&distribution.architectures, architecture);
        is_part.then(|| (format!("`components` and `architectures` of {codename}"), "them there"))
    })?;
    let message = format!("{} is removed and still declared", quoted(address.text));
    Some(
        Problem::error(code::STILL_DECLARED, address.span.clone(), message)
            .label(format!("stands in {list}"))
            .help(format!("delete {remedy}, or delete this line")),
    )
}
