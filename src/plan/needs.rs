//! Who needs whom among the packages of a distribution.
//!
//! Retention keeps what a package needs in just one version, and a plan tells whose dependencies it
//! leaves without anything that could satisfy them. Only dependencies within the distribution
//! count: what else is installed on clients nobody knows here.
//!
//! Source: Debian Policy 7.2 and 7.5; for architectures the Multi-Arch specification, of which the
//! generous reading is taken where dpkg and apt differ.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::debian::architecture::Architecture;
use crate::debian::deb822;
use crate::debian::relation::{Operator, Relation, RelationKind, Relations};
use crate::debian::suite::Component;
use crate::debian::version::Version;
use crate::snapshot::{Package, PackageId};

/// The fields whose relations must hold for a package to be installed.
const NEEDS: [&str; 2] = ["Pre-Depends", "Depends"];

/// A package of a distribution: its component and what it is called there.
pub type Member<'a> = (&'a Component, &'a PackageId);

/// A dependency that nothing in its distribution satisfies any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken<'a> {
    /// The package that stays.
    pub package: Member<'a>,
    /// What it needs, as it was written: `libwidget1 (= 1.4.1-1)`.
    pub needs: String,
}

/// Returns those of `dropped` that a package of `kept`, or one that is returned, needs in exactly
/// one version.
///
/// All that could satisfy such a dependency is returned, however many packages that are.
pub fn needed_exactly<'a>(
    kept: &[(Member<'a>, &'a Package)],
    dropped: &[(Member<'a>, &'a Package)],
) -> BTreeSet<Member<'a>> {
    let names = provided_names(dropped);
    let providers = Providers::new(dropped, &names);
    let mut needed = BTreeSet::new();
    let mut open: Vec<_> = kept.to_vec();
    while let Some((member, package)) = open.pop() {
        for relation in dependencies(package, &names).iter().flatten().filter(|r| is_exact(r)) {
            for provider in providers.satisfying(relation, &member.1.architecture) {
                if needed.insert(provider.member) {
                    open.push((provider.member, provider.package));
                }
            }
        }
    }
    needed
}

/// Returns the dependencies of `after` that only packages of `before` satisfy.
///
/// One that nothing in `before` satisfied is none of this distribution's business.
pub fn broken<'a>(
    before: &[(Member<'a>, &'a Package)],
    after: &[(Member<'a>, &'a Package)],
) -> Vec<Broken<'a>> {
    let stays: HashSet<Member<'_>> = after.iter().map(|(member, _)| *member).collect();
    let gone: Vec<_> =
        before.iter().filter(|(member, _)| !stays.contains(member)).copied().collect();
    let names = provided_names(&gone);
    let endangered = after.iter().flat_map(|(member, package)| {
        dependencies(package, &names).into_iter().map(move |group| (*member, group))
    });
    let endangered: Vec<_> = endangered.collect();
    // An alternative may be satisfied by something that stays.
    let names = endangered.iter().flat_map(|(_, group)| group);
    let names = names.map(|relation| relation.name().to_owned()).collect();
    let (old, new) = (Providers::new(before, &names), Providers::new(after, &names));
    let mut broken = Vec::new();
    for (package, group) in endangered {
        let holds = |providers: &Providers<'a>| {
            group.iter().any(|r| !providers.satisfying(r, &package.1.architecture).is_empty())
        };
        if holds(&old) && !holds(&new) {
            broken.push(Broken { package, needs: written(&group) });
        }
    }
    broken.sort();
    broken.dedup();
    broken
}

/// A package under one of the names that it can be needed by.
#[derive(Clone)]
struct Provider<'a> {
    member: Member<'a>,
    package: &'a Package,
    /// The version that it stands for under this name; nothing for an unversioned `Provides`.
    version: Option<Version>,
    /// Whether a package of another architecture may need it.
    is_foreign: bool,
}

/// Packages by the names that they can be needed by, in lower case.
struct Providers<'a>(HashMap<String, Vec<Provider<'a>>>);

impl<'a> Providers<'a> {
    /// Takes the packages that can be needed by one of `names`.
    fn new(packages: &[(Member<'a>, &'a Package)], names: &HashSet<String>) -> Self {
        let mut providers: HashMap<String, Vec<Provider<'a>>> = HashMap::new();
        for (member, package) in packages {
            let own = (lower(member), Some(member.1.version.clone()));
            let provided = std::iter::once(own).chain(provides(package));
            for (name, version) in provided.filter(|(name, _)| names.contains(name)) {
                let multi_arch = field(package, "Multi-Arch");
                let is_foreign = matches!(multi_arch, Some("foreign" | "allowed"));
                let provider = Provider { member: *member, package, version, is_foreign };
                providers.entry(name).or_default().push(provider);
            }
        }
        Self(providers)
    }

