//! The errors of the ranks below as failures: which code, and what to do.

use std::error::Error as _;
use std::path::Path;

use super::Failure;
use crate::cli::exit;
use crate::commit::run::CommitError;
use crate::drift::DriftError;
use crate::ops::apply::ApplyError;
use crate::ops::contents::FileListError;
use crate::ops::contest::ContestError;
use crate::ops::gc::GcError;
use crate::ops::plan::PlanError;
use crate::ops::publish::PublishError;
use crate::ops::rollback::RollbackError;
use crate::plan::{Conflict, ConflictWith, Obstacle};
use crate::published::LoadError;
use crate::sign::{SignError, VerifyError};
use crate::source::SourceProblem;
use crate::store::StoreError;
use crate::text;

const NO_CONDITIONS: &str = "two publishers would overwrite each other: use another server, or \
                             guarantee that there is only one, by [store] single_writer = true";

/// Returns why a key can't sign.
pub(super) fn signing(error: &SignError) -> Failure {
    let mut failure = Failure::new("RM5003", error.to_string());
    if let Some(source) = error.source() {
        failure = failure.caused(source);
    }
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Sources(sources) => rejected(&sources.problems),
            PlanError::Obstacles(obstacles) => {
                let failures = obstacles.iter().map(obstacle).collect();
                Self::several(failures).conclusion("Nothing was written.")
            }
            PlanError::Load(error) => error.into(),
        }
    }
}

fn rejected(problems: &[SourceProblem]) -> Failure {
    let conclusion =
        format!("{} in the sources. Nothing was written.", text::plural(problems.len(), "problem"));
    Failure::several(problems.iter().map(source_problem).collect()).conclusion(conclusion)
}

fn source_problem(problem: &SourceProblem) -> Failure {
    let code = match problem {
        SourceProblem::Empty { .. } | SourceProblem::AllLeftOut { .. } => "RM2001",
        SourceProblem::Absent { .. } => "RM2002",
        SourceProblem::Listing { .. } => "RM2004",
        SourceProblem::Architecture { .. } => "RM2005",
        SourceProblem::NoPush | SourceProblem::NotPush { .. } => "RM2007",
        SourceProblem::NotLetIn { .. } => "RM2008",
        SourceProblem::Ambiguous { .. } => "RM2009",
        SourceProblem::Rejected { .. } => "RM3001",
    };
    let failure = Failure::new(code, problem.to_string());
    match problem {
        SourceProblem::Empty { source_name, .. } => failure.hint(format!(
            "build the packages first, or set `allow_empty = true` in source.{source_name}"
        )),
        SourceProblem::AllLeftOut { source_name, .. } => failure.hint(format!(
            "correct `packages`, or set `allow_empty = true` in source.{source_name}"
        )),
        SourceProblem::NoPush => failure.hint(
            "add one to the manifest, then run `repoman apply`: [source.NAME] push = true, to, \
             packages",
        ),
        SourceProblem::NotPush { others, .. } => {
            failure.hint(format!("--source takes {}", others.join(", ")))
        }
        SourceProblem::NotLetIn { nearest, .. } => failure.hint(format!(
            "{nearest}; add the package to `packages` in the manifest, then run `repoman apply`"
        )),
        SourceProblem::Ambiguous { .. } => failure.hint("say which of them: --source NAME"),
        SourceProblem::Absent { .. } => {
            failure.hint("build the packages first, or leave --require-sources out")
        }
        SourceProblem::Architecture { source_name, architecture, codename, .. } => {
            failure.hint(format!(
                "add \"{architecture}\" to `architectures` of distribution.{codename}, or name \
                 the wanted ones in `architectures` of source.{source_name}"
            ))
        }
        SourceProblem::Listing { reason, .. } => failure.caused(reason),
        SourceProblem::Rejected { .. } => failure,
    }
}

fn obstacle(obstacle: &Obstacle) -> Failure {
    let message = || obstacle.to_string();
    match obstacle {
        Obstacle::Conflict(two) => conflict(two),
        Obstacle::NothingToPromote { source_name, .. } => {
            Failure::new("RM2011", message()).hint(format!(
                "a mirror of nothing removes all that it brought: correct `packages`, or set \
                 `allow_empty = true` in source.{source_name}"
            ))
        }
        Obstacle::Unsettled { .. } => Failure::new("RM2012", message())
            .hint("take one of them out, or the exact dependency that leads from one to the other"),
    }
}

