//! What a plan does, deed by deed, so that two plans can be held against each other.
//!
//! Whatever only restores what is published is no deed: copies and index files that are written
//! anew, Release files that are signed again in time, damage that is repaired. Clients get the same
//! before and after.

use std::collections::BTreeSet;

use crate::debian::suite::Codename;
use crate::plan::{
    DistributionPlan, DistributionStatus, FieldChange, Operation, PackageChange, Plan,
};

/// The smallest thing that a plan does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    /// What it is done to: `bookworm`, `bookworm.label` or `bookworm/main/amd64/widget@1.0`.
    pub address: String,
    /// What is done.
    pub operation: Operation,
    /// What is there afterwards, or was before a removal: the value of a field, the SHA-256 of a package file.
    pub content: Option<String>,
}

impl Deed {
    /// Returns the deed that creates a distribution.
    pub fn creation(codename: &str) -> Self {
        Self { address: codename.to_owned(), operation: Operation::Add, content: None }
    }

    /// Returns the deed that removes a distribution.
    pub fn removal(codename: &str) -> Self {
        Self { address: codename.to_owned(), operation: Operation::Remove, content: None }
    }
}

impl Plan {
    /// Returns everything that the plan does.
    pub fn deeds(&self) -> BTreeSet<Deed> {
        let distributions = self.distributions.iter();
        distributions.flat_map(|(codename, plan)| plan.deeds(codename)).collect()
    }
}

impl DistributionPlan {
    fn deeds(&self, codename: &Codename) -> Vec<Deed> {
        let mut deeds = match self.status {
            DistributionStatus::New => vec![Deed::creation(codename.as_str())],
            DistributionStatus::Removed => vec![Deed::removal(codename.as_str())],
            DistributionStatus::Published => vec![],
        };
        deeds.extend(self.fields.iter().map(|change| change.deed(codename)));
        deeds.extend(self.packages.iter().flat_map(|change| change.deeds(codename)));
        deeds
    }
}

impl FieldChange {
    /// Returns what is done: a field that was not there is added, any other one is changed.
    pub fn operation(&self) -> Operation {
        if self.before.is_none() { Operation::Add } else { Operation::Change }
    }

    /// Returns the field's address: `bookworm.label`.
    pub fn address(&self, codename: &Codename) -> String {
        format!("{codename}.{}", self.field.to_lowercase().replace(' ', "-"))
    }

    /// Returns the change as a deed.
    pub fn deed(&self, codename: &Codename) -> Deed {
        let (address, operation) = (self.address(codename), self.operation());
        Deed { address, operation, content: self.after.clone() }
    }
}

impl PackageChange {
    /// Returns the deeds of the change, one for each file.
    pub fn deeds(&self, codename: &Codename) -> impl Iterator<Item = Deed> {
        let Self { operation, component, name, version, files, .. } = self;
        files.iter().map(move |file| Deed {
            address: format!("{codename}/{component}/{}/{name}@{version}", file.architecture),
            operation: *operation,
            content: Some(file.sha256.to_string()),
        })
    }
}
