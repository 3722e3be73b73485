//! Which packages a generation was the last to list, which indices describe them, and who dropped
//! them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::apt::release::{Identity, Release};
use crate::digest::checksum::ChecksumSet;
use crate::query::RetiredBy;
use crate::snapshot::records::{PackageRecord, Records};
use crate::snapshot::state::{ManifestRecord, Origins, Publication};

/// Packages as the state of a component has them.
type Listed<'a> = &'a [(&'a str, &'a [&'a str])];

fn records(names: &[&str]) -> Records {
    let record = |name: &&str| {
        let by = Arc::new(["nightly".to_owned()].into());
        ((*name).to_owned(), PackageRecord { by, at: 1000, superseded: None })
    };
    names.iter().map(record).collect()
}

fn generation(number: u64, listed: Listed<'_>) -> Generation {
    let components: Vec<Component> = listed.iter().map(|(name, _)| name.parse().unwrap()).collect();
    let architectures = vec!["amd64".parse().unwrap(), "arm64".parse().unwrap()];
    let publication = Publication {
        tool: "repoman".into(),
        repository: "acme".into(),
        generation: number,
        parent: None,
        writer: String::new(),
        manifest: ManifestRecord { sha256: Sha256::of(b""), git_commit: None },
        plan: None,
        rollback_of: None,
        allowed: BTreeMap::new(),
        purge_after: 7200,
        history: Vec::new(),
        retired: Default::default(),
        signing_since: BTreeMap::new(),
    };
    let distribution = Distribution {
        identity: Identity::default(),
        architectures: Vec::new(),
        compression: BTreeSet::new(),
        hashes: ChecksumSet::NONE,
        contents: false,
        valid_for: None,
        signed_by: Vec::new(),
        components: BTreeMap::new(),
        component_order: Vec::new(),
        remembered: Memory::new(),
    };
    let origins = Origins::of(&distribution);
    let mut state = State::new(publication, "bookworm".to_owned(), &distribution, origins);
    let packages = listed.iter().map(|(name, names)| (name.parse().unwrap(), records(names)));
    state.packages = packages.collect();
    let release = Release {
        identity: Identity::default(),
        date: Timestamp::from_second(1000 * number as i64).unwrap(),
        valid_until: None,
        architectures,
        components,
        files: Vec::new(),
    };
    Generation { release, state }
}

fn names(named: &[Named]) -> Vec<String> {
    named.iter().map(|(component, id)| format!("{component}: {id}")).collect()
}

#[test]
fn every_package_is_named_once_by_the_last_generation_that_lists_it() {
    let newest = generation(4, &[("main", &["aa 2 all"])]);
    let mut seen = Seen::new(&newest.state);
    let last = |seen: &mut Seen<'_>, listed| names(&seen.last_listed(&generation(1, listed).state));
    let third = [("main", &["aa 1 all", "aa 2 all"][..]), ("extra", &["aa 2 all"])];
    assert_eq!(last(&mut seen, &third), ["extra: aa 2 all", "main: aa 1 all"]);
    assert_eq!(last(&mut seen, &third), [""; 0]);
    let first = [("main", &["aa 1 all", "aa 2 all", "bb 1:0~x amd64", "no package"][..])];
    assert_eq!(last(&mut seen, &first), ["main: bb 1:0~x amd64"], "what is no name is passed over");
}

#[test]
fn indices_are_read_once_and_only_where_they_describe_something() {
    let before = generation(1, &[("main", &[]), ("extra", &[])]);
    let named = |component: &str, id: &str| -> Named {
        (component.parse().unwrap(), crate::snapshot::state::package_id(id).unwrap())
    };
    let read = |last: &[Named], lost: &str| {
        let is_there = |(component, architecture): (&Component, &Architecture)| {
            format!("{component}/{architecture}") != lost
        };
        let indices = indices(last, &before, &is_there);
        let texts = indices.iter().map(|(component, own)| format!("{component}/{own}"));
        texts.collect::<Vec<_>>()
    };
    let own = [named("main", "aa 1 arm64"), named("main", "bb 1 arm64"), named("main", "cc 1 all")];
    assert_eq!(read(&own, ""), ["main/arm64"], "it has what is for all architectures, too");
    let all = [named("main", "cc 1 all"), named("extra", "dd 1 all")];
    assert_eq!(read(&all, ""), ["extra/amd64", "main/amd64"]);
    assert_eq!(read(&all, "main/amd64"), ["extra/amd64", "main/arm64"]);
    assert_eq!(read(&own, "main/arm64"), ["main/amd64"]);
}

#[test]
fn a_reason_is_told_where_it_is_certain() {
    let manifest = |text: &str| {
        let head = "format = 1\n[repository]\nname = \"acme\"\n[store]\nurl = \"file://repo\"\n\
                    [signing]\nkeys = []\n[distribution.bookworm]\ncomponents = [\"main\"]\n\
                    architectures = [\"amd64\"]\n";
        let text = format!("{head}{text}");
        manifest::parse(&text).unwrap_or_else(|error| panic!("{error:?}")).manifest
    };
    const SOURCE: &str = "[source.nightly]\npath = \"*.deb\"\nto = \"bookworm/main\"\n";
    let reason = |next: &Generation, manifest: Option<&Manifest>, id: &str| {
        let id = crate::snapshot::state::package_id(id).unwrap();
        let sources = ["nightly".to_owned()].into();
        let (codename, component) = ("bookworm".parse().unwrap(), "main".parse().unwrap());
        let dropped =
            Dropped { codename: &codename, component: &component, id: &id, sources: &sources };
        dropped.by(next, manifest)
    };
    let next = generation(2, &[("main", &[])]);
    let accumulating = manifest(SOURCE);
    assert_eq!(reason(&next, Some(&accumulating), "aa 1 amd64"), None);
    assert_eq!(reason(&next, None, "aa 1 amd64"), None);
    assert_eq!(reason(&next, None, "aa 1 riscv64"), Some(RetiredBy::Undeclared));
    assert_eq!(reason(&generation(2, &[]), None, "aa 1 all"), Some(RetiredBy::Undeclared));

    let mirror = format!("{SOURCE}mode = \"mirror\"\n");
    let gone = Some(RetiredBy::Mirror(vec!["nightly".to_owned()]));
    assert_eq!(reason(&next, Some(&manifest(&mirror)), "aa 1 amd64"), gone);
    let limited = "[retain]\nversions = 1\n";
    let both = manifest(&(mirror.clone() + limited));
    assert_eq!(reason(&next, Some(&both), "aa 1 amd64"), gone, "it is not remembered");
    let limited = manifest(&format!("{SOURCE}{limited}"));
    assert_eq!(reason(&next, Some(&limited), "aa 1 amd64"), Some(RetiredBy::Retention));
    let mut remembering = next.clone();
    remembering.state.remembered = [("main".parse().unwrap(), records(&["aa 1 amd64"]))].into();
    assert_eq!(reason(&remembering, Some(&both), "aa 1 amd64"), Some(RetiredBy::Retention));

    let yank = manifest(&(mirror + "[yank.aa]\n\"1\" = \"bad\"\n"));
    let yanked = Some(RetiredBy::Yank("bad".to_owned()));
    assert_eq!(reason(&next, Some(&yank), "aa 1 amd64"), yanked);
    assert_eq!(reason(&next, Some(&yank), "aa 2 amd64"), gone);
    let mut back = next;
    back.state.rollback_of = Some(1);
    assert_eq!(reason(&back, Some(&yank), "aa 1 amd64"), Some(RetiredBy::Rollback(1)));
}
