//! What allows an apply to write: a person, `--yes`, or a plan that was saved and approved.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::confirm::confirm;
use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::terminal::Terminal;
use crate::debian::suite::Codename;
use crate::ops::contest::Approval;
use crate::plan::Plan;
use crate::report::{Approved, Bound, Mandate};

/// What allows an apply to write.
#[derive(Debug, Clone, Args)]
pub struct ApprovalArguments {
    /// Apply without asking
    #[arg(long)]
    pub yes: bool,
    /// Do nothing that is not in this plan, which `plan --out` saved; then nobody is asked
    ///
    /// What sources that accumulate offer by now may join. If the plan has become another one,
    /// nothing is written, the difference is told, and the exit status is 4.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Do exactly what is in the plan of --plan, and nothing less
    #[arg(long, requires = "plan")]
    exact: bool,
}

/// A saved plan, and where it is from.
pub struct SavedPlan<'a> {
    path: &'a Path,
    mandate: Mandate,
}

impl ApprovalArguments {
    /// Reads the saved plan, if there is to be one.
    ///
    /// # Errors
    ///
    /// When it can't be read, or is not for what the manifest is about.
    pub fn saved_plan(&self, project: &Project) -> Result<Option<SavedPlan<'_>>, Failure> {
        let Some(path) = &self.plan else { return Ok(None) };
        let text = std::fs::read(path).map_err(|error| Failure::file(path, error))?;
        let approved = Approved::parse(&String::from_utf8_lossy(&text));
        let approved = approved.map_err(|error| Failure::not_a_plan(path, &error))?;
        let manifest = &project.manifest;
        let (name, store) = (&manifest.repository.name, manifest.store.url.to_string());
        if approved.repository != *name {
            return Err(Failure::other_plan(path, "repository", &approved.repository, name));
        }
        if approved.store != store {
            return Err(Failure::other_plan(path, "store", &approved.store, &store));
        }
        let bound = if self.exact { Bound::Exactly } else { Bound::Within };
        Ok(Some(SavedPlan { path, mandate: Mandate::new(approved, bound, manifest) }))
    }

    /// Returns what may be published: asks for a plan, unless that was answered before.
    ///
    /// # Errors
    ///
    /// When a person says no, or nobody is there to be asked.
    pub async fn obtain(
        &self,
        plan: &Plan,
        saved: Option<&SavedPlan<'_>>,
        project: &Project,
        terminal: &Terminal,
    ) -> Result<Approval, Failure> {
        if let Some(saved) = saved {
            return Ok(Approval::Saved(Box::new(saved.mandate.clone())));
        }
        if self.yes {
            return Ok(Approval::Anything);
        }
        match confirm(terminal, &project.question(plan)).await? {
            true => Ok(Approval::Only(Box::new(plan.clone()))),
            false => Err(Failure::declined()),
        }
    }
}

impl SavedPlan<'_> {
    /// Makes sure that a plan is as it was approved, `published` being what is carried out of it.
    ///
    /// # Errors
    ///
    /// When it is not, with the difference.
    pub fn covers(&self, plan: &Plan, published: &[&Codename]) -> Result<(), Failure> {
        let excess = self.mandate.excess(plan, published);
        if excess.is_empty() {
            Ok(())
        } else {
            Err(Failure::exceeded(self.path, &excess, published))
        }
    }
}
