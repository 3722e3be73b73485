//! A plan that was saved and approved: reading its document, and holding a later plan against it.
//!
//! Of the document only that is read which an approval is about: what is done, and the dangers.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::debian::suite::Codename;
use crate::manifest::{Manifest, Mode};
use crate::plan::{Deed, Operation, PackageChange, Plan, Reason};

/// The major version of the documents that can be read.
const MAJOR: &str = "1";

/// What the document of a plan approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The plan's id.
    pub id: String,
    /// The name of the repository that it is for.
    pub repository: String,
    /// The URL of the store that it is for.
    pub store: String,
    sources: BTreeSet<String>,
    deeds: BTreeSet<Deed>,
    dangers: BTreeSet<String>,
}

/// Why a text is no plan that could be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApprovedError {
    /// It is no JSON.
    #[error("it is not JSON")]
    Syntax(#[source] serde_json::Error),
    /// It ends before the document does.
    #[error("it ends in the middle of the document")]
    Truncated,
    /// It is another document.
    #[error("it is {0}, not a plan")]
    Kind(String),
    /// It is of a format that this version does not know.
    #[error("it has format version {0}, and this version of repoman reads {MAJOR}.x")]
    Version(String),
    /// It says that it is a plan and is not made like one.
    #[error("it is not made as a plan is")]
    Shape(#[source] serde_json::Error),
}

/// How a plan has to compare with the approved one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It does nothing else; but what sources that accumulate have more may join.
    Within,
    /// It does exactly the same.
    Exactly,
}

/// What may be done on the strength of an approved plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    approved: Approved,
    bound: Bound,
    /// The sources whose further packages may join.
    joining: BTreeSet<String>,
}

/// Where a plan is not as it was approved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excess {
    /// What it does that was not approved, in the order of the addresses.
    pub beyond: Vec<Deed>,
    /// The ids of dangers that were not approved.
    pub dangers: Vec<String>,
    /// What was approved and is not done, where all of it has to be.
    pub missing: Vec<Deed>,
}

#[derive(Deserialize)]
struct Head {
    kind: Option<String>,
    format_version: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    id: String,
    repository: String,
    base: Base,
    sources: Vec<Source>,
    actions: Vec<Action>,
    dangers: Vec<Danger>,
}

#[derive(Deserialize)]
struct Base {
    store: String,
}

#[derive(Deserialize)]
struct Source {
    name: String,
}

#[derive(Deserialize)]
struct Action {
    op: Operation,
    object: String,
    address: String,
    package: Option<String>,
    version: Option<String>,
    after: Option<String>,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    architecture: String,
    sha256: String,
}

#[derive(Deserialize)]
struct Danger {
    id: String,
}

impl Approved {
    /// Reads the document of a plan.
    ///
    /// # Errors
    ///
    /// When the text is no such document, or of a format that is not known.
    pub fn parse(text: &str) -> Result<Self, ApprovedError> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            if error.is_eof() { ApprovedError::Truncated } else { ApprovedError::Syntax(error) }
        })?;
        let head = Head::deserialize(&value).unwrap_or(Head { kind: None, format_version: None });
        match head.kind.as_deref() {
            Some("repoman.plan") => {}
            Some(kind) => return Err(ApprovedError::Kind(format!("a document of kind `{kind}`"))),
            None => return Err(ApprovedError::Kind("some other JSON".to_owned())),
        }
        let version = head.format_version.unwrap_or_default();
        if version.split('.').next() != Some(MAJOR) {
            return Err(ApprovedError::Version(version));
        }
        let document = Document::deserialize(value).map_err(ApprovedError::Shape)?;
        Ok(document.into())
    }
}

impl From<Document> for Approved {
    fn from(document: Document) -> Self {
        let Document { id, repository, base, sources, actions, dangers } = document;
        Self {
            id,
            repository,
            store: base.store,
            sources: sources.into_iter().map(|source| source.name).collect(),
            deeds: actions.iter().flat_map(Action::deeds).collect(),
            dangers: dangers.into_iter().map(|danger| danger.id).collect(),
        }
    }
}

