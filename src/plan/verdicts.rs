//! Why each package of a distribution stays: its policy, its lines, and what others need of it.

use std::collections::BTreeMap;

use crate::debian::suite::{Codename, Component};
use crate::manifest::Manifest;
use crate::plan::Cause;
use crate::plan::needs::{self, Member};
use crate::plan::retention::{Rules, Stay};
use crate::snapshot::{Distribution, Package, PackageId};
use crate::time::Timestamp;

/// Why packages stay, by component; those that nothing wants have no reason.
pub type Verdicts<'p> = BTreeMap<&'p Component, BTreeMap<&'p PackageId, Vec<Stay>>>;

/// Returns why each package stays, or that none of the rules wants it.
pub fn verdicts<'p>(
    manifest: &Manifest,
    codename: &Codename,
    distribution: &'p Distribution,
    now: Timestamp,
) -> Verdicts<'p> {
    let judged = distribution.components.iter().map(|(component, packages)| {
        let rules = Rules {
            policy: &|name| manifest.retention.policy(codename, component, name),
            keep: &|id| {
                let keep = &manifest.keep;
                let line = keep.find(codename, component, &id.name, &id.version)?;
                Some(Cause { text: line.reason.text.clone(), line: line.reason.line })
            },
            now,
        };
        (component, rules.judge(packages))
    });
    let mut verdicts: Verdicts<'_> = judged.collect();
    let (wanted, unwanted) = divided(distribution, &verdicts);
    for (component, id) in needs::needed_exactly(&wanted, &unwanted) {
        let stays = verdicts.get_mut(component).and_then(|judged| judged.get_mut(id));
        stays.expect("what is needed was judged").push(Stay::Needed);
    }
    verdicts
}

/// Packages with their places in a distribution.
type Members<'p> = Vec<(Member<'p>, &'p Package)>;

/// Returns the packages that something wants, and those that nothing does.
fn divided<'p>(
    distribution: &'p Distribution,
    verdicts: &Verdicts<'p>,
) -> (Members<'p>, Members<'p>) {
    let judged = verdicts.iter().flat_map(|(component, judged)| {
        judged.iter().map(|(id, stays)| ((*component, *id), !stays.is_empty()))
    });
    let (wanted, unwanted): (Vec<_>, Vec<_>) = judged.partition(|(_, is_wanted)| *is_wanted);
    let packages = |members: Vec<(Member<'p>, bool)>| -> Members<'p> {
        let package = |(component, id): Member<'p>| &distribution.components[component][id];
        members.into_iter().map(|(member, _)| (member, package(member))).collect()
    };
    (packages(wanted), packages(unwanted))
}