fn conflict(conflict: &Conflict) -> Failure {
    let failure = |code| Failure::new(code, conflict.to_string()).details(&conflict.difference);
    match conflict.with {
        ConflictWith::Offered => {
            failure("RM3002").hint("a version is built once; offer one of the two files only")
        }
        ConflictWith::Published => failure("RM3003")
            .hint("clients may have the published file; give the new build a higher version"),
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let message = error.to_string();
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::NotMine { .. } => Self::new("RM7002", message)
                .hint("name an empty prefix in [store] url; taking over is not supported yet")
                .exit(exit::BLOCKED),
            LoadError::WrongRepository { .. } => Self::new("RM7003", message)
                .hint("correct [store] url, or [repository] name")
                .exit(exit::BLOCKED),
            LoadError::Keyring { .. } => {
                Self::new("RM5005", message).hint("`repoman apply` puts it back; `repoman keys export` prints it")
            }
            LoadError::Signature { reason, .. } => Self::new("RM5006", message)
                .caused(&reason)
                .hint("somebody else may have written to the store; nothing is built on this"),
            LoadError::Stranger { .. } => Self::new("RM5006", message).hint(
                "see whether a fingerprint in [signing.key] is mistyped; keep the table of a key \
                 until what it signed was signed by its successor, too",
            ),
            LoadError::Misplaced { .. } => Self::new("RM5006", message)
                .hint("somebody else may have written to the store; nothing is built on this"),
            LoadError::Missing { .. } | LoadError::Altered { .. } => Self::new("RM4006", message)
                .hint("nothing here has its content any more; put it back from a version of the bucket or a backup"),
            LoadError::Several(errors) => {
                Self::several(errors.into_iter().map(Self::from).collect())
            }
            LoadError::Release { reason, .. } => Self::new("RM4006", message).caused(&reason),
            LoadError::Packages { reason, .. } => Self::new("RM4006", message).caused(&reason),
            LoadError::State { reason, .. } => Self::new("RM4007", message).caused(&reason),
        }
    }
}