impl Action {
    fn deeds(&self) -> Vec<Deed> {
        let Self { op, object, address, package, version, after, files } = self;
        match (&**object, package, version) {
            ("distribution", ..) => vec![Deed { operation: *op, ..Deed::creation(address) }],
            ("field", ..) => {
                let (address, content) = (address.clone(), after.clone());
                vec![Deed { address, operation: *op, content }]
            }
            ("package", Some(package), Some(version)) => {
                // Of `bookworm/main/*/widget@1.0` each file is one architecture.
                let end = format!("/*/{package}@{version}");
                let place = address.strip_suffix(&*end).unwrap_or(address);
                let address =
                    |file: &File| format!("{place}/{}/{package}@{version}", file.architecture);
                let deed = |file: &File| Deed {
                    address: address(file),
                    operation: *op,
                    content: Some(file.sha256.clone()),
                };
                files.iter().map(deed).collect()
            }
            // The rest only restores what is published.
            _ => Vec::new(),
        }
    }
}

impl Mandate {
    /// Returns what a manifest's plan may do when this one was approved.
    pub fn new(approved: Approved, bound: Bound, manifest: &Manifest) -> Self {
        let accumulating =
            manifest.sources.values().filter(|source| source.mode == Mode::Accumulate);
        let names = accumulating.map(|source| source.name.clone());
        // A source that the approved plan did not have was not approved either.
        let joining = names.filter(|name| approved.sources.contains(name)).collect();
        Self { approved, bound, joining }
    }

    /// Returns where a plan is not as it was approved, `published` being what this run has carried
    /// out of it already.
    pub fn excess(&self, plan: &Plan, published: &[&Codename]) -> Excess {
        let deeds = plan.deeds();
        let Self { approved, bound, .. } = self;
        let joining = match bound {
            Bound::Within => self.joining(plan),
            Bound::Exactly => BTreeSet::new(),
        };
        let ids = plan.dangers.iter().map(|danger| danger.id.clone());
        Excess {
            beyond: deeds
                .difference(&approved.deeds)
                .filter(|deed| !joining.contains(*deed))
                .cloned()
                .collect(),
            dangers: ids.filter(|id| !approved.dangers.contains(id)).collect(),
            missing: match bound {
                // Where nothing is left to do, all of it is done.
                Bound::Exactly if !deeds.is_empty() => {
                    let missing = approved.deeds.difference(&deeds);
                    missing.filter(|deed| !is_of(deed, published)).cloned().collect()
                }
                Bound::Exactly | Bound::Within => Vec::new(),
            },
        }
    }

    /// Returns the additions that may join: not those that have other bytes than were approved.
    fn joining(&self, plan: &Plan) -> BTreeSet<Deed> {
        let known: BTreeSet<&str> =
            self.approved.deeds.iter().map(|deed| deed.address.as_str()).collect();
        let may_join = |change: &PackageChange| {
            let Reason::Offered(sources) = &change.reason else { return false };
            change.operation == Operation::Add
                && sources.iter().any(|source| self.joining.contains(source))
        };
        let distributions = plan.distributions.iter();
        distributions
            .flat_map(|(codename, plan)| {
                let joining = plan.packages.iter().filter(|change| may_join(change));
                joining.flat_map(move |change| change.deeds(codename))
            })
            .filter(|deed| !known.contains(&*deed.address))
            .collect()
    }
}