    /// Returns the packages that satisfy a relation of a package of this architecture.
    fn satisfying(&self, relation: &Relation, by: &Architecture) -> Vec<&Provider<'a>> {
        let providers = self.0.get(relation.name()).into_iter().flatten();
        providers.filter(|provider| provider.satisfies(relation, by)).collect()
    }
}

impl Provider<'_> {
    fn satisfies(&self, relation: &Relation, by: &Architecture) -> bool {
        let own = &self.member.1.architecture;
        let fits = match relation.qualifier() {
            Some("any") => true,
            Some(architecture) => own.as_str() == architecture || own.is_all(),
            None => self.is_foreign || own == by || own.is_all() || by.is_all(),
        };
        fits && match &self.version {
            Some(version) => relation.is_satisfied_by(version),
            None => relation.constraint().is_none(),
        }
    }
}

fn lower((_, id): &Member<'_>) -> String {
    id.name.as_str().to_ascii_lowercase()
}

/// Returns the names that packages can be needed by.
fn provided_names(packages: &[(Member<'_>, &Package)]) -> HashSet<String> {
    let names = packages.iter().flat_map(|(member, package)| {
        std::iter::once(lower(member)).chain(provides(package).map(|(name, _)| name))
    });
    names.collect()
}

fn provides(package: &Package) -> impl Iterator<Item = (String, Option<Version>)> {
    let relations = field(package, "Provides")
        .and_then(|value| Relations::parse(value, RelationKind::Provision).ok())
        .unwrap_or_default();
    let provided = relations.groups().concat().into_iter();
    provided.map(|relation| {
        (relation.name().to_owned(), relation.constraint().map(|c| c.version.clone()))
    })
}

/// Returns the groups of a package's dependencies that name one of `names`.
fn dependencies(package: &Package, names: &HashSet<String>) -> Vec<Vec<Relation>> {
    if names.is_empty() {
        return Vec::new();
    }
    let fields = NEEDS.iter().filter_map(|name| field(package, name));
    // Most packages need nothing of what goes: names are compared before anything is parsed.
    let relevant = fields.filter(|value| first_words(value).any(|name| names.contains(&name)));
    let parsed = relevant.filter_map(|v| Relations::parse(v, RelationKind::Dependency).ok());
    let groups = parsed.flat_map(|relations| relations.groups().to_vec());
    groups.filter(|group| group.iter().any(|r| names.contains(r.name()))).collect()
}

/// Returns the names in a relation field, in lower case.
fn first_words(value: &str) -> impl Iterator<Item = String> {
    value.split([',', '|']).map(|relation| {
        let relation = relation.trim_start();
        let end = relation.find([' ', '(', ':', '\n', '\t']).unwrap_or(relation.len());
        relation[..end].to_ascii_lowercase()
    })
}

fn field<'a>(package: &'a Package, name: &str) -> Option<&'a str> {
    deb822::single(&package.stanza).ok()?.get(name)
}

fn is_exact(relation: &Relation) -> bool {
    relation.constraint().is_some_and(|constraint| constraint.operator == Operator::Equal)
}

