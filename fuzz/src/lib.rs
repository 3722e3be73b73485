//! What is tried on hostile input: functions that take any bytes and panic if a promise is broken.
//!
//! Two runners share them: libFuzzer by way of `fuzz_targets`, and `tests/fuzz` of the project,
//! which replays the seeds and mutates them a little on the stable toolchain.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use repoman::apt::packages::{self, FileFields};
use repoman::apt::release::{Identity, Release};
use repoman::apt::{clear_sign, contents};
use repoman::deb::{self, DataCheck, Limits};
use repoman::debian::control::Control;
use repoman::debian::deb822::{self, Stanza};
use repoman::debian::relation::{RELATION_FIELDS, Relations};
use repoman::debian::version::Version;
use repoman::digest::Sha256;
use repoman::digest::checksum::ChecksumSet;
use repoman::manifest::{self, Problem};
use repoman::query::{Listing, Query, Selection};
use repoman::snapshot::{Distribution, Package, PackageId, Packages, Provenance, Snapshot};
use repoman::text::printable;
use repoman::time::Timestamp;

/// A function that is tried on any bytes.
pub type Target = fn(&[u8]);

/// All targets, by the names of their files and of the directories of their seeds.
pub const TARGETS: [(&str, Target); 8] = [
    ("manifest", manifest),
    ("version", version),
    ("relation", relation),
    ("query", query),
    ("deb822", deb822),
    ("release", release),
    ("deb", deb),
    ("contents", contents),
];

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// Every problem of a manifest has a place in it, and is safe to print with its lines.
pub fn manifest(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let problems = match manifest::parse(text) {
        Ok(parsed) => parsed.warnings,
        Err(problems) => {
            assert!(!problems.is_empty(), "it failed without a problem");
            problems
        }
    };
    let shown = manifest::masked(text, &problems);
    assert_eq!(shown.lines().count(), text.lines().count(), "masking keeps the lines");
    for problem in &problems {
        let Problem { message, label, span, .. } = problem;
        assert_eq!((&printable(message), &printable(label)), (message, label));
        assert!(span.clone().is_none_or(|span| text.get(span).is_some()), "{message}");
        problem.position(text);
    }
}

/// Versions, one a line, keep their text and are in a total order.
pub fn version(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let versions: Vec<Version> =
        text.lines().take(12).filter_map(|line| line.parse().ok()).collect();
    for version in &versions {
        assert_eq!(version.to_string().parse().as_ref(), Ok(version));
        let revision =
            version.revision().map_or_else(String::new, |revision| format!("-{revision}"));
        assert_eq!(version.without_epoch(), format!("{}{revision}", version.upstream()));
    }
    for (a, b) in versions.iter().flat_map(|a| versions.iter().map(move |b| (a, b))) {
        assert_eq!(a.compare(b), b.compare(a).reverse(), "{a} {b}");
        for c in &versions {
            let ascends = a.compare(b).is_le() && b.compare(c).is_le();
            assert!(!ascends || a.compare(c).is_le(), "{a} {b} {c}");
        }
    }
}

/// Relations read the same however they are written, for every kind of field.
pub fn relation(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for (field, kind) in RELATION_FIELDS {
        let parsed = Relations::parse(text, kind);
        assert_eq!(parsed.as_ref().err(), Relations::check(text, kind).as_ref().err(), "{field}");
        let Ok(relations) = parsed else { continue };
        let written = relations.to_string();
        assert_eq!(Relations::parse(&written, kind).as_ref(), Ok(&relations), "{field}: {written}");
    }
}

/// A query reads back as it is displayed and can be asked; a text that is none says where.
pub fn query(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match text.parse::<Query>() {
        Ok(query) => {
            assert_eq!(query.to_string().parse().as_ref(), Ok(&query), "{query}");
            let not = Query::Not(Box::new(query.clone()));
            let count = |query| {
                let selection = Selection { query: Some(query), ..Selection::default() };
                selection.absent_fields(&REPOSITORY, &[]);
                selection.of(&REPOSITORY, Timestamp::UNIX_EPOCH).len()
            };
            assert_eq!(count(query) + count(not), 2, "each package is asked");
        }
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "{error}");
            let said = format!("{error}{}", error.help(text).unwrap_or_default());
            assert_eq!(printable(&said), said);
        }
    }
}

