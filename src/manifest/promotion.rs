//! Promotions: a component of one distribution is a source of another.

use std::collections::{BTreeMap, BTreeSet};

use super::code;
use super::problem::Problem;
use super::section::Text;
use super::source::{Source, SourceKind, Target};
use crate::time::Span;

/// Takes packages from what is published in another component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Where the packages are taken from; declared, and no target of the same source.
    pub from: Target,
    /// How long a version has to have been there.
    pub soak: Option<Span>,
}

/// Reports promotions that lead back to where they come from, also by way of others.
///
/// Each comes with the place of its `distribution`. The one that closes the circle is the last of
/// it in the file.
pub(super) fn check_circles(promotions: &[(Text<'_>, &Source)], problems: &mut Vec<Problem>) {
    let mut in_order: Vec<_> = promotions.iter().collect();
    in_order.sort_by_key(|(address, _)| address.span.start);
    let mut ways = Ways::new();
    for (address, source) in in_order {
        let SourceKind::Promotion(Promotion { from, .. }) = &source.kind else { continue };
        match way_back(&ways, from, &source.targets) {
            Some(circle) => problems.push(goes_in_circle(address, &circle)),
            None => ways.entry(from).or_default().extend(&source.targets),
        }
    }
}

/// Where packages of a component are promoted to.
type Ways<'a> = BTreeMap<&'a Target, BTreeSet<&'a Target>>;

/// Returns the circle that a promotion would close, with its start at both ends.
fn way_back<'a>(ways: &Ways<'a>, from: &'a Target, to: &'a [Target]) -> Option<Vec<&'a Target>> {
    let mut before: BTreeMap<&Target, &Target> = to.iter().map(|target| (target, from)).collect();
    let mut open: Vec<&Target> = to.iter().collect();
    while let Some(here) = open.pop() {
        if here == from {
            break;
        }
        for next in ways.get(here).into_iter().flatten() {
            if !before.contains_key(next) {
                before.insert(next, here);
                open.push(next);
            }
        }
    }
    let mut circle = vec![from, *before.get(from)?];
    while circle.last() != Some(&from) {
        circle.push(before[circle.last()?]);
    }
    circle.reverse();
    Some(circle)
}

fn goes_in_circle(address: &Text<'_>, circle: &[&Target]) -> Problem {
    /// So many components of a circle are shown.
    const SHOWN: usize = 6;
    let mut names: Vec<String> = circle.iter().map(ToString::to_string).collect();
    if names.len() > SHOWN {
        names.splice(SHOWN - 2..names.len() - 1, ["…".to_owned()]);
    }
    let message = format!("the promotion goes in a circle: {}", names.join(" → "));
    let (label, help) = if circle.len() == 2 {
        ("is where the packages go, too", "remove it from `to`, which may name it by a `*`")
    } else {
        ("this closes the circle", "packages go one way only; remove one of the promotions")
    };
    Problem::error(code::PROMOTION_CIRCLE, address.span.clone(), message).label(label).help(help)
}