/// Returns a group as it stands in a field.
fn written(group: &[Relation]) -> String {
    let relation = |relation: &Relation| {
        let qualifier = relation.qualifier().map(|q| format!(":{q}")).unwrap_or_default();
        let constraint = relation.constraint();
        let constraint = constraint.map(|c| format!(" ({} {})", c.operator.as_str(), c.version));
        format!("{}{qualifier}{}", relation.name(), constraint.unwrap_or_default())
    };
    group.iter().map(relation).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apt::packages;
    use crate::snapshot::Provenance;
    use crate::time::Timestamp;

    type World = Vec<(Component, PackageId, Package)>;

    /// Makes packages of lines such as `libw 1.0 amd64; Multi-Arch: foreign`.
    fn world(lines: &[&str]) -> World {
        lines.iter().map(|line| package(line)).collect()
    }

    fn package(line: &str) -> (Component, PackageId, Package) {
        let (name, fields) = line.split_once(';').unwrap_or((line, ""));
        let [name, version, architecture] = name.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let fields: String = fields
            .split(';')
            .map(str::trim)
            .filter(|f| !f.is_empty())
            .map(|f| format!("{f}\n"))
            .collect();
        let stanza = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n{fields}\
             Filename: pool/x.deb\nSize: 1\nSHA256: {}\n",
            crate::digest::Sha256::of(b"")
        );
        let indexed = packages::parse(&stanza.into()).next().unwrap().unwrap();
        let id = PackageId {
            name: indexed.name,
            version: indexed.version,
            architecture: indexed.architecture,
        };
        let published_at = Timestamp::UNIX_EPOCH;
        let provenance =
            Provenance { sources: Default::default(), published_at, superseded_at: None };
        let package = Package { file: indexed.file, stanza: indexed.stanza, provenance };
        ("main".parse().unwrap(), id, package)
    }

    fn members(world: &World) -> Vec<(Member<'_>, &Package)> {
        world.iter().map(|(component, id, package)| ((component, id), package)).collect()
    }

    fn names(members: impl IntoIterator<Item = (Component, PackageId)>) -> Vec<String> {
        members.into_iter().map(|(_, id)| format!("{} {}", id.name, id.version)).collect()
    }

    #[track_caller]
    fn keeps(kept: &[&str], dropped: &[&str], expected: &[&str]) {
        let (kept, dropped) = (world(kept), world(dropped));
        let needed = needed_exactly(&members(&kept), &members(&dropped));
        let needed = needed.into_iter().map(|(component, id)| (component.clone(), id.clone()));
        assert_eq!(names(needed), expected);
    }

    #[track_caller]
    fn breaks(before: &[&str], after: &[usize], expected: &[&str]) {
        let world = world(before);
        let all = members(&world);
        let after: Vec<_> = after.iter().map(|index| all[*index]).collect();
        let broken = broken(&all, &after);
        let broken: Vec<_> =
            broken.iter().map(|b| format!("{}: {}", b.package.1.name, b.needs)).collect();
        assert_eq!(broken, expected);
    }

    #[test]
    fn a_version_that_is_needed_exactly_is_kept_and_what_that_needs() {
        keeps(
            &["tool 2.0 amd64; Depends: libc6, libtool (= 1.0) | libother (= 3)"],
            &[
                "libtool 1.0 amd64; Pre-Depends: libtool-data (= 1.0)",
                "libtool 0.9 amd64",
                "libtool-data 1.0 all",
                "libother 2 amd64",
            ],
            &["libtool 1.0", "libtool-data 1.0"],
        );
    }

    #[test]
    fn other_relations_keep_nothing() {
        keeps(&["tool 2.0 amd64; Depends: libtool (>= 1.0)"], &["libtool 1.0 amd64"], &[]);
    }

    #[test]
    fn a_versioned_provision_is_needed_like_a_package() {
        keeps(
            &["tool 2.0 amd64; Depends: tool-api (= 4)"],
            &[
                "libtool 1.0 amd64; Provides: tool-api (= 4)",
                "libtool 0.9 amd64; Provides: tool-api",
            ],
            &["libtool 1.0"],
        );
    }

    #[test]
    fn another_architecture_is_no_help_unless_it_is_foreign() {
        keeps(&["tool 2 amd64; Depends: libtool (= 1)"], &["libtool 1 arm64"], &[]);
        keeps(
            &["tool 2 amd64; Depends: libtool (= 1)"],
            &["libtool 1 arm64; Multi-Arch: foreign"],
            &["libtool 1"],
        );
        keeps(
            &["tool 2 amd64; Depends: libtool:arm64 (= 1)"],
            &["libtool 1 arm64"],
            &["libtool 1"],
        );
    }

    #[test]
    fn a_dependency_that_was_satisfied_and_is_not_any_more_is_broken() {
        let before = ["tool 2 amd64; Depends: libtool (>= 1), libc6 (>= 2)", "libtool 1 amd64"];
        breaks(&before, &[0], &["tool: libtool (>= 1)"]);
        breaks(&before, &[0, 1], &[]);
    }

    #[test]
    fn one_alternative_is_enough() {
        let before =
            ["tool 2 amd64; Depends: aa | bb", "aa 1 amd64", "cc 1 amd64; Provides: bb, dd (= 2)"];
        breaks(&before, &[0, 2], &[]);
        breaks(&before, &[0], &["tool: aa | bb"]);
    }

    #[test]
    fn an_unversioned_provision_satisfies_no_version() {
        let before = ["tool 2 amd64; Depends: aa (>= 1)", "aa 1 amd64", "bb 1 amd64; Provides: aa"];
        breaks(&before, &[0, 2], &["tool: aa (>= 1)"]);
    }
}