/// A repository of two packages.
static REPOSITORY: LazyLock<Listing> = LazyLock::new(|| {
    let packages = Packages::from([package("widget", "1:1.4-1"), package("libwidget1", "2.0~rc1")]);
    let distribution = Distribution {
        identity: Identity::default(),
        architectures: Vec::new(),
        compression: BTreeSet::new(),
        hashes: ChecksumSet::NONE,
        contents: false,
        valid_for: None,
        signed_by: Vec::new(),
        components: BTreeMap::from([("main".parse().expect("a component"), packages)]),
        component_order: Vec::new(),
        remembered: BTreeMap::new(),
    };
    let codename = "bookworm/updates".parse().expect("a codename");
    let distributions = BTreeMap::from([(codename, distribution)]);
    Snapshot { distributions, ..Snapshot::default() }.into()
});

fn package(name: &str, version: &str) -> (PackageId, Package) {
    let stanza = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\nSection: utils\n\
         Depends: libc6 (>= 2.36), a | b\nDescription: short\n long\n"
    );
    let id = PackageId {
        name: name.parse().expect("a name"),
        version: version.parse().expect("a version"),
        architecture: "all".parse().expect("an architecture"),
    };
    let file = FileFields {
        filename: "pool/x".into(),
        size: 1000,
        sha256: Sha256::of(b""),
        checksums: ChecksumSet::NONE,
    };
    let published_at = Timestamp::from_second(1).expect("a second");
    let sources = Arc::new(BTreeSet::from(["widget".to_owned()]));
    let provenance = Provenance { sources, published_at, superseded_at: None };
    (id, Package { stanza: stanza.into(), file, provenance })
}

/// Stanzas are made of their fields; a control file that is accepted stays as it is, and so does
/// what an index has of it.
pub fn deb822(input: &[u8]) {
    control(input);
    let Some(text) = text(input) else { return };
    Stanza::of_checked(text).fields().for_each(drop);
    Stanza::of_checked(text).get("Package");
    for stanza in deb822::stanzas(text).map_while(Result::ok) {
        let fields: String = stanza.fields().map(|field| field.text).collect();
        assert_eq!(fields, stanza.text());
        for field in stanza.fields() {
            assert_eq!(stanza.get(&field.name.to_ascii_uppercase()), Some(field.value));
        }
    }
    packages::parse(&text.into()).for_each(drop);
}

fn control(input: &[u8]) {
    let Ok(control) = Control::parse(input) else { return };
    assert_eq!(Control::parse(control.text().as_bytes()).as_ref(), Ok(&control));
    let filename = "pool/w/widget/0/widget.deb".into();
    let file =
        FileFields { filename, size: 7, sha256: Sha256::of(input), checksums: ChecksumSet::NONE };
    let stanza = packages::stanza(&control, &file);
    let stanza = stanza.into();
    let indexed: Vec<_> = packages::parse(&stanza).collect();
    let [Ok(indexed)] = &indexed[..] else { panic!("it is no index: {indexed:?}\n{stanza}") };
    assert_eq!((&indexed.name, &indexed.version), (control.package(), control.version()));
    assert_eq!((&indexed.stanza, &indexed.file), (&stanza, &file));
}

/// What a Release file says survives being written.
pub fn release(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let signed = clear_sign::signed_text(text);
    let Ok(release) = Release::parse(signed.as_deref().unwrap_or(text)) else { return };
    let written = release.to_text();
    let again = Release::parse(&written).unwrap_or_else(|error| panic!("{error}:\n{written}"));
    assert_eq!(again, release, "{written}");
}

/// A package is read whole or refused, within its limits.
pub fn deb(input: &[u8]) {
    let limits =
        Limits { size: 1 << 20, data: DataCheck::Walk, data_unpacked: 1 << 20, data_entries: 1000 };
    if let Ok(package) = deb::read(Cursor::new(input), &limits) {
        assert_eq!((package.size, package.sha256), (input.len() as u64, Sha256::of(input)));
        control(package.control.text().as_bytes());
        let listing = deb::list(Cursor::new(input), &limits);
        let listing =
            listing.unwrap_or_else(|error| panic!("it was read, and not listed: {error}"));
        assert_eq!((listing.size, listing.sha256), (package.size, package.sha256));
        assert!(listing.files.is_sorted());
    }
}

/// What a `Contents` file lists is listed again, and nothing of it is lost by cutting it.
pub fn contents(input: &[u8]) {
    let parts: Vec<_> = contents::parts(input).iter().map(|part| part.text).collect();
    assert_eq!(parts.concat(), input);
    let owners: BTreeSet<String> =
        contents::entries(input).map(|(_, owner)| owner.to_owned()).collect();
    let kept = contents::merged(input, &owners, []);
    let mut entries: Vec<_> = contents::entries(input).collect();
    entries.sort_unstable();
    entries.dedup();
    assert_eq!(contents::entries(&kept).collect::<Vec<_>>(), entries);
    assert_eq!(contents::merged(&kept, &owners, []), kept);
}