/// Tells whether a deed is done to one of these distributions.
fn is_of(deed: &Deed, distributions: &[&Codename]) -> bool {
    distributions.iter().any(|codename| {
        let rest = deed.address.strip_prefix(codename.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
    })
}

impl Excess {
    /// Tells whether the plan is as it was approved.
    pub fn is_empty(&self) -> bool {
        self.beyond.is_empty() && self.dangers.is_empty() && self.missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::digest::Sha256;
    use crate::plan::{ChangedFile, DistributionPlan, DistributionStatus, FieldChange};
    use crate::report::{Document as _, ManifestContext, PlanContext, PlanDocument, SourceContext};

    const MANIFEST: &str = r#"
        format = 1
        repository = { name = "acme" }
        store = { url = "file://repo" }
        signing = { keys = [] }
        distribution.bookworm = { components = ["main"], architectures = ["amd64"] }
        source.build = { path = "k/*.deb", to = "*/main" }
        source.mirror = { path = "m/*.deb", to = "*/main", mode = "mirror" }
    "#;

    fn change(operation: Operation, version: &str, source: &str) -> PackageChange {
        let file = |architecture: &str| ChangedFile {
            architecture: architecture.parse().unwrap(),
            key: String::new(),
            size: 1,
            sha256: Sha256::of(format!("{version} {architecture}").as_bytes()),
        };
        PackageChange {
            operation,
            component: "main".parse().unwrap(),
            name: "widget".parse().unwrap(),
            version: version.parse().unwrap(),
            files: vec![file("amd64"), file("arm64")],
            reason: Reason::Offered(vec![source.to_owned()]),
            effect: None,
            origins: BTreeMap::new(),
            difference: Vec::new(),
        }
    }

    fn plan(packages: Vec<PackageChange>) -> Plan {
        let label = FieldChange { field: "Signed by", before: None, after: Some("A".to_owned()) };
        let distribution = DistributionPlan {
            status: DistributionStatus::New,
            fields: vec![label],
            packages,
            ..DistributionPlan::default()
        };
        Plan {
            id: Sha256::of(b""),
            base: BTreeMap::new(),
            distributions: BTreeMap::from([("book/worm".parse().unwrap(), distribution)]),
            dangers: Vec::new(),
            notes: Vec::new(),
            uploads: BTreeMap::new(),
            repairs: Vec::new(),
        }
    }

    fn saved(plan: &Plan, bound: Bound) -> Mandate {
        let manifest = crate::manifest::parse(MANIFEST).unwrap().manifest;
        let source = |name: &str| SourceContext {
            name: name.to_owned(),
            present: true,
            files: 0,
            place: None,
            input: None,
        };
        let context = PlanContext {
            tool: "repoman".to_owned(),
            repository: "acme".to_owned(),
            manifest: ManifestContext {
                path: "repo.toml".to_owned(),
                sha256: String::new(),
                git_commit: None,
                env: None,
            },
            store: "file://repo".to_owned(),
            sources: vec![source("build"), source("mirror")],
        };
        let approved = Approved::parse(&PlanDocument::new(plan, context).to_text()).unwrap();
        assert_eq!(approved.deeds, plan.deeds(), "a document has all that a plan does");
        Mandate::new(approved, bound, &manifest)
    }

    fn beyond(mandate: &Mandate, plan: &Plan) -> Vec<String> {
        let excess = mandate.excess(plan, &[]);
        excess.beyond.into_iter().map(|deed| deed.address).collect()
    }

    #[test]
    fn a_plan_is_as_it_was_approved() {
        let add = change(Operation::Add, "1.0", "build");
        let plan = plan(vec![add, change(Operation::Remove, "0.9", "build")]);
        for bound in [Bound::Within, Bound::Exactly] {
            assert!(saved(&plan, bound).excess(&plan, &[]).is_empty());
        }
    }

    #[test]
    fn only_what_accumulates_may_join() {
        let approved = plan(vec![change(Operation::Add, "1.0", "build")]);
        let with = |change| plan(vec![self::change(Operation::Add, "1.0", "build"), change]);
        let more = with(change(Operation::Add, "1.1", "build"));
        assert_eq!(beyond(&saved(&approved, Bound::Within), &more), [""; 0]);
        let new = ["book/worm/main/amd64/widget@1.1", "book/worm/main/arm64/widget@1.1"]
            .map(str::to_owned);
        assert_eq!(beyond(&saved(&approved, Bound::Exactly), &more), new);
        let mirrored = with(change(Operation::Add, "1.1", "mirror"));
        assert_eq!(beyond(&saved(&approved, Bound::Within), &mirrored), new);
        let unknown = with(change(Operation::Add, "1.1", "new"));
        assert_eq!(beyond(&saved(&approved, Bound::Within), &unknown), new);
        let removed = with(change(Operation::Remove, "1.1", "build"));
        assert_eq!(beyond(&saved(&approved, Bound::Within), &removed), new);
    }

    #[test]
    fn what_this_run_has_published_is_not_missing() {
        let codename: Codename = "book/worm".parse().unwrap();
        let mut approved = plan(vec![change(Operation::Add, "1.0", "build")]);
        let rest = approved.distributions[&codename].clone();
        approved.distributions.insert("trixie".parse().unwrap(), rest.clone());
        let mut less = plan(Vec::new());
        less.distributions = BTreeMap::from([("trixie".parse().unwrap(), rest)]);
        let mandate = saved(&approved, Bound::Exactly);
        assert!(mandate.excess(&less, &[&codename]).is_empty());
        assert_eq!(mandate.excess(&less, &[]).missing.len(), 4);
        let nothing = Plan { distributions: BTreeMap::new(), ..less };
        assert!(mandate.excess(&nothing, &[]).is_empty(), "a job may be run again");
    }
}
