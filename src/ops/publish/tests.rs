//! Manifests that change while somebody pushes.

use std::sync::Arc;

use object_store::memory::InMemory;

use super::*;
use crate::debian::Control;
use crate::manifest::Source;
use crate::ops::contest::{self, Approval};
use crate::ops::plan::{Question, UNRELATED, plan_offers, read_offers};
use crate::plan::offer::{OfferedFile, SourceOffer};
use crate::report::Event;
use crate::source::known::Known;
use crate::source::path::Demand;
use crate::time::{Span, Timestamp, shifted};

const MANIFEST: &str = "format = 1\n\
    [repository]\nname = \"acme-apt\"\n\
    [store]\nurl = \"file://repo\"\n\
    [signing]\nkeys = []\n\
    [distribution.bookworm]\nversion = \"1\"\n\
    components = [\"main\"]\narchitectures = [\"amd64\"]\n\
    [distribution.trixie]\n\
    components = [\"main\"]\narchitectures = [\"amd64\"]\n\
    [source.services]\npush = true\nto = \"bookworm/main\"\n";

struct Nobody;

impl Observe for Nobody {
    fn event(&self, _: &Event) {}
}

/// When everything happens; each step is a little later than the one before.
fn at(second: i64) -> Timestamp {
    shifted(Timestamp::UNIX_EPOCH, 1_800_000_000 + second)
}

const EXPECTED: Expected<'_> = Expected { name: "acme-apt", keys: &[], now: Timestamp::UNIX_EPOCH };

fn publisher<'a>(store: &'a Store, text: &str, clock: &'a crate::time::Clock) -> Publisher<'a> {
    Publisher {
        store,
        signer: None,
        clock,
        writer: Sha256::of(text.as_bytes()).to_string(),
        tool: "repoman test".to_owned(),
        repository: "acme-apt".to_owned(),
        manifest: text.to_owned().into(),
        git_commit: None,
        files: crate::ops::contents::FileReader::new(std::env::temp_dir()),
    }
}

const TERMS: Terms = Terms { approval: Approval::Anything, wait: Span::seconds(60) };

/// Applies a manifest; returns the number of distributions that were published by that.
async fn apply(store: &Store, text: &str, now: Timestamp) -> usize {
    let manifest = manifest::parse(text).unwrap().manifest;
    let (manifest, root, demand) = (&manifest, "".as_ref(), Demand::Optional);
    let (known, is_later) = (Known::NOTHING, UNRELATED);
    let question = Question { manifest, root, demand, known, now, is_later };
    let offers = read_offers(question, &Nobody).unwrap();
    let planned = plan_offers(question, offers, store).await.unwrap();
    assert!(!planned.plan.is_blocked());
    let clock = move || now;
    let publisher = publisher(store, text, &clock);
    match contest::publish(&publisher, planned, question, TERMS, &Nobody).await.unwrap() {
        Ending::Applied(applied, _) => applied.len(),
        Ending::Overtaken(..) | Ending::Changed(..) => panic!("nobody else is there"),
    }
}

/// Returns what a service offers: a package whose file nobody will read.
fn offers(rules: &Rules) -> Offers {
    let control = "Package: acme-api\nVersion: 1.0\nArchitecture: amd64\n\
                   Maintainer: A <a@example.org>\nDescription: x\n";
    let file = Arc::new(OfferedFile {
        path: "acme-api.deb".into(),
        control: Control::parse(control.as_bytes()).unwrap(),
        size: 5,
        sha256: Sha256::of(b"bytes"),
    });
    let offer = |source: &Source| {
        let offerings = source.targets.iter().map(|target| Offering {
            codename: target.codename.clone(),
            component: target.component.clone(),
            file: Arc::clone(&file),
        });
        (source.name.clone(), SourceOffer { offerings: offerings.collect(), ..Default::default() })
    };
    Offers { sources: rules.manifest.sources.values().map(offer).collect() }
}