impl From<DriftError> for Failure {
    fn from(error: DriftError) -> Self {
        match error {
            DriftError::Store(error) => error.into(),
            DriftError::Verify(VerifyError::Gpg(error)) => signing(&error),
            DriftError::Verify(reason) => {
                Self::new("RM5003", "signatures can't be verified").caused(&reason)
            }
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        match error {
            ApplyError::Commit(CommitError::Store(error)) => error.into(),
            ApplyError::Load(error) => error.into(),
            ApplyError::Commit(CommitError::Unfit { .. }) => {
                Self::new("RM4003", message).hint(NO_CONDITIONS)
            }
            ApplyError::Commit(CommitError::Copies { reason, .. }) => Self::new("RM6007", message)
                .caused(&reason)
                .hint("clients with by-hash are served; run apply again to complete the copies"),
            ApplyError::Commit(CommitError::Unread { reason, .. }) => Self::new("RM6017", message)
                .caused(&reason)
                .hint("clients are served; run plan to see that nothing is left to do"),
            ApplyError::Commit(CommitError::ReadBack { .. }) => Self::new("RM6005", message)
                .hint("another writer may have been faster; run plan to see what is published"),
            ApplyError::Sign { reason, .. } => {
                let failure = Self::new("RM5003", message).caused(&reason);
                match reason.hint() {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            ApplyError::Keyring(reason) => {
                Self::several(vec![Self::new("RM5003", message), signing(&reason)])
            }
            ApplyError::Index { reason, .. } => Self::new("RM9001", message).caused(&reason),
            ApplyError::Files { reason, .. } => match *reason {
                FileListError::Store(error) => error.into(),
                reason => Self::new("RM6018", message).caused(&reason).hint(
                    "have the file published again, or yank the version; without contents = true nobody asks",
                ),
            },
            ApplyError::Checksums { reason, .. } => match *reason {
                FileListError::Store(error) => error.into(),
                reason => Self::new("RM6019", message).caused(&reason).hint(
                    "have the file published again, or yank the version; without hashes nobody asks",
                ),
            },
            ApplyError::TooSlow { .. } => Self::new("RM6010", message)
                .hint("what was uploaded is there; run apply again, with a faster connection"),
            ApplyError::ClockBehind { .. } => Self::new("RM6004", message)
                .hint("set this machine's clock: clients refuse a Date that goes backwards"),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let message = error.to_string();
        match error {
            PublishError::Empty => Self::new("RM6014", message)
                .hint("correct the store's URL, or run `repoman apply` first: it brings the rules"),
            PublishError::Unpublished { .. } => Self::new("RM6014", message)
                .hint("run `repoman apply` first: a publish only adds packages to what is there"),
            PublishError::Yanked { .. } => Self::new("RM2010", message).hint(
                "build a higher version, or remove the line from [yank] and run `repoman apply`",
            ),
            PublishError::Unsigned { .. } => Self::new("RM5006", message)
                .hint("somebody else may have written to the store; nothing is built on this"),
            PublishError::Untrusted => Self::new("RM5006", message)
                .hint("use the manifest that was applied, or none: pass --store instead"),
            PublishError::NoRules { .. } => Self::new("RM4006", message)
                .hint("put it back: it is a version of repo.toml, named after its SHA256"),
            PublishError::Manifest { key, text, problems } => {
                Self::manifest(Path::new(&key), &text, &problems)
                    .conclusion("It was applied by another version of repoman; use that one.")
            }
            PublishError::Superseded => Self::superseded(),
            PublishError::Plan(error) => error.into(),
            PublishError::Apply(error) => error.into(),
        }
    }
}

impl From<ContestError> for Failure {
    fn from(error: ContestError) -> Self {
        match error {
            ContestError::Plan(error) => error.into(),
            ContestError::Apply(error) => error.into(),
        }
    }
}

impl From<RollbackError> for Failure {
    fn from(error: RollbackError) -> Self {
        let message = error.to_string();
        match error {
            RollbackError::Load(error) => error.into(),
            RollbackError::Apply(error) => error.into(),
            RollbackError::NotPublished(codename) => Self::not_published(codename.as_str()),
            RollbackError::NotKept { kept: (first, last), .. } => Self::new("RM6015", message)
                .hint(format!(
                    "kept are the generations {first} to {last}; `repoman log` shows them"
                )),
            RollbackError::Gone { missing, .. } => {
                let lines: Vec<_> = missing.iter().map(|key| format!("{key} is missing")).collect();
                Self::new("RM6016", message).details(&lines).hint(
                    "what a generation gives up is deleted after `purge_after` of [retain]; \
                     publish these packages again, or choose a later generation",
                )
            }
            RollbackError::Stanza { .. } => Self::new("RM4006", message),
        }
    }
}

impl From<GcError> for Failure {
    fn from(error: GcError) -> Self {
        let message = error.to_string();
        match error {
            GcError::Load(error) => error.into(),
            GcError::Apply(error) => error.into(),
            GcError::Headless(_) => Self::new("RM6011", message).hint(
                "put the Release file back from the record, finish the first publication by an apply, or \
                 delete the object if nothing was ever published there",
            ),
            GcError::OtherKeys { .. } => Self::new("RM6012", message)
                .hint("run apply first: it shows what a change of keys means"),
            GcError::Delete { reason, .. } => {
                Self::several(vec![Self::new("RM6013", message), reason.into()])
            }
            GcError::TooSlow => Self::new("RM6010", message),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Denied { .. } => "RM4001",
            StoreError::Credentials { .. } => "RM4002",
            StoreError::Conditions { .. } => "RM4003",
            StoreError::Unavailable { .. } => "RM4004",
            StoreError::MissingBucket { .. } | StoreError::Region { .. } => "RM4005",
            StoreError::Throttled { .. } => "RM4012",
            StoreError::Unsettled { .. } => "RM4008",
            StoreError::DifferentContent { .. } => "RM4009",
            StoreError::SourceChanged { .. } | StoreError::Source { .. } => "RM4010",
            StoreError::Destination { .. } => "RM9002",
            _ => "RM4011",
        };
        let failure = Self::new(code, error.to_string());
        let failure = match error.source() {
            Some(source) => failure.caused(source),
            None => failure,
        };
        match store_hint(&error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    Some(match error {
        StoreError::Denied { .. } => {
            "grant the permission to the credentials or the user of this run"
        }
        StoreError::Credentials { .. } => {
            "set AWS_PROFILE or AWS_ACCESS_KEY_ID, log in, or correct [store] profile and role"
        }
        StoreError::Conditions { .. } => NO_CONDITIONS,
        StoreError::Unavailable { .. } => {
            "try again; nothing is visible that is not complete. A slow store may need --timeout"
        }
        StoreError::Throttled { .. } => {
            "try again later, with fewer transfers at once (--jobs of apply)"
        }
        StoreError::MissingBucket { .. } => "create the bucket, or correct [store] url",
        StoreError::Region { .. } => "correct [store] region",
        StoreError::Unsettled { .. } => "run apply again: it starts from what is there",
        StoreError::DifferentContent { .. } => {
            "somebody else wrote to the store; look at the object"
        }
        StoreError::SourceChanged { .. } => "let builds finish before publishing, then plan again",
        _ => return None,
    })
}