fn memory() -> Store {
    Store::with_backend(Arc::new(InMemory::new()), "memory:///")
}

#[tokio::test]
async fn a_plan_by_rules_that_are_no_longer_in_force_is_not_made() {
    let store = memory();
    assert_eq!(apply(&store, MANIFEST, at(0)).await, 2);
    let old = rules(&store, EXPECTED, None).await.unwrap();
    let newer = MANIFEST.replace("\"1\"", "\"2\"");
    assert_eq!(apply(&store, &newer, at(10)).await, 1);

    let push = Push { rules: &old, expected: EXPECTED };
    let planned = push.plan(offers(&old), &store, Moment::at(at(20))).await;
    assert!(matches!(planned, Err(PublishError::Superseded)));

    let new = rules(&store, EXPECTED, None).await.unwrap();
    assert_eq!(new.manifest.digest, Sha256::of(newer.as_bytes()));
    let push = Push { rules: &new, expected: EXPECTED };
    let planned = push.plan(offers(&new), &store, Moment::at(at(20))).await.unwrap();
    let bookworm = &planned.plan.distributions[&"bookworm".parse::<Codename>().unwrap()];
    assert_eq!((bookworm.fields.len(), bookworm.packages.len()), (0, 1), "only the package");
}

#[tokio::test]
async fn a_plan_changes_nothing_of_a_distribution_that_an_apply_has_not_reached() {
    let store = memory();
    let everywhere = MANIFEST.replace("to = \"bookworm/main\"", "to = \"*/main\"");
    apply(&store, &everywhere, at(0)).await;
    // As if an apply of the manifest that is in force had ended after the first distribution.
    let mut rules = rules(&store, EXPECTED, None).await.unwrap();
    let newer =
        everywhere.replace("[distribution.trixie]", "[distribution.trixie]\nversion = \"9\"");
    let digest = rules.manifest.digest;
    rules.manifest = Manifest { digest, ..manifest::parse(&newer).unwrap().manifest };

    let push = Push { rules: &rules, expected: EXPECTED };
    let planned = push.plan(offers(&rules), &store, Moment::at(at(20))).await.unwrap();
    assert_eq!(planned.plan.distributions.len(), 2);
    assert!(planned.plan.distributions.values().all(|plan| plan.fields.is_empty()));
}

#[tokio::test]
async fn rules_that_change_alone_are_worth_a_generation_and_comments_are_not() {
    let store = memory();
    apply(&store, MANIFEST, at(0)).await;
    assert_eq!(apply(&store, &format!("# Ours.\n{MANIFEST}"), at(10)).await, 0);
    let narrowed = format!("{MANIFEST}packages = [\"acme-*\"]\n");
    assert_eq!(apply(&store, &narrowed, at(20)).await, 2);
    assert_eq!(apply(&store, &narrowed, at(30)).await, 0);
    let closed = &MANIFEST[..MANIFEST.find("[source").unwrap()];
    assert_eq!(apply(&store, closed, at(40)).await, 2);
    assert_eq!(rules(&store, EXPECTED, None).await.unwrap().manifest.sources.len(), 0);
}

#[tokio::test]
async fn a_target_that_is_declared_but_not_published_is_up_to_an_apply() {
    let store = memory();
    apply(&store, MANIFEST, at(0)).await;
    let mut rules = rules(&store, EXPECTED, None).await.unwrap();
    let wider = MANIFEST.replace("[\"main\"]", "[\"main\", \"extra\"]").replace("/main", "/extra");
    let digest = rules.manifest.digest;
    rules.manifest = Manifest { digest, ..manifest::parse(&wider).unwrap().manifest };
    let push = Push { rules: &rules, expected: EXPECTED };
    let planned = push.plan(offers(&rules), &store, Moment::at(at(10))).await;
    let Err(PublishError::Unpublished { target }) = planned else { panic!() };
    assert_eq!(target, "bookworm/extra");
}
